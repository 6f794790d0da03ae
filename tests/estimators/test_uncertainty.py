"""Intervals, sets and spread of a model of a table: as often right as they say, in every unit, through a file."""

import datetime as dt

import numpy as np
import polars as pl
import pytest

import clearprop as cp
from clearprop.errors import InvalidValueError, ModelFileError
from clearprop.estimators.recipe import Recipe
from clearprop.estimators.uncertainty import binomial_interval

rng = np.random.default_rng(0)
N = 900
X = {"x1": rng.normal(size=N), "x2": rng.uniform(size=N)}
NOISE = rng.normal(size=N)
Y = X["x1"] + (0.3 + X["x2"]) * NOISE
SMALL = Recipe(members=4, hidden=16, epochs=15, patience=15, learning_rate=0.01, test=0.0)


def trained(y, recipe=SMALL, rows=600, **columns):
    table = pl.DataFrame({**X, **columns, "y": y})
    return cp.TableModel.train(table[:rows], "y", recipe=recipe).model, table[rows:]


@pytest.fixture(scope="module")
def numbers():
    return trained(Y)


@pytest.fixture(scope="module")
def classes():
    labels = np.array(["a", "b", "c"])[np.digitize(Y, [-0.7, 0.7])]
    return trained(labels)


def within(share, coverage, rows, calibrated_on=600):
    deviation = (coverage * (1 - coverage) * (1 / rows + 1 / calibrated_on)) ** 0.5
    return abs(share - coverage) < 3 * deviation


@pytest.mark.parametrize("coverage", [0.5, 0.8, 0.9])
def test_intervals_hold_the_truth_as_often_as_they_say(numbers, coverage):
    model, new = numbers
    low, high = model.intervals(new, coverage).T
    y = new["y"].to_numpy()
    assert within(np.mean((low <= y) & (y <= high)), coverage, len(new))
    a = model.predict(new)
    assert ((low <= a) & (a <= high)).all()


@pytest.mark.parametrize("coverage", [0.6, 0.8, 0.9])
def test_sets_hold_the_right_class_as_often_as_they_say(classes, coverage):
    model, new = classes
    found = model.sets(new, coverage)
    assert within(np.mean([y in held for y, held in zip(new["y"], found, strict=True)]), coverage, len(new))
    assert all(held[0] == answer for held, answer in zip(found, model.predict(new), strict=True) if held)


def test_of_a_target_learned_by_its_logarithm_intervals_are_factors_and_hold_the_truth():
    model, new = trained(np.exp(2 * Y))
    assert model.target.log_unit is not None
    low, high = model.intervals(new).T
    y = new["y"].to_numpy()
    assert within(np.mean((low <= y) & (y <= high)), 0.9, len(new))
    assert (low >= 0).all()
    assert np.corrcoef(np.log(high - low), np.log(high))[0, 1] > 0.9


def test_dates_have_intervals_of_dates():
    days = [dt.date(2020, 1, 1) + dt.timedelta(days=int(d)) for d in 400 + 100 * Y]
    model, new = trained(days)
    ends = model.intervals(new)
    assert ends.shape == (300, 2)
    assert all(isinstance(low, dt.date) and low <= high for low, high in ends)
    low, high = ends.T
    assert within(np.mean((low <= new["y"].to_numpy()) & (new["y"].to_numpy() <= high)), 0.9, len(new))
    few, _ = trained(days, rows=30)
    no_bound = [dt.date(53, 6, 19), dt.date(9909, 12, 7)]  # the first and the last that are said at all
    assert few.intervals(new[:1], 0.99).tolist() == [no_bound]


def test_few_rows_give_infinite_ends_and_no_false_promise():
    model, new = trained(Y, rows=30)
    assert np.isfinite(model.intervals(new, 0.9)).all()
    assert np.isinf(model.intervals(new, 0.99)).all()


@pytest.mark.parametrize("how", ["group", "time"])
def test_rows_are_held_out_by_the_split_that_was_asked_for(how):
    """Ten rows of a group, or of a stretch of time, are nearly copies: to have seen nine is to know the tenth."""
    group = np.arange(N) // 10
    place = np.random.default_rng(1).permutation(90)[group] / 30.0
    y = np.random.default_rng(2).normal(size=90)[group] + 0.05 * NOISE
    recipe = SMALL.changed(hidden=64, epochs=60, patience=60, pieces=64)
    by_row, _ = trained(y, recipe, place=place)
    split, _ = trained(y, recipe.changed(**{how: how, "test": 0.2 * (how == "time")}), place=place, **{how: group})
    widths = [float(model.target.residuals.half_widths(np.zeros(1), 0.9)[0]) for model in (by_row, split)]
    assert widths[1] > 1.5 * widths[0]


def test_the_spread_is_the_standard_deviation_of_the_members(numbers, classes):
    for model, new in (numbers, classes):
        features = model.encoder.transform(new, "float32")
        each = np.stack([member.predict(features) for member in model.members])
        if model is numbers[0]:
            expected = np.stack([model.target.predictions(a[:, 0]) for a in each]).std(axis=0)
        else:
            expected = each.std(axis=0)
        np.testing.assert_allclose(model.spread(new), expected, rtol=1e-5)


def test_a_file_carries_intervals_and_sets(numbers, classes, tmp_path):
    (of_numbers, new), (of_classes, others) = numbers, classes
    for model in (of_numbers, of_classes):
        model.save(tmp_path / "model")
        assert cp.load(tmp_path / "model") == model
    assert cp.load(tmp_path / "model").sets(others) == of_classes.sets(others)
    of_numbers.save(tmp_path / "model")
    np.testing.assert_array_equal(cp.load(tmp_path / "model").intervals(new), of_numbers.intervals(new))


def test_a_model_with_one_network_has_intervals_from_its_validation_rows_and_no_spread():
    model, new = trained(Y, Recipe(hidden=16, epochs=15, validation=0.3, test=0.0))
    low, high = model.intervals(new).T
    assert within(np.mean((low <= new["y"].to_numpy()) & (new["y"].to_numpy() <= high)), 0.9, 300, 180)
    with pytest.raises(InvalidValueError, match="single network"):
        model.spread(new)


def test_what_cannot_be_said_is_refused(numbers, classes):
    with pytest.raises(InvalidValueError, match="predict_set"):
        classes[0].intervals(classes[1])
    with pytest.raises(InvalidValueError, match="predict_interval"):
        numbers[0].sets(numbers[1])
    model, new = trained(Y, Recipe(hidden=4, epochs=1, validation=0.0, test=0.0))
    with pytest.raises(InvalidValueError, match="no residuals of held-out rows"):
        model.intervals(new)
    with pytest.raises(InvalidValueError, match="coverage 90"):
        model.intervals(new, 90)


def test_a_file_with_impossible_residuals_is_refused(numbers, tmp_path, monkeypatch):
    from clearprop.estimators import table_model

    plain = table_model.target_to_dict

    def spoiled(target):
        data = plain(target)
        return {**data, "residuals": {**data["residuals"], "sizes": [-1.0] * len(data["residuals"]["sizes"])}}

    monkeypatch.setattr(table_model, "target_to_dict", spoiled)
    numbers[0].save(tmp_path / "model")
    with pytest.raises(ModelFileError, match="target"):
        cp.load(tmp_path / "model")


def test_coverage_is_measured_on_rows_that_were_not_held_out_in_training():
    table = pl.DataFrame({**X, "y": Y})
    fit = cp.TableModel.train(table[:700], "y", recipe=SMALL.changed(test=0.3))
    assert [part.coverage is not None for part in fit.parts.values()] == [False, False, True]
    share, low, high = fit.parts["test"].coverage
    assert within(share, 0.9, fit.rows["test"], 490)
    assert low < share < high
    evaluation = fit.model.evaluate([table[700:800], table[800:]])
    inside = fit.model.intervals(table[700:])
    y = table[700:]["y"].to_numpy()
    assert evaluation.coverage[0] == np.mean((inside[:, 0] <= y) & (y <= inside[:, 1]))
    assert evaluation.to_dict()["coverage"]["promised"] == 0.9


def test_coverage_counts_by_weights(tmp_path):
    table = pl.DataFrame({**X, "y": Y, "w": np.where(X["x2"] > 0.5, 3.0, 0.5)})
    fit = cp.TableModel.train(table[:600], "y", recipe=SMALL.changed(weight="w"))
    found = fit.model.evaluate(table[600:]).coverage
    ends, new = fit.model.intervals(table[600:]), table[600:]
    y, w = new["y"].to_numpy(), new["w"].to_numpy()
    assert found[0] == pytest.approx(np.average((ends[:, 0] <= y) & (y <= ends[:, 1]), weights=w))
    assert within(found[0], 0.9, w.sum() ** 2 / (w**2).sum(), 400)


@pytest.mark.parametrize(("inside", "rows"), [(0, 5), (90, 100), (37, 37), (39, 39), (9001, 10_000)])
def test_the_binomial_interval_solves_its_quadratic(inside, rows):
    """Its ends p are where the share found lies 1.96 standard deviations √(p(1−p)/n) from p."""
    low, high = binomial_interval(inside / rows, rows)
    assert 0 <= low < high <= 1
    for end in (low, high):
        assert abs(inside / rows - end) == pytest.approx(1.959964 * (end * (1 - end) / rows) ** 0.5, abs=1e-9)


@pytest.mark.parametrize("change", [{"share": 1.5}, {"low": None}, {"promised": "0.9"}])
def test_a_file_with_an_impossible_coverage_is_refused(change, tmp_path):
    model = cp.TableModel.train(pl.DataFrame({**X, "y": Y}), "y", recipe=SMALL.changed(test=0.3)).model
    model.about["parts"]["test"]["coverage"] |= change
    model.save(tmp_path / "model")
    with pytest.raises(ModelFileError, match="parts"):
        cp.load(tmp_path / "model")
