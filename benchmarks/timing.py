"""Interleaved measurement: every contestant in turn, again and again, so that the machine's moods meet all of them."""

from __future__ import annotations

import os
import platform
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

try:
    from clearprop.execute import executor_in_words
except ImportError:  # the build of an earlier commit, beside which this one is timed
    from clearprop.execute import describe as executor_in_words


@dataclass
class Contestant:
    """Something to time. `run` does `steps` steps in one call."""

    run: Callable[[], object]
    steps: int = 1


@dataclass
class Timing:
    """Seconds per step: the median and the quartiles."""

    median: float
    low: float
    high: float

    def __str__(self) -> str:
        unit, factor = ("ms", 1e3) if self.median > 2e-3 else ("µs", 1e6)
        digits = 1 if self.median * factor >= 10 else 2
        return (
            f"{self.median * factor:.{digits}f} {unit} ({self.low * factor:.{digits}f}–{self.high * factor:.{digits}f})"
        )


def interleaved(contestants: dict[str, Contestant], seconds: float = 8.0, sample: float = 0.05) -> dict[str, Timing]:
    """Time all contestants in rounds; a sample repeats a call until it lasts long enough to be timed."""
    repeats = {}
    for name, c in contestants.items():
        c.run()  # compiles, allocates, wakes threads
        start = time.perf_counter()
        c.run()
        repeats[name] = max(1, int(sample / (time.perf_counter() - start + 1e-9)))
    times: dict[str, list[float]] = {name: [] for name in contestants}
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or min(map(len, times.values())) < 5:
        for name, c in contestants.items():
            time.sleep(0.06)  # until the last contestant's threads have stopped spinning
            c.run()
            start = time.perf_counter()
            for _ in range(repeats[name]):
                c.run()
            times[name].append((time.perf_counter() - start) / repeats[name] / c.steps)
    return {name: _summary(t) for name, t in times.items()}


def _summary(times: list[float]) -> Timing:
    low, median, high = statistics.quantiles(times, n=4)
    return Timing(median, low, high)


def machine() -> str:
    """The processor and the versions of what is measured, in one line."""
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = [
            line.split(":")[1].strip() for line in cpuinfo.read_text().splitlines() if line.startswith("model name")
        ]
        model = names[0] if names else model
    found = [f"{len(os.sched_getaffinity(0))} × {model}", f"Python {platform.python_version()}"]
    for package in ("clearprop", "numpy", "torch", "jax", "scikit-learn", "onnxruntime"):
        try:
            found.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            found.append(f"no {package}")
    return ", ".join(found) + f"; {executor_in_words()}"


def table(rows: list[list[str]]) -> str:
    """A Markdown table; the first row is its head."""
    head, *body = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([head, "|" + "---|" * len(rows[0]), *body])
