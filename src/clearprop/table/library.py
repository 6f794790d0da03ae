"""Polars, which reads tables, loaded when the first one is read."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

from clearprop.errors import MissingDependencyError


def import_polars() -> Any:
    """Polars, which reads tables.

    Raises:
        MissingDependencyError: if it is not installed, or was built for newer processors than this one.
    """
    try:
        with nullcontext() if "polars" in sys.modules else _warnings_of_the_processor_are_errors():
            import polars
    except RuntimeWarning:
        raise MissingDependencyError(
            "Polars is built for newer processors than this one",
            "a Polars for older processors, to read tables",
            'pip install "polars[rtcompat]"',
        ) from None
    except ImportError:
        raise MissingDependencyError(
            "Polars is not installed", "Polars, to read tables", 'pip install "clearprop[tables]"'
        ) from None
    return polars


@contextmanager
def _warnings_of_the_processor_are_errors() -> Iterator[None]:
    """Polars warns where the processor lacks what it was built for, and then ends the process."""
    with warnings.catch_warnings():
        warnings.filterwarnings("error", "Missing required CPU features", RuntimeWarning)
        yield


def first_line(error: Exception) -> str:
    """The first line of what an error says."""
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
