"""What explains asks an op's record what the op is and never compares its name, so that a new op explains itself."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import clearprop

SOURCE = Path(clearprop.__file__).parent
FILES = sorted(path for part in ("explain", "present") for path in (SOURCE / part).rglob("*.py"))


def is_name_of_op(node: ast.AST) -> bool:
    """Whether it is `….op.name` or `op.name`."""
    owner = node.value if isinstance(node, ast.Attribute) and node.attr == "name" else None
    return (isinstance(owner, ast.Attribute) and owner.attr == "op") or (
        isinstance(owner, ast.Name) and owner.id == "op"
    )


def is_taken_by_name(node: ast.AST | None) -> bool:
    """Whether it is `OPS["add"]`."""
    return isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id == "OPS"


def questions(tree: ast.AST):
    """Where an op's name decides something: compared, matched, looked up, or kept under a name that might be."""
    for node in ast.walk(tree):
        asked: list[ast.AST | None] = []
        if isinstance(node, ast.Compare):
            asked = [node.left, *node.comparators]
        elif isinstance(node, ast.Match):
            asked = [node.subject]
        elif isinstance(node, ast.Subscript):
            asked = [node.slice]
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "get":
            asked = list(node.args)
        elif isinstance(node, ast.Assign | ast.NamedExpr):
            parts = node.value.elts if isinstance(node.value, ast.Tuple) else [node.value]
            asked = list(parts)
        if any(is_name_of_op(x) for x in asked if x is not None):
            yield node.lineno
        is_named = isinstance(node, ast.Compare) and any(isinstance(x, ast.Constant) for x in asked)
        if is_named and any(isinstance(x, ast.Name) and x.id == "op" for x in asked):  # op != "identity"
            yield node.lineno
        if isinstance(node, ast.Compare) and any(is_taken_by_name(x) for x in asked):
            yield node.lineno


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_no_name_of_an_op_decides_anything(path):
    found = sorted(set(questions(ast.parse(path.read_text(encoding="utf-8")))))
    assert not found, f"{path}, lines {found}: ask the op's record instead"


@pytest.mark.parametrize(
    "line",
    [
        'x.op.name == "constant"',
        'node.op.name in ("add", "subtract")',
        "SIGNS.get(node.op.name, '')",
        "SIGNS[op.name]",
        "name = node.op.name",
        "name, shape = node.op.name, node.shape",
        'node.op is OPS["add"]',
        'any(op != "identity" for op in ops)',
        "match x.op.name:\n    case _: pass",
    ],
)
def test_the_test_above_notices(line):
    assert list(questions(ast.parse(line)))


def test_a_name_may_be_said():
    assert not list(questions(ast.parse('f"kinks of {node.op.name}"; words(op.name.replace("_", " "))')))
