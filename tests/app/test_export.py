"""`clearprop export`: a file is compared with the model, and one that is not the model is not written."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from importlib.util import find_spec

import numpy as np
import polars as pl
import pytest

import clearprop as cp
from clearprop.app import exported
from clearprop.app.exported_tables import TABLE_FORMATS, compared_targets
from commands import run
from compiled import GCC, NODE


def has(*packages):
    return all(find_spec(name) for name in packages)


@pytest.fixture
def model(tmp_path):
    layers = [cp.Dense(8, "tanh"), cp.Dense(3, "softmax")]
    path = tmp_path / "net.clearprop"
    cp.Network(4, layers, "cross_entropy", seed=0, dtype="float64").save(path)
    return path


def test_no_two_formats_have_one_file():
    endings = [form.ending for form in exported.FORMATS.values()]
    assert len(set(endings)) == len(endings)


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


@pytest.fixture(scope="module")
def of_table(tmp_path_factory):
    folder = tmp_path_factory.mktemp("table")
    frame = pl.DataFrame({"a": [1.0, 2.0, None, 4.0] * 20, "b": ["x", "y", "z", "x"] * 20, "c": ["no", "yes"] * 40})
    frame.write_csv(folder / "table.csv")
    cp.TableModel.train(frame, "c", epochs=2, hidden=[3]).model.save(folder / "model.clearprop")
    return folder


@pytest.mark.parametrize(
    ("to", "needed"),
    [("c", GCC), ("javascript", NODE), ("numpy", True), ("torch", has("torch")), ("onnx", has("onnx", "onnxruntime"))],
)
def test_a_model_of_a_table_is_written_with_its_preprocessing(of_table, tmp_path, to, needed):
    if not needed:
        pytest.skip(f"what runs {to} is not here")
    out = tmp_path / "model.out"
    found = json.loads(run("export", of_table / "model.clearprop", "--to", to, "--out", out, "--json").stdout)
    assert (found["rows"], found["reads"], found["labels_different"]) == (1000, "rows", 0)
    assert found["largest_difference"] < 1e-6
    assert found.get("features_same", 1.0) == 1.0
    said = run(
        "export", of_table / "model.clearprop", of_table / "table.csv", "--to", to, "--out", out, "--lang", "zh"
    ).stdout
    assert "Compared with the model on 80 rows, of " in said
    assert "largest difference of a probability" in said
    assert "0 labels different" in said


@pytest.mark.skipif(GCC is None, reason="there is no gcc here")
def test_weights_in_8_bits_say_what_they_cost(of_table, tmp_path):
    out = tmp_path / "model.c"
    for given, rows in (([], "made up from"), ([of_table / "table.csv"], "that were given")):
        for more in ([], ["--network"]) if not given else ([],):
            command = ("export", of_table / "model.clearprop", *given, *more, "--to", "c", "--int8", "--out", out)
            said = run(*command).stdout
            assert "Weights have 8 bits: on " in said
            assert more or rows in said
            assert "largest difference" in said
            assert "int8_t" in out.read_text()
    assert "--to c" in run("export", of_table / "model.clearprop", "--to", "numpy", "--int8").stderr


def test_the_network_of_a_table_alone_reads_features(of_table, tmp_path):
    out = tmp_path / "net.py"
    said = run("export", of_table / "model.clearprop", "--network", "--to", "numpy", "--out", out).stdout
    assert "It holds the network, which reads features" in said
    assert "COLUMNS" not in out.read_text()
    refused = run("export", of_table / "model.clearprop", "x.csv", "--network", "--to", "numpy", "--out", out).stderr
    assert "leave out --network" in refused


def test_a_format_that_has_no_tables_names_those_that_have(of_table, tmp_path):
    said = run("export", of_table / "model.clearprop", "--to", "keras", "--out", tmp_path / "m.keras").stderr
    assert said.startswith("Error: a model of a table for keras; expected a network")
    assert "--network" in said
    assert "numpy" in said


def test_a_network_without_a_loss_is_written_too(tmp_path):
    cp.Network(3, [cp.Dense(2, "tanh")], seed=0).save(tmp_path / "net.clearprop")
    assert "Compared with the model on 1,000 rows" in run("export", tmp_path / "net.clearprop", "--to", "numpy").stdout


def test_a_target_of_a_network_is_refused_not_passed_over(of_table, model, tmp_path):
    for path, more in ((model, []), (of_table / "model.clearprop", ["--network"])):
        done = run("export", path, *more, "--target", "c", "--to", "numpy", "--out", tmp_path / "net.py")
        assert "--target c for a network" in done.stderr
        assert not (tmp_path / "net.py").exists()


def test_how_a_table_is_read_is_not_passed_over_where_none_is(of_table, tmp_path):
    for more, said in (([], "--na without a TABLE"), (["--network"], "--na for a network")):
        done = run("export", of_table / "model.clearprop", *more, "--na", "x", "--to", "numpy", "--out", tmp_path / "o")
        assert said in done.stderr
        assert not (tmp_path / "o").exists()


def test_the_table_that_is_compared_is_not_written_over(of_table):
    table = of_table / "table.csv"
    before = table.read_text()
    said = run("export", of_table / "model.clearprop", table, "--to", "numpy", "--out", table).stderr
    assert said.startswith("Error: ")
    assert table.read_text() == before


def test_a_file_of_a_table_that_is_not_the_model_is_not_written_and_it_is_said(of_table, tmp_path, monkeypatch):
    form = TABLE_FORMATS["numpy"]
    wrong = replace(
        form, written=lambda model, lang: form.written(model, lang).replace(b"'median': 2.0", b"'median': 9.0")
    )
    monkeypatch.setitem(TABLE_FORMATS, "numpy", wrong)
    done = run("export", of_table / "model.clearprop", "--to", "numpy", "--out", tmp_path / "out.py")
    assert done.returncode
    assert "the exported model is not the model: Compared with the model on 1,000 rows" in done.stderr
    assert "no file was written" in done.stderr
    assert not (tmp_path / "out.py").exists()


@pytest.fixture(scope="module")
def of_two(tmp_path_factory):
    """A model of the targets c (classes) and d (numbers), of two members."""
    folder = tmp_path_factory.mktemp("two")
    frame = pl.DataFrame({"a": [1.0, 2.0, 3.0, 4.0] * 20, "c": ["no", "yes"] * 40, "d": [1.5, 2.5, 3.0, 9.0] * 20})
    frame.write_csv(folder / "table.csv")
    cp.TableModel.train(frame, ["c", "d"], epochs=1, hidden=[3], members=2).model.save(folder / "two.clearprop")
    return folder


@pytest.mark.skipif(not has("onnx", "onnxruntime"), reason="there is no ONNX Runtime here")
def test_onnx_takes_all_targets_and_each_is_compared(of_two, tmp_path):
    import onnxruntime

    model, out = of_two / "two.clearprop", tmp_path / "two.onnx"
    said = run("export", model, of_two / "table.csv", "--to", "onnx", "--out", out, COLUMNS="500").stdout
    assert "c: Compared with the model on 80 rows" in said
    assert "d: Compared with the model on 80 rows" in said
    assert "largest difference of a value" in said
    found = json.loads(run("export", model, "--to", "onnx", "--out", out, "--json").stdout)
    assert (found["rows"], found["reads"], list(found["targets"])) == (1000, "rows", ["c", "d"])
    assert found["targets"]["c"]["labels_different"] == 0
    assert max(one["largest_difference"] for one in found["targets"].values()) < 1e-5
    ours, frame = cp.load(model), pl.read_csv(of_two / "table.csv")
    session = onnxruntime.InferenceSession(out)
    labels, value = session.run(["label_c", "value_d"], ours.onnx_inputs(frame))
    assert list(labels) == ours.predict(frame)["c"]
    assert value[:, 0] == pytest.approx(ours.predict(frame)["d"], rel=1e-5)
    second = json.loads(run("export", model, "--to", "onnx", "--member", "2", "--out", out, "--json").stdout)
    assert list(second["targets"]) == ["c", "d"]
    p = onnxruntime.InferenceSession(out).run(["probabilities_c"], ours.onnx_inputs(frame))[0]
    assert p[:, 1:] == pytest.approx(ours["c"].members[1].predict(ours["c"].encoder.transform(frame)), abs=1e-6)
    alone = json.loads(run("export", model, "--to", "onnx", "--target", "d", "--out", out, "--json").stdout)
    assert "targets" not in alone


@pytest.mark.skipif(not has("onnx", "onnxruntime"), reason="there is no ONNX Runtime here")
def test_of_several_targets_the_one_that_is_off_is_named(of_two):
    model = cp.load(of_two / "two.clearprop")
    other = replace(model, targets=(model.targets[0], replace(model.targets[1], mean=9.0)))
    with pytest.raises(cp.ClearpropError, match="the exported model is not the model in d: "):
        compared_targets(other.to_onnx().SerializeToString(), model, pl.read_csv(of_two / "table.csv"), "some")


def test_of_several_targets_other_formats_take_the_one_that_is_named(of_two, tmp_path):
    for to in ("numpy", "c", "javascript", "torch"):
        refused = run("export", of_two / "two.clearprop", "--to", to, "--out", tmp_path / "one").stderr
        assert f"expected one of them for a file of {to}. Hint: --target COL --to {to}, or --to onnx" in refused
    assert not (tmp_path / "one").exists()
    said = run("export", of_two / "two.clearprop", "--target", "d", "--to", "numpy", "--out", tmp_path / "d.py").stdout
    assert "of a value" in said


def test_of_several_members_one_can_be_alone(tmp_path):
    frame = pl.DataFrame({"a": [1.0, 2.0, 3.0, 4.0] * 20, "c": ["no", "yes"] * 40})
    cp.TableModel.train(frame, "c", epochs=1, hidden=[3], members=2).model.save(tmp_path / "both")
    done = run("export", tmp_path / "both", "--member", "2", "--to", "numpy", "--out", tmp_path / "second.py")
    assert "0 labels different" in done.stdout
    space = {}
    exec((tmp_path / "second.py").read_text(), space)
    member, X = cp.load(tmp_path / "both").members[1], space["features"](frame)
    assert np.abs(space["network"](X) - member.predict(X)).max() < 1e-6


def test_a_column_that_cannot_be_written_is_named(tmp_path):
    frame = pl.DataFrame({"price": [f"${k}.50" for k in range(40)], "y": [float(k) for k in range(40)]})
    cp.TableModel.train(frame, "y", epochs=1).model.save(tmp_path / "m")
    assert "the column 'price' in C" in run("export", tmp_path / "m", "--to", "c").stderr


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
    assert "Invalid value for '--to': 'nump' is not one of 'onnx'" in run("export", model, "--to", "nump").stderr
    assert "is read by this very command" in run("export", model, "--to", "numpy", "--out", model).stderr
    assert run("export", tmp_path / "none", "--to", "numpy").stderr.startswith("Error: ")


def test_a_file_that_save_wrote_is_read_whatever_it_is_called(tmp_path):
    net = cp.Network(2, [cp.Dense(1)], seed=0)
    net.save(tmp_path / "net.onnx")
    assert np.array_equal(cp.load(tmp_path / "net.onnx").predict(np.ones((1, 2))), net.predict(np.ones((1, 2))))
