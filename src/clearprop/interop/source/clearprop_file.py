"""A network as the Python code that makes it again with clearprop, to the bit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import MISSING, fields, is_dataclass, replace
from typing import Any

from clearprop.errors import InvalidValueError
from clearprop.graph import DTYPES
from clearprop.interop.describe import describe
from clearprop.interop.source.arrays import assigned, with_base64
from clearprop.interop.source.content import Content
from clearprop.interop.source.file import comment, docstring
from clearprop.interop.source.literals import number, string
from clearprop.nn import LOSSES, ByParameter, Cuts, loss_name
from clearprop.nn.layers import WeightedSum


def clearprop_source(content: Content) -> str:
    """The file's text.

    Raises:
        InvalidValueError: for a function of the user's, which code cannot carry.
    """
    c, a = content, content.architecture
    for each in (*a.layers, a.loss):
        _require_names(describe(each), each)  # refuses what is not from here
    dtype = DTYPES[c.dtype]
    layers = [f"    {as_code(_bare(layer))}," for layer in a.layers]
    options = [f"{name}={as_code(getattr(a, name))}" for name in ("l1", "l2") if getattr(a, name)]
    loss = [] if a.loss is None else [string(loss_name(a.loss)) if loss_name(a.loss) in LOSSES else as_code(a.loss)]
    arguments = ", ".join([str(a.n_inputs), "layers", *loss, *options, f'dtype="{dtype}"'])
    lines = [docstring(c.say("source.clearprop_title"), []), "", "import numpy as np", "", "import clearprop as cp", ""]
    lines += ["layers = [", *layers, "]", f"net = cp.Network({arguments})", "", comment(c.say("source.parameters"))]
    lines += [*_parameters(c), *_data(c)]
    return with_base64("\n".join(lines) + "\n")


def _require_names(data: Any, of: Any) -> None:
    """Refuse a function of one's own: a file holds its operations, but code would have to hold its code."""
    if isinstance(data, list):
        for each in data:
            _require_names(each, of)
    elif isinstance(data, dict):
        if data.get("class") in ("RecordedActivation", "RecordedLoss"):
            raise InvalidValueError(
                f"{of!r} cannot be written as code", "layers, activations and losses of clearprop", "net.save(path) can"
            )
        _require_names(list(data.values()), of)


def _bare(layer: Any) -> Any:
    """A layer without the numbers that it started from: the file sets those of now."""
    return replace(layer, W=None, b=None) if isinstance(layer, WeightedSum) else layer


def _parameters(c: Content) -> Iterator[str]:
    for name, p in c.architecture.parameters.items():
        where = "running" if p.is_state else "parameters"
        yield assigned(f"net.{where}[{string(name)}]", c.parameters[name])


def _data(c: Content) -> Iterator[str]:
    if c.X is None:
        return
    yield from ("", comment(c.say("source.data")), assigned("X", c.X))
    if c.y is None:
        yield "print(net.predict(X))"
        return
    yield from (assigned("y", c.y), "print(net.trace(X, y).loss)")
    if c.learning_rate is not None and c.gradients:
        yield f"net.step(X, y, learning_rate={number(c.learning_rate)})"
        yield "print(net.trace(X, y).loss)"


def as_code(value: Any) -> str:
    """An object of clearprop as one writes it, with what differs from its defaults.

    Example:
        >>> import clearprop as cp
        >>> print(as_code(cp.Dense(4, cp.LeakyReLU(0.2), init=cp.Normal(0.1))))
        cp.Dense(4, cp.LeakyReLU(0.2), init=cp.Normal(0.1))
    """
    if isinstance(value, str):
        return string(value)
    if isinstance(value, bool) or value is None:
        return repr(value)
    if isinstance(value, int | float):
        return number(value)
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(as_code, value))}]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{string(str(k))}: {as_code(v)}" for k, v in value.items()) + "}"
    if isinstance(value, Cuts):  # the file sets what follows from them, to the bit
        return as_code(value.lists)
    if isinstance(value, ByParameter):
        return as_code(dict(value.items))
    if not is_dataclass(value):
        return string(str(getattr(value, "name", value)))
    plain = describe(value)
    if isinstance(plain, str):  # an activation of the library
        return string(plain)
    arguments: list[str] = []
    in_row = True  # whether all fields so far were written, so that names are not needed
    for field in sorted(fields(value), key=lambda f: bool(f.kw_only)):
        given = getattr(value, field.name)
        if field.default is not MISSING and _same(given, field.default):
            in_row = False
            continue
        by_place = in_row and not field.kw_only and len(arguments) < 2
        arguments.append(as_code(given) if by_place else f"{field.name}={as_code(given)}")
    return f"cp.{type(value).__name__}({', '.join(arguments)})"


def _same(a: Any, b: Any) -> bool:
    return type(a) is type(b) and bool(a == b)
