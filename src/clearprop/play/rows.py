"""Samples that are added, changed or taken away one by one: drawn on the plane, or typed into the table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from clearprop.errors import InvalidValueError, ShapeError, checked_integer
from clearprop.execute import Array
from clearprop.play.bench import Bench
from clearprop.play.state import LayerChoice, NetworkChoice

MOST_DRAWN = 2000  # points: as many as the plane shows
MOST_CLASSES = 10
_LARGEST = 1e9


def edit(bench: Bench, message: Mapping[str, Any], ends: Mapping[int, tuple[float, float]]) -> None:
    """Change one sample, and learn on from there with the same parameters.

    Args:
        bench: whose samples.
        message: {"add": x, "y": y}, {"set": row, "x": x, "y": y} or {"remove": row}; with "drawn": true they are
            points of the plane, all of which are learned from.
        ends: of the plane as it is shown, which drawing keeps.

    Raises:
        ClearpropError: for a sample that does not fit, or if none would be left.
    """
    X, y = bench.samples.X.copy(), columns(bench.samples.y)
    if "add" in message:
        if len(X) >= MOST_DRAWN:
            raise ShapeError(f"{len(X) + 1:,} samples", f"up to {MOST_DRAWN:,} that are typed or drawn")
        X = np.vstack([X, _row("x", message["add"], X.shape[1])])
        y = np.vstack([y, _row("y", message.get("y"), y.shape[1])])
    elif "set" in message:
        row = _place(message["set"], len(X))
        X[row] = _row("x", message.get("x", X[row].tolist()), X.shape[1])
        y[row] = _row("y", message.get("y", y[row].tolist()), y.shape[1])
    else:
        row = _place(message.get("remove"), len(X))
        if len(X) == 1:
            raise ShapeError("no sample left", "one or more to learn from")
        X, y = np.delete(X, row, 0), np.delete(y, row, 0)
    changes: dict[str, Any] = {}
    if message.get("drawn") is True:
        kept = bench.state.data.ends or tuple(ends[k] for k in sorted(ends))
        changes = {"kind": "points", "ends": [list(pair) for pair in kept]}
    if "set" not in message or changes:
        changes["test"] = 0.0  # where samples come and go, a share drawn anew would mix what was learned with the test
    bench.replace_samples(X, y, **changes)


def add_class(bench: Bench) -> None:
    """One more class, with a unit of its own in the last layer.

    Raises:
        ClearpropError: if there are no classes, or enough of them.
    """
    samples, choice = bench.samples, bench.state.network
    k = len(samples.classes) + 1
    if not 2 < k <= MOST_CLASSES:
        raise ShapeError(f"{k} classes", f"2 … {MOST_CLASSES} that are drawn")
    layers = (*choice.layers[:-1], LayerChoice(k, "softmax"))
    network: NetworkChoice = replace(choice, layers=layers, loss="cross_entropy")
    names = [*samples.classes, next(str(n) for n in range(k) if str(n) not in samples.classes)]
    bench.replace_samples(samples.X, columns(samples.y), network, kind="points", classes=names, test=0.0)


def columns(y: Array) -> Array:
    """Targets as (N, k) numbers; of classes, their numbers."""
    return y.copy() if y.ndim == 2 else y[:, None].astype(np.float64)


def _row(what: str, given: Any, n: int) -> Array:
    fits = isinstance(given, list) and len(given) == n
    if not fits or not all(type(one) in (int, float) and abs(one) <= _LARGEST for one in given):
        raise InvalidValueError(f"{given!r:.40} for {what} of a sample", f"{n} numbers between −10⁹ and 10⁹")
    return np.array(given, np.float64)


def _place(given: Any, n: int) -> int:
    row = checked_integer("row", given, low=0)
    if row >= n:
        raise InvalidValueError(f"row {row + 1}", f"1 … {n}")
    return row
