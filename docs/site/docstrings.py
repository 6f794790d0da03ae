"""What griffe, which reads the source, is told of the docstrings here."""

from __future__ import annotations

import inspect
import re
from importlib import import_module
from typing import Any

import griffe


class Docstrings(griffe.Extension):
    """The house's docstrings as griffe's Google style has them, and functions that the program makes."""

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        """An example is a section, and arguments that are described together stand one by one."""
        if obj.docstring:
            text = re.sub(r"^( *)Example:$", r"\1Examples:", obj.docstring.value, flags=re.MULTILINE)
            obj.docstring.value = _TOGETHER.sub(_one_by_one, text)

    def on_module_members(self, *, mod: griffe.Module, **_: Any) -> None:
        """`exp = _function(…)` is a function, with the docstring and the signature that it has when it is made."""
        for name, member in list(mod.members.items()):
            if isinstance(member, griffe.Attribute) and str(member.value).startswith("_function("):
                mod.set_member(name, _made_function(mod, member, getattr(import_module(mod.path), name)))


# "    X, y: samples and targets", with the lines below that belong to it.
_TOGETHER = re.compile(r"^( +)(\*?\w+(?:, \w+)+)(: .*(?:\n\1 +.*)*)", re.MULTILINE)


def _one_by_one(found: re.Match[str]) -> str:
    indent, names, said = found.groups()
    return "\n".join(f"{indent}{name}{said}" for name in names.split(", "))


def _made_function(module: griffe.Module, member: griffe.Attribute, value: Any) -> griffe.Function:
    parameters = [
        griffe.Parameter(name, kind=griffe.ParameterKind.positional_or_keyword, annotation="Node")
        for name in inspect.signature(value).parameters
    ]
    made = griffe.Function(
        member.name,
        lineno=member.lineno,
        endlineno=member.endlineno,
        parent=module,
        parameters=griffe.Parameters(*parameters),
        returns="Node",
    )
    made.docstring = griffe.Docstring(value.__doc__, parent=made)
    return made
