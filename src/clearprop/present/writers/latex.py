"""Documents as LaTeX."""

from __future__ import annotations

from collections.abc import Iterator

from clearprop.messages import Language, say, spoken
from clearprop.present.document import (
    Block,
    Document,
    Equation,
    Equations,
    Figure,
    Fold,
    Paragraph,
    Section,
    Table,
    sentences,
    written,
)
from clearprop.present.formula import COMMANDS, LONGEST, Math, to_latex
from clearprop.visible import visible

_PREAMBLE = (
    f"\\usepackage{{amsmath,amssymb}}\n\\setcounter{{MaxMatrixCols}}{{{LONGEST}}}\n\\setlength{{\\parindent}}{{0pt}}"
)


def latex_of(document: Document, lang: Language) -> str:
    """A whole LaTeX document."""
    made_with = say("writers.latex_made_with", lang)
    first = f"\\documentclass{{{say('writers.latex_class', lang)}}}" + (f" % {made_with}" if made_with else "")
    lines = [first, _PREAMBLE, "\\begin{document}"]
    if document.title:
        lines.append(f"\\section*{{{_escaped(spoken(document.title, lang))}}}")
    lines += [line for block in document.blocks for line in _block(block, lang, 1)]
    return "\n".join([*lines, "\\end{document}", ""])


def _block(block: Block, lang: Language, level: int) -> Iterator[str]:
    match block:
        case Paragraph(words=words):
            yield _escaped(sentences(words, lang)) + "\n"
        case Equations(equations=equations):
            yield from (f"\\[\n{aligned_equation(e)}\n\\]" for e in equations)
        case Table():
            yield from _table(block, lang)
        case Figure(caption=caption):
            yield from [f"\\emph{{{_escaped(spoken(caption, lang))}}}\n"] * (caption != "")
        case Fold(summary=title, blocks=inner) | Section(title=title, blocks=inner):
            heading = _escaped(spoken(title, lang))
            marked = f"\n\\textbf{{{heading}}}\n" if level > 1 else f"\\subsection*{{{heading}}}"
            yield from [marked] if heading else []
            for one in inner:
                yield from _block(one, lang, level + 1)


def aligned_equation(equation: Equation) -> str:
    """An equation's sides below each other, the signs = in line."""
    left, *sides = (to_latex(side) for side in equation)
    if len(sides) < 2:
        return " = ".join([left, *sides])
    rest = " \\\\\n".join(f"&= {side}" for side in sides)
    return f"\\begin{{aligned}}\n{left} {rest}\n\\end{{aligned}}"


def _table(table: Table, lang: Language) -> Iterator[str]:
    yield f"\\begin{{tabular}}{{{''.join('r' if column.numbers else 'l' for column in table.columns)}}}"
    head = [tuple(column.title for column in table.columns)] if table.has_head else []
    for row in (*head, *table.rows):
        yield " & ".join(_in_latex(written(cell, lang)) for cell in row) + r" \\"
    yield "\\end{tabular}\n"


def _in_latex(cell: str | Math) -> str:
    return _escaped(cell) if isinstance(cell, str) else f"${to_latex(cell)}$"


_SIGNS = str.maketrans(
    {sign: f"\\{sign}" for sign in "#$%&_{}"}
    | {"\\": "\\textbackslash{}", "~": "\\textasciitilde{}", "^": "\\textasciicircum{}"}
    | {sign: f"${command}$" for sign, command in COMMANDS.items()}
    | {"′": "$'$", "−": "$-$"}
    | dict.fromkeys("▁▂▃▄▅▆▇█", "")  # of a sketch, for which there is no font
)


def _escaped(text: str) -> str:
    return visible(text).translate(_SIGNS)
