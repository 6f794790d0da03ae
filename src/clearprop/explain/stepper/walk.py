"""The walk through the graph of single numbers: one frame per cell forward, then one per cell back."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from clearprop.explain.derivation import symbol
from clearprop.explain.derivation.general import rule_name
from clearprop.explain.derivation.phrases import NOT_FINITE
from clearprop.explain.derivation.steps import without_repeats
from clearprop.explain.derivation.symbols import differentiated
from clearprop.explain.stepper import phrases as p
from clearprop.explain.stepper.cells import Cells
from clearprop.explain.stepper.circuit import Circuit, Frame, Line, Vertex
from clearprop.explain.stepper.shortcut import short_form
from clearprop.explain.stepper.signs import loss_by, sign_of, slope_of
from clearprop.explain.stepper.slopes import Slope, slopes
from clearprop.messages.language import Language, Phrase
from clearprop.present.figure.text import words
from clearprop.present.formula import Level, Math, brackets, fill, identifier, joined, level, number, parse
from clearprop.present.formula.tree import PLUS

_G = identifier("g")
_TIMES = parse(r"#1 \cdot #2")


class Walk:
    """Makes the frames of the forward and the backward pass, and fills the circuit while it goes.

    Args:
        cells: the graph.
        lang: of the words.

    Attributes:
        circuit: vertices, values and, once the frames are made, gradients.
    """

    def __init__(self, cells: Cells, lang: Language) -> None:
        self._cells, self._source, self._lang = cells, cells.source, lang
        self.circuit = Circuit(self._vertices(), dict(cells.values))
        self._consumers = self.circuit.consumers()
        self._needed = self._leading_from_parameters()
        self._last = list(cells.cells)[-1]
        self._back: dict[str, list[tuple[str, float]]] = {}  # what has come back to a vertex, and from where

    # --- the graph

    def _vertices(self) -> dict[str, Vertex]:
        parameters = self._source.values.architecture.parameters
        found: dict[str, Vertex] = {}
        for key, element in self._cells.leaves.items():
            trained = element.name in parameters and parameters[element.name].trainable
            kind = "input" if element.name == "X" else "parameter" if trained else "constant"
            found[key] = Vertex(kind, (), self._cells.symbol(key), 0)  # type: ignore[arg-type]
        for key, cell in self._cells.cells.items():
            letter = None if cell.element is None else self._cells.symbol(key)
            sign = "L" if cell.whole else sign_of(cell.node)
            found[key] = Vertex("operation", words(sign), letter, cell.layer, cell.inputs)
        return found

    def _leading_from_parameters(self) -> set[str]:
        """The vertices whose gradient is needed."""
        found: set[str] = set()
        for key, vertex in self.circuit.vertices.items():
            if vertex.kind == "parameter" or any(x in found for x in vertex.inputs):
                found.add(key)
        return found

    # --- forward

    def forward(self) -> Iterator[Frame]:
        """The sample, then every cell in the order in which it is computed."""
        has_target = self._source.values.has_target
        lines = [Line("", (symbol(name), self._source.printed(name))) for name in ("X", "y")[: 1 + has_target]]
        yield Frame(
            "start",
            p.START(self._lang),
            text=((p.START_TEXT if has_target else p.START_FORWARD)(self._lang),),
            lines=tuple(lines),
            shows=tuple(("value", key) for key in self._cells.leaves),
        )
        for key in self._cells.cells:
            yield self._forward_frame(key)

    def _forward_frame(self, key: str) -> Frame:
        cell = self._cells.cells[key]
        title, text = self._role(key)[:2]
        sides = [self._cells.symbol(key)] if cell.element else []
        sides += [self._cells.formula(key), self._cells.formula_in_numbers(key), self._cells.number(key)]
        return Frame(
            "forward",
            title(self._lang),
            self._cells.symbol(key),
            (text(self._lang),),
            (Line("", without_repeats(sides)),),
            key,
            tuple((x, key) for x in cell.inputs),
            (("value", key),),
        )

    def _role(self, key: str) -> tuple[Phrase, Phrase, Phrase]:
        """What a cell is for: its title, its words forward and backward."""
        cell = self._cells.cells[key]
        name, op = cell.element.name if cell.element else "", cell.node.op
        if name in ("L", "loss"):
            return p.LOSS, p.LOSS_TEXT, p.BACK_LOSS
        if op.name == "add":
            weighted = name.startswith("z")
            return (
                p.WEIGHTED_SUM if weighted else p.SUM,
                p.WEIGHTED_SUM_TEXT if weighted else p.SUM_TEXT,
                p.BACK_SUM,
            )
        if op.name == "multiply" and len(cell.inputs) == 2:
            weighted = any(self.circuit.vertices[x].kind == "parameter" for x in cell.inputs)
            return (
                p.PRODUCT,
                p.WEIGHTED if weighted else p.PRODUCT_TEXT,
                p.BACK_WEIGHTED if weighted else p.BACK_PRODUCT,
            )
        if name.startswith("a") and op.fused:
            return p.ACTIVATION, p.ACTIVATIONS.get(op.name, p.ACTIVATION_TEXT), p.BACK_ACTIVATION
        if op.name == "identity":
            return p.ACTIVATION, p.ACTIVATIONS["identity"], p.BACK_IDENTITY
        return p.COMPUTE, p.COMPUTE_TEXT, p.BACK_OTHER

    # --- backward

    def backward(self) -> Iterator[Frame]:
        """From the loss back: every cell, and every value that gets gradients from several."""
        last = self._last
        self.circuit.gradients[last] = 1.0
        yield Frame(
            "backward",
            p.SEED(self._lang),
            text=(p.SEED_TEXT(self._lang),),
            lines=(Line("", (self._gradient_symbol(last), self._number(1.0))),),
            at=last,
            shows=(("gradient", last),),
        )
        for key in reversed(self._cells.cells):
            if key in self._needed:
                yield self._backward_frame(key)
                yield from self._meetings(key)

    def _backward_frame(self, key: str) -> Frame:
        cell, g = self._cells.cells[key], float(self.circuit.gradients[key])
        lines = [Line(p.ARRIVES(self._lang), (_G, self._gradient_symbol(key), self._number(g)))]
        text = [self._role(key)[2](self._lang)]
        shows = []
        found = slopes(self._cells, key, self._needed)
        for slope in found:
            handed = g * slope.value + 0.0  # no −0
            lines += self._lines(key, slope, g, handed)
            shows.append(self._hand_on(key, slope.by, handed))
        text += self._remarks(cell.inputs, found, g)
        short = [line for slope in found for line in self._short_form(slope.by)]
        flow = tuple((slope.by, key) for slope in found)
        text += [p.CANCELLED(self._lang)] if short else []
        sign = "".join(run[0] for run in self.circuit.vertices[key].sign)
        title = p.BACK_THROUGH(self._lang, sign=sign)
        subject = None if cell.whole else self._cells.symbol(key)
        return Frame("backward", title, subject, tuple(text), (*lines, *short), key, flow, tuple(shows))

    def _lines(self, key: str, slope: Slope, g: float, handed: float) -> Iterator[Line]:
        """The local slope, where it is more than a number, and what is handed on: g times the slope."""
        factor, put_in = slope.formula, slope.numbers
        if not slope.single and slope.constant is None:
            factor, put_in = slope_of(self._cells.symbol(key), self._cells.symbol(slope.by)), self._number(slope.value)
            sides = [factor, slope.formula, slope.numbers, put_in]
            if key == self._last:  # g is 1, and the slope is the gradient already
                yield self._handed_on(slope.by, sides[1:])
                return
            yield Line(p.SLOPE(self._lang), without_repeats(sides))
        product = _G if slope.constant == 1.0 else fill(_TIMES, {"1": _G, "2": factor})
        if not np.isfinite(handed):
            yield self._handed_on(slope.by, [product])
        elif slope.constant == 1.0:
            yield self._handed_on(slope.by, [product, self._number(handed)])
        else:
            numbers = fill(_TIMES, {"1": self._number(g), "2": put_in})
            yield self._handed_on(slope.by, [product, numbers, self._number(handed)])

    def _handed_on(self, by: str, sides: list[Math]) -> Line:
        """What an input gets: its gradient, or a part of it."""
        left = self._gradient_symbol(by)
        if len(self._consumers[by]) > 1:
            return Line(p.PART(self._lang), without_repeats(sides), left)
        element = self._cells.element(by)
        rule = rule_name(f"d{element.name}", self._source) if element else None
        label = p.HANDED_ON(self._lang)
        label = p.BY_RULE(self._lang, label=label, rule=rule) if rule else label
        return Line(label, without_repeats([left, *sides]))

    def _hand_on(self, key: str, by: str, handed: float) -> tuple[str, str]:
        """Write down what an input gets back; a single contribution is its gradient."""
        self._back.setdefault(by, []).append((key, handed))
        if len(self._consumers[by]) > 1:
            self.circuit.contributions[by, key] = handed
            return ("contribution", f"{by}>{key}")
        self.circuit.gradients[by] = self._settled(by, handed)
        return ("gradient", by)

    def _settled(self, key: str, gradient: float) -> float:
        """The gradient; where the textbook's fractions are not finite, the trace's own, which is."""
        element = self._cells.element(key)
        if not np.isfinite(gradient) and element and f"d{element.name}" in self._source.arrays:
            gradient = float(self._source.arrays[f"d{element.name}"][element.index])
        return gradient

    def _meetings(self, key: str) -> Iterator[Frame]:
        """The inputs of a cell that have now got back everything, of several parts."""
        for x in self._cells.cells[key].inputs:
            parts = self._back.get(x, [])
            if len(parts) > 1 and len(parts) == len(self._consumers[x]):
                yield self._meeting(x, parts)

    def _meeting(self, key: str, parts: list[tuple[str, float]]) -> Frame:
        total = self._settled(key, sum(part for _, part in parts))
        self.circuit.gradients[key] = total
        terms = [self._number(part) for _, part in parts]
        terms = [terms[0], *(brackets(t) if level(t) <= Level.SUM else t for t in terms[1:])]
        short = self._short_form(key)
        return Frame(
            "backward",
            p.MEET(self._lang),
            self._cells.symbol(key),
            (p.MEET_TEXT(self._lang, n=len(parts)), *([p.CANCELLED(self._lang)] if short else [])),
            (Line("", (self._gradient_symbol(key), joined(terms, PLUS), self._number(total))), *short),
            key,
            tuple((key, consumer) for consumer, _ in parts),
            (("gradient", key),),
        )

    def _remarks(self, inputs: tuple[str, ...], found: list[Slope], g: float) -> Iterator[str]:
        names = {element.name for slope in found if (element := self._cells.element(slope.by))}
        if any(name.startswith("z") for name in names):
            yield p.DELTA(self._lang)
        if any(self.circuit.vertices[x].kind == "input" for x in inputs):
            yield p.NOT_NEEDED(self._lang)
        if not all(np.isfinite(g * slope.value) for slope in found):
            yield NOT_FINITE(self._lang)
        elif found and all(slope.value == 0 and slope.constant is None and not slope.single for slope in found):
            yield p.NO_SLOPE(self._lang)

    def _short_form(self, key: str) -> list[Line]:
        """δ[L] = a[L] − y, once δ[L] is complete."""
        element = self._cells.element(key)
        short = short_form(self._source, element) if element and key in self.circuit.gradients else None
        return [] if short is None else [Line(p.IN_SHORT(self._lang), short)]

    # --- letters and numbers

    def _gradient_symbol(self, key: str) -> Math:
        element = self._cells.element(key)
        if element is not None and differentiated(f"d{element.name}") is not None:
            return symbol(f"d{element.name}", self._source.place(element.name, element.index or ()))
        return loss_by(self._cells.symbol(key))

    def _number(self, value: float) -> Math:
        return number(value, self._source.digits)
