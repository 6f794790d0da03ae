"""Documents as HTML, with formulas as MathML. What comes from a table or a model is escaped here, once."""

from __future__ import annotations

from html import escape

from clearprop.messages import Language, Message, Words, spoken
from clearprop.present.document import (
    Bar,
    Block,
    Cell,
    Document,
    Equation,
    Equations,
    Figure,
    Fold,
    Paragraph,
    Section,
    Table,
    sentences,
)
from clearprop.present.formula import to_mathml
from clearprop.present.html import bar, table, text
from clearprop.present.page import page

document_style = """
.step { border-left: 3px solid var(--line); padding: 0.1rem 0 0.1rem 1rem; margin: 1.2rem 0; }
.step > :is(h3, h4) { margin: 0 0 0.4rem; font-size: 1rem; }
.equations { overflow-x: auto; } .equations > div { margin: 0.4rem 0; }
mtable.sides > mtr > mtd { text-align: left; padding: 0.15em 0.2em; }
.note { color: var(--soft); margin: 0.3rem 0; }
"""


def html_of(document: Document, lang: Language, level: int = 1) -> str:
    """The document's body; its title is a heading of this level."""
    title = _heading(document.title, lang, level)
    return "\n".join([*title, *(_block(block, lang, level + 1) for block in document.blocks)])


def page_of(document: Document, lang: Language, style: str = "") -> str:
    """A self-contained web page."""
    title = document.title or next((s.title or s.sections[0].title for s in document.sections), "")
    return page(spoken(title, lang), html_of(document, lang), lang, document_style + style)


def _heading(title: Words, lang: Language, level: int) -> list[str]:
    return [f"<h{level}>{_inline(title, lang)}</h{level}>"] if title else []


def _block(block: Block, lang: Language, level: int) -> str:
    match block:
        case Paragraph(words=words, kind=kind):
            mark = f' class="{kind}"' if kind else ""
            return f"<p{mark}>{escape(sentences(words, lang))}</p>"
        case Equations(equations=equations):
            return f'<div class="equations">{"".join(map(_equation, equations))}</div>'
        case Table(columns=columns, rows=rows, kind=kind):
            head = [_cell(column.title, lang) for column in columns] if block.has_head else []
            return table(head, [[_cell(cell, lang) for cell in row] for row in rows], kind)
        case Figure(caption=caption):
            below = f"<figcaption>{_inline(caption, lang)}</figcaption>" if caption else ""
            return f"<figure>{block.drawn(lang).svg}{below}</figure>"
        case Fold(summary=summary, blocks=inner):
            body = "\n".join(_block(one, lang, level) for one in inner)
            return f"<details><summary>{_inline(summary, lang)}</summary>{body}</details>"
        case Section():
            return _section(block, lang, level)


def _section(section: Section, lang: Language, level: int) -> str:
    body = "\n".join([*_heading(section.title, lang, level), *(_block(one, lang, level + 1) for one in section.blocks)])
    name = escape(section.name, quote=True)
    if section.kind:
        return f'<div class="{section.kind}" data-value="{name}">{body}</div>'
    return f'<section id="{name}">\n{body}\n</section>' if name else body


def _inline(words: Words, lang: Language) -> str:
    """A sentence, or a name, which keeps its own direction of writing."""
    return escape(spoken(words, lang)) if isinstance(words, Message) else text(words) if words else ""


def _cell(cell: Cell, lang: Language) -> str:
    if isinstance(cell, Bar):
        return bar(cell.start, cell.end, cell.colour, cell.spread)
    if isinstance(cell, Paragraph):
        mark = f' class="{cell.kind}"' if cell.kind else ""
        return f"<span{mark}>{''.join(_inline(words, lang) for words in cell.words)}</span>"
    return _inline(cell, lang) if isinstance(cell, str | Message) else to_mathml(cell)


def _equation(equation: Equation) -> str:
    """Its sides below each other, the signs = in line."""
    left, *sides = (to_mathml(side).removeprefix("<math>").removesuffix("</math>") for side in equation)
    if not sides:
        return f"<div><math>{left}</math></div>"
    lefts = [left, *["<mrow></mrow>"] * (len(sides) - 1)]
    rows = "".join(
        f"<mtr><mtd>{a}</mtd><mtd><mo>=</mo></mtd><mtd>{b}</mtd></mtr>" for a, b in zip(lefts, sides, strict=True)
    )
    return f'<div><math><mtable class="sides" displaystyle="true">{rows}</mtable></math></div>'
