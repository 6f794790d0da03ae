"""Polars, which reads tables, loaded when the first one is read."""

from __future__ import annotations

from typing import Any

from clearprop.errors import MissingDependencyError


def import_polars() -> Any:
    """Polars, which reads tables.

    Raises:
        MissingDependencyError: if it is not installed.
    """
    try:
        import polars
    except ImportError:
        raise MissingDependencyError(
            "Polars is not installed", "Polars, to read tables", 'pip install "clearprop[tables]"'
        ) from None
    return polars


def first_line(error: Exception) -> str:
    """The first line of what an error says."""
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
