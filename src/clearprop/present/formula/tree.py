"""A formula as a tree: read from an op's LaTeX once, filled with symbols or with numbers, written in any notation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Literal, TypeAlias, TypeGuard

from clearprop.visible import visible

Kind = Literal["identifier", "number", "operator", "function", "text"]


@dataclass(frozen=True, slots=True)
class Atom:
    """One sign: how it is printed, how LaTeX writes it, and what sort of sign it is."""

    text: str
    latex: str
    kind: Kind = "identifier"


@dataclass(frozen=True, slots=True)
class Slot:
    """A place in a template: `#1`, the first input of an op, or `#slope`, an attribute."""

    name: str


@dataclass(frozen=True, slots=True)
class Row:
    """Signs side by side."""

    parts: tuple[Math, ...]


@dataclass(frozen=True, slots=True)
class Scripts:
    """A base with something below or above on its right."""

    base: Math
    sub: Math | None = None
    sup: Math | None = None


@dataclass(frozen=True, slots=True)
class Fraction:
    """One over the other."""

    top: Math
    bottom: Math


@dataclass(frozen=True, slots=True)
class Root:
    """A square root."""

    inner: Math


@dataclass(frozen=True, slots=True)
class Fenced:
    """Something in brackets: ( ), [ ], ‖ ‖, | |."""

    left: str
    inner: Math
    right: str


@dataclass(frozen=True, slots=True)
class Apply:
    """A function (or a sum) and what it is applied to; in brackets if the argument is `Fenced`."""

    function: Math
    argument: Math


@dataclass(frozen=True, slots=True)
class Cases:
    """One value where a condition holds, another where it does not."""

    first: Math
    condition: Math
    second: Math

    @property
    def otherwise(self) -> Math:
        """The opposite of the condition."""
        parts = self.condition.parts if isinstance(self.condition, Row) else ()
        if GREATER in parts:
            return Row(tuple(AT_MOST if part == GREATER else part for part in parts))
        return Row((operator("¬", r"\neg"), brackets(self.condition)))


@dataclass(frozen=True, slots=True)
class Matrix:
    """Numbers or symbols in rows and columns."""

    rows: tuple[tuple[Math, ...], ...]


Math: TypeAlias = Atom | Slot | Row | Scripts | Fraction | Root | Fenced | Apply | Cases | Matrix


EXPONENT = "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"
LOWERED = str.maketrans(EXPONENT, "−0123456789")
RAISED = str.maketrans("−0123456789-", EXPONENT + "⁻")


def identifier(text: str, latex: str | None = None) -> Atom:
    """A variable's letter, or its name."""
    text = visible(text)
    return Atom(text, text if latex is None else latex)


def operator(text: str, latex: str | None = None) -> Atom:
    """A sign between operands, or before one."""
    return Atom(text, text if latex is None else latex, "operator")


def words(text: str) -> Atom:
    """Words inside a formula."""
    return Atom(text, rf"\text{{{text.replace('…', chr(92) + 'dots{}')}}}", "text")


PLUS, MINUS, EQUALS, COMMA = operator("+"), operator("−", "-"), operator("="), operator(",")
TIMES, DOT, HADAMARD = operator("×", r"\times"), operator("·", r"\cdot"), operator("⊙", r"\odot")
TOP = operator("ᵀ", r"\top")
PARTIAL = identifier("∂", r"\partial")
DIFFERENTIAL = Atom("d", r"\mathrm{d}", "function")  # upright, as in dz; a variable d is in italics
DOTS = operator("…", r"\dots")
GREATER, AT_MOST = operator(">"), operator("≤", r"\le")


def row(*parts: Math) -> Math:
    """Parts side by side; a single one stays as it is."""
    return parts[0] if len(parts) == 1 else Row(parts)


def joined(parts: Sequence[Math], between: Math) -> Math:
    """Parts with a sign between each two."""
    out: list[Math] = []
    for part in parts:
        out += [between, part] if out else [part]
    return row(*out)


def brackets(inner: Math) -> Fenced:
    """Something in round brackets."""
    return Fenced("(", inner, ")")


def with_parts(m: Math, change: Callable[[Math], Math]) -> Math:
    """The same kind of node, each of its parts changed."""
    if isinstance(m, Row):
        return Row(tuple(map(change, m.parts)))
    if isinstance(m, Matrix):
        return Matrix(tuple(tuple(map(change, line)) for line in m.rows))
    parts = {field.name: getattr(m, field.name) for field in fields(m)}
    changed: dict[str, Any] = {name: change(part) for name, part in parts.items() if isinstance(part, Math)}
    return replace(m, **changed)


def is_number(m: Math) -> bool:
    """Whether it is a single number."""
    return isinstance(m, Atom) and m.kind == "number"


def is_sign(m: Math) -> TypeGuard[Atom]:
    """Whether it stands between operands, or before one: an operator, or words."""
    return isinstance(m, Atom) and m.kind in ("operator", "text")


def belongs_to_name(sup: Math) -> bool:
    """Whether what stands above belongs to a name and is no power: it begins with a bracket, as in z^[1](2)."""
    first = sup.parts[0] if isinstance(sup, Row) and sup.parts else sup
    return isinstance(first, Fenced)


def is_differential(m: Math) -> bool:
    """Whether it begins with a d or a ∂ that belongs to it: ∂z, dz[1]."""
    if isinstance(m, Scripts):
        return is_differential(m.base)
    return isinstance(m, Row) and m.parts[:1] in ((PARTIAL,), (DIFFERENTIAL,))


def transposed(inner: Math) -> Math:
    """Something with a ⊤; a number stays as it is."""
    if is_number(inner):
        return inner
    if isinstance(inner, Scripts) and inner.sup is None:
        return Scripts(inner.base, inner.sub, TOP)
    if isinstance(inner, Scripts) and inner.sup is not None and belongs_to_name(inner.sup):
        return Scripts(inner.base, inner.sub, Row((inner.sup, TOP)))
    return Scripts(inner if isinstance(inner, Atom | Fenced | Matrix) else brackets(inner), None, TOP)
