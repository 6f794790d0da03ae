"""Models of tables as ONNX, preprocessing included: ONNX Runtime answers new rows as the model does."""

from __future__ import annotations

import datetime
import json
import warnings

import numpy as np
import onnxruntime
import polars as pl
import pytest

import clearprop as cp
from clearprop.errors import DataWarning
from clearprop.estimators.scores import class_probabilities
from clearprop.interop.onnx.table import COLUMNS

pytestmark = pytest.mark.peers

KINDS = ("two classes", "three classes", "number", "logarithm")
COLOURS = np.array(["red", "green", "blue", "violet", "new"])


def table(n, seed, target=None, new=False):
    """Numbers, gaps, text, levels, truth values; names that the graph has, too; rows with what training had not."""
    rng = np.random.default_rng(seed)
    x, z = rng.lognormal(3, 2, n), rng.normal(size=n)
    colour = COLOURS[rng.integers(0, 4 + new, n)]
    columns = {
        "X": [None if gone else float(v) for gone, v in zip(rng.random(n) < 0.1, x, strict=True)],
        "W1": z,
        "probabilities": [None if gone else str(v) for gone, v in zip(rng.random(n) < 0.1, colour, strict=True)],
        "size": rng.integers(0, 4 + 2 * new, n),
        "yes": np.array(["yes", "no"])[rng.integers(0, 2, n)],
        "price": [f"${v:,.2f}" for v in x],
        "code": [f"k{v}" for v in rng.integers(0, 40, n)],
    }
    score = z + 2 * (colour == "red") + np.log(x)
    y = {"two classes": np.where(score > 4, "b", "a"), "three classes": np.digitize(score, [2, 5])}
    y |= {"number": score, "logarithm": np.exp(score)}
    return pl.DataFrame(columns | ({} if target is None else {"y": y[target]}))


def trained(target, seed, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        usual = {"epochs": 4, "test": 0.1, "seed": seed, "kinds": {"size": "category", "code": "category"}}
        return cp.TableModel.train(table(400, seed, target), "y", **usual, **options).model


def theirs(model, frame):
    session = onnxruntime.InferenceSession(model.to_onnx().SerializeToString())
    return dict(zip([x.name for x in session.get_outputs()], session.run(None, model.onnx_inputs(frame)), strict=True))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("members", [1, 4])
@pytest.mark.parametrize("target", KINDS)
def test_new_rows_are_answered_as_the_model_does(target, members, seed):
    options = {"optimize": "f1"} if target == "two classes" and seed else {}
    options |= {"pieces": None} if seed == 2 else {}
    model = trained(target, seed, members=members, **options)
    frame = table(300, 99 + seed, new=True)
    found = theirs(model, frame)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        outputs, answers = model.outputs(frame), model.predict(frame)
    if target in KINDS[:2]:
        p = class_probabilities(outputs)
        scored = p if model.target.decision is None else p / np.array(model.target.decision.cuts)
        first, second = np.sort(scored, axis=1)[:, :-3:-1].T
        sure = first - second > 1e-5
        assert np.abs(found[_named(found, "probabilities")] - p).max() < 1e-6
        labels = found["label"].tolist()
        assert [label for label, clear in zip(labels, sure, strict=True) if clear] == [
            answer for answer, clear in zip(answers, sure, strict=True) if clear
        ]
        assert sure.mean() > 0.9
        return
    scale = np.abs(answers).max() if target == "number" else np.abs(np.asarray(answers))[:, None] + 1
    assert (np.abs(found["value"] - np.asarray(answers)[:, None]) <= 1e-5 * scale).all()


def _named(found, stem):
    return next(name for name in found if name.startswith(stem))


def test_codes_of_many_levels_go_through_an_embedding():
    rng = np.random.default_rng(0)
    code = rng.integers(0, 700, 3000)
    frame = pl.DataFrame(
        {"code": [f"k{v}" for v in code], "x": rng.normal(size=3000), "y": code % 7 + rng.normal(size=3000)}
    )
    model = cp.TableModel.train(frame, "y", epochs=2, test=0.1, kinds={"code": "category"}).model
    assert {column.kind for column in model.encoder.columns} == {"codes", "number"}
    new = pl.DataFrame({"code": ["k1", "k2", "never", None], "x": [0.0, 1.0, -1.0, 0.5]})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        answers = np.asarray(model.predict(new))
    assert theirs(model, new)["value"][:, 0] == pytest.approx(answers, abs=1e-5)


def test_inputs_bring_other_spellings_to_what_the_model_knows():
    model = trained("two classes", 0)
    given = model.onnx_inputs(
        pl.DataFrame(
            {"X": ["1.5", "NA"], "W1": [1, 2], "probabilities": [" RED ", "n/a"], "size": [1.0, 9.0]}
            | {"yes": ["Yes", "maybe"], "price": ["$1,200.50", "-"], "code": ["k1", "k999"]}
        )
    )
    assert [given["probabilities"][i, 0] for i in range(2)] == ["red", ""]
    assert np.isnan(given["X"][1, 0])
    assert given["price"][0, 0] == 1200.5
    assert {name: values.shape for name, values in given.items()} == dict.fromkeys(given, (2, 1))


def test_the_model_says_what_its_inputs_hold_and_what_it_cannot_read_is_refused_by_name(tmp_path):
    model = trained("number", 0)
    made = model.to_onnx(tmp_path / "m.onnx")
    assert (tmp_path / "m.onnx").read_bytes() == made.SerializeToString(deterministic=True)
    told = json.loads({each.key: each.value for each in made.metadata_props}[COLUMNS])
    assert told["X"] == "numbers, NaN where missing"
    assert told["code"] == 'text, "" where missing'
    days = pl.date_range(pl.date(2020, 1, 1), pl.date(2020, 12, 31), eager=True)
    frame = pl.DataFrame({"day": days, "y": np.arange(len(days)) * 1.0})
    with pytest.raises(cp.ClearpropError, match="column 'day' in ONNX"):
        cp.TableModel.train(frame, "y", epochs=1, test=0.0).model.to_onnx()


def test_names_of_columns_are_kept_whatever_nodes_are_called():
    rng = np.random.default_rng(0)
    names = ["z", "Cast_1", "IsNaN_1", "scaled_1", "network.W1", "value"]
    frame = pl.DataFrame({name: rng.normal(size=80) for name in names} | {"y": rng.normal(size=80)})
    model = cp.TableModel.train(frame, "y", epochs=1, test=0.0).model
    made = model.to_onnx()
    assert [x.name for x in made.graph.input] == names
    session = onnxruntime.InferenceSession(made.SerializeToString())
    (answers,) = session.run(None, model.onnx_inputs(frame))
    assert answers[:, 0] == pytest.approx(np.asarray(model.predict(frame)), abs=1e-6)


def test_labels_keep_their_kind_and_numbers_that_would_merge_are_refused():
    x = np.arange(60) % 2
    for label in ((True, False), (3, 7), ("a", "b")):
        frame = pl.DataFrame({"x": x * 1.0, "y": [label[i] for i in x]})
        model = cp.TableModel.train(frame, "y", epochs=1, test=0.0).model
        assert theirs(model, frame)["label"].tolist() == model.predict(frame)
    big = pl.DataFrame({"id": [2**53 + int(i) for i in x], "y": x + 0.5 * np.arange(60)})
    model = cp.TableModel.train(big, "y", epochs=1, test=0.0, kinds={"id": "category"}).model
    with pytest.raises(cp.ClearpropError, match="column 'id' in ONNX"):
        model.to_onnx()


def test_days_are_whole():
    days = [datetime.date(2020, 1, 1) + datetime.timedelta(days=int(i)) for i in range(100)]
    frame = pl.DataFrame({"x": np.arange(100) * 1.0, "y": days})
    model = cp.TableModel.train(frame, "y", epochs=3, test=0.0).model
    found = theirs(model, frame)["value"][:, 0]
    expected = [(day - datetime.date(1970, 1, 1)).days for day in model.predict(frame)]
    assert found.tolist() == expected
