"""How a Python file is laid out: its docstring, comments, functions, and lines that are not too long."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence

from clearprop.interop.source.literals import WIDTH


def docstring(title: str, notes: Sequence[str]) -> str:
    """The docstring at the top: what the file is, and below it what a reader must know; no name in that leaves it."""
    if not notes and len(title) <= WIDTH - 6:
        return f'"""{title}"""'
    first = textwrap.fill(title, WIDTH, initial_indent=" " * 3).lstrip()
    body = "\n\n".join([first, *(textwrap.fill(note, WIDTH) for note in notes)])
    safe = body.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
    return f'"""{safe}\n"""'


def comment(text: str) -> str:
    """A comment, in lines that are not too long."""
    return "\n".join(textwrap.wrap(text, WIDTH, initial_indent="# ", subsequent_indent="# "))


def definition(name: str, arguments: Iterable[str], told: str | None, body: Iterable[str]) -> str:
    """The source of a function."""
    lines = [*([f'"""{told}"""'] if told else []), *body]
    return f"def {name}({', '.join(arguments)}):\n" + textwrap.indent("\n".join(lines), "    ")


def listed(items: Sequence[str], before: str = "", after: str = "", brackets: str = "") -> str:
    """Items in a row, between what stands before and after them; in brackets over several lines if need be.

    Args:
        items: names, or whatever may stand between commas.
        before, after: the rest of the line.
        brackets: that are there in any case; otherwise round ones, where one line is too short.
    """
    line = f"{before}{brackets[:1]}{', '.join(items)}{brackets[1:]}{after}"
    if len(line) + 4 <= WIDTH:
        return line
    left, right = (brackets or "()")[:1], (brackets or "()")[1:]
    inner = textwrap.fill(", ".join(items) + ",", WIDTH - 4, initial_indent="    ", subsequent_indent="    ")
    return f"{before}{left}\n{inner}\n{right}{after}"


def laid_out(head: str, definitions: Iterable[str], main: Sequence[str] = ()) -> str:
    """The whole file: two empty lines around functions, one at the end."""
    return "\n\n\n".join([head, *definitions, *(["\n".join(main)] if main else [])]) + "\n"
