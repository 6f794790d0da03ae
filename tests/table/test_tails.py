"""Quantities that span decades: found, learned by their logarithms, and undone, against NumPy and scikit-learn."""

import json
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import LinearRegression
from sklearn.preprocessing import StandardScaler

import clearprop as cp
from clearprop.table.encoder import TableEncoder, as_frame
from clearprop.table.marks import MISSING_MARKS
from clearprop.table.number_target import NumberTarget
from clearprop.table.numbers import NumberColumn, find_log_unit, has_far_out, signed_exp, signed_log
from clearprop.table.target import target_from_dict, target_to_dict

Z = np.random.default_rng(0).normal(size=4000)


def series(values, name="x"):
    return as_frame(pl.DataFrame({name: values}))[name]


SIZES = st.floats(1e-100, 1e100)


@given(st.lists(SIZES | SIZES.map(lambda x: -x) | st.just(0.0), min_size=1), SIZES)
def test_the_logarithm_is_undone(values, unit):
    values = np.array(values)
    np.testing.assert_allclose(signed_exp(signed_log(values, unit), unit), values, rtol=1e-11)
    assert (np.sign(signed_log(values, unit)) == np.sign(values)).all()


@pytest.mark.parametrize(
    ("values", "logs"),
    [
        (Z, False),
        (Z + 50, False),
        (np.random.default_rng(1).uniform(size=2000), False),
        (np.arange(1900, 2025), False),
        (np.exp(0.3 * Z), False),
        (np.exp(0.8 * Z), True),
        (np.exp(3 * Z), True),
        (1e9 * np.exp(3 * Z), True),
        (1e-9 * np.exp(3 * Z), True),
        (np.sign(Z) * np.exp(2 * np.roll(Z, 7)), True),
        (np.random.default_rng(2).standard_cauchy(2000), True),
        (np.random.default_rng(2).pareto(1.2, 2000), True),
        (np.where(Z > 1.5, np.exp(Z), 0), False),  # 93 % zeros
        (np.where(Z > 0, np.exp(3 * np.roll(Z, 5)), 0), True),
        (np.append(Z[:1000] * 10 + 50, 1e9), False),  # one wild value is no shape
        ((Z > 0) * 1.0, False),
        (np.full(50, 3.0), False),
        (np.exp(3 * Z[:10]), False),  # too few to tell
    ],
)
def test_what_is_learned_by_its_logarithm(values, logs):
    assert (find_log_unit(np.asarray(values, float)) is not None) == logs


@given(st.integers(-100, 100), st.floats(0.05, 4))
def test_units_of_measurement_do_not_decide(exponent, sigma):
    values = np.exp(sigma * Z[:400])
    one, other = find_log_unit(values), find_log_unit(values * 2.0**exponent)
    assert (one is None) == (other is None)
    assert one is None or other == pytest.approx(one * 2.0**exponent)


def test_a_column_that_spans_decades_by_hand():
    values = np.exp(2 * Z)
    frame = pl.DataFrame({"x": [*values, None]})
    column = TableEncoder.fit(frame).columns[0]
    there = np.append(values, np.median(values))
    scaled = StandardScaler().fit_transform(np.log1p(there / column.log_unit)[:, None])[:, 0]
    np.testing.assert_allclose(column.encode(as_frame(frame)["x"])[:, 0], scaled / np.sqrt(1 + (scaled / 5) ** 2))
    assert str(column.describe()).startswith(f"(log(1 + x/{column.log_unit:.4g}) − ")
    assert str(NumberColumn.fit(series(-values)).describe()).startswith("(±log(1 + |x|/")
    again = NumberColumn.from_dict(json.loads(json.dumps(TableEncoder.fit(frame).to_dict()))["columns"][0])
    assert again == column
    assert TableEncoder.fit(frame, scaling="standard").columns[0].log_unit is None


def test_a_few_wild_values_do_not_hide_the_rest():
    values = np.append(Z[:999] * 10 + 50, 1e9)
    assert has_far_out(values)
    assert not has_far_out(Z)
    column = NumberColumn.fit(series(values))
    low, mid, high = np.quantile(values, [0.25, 0.5, 0.75])
    assert (column.center, column.scale, column.bend) == pytest.approx((mid, high - low, 3.0))
    assert "by median and quartiles" in str(column.describe())


def test_scaling_log_takes_logarithms_of_anything():
    for values in (Z, np.arange(5.0), np.zeros(3), np.exp(3 * Z)):
        column = NumberColumn.fit(series(values), "log")
        assert column.log_unit > 0
        assert np.isfinite(column.encode(series(values))).all()


def test_columns_and_targets_of_older_files_have_no_logarithm():
    old = {"name": "x", "center": 1.0, "scale": 2.0, "median": 0.0, "bend": 5.0, "has_missing": False, "text": None}
    assert NumberColumn.from_dict(old).log_unit is None
    target = target_from_dict({"task": "regression", "name": "y", "mean": 1.0, "std": 2.0, "text": None})
    assert target == NumberTarget("y", 1.0, 2.0, missing=MISSING_MARKS)


# --- targets


@pytest.fixture(scope="module")
def table():
    """A positive target over six decades, with noise of a factor e."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(2000, 2))
    y = np.exp(2 * X[:, 0] + rng.normal(size=2000))
    return pl.DataFrame({"a": X[:, 0], "b": X[:, 1], "y": y})


def test_a_positive_target_that_spans_decades(table):
    fit = cp.TableModel.train(table, "y", epochs=60)
    target, y = fit.model.target, table["y"].to_numpy()
    answers = fit.model.predict(table)
    train = y[fit.split.train]
    assert target.log_unit is not None
    assert train.min() <= answers.min()
    assert answers.max() <= train.max()
    assert any("learned as its logarithm" in said for said in map(str, target.describe()))
    # exp of a mean logarithm is a median, e^(1/2) below the mean for noise of σ = 1
    line = LinearRegression().fit(table[["a"]].to_numpy(), np.log(y))
    residuals = np.log(y) - line.predict(table[["a"]].to_numpy())
    assert target.smear == pytest.approx(np.exp(residuals).mean(), rel=0.25)
    # scores are in the target's own unit
    test, truth = answers[fit.split.test], y[fit.split.test]
    assert fit.scores["test"]["mae"] == pytest.approx(np.abs(test - truth).mean(), rel=1e-4)
    assert fit.scores["test"]["r2"] == pytest.approx(1 - np.mean((test - truth) ** 2) / np.var(truth), rel=1e-3)
    usual = fit.parts["test"].baseline
    assert usual["mae"] == pytest.approx(np.abs(train.mean() - truth).mean(), rel=1e-9)
    plain = cp.TableModel.train(table, "y", epochs=60, scaling="standard")
    assert plain.model.target.log_unit is None
    assert fit.scores["test"]["mae"] < plain.scores["test"]["mae"]


def test_a_target_and_its_file(table, tmp_path):
    fit = cp.TableModel.train(table, "y", epochs=5)
    fit.model.save(tmp_path / "m.clearprop")
    loaded = cp.load(tmp_path / "m.clearprop")
    assert loaded.target == fit.model.target
    np.testing.assert_array_equal(loaded.predict(table), fit.model.predict(table))
    data = target_to_dict(fit.model.target)
    for wrong in ({"smear": 0.0}, {"smear": 1e9}, {"log_unit": -1.0}, {"highest": None}, {"average": 0.0}):
        with pytest.raises(cp.ClearpropError, match="damaged"):
            target_from_dict({**data, **wrong})


def test_slope_of_predictions_against_differences(table):
    target = cp.TableModel.train(table, "y", epochs=5).model.target
    a = np.linspace(-2, 2, 9)
    difference = (target.predictions(a + 1e-6) - target.predictions(a - 1e-6)) / 2e-6
    np.testing.assert_allclose(target.slope(a), difference, rtol=1e-5)


def test_no_output_of_the_network_overflows(table):
    target = cp.TableModel.train(table, "y", epochs=5).model.target
    wild = target.predictions(np.array([-1e30, 1e30]))
    assert wild[1] == target.highest
    assert target.lowest <= wild[0] <= max(target.lowest, target.log_unit * (target.smear - 1))


@pytest.mark.parametrize(
    ("values", "lowest", "logs"),
    [
        (np.abs(Z), 0.0, False),
        (Z, None, False),
        (np.where(Z > 0, np.exp(2 * np.roll(Z, 3)), 0), 0.0, False),  # half of them 0: no small numbers, but none
        (np.sign(Z) * np.exp(2 * np.roll(Z, 7)), None, False),
    ],
)
def test_other_targets_stay_plain(values, lowest, logs):
    frame = pl.DataFrame({"x": Z, "y": values})
    fit = cp.TableModel.train(frame, "y", epochs=3)
    assert fit.model.target.lowest == lowest
    assert (fit.model.target.log_unit is not None) == logs
    answers = fit.model.predict(pl.DataFrame({"x": np.linspace(-40, 40, 99)}))
    assert lowest is None or answers.min() >= 0


def test_a_trial_decides_against_the_logarithm_of_a_sum():
    """Two sorts of rows, small and large, the large ones sums of their columns: no product of anything."""
    rng = np.random.default_rng(3)
    X, large = rng.uniform(0, 1, (1500, 3)), rng.choice([0, 1], 1500, p=[0.7, 0.3])
    y = 2000 + 3000 * X[:, 0] + large * (4e4 + 6e4 * X[:, 1] + 2e4 * X[:, 2] + 3e3 * rng.normal(size=1500))
    frame = pl.DataFrame(X, schema=list("abc")).with_columns(large=large, y=y)
    assert find_log_unit(y, 0.3) is not None
    fit = cp.TableModel.train(frame, "y", epochs=20)
    assert [str(said) for said in fit.model.target.describe()] == ["never negative, so predictions below 0 are 0"]
    plain = cp.TableModel.train(frame, "y", epochs=1, scaling="standard").model
    assert replace(fit.model.target, residuals=None) == replace(plain.target, residuals=None)
    untried = cp.TableModel.train(frame, "y", epochs=1, validation=0.0)
    assert untried.model.target.log_unit is not None
