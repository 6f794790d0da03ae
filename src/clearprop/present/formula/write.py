"""Trees written as LaTeX and as MathML."""

from __future__ import annotations

from html import escape

from clearprop.present.formula import tree
from clearprop.present.formula.tree import EXPONENT, LOWERED, Math

_FENCE_LATEX = {"‖": (r"\lVert", r"\rVert"), "|": (r"\lvert", r"\rvert"), "⌊": (r"\lfloor", ""), "⌋": ("", r"\rfloor")}


def to_latex(m: Math) -> str:
    """A tree as LaTeX (mathematics mode).

    Example:
        >>> from clearprop.present.formula.parse import parse
        >>> to_latex(parse(r"-\\frac{1}{x^2}"))
        '-\\\\frac{1}{x^{2}}'
    """
    match m:
        case tree.Atom(latex=latex):
            return latex
        case tree.Slot(name=name):
            return f"#{name}"
        case tree.Row(parts=parts):
            return _side_by_side([to_latex(part) for part in parts])
        case tree.Scripts(base=base, sub=sub, sup=sup):
            below = f"_{{{to_latex(sub)}}}" if sub else ""
            above = f"^{{{_above(sup)}}}" if sup else ""
            is_whole = isinstance(base, tree.Atom | tree.Fenced | tree.Matrix)
            return f"{to_latex(base) if is_whole else f'{{{to_latex(base)}}}'}{below}{above}"
        case tree.Fraction(top=top, bottom=bottom):
            return rf"\frac{{{to_latex(top)}}}{{{to_latex(bottom)}}}"
        case tree.Root(inner=inner):
            return rf"\sqrt{{{to_latex(inner)}}}"
        case tree.Fenced(left=left, inner=inner, right=right):
            opening, closing = _FENCE_LATEX.get(left, (left, ""))[0], _FENCE_LATEX.get(right, ("", right))[1]
            return rf"\left{opening} {to_latex(inner)} \right{closing}"
        case tree.Apply(function=function, argument=argument):
            return _side_by_side([to_latex(function), to_latex(argument)])
        case tree.Cases():
            cases = r" \\ ".join(f"{to_latex(value)} & {to_latex(when)}" for value, when in _cases(m))
            return rf"\begin{{cases}} {cases} \end{{cases}}"
        case tree.Matrix(rows=rows):
            lines = r" \\ ".join(" & ".join(to_latex(x) for x in line) for line in rows)
            return rf"\begin{{bmatrix}} {lines} \end{{bmatrix}}"


def _above(sup: Math) -> str:
    """The marks of a name, [1](2), are no taller than the line, and their brackets need not grow."""
    match sup:
        case tree.Fenced(left=left, inner=tree.Atom(latex=inner), right=right):
            return f"{left}{inner}{right}"
        case tree.Row(parts=parts) if tree.belongs_to_name(sup):
            return "".join(map(_above, parts))
    return to_latex(sup)


def _cases(m: tree.Cases) -> tuple[tuple[Math, Math], tuple[Math, Math]]:
    return (m.first, m.condition), (m.second, m.otherwise)


_SPACED = {"+", "-", "=", "<", ">", r"\times", r"\cdot", r"\odot", r"\le", r"\ge"}


def _side_by_side(parts: list[str]) -> str:
    r"""Joined with no more spaces than needed: `-x`, `\ln a`."""
    out = ""
    for part in parts:
        needs_space = bool(out) and out[-1].isalnum() and part[:1].isalnum()
        ends_command = bool(out) and out.split("\\")[-1].isalpha() and "\\" in out and part[:1].isalpha()
        sign = part in _SPACED
        after_sign = out.endswith(("+ ", "= "))
        space = " " if (needs_space or ends_command or (sign and out)) and not after_sign else ""
        out += space + part + (" " if sign and out else "")
    return out.rstrip(" ")


def to_mathml(m: Math, block: bool = False) -> str:
    """A tree as a MathML element, which browsers draw without any script or font.

    Example:
        >>> from clearprop.present.formula.parse import parse
        >>> to_mathml(parse("x"))
        '<math><mi>x</mi></math>'
    """
    display = ' display="block"' if block else ""
    return f"<math{display}>{_mathml(m)}</math>"


def _mathml(m: Math) -> str:
    match m:
        case tree.Atom():
            return _sign(m)
        case tree.Slot(name=name):
            return f"<mi>#{escape(name)}</mi>"
        case tree.Row(parts=parts):
            return f"<mrow>{''.join(_mathml(part) for part in parts)}</mrow>"
        case tree.Scripts(base=base, sub=sub, sup=sup):
            tag = "msubsup" if sub and sup else "msub" if sub else "msup"
            return f"<{tag}>{''.join(_mathml(part) for part in (base, sub, sup) if part)}</{tag}>"
        case tree.Fraction(top=top, bottom=bottom):
            return f"<mfrac>{_mathml(top)}{_mathml(bottom)}</mfrac>"
        case tree.Root(inner=inner):
            return f"<msqrt>{_mathml(inner)}</msqrt>"
        case tree.Fenced(left="(", inner=inner) if _is_tall(inner):
            return f'<mrow class="round">{_mathml(inner)}</mrow>'
        case tree.Fenced(left="[", inner=inner) if _is_tall(inner):
            return f'<mtable class="matrix"><mtr><mtd>{_mathml(inner)}</mtd></mtr></mtable>'
        case tree.Fenced(left=left, inner=inner, right=right):
            return f"<mrow><mo>{left}</mo>{_mathml(inner)}<mo>{right}</mo></mrow>"
        case tree.Apply(function=function, argument=argument):
            apply = "" if isinstance(argument, tree.Fenced) else '<mspace width="0.17em"></mspace>'
            return f"<mrow>{_mathml(function)}{apply}{_mathml(argument)}</mrow>"
        case tree.Cases():
            cells = (f"<mtr><mtd>{_mathml(v)}</mtd><mtd>{_mathml(when)}</mtd></mtr>" for v, when in _cases(m))
            return f'<mrow><mo>{{</mo><mtable columnalign="left">{"".join(cells)}</mtable></mrow>'
        case tree.Matrix(rows=rows):
            lines = "".join(f"<mtr>{''.join(f'<mtd>{_mathml(x)}</mtd>' for x in line)}</mtr>" for line in rows)
            return f'<mtable class="matrix">{lines}</mtable>'


def _is_tall(m: Math) -> bool:
    """Whether a matrix of several rows is in it, which brackets of a font do not reach round."""
    match m:
        case tree.Matrix(rows=rows):
            return len(rows) > 1
        case tree.Row(parts=parts):
            return any(map(_is_tall, parts))
        case tree.Scripts(base=base):
            return _is_tall(base)
        case tree.Fenced(inner=inner) | tree.Root(inner=inner) | tree.Apply(argument=inner):
            return _is_tall(inner)
        case tree.Fraction(top=top, bottom=bottom):
            return _is_tall(top) or _is_tall(bottom)
        case _:
            return False


_MATHML_SIGNS = {"ᵀ": "⊤", "·": "⋅"}


def _sign(atom: tree.Atom) -> str:
    text = escape(atom.text)
    if atom.kind == "number":
        return _number(text)
    if atom.kind == "operator":
        return f"<mo>{_MATHML_SIGNS.get(text, text)}</mo>"
    if atom.kind == "text":
        return f"<mtext>{text.replace(' ', chr(0xA0))}</mtext>"
    if atom.kind == "function" and text == "Σ":
        return "<mo>∑</mo>"
    if atom.latex.startswith(r"\hat{"):  # in italics, for which fonts have no ŷ
        return f'<mover accent="true"><mi>{escape(atom.latex[5:-1])}</mi><mo>^</mo></mover>'
    upright = ' mathvariant="normal"' if atom.kind == "function" and len(text) == 1 else ""
    return f"<mi{upright}>{text}</mi>"


def _number(text: str) -> str:
    """1.5·10⁻⁷ with a real exponent."""
    digits = text.rstrip(EXPONENT)
    if digits == text:
        return f"<mn>{text}</mn>"
    mantissa, times, ten = digits.rpartition("·")
    exponent = text[len(digits) :].translate(LOWERED)
    power = f"<msup><mn>{ten}</mn><mn>{exponent}</mn></msup>"
    return f"<mrow><mn>{mantissa}</mn><mo>⋅</mo>{power}</mrow>" if times else power
