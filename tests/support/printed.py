"""Reads formulas as `to_text` prints them and computes what they say.

This knows the printed page alone and nothing of how it is made: text → tokens → tree → intervals.
A tree is a tuple: what it is, then its parts.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache

import numpy as np

import intervals as iv
from intervals import Interval

_RAISED = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
LOWERED = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")
_FUNCTIONS = ("softmax", "tanh", "sgn", "erf", "ln", "max", "min", "sin", "cos", "σ", "Φ")
_NUMBER = r"(?:\d+(?:\.\d+)?·)?10[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+|\d+(?:\.\d+)?|∞|NaN"
_INDEX = r"[₀-₉]+|_\(\d+(?:,\d+)*\)"
_LETTER = r"(?:∂L₀?/∂)?(?:σ²(?=\[)|[A-Za-z]+|[α-ωŷ])"
SYMBOL = re.compile(  # an element of u₁ is (u₁)₂, or (u₁)(3)₂ in sample 3
    rf"(?P<base>\([a-z](?:[₀-₉]+|_\([^()]*\))\)(?=′?[₀-₉]|_?\(\d)|{_LETTER}(?:\[\d+[a-z]?\])?)"
    rf"(?P<sample>\(\d+\))?(?P<prime>′)?(?P<transposed>ᵀ)?(?P<of>_\((?!\d)[^()]*\))?(?P<below>{_INDEX})?"
)
_TOKEN = re.compile(
    rf"(?P<space> +)|(?P<matrix>\[[−\d.·⁻⁰¹²³⁴⁵⁶⁷⁸⁹∞Na ;]+\])|(?P<number>{_NUMBER})|(?P<sum>Σ[ᵢⱼₖ]+)"
    rf"|(?P<rest>… \d+ …)|(?P<raised>[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)|(?P<e>e(?=[\^⁻⁰¹²³⁴⁵⁶⁷⁸⁹]))"
    rf"|(?P<function>(?:{'|'.join(_FUNCTIONS)})(?![a-z²])|[A-Za-z]{{2,}}(?=\()|[a-z]′(?=\())|(?P<symbol>{SYMBOL.pattern})|(?P<sign>.)"
)


# --- from text to equations


def equations(text: str) -> list[list[str]]:
    """The equations of a page in order, each as the texts of its sides."""
    found: list[list[str]] = []
    for line in text.splitlines():
        if not line.startswith("  ") or "= " not in line:
            continue
        left, _, side = line.strip().partition("= ")
        if left:
            found.append([left.rstrip()])
        found[-1].append(side)
    return found


# --- from text to a tree


@cache
def read(text: str):
    """The tree of a formula; ValueError for what is not one."""
    reader = _Reader(text)
    tree = reader.comparison()
    if reader.kind:
        raise ValueError(f"{reader.word!r} after {text[: reader.start]!r} in {text!r}")
    return tree


class _Reader:
    """Recursive descent; what stands side by side is multiplied."""

    def __init__(self, text: str):
        self.text = text
        self.tokens = [(m.lastgroup, m.group(), m.start()) for m in _TOKEN.finditer(text)]
        self.tokens = [(_outermost(kind, word), word, at) for kind, word, at in self.tokens]
        self.at = -1
        self.in_cases, self.in_norm = 0, False
        self.advance()

    def advance(self):
        self.at += 1
        self.spaced = self.at < len(self.tokens) and self.tokens[self.at][0] == "space"
        self.at += self.spaced
        self.kind, self.word, self.start = (*self.tokens, (None, "", len(self.text)))[min(self.at, len(self.tokens))]

    def take(self, word: str | None = None) -> str:
        found = self.word
        if word is not None and found != word:
            raise ValueError(f"{word!r} expected at {self.text[self.start :]!r} in {self.text!r}")
        self.advance()
        return found

    def comparison(self):
        if self.word == "¬":
            self.take()
            self.take("(")
            inner = self.comparison()
            self.take(")")
            return "not", inner
        left = self.sum()
        if self.word not in (">", "≤"):
            return left
        sign = self.take()
        condition = ("greater", left, self.sum())
        return condition if sign == ">" else ("not", condition)

    def sum(self):
        out = self.product()
        while self.word in ("+", "−"):
            sign = self.take()
            out = ("+" if sign == "+" else "-", out, self.product())
        return out

    def product(self):
        if self.word == "−":
            self.take()
            return "negative", self.product()
        out = self.power()
        while True:
            if self.word in ("·", "⊙", "/"):
                sign = self.take()
                out = (sign, out, self.power())
            elif self.begins_factor():
                out = ("·", out, self.power())
            else:
                return out

    def begins_factor(self) -> bool:
        if self.word == "(":
            return not (self.in_cases and self.condition_follows())
        return self.kind in ("symbol", "function", "e", "sum") or (self.word == "‖" and not self.in_norm)

    def condition_follows(self) -> bool:
        """Whether the brackets here hold a condition, as in {x (x > 0), …}."""
        depth = 0
        for _, word, _ in self.tokens[self.at :]:
            depth += (word in "([{") - (word in ")]}")
            if depth == 0:
                return False
            if depth == 1 and word in (">", "≤", "¬"):
                return True
        return False

    def power(self):
        if self.word == "−":  # within ^ or behind another sign it would stand in brackets
            raise ValueError(f"a bare − at {self.text[self.start :]!r}")
        base = self.primary()
        while True:
            if self.kind == "raised":
                base = ("power", base, ("number", self.take().translate(_RAISED)))
            elif self.word == "^":
                self.take()
                base = ("power", base, self.bracketed() if self.word == "(" else self.primary())
            elif self.word == "ᵀ":
                self.take()
                base = ("transposed", base)
            else:
                return base

    def bracketed(self):
        self.take("(")
        inner = self.comparison()
        self.take(")")
        return inner

    def primary(self):
        kind = self.kind
        if kind in ("number", "matrix", "rest"):
            return kind, self.take()
        if kind == "symbol":
            return self.symbol()
        if kind == "e":
            self.take()
            return ("e",)
        if kind in ("function", "sum"):
            return self.applied()
        if self.word == "(":
            return self.bracketed()
        if self.word in ("|", "‖"):
            sign = self.take()
            self.in_norm = sign == "‖"
            inner = self.sum()
            self.in_norm = False
            self.take(sign)
            return "absolute" if sign == "|" else "norm", inner
        if self.word == "[":
            self.take()
            inner = self.comparison()
            self.take("]")
            return "indicator", inner
        if self.word == "√":
            self.take()
            return "root", self.primary()
        if self.word == "{":
            return self.cases()
        raise ValueError(f"{self.word!r} at {self.text[self.start :]!r} in {self.text!r}")

    def symbol(self):
        word = self.take()
        if "ᵀ" in word:
            return "transposed", ("symbol", word.replace("ᵀ", ""))
        return "symbol", word

    def applied(self):
        """f(x), or f x with x as far as its power goes."""
        name = self.take()
        if self.word == "(" and not self.spaced:
            self.take()
            arguments = [self.sum()]
            while self.word == ",":
                self.take()
                arguments.append(self.sum())
            self.take(")")
            return "apply", name, *arguments
        return "apply", name, self.power()

    def cases(self):
        """{x (x > 0), y (x ≤ 0)}: the second condition must be the opposite of the first."""
        self.take("{")
        self.in_cases += 1
        first, condition = self.sum(), self.bracketed()
        self.take(",")
        second, otherwise = self.sum(), self.bracketed()
        self.in_cases -= 1
        self.take("}")
        if otherwise != ("not", condition):
            raise ValueError(f"{condition} and {otherwise} are not opposites in {self.text!r}")
        return "cases", condition, first, second


def _outermost(kind: str, word: str) -> str:
    """`lastgroup` may name a group inside the symbol's pattern."""
    return kind if kind in _KINDS else "symbol"


_KINDS = {"space", "matrix", "number", "sum", "rest", "raised", "e", "function", "symbol", "sign"}


# --- from a tree to numbers


@cache
def printed_number(text: str, digits: int) -> Interval:
    """What a printed number may stand for: itself if it has fewer digits than asked for, else ± half a unit."""
    negative, text = text.startswith("−"), text.lstrip("−")
    if text in ("∞", "NaN"):
        return Interval(-np.inf if negative else np.inf) if text == "∞" else Interval(np.nan)
    mantissa, exponent = _parted(text)
    value = float(f"{mantissa}e{exponent}")
    significant = len(mantissa.replace(".", "").lstrip("0"))
    half = 0.0 if significant < digits else 0.5 * 10.0 ** (exponent - len(mantissa.partition(".")[2]))
    value = -value if negative else value
    return Interval(np.float64(value - half), np.float64(value + half))


def _parted(text: str) -> tuple[str, int]:
    match = re.fullmatch(r"(?:([\d.]+)·)?10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)", text)
    return (match[1] or "1", int(match[2].translate(_RAISED))) if match else (text, 0)


def printed_matrix(text: str, digits: int) -> Interval:
    rows = [[printed_number(x, digits) for x in row.split()] for row in text[1:-1].split(";")]
    return Interval(np.array([[x.lo for x in row] for row in rows]), np.array([[x.hi for x in row] for row in rows]))


class Calculator:
    """Computes trees.

    Args:
        column: whether samples are columns, which decides what Σᵢ, Σₖ and softmax run along.
        digits: that were asked for.
        look_up: what a symbol stands for.
        functions: those of a user, by name.
    """

    def __init__(self, column: bool, digits: int, look_up: Callable[[str], Interval], functions=None):
        self.samples, self.units = (1, 0) if column else (0, 1)
        self.digits, self.look_up = digits, look_up
        self.functions = _NAMED | (functions or {})

    def value(self, tree) -> Interval:
        with np.errstate(all="ignore"):
            return self._value(tree)

    def _value(self, tree) -> Interval:
        kind, *parts = tree
        if kind in _LEAVES:
            return _LEAVES[kind](self, *parts)
        if kind == "power":
            return self._power(*parts)
        if kind == "apply":
            return self._applied(*parts)
        if kind == "cases":
            condition, first, second = parts
            return iv.chosen(self._condition(condition), self._value(first), self._value(second))
        if kind == "indicator":
            return iv.chosen(self._condition(parts[0]), Interval(np.float64(1)), Interval(np.float64(0)))
        if kind == "norm":
            return iv.square_root(self._summed("ₖ", self._value(parts[0]) ** 2))
        return _OPERATIONS[kind](*map(self._value, parts))

    def _condition(self, tree):
        if tree[0] == "not":
            return iv.negated(self._condition(tree[1]))
        assert tree[0] == "greater", tree
        return iv.greater(self._value(tree[1]), self._value(tree[2]))

    def _power(self, base, exponent) -> Interval:
        if base == ("e",):
            return iv.exp(self._value(exponent))
        n = self._value(exponent)
        assert n.lo == n.hi, f"the exponent {exponent} is not exact"
        return self._value(base) ** float(n.lo)

    def _applied(self, name: str, *arguments) -> Interval:
        x, *others = map(self._value, arguments)
        if name.startswith("Σ"):
            return self._summed(name[1:], x)
        if name == "softmax":
            return iv.softmax(x, self.units) if x.shape else Interval(np.float64(1))
        return self.functions[name](x, *others)

    def _summed(self, letters: str, x: Interval) -> Interval:
        """Σᵢ runs over the samples, Σₖ over the units, two letters over a whole matrix; a vector's sum is a number."""
        if not x.shape:
            return x
        if len(letters) > 1 or 1 in x.shape:
            return x.sum(None)
        axis = {"ᵢ": self.samples, "ₖ": self.units}[letters]
        total = x.sum(axis)
        return Interval(np.expand_dims(total.lo, axis), np.expand_dims(total.hi, axis))


def scalar_if_single(x: Interval) -> Interval:
    """A matrix of one entry is printed as a number, and is one."""
    return x[0, 0] if x.shape == (1, 1) else x


def leaves(tree):
    """The symbols in a tree."""
    if tree[0] in ("symbol", "rest"):
        yield tree[1]
    for part in tree[1:]:
        if isinstance(part, tuple):
            yield from leaves(part)


_LEAVES = {
    "number": lambda self, text: printed_number(text, self.digits),
    "matrix": lambda self, text: printed_matrix(text, self.digits),
    "symbol": lambda self, text: self.look_up(text),
    "rest": lambda self, text: self.look_up(text),
    "e": lambda self: Interval(np.float64(np.e)),
}
_OPERATIONS = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "⊙": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    "·": lambda a, b: scalar_if_single(a @ b) if a.shape and b.shape else a * b,
    "negative": lambda a: -a,
    "transposed": lambda a: a.T,
    "absolute": iv.absolute,
    "root": iv.square_root,
}
_NAMED = {
    "tanh": iv.tanh,
    "σ": iv.sigmoid,
    "softsign": iv.softsign,
    "mish": iv.mish,
    "Φ": iv.normal_distribution,
    "erf": iv.error_function,
    "ln": iv.log,
    "sgn": iv.sign,
    "sin": iv.sine,
    "cos": iv.cosine,
    "max": iv.larger,
    "min": iv.smaller,
}
