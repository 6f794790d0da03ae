"""A document in four notations: text for the terminal, Markdown, LaTeX, HTML with MathML."""

from __future__ import annotations

import re
from html import escape

from clearprop.explain.derivation.document import Document, Equation, Step
from clearprop.explain.derivation.source import LONGEST
from clearprop.messages.language import columns_of
from clearprop.present.formula import COMMANDS, to_latex, to_mathml, to_text
from clearprop.present.page import page
from clearprop.visible import visible

STYLE = """
.step { border-left: 3px solid var(--line); padding: 0.1rem 0 0.1rem 1rem; margin: 1.2rem 0; }
.step > :is(h3, h4) { margin: 0 0 0.4rem; font-size: 1rem; }
.equations { overflow-x: auto; } .equations > div { margin: 0.4rem 0; }
mtable.sides > mtr > mtd { text-align: left; padding: 0.15em 0.2em; }
.note { color: var(--soft); margin: 0.3rem 0; }
"""


def text_of(document: Document, width: int | None = None) -> str:
    """Plain text: one line per side of an equation, or more where a width is given."""
    lines: list[str] = []
    if document.title:
        lines += [document.title, "=" * columns_of(document.title), ""]
    lines += [*document.intro, ""] if document.intro else []
    for section in document.sections:
        if section.title:
            lines += [section.title, "-" * columns_of(section.title), *section.intro, ""]
        for step in section.steps:
            lines += [step.heading, *(f"  {line}" for e in step.equations for line in _text_equation(e))]
            lines += [f"  ({note})" for note in step.notes] + [""]
    lines = [visible(line) for line in lines]
    lines = lines if width is None else [part for line in lines for part in _wrapped(line, width)]
    return "\n".join(lines).rstrip() + "\n"


_BREAKS = re.compile(r"(?= [+−] )|(?<=; )|(?<=, )")  # in a formula, between terms and between the rows of a matrix
_SPACES = re.compile(r"(?<= )|(?<=[，。；：])")


def _wrapped(line: str, width: int) -> list[str]:
    """A line too long for the terminal; the rest of a formula stands under what is behind its sign =."""
    is_formula = line.startswith("  ") and "= " in line
    indent = min(line.index("= ") + 2, width // 2) if is_formula else 0
    out, now = [], ""
    for piece in (_BREAKS if is_formula else _SPACES).split(line):
        if now.strip() and columns_of((now + piece).rstrip()) > width:
            out.append(now.rstrip())
            now = " " * indent + piece.lstrip()
        else:
            now += piece
    return [*out, now.rstrip()]


def _text_equation(equation: Equation) -> list[str]:
    left, *sides = (to_text(side) for side in equation)
    if not sides:
        return [left]
    indent = " " * (columns_of(left) + 1)
    return [f"{left} = {sides[0]}", *(f"{indent}= {side}" for side in sides[1:])]


def markdown_of(document: Document) -> str:
    """Markdown, its formulas as LaTeX between $$."""
    lines: list[str] = [f"# {document.title}", ""] if document.title else []
    lines += [line for paragraph in document.intro for line in (paragraph, "")]
    for section in document.sections:
        lines += [f"## {section.title}", "", *section.intro, ""] if section.title else []
        for step in section.steps:
            lines += [f"**{step.heading}**", ""]
            lines += [line for e in step.equations for line in ("$$", _aligned(e), "$$", "")]
            lines += [line for note in step.notes for line in (note, "")]
    return visible("\n".join(lines), keep="\n").rstrip() + "\n"


def _aligned(equation: Equation) -> str:
    left, *sides = (to_latex(side) for side in equation)
    if len(sides) < 2:
        return " = ".join([left, *sides])
    rest = " \\\\\n".join(f"&= {side}" for side in sides)
    return f"\\begin{{aligned}}\n{left} {rest}\n\\end{{aligned}}"


_CLASS = {"en": "\\documentclass{article}", "zh": "\\documentclass{ctexart} % XeLaTeX or LuaLaTeX"}
_PREAMBLE = (
    f"\\usepackage{{amsmath,amssymb}}\n\\setcounter{{MaxMatrixCols}}{{{LONGEST}}}\n\\setlength{{\\parindent}}{{0pt}}"
)


def latex_of(document: Document) -> str:
    """A LaTeX document."""
    lines = [_CLASS[document.lang], _PREAMBLE, "\\begin{document}"]
    if document.title:
        lines.append(f"\\section*{{{_escaped(document.title)}}}")
    lines += [f"{_escaped(line)}\n" for line in document.intro]
    for section in document.sections:
        lines += [f"\\subsection*{{{_escaped(section.title)}}}"] if section.title else []
        lines += map(_escaped, section.intro)
        for step in section.steps:
            lines += [f"\n\\textbf{{{_escaped(step.heading)}}}"]
            lines += [f"\\[\n{_aligned(e)}\n\\]" for e in step.equations]
            lines += map(_escaped, step.notes)
    return "\n".join([*lines, "\\end{document}", ""])


_LATEX_SIGNS = str.maketrans(
    {sign: f"\\{sign}" for sign in "#$%&_{}"}
    | {"\\": "\\textbackslash{}", "~": "\\textasciitilde{}", "^": "\\textasciicircum{}"}
    | {sign: f"${command}$" for sign, command in COMMANDS.items()}
    | {"′": "$'$", "−": "$-$"}
)


def _escaped(text: str) -> str:
    return visible(text).translate(_LATEX_SIGNS)


def html_of(document: Document, level: int = 1) -> str:
    """The document's body as HTML, its formulas as MathML; its title is a heading of this level."""
    parts: list[str] = []
    if document.title:
        parts.append(f"<h{level}>{escape(document.title)}</h{level}>")
    parts += [f"<p>{escape(line)}</p>" for line in document.intro]
    for section in document.sections:
        parts += [f"<h{level + 1}>{escape(section.title)}</h{level + 1}>"] if section.title else []
        parts += [f'<p class="soft">{escape(line)}</p>' for line in section.intro]
        parts += [_html_step(step, level + 2) for step in section.steps]
    return "\n".join(parts)


def _html_step(step: Step, level: int) -> str:
    equations = "".join(_html_equation(equation) for equation in step.equations)
    notes = "".join(f'<p class="note">{escape(note)}</p>' for note in step.notes)
    name = escape(step.name, quote=True)
    return (
        f'<div class="step" data-value="{name}"><h{level}>{escape(step.heading)}</h{level}>'
        f'<div class="equations">{equations}</div>{notes}</div>'
    )


def _html_equation(equation: Equation) -> str:
    """Its sides below each other, the signs = in line."""
    left, *sides = (to_mathml(side).removeprefix("<math>").removesuffix("</math>") for side in equation)
    if not sides:
        return f"<div><math>{left}</math></div>"
    lefts = [left, *["<mrow></mrow>"] * (len(sides) - 1)]
    rows = "".join(
        f"<mtr><mtd>{a}</mtd><mtd><mo>=</mo></mtd><mtd>{b}</mtd></mtr>" for a, b in zip(lefts, sides, strict=True)
    )
    return f'<div><math><mtable class="sides" displaystyle="true">{rows}</mtable></math></div>'


def page_of(document: Document) -> str:
    """A self-contained web page."""
    return page(document.title or document.sections[0].steps[0].heading, html_of(document), document.lang, STYLE)
