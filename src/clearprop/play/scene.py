"""What a page shows, as plain data: the frame, which changes with the network, and the numbers, which change always."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import numpy as np

from clearprop.execute import Array
from clearprop.explain import Trace
from clearprop.explain.derivation.symbols import ElementPlace, symbol
from clearprop.graph import Name
from clearprop.nn.names import A0, LOSS, TARGET, X
from clearprop.play.bench import Bench
from clearprop.play.presets import PRESETS
from clearprop.present.formula import to_mathml, to_text

_MOST_ROWS = 8  # of a batch whose numbers are all sent; of a larger one those of the chosen sample
_MOST_ELEMENTS = 600  # of a value whose elements are named one by one


def plain(array: Any) -> Any:
    """Numbers for JSON: nested lists; what is not finite as the text "NaN", "Infinity", "-Infinity".

    Example:
        >>> plain(np.array([1.0, -np.inf]))
        [1.0, '-Infinity']
    """
    found = np.asarray(array)
    if found.dtype.kind in "iub" or np.isfinite(found).all():
        return found.tolist()
    return [plain(one) for one in found] if found.ndim else _WORDS[str(float(found))]


_WORDS = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}


def of_samples(name: Name) -> bool:
    """Whether a value has a row for each sample, as parameters and their gradients do not."""
    root = name.of if name.role == "gradient" and name.of is not None else name
    return name in (X, TARGET) or root.role == "value"


# --- the frame


def frame(bench: Bench) -> dict[str, Any]:
    """Layers and names, in the order in which they are computed; symbols in the notation of the view."""
    return {
        "layers": [asdict(layer) for layer in bench.state.network.layers],
        "inputs": list(bench.samples.inputs),
        "classes": list(bench.samples.classes),
        "rows": [len(bench.samples.train), len(bench.samples.test)],
        "typed": bench.samples.is_typed,
        "depth": bench.network.depth,
        "parameters": list(bench.network.parameters),
        "values": [_named(bench, name, phase) for name, phase in _in_order(bench)],
        "said": [message(bench.lang) for message in bench.said],
        "table": _table(bench),
        "drawn": _drawn(bench),
    }


def _drawn(bench: Bench) -> list[str]:
    """The fields of the data that say how the samples are drawn."""
    data = bench.state.data
    if data.kind == "table":
        return ["test", "seed"]
    preset = PRESETS[data.name] if data.kind == "preset" else None
    if preset is None or not preset.rows:
        return ["test"] if len(bench.samples.X) > 9 else []
    return ["rows", *(["noise"] if preset.noise else []), "test", "seed"]


def _table(bench: Bench) -> dict[str, Any] | None:
    """Of a table: its columns, which of them is the target, and what became of each."""
    samples = bench.samples
    if not samples.names:
        return None
    columns = [[name, kind(bench.lang), made(bench.lang)] for name, kind, made in samples.columns]
    return {"names": list(samples.names), "target": samples.target, "columns": columns, "named": samples.named}


def _in_order(bench: Bench) -> Iterator[tuple[Name, str]]:
    """Every value of one step with the phase that it belongs to: what is given, forward, backward, update."""
    trace = bench.trace()
    yield from ((name, "given") for name in (X, TARGET))
    yield from ((p.name, "given") for p in bench.network.architecture.parameters.values())
    yield from ((name, "forward") for name in trace.forward_names if name != A0)
    yield from ((name, "backward") for name in trace.backward_names)
    yield from ((name, "update") for name in bench.update.names)


def _named(bench: Bench, name: Name, phase: str) -> dict[str, Any]:
    view, shape = bench.state.view, np.shape(_array(bench, bench.trace(), name))
    units = shape[1:] if of_samples(name) else shape
    shown = symbol(name, notation=view.notation)  # type: ignore[arg-type]  # the view was checked
    found: dict[str, Any] = {
        "name": str(name),
        "of": str(name.root) if name.role != "value" and name.of is not None else "",
        "role": name.role,
        "letter": name.letter,
        "layer": 0 if name == X else name.layer,
        "phase": phase,
        "samples": of_samples(name),
        "shape": list(units),
        "text": to_text(shown),
        "mathml": to_mathml(shown),
    }
    if units and 0 < int(np.prod(units)) <= _MOST_ELEMENTS:
        found["elements"] = _elements(bench, name, units)
    return found


def _elements(bench: Bench, name: Name, units: tuple[int, ...]) -> Any:
    """Each element's symbol as text, in lists of the value's own shape."""
    if len(units) == 1:
        return [_element(bench, name, j) for j in range(units[0])]
    return [[_element(bench, name, i, j) for j in range(units[1])] for i in range(units[0])]


def _element(bench: Bench, name: Name, *index: int) -> str:
    view, below = bench.state.view, tuple(k + 1 for k in index)
    turned = view.convention == "column" and len(below) == 2
    place = ElementPlace(below[::-1] if turned else below)
    return to_text(symbol(name, place, view.notation))  # type: ignore[arg-type]


def activation_symbol(bench: Bench, layer: int, unit: int) -> str:
    """The symbol of a unit's activation, as text.

    Example:
        >>> activation_symbol(Bench(PRESETS["xor"].state("xor")), 1, 2)
        'a[1]₃'
    """
    return _element(bench, Name.value("a", layer), unit)


# --- the numbers


def numbers(bench: Bench, *, update: bool = True) -> dict[str, Any]:
    """Every value of the step that comes next; of samples' values those of the rows that are sent.

    Args:
        bench: whose step.
        update: whether the new parameters are among them; while it trains nobody looks at them.
    """
    trace = bench.trace()
    n, row = trace.samples, bench.row
    sent = list(range(n)) if n <= _MOST_ROWS else [row]
    values: dict[str, Any] = {}
    for name, phase in _in_order(bench):
        if update or phase != "update":
            array = _array(bench, trace, name)
            values[str(name)] = plain(array[sent] if of_samples(name) else array)
    return {"batch": bench.rows[:200].tolist(), "size": n, "row": row, "sent": sent, "values": values}


def _array(bench: Bench, trace: Trace, name: Name) -> Array:
    if name == X:
        return trace[A0]
    if name == TARGET:
        return bench.shown_targets()
    if name == LOSS:
        return np.asarray(trace.loss)
    if name in trace.parameters:
        return trace.parameters[name]
    return trace[name] if name in trace else bench.update.values(trace)[name]
