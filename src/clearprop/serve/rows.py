"""JSON that a client sends: rows, and what is asked about them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from clearprop.errors import ClearpropError, InvalidValueError, TableError, listed, plural, unknown_name
from clearprop.messages import Language, checked_language
from clearprop.visible import shortened

MOST_ROWS = 10_000
_OPTIONS = ("interval", "lang", "target")
Row = dict[str, Any] | list[Any]


class MessageError(InvalidValueError):
    """A message that is no JSON, or none with rows."""


@dataclass(frozen=True)
class Question:
    """Rows, and what is wanted of them.

    Attributes:
        rows: by the names of the columns; of a plain network lists of numbers.
        interval: the share of new rows whose truth the intervals, or the sets of classes, are to hold.
        lang: of what is said in words.
        target: of a model of several targets the one to explain.
    """

    rows: list[Row]
    interval: float | None = None
    lang: Language = "en"
    target: str | None = None


def question_of(body: bytes, query: Mapping[str, str]) -> Question:
    """What a client asks.

    Args:
        body: JSON: an object of column → value, a list of them, or {"rows": […], "interval": 0.9, …}.
        query: the same options, behind the ? of the address.

    Raises:
        ClearpropError: for what is none of these.

    Example:
        >>> question_of(b'{"x": 1, "shop": null}', {"interval": "0.9"})
        Question(rows=[{'x': 1, 'shop': None}], interval=0.9, lang='en', target=None)
    """
    given, options = _read(body), dict[str, Any](query)
    if isinstance(given, dict) and isinstance(given.get("rows"), list):
        given = dict(given)
        rows = given.pop("rows")
        options |= given
    else:
        rows = [given] if isinstance(given, dict) or _is_one_of_numbers(given) else given
    for name in options:
        if name not in _OPTIONS:
            raise unknown_name("option", shortened(name), list(_OPTIONS))
    if not isinstance(rows, list):
        raise MessageError(f"a message that is {_kind(rows)}", 'an object, a list of objects, or {"rows": [...]}')
    if not rows or len(rows) > MOST_ROWS:
        raise MessageError(f"{len(rows):,} rows", f"1 … {MOST_ROWS:,} rows", "more of them in several requests")
    for i, row in enumerate(rows):
        _check(row, i)
    return Question(rows, _interval(options), checked_language(options.get("lang", "en")), _target(options))


def _read(body: bytes) -> Any:
    try:
        return json.loads(body, parse_constant=_no_number, object_pairs_hook=_once)
    except ClearpropError:
        raise
    except (ValueError, RecursionError) as error:
        why = "nested too deeply" if isinstance(error, RecursionError) else shortened(str(error))
        raise MessageError(f"a body that is no JSON ({why})", "JSON in UTF-8") from None


def _no_number(name: str) -> NoReturn:
    raise MessageError(f"{name} in the message, which JSON does not know", "a number, or null for a missing value")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        counts = Counter(name for name, _ in pairs)
        twice = next(name for name, count in counts.items() if count > 1)
        raise MessageError(f"{shortened(twice)!r} twice in one object", "each name once")
    return found


def _is_one_of_numbers(given: Any) -> bool:
    """A row of a plain network."""
    return isinstance(given, list) and bool(given) and type(given[0]) in (int, float)


def _check(row: Any, i: int) -> None:
    """A row is an object of single values, or a list of them."""
    if not isinstance(row, dict | list):
        raise TableError(f"{_kind(row)} in place of a row", "an object with a value for each column", row=i)
    cells = row.items() if isinstance(row, dict) else enumerate(row)
    for name, value in cells:
        if isinstance(value, list | dict):
            raise TableError(
                f"{_kind(value)} under {shortened(str(name))!r}", "a number, text, true, false or null", row=i
            )


def _interval(options: Mapping[str, Any]) -> float | None:
    given = options.get("interval")
    if given is None:
        return None
    try:
        if isinstance(given, bool):
            raise ValueError
        return float(given)
    except (TypeError, ValueError, OverflowError):
        raise InvalidValueError(f"interval {shortened(repr(given))}", "a share such as 0.9") from None


def _target(options: Mapping[str, Any]) -> str | None:
    given = options.get("target")
    if given is None or isinstance(given, str):
        return given
    raise InvalidValueError(f"target {shortened(repr(given))}", "the name of a column")


def _kind(value: Any) -> str:
    kinds = {dict: "an object", list: "a list", str: "text", bool: "a truth value", type(None): "null"}
    return kinds.get(type(value), "a number")


def require_numbers(rows: list[Row], n: int) -> list[list[float]]:
    """Rows of a plain network.

    Raises:
        TableError: for a row that is no list of n numbers.
    """
    for i, row in enumerate(rows):
        if isinstance(row, dict):
            raise TableError(f"an object with {listed(map(repr, row), 3)}", f"a list of {plural(n, 'number')}", row=i)
        if len(row) != n or any(type(value) not in (int, float) for value in row):
            raise TableError(
                f"{plural(len(row), 'value')}, or some that are no number", f"a list of {plural(n, 'number')}", row=i
            )
        if any(abs(value) > 1e300 for value in row):
            raise TableError("a number beyond 1e300", "a finite number", row=i)
    return rows  # type: ignore[return-value]
