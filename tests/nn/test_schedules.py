"""Schedules, against their formulas written out here."""

from __future__ import annotations

import numpy as np
import pytest

import clearprop as cp
from clearprop.errors import ClearpropError
from clearprop.interop.describe import describe, revive

T = np.arange(1000) / 1000
rng = np.random.default_rng(0)


def rates(schedule):
    return schedule.rates(np.arange(1000), 1000, 10)


def test_coslog_as_published():
    np.testing.assert_allclose(rates(cp.CosLog(0.04)), 0.04 * 0.5 * (1 - np.cos(2 * np.pi * np.log2(1 + 15 * T))))


@pytest.mark.parametrize("cycles", [1, 2, 3])
def test_each_cycle_is_twice_as_long_as_the_one_before(cycles):
    ends = [(2**k - 1) / (2**cycles - 1) for k in range(1, cycles)]
    curve = rates(cp.CosLog(1.0, cycles))
    lows = [i / 1000 for i in range(1, 999) if curve[i] <= curve[i - 1] and curve[i] < curve[i + 1]]
    assert lows == [pytest.approx(end, abs=1e-3) for end in ends]
    assert curve.max() == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize("flat", [0.0, 0.5, 0.8])
def test_flat_cosine(flat):
    s = np.clip((T - flat) / (1 - flat), 0, 1)
    np.testing.assert_allclose(rates(cp.FlatCosine(0.3, flat)), np.where(s > 0, 0.15 * (1 + np.cos(np.pi * s)), 0.3))


def test_flat_from_the_start_is_the_cosine():
    assert np.array_equal(rates(cp.FlatCosine(0.2, 0.0)), rates(cp.Cosine(0.2)))


def test_they_schedule_rate_dropout_and_decay():
    X, y = rng.normal(size=(40, 3)), rng.normal(size=40)
    layers = [cp.Dense(8, "relu"), cp.Dropout(cp.FlatCosine(0.15)), cp.Dense(1)]
    net = cp.Network(3, layers, "squared_error", seed=0)
    history = net.fit(
        X, y, optimizer=cp.AdamW(cp.CosLog(0.04), weight_decay=cp.FlatCosine(0.02)), epochs=5, batch_size=8
    )
    assert history["learning_rate"][-1] == pytest.approx(cp.CosLog(0.04).rates(np.array([24]), 25, 5)[0])
    assert np.isfinite(history["loss"]).all()


@pytest.mark.parametrize("schedule", [cp.CosLog(0.1, 3), cp.FlatCosine(0.2, 0.25)])
def test_files_keep_them(schedule):
    assert revive(describe(schedule)) == schedule


@pytest.mark.parametrize(
    "wrong",
    [lambda: cp.CosLog(0.1, 0), lambda: cp.CosLog(0.1, 31), lambda: cp.FlatCosine(0.1, 1), lambda: cp.CosLog(0)],
)
def test_wrong_numbers(wrong):
    with pytest.raises(ClearpropError, match="cycles|flat|learning_rate"):
        wrong()
