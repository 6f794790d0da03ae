"""`clearprop doctor`: what it prints of a healthy and of an ill model, and what it refuses."""

from __future__ import annotations

import json

import polars as pl
import pytest

import clearprop as cp
import commands
from clearprop.app.doctor import examine, options_of
from clearprop.explain.doctor import ILLNESSES
from clearprop.interop import read_model, write_model
from clearprop.table import load_demo


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """A healthy model, one that is too small, and a bare network."""
    folder = tmp_path_factory.mktemp("doctor")
    cp.TableModel.train(load_demo("moons"), "target", learning_rate=0.01).model.save(folder / "good.clearprop")
    small = cp.TableModel.train(load_demo("spiral"), "target", hidden=1, learning_rate=0.01)
    small.model.save(folder / "small.clearprop")
    cp.Network(2, [cp.Dense(1)], "squared_error").save(folder / "bare.clearprop")
    return folder


@pytest.fixture
def run(models):
    def call(*arguments):
        return commands.run("doctor", *arguments, cwd=models, COLUMNS="80")

    return call


def test_a_healthy_model(run):
    code, out, err = run("good.clearprop", "demo:moons")
    assert (code, err) == (0, "")
    assert "No findings" in out
    assert "350 training rows" in out
    assert "its 75 test rows" in " ".join(out.split())
    assert "overfitting" in out
    assert max(map(len, out.splitlines())) <= 80


def test_a_finding_names_the_option_to_change(run):
    code, out, _ = run("small.clearprop", "demo:spiral")
    assert code == 0, "advice is no error"
    assert "Underfitting" in out
    assert "--hidden 64" in out
    code, out, _ = run("small.clearprop", "demo:spiral", "--lang", "zh")
    assert code == 0
    assert "欠拟合" in out
    assert "--hidden 64" in out
    assert "Underfitting" not in out


def test_the_advice_cures():
    options = {"learning_rate": 0.01, "hidden": 1}
    for expected in ({"underfitting"}, set()):
        found = examine(cp.TableModel.train(load_demo("spiral"), "target", **options).model, load_demo("spiral"))
        assert {finding.illness for finding in found.diagnosis} == expected
        options |= dict(found.diagnosis["underfitting"].change) if expected else {}


def test_as_json(run):
    code, out, _ = run("small.clearprop", "demo:spiral", "--json", "--lang", "zh")
    found = json.loads(out)
    assert (code, found["own_rows"], found["rows"]) == (0, True, {"train": 420, "test": 90})
    assert found["findings"][0]["change"] == {"hidden": [64]}
    assert found["findings"][0]["title"] == "欠拟合"
    assert {e["illness"] for e in found["examined"]} == set(ILLNESSES)


def test_another_table_than_that_of_the_training(run, models):
    load_demo("moons").head(120).write_csv(models / "some.csv")
    code, out, _ = run("good.clearprop", "some.csv", "--json")
    found = json.loads(out)
    assert (code, found["own_rows"], found["rows"]) == (0, False, {"table": 120})
    assert not {"underfitting", "overfitting"} & {e["illness"] for e in found["examined"]}
    assert "not those that the model was trained on" in run("good.clearprop", "some.csv")[1].replace("\n", " ")


def test_rows_that_were_drawn_are_drawn_again(run, models):
    options = ["--max-rows", "200", "--seed", "5", "-q", "--out", models / "out"]
    assert commands.run("train", "demo:moons", *options).returncode == 0
    found = json.loads(run("out/model.clearprop", "demo:moons", "--json")[1])
    assert found["own_rows"]
    assert found["rows"] == {"train": 140, "test": 30}


def test_a_model_that_does_not_say_how_it_was_trained(run, models):
    header, arrays = read_model(models / "good.clearprop")
    write_model(models / "silent.clearprop", {**header, "about": {}}, arrays)
    code, out, _ = run("silent.clearprop", "demo:moons", "--json")
    assert (code, json.loads(out)["own_rows"]) == (0, False)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("bare.clearprop", "demo:iris"), "demo:iris has 4 columns beside the target; expected 2"),
        (("none.clearprop", "demo:moons"), "cannot read none.clearprop"),
        (("good.clearprop", "demo:iris"), "no column 'x1'"),
        (("good.clearprop", "none.csv"), "cannot read none.csv"),
        (("good.clearprop", "x.csv"), "'target'"),
        (("good.clearprop", "demo:moons", "--lang", "de"), "unknown language 'de'"),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_two(run, models, arguments, words):
    pl.DataFrame({"x1": [1.0], "x2": [2.0]}).write_csv(models / "x.csv")
    code, out, err = run(*arguments)
    assert (code, out, len(err.strip().splitlines())) == (2, "", 1)
    assert words in err


def test_more_epochs_are_more_than_there_were(models, run):
    """The file keeps a hundred points of a curve, which are not the epochs that there were."""
    options = {"optimizer": "gradient_descent", "learning_rate": 1e-3, "epochs": 250, "patience": 250}
    cp.TableModel.train(load_demo("spiral"), "target", **options).model.save(models / "slow.clearprop")
    code, out, _ = run("slow.clearprop", "demo:spiral")
    assert code == 0
    assert "--epochs 1000" in out


def test_options_of_the_command_line():
    assert options_of({"optimizer": cp.SGD(0.05)}) == "--optimizer sgd --learning-rate 0.05"
    assert options_of({"activation": "relu", "init": "he"}) == "--activation relu", "there is no option --init"
    assert options_of({"learning_rate": 0.001, "epochs": 100}) == "--learning-rate 0.001 --epochs 100"
    assert options_of({"init": "he"}) == ""
