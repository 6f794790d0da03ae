"""What a call of `fit` costs beside its steps: a wide network in short calls and in long ones, in turn.

python benchmarks/session_gain.py [ROUNDS] [--cpu]

Both train the same network on the same rows. A round is one long call and as many short ones as have its steps.
`--cpu` counts the processor's time on one thread instead of the clock's, for a machine that does other things too.
"""

from __future__ import annotations

import statistics
import sys
import time

import numpy as np
from timing import machine, table

import clearprop as cp

SIZES, BATCH = (1024, 2048, 2048, 10), 512
SHORT, LONG = 4, 48  # steps of a call
ROUNDS = 9


def fit_of(steps: int, net: cp.Network, X: np.ndarray, y: np.ndarray, cpu: bool) -> float:
    """Milliseconds per step of one call of fit."""
    clock, threads = (time.process_time, 1) if cpu else (time.perf_counter, None)
    start = clock()
    net.fit(X, y, epochs=steps // SHORT, batch_size=BATCH, optimizer=cp.Adam(1e-5), n_threads=threads)
    return (clock() - start) * 1e3 / steps


def summary(times: list[float]) -> str:
    """The median and the quartiles."""
    low, median, high = statistics.quantiles(times, n=4)
    return f"{median:.1f} ms ({low:.1f}–{high:.1f})"


def main(rounds: int, cpu: bool) -> None:
    """Print milliseconds per step of both, and the ratio of the calls of one round with its quartiles."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((SHORT * BATCH, SIZES[0])).astype(np.float32)
    y = rng.integers(0, SIZES[-1], len(X))
    hidden = [cp.Dense(width, "relu") for width in SIZES[1:-1]]
    net = cp.Network(SIZES[0], [*hidden, cp.Dense(SIZES[-1], "softmax")], loss="cross_entropy")
    fit_of(SHORT, net, X, y, cpu)  # allocates, wakes threads
    short, long, ratios = [], [], []
    for _ in range(rounds):
        long.append(fit_of(LONG, net, X, y, cpu))
        calls = [fit_of(SHORT, net, X, y, cpu) for _ in range(LONG // SHORT)]
        short += calls
        ratios.append(statistics.median(calls) / long[-1])
    low, median, high = statistics.quantiles(ratios, n=4)
    print(machine(), "\n")
    name = f"{'-'.join(map(str, SIZES))}, batch {BATCH}"
    head = [name, f"calls of {SHORT} steps", f"calls of {LONG} steps", "ratio of a round (quartiles)"]
    print(
        table(
            [
                head,
                [
                    "one thread, CPU time per step" if cpu else "per step",
                    summary(short),
                    summary(long),
                    f"{median:.3f} ({low:.3f}–{high:.3f})",
                ],
            ]
        )
    )


if __name__ == "__main__":
    numbers = [int(a) for a in sys.argv[1:] if a.isdigit()]
    main(numbers[0] if numbers else ROUNDS, "--cpu" in sys.argv)
