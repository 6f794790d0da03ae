"""Numbers, arrays and names as Python writes them."""

from __future__ import annotations

import keyword
import textwrap
import unicodedata
from base64 import b64encode
from collections.abc import Iterable

import numpy as np

from clearprop.arrays import Array

WIDTH = 88
MOST_NUMBERS = 2000  # of an array that is written as a list; larger ones are written as base64


def number(value: float | np.generic) -> str:
    """A number in the shortest digits that give it back; a whole one without a point, so 2 and not 2.0.

    Example:
        >>> number(2.0), number(0.1), number(np.float32(0.1)), number(-0.0)
        ('2', '0.1', '0.1', '-0.0')
    """
    if isinstance(value, np.floating):
        text = shortest(value)
        return text.removesuffix(".0") if float(text) else text
    as_float = float(value)
    if as_float.is_integer() and abs(as_float) < 1e15 and str(as_float) != "-0.0":
        return str(int(as_float))
    return repr(as_float) if np.isfinite(as_float) else f'float("{as_float}")'


def shortest(value: np.floating) -> str:
    """The digits that float() reads back to the same number of its dtype."""
    text = str(value)
    return text if type(value)(float(text)) == value else repr(float(value))


def string(text: str) -> str:
    """Any text as a string of the source, which nothing in it can leave.

    Example:
        >>> print(string('W1"\\n'))
        "W1\\"\\n"
    """
    inner = ascii(text)[1:-1] if not text.isprintable() else repr(text)[1:-1]
    quoted = "'" if repr(text)[0] == "'" else '"'
    return f'"{inner}"' if quoted == '"' else '"' + inner.replace('"', '\\"').replace("\\'", "'") + '"'


def nested(array: Array, indent: int = 0, used: int = 0) -> str:
    """An array as nested lists: on one line if it fits, else a line for each row, of which long ones are wrapped.

    Args:
        array: numbers, of any shape; a row that has no columns is an empty list.
        indent: of the line it begins on.
        used: what else stands on that line, in characters.
    """
    flat = _flat(array)
    if indent + used + len(flat) <= WIDTH or array.ndim == 0:
        return flat
    inner = " " * (indent + 4)
    if array.ndim == 1:
        lines = textwrap.wrap(flat[1:-1], WIDTH, initial_indent=inner, subsequent_indent=inner) or [""]
        return "[\n" + "\n".join(lines) + ",\n" + " " * indent + "]"
    rows = "".join(f"{inner}{nested(row, indent + 4, 1)},\n" for row in array)
    return f"[\n{rows}{' ' * indent}]"


def _flat(array: Array) -> str:
    if array.ndim == 0:
        return _entry(array.item() if array.dtype.kind == "i" else array.dtype.type(array))
    return "[" + ", ".join(map(_flat, array)) + "]"


def _entry(value: int | np.generic) -> str:
    """An entry keeps its point: 1.0 in a list of numbers, 1 in one of labels."""
    return shortest(value) if isinstance(value, np.floating) else str(int(value))


def encoded(array: Array) -> tuple[str, str]:
    """The bytes of a large array in base64, in lines between quotes, and its dtype as `numpy.frombuffer` takes it."""
    little = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
    lines = textwrap.wrap(b64encode(little.tobytes()).decode(), WIDTH)
    return '"""\n' + "\n".join(lines) + '\n"""', little.dtype.str


class Identifiers:
    """Names that Python takes, each of them once.

    Args:
        reserved: what stands for something else in the file.
    """

    def __init__(self, reserved: Iterable[str]) -> None:
        self._taken = {*reserved, "l", "O", "I"}  # those three are hard to tell from digits

    def new(self, wanted: str, otherwise: str = "v") -> str:
        """A name like the one wanted; a letter with a number if Python takes no such name.

        Example:
            >>> names = Identifiers(["np"])
            >>> names.new("z1"), names.new("z1"), names.new("np"), names.new("my op"), names.new("lambda")
            ('z1', 'z1_2', 'np_2', 'v1', 'v2')
        """
        name = unicodedata.normalize("NFKC", wanted)
        if not name.isidentifier() or keyword.iskeyword(name) or name.startswith("__"):
            return self.numbered(otherwise)
        return self._first(name, (f"{name}_{again}" for again in range(2, 1 << 30)))

    def numbered(self, letter: str) -> str:
        """The next name of a letter: u1, u2, …."""
        return self._first(f"{letter}1", (f"{letter}{i}" for i in range(2, 1 << 30)))

    def _first(self, name: str, others: Iterable[str]) -> str:
        found = name if name not in self._taken else next(n for n in others if n not in self._taken)
        self._taken.add(found)
        return found
