"""Three representations of one network: circles and lines, sums written out, matrices. They say the same."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from clearprop.cached import cached_property
from clearprop.errors import InvalidValueError
from clearprop.execute import Array
from clearprop.explain.derivation import phrases as p
from clearprop.explain.derivation.document import Document, Equation, Section, Step
from clearprop.explain.derivation.elements import indices
from clearprop.explain.derivation.render import STYLE, html_of, text_of
from clearprop.explain.derivation.source import Source, is_printable
from clearprop.explain.derivation.symbols import symbol
from clearprop.explain.picture.circles import draw_circles
from clearprop.explain.values import Values
from clearprop.messages.language import Counted, Language, Phrase, checked_language
from clearprop.nn import Architecture
from clearprop.nn.scope import layer_of
from clearprop.present.figure.scene import Picture
from clearprop.present.formula import to_text
from clearprop.present.page import fragment, page

_TITLE = Phrase("Three representations of one network", "同一个网络的三种表示")
_SUMS = Phrase("Written out as sums", "写成求和式")
_SUMS_INTRO = Phrase(
    "Each unit adds up all outputs of the layer before, each times its weight, adds its bias, and applies f.",
    "每个单元把上一层的所有输出各乘以权重后相加，再加上偏置，然后经过激活函数。",
)
_MATRICES = Phrase("As matrices", "写成矩阵")
_MATRICES_INTRO = Phrase(
    "The same sums, a whole layer at a time. The weights of one unit stand in one {line} of W.",
    "同样的求和式，一次写出一整层。一个单元的权重是 W 的一{line}。",
)
_ROW, _COLUMN = Phrase("row", "行"), Phrase("column", "列")
_LAYER = Phrase("Layer {l}: {value}", "第 {l} 层：{value}")
_PARAMETERS = Phrase("Parameters of layer {l}", "第 {l} 层的参数")
_BEFORE = Phrase("Parameters before layer 1", "第 1 层之前的参数")
_MORE = Counted("1 more unit of the same form.", "{n} more units of the same form.", "其余 {n} 个单元形式相同。")
_ALL, _SOME = 8, 2  # units of a layer that are written out: all of a small one, some of a large one


@dataclass(frozen=True)
class Representations:
    """A network as circles and lines, as sums, and as matrices.

    Attributes:
        values: the network on some samples.
        lang: of the words.
        convention: "row" or "column".
    """

    values: Values
    lang: Language = "en"
    convention: str = "row"

    @cached_property
    def document(self) -> Document:
        """Sums and matrices, section by section."""
        matrices = _MATRICES_INTRO(self.lang, line=(_ROW if self._source.column else _COLUMN)(self.lang))
        return Document(
            _TITLE(self.lang),
            self.lang,
            (),
            (
                Section(_SUMS(self.lang), (_SUMS_INTRO(self.lang),), tuple(self._sums())),
                Section(_MATRICES(self.lang), (matrices,), tuple(self._matrices())),
            ),
        )

    @cached_property
    def circles(self) -> Picture:
        """Neurons as circles, weights as lines."""
        return draw_circles(self.values, self.lang)

    @cached_property
    def _source(self) -> Source:
        return Source(self.values, "column" if self.convention == "column" else "row")

    @cached_property
    def _names(self) -> list[str]:
        """The values of the layers, and before each what else its formula names."""
        found: list[str] = []
        for name in self.values.forward_names:
            if name not in ("a0", "L"):
                found += [*self._source.needed(self._source.node(name)), name]
        return list(dict.fromkeys(found))

    def _heading(self, name: str) -> str:
        layer = layer_of(name)
        if name in self._source.auxiliary or layer is None:
            return p.SHARED(self.lang)
        return _LAYER(self.lang, l=layer, value=to_text(symbol(name)))

    def _sums(self) -> Iterator[Step]:
        for name in self._names:
            node, elements = self._source.node(name), self._source.elements
            unknown = elements.cannot_write(node) or elements.chosen_by_data(node)
            if unknown:
                yield Step(name, self._heading(name), (), (p.NO_ELEMENTS(self.lang, op=unknown),))
                continue
            units = indices(self._source.arrays[name].shape[1:])
            equations = tuple(self._sum(name, index) for index in (units if len(units) <= _ALL else units[:_SOME]))
            left = len(units) - len(equations)
            notes = (_MORE(self.lang, left),) if left else ()
            yield Step(name, self._heading(name), equations, notes)

    def _sum(self, name: str, index: tuple[int, ...]) -> Equation:
        source = self._source
        scalar = source.elements.written_out(source.node(name), (0, *index))
        return source.element_symbol(name, (0, *index)), source.element_symbols.formula(scalar)

    def _matrices(self) -> Iterator[Step]:
        source = self._source
        for name in self._names:
            formula = (symbol(name), source.symbols.formula(source.node(name)))
            yield Step(name, self._heading(name), (formula,))
        for layer in range(self.values.architecture.depth + 1):
            arrays = self._parameters_of(layer)
            equations = tuple((symbol(name), source.matrix(a)) for name, a in arrays.items() if is_printable(a.shape))
            if equations:
                heading = _PARAMETERS(self.lang, l=layer) if layer else _BEFORE(self.lang)
                yield Step(f"parameters{layer}", heading, equations)

    def _parameters_of(self, layer: int) -> dict[str, Array]:
        declared = self.values.architecture.parameters
        return {name: self.values.parameters[name] for name, p in declared.items() if p.layer == layer}

    def to_text(self) -> str:
        """Sums and matrices for the terminal."""
        return text_of(self.document)

    def to_html(self) -> str:
        """All three as a web page."""
        return page(self.document.title, self._body(), self.lang, STYLE)

    def _body(self) -> str:
        rest = html_of(replace(self.document, title=""))
        return f"<h1>{self.document.title}</h1>\n<figure>{self.circles.svg}</figure>\n{rest}"

    def __str__(self) -> str:
        return self.to_text()

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return fragment(self._body(), STYLE)


class Describable(Protocol):
    """What is asked of a network; `cp.Network` has it."""

    architecture: Architecture

    def arrays(self) -> dict[str, Array]:
        """All parameters and running states, by name."""
        ...


def represent(net: Describable, lang: str = "en", convention: str = "row") -> Representations:
    """A network as sums written out and as matrices, which need no data.

    Args:
        net: a `cp.Network`.
        lang: "en" or "zh".
        convention: "row" (z = a · W + b) or "column" (z = W · a + b).

    Raises:
        ClearpropError: for an unknown language or convention.

    Example:
        >>> net = cp.Network(2, [cp.Dense(1, "sigmoid")])
        >>> print(cp.represent(net).to_text().splitlines()[8])
          z[1] = a[0]₁ · w[1]₁₁ + a[0]₂ · w[1]₂₁ + b[1]
    """
    if convention not in ("row", "column"):
        raise InvalidValueError(f"convention {convention!r}", "'row' or 'column'")
    nothing = np.zeros((1, net.architecture.n_inputs))
    return Representations(Values(net.architecture, net.arrays(), nothing), checked_language(lang), convention)
