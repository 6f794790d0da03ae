"""Records out of plain data in files, which anyone may have written: each value is held to the type of its field."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from functools import cache
from types import NoneType
from typing import Annotated, Any, TypeVar, cast, get_args, get_origin, get_type_hints

from clearprop.errors import InvalidValueError, plural

T = TypeVar("T")


def record(kind: type[T], data: Mapping[str, Any]) -> T:
    """A dataclass from its fields as plain data; a field that has a default may be absent.

    A field of type `Annotated[float, positive]` is a number for which `positive` gives what stands in the record; one
    of type `Annotated[tuple[str, ...], UpTo(9, "names")]` is a list of so many items at most.

    Raises:
        KeyError, TypeError, ValueError: for data that is no such record.

    Example:
        >>> from dataclasses import dataclass
        >>> @dataclass(frozen=True)
        ... class Step:
        ...     name: str
        ...     sizes: tuple[Annotated[float, positive], ...] = ()
        >>> record(Step, {"name": "first", "sizes": [1, 2.5]})
        Step(name='first', sizes=(1.0, 2.5))
    """
    types, optional = _fields_of(cast(Any, kind))
    return kind(**{name: _read(types[name], data[name]) for name in types if name in data or name not in optional})


@cache
def _fields_of(kind: Any) -> tuple[dict[str, Any], set[str]]:
    """The types of a dataclass's fields, and the names of those that have a default."""
    types, every = get_type_hints(kind, include_extras=True), fields(kind)
    optional = {one.name for one in every if one.default is not MISSING or one.default_factory is not MISSING}
    return {one.name: types[one.name] for one in every}, optional


def _read(kind: Any, value: Any) -> Any:
    """A value as the type of its field."""
    origin, inner = get_origin(kind), get_args(kind)
    if origin is Annotated:
        rule = inner[1]
        return _read(inner[0], rule.held(value)) if isinstance(rule, UpTo) else rule(_read(inner[0], value))
    if origin is tuple and inner[-1] is ...:
        items = _listed(value)
        return tuple(map(finite, items) if inner[0] is float else (_read(inner[0], one) for one in items))
    if origin is tuple:
        if len(_listed(value)) != len(inner):
            raise ValueError(f"{plural(len(inner), 'value')} expected, not {len(value):,}")
        return tuple(_read(one, item) for one, item in zip(inner, _listed(value), strict=True))
    if origin is dict:
        return {_read(inner[0], name): _read(inner[1], one) for name, one in exactly(dict, value).items()}
    if inner:  # one of several types
        fitting = type(value) if type(value) in inner else next(one for one in inner if one is not NoneType)
        return _read(fitting, value)
    if kind is NoneType:
        return None
    if kind is Any:  # looked at by whoever takes it out
        return value
    if kind is float:
        return finite(value)
    return record(cast(Any, kind), value) if is_dataclass(kind) else exactly(kind, value)


@dataclass(frozen=True)
class UpTo:
    """How long a list may be, or how much may be named: held before any item is read, so that a far longer one is
    refused at once.

    Attributes:
        most: items.
        what: they are called.
        in_all: numbers, in a list of rows.
    """

    most: int
    what: str
    in_all: int | None = None

    def held(self, value: Any) -> Any:
        """The list, or what is named, if it is no longer."""
        items = value if type(value) is dict else _listed(value)
        if len(items) > self.most:
            raise InvalidValueError(f"{len(items):,} {self.what}", f"up to {self.most:,}")
        if self.in_all is not None and (n := sum(map(len, map(_listed, items)))) > self.in_all:
            raise InvalidValueError(f"{n:,} numbers in {self.what}", f"up to {self.in_all:,}")
        return items


def _listed(value: Any) -> Any:
    return value if type(value) is tuple else exactly(list, value)


def exactly(kind: type[T], value: Any) -> T:
    """A value, if it is of that very type: True is no integer, and "false" no truth value."""
    if type(value) is not kind:
        raise TypeError(f"{kind.__name__} expected, not {value!r:.40}")
    return value


def texts(value: Any) -> tuple[str, ...]:
    """A list of texts."""
    return tuple(exactly(str, item) for item in exactly(list, value))


def finite(value: Any) -> float:
    """A number, if it is one and finite."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= sys.float_info.max:
        raise ValueError(f"a finite number expected, not {value!r:.40}")
    return float(value)


def positive(value: Any) -> float:
    """A number above 0."""
    if finite(value) <= 0:
        raise ValueError(f"a number above 0 expected, not {value!r:.40}")
    return float(value)


def row_count(value: Any) -> int:
    """A number of rows that a table can have."""
    if not 0 <= exactly(int, value) < 2**53:
        raise ValueError("a number of rows that no table has")
    return int(value)


Positive = Annotated[float, positive]
RowCount = Annotated[int, row_count]
