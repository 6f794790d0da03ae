"""Hashes of values and functions that are the same in every process of one version of Python.

A function's hash covers its bytecode and what that reads: constants, default arguments, the closure, globals that are
plain values, and functions of the same module. It leaves out what may differ while the function is the same: its
docstring, memory addresses, file names and line numbers, the order of a set, and variables that it assigns itself.
"""

from __future__ import annotations

import dis
from collections.abc import Iterable, Iterator
from dataclasses import fields, is_dataclass
from functools import lru_cache, partial
from hashlib import blake2b
from types import CodeType, EllipsisType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np

MAX_DEPTH = 20  # of containers within containers: what lies deeper counts by its type alone
MAX_ENTRIES = 100_000  # of a container: a larger one counts by its type and length alone
_PLAIN = (type(None), EllipsisType, bool, int, float, complex, str, bytes)
# Of immutable values Python may keep one object for two that are equal, or not: meeting an object again says nothing.
_IMMUTABLE = (*_PLAIN, tuple, frozenset)
_HASHED_GLOBALS = (*_IMMUTABLE, partial, np.ndarray, np.generic)  # types of globals that count as part of a function


def hashed(value: object) -> str:
    """The hash of a number, text, array, function, callable object or dataclass, or of a container of these.

    Any other object counts by the name of its class alone.

    Example:
        >>> hashed(lambda x: x + 1) == hashed(lambda x: x + 1) != hashed(lambda x: x + 2)
        True
    """
    return _Hasher().of(value).hex()


class _Hasher:
    """Hashes values from the hashes of their parts.

    An object that is met a second time is hashed as the number it had when it was first met, so that cycles end.
    """

    def __init__(self) -> None:
        self.depth = 0  # of the value that is being hashed, within its containers
        self.met: dict[int, tuple[int, Any]] = {}  # id → (its number, the object: kept alive so the id stays its own)

    def of(self, value: Any) -> bytes:
        """The hash of the kind of a value and of its parts."""
        found = blake2b(type(value).__qualname__.encode(), digest_size=16)
        again = self.met.get(id(value))
        if again is not None:
            found.update(str(again[0]).encode())
        elif self.depth < MAX_DEPTH:
            if not isinstance(value, _IMMUTABLE):
                self.met[id(value)] = (len(self.met), value)
            self.depth += 1
            for part in self._parts(value):
                found.update(len(part).to_bytes(8, "little") + part)
            self.depth -= 1
        return found.digest()

    def _parts(self, value: Any) -> Iterable[bytes]:
        """What the hash of a value is made of, besides its type."""
        if isinstance(value, int):
            return [hex(value).encode()]  # Python refuses to write more than 4300 decimal digits
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
        name = getattr(value, "__qualname__", getattr(value, "__name__", None))
        if isinstance(name, str):  # a class, or a function written in C; a ufunc of old NumPy has only this
            return [name.encode(), self.of(getattr(value, "__wrapped__", None))]
        if callable(value) or is_dataclass(value):
            return self._object(value, type(value).__call__)
        return []

    def _array(self, a: np.ndarray[Any, Any]) -> Iterable[bytes]:
        numbers = self.of(a.tolist()) if a.dtype.hasobject else a.tobytes()
        return [f"{a.dtype.str}{a.shape}".encode(), numbers]

    def _container(self, value: Any) -> Iterable[bytes]:
        """The hashes of the entries, sorted where their order means nothing."""
        if len(value) > MAX_ENTRIES:
            return [str(len(value)).encode()]
        if isinstance(value, dict):
            return sorted(self.of(k) + self.of(v) for k, v in value.items())
        parts = map(self.of, value)
        return parts if isinstance(value, list | tuple) else sorted(parts)

    def _function(self, function: FunctionType) -> Iterator[bytes]:
        """The hashes of a function's code, defaults and outside variables."""
        code = function.__code__
        if function.__doc__ is not None and code.co_consts[:1] == (function.__doc__,):
            code = code.replace(co_consts=(None, *code.co_consts[1:]))
        yield from map(self.of, (code, function.__defaults__, function.__kwdefaults__))
        yield from map(self.of, sorted(_outside_variables(function).items(), key=lambda named: named[0]))

    def _object(self, value: Any, called: Any) -> Iterator[bytes]:
        """The hashes of an object's class, attributes and methods.

        Attributes that `called`, the method that is to be run, assigns itself are left out: they are its working state.
        """
        cls, attributes = type(value), dict(getattr(value, "__dict__", {}))
        if is_dataclass(value):
            attributes |= {f.name: getattr(value, f.name, None) for f in fields(value)}
        assigned = _names(called.__code__, "STORE_ATTR") if isinstance(called, FunctionType) else frozenset()
        yield cls.__qualname__.encode()
        yield self.of({name: attribute for name, attribute in attributes.items() if name not in assigned})
        for base in cls.__mro__:
            methods = {name: f for name, f in vars(base).items() if name == "__call__" or not name.startswith("__")}
            yield self.of({name: f for name, f in methods.items() if isinstance(f, FunctionType)})


def _outside_variables(function: FunctionType) -> dict[str, Any]:
    """The outside variables that a function reads, by name: its closure, plain globals, functions of its module.

    Those that it also assigns are left out.
    """
    code = function.__code__
    assigned = _names(code, "STORE_GLOBAL", "STORE_DEREF")
    found = {}
    for name in _names(code, "LOAD_GLOBAL", "LOAD_NAME") & set(function.__globals__):
        value = function.__globals__[name]
        same_module = isinstance(value, FunctionType) and value.__module__ == function.__module__
        if same_module or isinstance(value, _HASHED_GLOBALS):
            found[name] = value
    for name, cell in zip(code.co_freevars, function.__closure__ or (), strict=True):
        try:
            found[name] = cell.cell_contents
        except ValueError:  # nothing in it yet
            continue
    return {name: value for name, value in found.items() if name not in assigned}


@lru_cache(maxsize=1024)
def _names(code: CodeType, *kinds: str) -> frozenset[str]:
    """The names that bytecode instructions of these kinds use, in functions defined inside the code as well."""
    found = frozenset(str(i.argval) for i in dis.get_instructions(code) if i.opname in kinds)
    return found.union(*(_names(inner, *kinds) for inner in code.co_consts if isinstance(inner, CodeType)))
