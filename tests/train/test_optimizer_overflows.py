"""Gradients whose squares overflow float32: Adam divides by an infinity and learns nothing, without a word."""

from __future__ import annotations

import numpy as np
import pytest

import clearprop as cp
from clearprop.errors import DivergenceError
from clearprop.execute import Native, Reference, instruction_sets

EXECUTORS = [Reference(), *([Native(1)] if instruction_sets() else [])]
X = np.random.default_rng(0).normal(size=(40, 3))
y = X @ [1.0, 2.0, 3.0]


def network(**options):
    return cp.Network(3, [cp.Dense(1)], "mean_absolute_error", seed=0, **options)


@pytest.mark.parametrize("executor", EXECUTORS, ids=lambda e: e.name)
@pytest.mark.parametrize("optimizer", [cp.Adam, cp.AdamW, cp.RMSProp, cp.AdaGrad])
@pytest.mark.parametrize("watched", [False, True])
def test_an_optimizer_that_overflows_is_said(executor, optimizer, watched, tmp_path):
    net, place = network(), tmp_path / "checkpoint"
    with pytest.raises(DivergenceError, match=r"the optimizer's [vs]\.W1 overflowed by epoch"):
        net.fit(
            X * 1e22,
            y * 1e22,
            epochs=3,
            optimizer=optimizer(1e-3),
            executor=executor,
            checkpoint=place if watched else None,
        )
    assert not place.exists()  # nothing to go on from
    assert all(np.isfinite(a).all() for a in net.arrays().values())
    history = net.fit(X, y, epochs=3, optimizer=optimizer(1e-3), executor=executor)  # the optimizer starts anew
    assert history.loss[-1] < history.loss[0]


def test_what_overflows_in_float32_is_learned_in_float64():
    history = network(dtype="float64").fit(X * 1e22, y * 1e22, epochs=3, optimizer=cp.Adam(1e-3))
    assert history.loss[-1] < history.loss[0]
