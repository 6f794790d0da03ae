"""Quantiles against theory: y = x + (1 + x)·e with normal e has the τ-quantile x + (1 + x)·Φ⁻¹(τ)."""

from statistics import NormalDist

import numpy as np
import polars as pl
import pytest

import clearprop as cp
from clearprop.app.doctor import examine
from clearprop.errors import InvalidValueError
from clearprop.estimators.quantiles import conformal_shift
from clearprop.estimators.recipe import FIELDS, Recipe
from clearprop.estimators.space import SEARCHABLE

ROWS, NEW = 1200, 5000


def drawn(n, seed, logs=False):
    rng = np.random.default_rng(seed)
    x = rng.uniform(0, 3, n)
    y = x + (1 + x) * rng.normal(size=n)
    return pl.DataFrame({"x": x, "y": np.exp(y) if logs else y})


def learned(quantile, preset="fast", logs=False, **options):
    return cp.TableModel.train(
        drawn(ROWS, 0, logs), "y", recipe=Recipe.preset(preset, quantile=quantile, epochs=40, **options)
    )


@pytest.fixture(scope="module")
def upper():
    return learned(0.9)


def of_theory(x, tau):
    return x + (1 + x) * NormalDist().inv_cdf(tau)


@pytest.mark.parametrize(
    ("tau", "preset", "logs"),
    [(0.9, "fast", False), (0.2, "single", False), (0.9, "fast", True), (0.1, "single", True)],
)
def test_the_quantile_is_the_one_that_theory_has(tau, preset, logs):
    fit, new = learned(tau, preset, logs), drawn(NEW, 1, logs)
    assert (fit.model.target.log_unit is not None) == logs
    a, x = np.asarray(fit.model.predict(new)), new["x"].to_numpy()
    held_out = 0.85 * ROWS if preset == "fast" else 0.15 * ROWS
    below = float(np.mean(new["y"].to_numpy() <= a))
    assert abs(below - tau) < 3 * (tau * (1 - tau) * (1 / NEW + 1 / held_out)) ** 0.5
    off = (np.log(a) if logs else a) - of_theory(x, tau)
    spread = NormalDist().inv_cdf(0.9) * 2.5  # of a usual row, from the median to its upper quantile
    assert np.abs(off).mean() < 0.2 * spread


def test_the_share_of_test_rows_below_is_told_with_its_interval(upper):
    test = upper.parts["test"]
    share, low, high = test.coverage
    assert low < share < high
    assert test.to_dict()["coverage"] == {"promised": 0.9, "share": share, "low": low, "high": high}
    found = upper.model.evaluate(drawn(NEW, 2))
    a = np.asarray(upper.model.predict(drawn(NEW, 2)))
    assert found.coverage[0] == pytest.approx(np.mean(drawn(NEW, 2)["y"].to_numpy() <= a))


def test_the_pinball_loss_and_its_baseline_are_those_by_hand(upper):
    new = drawn(NEW, 3)
    y, a = new["y"].to_numpy(), np.asarray(upper.model.predict(new))
    constant = np.sort(drawn(ROWS, 0)["y"].to_numpy()[upper.split.train])[
        int(np.ceil(0.9 * len(upper.split.train))) - 1
    ]

    def pinball(answer):
        return np.mean(np.where(y > answer, 0.9 * (y - answer), 0.1 * (answer - y)))

    found = upper.model.evaluate(new)
    assert set(found.scores) == {"pinball", "r1"}
    assert found.scores["pinball"] == pytest.approx(pinball(a), rel=1e-6)
    assert found.baseline == pytest.approx({"pinball": pinball(constant), "r1": 0.0}, rel=1e-6)
    assert found.scores["r1"] == pytest.approx(1 - pinball(a) / pinball(constant), rel=1e-6)


def test_as_many_held_out_rows_as_promised_lie_below_each_by_the_member_that_had_not_learned_it():
    fit = learned(0.9)
    train = drawn(ROWS, 0)[fit.split.train]
    members, y = fit.model.members, train["y"].to_numpy()
    X, _ = fit.model.arrays(train)
    a = np.array([members[k].predict(X[[i]])[0, 0] for i, k in enumerate(fit.fold_of)])
    below = (fit.model.target.code(y) <= a + 1e-6).sum()
    assert below == np.ceil((len(y) + 1) * 0.9)


def test_the_shift_is_the_residual_of_that_rank():
    residuals = np.random.default_rng(0).permutation(99) / 10
    assert conformal_shift(residuals, 0.9) == 8.9  # the 90th of 99
    assert conformal_shift(residuals, 0.995) == np.inf
    weights = np.arange(99) % 3 + 1.0
    assert conformal_shift(np.repeat(residuals, 2), 0.5) == conformal_shift(residuals, 0.5, 2 * np.ones(99))
    order = np.argsort(residuals)
    mass = np.cumsum(weights[order])
    found = conformal_shift(residuals, 0.7, weights)
    assert mass[np.searchsorted(residuals[order], found)] >= 0.7 * (weights.sum() + weights.mean())


def test_without_held_out_rows_nothing_is_shifted_and_that_is_said():
    told = learned(0.9, "single", validation=0.0, test=0.0).model.target.describe()
    assert [said("en") for said in told][
        1
    ] == "not shifted by held-out rows: there are none, or too few for this quantile"


def test_a_file_keeps_the_quantile(upper, tmp_path):
    upper.model.save(tmp_path / "m.clearprop")
    again = cp.load(tmp_path / "m.clearprop")
    assert (again.target.quantile, again.target.shift) == (0.9, upper.model.target.shift)
    assert np.array_equal(again.predict(drawn(50, 4)), upper.model.predict(drawn(50, 4)))
    assert "the 90 % quantile is answered" in [said("en") for said in again.target.describe()]


def test_the_verdict_is_by_the_pinball_loss(upper):
    assert "R¹" in upper.verdict[0]
    assert "R²" not in upper.verdict[0]


def test_the_doctor_finds_a_network_of_a_quantile_healthy(upper):
    found = examine(upper.model, drawn(ROWS, 0)).diagnosis
    assert not {finding.illness for finding in found.findings} & {"underfitting", "chance", "overfitting"}


def test_rows_split_by_time_are_scored_too():
    table = drawn(600, 0).with_row_index("day").with_columns(pl.col("day").cast(pl.Float64))
    fit = cp.TableModel.train(table, "y", quantile=0.9, time="day", epochs=20)
    for metric, value in fit.parts["test"].scores.items():
        low, high = fit.parts["test"].intervals[metric]
        assert low <= value <= high


def test_the_estimator_takes_a_quantile():
    table = drawn(400, 0)
    x, y = table.select("x"), table["y"]
    low, high = (
        cp.TabularRegressor("fast", random_state=0, epochs=20, quantile=tau).fit(x, y).predict(x) for tau in (0.1, 0.9)
    )
    assert np.mean(low < high) > 0.95
    assert 0.7 < np.mean((low <= y.to_numpy()) & (y.to_numpy() <= high)) < 0.9


def test_a_search_goes_by_the_pinball_loss():
    objective = cp.Objective(drawn(300, 0), "y", recipe=Recipe(quantile=0.9, epochs=5))
    assert (objective.by, objective.direction) == ("pinball", "minimize")


@pytest.mark.parametrize("tau", [0, 1, -0.5, 1.5, "0.9", True, float("nan")])
def test_a_quantile_outside_0_to_1_is_refused(tau):
    with pytest.raises(InvalidValueError, match="a number between 0 and 1"):
        Recipe(quantile=tau)


def test_what_has_no_quantile_is_refused(upper):
    table = drawn(60, 0).with_columns(label=pl.Series(["a", "b"] * 30))
    with pytest.raises(InvalidValueError, match="quantile 0.9 of the classes of 'label'"):
        cp.TableModel.train(table, "label", quantile=0.9)
    with pytest.raises(InvalidValueError, match="of several targets"):
        cp.TableModel.train(table, ["x", "y"], quantile=0.9)
    with pytest.raises(InvalidValueError, match="quantile 0.9 with optimize 'f1'"):
        Recipe(quantile=0.9, optimize="f1")
    with pytest.raises(InvalidValueError, match="train two quantiles"):
        upper.model.intervals(drawn(5, 0))


def test_it_is_a_field_of_the_recipe_that_is_told_and_not_searched():
    recipe = Recipe(quantile=0.9)
    assert Recipe.from_dict(recipe.to_dict()) == recipe
    assert "quantile" in FIELDS
    assert "quantile" not in SEARCHABLE
