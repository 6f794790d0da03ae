"""Each named value of a run as a step: its formula, the numbers put in, the result, and its elements on request."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

import numpy as np

from clearprop.explain.derivation import phrases as p
from clearprop.explain.derivation.document import Equation, Step
from clearprop.explain.derivation.elements import Index, indices, largest
from clearprop.explain.derivation.general import rule_of
from clearprop.explain.derivation.source import Source, is_printable
from clearprop.explain.derivation.symbols import symbol
from clearprop.explain.derivation.writer import Writer
from clearprop.explain.language import Language
from clearprop.explain.math import Math, identifier
from clearprop.graph import Node, variable

Detail = Literal["formulas", "values", "elements"]
MOST_ELEMENTS = 24  # that are written out of one value
_SAMPLE_ELEMENTS = 2  # of a value that is too large to print


class Steps:
    """Makes the steps of one derivation.

    Args:
        source: graph, numbers and writers.
        lang: of the words.
        detail: "formulas", "values" (numbers put in) or "elements" (every element, too).
    """

    def __init__(self, source: Source, lang: Language, detail: Detail) -> None:
        self._source, self._lang, self.detail = source, lang, detail
        self._defined: set[str] = set()  # fused ops whose meaning has been said
        self._told: set[str] = set()  # shared values that have been written out

    def of(self, name: str, heading: str, notes: Iterable[str] = ()) -> Iterator[Step]:
        """The step of a value, after those of the shared values that it needs."""
        node = self._source.node(name)
        for letter in self._source.needed(node):
            if letter not in self._told:
                self._told.add(letter)
                yield self._step(letter, self._source.node(letter), p.SHARED(self._lang), [])
        yield self._step(name, node, heading, list(notes))

    def given(self, name: str, heading: str) -> Step:
        """A value that is not computed: the input, the target."""
        sides: list[Math] = [symbol(name)]
        notes: list[str] = []
        if not is_printable(self._source.arrays[name].shape):
            notes.append(p.LARGE(self._lang))
        elif self.detail != "formulas":
            sides.append(self._source.printed(name))
        return Step(name, heading, (tuple(sides),), tuple(notes))

    def given_element(self, name: str, index: Index) -> Equation:
        """One element of a value that is not computed."""
        return self._source.element_symbol(name, index), self._source.matrix(self._source.arrays[name][index])

    def _step(self, name: str, node: Node, heading: str, notes: list[str]) -> Step:
        source = self._source
        equations: list[Equation] = list(rule_of(name, source))
        main: list[Math] = [symbol(name), source.symbols.formula(node)]
        shown = self.detail != "formulas"
        if shown and not source.is_finite(name):
            notes.append(p.NOT_FINITE(self._lang))
            shown = False
            main += [source.printed(name)] if source.is_small(node) and np.isfinite(source.arrays[name]).all() else []
        elif shown and source.is_small(node):
            main += [source.numbers.formula(node), source.printed(name)]
        elif shown:
            notes.append(p.LARGE(self._lang))
        equations.append(without_repeats(main))
        equations += self._definitions(node)
        if shown:
            elements, left = self._elements(name, node)
            equations += [element for element in elements if element not in equations]
            notes += [p.MORE(self._lang, count=f"{left:,}")] if left else []
        return Step(name, heading, tuple(equations), tuple(notes))

    # --- what the fused ops in a formula mean

    def _definitions(self, node: Node) -> Iterator[Equation]:
        for x in [node, *self._source.inner(node)]:
            op = x.op
            if op.definition is None or op.name in self._defined or op.kind == "product":
                continue
            self._defined.add(op.name)
            inputs = [variable(letter, i.shape, i.dtype) for letter, i in zip("xyuvw", x.inputs, strict=False)]
            meaning = op.definition(*inputs, **x.attrs)
            writer = Writer(_own_name, samples=1, digits=self._source.digits)
            sides = without_repeats([writer.formula(op(*inputs, **x.attrs)), writer.formula(meaning)])
            if len(sides) > 1:
                yield sides

    # --- single elements

    def _elements(self, name: str, node: Node) -> tuple[list[Equation], int]:
        """Equations of single elements, and how many are left out."""
        array = self._source.arrays[name]
        everything = self.detail == "elements"
        if not everything and self._source.is_small(node):
            return [], 0
        chosen = indices(array.shape)
        if len(chosen) > (MOST_ELEMENTS if everything else _SAMPLE_ELEMENTS):
            chosen = largest(array, MOST_ELEMENTS if everything else _SAMPLE_ELEMENTS)
        return [self.element(name, index) for index in chosen], array.size - len(chosen)

    def element(self, name: str, index: Index) -> Equation:
        """One element: its formula, the numbers put in, the result."""
        source = self._source
        scalar = source.elements.written_out(source.node(name), index)
        value = source.arrays[name][index]
        sides = [source.element_symbol(name, index), source.element_symbols.formula(scalar)]
        if source.is_finite(name):
            sides.append(source.element_numbers.formula(scalar))
        if np.isfinite(value):
            sides.append(source.matrix(value))
        return without_repeats(sides)


def _own_name(node: Node) -> Math | None:
    return identifier(str(node.name)) if node.op.name == "variable" else None


def without_repeats(sides: list[Math]) -> Equation:
    """The sides of an equation, none of them twice in a row."""
    out: list[Math] = []
    for side in sides:
        if not out or out[-1] != side:
            out.append(side)
    return tuple(out)
