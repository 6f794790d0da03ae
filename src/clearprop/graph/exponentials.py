"""Quotients of exponentials: e^t/(e^t + 1) = σ(t), (e^x − e⁻ˣ)/(e^x + e⁻ˣ) = tanh x, and their derivatives.

However such a function is written, its exponentials overflow, and so do those of its derivative, which is a sum of many
products of them. But with p = σ(t) each of these products is a power of p times a power of 1 − p = σ(−t), times what
has nothing to do with t. So a sum of them is a polynomial in p, or in y = tanh(t/2) = 2p − 1, and where that polynomial
is as short as p(1 − p) or 1 − y², it is written in place of the sum. Nothing in it can overflow.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import reduce
from itertools import islice
from math import inf
from typing import NamedTuple

from clearprop.graph.fused.activations import sigmoid, tanh
from clearprop.graph.node import Node, constant, is_constant
from clearprop.graph.primitives import elementwise as e
from clearprop.graph.rewrite import Rule

_MOST, _DEGREE = 64, 4  # terms of a sum, powers of p, that are looked at
_P, _Q, _Y = (0.0, 1.0), (1.0, -1.0), (-1.0, 2.0)  # p, 1 − p and 2p − 1 as polynomials in p


class _Term(NamedTuple):
    """A number times factors, over divisors."""

    number: float
    factors: tuple[Node, ...]
    divisors: tuple[Node, ...] = ()


class _Multiple(NamedTuple):
    """x·c."""

    x: Node
    c: float

    def node(self, share: float = 1.0) -> Node:
        """x·c·share."""
        c = self.c * share
        return self.x if c == 1.0 else self.x * c


class _Polynomial(NamedTuple):
    """A term in p = σ(t): the coefficients of 1, p, p², …, and the factors beside them.

    `letters` are those of "p" = σ(t), "q" = σ(−t), "y" = tanh(t/2), "e" for an exponential, that it is written with.
    """

    coefficients: tuple[float, ...]
    rest: tuple[Node, ...]
    letters: frozenset[str]


def quotient_of_exponentials(node: Node) -> Node | None:
    """A sum, product or quotient whose exponentials make a short polynomial of σ or tanh."""
    terms = list(islice(_terms(node), _MOST + 1))
    if len(terms) > _MOST:
        return None
    angles = dict.fromkeys(t for term in terms for t in _angles(term) if 0 < t.c < inf)
    return next((new for t in angles if (new := _collected(node, terms, t)) is not None), None)


def _collected(node: Node, terms: Sequence[_Term], t: _Multiple) -> Node | None:
    """The sum with its terms in p = σ(t) collected by the factors beside them; None where that makes nothing short."""
    groups: dict[object, list[tuple[_Term, _Polynomial]]] = {}
    others: list[_Term] = []
    for term in terms:
        found = _polynomial(term, t)
        if found is None:
            others.append(term)
        else:
            groups.setdefault(frozenset(Counter(found.rest).items()), []).append((term, found))
    short: list[_Term] = []
    for group in groups.values():
        new = _short([polynomial for _, polynomial in group], t)
        if new is None:
            others += [term for term, _ in group]
        else:
            short.append(new)
    return reduce(e.add, (_product(node, term) for term in [*short, *others])) if short else None


def _short(group: Sequence[_Polynomial], t: _Multiple) -> _Term | None:
    """Terms with the same factors beside p as one; None where that is not short, or was written so already."""
    letters = frozenset[str]().union(*(part.letters for part in group))
    if "e" not in letters and (len(letters) < 2 or len(group) < 2):
        return None  # each rewriting takes exponentials or terms away, so there is an end to it
    total = [sum(column) for column in zip(*(part.coefficients for part in group), strict=True)]
    least = 1e-12 * max(abs(c) for part in group for c in part.coefficients)
    a, b, c, *higher = (0.0 if abs(number) <= least else number for number in total)
    if any(higher):
        return None
    rest = group[0].rest
    if b == c == 0:
        return _Term(a, rest)
    if c == 0 and b == -2 * a:
        return _Term(b / 2, (*rest, tanh(t.node(0.5))))
    if a == 0 and b == -c:  # b·p(1 − p) = b(1 − y²)/4
        y, p = tanh(t.node(0.5)), sigmoid(t.node())
        return _Term(b / 4, (*rest, 1.0 - y * y)) if "y" in letters else _Term(b, (*rest, p, 1.0 - p))
    if b == -c == -4 * a:  # a(2p − 1)²
        return _Term(a, (*rest, tanh(t.node(0.5)), tanh(t.node(0.5))))
    if a == c == 0:
        return _Term(b, (*rest, sigmoid(t.node())))
    return _Term(a, (*rest, sigmoid(t.node(-1.0)))) if c == 0 and b == -a else None


# --- a term as a polynomial


def _polynomial(term: _Term, t: _Multiple) -> _Polynomial | None:
    """A term in p = σ(t); None where an exponential would be left.

    Two facts do it: 1/(e^t + 1) = σ(−t), 1/(e^{t/2} + e^{−t/2}) = e^{−t/2}·σ(t); and then e^t·σ(−t) = σ(t).
    """
    power = 0.0  # of e^t
    number, rest = term.number, list[Node]()
    times = {"p": 0, "q": 0, "y": 0}
    letters: set[str] = set()
    for x in term.factors:
        op, argument = _function(x)
        found = _multiple(argument)
        share = found.c / t.c if found.x is t.x else 0.0
        if op is e.exp and share:
            power += share
            letters.add("e")
        elif op is sigmoid and abs(share) == 1:
            letter = "p" if (share > 0) == (x.op is sigmoid) else "q"
            times[letter] += 1
            letters.add(letter)
        elif op is tanh and abs(share) == 0.5:
            times["y"] += 1
            letters.add("y")
            number *= 2 * share
        else:
            rest.append(x)
    for x in term.divisors:
        divisor = _divisor(x)
        if divisor is None or divisor[0] != t:
            return None
        letters.add("e")
        if divisor[1] == 0:
            power -= 0.5
            letters.add("y")
        times["q" if divisor[1] > 0 else "p"] += 1
    if power != int(power):
        return None
    p, q, y = times["p"] + int(power), times["q"] - int(power), times["y"]
    if min(p, q) < 0 or p + q + y > _DEGREE:
        return None
    polynomial: tuple[float, ...] = (number,)
    for factor in [_P] * p + [_Q] * q + [_Y] * y:
        polynomial = _times(polynomial, factor)
    return _Polynomial((*polynomial, *[0.0] * (_DEGREE + 1 - len(polynomial))), tuple(rest), frozenset(letters))


def _function(x: Node) -> tuple[object, Node]:
    """The op of a factor and what it is of; 1 − σ(t) is σ, too."""
    if x.op is e.subtract and is_constant(x.inputs[0], 1.0) and x.inputs[1].op is sigmoid:
        x = x.inputs[1]
    return x.op, x.inputs[0] if x.inputs else x


def _times(a: Sequence[float], b: Sequence[float]) -> tuple[float, ...]:
    product = [0.0] * (len(a) + len(b) - 1)
    for i, x in enumerate(a):
        for j, y in enumerate(b):
            product[i + j] += x * y
    return tuple(product)


def _angles(term: _Term) -> Iterator[_Multiple]:
    """The t > 0 of which its divisors and its fused ops are functions."""
    yield from (divisor[0] for x in term.divisors if (divisor := _divisor(x)))
    for x in term.factors:
        op, argument = _function(x)
        if op in (sigmoid, tanh):
            x, c = _multiple(argument)
            yield _Multiple(x, abs(c) * (2 if op is tanh else 1))


def _divisor(x: Node) -> tuple[_Multiple, float] | None:
    """t > 0 and the sign of the exponent in e^{±t} + 1; t and 0 for e^{t/2} + e^{−t/2}."""
    if x.op is not e.add:
        return None
    a, b = (_multiple(part.inputs[0]) if part.op is e.exp else None for part in x.inputs)
    if a and b and a.x is b.x and a.c == -b.c:
        return _Multiple(a.x, abs(a.c - b.c)), 0.0
    only = a or b
    if only and any(is_constant(part, 1.0) for part in x.inputs):
        return _Multiple(only.x, abs(only.c)), only.c
    return None


def _multiple(x: Node) -> _Multiple:
    if x.op is e.multiply and is_constant(x.inputs[1]):
        return _Multiple(x.inputs[0], float(x.inputs[1].attrs["value"]))
    return _Multiple(x, 1.0)


# --- sums of products


def _terms(node: Node) -> Iterator[_Term]:
    """The terms of a sum, whatever names its parts have; (a + b)/c is a/c + b/c."""
    stack: list[tuple[Node, float, tuple[Node, ...]]] = [(node, 1.0, ())]
    while stack:
        x, number, divisors = stack.pop()
        if x.op is e.identity:
            stack.append((x.inputs[0], number, divisors))
        elif x.op in (e.add, e.subtract):
            a, b = x.inputs
            stack += [(b, number if x.op is e.add else -number, divisors), (a, number, divisors)]
        elif x.op is e.multiply and is_constant(x.inputs[1]):
            stack.append((x.inputs[0], number * float(x.inputs[1].attrs["value"]), divisors))
        elif x.op is e.divide and _divisor(x.inputs[1]):
            stack.append((x.inputs[0], number, (*divisors, x.inputs[1])))
        else:
            term = _factors(x)
            yield _Term(number * term.number, term.factors, (*term.divisors, *divisors))


def _factors(node: Node) -> _Term:
    """The factors of a product, left to right, and the quotients of exponentials in it."""
    number, factors, divisors = 1.0, list[Node](), list[Node]()
    stack = [node]
    while stack:
        x = stack.pop()
        if x.op is e.multiply or x.op is e.identity:
            stack.extend(reversed(x.inputs))
        elif x.op is e.divide and _divisor(x.inputs[1]):
            stack.append(x.inputs[0])
            divisors.append(x.inputs[1])
        elif is_constant(x):
            number *= float(x.attrs["value"])
        else:
            factors.append(x)
    return _Term(number, tuple(factors), tuple(divisors))


def _product(node: Node, term: _Term) -> Node:
    """A term as nodes, of the type of the sum in which it stands."""
    if not term.factors:
        product = constant(term.number, node.type)
    else:
        product = reduce(e.multiply, term.factors)
        product = product if term.number == 1.0 else product * term.number
    return reduce(e.divide, term.divisors, product)


_RULES = (quotient_of_exponentials,)
QUOTIENTS: Mapping[str, Sequence[Rule]] = dict.fromkeys(("add", "subtract", "multiply", "divide"), _RULES)
