"""Errors that say what was got, what was expected and what to do.

Every error clearprop raises on purpose is a `ClearpropError`. Each is also the built-in error that the
ecosystem expects in its place, so that `except ValueError` goes on to work.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from operator import index
from typing import TypeVar

from clearprop.visible import shown_name, visible

Word = TypeVar("Word", bound=str)


class ClearpropError(Exception):
    """Base of all errors of clearprop.

    Args:
        got: what was found, in one clause.
        expected: what would have been right.
        hint: what to do about it.

    Example:
        >>> print(ShapeError("X has shape (5, 2)", "(N, 3)", "pass 3 columns"))
        X has shape (5, 2); expected (N, 3). Hint: pass 3 columns
    """

    def __init__(self, got: str, expected: str | None = None, hint: str | None = None) -> None:
        self.got, self.expected, self.hint = got, expected, hint
        super().__init__(got, expected, hint)

    def __str__(self) -> str:
        return _sentence(self.got, self.expected, self.hint)


def _sentence(got: str, expected: str | None, hint: str | None) -> str:
    wanted = f"; expected {expected}" if expected else ""
    return visible(f"{got}{wanted}" + (f". Hint: {hint}" if hint else ""), keep="\n")


class ShapeError(ClearpropError, ValueError):
    """Shapes that do not fit together."""


class DTypeError(ClearpropError, TypeError):
    """A value of the wrong kind or dtype."""


class InvalidValueError(ClearpropError, ValueError):
    """A value out of its range: NaN in the data, a label that is no class, a negative learning rate."""


class UnknownNameError(ClearpropError, ValueError, KeyError):
    """A name that is not among the known ones; also what a mapping raises, so that `in` and `get` can ask."""


class UnknownArgumentError(UnknownNameError, TypeError):
    """An argument that does not exist, as Python itself refuses one with a `TypeError`."""


class TableError(ClearpropError, ValueError):
    """A table that cannot be used as asked: a missing column, no rows, nothing to learn from.

    Args:
        got, expected, hint: as of every error.
        row: which row is at fault, counted from 0; who hands over some rows of a table may set it to the table's own.

    Example:
        >>> print(TableError("column 'x' is infinite", "a number", row=50))
        column 'x' is infinite in row 50 (counted from 0); expected a number
    """

    def __init__(self, got: str, expected: str | None = None, hint: str | None = None, row: int | None = None) -> None:
        super().__init__(got, expected, hint)
        self.row = row

    def __str__(self) -> str:
        row = "" if self.row is None else f" in row {self.row} (counted from 0)"
        return _sentence(self.got + row, self.expected, self.hint)


class FileError(ClearpropError, OSError):
    """A file that cannot be read or written."""


class ModelFileError(ClearpropError, ValueError):
    """A model file that is truncated, damaged, foreign or too new."""


class BusyError(ClearpropError, RuntimeError):
    """A network that is to be trained while it is being trained: by two threads at once, or by its own callback."""


class ForkedError(ClearpropError, RuntimeError):
    """Training in a forked child that began before the fork, with threads that only the parent has."""


class MissingDependencyError(ClearpropError, ImportError):
    """An optional package is needed and not installed."""


class DivergenceError(ClearpropError, ArithmeticError):
    """Training produced a loss that is NaN or infinite.

    Attributes:
        results: where several networks were trained together, each one's history or its own error; else empty.
    """

    results: tuple[object, ...] = ()


class DataWarning(UserWarning):
    """What casts doubt on the scores of a model: a column that gives the target away, rows that are sorted by it."""


def checked_integer(name: str, value: object, low: int = 1) -> int:
    """A whole number, NumPy's too, as a plain integer.

    Raises:
        InvalidValueError: if it is no integer from `low` to 2⁶³ − 1.

    Example:
        >>> checked_integer("epochs", 10, low=0)
        10
    """
    try:
        number = None if isinstance(value, bool) else index(value)  # type: ignore[arg-type]
    except TypeError:  # an array has __index__, whatever it holds
        number = None
    if number is None or not low <= number < 2**63:
        wanted = {0: "an integer ≥ 0", 1: "a positive integer"}.get(low, f"an integer ≥ {low}")
        raise InvalidValueError(f"{name} {value!r}", wanted + " below 2⁶³" * (number is not None and number >= 2**63))
    return number


def checked_choice(name: str, given: object, known: tuple[Word, ...]) -> Word:
    """A word that is among a few, as one of their type.

    Raises:
        InvalidValueError: for any other, naming them.
    """
    for word in known:
        if given == word:
            return word
    raise InvalidValueError(f"{name} {given!r}", " or ".join(map(repr, known)))


def checked_seed(seed: object) -> int:
    """A seed as a plain integer, from 0 to 2⁶³ − 1."""
    return checked_integer("seed", seed, low=0)


def listed(names: Iterable[object], most: int = 20) -> str:
    """Names in a row, the first ones if there are very many.

    Example:
        >>> listed(["x", "y", "z"], most=2)
        'x, y, … (3 in all)'
    """
    shown = [shown_name(name) for name in names]
    return ", ".join(shown[:most]) + (f", … ({len(shown)} in all)" if len(shown) > most else "")


def plural(n: object, what: str) -> str:
    """A number of things, of which there may be one; a number may be a text as it is shown.

    Example:
        >>> plural(1, "column"), plural(1200, "hidden unit"), plural(3, "class"), plural(0, "entry")
        ('1 column', '1,200 hidden units', '3 classes', '0 entries')
    """
    several = f"{what[:-1]}ies" if what.endswith("y") else f"{what}{'es' if what.endswith(('s', 'tch', 'x')) else 's'}"
    return f"{n if not isinstance(n, int) else format(n, ',')} {what if n in (1, '1') else several}"


def a_or_an(name: str) -> str:
    """A name with its article, by how it is spoken; capitals in a row are spelled out.

    Example:
        >>> ", ".join(map(a_or_an, ["int", "Dense", "Embedding", "MLPRegressor", "OneHotEncoder", "UNet", "ndarray"]))
        'an int, a Dense, an Embedding, an MLPRegressor, a OneHotEncoder, a UNet, an ndarray'
    """
    if re.match(r"[A-Z](?![a-z])", name):
        is_vowel = name[0] in "AEFHILMNORSX"
    else:
        is_vowel = re.match("nd|(?!one|eu|uint|uni[^mn]|use)[aeiou]", name.lower()) is not None
    return f"{'an' if is_vowel else 'a'} {name}"


def _spelled(name: str) -> str:
    """A name without capitals and without what stands between its words: LeakyReLU is leaky_relu."""
    return "".join(c for c in name.lower() if c.isalnum())


def unknown_name(kind: str, got: object, known: list[str], others: Iterable[str] = ()) -> UnknownNameError:
    """The error for a name that is not known, with the closest known ones as a hint.

    Args:
        kind: of what.
        got: the name.
        known: those that there are.
        others: what they may be called as well; it is not listed, and may be the hint.

    Example:
        >>> print(unknown_name("activation", "rleu", ["relu", "tanh"]))
        unknown activation 'rleu'; expected one of: relu, tanh. Hint: did you mean 'relu'?
    """
    from difflib import get_close_matches  # loaded only when something went wrong

    understood = [*known, *others]
    same = [name for name in understood if _spelled(name) == _spelled(str(got))]
    close = same or get_close_matches(str(got), understood, n=1)
    return UnknownNameError(
        f"unknown {kind} {got!r}",
        "one of: " + listed(known),
        f"did you mean {close[0]!r}?" if close else None,
    )
