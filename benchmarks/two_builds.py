"""A training step of two builds of clearprop in turn, such as before and after a change.

python benchmarks/two_builds.py BEFORE/bin/python [NAMES…]

BEFORE is the Python of an environment in which the other build is installed; this one is that of the Python that runs
it. Each build lives in a process of its own, and only one computes at a time.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

from steps import NETWORKS
from timing import machine, table

import peers

SECONDS = 12.0  # of a network and a number of threads
LEAST = 10  # rounds
SAMPLE = 0.1  # seconds of a sample


def serve() -> None:
    """Time what the other process asks for, a line a question."""
    made = {}
    for line in sys.stdin:
        name, threads = json.loads(line)
        if (name, threads) not in made:
            sizes, batch = NETWORKS[name]
            epochs = max(1, int(SAMPLE * 2e10 / peers.flops(sizes, batch) / 16))
            made[name, threads] = peers.clearprop_fit(sizes, batch, threads, 16, epochs)
        fit = made[name, threads]
        start = time.perf_counter()
        fit.run()
        print((time.perf_counter() - start) / fit.steps, flush=True)


class Build:
    """A process with one of the builds."""

    def __init__(self, python: str) -> None:
        me = Path(__file__).resolve()
        self.process = subprocess.Popen(
            [python, me, "--serve"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def time(self, name: str, threads: int | None) -> float:
        """Seconds per step of one sample."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps([name, threads]) + "\n")
        self.process.stdin.flush()
        return float(self.process.stdout.readline())


def _pairs(builds: tuple[Build, Build], name: str, threads: int | None) -> list[tuple[float, float]]:
    """Microseconds of both builds, close together in time, each the first as often as the other."""
    for build in builds:
        build.time(name, threads)
    pairs: list[tuple[float, float]] = []
    end = time.perf_counter() + SECONDS
    while time.perf_counter() < end or len(pairs) < LEAST:
        turn = builds if len(pairs) % 2 else builds[::-1]
        times = {build: build.time(name, threads) * 1e6 for build in turn}
        pairs.append((times[builds[0]], times[builds[1]]))
        time.sleep(0.02)
    return pairs


def main(python: str, names: list[str]) -> None:
    """Print the steps of both, and the median of the ratio of neighbours with its quartiles."""
    builds = Build(python), Build(sys.executable)
    rows = [["network", "threads", "before", "after", "after / before (quartiles)"]]
    for name in names:
        for threads in (1, None):
            pairs = _pairs(builds, name, threads)
            before, after = zip(*pairs, strict=True)
            low, middle, high = statistics.quantiles([b / a for a, b in pairs], n=4)
            medians = [f"{statistics.median(t):,.2f} µs" for t in (before, after)]
            rows.append([name, str(threads or "all"), *medians, f"{middle:.3f} ({low:.3f}–{high:.3f})"])
            print(rows[-1], file=sys.stderr, flush=True)
    print(machine(), "\n")
    print(table(rows))


if __name__ == "__main__":
    if sys.argv[1:] == ["--serve"]:
        serve()
    else:
        main(sys.argv[1], sys.argv[2:] or list(NETWORKS))
