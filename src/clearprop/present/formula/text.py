"""Trees as plain text, one line each: for the terminal, and for labels in pictures."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal, TypeGuard

from clearprop.present.formula import tree
from clearprop.present.formula.fill import Level, level
from clearprop.present.formula.tree import COMMA, DIFFERENTIAL, PARTIAL, RAISED, TOP, Math, belongs_to_name, is_sign

_RAISABLE, _LOWERABLE = set("0123456789−ᵀ"), set("0123456789aijk")
_SUBSCRIPTS = str.maketrans("0123456789aijk", "₀₁₂₃₄₅₆₇₈₉ₐᵢⱼₖ")


def to_text(m: Math) -> str:
    """A tree as one line of text.

    Example:
        >>> from clearprop.present.formula.parse import parse
        >>> to_text(parse(r"\\frac{1}{1 + e^{-x}}"))
        '1/(1 + e^(−x))'
    """
    match m:
        case tree.Atom(text=text):
            return text
        case tree.Slot(name=name):
            return f"#{name}"
        case tree.Row(parts=parts):
            return _spaced(parts)
        case tree.Scripts(base=base, sub=sub, sup=sup):
            return to_text(base) + _over(sup) + _under(sub)
        case tree.Fraction(top=top, bottom=bottom):
            return f"{_guarded(top, Level.POWER)}/{_guarded(bottom, Level.POWER)}"
        case tree.Root(inner=inner):
            return f"√{_guarded(inner, Level.ATOM)}"
        case tree.Fenced(left=left, inner=inner, right=right):
            return f"{left}{to_text(inner)}{right}"
        case tree.Apply(function=function, argument=argument):
            return f"{to_text(function)}{'' if isinstance(argument, tree.Fenced) else ' '}{to_text(argument)}"
        case tree.Cases(first=first, condition=condition, second=second):
            otherwise = to_text(m.otherwise)
            return f"{{{to_text(first)} ({to_text(condition)}), {to_text(second)} ({otherwise})}}"
        case tree.Matrix(rows=rows):
            return "[" + "; ".join(" ".join(to_text(x) for x in line) for line in rows) + "]"


def _guarded(m: Math, needed: Level) -> str:
    return to_text(m) if level(m) >= needed else f"({to_text(m)})"


def _spaced(parts: tuple[Math, ...]) -> str:
    """Spaces around + − = and ⊙, none around ·, and none behind a sign that stands first."""
    out = ""
    for i, part in enumerate(parts):
        text, before = to_text(part), parts[i - 1] if i else PARTIAL
        if _is_operator(part):
            binary = i > 0 and not is_sign(before)
            text = ", " if part == COMMA else f" {text} " if binary and part != TOP else text
        elif isinstance(before, tree.Fraction):  # 1/2 · x, where 1/2 x might be 1/(2x)
            text = f" · {text}"
        elif out and not (_clings(before) or is_sign(part) or isinstance(part, tree.Fenced)):
            text = f" {text}"
        out += text
    return out


def _clings(before: Math) -> bool:
    """Whether what follows stands without a space: behind ∂, d and signs."""
    return before in (PARTIAL, DIFFERENTIAL) or is_sign(before)


def _over(sup: Math | None) -> str:
    """z[1] and x² as they are spoken; anything else behind a ^."""
    if sup is None:
        return ""
    text = _unspaced(sup)
    if _RAISABLE.issuperset(text):
        return text.translate(RAISED)
    if belongs_to_name(sup) or text == "′":  # a layer, a sample, a new value
        return text
    return f"^{text}" if len(text) == 1 or text.replace(".", "").isdigit() else f"^({text})"


def _unspaced(m: Math) -> str:
    """Layer, sample, prime: signs without spaces between them."""
    if isinstance(m, tree.Row) and not any(is_sign(part) and part not in (TOP, COMMA) for part in m.parts):
        return "".join(to_text(part) for part in m.parts)
    return to_text(m)


def _under(sub: Math | None) -> str:
    if sub is None:
        return ""
    text = _unspaced(sub)
    if _LOWERABLE.issuperset(text):
        return text.translate(_SUBSCRIPTS)
    return f"_{text}" if text.isalnum() else f"_({text})"


# --- for pictures, which place the pieces themselves

Run = tuple[str, Literal["normal", "sup", "sub"], bool]


def runs(m: Math) -> list[Run]:
    """A tree as pieces of text: each with its place, and whether it is in italics."""
    match m:
        case tree.Scripts(base=base, sub=sub, sup=sup):
            out = runs(base)
            out += [("⊤" if t == "ᵀ" else t, "sup", False) for t, _, _ in (runs(sup) if sup else [])]
            return out + [(t, "sub", italic) for t, _, italic in (runs(sub) if sub else [])]
        case tree.Atom(text=text, kind=kind):
            return [(text, "normal", kind == "identifier" and text.isalpha())]
        case tree.Fenced(left=left, inner=inner, right=right):
            return [(left, "normal", False), *runs(inner), (right, "normal", False)]
        case tree.Row(parts=parts):
            spaced = [_apart(p) if i and _is_operator(p) else p for i, p in enumerate(parts)]
            return [run for part in spaced for run in runs(part)]
        case tree.Apply(function=function, argument=argument):
            space: list[Run] = [] if isinstance(argument, tree.Fenced) else [(" ", "normal", False)]
            return [*runs(function), *space, *runs(argument)]
        case tree.Fraction(top=top, bottom=bottom):
            return [*_guarded_runs(top), ("/", "normal", False), *_guarded_runs(bottom)]
        case _:
            return [(to_text(m), "normal", False)]


def _apart(operator: tree.Atom) -> tree.Atom:
    return replace(operator, text=", " if operator == COMMA else f" {operator.text} ")


def _is_operator(part: Math) -> TypeGuard[tree.Atom]:
    return isinstance(part, tree.Atom) and part.kind == "operator"


def _guarded_runs(m: Math) -> list[Run]:
    if level(m) >= Level.POWER:
        return runs(m)
    return [("(", "normal", False), *runs(m), (")", "normal", False)]
