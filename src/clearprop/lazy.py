"""Public names that are loaded when they are first used, so that importing clearprop stays cheap."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from clearprop.forks import undivided

__all__ = ["lazily"]


def lazily(package: str) -> tuple[list[str], Callable[[str], Any], Callable[[], list[str]]]:
    """`__all__`, `__getattr__` and `__dir__` of a package whose names stand in the stub beside it, `__init__.pyi`.

    Each line `from MODULE import NAME as NAME` of the stub is a name; the import is done when the name is first used.
    The stub is read by the package's own loader, so a package in a zip file works too.
    """
    module: Any = sys.modules[package]
    stub = module.__spec__.loader.get_data(str(Path(module.__file__).with_name("__init__.pyi"))).decode()
    lines = [line.split() for line in stub.splitlines() if line.startswith("from ")]
    homes = {name: home for _, home, _, name, _, _ in lines}
    public = [name for name in homes if not name.startswith("_")]

    def load(name: str) -> Any:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}", name=name, obj=module)
        with undivided:  # a fork waits until the import is over
            value = getattr(__import__(homes[name], fromlist=[name]), name)
        setattr(module, name, value)
        return value

    return public, load, lambda: public
