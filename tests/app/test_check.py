"""`clearprop check`: what it prints, and its exit codes."""

from __future__ import annotations

import json

import pytest

import clearprop as cp
import commands
from clearprop.graph import OPS
from clearprop.table import load_demo


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    model = cp.TableModel.train(load_demo("iris"), "target", hidden=8, activation="tanh", epochs=3).model
    model.save(folder / "iris.clearprop")
    layers = [cp.Dense(4, "tanh"), cp.BatchNorm(), cp.Dropout(0.5), cp.Dense(1, "sigmoid")]
    cp.Network(3, layers, "binary_cross_entropy").save(folder / "bare.clearprop")
    cp.Network(3, [cp.Dense(1)]).save(folder / "no-loss.clearprop")
    return folder


def run(*arguments):
    return commands.run("check", *arguments)


def test_a_table_model_on_its_table(models):
    code, out, err = run(models / "iris.clearprop", "demo:iris")
    assert (code, err) == (0, "")
    assert "64 samples" in out
    assert all(name in out for name in ("dW1", "db1", "dW2", "db2"))
    assert "Every gradient is right" in out.splitlines()[-1]


@pytest.mark.parametrize("mode", ["inference", "training"])
def test_made_up_rows_for_any_network(models, mode):
    code, out, _ = run(models / "bare.clearprop", "--mode", mode, "--rows", 10, "--lang", "zh")
    assert code == 0
    assert f"10 个样本，{'推断' if mode == 'inference' else '训练'}模式" in out
    assert "所有梯度都正确" in out


def test_json_and_the_exit_code_of_a_wrong_gradient(models, monkeypatch):
    model = models / "iris.clearprop"
    code, out, _ = run(model, "demo:iris", "--json", "--rows", 5, "--seed", 2)
    assert (code, json.loads(out)["ok"], json.loads(out)["rows"]) == (0, True, 5)
    monkeypatch.setitem(OPS["tanh"].__dict__, "gradient", lambda y, g, x: (g,))
    code, out, _ = run(model, "demo:iris", "--json")
    assert (code, json.loads(out)["ok"]) == (1, False)
    code, out, _ = run(model, "demo:iris")
    assert code == 1
    assert "it equals da1: the factor f′(z1) is missing" in out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["none.clearprop"], "cannot read"),
        (["no-loss.clearprop"], "the network has no loss"),
        (["bare.clearprop", "demo:iris"], "4 columns beside the target; expected"),
        (["iris.clearprop", "demo:moons"], "no column"),
        (["iris.clearprop", "--tolerance", "2"], "tolerance 2.0"),
        (["iris.clearprop", "--mode", "test"], "--mode"),
        (["iris.clearprop", "--rows", "0"], "--rows"),
        (["iris.clearprop", "--seed", "-1"], "an integer ≥ 0"),
        (["iris.clearprop", "--lang", "fr"], "unknown language 'fr'"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_two(models, arguments, words):
    code, out, err = run(models / arguments[0], *arguments[1:])
    assert (code, out, len(err.splitlines())) == (2, "", 1)
    assert words in err
