"""Values and functions as hashes of what they say, the same in every process.

A function is hashed by its compiled code and by what that reads: constants, default arguments, its closure, plain
globals and the functions beside it. Left out is what changes without the function being another one: addresses, the
name of its file and its lines there, the order of a set, and variables that it sets itself.
"""

from __future__ import annotations

import dis
from collections.abc import Iterable, Iterator
from dataclasses import fields, is_dataclass
from functools import partial
from hashlib import blake2b
from types import CodeType, EllipsisType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np

DEEPEST, LARGEST = 20, 100_000  # of values within values: what is beyond counts by its type alone
_PLAIN = (type(None), EllipsisType, bool, int, float, complex, str, bytes)
_SHARED = (*_PLAIN, tuple, frozenset)  # whether two that are equal are one is Python's affair
_CONSTANT = (*_SHARED, partial, np.ndarray, np.generic)  # a global that no one is likely to change


def hashed(value: object) -> str:
    """The hash of a value: a number, a text, an array, a function, a callable object, or containers of such.

    Example:
        >>> hashed(lambda x: x + 1) == hashed(lambda x: x + 1) != hashed(lambda x: x + 2)
        True
    """
    return _Hasher().of(value).hex()


class _Hasher:
    """Hashes values, each from the hashes of its parts; what refers to others and is met again counts as that alone."""

    def __init__(self) -> None:
        self.depth = 0
        self.met: dict[int, tuple[int, Any]] = {}  # id → when first, and the value, so that no other gets its id

    def of(self, value: Any) -> bytes:
        """The hash of the kind of a value and of its parts."""
        found = blake2b(type(value).__qualname__.encode(), digest_size=16)
        again = self.met.get(id(value))
        if again is not None:
            found.update(str(again[0]).encode())
        elif self.depth < DEEPEST:
            if not isinstance(value, _SHARED):
                self.met[id(value)] = (len(self.met), value)
            self.depth += 1
            for part in self._parts(value):
                found.update(len(part).to_bytes(8, "little") + part)
            self.depth -= 1
        return found.digest()

    def _parts(self, value: Any) -> Iterable[bytes]:
        if isinstance(value, int):
            return [hex(value).encode()]  # the digits of a very long one would be refused
        if isinstance(value, _PLAIN):
            return [repr(value).encode()]
        if isinstance(value, np.ndarray | np.generic):
            return self._array(np.asarray(value))
        if isinstance(value, list | tuple | set | frozenset | dict):
            return self._container(value)
        if isinstance(value, CodeType):
            return [value.co_code, *map(self.of, (value.co_names, value.co_consts))]
        if isinstance(value, FunctionType):
            return self._function(value)
        if isinstance(value, partial):
            return map(self.of, (value.func, value.args, value.keywords))
        if isinstance(value, MethodType):
            return [self.of(value.__func__), *self._object(value.__self__, value.__func__)]
        if isinstance(value, ModuleType):
            return [value.__name__.encode()]
        if hasattr(value, "__qualname__"):  # a class or a compiled function
            return [str(value.__qualname__).encode(), self.of(getattr(value, "__wrapped__", None))]
        if callable(value) or is_dataclass(value):
            return self._object(value, type(value).__call__)
        return []

    def _array(self, a: np.ndarray[Any, Any]) -> Iterable[bytes]:
        numbers = self.of(a.tolist()) if a.dtype.hasobject else a.tobytes()
        return [f"{a.dtype.str}{a.shape}".encode(), numbers]

    def _container(self, value: Any) -> Iterable[bytes]:
        if len(value) > LARGEST:
            return [str(len(value)).encode()]
        if isinstance(value, dict):
            return sorted(self.of(k) + self.of(v) for k, v in value.items())
        parts = map(self.of, value)
        return parts if isinstance(value, list | tuple) else sorted(parts)

    def _function(self, function: FunctionType) -> Iterator[bytes]:
        yield from map(self.of, (function.__code__, function.__defaults__, function.__kwdefaults__))
        yield from map(self.of, sorted(_read(function).items(), key=lambda named: named[0]))

    def _object(self, value: Any, called: Any) -> Iterator[bytes]:
        """An object by its class, what it does and what it holds, but for what the function called on it sets."""
        kind, held = type(value), dict(getattr(value, "__dict__", {}))
        if is_dataclass(value):
            held |= {f.name: getattr(value, f.name, None) for f in fields(value)}
        changed = _names(called.__code__, "STORE_ATTR") if isinstance(called, FunctionType) else set()
        yield kind.__qualname__.encode()
        yield self.of({name: each for name, each in held.items() if name not in changed})
        for each in kind.__mro__:
            does = {name: f for name, f in vars(each).items() if name == "__call__" or not name.startswith("__")}
            yield self.of({name: f for name, f in does.items() if isinstance(f, FunctionType)})


def _read(function: FunctionType) -> dict[str, Any]:
    """What a function reads from around it: its closure, plain globals, and functions of its module."""
    code = function.__code__
    changed = _names(code, "STORE_GLOBAL", "STORE_DEREF")
    found = {}
    for name in _names(code, "LOAD_GLOBAL", "LOAD_NAME") & set(function.__globals__):
        value = function.__globals__[name]
        beside = isinstance(value, FunctionType) and value.__module__ == function.__module__
        if beside or isinstance(value, _CONSTANT):
            found[name] = value
    for name, cell in zip(code.co_freevars, function.__closure__ or (), strict=True):
        try:
            found[name] = cell.cell_contents
        except ValueError:  # nothing in it yet
            continue
    return {name: value for name, value in found.items() if name not in changed}


def _names(code: CodeType, *kinds: str) -> set[str]:
    """The names in instructions of some kinds, in the functions within too."""
    found = {str(i.argval) for i in dis.get_instructions(code) if i.opname in kinds}
    return found.union(*(_names(inner, *kinds) for inner in code.co_consts if isinstance(inner, CodeType)))
