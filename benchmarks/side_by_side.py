"""Fold members trained side by side: Python threads over `fit`, and `fit_together`, in turn.

python benchmarks/side_by_side.py [ROUNDS]

Eight members of 128 hidden units, each with a fold of its own held out and scored after every epoch, 100 epochs, all to
the same bits. Below, the same for one member, per epoch: with Python between the epochs, without, and without any
validation. Beside the clock's time stands the processors', all threads together, which other processes change less.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from timing import Timing, machine, table

import clearprop as cp
from clearprop.execute import available

MEMBERS, HIDDEN, EPOCHS, COLUMNS, ROUNDS = 8, 128, 100, 20, 9
TABLES = [(300, 32), (8_000, 256)]  # rows, and rows of a batch
Run = Callable[[], object]


def member(k: int) -> cp.Network:
    return cp.Network(COLUMNS, [cp.Dense(HIDDEN, "relu"), cp.Dense(1)], "mean_squared_error", seed=k)


def contestants(rows: int, batch: int) -> dict[str, tuple[Run, int]]:
    """What is run, and the number that its time is divided by."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((rows, COLUMNS)).astype(np.float32)
    y = (X[:, 0] * X[:, 1] + np.sin(3 * X[:, 2]) + 0.3 * rng.standard_normal(rows)).astype(np.float32)
    fold = np.arange(rows) % MEMBERS
    learned, held_out = [fold != k for k in range(MEMBERS)], [fold == k for k in range(MEMBERS)]
    length = {"epochs": EPOCHS, "batch_size": batch}
    rule = {"early_stopping": cp.EarlyStopping(patience=EPOCHS)}

    def one(k: int, **more: object) -> None:
        validation = X[held_out[k]], y[held_out[k]]
        rows = learned[k]
        member(k).fit(X[rows], y[rows], validation=validation, metrics=[], n_threads=1, **length, **rule, **more)

    def in_threads(**more: object) -> None:
        with ThreadPoolExecutor(available()) as pool:
            list(pool.map(lambda k: one(k, **more), range(MEMBERS)))

    def together() -> None:
        members = [member(k) for k in range(MEMBERS)]
        cp.fit_together(members, X, y, rows=learned, validation_rows=held_out, **length, **rule)

    watched = {"callbacks": [lambda event: None]}  # so that Python is asked after every epoch
    return {
        "8 members: threads over fit, a call per epoch": (lambda: in_threads(**watched), 1),
        "8 members: threads over fit, one call each": (in_threads, 1),
        "8 members: fit_together": (together, 1),
        "an epoch: a call each": (lambda: one(0, **watched), EPOCHS),
        "an epoch: one call of all": (lambda: one(0), EPOCHS),
        "an epoch: no validation": (
            lambda: member(0).fit(X[learned[0]], y[learned[0]], n_threads=1, **length),
            EPOCHS,
        ),
    }


def timed(runs: dict[str, tuple[Run, int]], rounds: int) -> dict[str, str]:
    """Seconds by the clock, and of the processors; medians with the quartiles of the clock's."""
    spent: dict[str, list[tuple[float, float]]] = {name: [] for name in runs}
    for _ in range(rounds + 1):
        for name, (run, count) in runs.items():
            time.sleep(0.06)  # until the last one's threads have stopped spinning
            start, before = time.perf_counter(), time.process_time()
            run()
            spent[name].append(((time.perf_counter() - start) / count, (time.process_time() - before) / count))
    found = {}
    for name, times in spent.items():
        clock, processors = zip(*times[1:], strict=True)  # the first one compiles and allocates
        low, median, high = statistics.quantiles(clock, n=4)
        own = statistics.median(processors)
        found[name] = f"{Timing(median, low, high)}; {Timing(own, own, own)}".rsplit(" (", 1)[0]
    return found


def main(rounds: int) -> None:
    print(machine() + f"; {available()} at once\n")
    found = {f"{rows:,} rows, batch {batch}": timed(contestants(rows, batch), rounds) for rows, batch in TABLES}
    names = list(next(iter(found.values())))
    body = [[name, *[times[name] for times in found.values()]] for name in names]
    print(table([["clock; processors", *found], *body]))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS)
