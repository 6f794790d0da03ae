"""How many threads a piece of work is worth."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

MOST = 64  # threads of one call
WORTH_A_THREAD = 250_000  # floating-point operations between two meetings of the threads


@cache
def available() -> int:
    """Processors that this process may use: affinity, the control group's quota, and the usual environment variables.

    `CLEARPROP_NUM_THREADS` decides; `OMP_NUM_THREADS`, which process pools set for their workers, is an upper bound.
    """
    asked = os.environ.get("CLEARPROP_NUM_THREADS", "")
    if asked.isdigit() and int(asked) > 0:
        return min(int(asked), MOST)
    n = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    bound = os.environ.get("OMP_NUM_THREADS", "")
    if bound.isdigit() and int(bound) > 0:
        n = min(n, int(bound))
    return max(1, min(n, _quota() or n, MOST))


def _quota() -> int | None:
    """Processors that the control group allows, rounded down; None if it does not say."""
    try:
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text().split()
        return max(1, int(quota) // int(period))
    except (OSError, ValueError):
        return None


def threads_for(flops: int, asked: int | None = None) -> int:
    """Threads for a run of so many floating-point operations: as many as asked, else as many as it is worth."""
    if asked is not None:
        return max(1, min(asked, MOST))
    return max(1, min(available(), flops // WORTH_A_THREAD))
