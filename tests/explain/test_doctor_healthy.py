"""No false alarm: twenty healthy runs with the default settings have no finding."""

from __future__ import annotations

import pytest

import clearprop as cp
from clearprop.explain.doctor import ILLNESSES
from clearprop.table import load_demo
from long import first

pytest.importorskip("sklearn")


@pytest.mark.parametrize("seed", first(range(4), 1))
@pytest.mark.parametrize("name", ["iris", "wine", "breast_cancer", "digits", "diabetes"])
def test_a_healthy_run_has_no_finding(name, seed):
    frame = load_demo(name)
    fit = cp.TableModel.train(frame, "target", seed=seed)
    (X, y), rows = fit.model.arrays(frame), fit.split
    found = cp.diagnose(
        fit.model.network,
        X[rows.train],
        y[rows.train],
        fit.history,
        validation=(X[rows.validation], y[rows.validation]),
    )
    assert found.findings == (), found.explain()
    assert not found
    assert {e.illness for e in found.examined} == set(ILLNESSES), "and everything was looked at"
    assert {e.illness for e in found.healthy} >= {"initial_loss", "large_learning_rate", "underfitting", "overfitting"}
