"""Partial dependence and individual curves: against scikit-learn, against tables that are changed by hand."""

from __future__ import annotations

import json

import numpy as np
import polars as pl
import pytest
from sklearn.inspection import partial_dependence

import clearprop as cp
from clearprop.errors import InvalidValueError, TableError, UnknownNameError
from clearprop.estimators.dependence import curves_of, dependences_of, together_with
from clearprop.table.encoder import TableEncoder

rng = np.random.default_rng(0)
N = 240
QUICK = {"preset": "fast", "members": 2, "hidden": 8, "epochs": 10, "learning_rate": 0.03, "random_state": 0}


def table():
    x = rng.gamma(2.0, size=N).round(3)
    day = np.datetime64("2024-01-01") + rng.integers(0, 600, N)
    return pl.DataFrame(
        {
            "x": [None if r < 0.1 else v for r, v in zip(rng.random(N), x.tolist(), strict=True)],
            "twin": x * 3 + rng.normal(size=N) * 0.1,
            "kind": rng.choice([f"k{i:02}" for i in range(14)], N, p=np.arange(14, 0, -1) / 105),
            "day": day,
            "price": ["?" if i % 9 == 0 else f"${1000 + 10 * v:,.2f}" for i, v in enumerate(rng.normal(size=N))],
            "grade": ["?" if i % 5 == 0 else "ab"[i % 2] for i in range(N)],
            "y": 5 * x + rng.normal(size=N),
        }
    )


@pytest.fixture(scope="module")
def numbers():
    frame = table()
    return cp.TableModel.train(frame, "y", epochs=30, hidden=16, learning_rate=0.01).model, frame


@pytest.fixture(scope="module")
def classes():
    frame = table()
    size = np.array(["small", "middle", "large"])[np.digitize(frame["y"].to_numpy(), [5, 12])]
    frame = frame.with_columns(y=pl.Series(size))
    return cp.TableModel.train(frame, "y", epochs=30, hidden=16, learning_rate=0.01, members=2).model, frame


@pytest.mark.parametrize("task", ["regressor", "classifier"])
def test_equal_to_scikit_learn_on_an_equal_grid(task):
    X = rng.normal(size=(120, 3))
    y = X[:, 0] ** 2 + X[:, 1]
    model = cp.TabularRegressor(**QUICK) if task == "regressor" else cp.TabularClassifier(**QUICK)
    model.fit(X, y if task == "regressor" else np.digitize(y, [0, 1]) * 10)
    theirs = partial_dependence(model, X, [0], kind="both", grid_resolution=15)
    found = model.dependence(X, "x0", grid=theirs["grid_values"][0], rows=len(X))
    mean, curves = (v[:, None] if task == "regressor" else v for v in (found.mean, found.curves))
    mean, curves = mean.reshape(15, -1), curves.reshape(120, 15, -1)
    np.testing.assert_allclose(mean.T, theirs["average"], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(curves.transpose(2, 0, 1), theirs["individual"], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("column", ["x", "kind", "day", "price"])
def test_a_table_that_is_changed_by_hand(numbers, column):
    model, frame = numbers
    found = model.dependence(frame, column, rows=[3, 50, 99])
    for k in (0, len(found.grid.values) // 2):
        value = found.grid.values[k]
        row = next(i for i, v in enumerate(frame[column].to_list()) if shown(v, column) == value)
        changed = frame[[3, 50, 99]].with_columns(pl.lit(frame[column][row]).alias(column))
        np.testing.assert_allclose(found.curves[:, k], model.predict(changed), rtol=1e-5)


def shown(value, column):
    if column == "price":
        return None if value == "?" else float(value.replace("$", "").replace(",", ""))
    return str(value) if column == "day" else value


def test_the_values_are_in_the_table_and_divide_its_rows(numbers):
    model, frame = numbers
    there = frame["x"].drop_nulls().to_numpy()
    grid = model.dependence(frame, "x", grid=10).grid
    assert grid.kind == "number"
    assert set(grid.values) <= set(there.tolist())
    share = np.searchsorted(np.sort(there), grid.values) / len(there)
    np.testing.assert_allclose(share, (np.arange(10) + 0.5) / 10, atol=0.02)
    np.testing.assert_allclose(grid.deciles, np.quantile(there, np.arange(1, 10) / 10))
    assert grid.missing == frame["x"].null_count()
    few = model.dependence(frame.with_columns(x=pl.col("x") > 1), "x").grid
    assert few.values == (0.0, 1.0)
    days = model.dependence(frame, "day", grid=5).grid
    assert days.kind == "date"
    assert list(days.values) == sorted(days.values)


def test_levels_the_rare_ones_together(numbers):
    model, frame = numbers
    found = model.dependence(frame, "kind", rows=5)
    counts = frame["kind"].value_counts(sort=True)
    assert found.grid.others == 4
    assert len(found.grid.values) == found.curves.shape[1] == 11
    assert found.grid.shares.sum() == pytest.approx(1)
    assert list(found.grid.shares[:10] * N) == pytest.approx(counts["count"][:10].to_list())
    assert any("rarer levels" in text for text in found.explain().to_text().splitlines())
    # the pooled one is the mean over rows that have such a level
    rest = counts["kind"][10:].to_list()
    alone = model.dependence(frame, "kind", rows=5, grid=rest)
    low, high = alone.curves.min(axis=1), alone.curves.max(axis=1)
    assert np.all((low - 1e-4 <= found.curves[:, -1]) & (found.curves[:, -1] <= high + 1e-4))


def test_marks_of_a_missing_value_are_none(numbers):
    model, frame = numbers
    assert model.dependence(frame, "grade").grid.values == ("a", "b", None)
    assert model.dependence(frame, "price").grid.missing == frame["price"].str.count_matches(r"\?").sum()


def test_centred_curves_begin_at_zero(numbers):
    model, frame = numbers
    found = model.dependence(frame, "x")
    centred = found.centred()
    assert not centred.curves[:, 0].any()
    np.testing.assert_allclose(np.diff(centred.curves), np.diff(found.curves))


def test_columns_that_go_together_are_said(numbers):
    model, frame = numbers
    found = model.dependence(frame, "twin")
    assert found.together[0][0] == "x"
    assert found.together[0][1] > 0.8
    assert "twin – x (0." in found.explain().to_text()
    assert model.dependence(frame, "day").together == ()
    X = model.encoder.transform(frame)
    expected = np.corrcoef(X[:, 0], X[:, 2])[0, 1]  # x, "x is missing", twin
    assert dict(together_with(model.encoder, "twin", X))["x"] == pytest.approx(expected)


def test_classes(classes):
    model, frame = classes
    found = model.dependence(frame, "x", rows=20)
    assert found.curves.shape[2] == 3
    np.testing.assert_allclose(found.curves.sum(axis=2), 1, atol=1e-5)
    np.testing.assert_array_equal(found.of("large"), found.curves[:, :, found.classes.index("large")])
    odds = model.dependence(frame, "x", rows=20, scale="log_odds")
    np.testing.assert_allclose(odds.curves, np.log(found.curves / (1 - found.curves)), atol=1e-3)


def test_blocks_of_any_size_are_the_same(numbers, monkeypatch):
    model, frame = numbers
    whole = model.dependence(frame, "x").curves
    monkeypatch.setattr("clearprop.estimators.dependence._MOST_NUMBERS", 1)
    np.testing.assert_allclose(model.dependence(frame, "x").curves, whole, rtol=1e-6)
    assert curves_of(lambda X: X[:, :1], np.zeros((2, 2)), [0], np.array([[5.0], [7.0]])).tolist() == [[[5], [7]]] * 2


def test_several_columns_encode_the_rows_once(numbers, monkeypatch):
    model, frame = numbers
    calls, transform = [], TableEncoder.transform
    monkeypatch.setattr(TableEncoder, "transform", lambda *args: calls.append(1) or transform(*args))
    found = dependences_of(model, frame, ["x", "kind", "day"])
    assert len(calls) == 1
    for one in found:
        alone = model.dependence(frame, one.column)
        np.testing.assert_array_equal(one.curves, alone.curves)
        assert (one.grid.values, one.together, one.rows) == (alone.grid.values, alone.together, alone.rows)
    with pytest.raises(UnknownNameError, match="column 'z'"):
        dependences_of(model, frame, ["x", "z"])


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_shown_and_stored(numbers, classes, lang):
    for model, frame in (numbers, classes):
        for column in ("x", "kind", "day"):
            found = model.dependence(frame, column)
            for svg in (found.picture(lang=lang).svg, found.picture("small" if found.classes else None, 4, lang).svg):
                assert column in svg
                assert "nan" not in svg
            assert column in found.explain(row=2, lang=lang).to_text()
            stored = json.loads(json.dumps(found.to_dict()))
            np.testing.assert_array_equal(stored["mean"], found.mean)
    assert "Dependence of y on day" in repr(found)


def test_what_cannot_be_asked(numbers, classes):
    model, frame = numbers
    with pytest.raises(UnknownNameError, match="column 'z'"):
        model.dependence(frame, "z")
    with pytest.raises(TableError, match="without rows"):
        model.dependence(frame[:0], "x")
    with pytest.raises(TableError, match="missing in every row"):
        model.dependence(frame.with_columns(x=pl.lit(None, pl.Float64)), "x")
    with pytest.raises(InvalidValueError, match="240"):
        model.dependence(frame, "x", rows=[240])
    with pytest.raises(InvalidValueError, match="grid 1"):
        model.dependence(frame, "x", grid=1)
    with pytest.raises(InvalidValueError, match="row 200"):
        model.dependence(frame, "x").picture(row=200)
    with pytest.raises(InvalidValueError, match="regression"):
        model.dependence(frame, "x").picture("large")
    with pytest.raises(UnknownNameError, match="class 'huge'"):
        classes[0].dependence(classes[1], "x").picture("huge")
