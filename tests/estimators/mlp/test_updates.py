"""Adam's updates of whole arrays: as the reference has them, in either of their forms, on every instruction set."""

from __future__ import annotations

import numpy as np
import pytest

import clearprop as cp
from clearprop.estimators.mlp.optimizers import HatAdam
from clearprop.execute import Native, Reference, instruction_sets
from clearprop.train import step_graph

pytestmark = pytest.mark.skipif(not instruction_sets(), reason="the native machine was not built")


@pytest.mark.parametrize("isa", instruction_sets())
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("rule", [cp.Adam(0.01), HatAdam(0.01), cp.AdamW(0.01), HatAdam(0.01, weight_decay=0.1)])
@pytest.mark.parametrize("penalty", [0.0, 0.1])
def test_a_step_of_adam_is_that_of_the_reference(isa, dtype, rule, penalty):
    """Of weights and biases of any width, and of numbers that are large and small."""
    for units in (1, 7, 16, 33, 50):
        net = cp.Network(5, [cp.Dense(units, "tanh"), cp.Dense(3)], "squared_error", dtype=dtype, l2=penalty)
        step = step_graph(net.architecture, rule, net.dtype)
        rng = np.random.default_rng(units)
        given = net.arrays() | {"X": rng.normal(size=(9, 5)), "y": rng.normal(size=(9, 3)) * 10.0}
        for name, node in step.graph.inputs.items():
            if name not in given:  # moments, of which v is not negative, and numbers between 0 and 1
                given[name] = rng.uniform(0.001, 0.9, node.shape) * (100 if node.shape else 1)
        inputs = {name: np.asarray(value, dtype if np.ndim(value) else float) for name, value in given.items()}
        got = Native(1, isa).load(step.graph, step.stored).run(inputs)
        expected = Reference().load(step.graph, step.stored).run(inputs)
        for name, value in expected.items():
            assert got[name] == pytest.approx(value, rel=1e-12 if dtype == "float64" else 2e-5, abs=1e-5), name
