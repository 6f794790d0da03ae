"""Which version of clearprop this is."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

__all__ = ["__version__", "installed_version"]

if TYPE_CHECKING:
    __version__: str


@cache
def installed_version() -> str:
    """The version that is installed; asked for when it is needed, since looking for it loads the reader of e-mails."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("clearprop")
    except PackageNotFoundError:  # run from a source tree that is not installed
        return "0+unknown"


def __getattr__(name: str) -> str:
    if name == "__version__":
        return installed_version()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
