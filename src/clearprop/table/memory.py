"""How much memory there is, and how much of it features may take."""

from __future__ import annotations

from pathlib import Path

AT_ONCE = 4096  # rows whose probabilities of very many classes are in memory together
COPIES = 3  # of the features in memory while a network is trained: whole, in parts, and at work


def available_memory() -> int | None:
    """Bytes that a process may still take: what the system says is free, within the control group's limit."""
    found = []
    try:
        with Path("/proc/meminfo").open() as file:
            found += [int(line.split()[1]) * 1024 for line in file if line.startswith("MemAvailable:")]
        limit, used = (Path(f"/sys/fs/cgroup/memory.{name}").read_text().strip() for name in ("max", "current"))
        found += [int(limit) - int(used)] if limit.isdigit() else []
    except (OSError, ValueError):
        pass
    return min(found) if found else None


def features_fit(rows: int, features: int) -> bool:
    """Whether so many features of so many rows, as float32, can be trained on in the memory that is free."""
    free = available_memory()
    return free is None or rows * features * 4 * COPIES < free


def classes_fit(rows: int, classes: int) -> bool:
    """Whether the probabilities of so many classes fit into memory, for as many rows as are scored at once."""
    free = available_memory()
    return free is None or min(rows, AT_ONCE) * classes * 8 * COPIES < free
