"""The public names: there, documented, and loaded only when used."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import clearprop as cp

SOURCE = Path(cp.__file__)


def test_three_lists_of_names_agree():
    """What a type checker sees, what `__all__` says, and what is loaded at run time."""
    block = next(n for n in ast.parse(SOURCE.read_text()).body if isinstance(n, ast.If))
    typed = {alias.name for node in block.body if isinstance(node, ast.ImportFrom) for alias in node.names}
    assert typed == set(cp.__all__) == set(cp._WHERE)


@pytest.mark.parametrize("name", cp.__all__)
def test_every_name_loads_and_has_a_docstring(name):
    value = getattr(cp, name)
    assert name == "N" or value.__doc__


def test_unknown_names_are_attribute_errors():
    with pytest.raises(AttributeError, match="Densee"):
        cp.Densee  # noqa: B018


def test_import_loads_nothing_heavy():
    heavy = ["polars", "sklearn", "pandas", "matplotlib", "typer", "rich", "narwhals", "safetensors", "scipy", "torch"]
    code = f"import sys, clearprop; print([m for m in {heavy} if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_networks_need_only_the_core_dependencies():
    code = (
        "import sys, clearprop as cp;"
        "net = cp.Network(2, [cp.Dense(2, 'relu'), cp.Dense(1)], 'squared_error'); net.fit([[0, 1], [1, 0]], [0, 1]);"
        "print([m for m in ['polars', 'sklearn', 'pandas', 'scipy', 'typer'] if m in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
