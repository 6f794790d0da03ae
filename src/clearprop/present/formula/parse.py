"""The LaTeX of ops' formulas as trees. A small part of LaTeX, and a clear error for the rest."""

from __future__ import annotations

import re
from functools import lru_cache

from clearprop.errors import InvalidValueError
from clearprop.present.formula import tree
from clearprop.present.formula.tree import Atom, Kind, Math, operator, row

_TOKEN = re.compile(r"\\[A-Za-z]+|\\.|#\w+|\d+(?:\.\d+)?|\S")


def _table(pairs: str) -> dict[str, str]:
    words = pairs.split()
    return dict(zip(words[::2], words[1::2], strict=True))


_GREEK = _table(
    "alpha α beta β gamma γ delta δ epsilon ε eta η theta θ lambda λ mu μ nu ν pi π rho ρ tau τ phi φ omega ω "
    "partial ∂ ell ℓ infty ∞ prime ′"
)
_OPERATORS = _table(
    "times × div ÷ cdot · odot ⊙ surd √ top ᵀ le ≤ ge ≥ ne ≠ in ∈ to → pm ± dots … approx ≈ leftarrow ← nabla ∇ "
    "neg ¬ land ∧"
)
_FUNCTIONS = _table(
    "sigma σ Phi Φ sum Σ ln ln log log exp exp tanh tanh max max min min sin sin cos cos sinh sinh cosh cosh arg arg"
)
_TABLES: dict[Kind, dict[str, str]] = {"identifier": _GREEK, "operator": _OPERATORS, "function": _FUNCTIONS}
COMMANDS = {sign: f"\\{name}" for name, sign in (_GREEK | _OPERATORS).items() if not sign.isascii()}  # of LaTeX
_FENCES = {"(": ")", "[": "]", r"\lVert": r"\rVert", r"\lvert": r"\rvert", r"\lfloor": r"\rfloor"}
_FENCE_TEXT = _table(r"( ( ) ) [ [ ] ] \lVert ‖ \rVert ‖ \lvert | \rvert | \lfloor ⌊ \rfloor ⌋")
_CLOSING = {"}", *_FENCES.values()}
_SPACES = {r"\,", r"\;", r"\:", r"\!", r"\ "}


@lru_cache(maxsize=512)
def parse(latex: str) -> Math:
    r"""The tree of a formula.

    Raises:
        InvalidValueError: for LaTeX that this small parser does not know.

    Example:
        >>> parse(r"\frac{1}{#1}")
        Fraction(top=Atom(text='1', latex='1', kind='number'), bottom=Slot(name='1'))
    """
    return _Parser(latex).whole()


class _Parser:
    """Recursive descent over the tokens of one formula."""

    def __init__(self, latex: str) -> None:
        self.latex, self.at = latex, 0
        self.tokens = [(m.group(), m.start()) for m in _TOKEN.finditer(latex) if m.group() not in _SPACES]

    def whole(self) -> Math:
        found = self._row(set())
        if self.at < len(self.tokens):
            raise self._unknown(self.tokens[self.at][0])
        return found

    def _unknown(self, token: str) -> InvalidValueError:
        return InvalidValueError(f"{token!r} in the formula {self.latex!r}", r"plain LaTeX such as \frac{#1}{#2}")

    def _peek(self) -> str:
        return self.tokens[self.at][0] if self.at < len(self.tokens) else ""

    def _take(self, expected: str = "") -> str:
        token = self._peek()
        if not token or (expected and token != expected):
            raise self._unknown(token or "the end")
        self.at += 1
        return token

    def _row(self, until: set[str]) -> Math:
        parts: list[Math] = []
        while self._peek() and self._peek() not in until:
            parts.append(self._scripted())
        return _with_cases(parts)

    def _group(self) -> Math:
        self._take("{")
        inner = self._row({"}"})
        self._take("}")
        return inner

    def _scripted(self) -> Math:
        base = self._one()
        found = self._scripts(base)
        return self._applied(found) if isinstance(base, Atom) and base.kind == "function" else found

    def _scripts(self, base: Math) -> Math:
        sub = sup = None
        while self._peek() in ("_", "^"):
            if self._take() == "_":
                sub = self._argument()
            else:
                sup = self._argument()
        return base if sub is None and sup is None else tree.Scripts(base, sub, sup)

    def _applied(self, function: Math) -> Math:
        """A function takes what stands behind it: brackets, or the next factor."""
        if self._peek() == "(":
            return self._scripts(tree.Apply(function, self._one()))
        if not self._peek() or self._peek() in ("}", ")", "]", ",", "+", "-", "="):
            return function
        return tree.Apply(function, self._scripted())

    def _argument(self) -> Math:
        return self._group() if self._peek() == "{" else self._one()

    def _one(self) -> Math:
        token = self._take()
        if token == "{":
            self.at -= 1
            return self._group()
        if token in (r"\left", r"\right"):  # brackets are as high as what is in them anyway
            token = self._take()
        if token in _FENCES:
            return self._fenced(token)
        if token.startswith("#"):
            return tree.Slot(token[1:])
        if token.startswith("\\"):
            return self._command(token)
        if token in _CLOSING:
            raise self._unknown(token)
        return _sign(token)

    def _fenced(self, left: str) -> Math:
        right = _FENCES[left]
        inner = self._row({right, r"\right"})
        if self._peek() == r"\right":
            self._take()
        self._take(right)
        return tree.Fenced(_FENCE_TEXT[left], inner, _FENCE_TEXT[right])

    def _command(self, token: str) -> Math:
        name = token[1:]
        if name in ("frac", "tfrac", "dfrac"):
            top = self._group()
            return tree.Fraction(top, self._group())
        if name == "sqrt":
            return tree.Root(self._group())
        if name in ("text", "mathrm", "operatorname"):
            return self._upright(token)
        for kind, table in _TABLES.items():
            if name in table:
                return Atom(table[name], token, kind)
        raise self._unknown(token)

    def _upright(self, token: str) -> Math:
        """The letters between braces as they stand in the source, spaces included."""
        self._take("{")
        start = self.tokens[self.at - 1][1] + 1
        end = self.latex.find("}", start)
        while self._take() != "}":
            pass
        inside = self.latex[start:end]
        return Atom(inside, f"{token}{{{inside}}}", "text" if token == r"\text" else "function")


def _with_cases(parts: list[Math]) -> Math:
    r"""A \text{ if } C \text{ else } B is a value of two cases."""
    at = [i for i, part in enumerate(parts) if isinstance(part, Atom) and part.text in (" if ", " else ")]
    if len(at) != 2:
        return row(*parts)
    first, condition, second = parts[: at[0]], parts[at[0] + 1 : at[1]], parts[at[1] + 1 :]
    return tree.Cases(row(*first), row(*condition), row(*second))


def _sign(token: str) -> Atom:
    if token[0].isdigit():
        return Atom(token, token, "number")
    if token == "-":
        return operator("−", "-")
    if token in "+=<>,:;/!?|":
        return operator(token)
    return Atom(token, token)
