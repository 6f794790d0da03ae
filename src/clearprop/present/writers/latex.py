"""Documents as LaTeX, and as Markdown with LaTeX between $$."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from clearprop.messages import Language, Words, say, spoken
from clearprop.present import document as doc
from clearprop.present.formula import COMMANDS, LONGEST, Math, to_latex
from clearprop.present.writers.letters import with_letters
from clearprop.visible import visible

_PREAMBLE = (
    f"\\usepackage{{amsmath,amssymb}}\n\\setcounter{{MaxMatrixCols}}{{{LONGEST}}}\n\\setlength{{\\parindent}}{{0pt}}"
)


def latex_of(document: doc.Document, lang: Language) -> str:
    """A whole LaTeX document."""
    made_with = say("writers.latex_made_with", lang)
    first = f"\\documentclass{{{say('writers.latex_class', lang)}}}" + (f" % {made_with}" if made_with else "")
    lines = [first, _PREAMBLE, "\\begin{document}"]
    if document.title:
        lines.append(f"\\section*{{{_said(document.title, lang)}}}")
    lines += [line for block in document.blocks for line in _in_latex(block, lang, 1)]
    return "\n".join([*lines, "\\end{document}", ""])


def _in_latex(block: doc.Block, lang: Language, level: int) -> Iterator[str]:
    match block:
        case doc.Paragraph(words=words):
            yield _sentences(words, lang, _said) + "\n"
        case doc.Equations(equations=equations):
            yield from (f"\\[\n{aligned_equation(e)}\n\\]" for e in equations)
        case doc.Table(columns=columns, rows=rows):
            head = [tuple(column.title for column in columns)] if block.has_head else []
            yield f"\\begin{{tabular}}{{{''.join('r' if column.numbers else 'l' for column in columns)}}}"
            for row in (*head, *rows):
                cells = (doc.written(cell, lang) for cell in row)
                yield " & ".join(_escaped(c) if isinstance(c, str) else f"${to_latex(c)}$" for c in cells) + r" \\"
            yield "\\end{tabular}\n"
        case doc.Figure(caption=caption):
            yield from [f"\\emph{{{_said(caption, lang)}}}\n"] * (caption != "")
        case doc.Fold(summary=title, blocks=inner) | doc.Section(title=title, blocks=inner):
            heading = _said(title, lang)
            marked = f"\n\\textbf{{{heading}}}\n" if level > 1 else f"\\subsection*{{{heading}}}"
            yield from [marked] if heading else []
            for one in inner:
                yield from _in_latex(one, lang, level + 1)


def aligned_equation(equation: doc.Equation) -> str:
    """An equation's sides below each other, the signs = in line."""
    left, *sides = (to_latex(side) for side in equation)
    if len(sides) < 2:
        return " = ".join([left, *sides])
    rest = " \\\\\n".join(f"&= {side}" for side in sides)
    return f"\\begin{{aligned}}\n{left} {rest}\n\\end{{aligned}}"


_SIGNS = str.maketrans(
    {sign: f"\\{sign}" for sign in "#$%&_{}"}
    | {"\\": "\\textbackslash{}", "~": "\\textasciitilde{}", "^": "\\textasciicircum{}"}
    | {sign: f"${command}$" for sign, command in COMMANDS.items()}
    | {"′": "$'$", "−": "$-$", "ŷ": r"$\hat{y}$"}
    | dict.fromkeys("▁▂▃▄▅▆▇█", "")  # of a sketch, for which there is no font
)


def _escaped(text: str) -> str:
    return visible(text).translate(_SIGNS)


def _said(words: Words, lang: Language) -> str:
    return with_letters(words, lang, _escaped, _letter)


def _letter(by: str, d: str, letter: str, layer: str) -> str:
    before = (r"\partial L/\partial " if by else "") + (r"\mathrm{d}" if d else "")
    return f"${before}{COMMANDS.get(letter, letter)}^{{[{layer.replace('−', '-')}]}}$"


def _sentences(words: Iterable[Words], lang: Language, say_one: Callable[[Words, Language], str]) -> str:
    return say("list.between_sentences", lang).join(say_one(one, lang) for one in words)


# --- Markdown


def markdown_of(document: doc.Document, lang: Language) -> str:
    """The document as Markdown."""
    title = _said_in_markdown(document.title, lang)
    lines = [f"# {title}", ""] if title else []
    lines += [line for block in document.blocks for line in _in_markdown(block, lang, 2)]
    return visible("\n".join(lines), keep="\n").rstrip() + "\n"


def _in_markdown(block: doc.Block, lang: Language, level: int) -> Iterator[str]:
    match block:
        case doc.Paragraph(words=words):
            yield from (_sentences(words, lang, _said_in_markdown), "")
        case doc.Equations(equations=equations):
            yield from (line for e in equations for line in ("$$", aligned_equation(e), "$$", ""))
        case doc.Table(columns=columns, rows=rows):
            yield _row([_cell(spoken(column.title, lang)) for column in columns])
            yield _row(["--:" if column.numbers else ":--" for column in columns])
            yield from (_row([_cell(doc.written(cell, lang)) for cell in row]) for row in rows)
            yield ""
        case doc.Figure(caption=caption):
            yield from (block.drawn(lang).svg, "", *([_said_in_markdown(caption, lang), ""] if caption else []))
        case doc.Fold(summary=title, blocks=inner) | doc.Section(title=title, blocks=inner):
            heading = _said_in_markdown(title, lang)
            marked = f"**{heading}**" if level > 2 else f"{'#' * level} {heading}"
            yield from [marked, ""] if heading else []
            for one in inner:
                yield from _in_markdown(one, lang, level + 1)


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(cell: str | Math) -> str:
    if not isinstance(cell, str):
        return f"${to_latex(cell)}$"
    return _without_html(cell).replace("|", "\\|").replace("\n", " ")


def _said_in_markdown(words: Words, lang: Language) -> str:
    return with_letters(words, lang, _without_html, _letter)


def _without_html(text: str) -> str:
    """Words without what Markdown would take for HTML: names come from somebody's table."""
    return text.replace("<", "&lt;")
