"""The public names: there, documented, and loaded only when used. What checkers see of them: typed/public_names.py."""

from __future__ import annotations

import ast
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import clearprop as cp

PACKAGE = Path(cp.__file__).parent


def test_the_stub_is_the_one_list_of_names():
    """What a checker reads in it, as Python's own parser does, is what is there at run time."""
    body = ast.parse((PACKAGE / "__init__.pyi").read_text()).body
    imports = [(node.module, node.names[0].name, node.names[0].asname) for node in body[1:]]
    assert all(name == asname for _, name, asname in imports)
    names = [name for _, name, _ in imports if not name.startswith("_")]
    assert names == cp.__all__
    assert sorted(names) == dir(cp)
    assert len(set(names)) == len(names)
    for module, name, _ in imports:
        assert getattr(cp, name) is getattr(sys.modules[module], name)


@pytest.mark.parametrize("name", cp.__all__)
def test_every_name_loads_and_has_a_docstring(name):
    value = getattr(cp, name)
    assert name == "N" or value.__doc__


def test_unknown_names_are_attribute_errors():
    with pytest.raises(AttributeError, match="Densee"):
        cp.Densee  # noqa: B018


def test_a_star_import_brings_the_public_names():
    there = {}
    exec("from clearprop import *", there)
    assert set(there) - {"__builtins__"} == set(cp.__all__)


def test_the_names_are_found_in_a_zip_file(tmp_path):
    archive = tmp_path / "clearprop.zip"
    with zipfile.ZipFile(archive, "w") as file:
        for path in [*PACKAGE.rglob("*.py"), PACKAGE / "__init__.pyi"]:
            file.write(path, path.relative_to(PACKAGE.parent))
    code = (
        f"import sys; sys.path[:0] = {[str(archive), *sys.path]}; import clearprop as cp; print(cp.__file__, cp.Dense)"
    )
    done = subprocess.run([sys.executable, "-S", "-c", code], capture_output=True, text=True, check=False)  # no hooks
    assert done.stdout.startswith(str(archive)), done.stderr


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
