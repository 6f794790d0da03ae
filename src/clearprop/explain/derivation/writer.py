"""Nodes as formulas, made of the formulas in the ops' own records: an op added to the registry explains itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction as Ratio
from functools import reduce
from math import isfinite

from clearprop.explain.derivation.arrange import WRITTEN, axis_of_sum, is_indicator, is_plain, is_transparent
from clearprop.graph import N, Node
from clearprop.graph.node import is_batch_size, is_constant, is_variable
from clearprop.present.formula import Level, Math, fill, identifier, level, number, parse, tree
from clearprop.present.formula.tree import DOT, HADAMARD, MINUS, TIMES, Atom

Leaf = Callable[[Node], Math | None]

_LARGEST = 999  # denominator of a number that is written as a fraction
_EXACT = 6  # digits, at least, of a number that stands in a formula from the start
_SLOT = tree.Slot("1")


@dataclass
class Product:
    """A product taken apart: a number, what has the same value in every place, and the other factors."""

    number: float = 1.0
    scalars: list[Math] = field(default_factory=list)
    factors: list[Math] = field(default_factory=list)

    def times(self, other: Product) -> Product:
        """Both together."""
        numbers = self.number * other.number
        return Product(numbers, self.scalars + other.scalars, self.factors + other.factors)


class Writer:
    """Writes nodes, down to those that `leaf` has a symbol or a number for.

    Args:
        leaf: what stands for a node; None where its formula is to be written.
        column: the column convention, in which every matrix is the transpose and products turn round.
        samples: the number of samples; of a single one there is no mean to take.
        digits: significant digits of the numbers beside.
    """

    def __init__(self, leaf: Leaf, column: bool = False, samples: int | None = None, digits: int = _EXACT) -> None:
        self._leaf, self._column, self._samples = leaf, column, samples
        self._digits = max(digits, _EXACT)

    def formula(self, node: Node) -> Math:
        """How a node follows from its inputs, also where it has a symbol of its own."""
        return self._write(node) if is_variable(node) else self._signed(*self._operation(node))

    def _write(self, node: Node) -> Math:
        return self._signed(*self._value(node))

    @staticmethod
    def _signed(negative: bool, m: Math) -> Math:
        return fill(tree.Row((MINUS, _SLOT)), {"1": m}) if negative else m

    def _value(self, node: Node) -> tuple[bool, Math]:
        """Whether there is a minus before a node's formula, and the formula without it."""
        leaf = self._leaf(node)
        return (False, leaf) if leaf is not None else self._operation(node)

    def _operation(self, node: Node) -> tuple[bool, Math]:
        known = self._number(node)
        if known is not None:
            return known < 0, self._printed(abs(known))
        if is_transparent(node):
            return self._value(node.inputs[0])
        if is_indicator(node):
            return False, tree.Fenced("[", self._write(node.inputs[0]), "]")
        if node.op.factors:
            return self._product(node)
        if node.op.terms:
            return False, self._sum(node)
        if axis_of_sum(node) is not None:
            return self._over_axis(node)
        written = WRITTEN.get(type(node.op.rule))
        if written is not None:
            return False, written(node, [self._write(x) for x in node.inputs], self._column)
        return False, self._by_record(node)

    # --- by the op's own record

    def _by_record(self, node: Node) -> Math:
        """Of a product with its transposes; in the column convention (A · B)⊤ = B⊤ · A⊤, each letter a transpose."""
        template = parse(node.op.formula)
        if node.op.kind == "product":
            template = turned(template) if self._column else template
        elif isinstance(template, tree.Row):
            sign = self._times(node)
            template = tree.Row(tuple(sign if part == TIMES else part for part in template.parts))
        write = self._factor if node.op.kind == "product" else self._write
        values = {str(i): write(x) for i, x in enumerate(node.inputs, 1)}
        for i, flag in (("1", "transpose_a"), ("2", "transpose_b")):
            values |= {i: tree.transposed(values[i])} if node.attrs.get(flag) else {}
        numbers = {attr: float(value) for attr, value in node.attrs.items() if isinstance(value, int | float)}
        template = without_ones(template, {attr for attr, value in numbers.items() if value == 1.0})
        return fill(template, values | {attr: self._printed(value) for attr, value in numbers.items()})

    # --- where signs, ones and conventions ask for more than the record says

    def _sum(self, node: Node) -> Math:
        """A minus within a term joins the sign before it."""
        written: Math | None = None
        for sign, x in zip(node.op.terms, node.inputs, strict=True):
            negative, m = self._value(x)
            minus = (sign < 0) != negative
            if written is None:
                written = self._signed(minus, m)
            else:
                written = fill(parse("#1 - #2" if minus else "#1 + #2"), {"1": written, "2": m})
        assert written is not None
        return written

    def _product(self, node: Node) -> tuple[bool, Math]:
        """The sign and the number come to the front, ones go away; ⊙ between matrices, · between numbers."""
        found = self._taken_apart(node, inside=False)
        factor, others = abs(found.number), found.scalars or found.factors
        parts = found.scalars if factor == 1.0 and others else [self._printed(factor), *found.scalars]
        if found.factors:
            parts = [*parts, _chain(found.factors, self._times(node))]
        return found.number < 0, _chain(parts, DOT)

    def _taken_apart(self, node: Node, inside: bool = True) -> Product:
        if inside and self._leaf(node) is not None and not is_plain(node):
            return Product(factors=[self._write(node)])
        known = self._number(node)
        if known is not None:
            return Product(known)
        if is_transparent(node):
            (x,) = node.inputs
            is_spread = node.type.rank > x.type.rank == 0 and not is_plain(x)  # λ, the same in every place of W
            return Product(scalars=[self._write(x)]) if is_spread else self._taken_apart(x)
        if node.op.factors:
            return self._powers(node)
        negative, m = self._value(node)
        m = tree.brackets(m) if node.op.kind == "product" else m
        sign = -1.0 if negative else 1.0
        return Product(sign, [m], []) if is_plain(node) else Product(sign, [], [m])

    def _powers(self, node: Node) -> Product:
        """A product of factors above a fraction's line and below it."""
        above = [x for x, power in zip(node.inputs, node.op.factors, strict=True) if power > 0]
        below = [x for x, power in zip(node.inputs, node.op.factors, strict=True) if power < 0]
        if len(above) == 2 and above[0] is above[1] and not is_plain(above[0]):
            top = Product(factors=[fill(parse("{#1}^2"), {"1": self._write(above[0])})])
        else:
            top = reduce(Product.times, map(self._taken_apart, above), Product())
        for x in below:
            top = self._over(top, x, all(map(is_plain, above)), self._times(node))
        return top

    def _over(self, top: Product, x: Node, is_top_plain: bool, sign: Atom) -> Product:
        """A product over one more factor; numbers and 1/N stand before the fraction."""
        known = self._number(x)
        if known in (1.0, -1.0):
            return top.times(Product(1.0 / known))
        bottom = self._write(x) if known is None else self._printed(known)
        if is_plain(x) and is_top_plain and known is None:
            return Product(top.number, [tree.Fraction(_chain(top.scalars, DOT), bottom)])
        return Product(top.number, top.scalars, [tree.Fraction(_chain(top.factors, sign), bottom)])

    def _times(self, node: Node) -> Atom:
        """⊙ between matrices, · between single numbers."""
        single = all(d == 1 or (d is N and self._samples == 1) for d in node.shape)
        return DOT if single else HADAMARD

    def _over_axis(self, node: Node) -> tuple[bool, Math]:
        """A sum over samples has the index i, over units j and k; over a single one there is nothing to sum."""
        letters: list[str] = []
        x = node
        while (axis := axis_of_sum(x)) is not None and (x is node or self._leaf(x) is None):
            (inner,) = x.inputs
            length = inner.shape[axis]
            if length is N and self._samples != 1:
                letters.append("i")
            elif length is not N and length != 1:
                letters.append("j" if "k" in letters else "k")
            x = inner
        negative, m = self._value(x)
        if not letters:
            return negative, m
        sigma = tree.Scripts(parse(node.op.sign), tree.row(*(identifier(letter) for letter in sorted(letters))))
        return negative, fill(tree.Apply(sigma, _SLOT), {"1": m})

    def _factor(self, node: Node) -> Math:
        """A factor of a matrix product: A · (B ⊙ C) is not (A · B) ⊙ C."""
        m = self._write(node)
        return tree.brackets(m) if level(m) == Level.PRODUCT and not tree.is_number(m) else m

    # --- numbers

    def _number(self, node: Node) -> float | None:
        """The number that stands in every place of a node whatever the inputs are, if there is one."""
        if is_constant(node):
            return float(node.attrs["value"])
        if is_batch_size(node):
            return 1.0 if self._samples == 1 else None
        if is_transparent(node):
            return self._number(node.inputs[0])
        found = 1.0 if node.op.factors else None
        for x, power in zip(node.inputs, node.op.factors, strict=False):
            number = self._number(x)
            if found is None or number is None or (power < 0 and number == 0):
                return None
            found = found * number if power > 0 else found / number
        return found

    def _printed(self, value: float) -> Math:
        """A number as it stands in a formula: 1/3 rather than 0.3333."""
        ratio = Ratio(value).limit_denominator(_LARGEST) if isfinite(value) else Ratio(0)
        if ratio.denominator > 1 and float(ratio) == value and float(f"{value:.3g}") != value:
            return tree.Fraction(number(ratio.numerator, 17), number(ratio.denominator))
        return number(value, self._digits)


def _chain(parts: list[Math], sign: Atom) -> Math:
    """Factors with a sign between each two; 1 where there are none."""
    if not parts:
        return Atom("1", "1", "number")
    slots = [tree.Slot(str(i)) for i in range(len(parts))]
    return fill(tree.joined(slots, sign), {slot.name: part for slot, part in zip(slots, parts, strict=True)})


def without_ones(template: Math, ones: set[str]) -> Math:
    """A factor that is 1 is not written: α (eˣ − 1) with α = 1 is eˣ − 1."""
    match template:
        case tree.Cases(first=first, condition=condition, second=second):
            return tree.Cases(without_ones(first, ones), condition, without_ones(second, ones))
        case tree.Row(parts=(tree.Slot(name=name), tree.Fenced(left="(", inner=inner))) if name in ones:
            return inner
        case tree.Row(parts=(tree.Slot(name=name), sign, *rest)) if name in ones and sign in (DOT, TIMES):
            return tree.row(*rest)
    return template


def turned(template: Math) -> Math:
    """A formula with the factors of each matrix product (the sign ·) changed round: x · W + b becomes W · x + b."""
    if not isinstance(template, tree.Row):
        return template
    parts = list(template.parts)
    for i, part in enumerate(parts):
        if part == DOT and 0 < i < len(parts) - 1:
            parts[i - 1], parts[i + 1] = parts[i + 1], parts[i - 1]
    return tree.Row(tuple(parts))
