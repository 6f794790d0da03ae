"""`clearprop export`: a file is compared with the model, and one that is not the model is not written."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest

import clearprop as cp
from clearprop.app import exported
from commands import run


@pytest.fixture
def model(tmp_path):
    layers = [cp.Dense(8, "tanh"), cp.Dense(3, "softmax")]
    path = tmp_path / "net.clearprop"
    cp.Network(4, layers, "cross_entropy", seed=0, dtype="float64").save(path)
    return path


def test_a_network_is_written_and_compared(model, tmp_path):
    said = run("export", model, "--to", "numpy").stdout
    assert "net.py" in said
    assert "Compared with the model on 1,000 rows: largest difference" in said
    assert "features" not in said
    found = json.loads(run("export", model, "--to", "numpy", "--out", tmp_path / "own.py", "--json").stdout)
    assert (found["rows"], found["reads"], found["out"]) == (1000, "inputs", str(tmp_path / "own.py"))
    assert found["largest_difference"] < 1e-14
    space = {}
    exec((tmp_path / "own.py").read_text(), space)
    X = np.random.default_rng(0).normal(size=(5, 4))
    assert space["predict"](X) == pytest.approx(cp.load(model).predict(X), abs=1e-14)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("to", "program"), [("c", "gcc"), ("javascript", "node")])
def test_code_of_other_languages_is_run_and_compared(tmp_path, to, program, dtype):
    if shutil.which(program) is None:
        pytest.skip(f"there is no {program} here")
    layers = [cp.Dense(8, "gelu"), cp.LayerNorm(), cp.Dense(3, "softmax")]
    cp.Network(4, layers, "cross_entropy", seed=0, dtype=dtype).save(tmp_path / "net.clearprop")
    found = json.loads(run("export", tmp_path / "net.clearprop", "--to", to, "--json").stdout)
    assert found["rows"] == 1000
    assert found["largest_difference"] < (1e-6 if dtype == "float32" else 1e-13)


def test_of_a_table_it_is_said_what_the_file_reads(tmp_path):
    run("train", "demo:iris", "--out", tmp_path, "--epochs", "2", "--quiet")
    said = run("export", tmp_path / "model.clearprop", "--to", "numpy", "--lang", "zh").stdout
    assert "It holds the network, which reads features" in said


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda text: text.replace(b"np.tanh(z1)", b"z1"), "the exported model is not the model"),
        (lambda text: text.replace(b"a2 = softmax(z2)", b"a2 = z2[:, :1]"), "answers (1000, 1); expected (1000, 3)"),
        (lambda text: text + b"\nraise SystemExit('no')\n", "the exported file does not run: no"),
    ],
)
def test_a_file_that_is_not_the_model_is_not_written(model, tmp_path, monkeypatch, change, said):
    form = exported.FORMATS["numpy"]
    wrong = replace(form, written=lambda network, lang: change(form.written(network, lang)))
    network = cp.load(model)
    with pytest.raises(cp.ClearpropError) as error:
        exported.compared(wrong, wrong.written(network, "en"), network, np.ones((1000, 4)))
    assert said in str(error.value)


def test_what_nothing_here_can_run_is_said_not_to_be_compared(model):
    form = replace(exported.FORMATS["torch"], lacking=lambda: "there is no torch here")
    found = exported.compared(form, b"", cp.load(model), np.ones((2, 4)))
    assert str(found) == "Not compared with the model: there is no torch here."
    assert found.to_dict() == {"rows": 0, "not_compared": "there is no torch here"}


def test_wrong_input_is_answered_in_a_sentence(model, tmp_path):
    assert "is not one of 'onnx'" in run("export", model, "--to", "nump").stderr
    assert "is read by this very command" in run("export", model, "--to", "numpy", "--out", model).stderr
    assert run("export", tmp_path / "none", "--to", "numpy").stderr.startswith("Error: ")


def test_a_file_that_save_wrote_is_read_whatever_it_is_called(tmp_path):
    net = cp.Network(2, [cp.Dense(1)], seed=0)
    net.save(tmp_path / "net.onnx")
    assert np.array_equal(cp.load(tmp_path / "net.onnx").predict(np.ones((1, 2))), net.predict(np.ones((1, 2))))
