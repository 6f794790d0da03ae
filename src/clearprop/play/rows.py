"""Samples that are added, changed or taken away one by one: drawn on the plane, or typed into the table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from clearprop.errors import InvalidValueError, ShapeError, checked_integer, plural
from clearprop.execute import Array
from clearprop.play.bench import Bench
from clearprop.play.scene import plain
from clearprop.play.state import LayerChoice, NetworkChoice

MOST_DRAWN = 2000  # points: as many as the plane shows
MOST_CLASSES = 10
_LARGEST = 1e9
_MOST_LISTED, _MOST_COLUMNS = 100, 20  # rows and columns of the table of samples


def edit(bench: Bench, message: Mapping[str, Any], ends: Mapping[int, tuple[float, float]]) -> None:
    """Change one sample, and learn on from there with the same parameters.

    Args:
        bench: whose samples.
        message: {"add": x, "y": y}, {"copy": row}, {"set": row, "x": x, "y": y} or {"remove": row}, where x and y of
            "set" are lists, or {"at": place, "value": number}; with "drawn": true they are points of the plane, all
            of which are learned from.
        ends: of the plane as it is shown, which drawing keeps.

    Raises:
        ClearpropError: for a sample that does not fit, or if none would be left.
    """
    asked = [name for name in ("add", "copy", "set", "remove") if name in message]
    if len(asked) != 1:
        raise InvalidValueError(f"a sample to {' and '.join(asked) or 'do nothing with'}", "add, copy, set or remove")
    X, y = bench.samples.X.copy(), columns(bench.samples.y)
    if ("add" in message or "copy" in message) and len(X) >= MOST_DRAWN:
        raise ShapeError(f"{len(X) + 1:,} samples", f"up to {MOST_DRAWN:,} that are typed or drawn")
    if "copy" in message:
        row = _place(message["copy"], len(X))
        X, y = np.vstack([X, X[row]]), np.vstack([y, y[row]])
    elif "add" in message:
        X = np.vstack([X, _row("x", message["add"], X.shape[1])])
        y = np.vstack([y, _row("y", message.get("y"), y.shape[1])])
    elif "set" in message:
        row = _place(message["set"], len(X))
        _put("x", X[row], message.get("x"))
        _put("y", y[row], message.get("y"))
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


def listed(bench: Bench, first: int, count: int) -> dict[str, Any]:
    """Some rows as a table shows them: number, part, inputs and targets; of classes the target is a class's number."""
    samples, total = bench.samples, len(bench.samples.X)
    first = max(0, min(first, total - 1))
    numbers = np.arange(first, min(total, first + min(count, _MOST_LISTED)))
    test, y = np.isin(numbers, samples.test), columns(samples.y)
    wide, k = samples.X.shape[1], y.shape[1]
    return {
        "first": first,
        "total": total,
        "inputs": list(samples.inputs[:_MOST_COLUMNS]),
        "left_out": max(0, wide - _MOST_COLUMNS),
        "targets": ["y"] if k == 1 else [f"y{j + 1}" for j in range(min(k, _MOST_COLUMNS))],
        "rows": [
            {
                "row": int(row),
                "test": bool(is_test),
                "x": plain(samples.X[row, :_MOST_COLUMNS]),
                "y": plain(y[row, :_MOST_COLUMNS]),
            }
            for row, is_test in zip(numbers, test, strict=True)
        ],
    }


def add_class(bench: Bench) -> None:
    """One more class, with a unit of its own in the last layer.

    Raises:
        ClearpropError: if there are no classes, or enough of them.
    """
    samples, choice = bench.samples, bench.state.network
    k = len(samples.classes) + 1
    if not 2 < k <= MOST_CLASSES:
        raise ShapeError(plural(k, "class"), f"2 … {MOST_CLASSES} that are drawn")
    layers = (*choice.layers[:-1], LayerChoice(k, "softmax"))
    network: NetworkChoice = replace(choice, layers=layers, loss="cross_entropy")
    names = [*samples.classes, next(str(n) for n in range(k) if str(n) not in samples.classes)]
    bench.replace_samples(samples.X, columns(samples.y), network, kind="points", classes=names, test=0.0)


def columns(y: Array) -> Array:
    """Targets as (N, k) numbers; of classes, their numbers."""
    return y.copy() if y.ndim == 2 else y[:, None].astype(np.float64)


def _put(what: str, row: Array, given: Any) -> None:
    """Change a row: to a list of numbers, or one number of it as [place, number] under "at"."""
    if isinstance(given, dict):
        place = _place(given.get("at"), len(row))
        row[place] = _row(what, [given.get("value")], 1)[0]
    elif given is not None:
        row[:] = _row(what, given, len(row))


def _row(what: str, given: Any, n: int) -> Array:
    fits = isinstance(given, list) and len(given) == n
    if not fits or not all(type(one) in (int, float) and abs(one) <= _LARGEST for one in given):
        raise InvalidValueError(f"{given!r:.40} for {what} of a sample", f"{plural(n, 'number')} between −10⁹ and 10⁹")
    return np.array(given, np.float64)


def _place(given: Any, n: int) -> int:
    row = checked_integer("row", given, low=0)
    if row >= n:
        raise InvalidValueError(f"row {row + 1}", f"1 … {n}")
    return row
