"""Conformal quantiles beside hand calculations, and their coverage on simulated rows."""

import math
from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearprop.errors import InvalidValueError
from clearprop.table.conformal import HeldOutScores, Residuals
from clearprop.table.plain import record


@given(
    scores=st.lists(st.floats(0, 1e6), min_size=1, max_size=60),
    coverage=st.floats(0.01, 0.99),
)
def test_the_quantile_is_the_ceil_of_n_plus_1_times_coverage_smallest(scores, coverage):
    rank = math.ceil((len(scores) + 1) * coverage * (1 - 1e-12))
    expected = sorted(scores)[rank - 1] if rank <= len(scores) else math.inf
    assert HeldOutScores.of(np.array(scores)).quantile(coverage) == expected


def test_nine_rows_reach_90_percent_and_no_more():
    nine = HeldOutScores.of(np.array([9.0, 1, 2, 3, 4, 5, 6, 7, 8]))
    assert nine.quantile(0.9) == 9.0
    assert nine.quantile(0.901) == math.inf


def test_weights_count_as_repeated_rows_do_in_a_large_sample():
    rng = np.random.default_rng(0)
    scores, times = rng.exponential(size=4000), rng.integers(1, 5, 4000)
    weighted = HeldOutScores.of(scores, times.astype(float))
    repeated = HeldOutScores.of(np.repeat(scores, times))
    for coverage in (0.5, 0.8, 0.9, 0.95):
        assert weighted.quantile(coverage) == pytest.approx(repeated.quantile(coverage), rel=0.02)


def test_rows_of_weight_0_do_not_count():
    y, a = np.array([1.0, -1.0, 2.0, 100.0]), np.zeros(4)
    assert Residuals.of(y, a, np.array([1.0, 1, 1, 0])) == Residuals.of(y[:3], a[:3], np.ones(3))


def test_of_many_rows_a_thousand_scores_are_kept_and_quantiles_err_on_the_safe_side():
    scores = np.random.default_rng(1).normal(size=200_000) ** 2
    kept, every = HeldOutScores.of(scores), np.sort(scores)
    assert len(kept.scores) <= 1000
    for coverage in (0.5, 0.9, 0.99, 0.999):
        rank = math.ceil((len(scores) + 1) * coverage)
        found = kept.quantile(coverage)
        assert found >= every[rank - 1]
        assert np.mean(scores <= found) - coverage < 0.02 * (1 - coverage) + 1e-5


def simulated(rng, n):
    """y with a standard deviation that grows with what is answered."""
    a = rng.uniform(-1, 1, n)
    return a + (0.2 + np.abs(a + 1)) * rng.normal(size=n), a


@pytest.mark.parametrize("coverage", [0.5, 0.8, 0.9, 0.95])
def test_intervals_cover_new_rows_as_often_as_they_say(coverage):
    rng = np.random.default_rng(2)
    inside, rows = 0, 0
    for _ in range(200):
        residuals = Residuals.of(*simulated(rng, 300))
        y, a = simulated(rng, 100)
        inside, rows = inside + int(np.sum(np.abs(y - a) <= residuals.half_widths(a, coverage))), rows + 100
    # Beside the binomial error of the new rows there is that of the held-out rows; both have variance c(1−c)/rows.
    deviation = (coverage * (1 - coverage) * (1 / rows + 1 / (200 * 300))) ** 0.5
    assert abs(inside / rows - coverage) < 4 * deviation + 0.005


def test_intervals_are_wider_where_answers_are_less_sure():
    residuals = Residuals.of(*simulated(np.random.default_rng(3), 4000))
    narrow, wide = residuals.half_widths(np.array([-0.9, 0.9]), 0.9)
    assert wide > 3 * narrow


@given(seed=st.integers(0, 99), n=st.integers(1, 400))
def test_more_coverage_is_never_narrower(seed, n):
    residuals = Residuals.of(*simulated(np.random.default_rng(seed), n))
    widths = [residuals.half_widths(np.zeros(1), coverage)[0] for coverage in (0.1, 0.5, 0.9, 0.99)]
    assert widths == sorted(widths)


def test_answers_without_an_error_have_intervals_without_width():
    assert Residuals.of(np.ones(30), np.ones(30)).half_widths(np.ones(2), 0.9).tolist() == [0, 0]


@pytest.mark.parametrize("y", [[], [math.nan], [1.0, math.inf]])
def test_rows_that_say_nothing_give_no_residuals(y):
    assert Residuals.of(np.array(y), np.zeros(len(y))) is None


@pytest.mark.parametrize("coverage", [0, 1, -0.1, 90, math.nan, "0.9", True, None])
def test_a_coverage_that_is_no_share_is_refused(coverage):
    with pytest.raises(InvalidValueError, match="coverage"):
        HeldOutScores.of(np.arange(9.0)).quantile(coverage)


def plain(residuals):
    data = asdict(residuals)
    scores = {name: list(v) if isinstance(v, tuple) else v for name, v in data["scores"].items()}
    return {"outputs": list(data["outputs"]), "sizes": list(data["sizes"]), "scores": scores}


def test_residuals_survive_plain_data():
    residuals = Residuals.of(*simulated(np.random.default_rng(4), 500))
    assert record(Residuals, plain(residuals)) == residuals


@pytest.mark.parametrize(
    "change",
    [
        {"outputs": []},
        {"outputs": [1.0, 0.0], "sizes": [1.0, 1.0]},
        {"sizes": [0.0] * 5},
        {"sizes": [1.0] * 4},
        {"scores": {"scores": [1.0] * 2000, "shares": [0.5] * 2000, "rows": 2000}},
        {"scores": {"scores": [2.0, 1.0], "shares": [0.3, 0.6], "rows": 2}},
        {"scores": {"scores": [1.0, 2.0], "shares": [0.6, 0.3], "rows": 2}},
        {"scores": {"scores": [1.0, 2.0], "shares": [0.3, 1.0], "rows": 2}},
        {"scores": {"scores": [1.0, 2.0], "shares": [0.3, 0.6], "rows": 1}},
        {"scores": {"scores": [], "shares": [], "rows": 0}},
        {"scores": {"scores": [math.nan], "shares": [0.5], "rows": 1}},
        {"scores": None},
    ],
)
def test_what_no_training_wrote_is_refused(change):
    data = plain(Residuals.of(*simulated(np.random.default_rng(4), 500)))
    with pytest.raises((ValueError, TypeError, KeyError)):
        record(Residuals, {**data, **change})
