"""Documents as Markdown, with formulas as LaTeX between $$."""

from __future__ import annotations

from collections.abc import Iterator

from clearprop.messages import Language, spoken
from clearprop.present.document import (
    Block,
    Document,
    Equations,
    Figure,
    Fold,
    Paragraph,
    Section,
    Table,
    sentences,
    written,
)
from clearprop.present.formula import Math, to_latex
from clearprop.present.writers.latex import aligned_equation
from clearprop.visible import visible


def markdown_of(document: Document, lang: Language) -> str:
    """The document as Markdown."""
    title = _escaped(spoken(document.title, lang))
    lines = [f"# {title}", ""] if title else []
    lines += [line for block in document.blocks for line in _block(block, lang, 2)]
    return visible("\n".join(lines), keep="\n").rstrip() + "\n"


def _block(block: Block, lang: Language, level: int) -> Iterator[str]:
    match block:
        case Paragraph(words=words):
            yield from (_escaped(sentences(words, lang)), "")
        case Equations(equations=equations):
            yield from (line for e in equations for line in ("$$", aligned_equation(e), "$$", ""))
        case Table():
            yield from _table(block, lang)
        case Figure(caption=caption):
            yield from (block.drawn(lang).svg, "", *([spoken(caption, lang), ""] if caption else []))
        case Fold(summary=title, blocks=inner) | Section(title=title, blocks=inner):
            heading = _escaped(spoken(title, lang))
            marked = f"**{heading}**" if level > 2 else f"{'#' * level} {heading}"
            yield from [marked, ""] if heading else []
            for one in inner:
                yield from _block(one, lang, level + 1)


def _table(table: Table, lang: Language) -> Iterator[str]:
    yield _row([_in_markdown(spoken(column.title, lang)) for column in table.columns])
    yield _row(["--:" if column.numbers else ":--" for column in table.columns])
    for row in table.rows:
        yield _row([_in_markdown(written(cell, lang)) for cell in row])
    yield ""


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _in_markdown(cell: str | Math) -> str:
    if not isinstance(cell, str):
        return f"${to_latex(cell)}$"
    return _escaped(cell).replace("|", "\\|").replace("\n", " ")


def _escaped(text: str) -> str:
    """Words without what Markdown would take for HTML: names come from somebody's table."""
    return text.replace("<", "&lt;")
