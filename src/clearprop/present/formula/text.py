"""Trees as plain text, one line each: for the terminal, and for labels in pictures."""

from __future__ import annotations

from typing import Literal

from clearprop.present.formula.fill import Level, level
from clearprop.present.formula.tree import (
    COMMA,
    PARTIAL,
    RAISED,
    TOP,
    Apply,
    Atom,
    Cases,
    Fenced,
    Fraction,
    Math,
    Matrix,
    Root,
    Row,
    Scripts,
    Slot,
    belongs_to_name,
)

_RAISABLE = set("0123456789−ᵀ")
_SUBSCRIPTS = dict(zip("0123456789aijk", "₀₁₂₃₄₅₆₇₈₉ₐᵢⱼₖ", strict=True))


def to_text(m: Math) -> str:
    """A tree as one line of text.

    Example:
        >>> from clearprop.present.formula.parse import parse
        >>> to_text(parse(r"\\frac{1}{1 + e^{-x}}"))
        '1/(1 + e^(−x))'
    """
    match m:
        case Atom(text=text):
            return text
        case Slot(name=name):
            return f"#{name}"
        case Row(parts=parts):
            return _spaced(parts)
        case Scripts(base=base, sub=sub, sup=sup):
            return to_text(base) + _over(sup) + _under(sub)
        case Fraction(top=top, bottom=bottom):
            return f"{_guarded(top, Level.POWER)}/{_guarded(bottom, Level.POWER)}"
        case Root(inner=inner):
            return f"√{_guarded(inner, Level.ATOM)}"
        case Fenced(left=left, inner=inner, right=right):
            return f"{left}{to_text(inner)}{right}"
        case Apply(function=function, argument=argument):
            return f"{to_text(function)}{'' if isinstance(argument, Fenced) else ' '}{to_text(argument)}"
        case Cases(first=first, condition=condition, second=second):
            otherwise = to_text(m.otherwise)
            return f"{{{to_text(first)} ({to_text(condition)}), {to_text(second)} ({otherwise})}}"
        case Matrix(rows=rows):
            return "[" + "; ".join(" ".join(to_text(x) for x in line) for line in rows) + "]"


def _guarded(m: Math, needed: Level) -> str:
    return to_text(m) if level(m) >= needed else f"({to_text(m)})"


def _spaced(parts: tuple[Math, ...]) -> str:
    """Spaces around + − = and ⊙, none around ·, and none behind a sign that stands first."""
    out = ""
    for i, part in enumerate(parts):
        text = to_text(part)
        if isinstance(part, Atom) and part.kind == "operator":
            binary = i > 0 and not _is_sign(parts[i - 1])
            tight = part.text in ("ᵀ",) or not binary
            text = f"{part.text} " if part.text == "," else text if tight else f" {part.text} "
        elif i and isinstance(parts[i - 1], Fraction):  # 1/2 · x, where 1/2 x might be 1/(2x)
            text = f" · {text}"
        elif i and parts[i - 1] != PARTIAL and not _is_sign(parts[i - 1]) and _juxtaposed(out, text, part):
            text = f" {text}"
        out += text
    return out


def _is_sign(part: Math) -> bool:
    return isinstance(part, Atom) and part.kind in ("operator", "text")


def _juxtaposed(out: str, text: str, part: Math) -> bool:
    return not (isinstance(part, Atom) and part.kind == "text") and not isinstance(part, Fenced) and bool(out)


def _over(sup: Math | None) -> str:
    """z[1] and x² as they are spoken; anything else behind a ^."""
    if sup is None:
        return ""
    text = _close(sup)
    if _RAISABLE.issuperset(text):
        return text.translate(RAISED)
    if belongs_to_name(sup) or text == "′":  # a layer, a sample, a new value
        return text
    return f"^{text}" if len(text) == 1 or text.replace(".", "").isdigit() else f"^({text})"


def _close(m: Math) -> str:
    """Layer, sample, prime: signs without spaces between them."""
    if isinstance(m, Row) and not any(_is_sign(part) and part not in (TOP, COMMA) for part in m.parts):
        return "".join(to_text(part) for part in m.parts)
    return to_text(m)


def _under(sub: Math | None) -> str:
    if sub is None:
        return ""
    text = _close(sub)
    if all(sign in _SUBSCRIPTS for sign in text):
        return "".join(_SUBSCRIPTS[sign] for sign in text)
    return f"_{text}" if text.isalnum() else f"_({text})"


# --- for pictures, which place the pieces themselves

Run = tuple[str, Literal["normal", "sup", "sub"], bool]


def runs(m: Math) -> list[Run]:
    """A tree as pieces of text: each with its place, and whether it is in italics."""
    match m:
        case Scripts(base=base, sub=sub, sup=sup):
            out = runs(base)
            out += [("⊤" if t == "ᵀ" else t, "sup", False) for t, _, _ in (runs(sup) if sup else [])]
            return out + [(t, "sub", False) for t, _, _ in (runs(sub) if sub else [])]
        case Atom(text=text, kind=kind):
            return [(text, "normal", kind == "identifier" and text.isalpha())]
        case Apply(function=function, argument=argument) if isinstance(argument, Fenced):
            return runs(function) + runs(argument)
        case Fenced(left=left, inner=inner, right=right):
            return [(left, "normal", False), *runs(inner), (right, "normal", False)]
        case Row(parts=parts) if not any(isinstance(p, Atom) and p.kind == "operator" for p in parts):
            return [run for part in parts for run in runs(part)]
        case _:
            return _row_runs(m)


def _row_runs(m: Math) -> list[Run]:
    if not isinstance(m, Row):
        return _fraction_runs(m)
    out: list[Run] = []
    for i, part in enumerate(m.parts):
        if isinstance(part, Atom) and part.kind == "operator" and i:
            out.append((f" {part.text} ", "normal", False))
        else:
            out += runs(part)
    return out


def _fraction_runs(m: Math) -> list[Run]:
    if isinstance(m, Fraction):
        return [*_guarded_runs(m.top), ("/", "normal", False), *_guarded_runs(m.bottom)]
    if isinstance(m, Apply):
        return [*runs(m.function), (" ", "normal", False), *runs(m.argument)]
    return [(to_text(m), "normal", False)]


def _guarded_runs(m: Math) -> list[Run]:
    if level(m) >= Level.POWER:
        return runs(m)
    return [("(", "normal", False), *runs(m), (")", "normal", False)]
