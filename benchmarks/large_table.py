"""A CSV far larger than the memory that reading it takes: a model trained on a sample of it, all of it predicted and
evaluated, by the command line.

    python benchmarks/large_table.py [GIGABYTES] [FOLDER]
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import polars as pl

COMMAND = [sys.executable, "-m", "clearprop.app.cli"]


def make(path, gigabytes):
    """Rows of six numbers, three categories, a date, and a target that depends on them; returns their number."""
    rng, rows, size = np.random.default_rng(0), 0, 200_000
    with path.open("wb") as file:
        while file.tell() < gigabytes * 1e9:
            x = rng.normal(size=(size, 6)).round(5)
            c = [
                rng.choice(levels, size)
                for levels in (["red", "green", "blue"], ["A", "B"], [f"c{i}" for i in range(40)])
            ]
            days = np.datetime64("2020-01-01") + rng.integers(0, 1500, size)
            y = np.where(x[:, 0] + x[:, 1] * x[:, 2] + (c[0] == "red") > 0.3, "yes", "no")
            frame = pl.DataFrame({f"x{i}": x[:, i] for i in range(6)} | {f"c{i}": v for i, v in enumerate(c)})
            frame = frame.with_columns(day=days, y=y)
            file.write(frame.write_csv(include_header=rows == 0).encode())
            rows += size
    return rows


def run(title, *arguments):
    """Run a command and print how long it took and the most memory it held."""
    start = time.perf_counter()
    process = subprocess.Popen([*COMMAND, *map(str, arguments)], stdout=subprocess.DEVNULL)
    _, status, usage = __import__("os").wait4(process.pid, 0)
    assert status == 0
    print(
        f"{title:10s} {time.perf_counter() - start:6.1f} s, at most {usage.ru_maxrss / 1024:,.0f} MB of memory",
        flush=True,
    )


def main(gigabytes, folder):
    with tempfile.TemporaryDirectory(dir=folder) as place:
        table, out = Path(place) / "large.csv", Path(place) / "out"
        rows = make(table, gigabytes)
        print(f"{rows:,} rows, {table.stat().st_size / 1e9:.2f} GB of CSV")
        run("train", "train", table, "--target", "y", "--max-rows", 100_000, "--out", out, "--quiet")
        run("predict", "predict", out / "model.clearprop", table, "--out", Path(place) / "p.csv", "--quiet")
        with (Path(place) / "p.csv").open("rb") as file:
            assert sum(block.count(b"\n") for block in iter(lambda: file.read(2**24), b"")) == rows + 1
        run("evaluate", "evaluate", out / "model.clearprop", table, "--json")


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 2.0, sys.argv[2] if len(sys.argv) > 2 else None)
    print(f"this script itself: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MB")
