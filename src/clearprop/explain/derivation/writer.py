"""Nodes as formulas, made of the formulas in the ops' own records: an op added to the registry explains itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction as Ratio
from math import isfinite

from clearprop.explain.derivation.arrange import WRITTEN, is_indicator, is_transparent
from clearprop.graph import N, Node
from clearprop.present.formula import (
    Apply,
    Atom,
    Fenced,
    Fraction,
    Level,
    Math,
    Row,
    Scripts,
    Slot,
    brackets,
    fill,
    identifier,
    joined,
    level,
    number,
    parse,
    row,
    transposed,
)
from clearprop.present.formula.tree import DOT, HADAMARD, MINUS, TIMES, Cases

Leaf = Callable[[Node], Math | None]

_LARGEST = 999  # denominator of a number that is written as a fraction
_EXACT = 6  # digits, at least, of a number that stands in a formula from the start
_ONE, _SLOT = Atom("1", "1", "number"), Slot("1")


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
        return self._write(node) if node.op.name == "variable" else self._signed(*self._operation(node))

    def _write(self, node: Node) -> Math:
        return self._signed(*self._value(node))

    @staticmethod
    def _signed(negative: bool, m: Math) -> Math:
        return fill(Row((MINUS, _SLOT)), {"1": m}) if negative else m

    def _value(self, node: Node) -> tuple[bool, Math]:
        """Whether there is a minus before a node's formula, and the formula without it."""
        leaf = self._leaf(node)
        return (False, leaf) if leaf is not None else self._operation(node)

    def _operation(self, node: Node) -> tuple[bool, Math]:
        known = self._number(node)
        name = node.op.name
        if known is not None:
            return known < 0, self._printed(abs(known))
        if is_transparent(node):
            return self._value(node.inputs[0])
        if is_indicator(node):
            return False, Fenced("[", self._write(node.inputs[0]), "]")
        if name in WRITTEN:
            return False, WRITTEN[name](node, [self._write(x) for x in node.inputs], self._column)
        if name in ("multiply", "divide", "reciprocal"):
            return self._product(node)
        if name in ("add", "subtract"):
            return False, self._sum(node)
        if name == "sum":
            return self._over_axis(node)
        if name == "matmul":
            return False, self._matmul(node)
        return False, self._by_record(node)

    # --- by the op's own record

    def _by_record(self, node: Node) -> Math:
        template = parse(node.op.formula)
        if node.op.kind == "product":
            template = turned(template) if self._column else template
        elif isinstance(template, Row):
            sign = self._times(node)
            template = Row(tuple(sign if part == TIMES else part for part in template.parts))
        write = self._factor if node.op.kind == "product" else self._write
        values = {str(i): write(x) for i, x in enumerate(node.inputs, 1)}
        numbers = {attr: float(value) for attr, value in node.attrs.items() if isinstance(value, int | float)}
        template = without_ones(template, {attr for attr, value in numbers.items() if value == 1.0})
        return fill(template, values | {attr: self._printed(value) for attr, value in numbers.items()})

    # --- where signs, ones and conventions ask for more than the record says

    def _sum(self, node: Node) -> Math:
        """A minus within the second term joins the sign before it."""
        first = self._write(node.inputs[0])
        negative, second = self._value(node.inputs[1])
        minus = (node.op.name == "subtract") != negative
        return fill(parse("#1 - #2" if minus else "#1 + #2"), {"1": first, "2": second})

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
            return self._taken_apart(node.inputs[0])
        if node.op.name == "multiply":
            a, b = node.inputs
            if a is b and not is_plain(a):
                return Product(factors=[fill(parse("{#1}^2"), {"1": self._write(a)})])
            return self._taken_apart(a).times(self._taken_apart(b))
        if node.op.name == "divide":
            return self._quotient(node)
        if node.op.name == "reciprocal":
            return Product(factors=[fill(parse(node.op.formula), {"1": self._write(node.inputs[0])})])
        negative, m = self._value(node)
        m = brackets(m) if node.op.kind == "product" else m
        sign = -1.0 if negative else 1.0
        return Product(sign, [m], []) if is_plain(node) else Product(sign, [], [m])

    def _quotient(self, node: Node) -> Product:
        """Numbers and 1/N stand before the fraction."""
        a, b = node.inputs
        top, below = self._taken_apart(a), self._number(b)
        if below is not None:
            return (
                top.times(Product(1.0 / below))
                if below in (1.0, -1.0)
                else self._over(top, self._printed(below), self._times(node))
            )
        if is_plain(b) and is_plain(a):
            return Product(top.number, [Fraction(_chain(top.scalars, DOT) if top.scalars else _ONE, self._write(b))])
        return self._over(top, self._write(b), self._times(node))

    def _over(self, top: Product, bottom: Math, sign: Atom = DOT) -> Product:
        inside = _chain(top.factors, sign) if top.factors else _ONE
        return Product(top.number, top.scalars, [Fraction(inside, bottom)])

    def _times(self, node: Node) -> Atom:
        """⊙ between matrices, · between single numbers."""
        single = all(d == 1 or (d is N and self._samples == 1) for d in node.shape)
        return DOT if single else HADAMARD

    def _over_axis(self, node: Node) -> tuple[bool, Math]:
        """A sum over samples has the index i, over units j and k; over a single one there is nothing to sum."""
        letters: list[str] = []
        x = node
        while x.op.name == "sum" and (x is node or self._leaf(x) is None):
            (inner,) = x.inputs
            length = inner.shape[x.attrs["axis"]]
            if length is N and self._samples != 1:
                letters.append("i")
            elif length is not N and length != 1:
                letters.append("j" if "k" in letters else "k")
            x = inner
        negative, m = self._value(x)
        if not letters:
            return negative, m
        sigma = Scripts(Atom("Σ", r"\sum", "function"), row(*(identifier(letter) for letter in sorted(letters))))
        return negative, fill(Apply(sigma, _SLOT), {"1": m})

    def _matmul(self, node: Node) -> Math:
        """A · B with its transposes; in the column convention (A · B)⊤ = B⊤ · A⊤, where each letter is a transpose."""
        a, b = map(self._factor, node.inputs)
        a = transposed(a) if node.attrs.get("transpose_a") else a
        b = transposed(b) if node.attrs.get("transpose_b") else b
        template = parse(node.op.formula)
        return fill(turned(template) if self._column else template, {"1": a, "2": b})

    def _factor(self, node: Node) -> Math:
        """A factor of a matrix product: A · (B ⊙ C) is not (A · B) ⊙ C."""
        m = self._write(node)
        is_number = isinstance(m, Atom) and m.kind == "number"
        return brackets(m) if level(m) == Level.PRODUCT and not is_number else m

    # --- numbers

    def _number(self, node: Node) -> float | None:
        """The number that stands in every place of a node whatever the inputs are, if there is one."""
        if node.op.name == "constant":
            return float(node.attrs["value"])
        if node.op.name == "size":
            return 1.0 if self._samples == 1 else None
        if is_transparent(node):
            return self._number(node.inputs[0])
        if node.op.name in ("multiply", "divide"):
            a, b = (self._number(x) for x in node.inputs)
            if a is not None and b:
                return a * b if node.op.name == "multiply" else a / b
        return None

    def _printed(self, value: float) -> Math:
        """A number as it stands in a formula: 1/3 rather than 0.3333."""
        ratio = Ratio(value).limit_denominator(_LARGEST) if isfinite(value) else Ratio(0)
        if ratio.denominator > 1 and float(ratio) == value and float(f"{value:.3g}") != value:
            return Fraction(number(ratio.numerator, 17), number(ratio.denominator))
        return number(value, self._digits)


def is_plain(node: Node) -> bool:
    """Whether a node is made of numbers and N alone."""
    if node.op.name in ("constant", "size"):
        return True
    arithmetic = is_transparent(node) or node.op.name in ("multiply", "divide")
    return arithmetic and all(map(is_plain, node.inputs))


def _chain(parts: list[Math], sign: Atom) -> Math:
    slots = [Slot(str(i)) for i in range(len(parts))]
    return fill(joined(slots, sign), {slot.name: part for slot, part in zip(slots, parts, strict=True)})


def without_ones(template: Math, ones: set[str]) -> Math:
    """A factor that is 1 is not written: α (eˣ − 1) with α = 1 is eˣ − 1."""
    match template:
        case Cases(first=first, condition=condition, second=second):
            return Cases(without_ones(first, ones), condition, without_ones(second, ones))
        case Row(parts=(Slot(name=name), Fenced(left="(", inner=inner))) if name in ones:
            return inner
        case Row(parts=(Slot(name=name), sign, *rest)) if name in ones and sign in (DOT, TIMES):
            return row(*rest)
    return template


def turned(template: Math) -> Math:
    """A formula with the factors of each matrix product (the sign ·) changed round: x · W + b becomes W · x + b."""
    if not isinstance(template, Row):
        return template
    parts = list(template.parts)
    for i, part in enumerate(parts):
        if part == DOT and 0 < i < len(parts) - 1:
            parts[i - 1], parts[i + 1] = parts[i + 1], parts[i - 1]
    return Row(tuple(parts))
