"""Which version of clearprop this is."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

__all__ = ["__version__"]

try:
    __version__ = version("clearprop")
except PackageNotFoundError:  # run from a source tree that is not installed
    __version__ = "0+unknown"
