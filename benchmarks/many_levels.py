"""One column of very many levels: how long a training takes, how much memory, and how well it answers.

    python benchmarks/many_levels.py [--rows 1000000] [--levels 200000] [--epochs 5] [--members 4] [--iterations 200]

y = 2·(the level's own effect) + x₁ + x₂·x₃ + noise of standard deviation 0.5, all of variance 1 but the noise; a fifth
as many rows again are the test. Each contender runs in a process of its own, so that its peak of memory is its own.
CatBoost takes part where it is installed.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
import warnings
from typing import Any

import numpy as np
import pandas as pd

CONTENDERS = ("mean", "clearprop", "catboost")
NOISE = 0.5


def table(rows: int, levels: int, seed: int = 0) -> tuple[pd.DataFrame, np.ndarray]:
    """Columns and target."""
    rng = np.random.default_rng(seed)
    effect, level, x = rng.normal(size=levels), rng.integers(0, levels, rows), rng.normal(size=(rows, 3))
    y = 2 * effect[level] + x[:, 0] + x[:, 1] * x[:, 2] + NOISE * rng.normal(size=rows)
    frame = pd.DataFrame({"shop": [f"shop {k:06}" for k in level], **{f"x{j + 1}": x[:, j] for j in range(3)}})
    return frame, y


def model_of(name: str, options: argparse.Namespace) -> Any:
    """A contender, not yet trained."""
    if name == "mean":
        from sklearn.dummy import DummyRegressor

        return DummyRegressor()
    if name == "clearprop":
        import clearprop as cp

        own = {"members": options.members, "epochs": options.epochs, "batch_size": options.batch_size}
        return cp.TabularRegressor("fast", random_state=0, n_threads=options.threads, **own)
    from catboost import CatBoostRegressor

    return CatBoostRegressor(
        iterations=options.iterations,
        cat_features=["shop"],
        verbose=False,
        random_seed=0,
        thread_count=options.threads,
        allow_writing_files=False,
    )


def measured(name: str, options: argparse.Namespace) -> dict[str, float]:
    """Seconds, memory and errors of one contender, in this process."""
    X, y = table(options.rows + options.rows // 5, options.levels)
    rows, before = options.rows, _peak()
    model = model_of(name, options)
    start = time.perf_counter()
    model.fit(X[:rows], y[:rows])
    fitted = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        answers = np.asarray(model.predict(X[rows:]), np.float64)
    done = time.perf_counter()
    return {
        "fit_s": fitted - start,
        "predict_s": done - fitted,
        "table_mb": before,
        "peak_mb": _peak(),
        "rmse": float(np.sqrt(np.mean((answers - y[rows:]) ** 2))),
    }


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Every contender in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--levels", type=int, default=200_000)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--members", type=int, default=4)
    parser.add_argument("--batch-size", type=int, default=None)
    parser.add_argument("--iterations", type=int, default=200)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--only", choices=CONTENDERS, nargs="*", default=CONTENDERS)
    parser.add_argument("--one", choices=CONTENDERS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(json.dumps(measured(options.one, options)))
        return
    print(f"{options.rows:,} rows, {options.levels:,} levels; the noise alone has RMSE {NOISE}")
    for name in options.only:
        run = subprocess.run([sys.executable, *sys.argv, "--one", name], capture_output=True, text=True, check=False)
        if run.returncode:
            print(f"{name:10} {run.stderr.strip().splitlines()[-1][:100]}")
            continue
        found = json.loads(run.stdout.splitlines()[-1])
        print(
            f"{name:10} fit {found['fit_s']:7.1f} s   predict {found['predict_s']:6.1f} s   "
            f"memory {found['peak_mb']:6,.0f} MB (table {found['table_mb']:,.0f})   RMSE {found['rmse']:.3f}"
        )


if __name__ == "__main__":
    main()
