"""Packages that are needed only by who brings a model in or out: imported when they are used."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from clearprop.errors import MissingDependencyError


def required(package: str, *modules: str) -> Any:
    """A package that is an extra of clearprop's of the same name.

    Args:
        package: its name.
        modules: of its modules those that it does not import by itself.

    Raises:
        MissingDependencyError: where it is not installed.
    """
    try:
        for module in modules:
            import_module(f"{package}.{module}")
        return import_module(package)
    except ImportError:
        raise MissingDependencyError(
            f"{package} is not installed", f"the package {package}", f'pip install "clearprop[{package}]"'
        ) from None
