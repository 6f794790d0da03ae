"""A server on this machine: what `clearprop serve` and `clearprop play` stand on, and the answers of a model."""

from clearprop.errors import MissingDependencyError


def lacking(what: str, missing: ImportError) -> MissingDependencyError:
    """The error for a server whose libraries are not installed."""
    return MissingDependencyError(f"{what} needs {missing.name}", "Starlette and uvicorn", _INSTALL)


_INSTALL = 'pip install "clearprop[play]"'
