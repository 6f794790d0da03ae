"""Whole random graphs against JAX in float64: values, gradients, gradients of gradients.

The tolerance is the bound of running error analysis (tests/support/bounded.py) for the machine's dtype, eight times:
JAX rounds too, and differentiates in another order, so that its formula of a second gradient may cancel where ours does
not. (Among 20,000 graphs two second gradients passed twice the bound: by 1.01 and by 1.93 times.)

`CLEARPROP_GRAPHS` says how many graphs.
"""

from __future__ import annotations

import os
from collections import Counter

import numpy as np
import pytest

jax = pytest.importorskip("jax")
pytestmark = pytest.mark.peers

from any_graph import random_case  # noqa: E402
from bounded import Bounded, Bounds, outside  # noqa: E402
from clearprop.execute import Native, Reference, instruction_sets  # noqa: E402
from clearprop.graph import OPS  # noqa: E402
from in_jax import OPS as IN_JAX  # noqa: E402
from in_jax import InJax  # noqa: E402

GRAPHS = int(os.environ.get("CLEARPROP_GRAPHS", "300"))
FIRST = int(os.environ.get("CLEARPROP_FIRST_GRAPH", "0"))
WIDTHS, BATCHES = [1, 1, 3], [4]  # JAX compiles every op for every shape: few, of every kind
AT_ONCE = 50
MARGIN = 8
seen: Counter[str] = Counter()


@pytest.fixture(scope="module", autouse=True)
def double_precision():
    before = jax.config.jax_enable_x64
    jax.config.update("jax_enable_x64", True)
    yield
    jax.config.update("jax_enable_x64", before)
    print("\n" + ", ".join(f"{name}: {count:,}" for name, count in seen.items()))


def test_every_op_is_written_down_in_jax():
    assert set(OPS) - set(IN_JAX) == {"variable", "constant", "size", "uniform"}


@pytest.mark.parametrize("first", range(FIRST, FIRST + GRAPHS, AT_ONCE))
def test_random_graphs(first):
    for seed in range(first, min(first + AT_ONCE, FIRST + GRAPHS)):
        case = random_case(seed, WIDTHS, BATCHES)
        executor = Native(2) if instruction_sets() else Reference()
        got = executor.load(case.graph).run(case.values[0], case.n)
        with np.errstate(all="ignore"):
            bounds = Bounds(case.dtype, case.n).of(case.graph.outputs, case.values[0])
            expected = InJax(case).outputs()
        for name, value in expected.items():
            bounded = Bounded(value, MARGIN * np.asarray(bounds[name].e))
            times = outside(got[name], bounded)
            assert not times, f"{case}{name} is {times:.3g} times its bound away:\n{got[name]}\n{value}\n{bounded.e}"
            kind = "outputs" if name in case.forward else "second gradients" if name[:2] == "dd" else "gradients"
            seen[kind] += 1
            seen["vague"] += bool(np.any(bounded.e > 0.01 * (np.abs(value) + 1e-3)))
        seen["graphs"] += 1
