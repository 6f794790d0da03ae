"""Shapley values against the formula written out, linear models, and each other."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import combinations
from math import factorial

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import clearprop as cp
from clearprop.errors import DataWarning, InvalidValueError, TableError, UnknownNameError
from clearprop.estimators import shapley
from clearprop.estimators.answered import Answered
from clearprop.estimators.shapley import orders_of, shapley_values

rng = np.random.default_rng(0)
N = 200


def by_definition(f, x, background, groups):
    """φⱼ = Σ_S |S|!(n−|S|−1)!/n! [v(S ∪ j) − v(S)], one set after the other."""
    players = list(groups)

    def v(players_in):
        mixed = background.copy()
        for name in players_in:
            mixed[:, groups[name]] = x[groups[name]]
        return f(mixed).mean(axis=0)

    n, found = len(players), []
    for j in players:
        rest = [name for name in players if name != j]
        found.append(
            sum(
                factorial(k) * factorial(n - k - 1) / factorial(n) * (v((*S, j)) - v(S))
                for k in range(n)
                for S in combinations(rest, k)
            )
        )
    return np.array(found)


def wild(x):
    """Two outputs, with products of three features and a kink."""
    return np.stack([x[:, 0] * x[:, 1] * x[:, 3] + np.sin(x[:, 2]), np.maximum(x[:, 4], x[:, 0])], axis=1)


GROUPS = {"a": [0], "b": [1, 4], "c": [2], "d": [3]}


def test_the_formula_written_out():
    X, background = rng.normal(size=(3, 5)), rng.normal(size=(7, 5))
    found = shapley_values(wild, X, background, GROUPS)
    expected = [by_definition(wild, x, background, GROUPS) for x in X]
    np.testing.assert_allclose(found.values, expected, rtol=1e-12, atol=1e-13)
    assert found.pairs == 0
    assert not found.errors.any()


def test_all_orders_of_three_players_are_the_exact_values():
    """The mean over every order is the definition; antithetic pairs of 3 players, drawn often, come to it."""
    groups = {"a": [0], "b": [1, 4], "c": [2, 3]}
    X, background = rng.normal(size=(1, 5)), rng.normal(size=(4, 5))
    exact = shapley_values(wild, X, background, groups)
    drawn = shapley_values(wild, X, background, groups, pairs=3000, seed=1)
    assert np.abs(drawn.values - exact.values).max() < 4 * drawn.errors.max()
    np.testing.assert_allclose(drawn.values.sum(1), exact.values.sum(1), rtol=1e-12)


def test_the_standard_error_is_that_of_repeated_draws():
    groups = {name: [k] for k, name in enumerate("abcde")}
    X, background = rng.normal(size=(1, 5)), rng.normal(size=(4, 5))
    exact = shapley_values(wild, X, background, groups).values
    runs = [shapley_values(wild, X, background, groups, pairs=8, seed=seed) for seed in range(200)]
    off = np.array([run.values - exact for run in runs])
    said = np.sqrt(np.mean([run.errors**2 for run in runs], axis=0))
    there = said > 1e-12
    np.testing.assert_allclose(off.std(axis=0)[there], said[there], rtol=0.25)
    assert np.all(np.abs(off.mean(axis=0))[there] < 4 * said[there] / np.sqrt(200))


def test_orders_come_with_their_reverses():
    orders = orders_of(6, 4, 0)
    assert orders.shape == (8, 6)
    np.testing.assert_array_equal(orders[::2, ::-1], orders[1::2])
    assert {tuple(sorted(order)) for order in orders.tolist()} == {tuple(range(6))}


@given(st.integers(1, 14), st.integers(1, 5), st.integers(0, 5))
def test_a_linear_model(n, rows, seed):
    """φⱼ = wⱼ(xⱼ − mean bⱼ), in every single order, so that nothing is left to chance."""
    draw = np.random.default_rng(seed)
    w, X, background = draw.normal(size=n), draw.normal(size=(rows, n)), draw.normal(size=(6, n))
    found = shapley_values(lambda x: x @ w[:, None] + 3, X, background, {f"x{j}": [j] for j in range(n)})
    np.testing.assert_allclose(found.values[:, :, 0], w * (X - background.mean(axis=0)), rtol=1e-9, atol=1e-12)
    assert (found.pairs == 0) == (n <= 10)
    assert found.errors.max() < 1e-12


def test_blocks_of_any_size_are_the_same(monkeypatch):
    X, background = rng.normal(size=(2, 5)), rng.normal(size=(4, 5))
    whole = [shapley_values(wild, X, background, GROUPS, pairs=pairs) for pairs in (None, 3)]
    monkeypatch.setattr("clearprop.estimators.shapley._MOST_NUMBERS", 1)
    for pairs, expected in zip((None, 3), whole, strict=True):
        found = shapley_values(wild, X, background, GROUPS, pairs=pairs)
        np.testing.assert_allclose(found.values, expected.values, rtol=1e-12)
        np.testing.assert_allclose(found.errors, expected.errors, rtol=1e-12)


def test_symmetric_and_idle_players():
    def f(x):
        return (x[:, :1] * x[:, 1:2]) ** 2

    found = shapley_values(f, np.full((1, 3), 2.0), np.array([[1.0, 1.0, 5.0]]), {"a": [0], "b": [1], "idle": [2]})
    a, b, idle = found.values[0, :, 0]
    assert a == b == 7.5
    assert idle == 0


def test_what_cannot_be_asked():
    X = np.zeros((1, 2))
    with pytest.raises(InvalidValueError, match="0 background rows"):
        shapley_values(wild, X, X[:0], {"a": [0], "b": [1]})
    with pytest.raises(InvalidValueError, match="pairs 1"):
        shapley_values(lambda x: x, X, X, {"a": [0], "b": [1]}, pairs=1)
    assert shapley_values(lambda x: x[:, :1], X[:0], X, {"a": [0, 1]}).values.shape == (0, 1, 1)
    alone = shapley_values(lambda x: x[:, :1], X + 1, X, {"a": [0, 1]}, pairs=2)
    assert alone.values.item() == 1


# --- of models of tables


def table():
    x = rng.normal(size=N)
    kind = rng.choice(["red", "green", "blue"], N)
    day = np.datetime64("2024-01-01") + rng.integers(0, 600, N)
    gap = [None if r < 0.2 else r for r in rng.random(N).tolist()]
    price = 100 + 20 * x + 15 * (kind == "red") + np.array([5.0 * (v or 0) for v in gap])
    return pl.DataFrame({"x": x, "kind": kind, "day": day, "gap": gap, "price": price})


@pytest.fixture(scope="module")
def numbers():
    frame = table()
    return cp.TableModel.train(frame, "price", epochs=40, hidden=16, learning_rate=0.01).model, frame


@pytest.fixture(scope="module")
def classes():
    frame = table().with_columns(
        kind=pl.Series(rng.choice(["red", "green"], N)),
        price=pl.col("price").map_elements(
            lambda v: "low" if v < 90 else "high" if v > 110 else "middle", return_dtype=pl.String
        ),
    )
    return cp.TableModel.train(frame, "price", epochs=40, hidden=16, learning_rate=0.01, members=2).model, frame


def test_columns_are_the_players(numbers):
    """Whatever a column becomes (levels, parts of a date, a flag for a gap): encoded tables that are mixed say so."""
    model, frame = numbers
    found = model.shapley(frame, rows=[0, 7], background=frame[50:60])
    assert found.names == ("x", "kind", "day", "gap")
    assert found.values.shape == found.errors.shape == (2, 4)
    background = frame[50:60]

    def v(row, names):
        mixed = background.with_columns(*(pl.lit(frame[name][row]).alias(name) for name in names))
        return model.predict(mixed).mean()

    names = found.names
    for row, phi in zip((0, 7), found.values, strict=True):
        for j, name in enumerate(names):
            rest = [other for other in names if other != name]
            expected = sum(
                factorial(k) * factorial(3 - k) / 24 * (v(row, (*S, name)) - v(row, S))
                for k in range(4)
                for S in combinations(rest, k)
            )
            assert phi[j] == pytest.approx(expected, abs=1e-4)


def test_they_add_up_to_the_answer(numbers, classes):
    model, frame = numbers
    found = model.shapley(frame, rows=range(5))
    np.testing.assert_allclose(found.base_values + found.values.sum(1), model.predict(frame[:5]), rtol=1e-6)
    assert found.background == 100
    model, frame = classes
    for options in ({}, {"pairs": 3}):
        found = model.shapley(frame, rows=range(5), background=frame[:20], **options)
        p = model.predict_proba(frame[:5])
        np.testing.assert_allclose(found.base_values + found.values.sum(1), p, atol=1e-6)
        np.testing.assert_allclose(found.base_values, model.predict_proba(frame[:20]).mean(0), atol=1e-6)
        assert found.exact == (not options)
        assert found.errors.any() == bool(options)
    np.testing.assert_allclose(found.values.sum(2), 0, atol=1e-6)
    odds = model.shapley(frame, rows=2, scale="log_odds")
    p = model.predict_proba(frame[2:3]).astype(float)
    np.testing.assert_allclose(odds.base_values + odds.values.sum(1), np.log(p / (1 - p)), atol=1e-4)


def test_a_row_does_not_depend_on_its_neighbours(classes):
    model, frame = classes
    together = model.shapley(frame, rows=[3, 9], background=frame[:30], pairs=4)
    alone = model.shapley(frame, rows=9, background=frame[:30], pairs=4)
    np.testing.assert_allclose(together.values[1], alone.values[0], atol=1e-7)
    assert together.data[1] == alone.data[0]


def test_what_it_takes_and_what_it_refuses(numbers, classes):
    model, frame = numbers
    row = frame.drop("price").row(3, named=True)
    found = model.shapley(row, background=frame)
    np.testing.assert_allclose(found.values, model.shapley(frame, rows=3, background=frame).values)
    np.testing.assert_allclose(model.shapley(frame, rows=slice(3, 5), background=frame).values[0], found.values[0])
    both = model.shapley([row, frame.drop("price").row(4, named=True)], background=frame)
    np.testing.assert_allclose(both.values, model.shapley(frame, rows=[3, 4], background=frame).values)
    with pytest.raises(TableError, match="no column 'day' in row 1"):
        model.shapley([row, {"x": 1.0, "kind": "red", "gap": None}], background=frame)
    with pytest.raises(InvalidValueError, match="no background"):
        model.shapley(row)
    with pytest.raises(InvalidValueError, match="row 200"):
        model.shapley(frame, rows=[0, 200])
    with pytest.raises(InvalidValueError, match="a row 1.5; expected an integer"):
        model.shapley(frame, rows=1.5)
    with pytest.raises(InvalidValueError, match="regression"):
        model.shapley(frame, rows=0, scale="log_odds")
    with pytest.raises(UnknownNameError, match="scale 'logit'"):
        classes[0].shapley(classes[1], rows=0, scale="logit")
    with pytest.raises(TableError, match="no column 'gap'"):
        model.shapley(frame.drop("gap"), rows=0)
    with pytest.warns(DataWarning, match="pink"):
        model.shapley({**row, "kind": "pink"}, background=frame)


@pytest.mark.parametrize("pairs", [None, 3])
def test_the_share_of_sets_that_is_done_is_told(monkeypatch, pairs):
    monkeypatch.setattr(shapley, "_MOST_NUMBERS", 40)
    (X, background), shares = np.split(np.random.default_rng(1).normal(size=(5, 5)), [3]), []
    found = shapley_values(wild, X, background, GROUPS, pairs=pairs, progress=shares.append)
    assert len(shares) > 6
    assert shares == sorted(shares)
    assert shares[-1] == 1
    np.testing.assert_array_equal(found.values, shapley_values(wild, X, background, GROUPS, pairs=pairs).values)


def test_labels(classes):
    model, frame = classes
    found = model.shapley(frame, rows=range(40), background=frame[:20])
    values, _, base, answers = found.of("high")
    k = found.classes.index("high")
    np.testing.assert_array_equal(values, found.values[:, :, k])
    assert base == found.base_values[k]
    np.testing.assert_array_equal(answers, found.answers[:, k])
    assert found.ranked("high")[0][0] == "x"
    assert found.ranked()[0][0] == "x"
    with pytest.raises(UnknownNameError, match="class 'hihg'"):
        found.picture(0, "hihg")


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_shown_and_stored(numbers, classes, lang):
    for model, frame in (numbers, classes):
        for options in ({}, {"pairs": 2}):
            found = model.shapley(frame, rows=[0, 1], background=frame[:10], **options)
            text = found.explain(1, lang=lang).to_text()
            assert all(name in text for name in found.names)
            assert frame["kind"][1] in text
            assert ("±" in text) == bool(options)
            svg = found.picture(1, lang=lang).svg
            assert "kind = " in svg
            assert "kind" in found.summary(lang=lang).svg
            stored = json.loads(json.dumps(found.to_dict()))
            np.testing.assert_array_equal(stored["values"], found.values)
    assert "mean |φ|" in repr(found)


def test_a_sentence_does_not_begin_with_a_name(numbers):
    """A capital there would make another name of it."""
    model, frame = numbers
    assert "For this row price is " in str(model.shapley(frame, rows=0, background=frame).explain(row=0))


def test_one_column():
    frame = table().select("x", "price")
    model = cp.TableModel.train(frame, "price", epochs=2, hidden=4).model
    assert "Exact: there is one column only." in model.shapley(frame, rows=0).explain().to_text()


def test_what_is_read_adds_up(numbers):
    """18,630.4 + 15.4 = 18,645.8 is not to be read as 18,630 + 15 = 18,646."""
    model, frame = numbers
    found = model.shapley(frame, rows=0, background=frame)
    found = replace(found, base_values=np.array(18630.4), answers=np.array([18645.8]), values=found.values * 0 + 3.85)
    assert "18,630 + 16 = 18,646" in found.explain().to_text()


def test_dates_are_explained_in_days():
    frame = table().with_columns(price=pl.lit(0).cast(pl.Date) + pl.duration(days=pl.col("price").cast(pl.Int64)))
    model = cp.TableModel.train(frame, "price", epochs=5, hidden=8).model
    found = model.shapley(frame, rows=0)
    assert found.scale == "days"
    assert "price (in days since 1970-01-01) is " in found.explain().to_text()
    days = (model.predict(frame[:1])[0] - np.datetime64("1970-01-01").item()).days
    assert abs(found.base_values + found.values.sum() - days) < 1


def test_the_scale_of_a_probability_that_is_one(classes):
    model, _ = classes
    sure = Answered(model.target, lambda X: np.tile(np.float32([0, 0, 1]), (len(X), 1)), "log_odds")
    assert np.isfinite(sure(np.zeros((2, 1)))).all()
