"""Which executor runs when nobody asks for one."""

from __future__ import annotations

import os
import sys
from functools import cache

from clearprop.errors import unknown_name
from clearprop.execute.executor import Executor, Reference
from clearprop.execute.native import REFUSED, Native, instruction_sets
from clearprop.execute.threads import MOST, available


@cache
def default_executor(threads: int | None = None) -> Executor:
    """The native machine where it was built, else the reference.

    The environment variable `CLEARPROP_EXECUTOR` decides: "native", "reference", or an instruction set of the machine
    ("avx512", "avx2", "baseline").

    Args:
        threads: for the native machine.

    Raises:
        UnknownNameError: if the variable names something that this computer cannot run.
    """
    asked = os.environ.get("CLEARPROP_EXECUTOR", "").lower()
    sets = instruction_sets()
    if asked not in ("", "native", "reference", *sets):
        raise unknown_name("executor in CLEARPROP_EXECUTOR", asked, ["native", "reference", *sets])
    if asked == "reference":
        return Reference()
    if not sets:
        _tell_once()
        return Reference()
    return Native(threads, asked if asked in sets else None)


def describe(executor: Executor | None = None) -> str:
    """The executor in words: "native (avx512, up to 2 threads)" or "reference (NumPy)"."""
    executor = executor or default_executor()
    if not isinstance(executor, Native):
        return "reference (NumPy)"
    most = min(executor.threads or available(), MOST)
    return f"native ({executor.isa or instruction_sets()[0]}, up to {most} thread{'s' * (most > 1)})"


@cache
def _tell_once() -> None:
    why = f"did not load ({REFUSED})" if REFUSED else "was not built (no C++ compiler at install)"
    print(f"clearprop: the native machine {why}; training runs on NumPy, slower.", file=sys.stderr)
