"""The executors by name, and which one runs when nobody asks for one."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import cache, partial

from clearprop.errors import unknown_name
from clearprop.execute.executor import Executor
from clearprop.execute.native import REFUSED, Native, instruction_sets
from clearprop.execute.reference_executor import Reference

Factory = Callable[[int | None], Executor]  # from the number of threads; None lets the size of the work decide


@cache
def executors() -> dict[str, Factory]:
    """Every executor that runs on this computer, by name, the preferred one first.

    A further executor is one more entry. The instruction sets of the native machine count as executors of their own.
    """
    sets = instruction_sets()
    native: dict[str, Factory] = {"native": Native} if sets else {}
    return {**native, "reference": lambda threads: Reference(), **{isa: partial(Native, isa=isa) for isa in sets}}


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
    asked, known = os.environ.get("CLEARPROP_EXECUTOR", "").lower(), executors()
    names = list(dict.fromkeys(["native", *known]))  # "native" may be asked for where it is missing
    if asked not in ("", *names):
        raise unknown_name("executor in CLEARPROP_EXECUTOR", asked, names)
    if asked not in known and "native" not in known:
        _tell_once()
    return known[asked if asked in known else next(iter(known))](threads)


def executor_in_words(executor: Executor | None = None) -> str:
    """The executor in words: "native (avx512, up to 2 threads)" or "reference (NumPy)"."""
    return (executor or default_executor()).describe()


@cache
def _tell_once() -> None:
    why = f"did not load ({REFUSED})" if REFUSED else "was not built (no C++ compiler at install)"
    print(f"clearprop: the native machine {why}; training runs on NumPy, slower.", file=sys.stderr)
