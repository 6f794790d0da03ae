"""No module of what explains takes a name apart by its letters, or puts one together from them."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import clearprop

HOUSE = Path(clearprop.__file__).parent
MODULES = [
    *sorted((HOUSE / "explain").rglob("*.py")),
    *sorted((HOUSE / "nn").rglob("*.py")),
    *(HOUSE / "graph" / file for file in ("node.py", "graph.py", "gradient.py", "rewrite.py")),
    *(HOUSE / "train" / file for file in ("step.py", "profile.py")),
]
LETTERS = ("d", "z", "a", "W", "b", "dz", "da", "dW", "db")
PARTS = ("startswith", "endswith", "removeprefix", "removesuffix", "partition", "rpartition", "rstrip", "lstrip")


def is_a_name(node):
    called = node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
    return called in ("name", "of")


def is_put_together(node):
    """f"d{name}", f"W{layer}", f"{name}'", f"{slot}.{name}"."""
    if not isinstance(node, ast.JoinedStr) or len(node.values) < 2:
        return False
    first, last = node.values[0], node.values[-1]
    begins = isinstance(first, ast.Constant) and first.value in LETTERS and len(node.values) == 2
    ends = isinstance(last, ast.Constant) and last.value == "'" and len(node.values) in (2, 4)
    dotted = len(node.values) >= 3 and isinstance(node.values[1], ast.Constant) and node.values[1].value == "."
    return begins or (ends and isinstance(first, ast.FormattedValue)) or (dotted and is_a_name(node.values[2].value))


def is_taken_apart(node):
    """name[0], name[1:], name.startswith("d"), fullmatch(pattern, name)."""
    if isinstance(node, ast.Subscript):
        return is_a_name(node.value) and isinstance(node.slice, ast.Constant | ast.Slice | ast.UnaryOp)
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return False
    if node.func.attr in PARTS:
        return is_a_name(node.func.value)
    return node.func.attr in ("match", "fullmatch", "search") and any(map(is_a_name, node.args))


def guesses(source):
    tree = ast.parse(source)
    return [ast.unparse(node) for node in ast.walk(tree) if is_put_together(node) or is_taken_apart(node)]


ALLOWED = {
    # How a word of the user's own is set, x1 as x with its number below; not what it means.
    "symbols.py": ["re.fullmatch('([^\\\\W\\\\d_]+)_?(\\\\d+)', name)"],
}


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(HOUSE)))
def test_a_module_asks_a_name_what_it_is(module):
    assert guesses(module.read_text(encoding="utf-8")) == ALLOWED.get(module.name, [])


@pytest.mark.parametrize(
    "guess",
    [
        "f'd{name}'",
        "f'd{x.name}'",
        "f'dz{depth}'",
        "f'W{layer + 1}'",
        'f"{name}\'"',
        'f"{slot}.{name}\'"',
        "f'{slot}.{name}'",
        "name[0]",
        "name[1:]",
        "check.name[:1]",
        "name[:-1]",
        "name.startswith('z')",
        'step.name.removesuffix("\'")',
        "name.partition('.')",
        "re.fullmatch('a', name)",
        "_LAYERED.fullmatch(name)",
    ],
)
def test_a_guess_is_found(guess):
    assert len(guesses(f"x = {guess}")) == 1


@pytest.mark.parametrize("fine", ["f'v{i}'", "names[:2]", "name.gradient", "f'{name}: {n}'", "text.startswith('d')"])
def test_other_code_is_left_alone(fine):
    assert guesses(f"x = {fine}") == []
