"""The walk through the graph of single numbers: a frame per cell forward, one per cell back, one per parameter."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from clearprop.explain.derivation.arrange import is_sum
from clearprop.explain.derivation.general import rule_name
from clearprop.explain.derivation.steps import without_repeats
from clearprop.explain.signs import loss_by, sign_of, slope_of
from clearprop.explain.stepper.cells import Cells
from clearprop.explain.stepper.circuit import CaptionedEquation, Circuit, Frame, Vertex
from clearprop.explain.stepper.elementwise import short_form, update_frames
from clearprop.explain.stepper.shared import leaf_vertex, seed_frame, start_frame
from clearprop.explain.stepper.slopes import LocalSlope, slopes
from clearprop.graph.node import is_alias
from clearprop.messages import Message, has_words
from clearprop.nn.names import LOSS, TARGET, X
from clearprop.present.figure.text import text_runs
from clearprop.present.formula import Level, Math, brackets, fill, identifier, joined, level, number, parse
from clearprop.present.formula.tree import PLUS
from clearprop.train import Optimizer

_G = identifier("g")
_TIMES = parse(r"#1 \cdot #2")


class Walk:
    """Makes the frames of a walk through single numbers, and fills the circuit while it goes.

    Args:
        cells: the graph.
        optimizer: whose update is shown.

    Attributes:
        circuit: vertices, values and, once the frames are made, gradients and new values.
    """

    def __init__(self, cells: Cells, optimizer: Optimizer) -> None:
        self._cells, self._source, self._optimizer = cells, cells.source, optimizer
        vertices = {key: leaf_vertex(leaf.name, cells.symbol(key), cells.source) for key, leaf in cells.leaves.items()}
        needed = {key for key, vertex in vertices.items() if vertex.kind == "parameter"}
        for key, cell in cells.cells.items():
            letter = None if cell.element is None else cells.symbol(key)
            sign = "L" if cell.whole else sign_of(cell.node)
            vertices[key] = Vertex("operation", text_runs(sign), letter, cell.layer, cell.inputs)
            if needed.intersection(cell.inputs):
                needed.add(key)
        self.circuit = Circuit(vertices, dict(cells.values), by=cells.source.by)
        self._consumers = self.circuit.consumers()
        self._back: dict[str, list[tuple[str, float]]] = {}  # what has come back to a vertex, and from where
        self._needed = needed  # the vertices whose gradient is needed: parameters, and what depends on them

    def frames(self) -> Iterator[Frame]:
        """The sample; every cell as it is computed; back again, if there is a target; every parameter's step."""
        has_target = self._source.values.has_target
        given = [(self._source.symbol(name), self._source.printed(name)) for name in (X, TARGET)[: 1 + has_target]]
        yield start_frame(self.circuit, given, has_target)
        for key in self._cells.cells:
            yield self._forward_frame(key)
        if has_target:
            self.circuit.gradients[LOSS] = 1.0
            yield seed_frame(self._source)
            for key in reversed(self._cells.cells):
                if key in self._needed:
                    yield self._backward_frame(key)
                    yield from self._meetings(key)
            yield from update_frames(self._cells, self.circuit, self._optimizer)

    # --- forward

    def _forward_frame(self, key: str) -> Frame:
        cells, cell = self._cells, self._cells.cells[key]
        title, text, _ = self._role(key)
        sides = [cells.symbol(key)] if cell.element else []
        sides += [cells.formula(key), cells.formula_in_numbers(key), cells.number(key)]
        line, flow = CaptionedEquation("", without_repeats(sides)), tuple((x, key) for x in cell.inputs)
        words = Message(title), cells.symbol(key), (Message(text),)
        return Frame("forward", *words, (line,), key, flow, (("value", key),))

    def _role(self, key: str) -> tuple[str, str, str]:
        """What a cell is for: the keys of its title, and of what is said of it forward and backward."""
        cell = self._cells.cells[key]
        name, op = cell.element.name if cell.element else None, cell.node.op
        letter = "" if name is None or name.role != "value" else name.letter
        if name is not None and name.role == "loss":
            return "stepper.loss", "stepper.loss_text", "stepper.back_loss"
        if is_sum(cell.node):
            if letter == "z":
                return "stepper.weighted_sum", "stepper.weighted_sum_text", "stepper.back_sum"
            return "stepper.sum", "stepper.sum_text", "stepper.back_sum"
        if set(op.factors) == {1} and len(cell.inputs) == 2:
            if any(self.circuit.vertices[x].kind == "parameter" for x in cell.inputs):
                return "stepper.product", "stepper.weighted", "stepper.back_weighted"
            return "stepper.product", "stepper.product_text", "stepper.back_product"
        if letter == "a" and op.fused:
            known = f"stepper.activations.{op.name}"
            text = known if has_words(known) else "stepper.activation_text"
            return "stepper.activation", text, "stepper.back_activation"
        if is_alias(cell.node):
            return "stepper.activation", "stepper.activations.identity", "stepper.back_identity"
        return "stepper.compute", "stepper.compute_text", "stepper.back_other"

    # --- backward

    def _backward_frame(self, key: str) -> Frame:
        cell, g = self._cells.cells[key], float(self.circuit.gradients[key])
        lines = [CaptionedEquation(Message("stepper.arrives"), (_G, self._gradient_symbol(key), self._number(g)))]
        short: list[CaptionedEquation] = []
        shows: list[tuple[str, str]] = []
        found = slopes(self._cells, key, self._needed)
        for slope in found:
            handed = g * slope.value + 0.0  # no −0
            lines += self._lines(key, slope, g, handed)
            shows.append(self._hand_on(key, slope.by, handed))
            short += self._short_form(slope.by)
        text = [Message(self._role(key)[2]), *self._remarks(cell.inputs, found, g)]
        text += [Message("stepper.cancelled")] if short else []
        title = Message("stepper.back_through", sign="".join(run[0] for run in self.circuit.vertices[key].sign))
        subject = None if cell.whole else self._cells.symbol(key)
        flow = tuple((slope.by, key) for slope in found)
        return Frame("backward", title, subject, tuple(text), (*lines, *short), key, flow, tuple(shows))

    def _lines(self, key: str, slope: LocalSlope, g: float, handed: float) -> Iterator[CaptionedEquation]:
        """The local slope, where it is more than a number, and what is handed on: g times the slope."""
        factor, put_in = slope.formula, slope.numbers
        if not slope.single and slope.constant is None:
            factor, put_in = slope_of(self._cells.symbol(key), self._cells.symbol(slope.by)), self._number(slope.value)
            sides = [factor, slope.formula, slope.numbers, put_in]
            if key == LOSS:  # g is 1, and the slope is the gradient already
                yield self._handed_on(slope.by, sides[1:])
                return
            yield CaptionedEquation(Message("stepper.slope"), without_repeats(sides))
        result = self._number(handed)
        if slope.constant == 1.0:
            sides = [_G, result]
        else:
            sides = [fill(_TIMES, {"1": _G, "2": factor}), fill(_TIMES, {"1": self._number(g), "2": put_in}), result]
        yield self._handed_on(slope.by, sides if np.isfinite(handed) else sides[:1])

    def _handed_on(self, by: str, sides: list[Math]) -> CaptionedEquation:
        """What an input gets: its gradient, or a part of it."""
        left = self._gradient_symbol(by)
        if len(self._consumers[by]) > 1:
            return CaptionedEquation(Message("stepper.part"), without_repeats(sides), left)
        element = self._cells.element(by)
        rule = rule_name(element.name.gradient, self._source) if element else None
        label = Message("stepper.handed_on")
        label = Message("stepper.by_rule", label=label, rule=rule) if rule else label
        return CaptionedEquation(label, without_repeats([left, *sides]))

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
        if not np.isfinite(gradient) and element and element.name.gradient in self._source.arrays:
            gradient = float(self._source.arrays[element.name.gradient][element.index])
        return gradient

    def _meetings(self, key: str) -> Iterator[Frame]:
        """The inputs of a cell that have now got back everything, of several parts."""
        for x in self._cells.cells[key].inputs:
            parts = self._back.get(x, [])
            if len(parts) > 1 and len(parts) == len(self._consumers[x]):
                yield self._meeting(x, parts)

    def _meeting(self, key: str, parts: list[tuple[str, float]]) -> Frame:
        """What a value gets back along each of its edges adds up to its gradient."""
        total = self._settled(key, sum(part for _, part in parts))
        self.circuit.gradients[key] = total
        terms = [self._number(part) for _, part in parts]
        terms = [terms[0], *(brackets(t) if level(t) <= Level.SUM else t for t in terms[1:])]
        line = CaptionedEquation("", (self._gradient_symbol(key), joined(terms, PLUS), self._number(total)))
        short = self._short_form(key)
        text = (Message("stepper.meet_text", n=len(parts)), *([Message("stepper.cancelled")] if short else []))
        words = Message("stepper.meet"), self._cells.symbol(key), text
        flow = tuple((key, consumer) for consumer, _ in parts)
        return Frame("backward", *words, (line, *short), key, flow, (("gradient", key),))

    def _remarks(self, inputs: tuple[str, ...], found: list[LocalSlope], g: float) -> Iterator[Message]:
        names = {element.name for slope in found if (element := self._cells.element(slope.by))}
        if any(name.role == "value" and name.letter == "z" for name in names):
            yield Message("stepper.dz" if self._source.notation == "d" else "stepper.delta")
        if any(self.circuit.vertices[x].kind == "input" for x in inputs):
            yield Message("stepper.not_needed")
        if not all(np.isfinite(g * slope.value) for slope in found):
            yield Message("derivation.not_finite")
        elif found and all(slope.value == 0 and slope.constant is None and not slope.single for slope in found):
            yield Message("stepper.no_slope")

    def _short_form(self, key: str) -> list[CaptionedEquation]:
        """δ[L] = a[L] − y, once δ[L] is complete."""
        element = self._cells.element(key)
        short = short_form(self._source, element) if element and key in self.circuit.gradients else None
        return [] if short is None else [CaptionedEquation(Message("stepper.in_short"), short)]

    # --- letters and numbers

    def _gradient_symbol(self, key: str) -> Math:
        element = self._cells.element(key)
        if element is not None:
            return self._source.symbol(element.name.gradient, self._source.place(element.name, element.index or ()))
        return loss_by(self._cells.symbol(key))

    def _number(self, value: float) -> Math:
        return number(value, self._source.digits)
