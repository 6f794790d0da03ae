"""How long it takes to look: trace, derivation, figures, pages, check and doctor of a 784-512-512-10 network.

python benchmarks/glass_box.py
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import numpy as np

import clearprop as cp

ROWS, REPEATS = 1000, 5


def timed(what: str, run: Callable[[], object]) -> None:
    """Median and range of some runs, in seconds."""
    seconds = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - start)
    print(f"{what:46} {statistics.median(seconds):7.3f} s  ({min(seconds):.3f} … {max(seconds):.3f})")


def main() -> None:
    """Print a line for each way of looking."""
    rng = np.random.default_rng(0)
    layers = [cp.Dense(512, "relu"), cp.Dense(512, "relu"), cp.Dense(10, "softmax")]
    net = cp.Network(784, layers, "cross_entropy")
    X, y = rng.normal(size=(ROWS, 784)), rng.integers(0, 10, ROWS)
    print(f"784-512-512-10, {ROWS:,} samples")
    timed("trace: every value and gradient", lambda: net.trace(X, y).values)
    timed("explain: the whole derivation as text", lambda: str(net.trace(X, y).explain()))
    timed("draw: layers", lambda: cp.draw(net.trace(X, y)).svg)
    timed("draw: circles", lambda: cp.draw(net).svg)
    timed("check_gradients, 64 samples", lambda: cp.check_gradients(net, X[:64], y[:64]))
    timed("diagnose", lambda: cp.diagnose(net, X, y))
    timed("step by step, one sample", lambda: net.trace(X[0], y[:1]).step_by_step().to_html())


if __name__ == "__main__":
    main()
