"""What a page shows, as plain data: the frame, which changes with the network, and the numbers, which change always."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

import numpy as np

from clearprop.execute import Array
from clearprop.explain.derivation.source import DerivationSource
from clearprop.explain.derivation.steps import UpdateSteps
from clearprop.explain.derivation.symbols import ElementPlace
from clearprop.graph import Name
from clearprop.nn.names import A0, LOSS, TARGET, X
from clearprop.play.bench import Bench
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


class Scene:
    """The frame and the numbers of one bench, in the language and notation of its view."""

    def __init__(self, bench: Bench) -> None:
        view, trace = bench.state.view, bench.trace()
        self.bench, self.trace = bench, trace
        self.source = DerivationSource(trace, view.convention, view.digits, bench.optimizer, view.notation)  # type: ignore[arg-type]
        self.new = UpdateSteps(self.source, "values", bench.optimizer).names

    # --- the frame

    def frame(self) -> dict[str, Any]:
        """Layers and names, in the order in which they are computed."""
        bench, architecture = self.bench, self.bench.network.architecture
        return {
            "layers": [asdict(layer) for layer in bench.state.network.layers],
            "inputs": list(bench.samples.inputs),
            "classes": list(bench.samples.classes),
            "rows": [len(bench.samples.train), len(bench.samples.test)],
            "typed": bench.samples.is_typed,
            "depth": architecture.depth,
            "parameters": list(bench.network.parameters),
            "values": [self._named(name, phase) for name, phase in self._in_order()],
            "said": [message(self._lang) for message in bench.said],
        }

    @property
    def _lang(self) -> Any:
        return self.bench.state.view.lang

    def _in_order(self) -> Iterator[tuple[Name, str]]:
        """Every value of one step with the phase that it belongs to: what is given, forward, backward, update."""
        yield from ((name, "given") for name in (X, TARGET))
        yield from ((p.name, "given") for p in self.bench.network.architecture.parameters.values())
        yield from ((name, "forward") for name in self.trace.forward_names if name != A0)
        yield from ((name, "backward") for name in self.trace.backward_names)
        yield from ((name, "update") for name in self.new)

    def _named(self, name: Name, phase: str) -> dict[str, Any]:
        source, shape = self.source, self._array(name).shape
        of_samples = source.belongs_to_samples(name)
        units = shape[1:] if of_samples else shape
        symbol = source.symbol(name)
        found: dict[str, Any] = {
            "name": str(name),
            "of": str(name.root) if name.role != "value" and name.of is not None else "",
            "role": name.role,
            "letter": name.letter,
            "layer": 0 if name == X else name.layer,
            "phase": phase,
            "samples": of_samples,
            "shape": list(units),
            "text": to_text(symbol),
            "mathml": to_mathml(symbol),
        }
        if 0 < int(np.prod(units)) <= _MOST_ELEMENTS and units:
            found["elements"] = self._elements(name, units)
        return found

    def _elements(self, name: Name, units: tuple[int, ...]) -> Any:
        """Each element's symbol as text, in an array of the value's own shape."""

        def said(index: tuple[int, ...]) -> str:
            below = tuple(k + 1 for k in index)
            turned = self.source.column and len(below) == 2
            return to_text(self.source.symbol(name, ElementPlace(below[::-1] if turned else below)))

        if len(units) == 1:
            return [said((j,)) for j in range(units[0])]
        return [[said((i, j)) for j in range(units[1])] for i in range(units[0])]

    def _array(self, name: Name) -> Array:
        return self.source.arrays[name]

    # --- the numbers

    def numbers(self) -> dict[str, Any]:
        """Every value of the step that comes next; of samples' values those of the rows that are sent."""
        arrays = {name: self._array(name) for name, _ in self._in_order()}
        return self._sent(arrays)

    def _sent(self, arrays: Mapping[Name, Array]) -> dict[str, Any]:
        n, row = self.trace.samples, self.row
        sent = list(range(n)) if n <= _MOST_ROWS else [row]
        found = {str(name): plain(a[sent] if self.source.belongs_to_samples(name) else a) for name, a in arrays.items()}
        return {"batch": self.bench.rows[:200].tolist(), "size": n, "row": row, "sent": sent, "values": found}

    @property
    def row(self) -> int:
        """Of the batch, the sample whose numbers stand at the neurons."""
        return min(max(0, self.bench.state.view.row), self.trace.samples - 1)


def quick_numbers(bench: Bench) -> dict[str, Any]:
    """The numbers while it trains: those of the next step, without its update."""
    trace, row = bench.trace(), min(max(0, bench.state.view.row), bench.trace().samples - 1)
    sent = list(range(trace.samples)) if trace.samples <= _MOST_ROWS else [row]
    values: dict[str, Any] = {X: plain(trace.a[0][sent])}
    values |= {str(name): plain(a) for name, a in trace.parameters.items()}
    for name in trace:
        array = np.asarray(trace[name])
        of_samples = name.role == "value" or (name.of is not None and name.of.role == "value")
        values[str(name)] = plain(array[sent] if of_samples and array.ndim == 2 else array)
    values[LOSS] = plain(trace.loss)
    return {"batch": bench.rows[:200].tolist(), "size": trace.samples, "row": row, "sent": sent, "values": values}
