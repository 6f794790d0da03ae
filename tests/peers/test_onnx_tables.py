"""Models of tables as ONNX, preprocessing included: ONNX Runtime answers new rows as the model does."""

from __future__ import annotations

import calendar
import datetime
import json
import warnings

import numpy as np
import onnxruntime
import pandas as pd
import polars as pl
import pytest

import clearprop as cp
from clearprop.errors import DataWarning
from clearprop.estimators.scores import class_probabilities
from clearprop.graph import N
from clearprop.interop.onnx import OnnxGraph
from clearprop.interop.onnx.calendar import Date, Whole
from clearprop.interop.onnx.table import COLUMNS, OUTPUTS
from clearprop.table.dates import parts_of_dates

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


def test_the_model_says_what_its_inputs_and_outputs_hold(tmp_path):
    model = trained("number", 0)
    made = model.to_onnx(tmp_path / "m.onnx")
    assert (tmp_path / "m.onnx").read_bytes() == made.SerializeToString(deterministic=True)
    told = {each.key: json.loads(each.value) for each in made.metadata_props}
    assert told[COLUMNS]["X"] == "numbers, NaN where missing"
    assert told[COLUMNS]["code"] == 'text, "" where missing'
    assert told[OUTPUTS] == {"value": {"target": "y", "holds": "numbers"}}


def moments(n, seed):
    """Dates in microseconds since 1970: all years that Python has, and their corners."""
    rng = np.random.default_rng(seed)
    first, last = (datetime.datetime(year, month, 1) for year, month in ((1, 1), (9999, 12)))
    span = (last - first).total_seconds()
    found = [first + datetime.timedelta(seconds=float(share * span)) for share in rng.random(n)]
    for year in (1, 4, 100, 400, 1600, 1899, 1900, 1904, 1969, 1970, 1999, 2000, 2100, 2400, 9999):
        for month, day in ((1, 1), (2, 28), (3, 1), (12, 31)):
            found += [datetime.datetime(year, month, day), datetime.datetime(year, month, day, 23, 59, 59, 999999)]
        if calendar.isleap(year):
            found.append(datetime.datetime(year, 2, 29, 12))
    return found


def test_the_parts_of_a_date_are_those_of_the_calendar():
    dates = moments(3000, 0)
    us = np.array([(date - datetime.datetime(1970, 1, 1)) // datetime.timedelta(microseconds=1) for date in dates])
    into = OnnxGraph("dates")
    date = Date(Whole(into, into.input("t", "i64", (N, 1))))
    values = {"year": date.years(), "month": date.month().as_float(), "day": date.day_of_month().as_float()}
    values |= {"weekday": date.weekday().as_float(), "hour": date.hour()}
    for value in values.values():
        into.output(value, "f64", (N, 1))
    found = onnxruntime.InferenceSession(into.model().SerializeToString()).run(None, {"t": us.reshape(-1, 1)})
    found = dict(zip(values, (each[:, 0] for each in found), strict=True))
    assert found["month"].tolist() == [date.month - 1 for date in dates]
    assert found["day"].tolist() == [date.day for date in dates]
    assert found["weekday"].tolist() == [date.weekday() for date in dates]
    assert all(0 <= year - date.year <= 1 for year, date in zip(found["year"], dates, strict=True))  # 1: New Year's Eve
    assert np.floor(found["hour"]).tolist() == [date.hour for date in dates]
    ours = parts_of_dates(us.astype(np.float64))  # which rounds to 16 microseconds in the year 1
    exact = us == us.astype(np.float64).astype(np.int64)
    for part, theirs in found.items():
        assert (theirs == ours[part])[exact].all()


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


def test_labels_keep_their_kind_and_numbers_that_would_merge_are_text():
    x = np.arange(60) % 2
    for label in ((True, False), (3, 7), ("a", "b")):
        frame = pl.DataFrame({"x": x * 1.0, "y": [label[i] for i in x]})
        model = cp.TableModel.train(frame, "y", epochs=1, test=0.0).model
        assert theirs(model, frame)["label"].tolist() == model.predict(frame)
    big = pl.DataFrame({"id": [2**53 + int(i) for i in x], "y": x + 0.5 * np.arange(60)})
    model = cp.TableModel.train(big, "y", epochs=1, test=0.0, kinds={"id": "category"}).model
    assert model.onnx_inputs(big)["id"][:2, 0].tolist() == ["9007199254740992", "9007199254740993"]
    assert theirs(model, big)["value"][:, 0] == pytest.approx(np.asarray(model.predict(big)), rel=1e-6)


def test_days_are_whole():
    days = [datetime.date(2020, 1, 1) + datetime.timedelta(days=int(i)) for i in range(100)]
    frame = pl.DataFrame({"x": np.arange(100) * 1.0, "y": days})
    model = cp.TableModel.train(frame, "y", epochs=3, test=0.0).model
    found = theirs(model, frame)["value"][:, 0]
    expected = [(day - datetime.date(1970, 1, 1)).days for day in model.predict(frame)]
    assert found.tolist() == expected


def test_texts_of_several_numbers_and_of_several_units_have_an_input_for_each():
    rng = np.random.default_rng(0)
    x = rng.normal(size=120)
    table = {
        "pressure": [f"{120 + int(9 * v)}/{80 + int(5 * v)}" for v in x],
        "rate": [f"{v:.1f} {'EUR/m' if i % 3 else 'EUR/h'}" for i, v in enumerate(np.exp(x))],
        "pressure 1": x,
        "": rng.normal(size=120),
        "opens": [f"{8 + i % 5:02d}:30" for i in range(120)],
        "y": x,
    }
    model = cp.TableModel.train(pl.DataFrame(table), "y", epochs=1, test=0.0).model
    given = model.onnx_inputs(pl.DataFrame({name: values[:2] for name, values in table.items()}))
    assert [*given] == ["pressure 1 2", "pressure 2", "rate", "rate unit", "pressure 1", "column", "opens"]
    assert given["pressure 1 2"][:, 0].tolist() == [float(text.split("/")[0]) for text in table["pressure"][:2]]
    assert given["rate unit"][:, 0].tolist() == ["EUR/h", ""]
    assert given["opens"][:, 0].tolist() == [8.5 * 3.6e9, 9.5 * 3.6e9]
    assert given["opens"].dtype == np.int64
    frame = pl.DataFrame(table)
    assert theirs(model, frame)["value"][:, 0] == pytest.approx(np.asarray(model.predict(frame)), abs=1e-6)
    assert theirs(model, frame[:0])["value"].shape == (0, 1)


def several(rows=200):
    rng = np.random.default_rng(0)
    x = rng.normal(size=rows)
    columns = {"x": x, "value_a": rng.normal(size=rows), "a": 3 * x, "b": np.array(["p", "q"])[(x > 0).astype(int)]}
    return pl.DataFrame(columns | {"a_1": x + rng.normal(size=rows)})


def test_several_targets_have_outputs_of_their_names():
    model = cp.TableModel.train(several(), ["a", "b", "a_1"], epochs=2, members=2, pieces=0).model
    made = model.to_onnx(coverage=0.8)
    told = json.loads({each.key: each.value for each in made.metadata_props}[OUTPUTS])
    assert {name: facts["target"] for name, facts in told.items()} == {
        **dict.fromkeys(["value_a_1", "low_a", "high_a"], "a"),  # value_a is a column
        **dict.fromkeys(["probabilities_b", "label_b", "possible_b"], "b"),
        **dict.fromkeys(["value_a_1_1", "low_a_1", "high_a_1"], "a_1"),
    }
    assert told["probabilities_b"]["classes"] == ["p", "q"]
    session = onnxruntime.InferenceSession(made.SerializeToString())
    found = dict(zip(told, session.run([*told], model.onnx_inputs(several())), strict=True))
    answers, ends = model.predict(several()), model.intervals(several(), 0.8)
    assert found["value_a_1"][:, 0] == pytest.approx(answers["a"], abs=1e-5)
    assert found["value_a_1_1"][:, 0] == pytest.approx(answers["a_1"], abs=1e-5)
    assert found["label_b"].tolist() == answers["b"]
    assert np.hstack([found["low_a"], found["high_a"]]) == pytest.approx(ends["a"], abs=1e-5)


def test_intervals_run_straight_from_group_to_group():
    rng = np.random.default_rng(0)
    x = rng.uniform(0, 4, 1500)
    frame = pl.DataFrame({"x": x, "y": x + x * rng.normal(size=1500)})
    model = cp.TableModel.train(frame, "y", epochs=3, members=3, test=0.0).model
    assert len(model.target.residuals.outputs) > 5
    for coverage in (0.5, 0.95, 0.99999):  # the rows are too few for the last
        session = onnxruntime.InferenceSession(model.to_onnx(coverage=coverage).SerializeToString())
        low, high = session.run(["low", "high"], model.onnx_inputs(frame))
        assert np.hstack([low, high]) == pytest.approx(model.intervals(frame, coverage), rel=1e-6, abs=1e-5)


def test_what_cannot_be_written_is_refused_by_name():
    model = cp.TableModel.train(several(40).drop("a", "a_1"), "b", epochs=1, validation=0.0, test=0.0).model
    with pytest.raises(cp.ClearpropError, match="held-out"):
        model.to_onnx(coverage=0.9)
    with pytest.raises(cp.ClearpropError, match="coverage"):
        model.to_onnx(coverage=1.5)
    broken = ["a\ud800", "b"]  # half of a character
    frame = pd.DataFrame(
        {"c": [broken[i % 2] for i in range(40)], "y": [i % 2 + 0.01 * i for i in range(40)]}, dtype=object
    )
    model = cp.TableModel.train(frame, "y", epochs=1, test=0.0).model
    with pytest.raises(cp.ClearpropError, match="column 'c'"):
        model.to_onnx()
