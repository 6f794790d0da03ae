"""Three representations of one network: circles and lines, sums written out, matrices. They say the same."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from clearprop.cached import cached_property
from clearprop.errors import checked_choice
from clearprop.execute import Array
from clearprop.explain.derivation.elements import indices
from clearprop.explain.derivation.source import DerivationSource
from clearprop.explain.derivation.steps import part, step
from clearprop.explain.derivation.symbols import NOTATIONS, Notation
from clearprop.explain.derivation.titles import title
from clearprop.explain.picture.circles import draw_circles
from clearprop.explain.values import Values
from clearprop.graph import Name
from clearprop.messages import Language, Message, checked_language
from clearprop.nn import CONVENTIONS, Architecture, Convention
from clearprop.nn.names import A0, LOSS
from clearprop.present.document import Document, Equation, Figure, Section
from clearprop.present.figure.scene import Picture
from clearprop.present.formula import is_printable
from clearprop.present.writers import notebook_of, page_of, text_of

_ALL, _SOME = 8, 2  # units of a layer that are written out: all of a small one, some of a large one


@dataclass(frozen=True)
class Representations:
    """A network as circles and lines, as sums, and as matrices.

    Attributes:
        values: the network on some samples.
        lang: of the words.
        convention: "row" or "column".
        notation: "delta" or "d", which calls the output ŷ.
    """

    values: Values
    lang: Language = "en"
    convention: str = "row"
    notation: Notation = "delta"

    @cached_property
    def document(self) -> Document:
        """Sums and matrices, section by section."""
        line = Message("representations.row" if self._source.column else "representations.column")
        as_matrices = Message("representations.matrices_intro", line=line)
        sums = part("representations.sums", [Message("representations.sums_intro")], self._sums())
        matrices = part("representations.matrices", [as_matrices], self._matrices())
        return Document(Message("representations.title"), (sums, matrices))

    @cached_property
    def circles(self) -> Picture:
        """Neurons as circles, weights as lines."""
        return draw_circles(self.values, self.lang, notation=self.notation, of_run=False)

    @cached_property
    def _source(self) -> DerivationSource:
        convention: Convention = "column" if self.convention == "column" else "row"
        return DerivationSource(self.values, convention, notation=self.notation)

    @cached_property
    def _names(self) -> dict[Name, Name]:
        """The values of the layers, and before each what else its formula names, with the value that needs it first."""
        found: dict[Name, Name] = {}
        for name in self.values.forward_names:
            if name not in (A0, LOSS):
                for shared in self._source.needed(self._source.node(name)):
                    found.setdefault(shared, name)
                found[name] = name
        return found

    def _heading(self, name: Name) -> Message:
        said = title(self._names[name], self._source)
        return Message("derivation.shared", of=said) if name in self._source.auxiliary else said

    def _sums(self) -> Iterator[Section]:
        for name in self._names:
            node, elements = self._source.node(name), self._source.elements
            unknown = elements.cannot_write(node) or elements.chosen_by_data(node)
            if unknown:
                yield step(name, self._heading(name), (), [Message("derivation.no_elements", op=unknown)])
                continue
            units = indices(self._source.arrays[name].shape[1:])
            shown = units if len(units) <= _ALL else units[:_SOME]
            equations = [self._sum(name, (0, *index)) for index in shown]
            left = len(units) - len(equations)
            notes = [Message("representations.more", n=left)] if left else []
            yield step(name, self._heading(name), equations, notes)

    def _sum(self, name: Name, index: tuple[int, ...]) -> Equation:
        scalar = self._source.elements.written_out(self._source.node(name), index)
        return self._source.element_symbol(name, index), self._source.element_symbols.formula(scalar)

    def _matrices(self) -> Iterator[Section]:
        source = self._source
        for name in self._names:
            formula = (source.symbol(name), source.symbols.formula(source.node(name)))
            yield step(name, self._heading(name), (formula, *source.as_output(name)))
        declared = self.values.architecture.parameters.values()
        for layer in range(self.values.architecture.depth + 1):
            arrays = {p.name: self.values.parameters[p.name] for p in declared if p.layer == layer}
            equations = [(source.symbol(name), source.matrix(a)) for name, a in arrays.items() if is_printable(a.shape)]
            if equations:
                key = "representations.parameters" if layer else "representations.before"
                yield step(f"parameters{layer}", Message(key, l=layer), equations)

    def to_text(self) -> str:
        """Sums and matrices for the terminal."""
        return text_of(self.document, self.lang)

    def to_html(self) -> str:
        """All three as a web page."""
        return page_of(self._with_circles, self.lang)

    @property
    def _with_circles(self) -> Document:
        return replace(self.document, blocks=(Figure(self.circles), *self.document.blocks))

    def __str__(self) -> str:
        return self.to_text()

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return notebook_of(self._with_circles, self.lang)


class Describable(Protocol):
    """What is asked of a network; `cp.Network` has it."""

    architecture: Architecture

    def arrays(self) -> dict[str, Array]:
        """All parameters and running states, by name."""
        ...


def represent(
    net: Describable, lang: str = "en", convention: str = "row", *, notation: str = "delta"
) -> Representations:
    """A network as sums written out and as matrices, which need no data.

    Args:
        net: a `cp.Network`.
        lang: "en" or "zh".
        convention: "row" (z = a · W + b) or "column" (z = W · a + b).
        notation: "delta", or "d", in which the output a[L] is also called ŷ.

    Raises:
        ClearpropError: for an unknown language, convention or notation.

    Example:
        >>> net = cp.Network(2, [cp.Dense(1, "sigmoid")])
        >>> print(cp.represent(net).to_text().splitlines()[8])
          z[1] = a[0]₁ · w[1]₁₁ + a[0]₂ · w[1]₂₁ + b[1]
    """
    written = checked_choice("convention", convention, CONVENTIONS)
    letters = checked_choice("notation", notation, NOTATIONS)
    nothing = np.zeros((1, net.architecture.n_inputs))
    values = Values(net.architecture, net.arrays(), nothing)
    return Representations(values, checked_language(lang), written, letters)
