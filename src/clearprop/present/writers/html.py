"""Documents as HTML, with formulas as MathML. What comes from a table or a model is escaped here, once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from html import escape
from unicodedata import bidirectional

from clearprop.messages import Language, Message, Words, spoken
from clearprop.present import document as doc
from clearprop.present.figure import Plot
from clearprop.present.formula import to_mathml
from clearprop.present.page import fragment, page
from clearprop.present.writers.letters import with_letters
from clearprop.visible import shown_name, visible

document_style = """
.step { border-left: 3px solid var(--line); padding: 0.1rem 0 0.1rem 1rem; margin: 1.2rem 0; }
.step > :is(h3, h4) { margin: 0 0 0.4rem; font-size: 1rem; }
.equations { overflow-x: auto; } .equations > div { margin: 0.4rem 0; }
mtable.sides > mtr > mtd { text-align: left; padding: 0.15em 0.2em; }
.note { color: var(--soft); margin: 0.3rem 0; } .strong, .advice { font-weight: 600; }
sup { line-height: 0; font-size: 0.75em; }
.plot svg { width: 100%; max-width: 28rem; overflow: visible; }
"""
_APART = "\ufdd0", "\ufdd1"  # around a name in a sentence, until it is escaped; no text has these
_HEIGHT = 20  # of a sketch that is 100 wide


def html_of(document: doc.Document, lang: Language, level: int = 1) -> str:
    """The document's body; its title is a heading of this level."""
    title = _heading(document.title, lang, level)
    return "\n".join([*title, *(_block(block, lang, level + 1) for block in document.blocks)])


def page_of(document: doc.Document, lang: Language, style: str = "", with_contents: bool = False) -> str:
    """A self-contained web page, perhaps with links to its sections below the title."""
    title, body = document.title or next((s.title or s.sections[0].title for s in document.sections), ""), document
    head = ""
    if with_contents:
        named = [section for section in document.sections if section.name]
        links = "".join(f'<a href="#{escape(s.name)}">{inline(s.title, lang)}</a>' for s in named)
        head = f"<header>{''.join(_heading(title, lang, 1))}<nav>{links}</nav></header>\n"
        body = replace(document, title="")
    return page(spoken(title, lang), head + html_of(body, lang), lang, document_style + style)


def notebook_of(document: doc.Document, lang: Language = "en") -> str:
    """The document as a notebook shows it."""
    return fragment(html_of(document, lang), document_style)


def _heading(title: Words, lang: Language, level: int) -> list[str]:
    return [f"<h{level}>{inline(title, lang)}</h{level}>"] if title else []


def _block(block: doc.Block, lang: Language, level: int) -> str:
    match block:
        case doc.Paragraph():
            return f"<p{_class(block.kind)}>{_said(block, lang)}</p>"
        case doc.Equations(equations=equations):
            return f'<div class="equations">{"".join(map(_equation, equations))}</div>'
        case doc.Table():
            return _table(block, lang)
        case doc.Figure(picture=picture, caption=caption):
            below = f"<figcaption>{inline(caption, lang)}</figcaption>" if caption else ""
            kind = "plot" if isinstance(picture, Plot) else ""
            return f"<figure{_class(kind)}>{block.drawn(lang).svg}{below}</figure>"
        case doc.Fold(summary=summary, blocks=inner):
            body = "\n".join(_block(one, lang, level) for one in inner)
            return f"<details><summary>{inline(summary, lang)}</summary>{body}</details>"
        case doc.Section():
            return _section(block, lang, level)


def _section(section: doc.Section, lang: Language, level: int) -> str:
    below = level + bool(section.title)
    body = "\n".join([*_heading(section.title, lang, level), *(_block(one, lang, below) for one in section.blocks)])
    name = escape(section.name, quote=True)
    if section.kind:
        return f'<div class="{section.kind}" data-value="{name}">{body}</div>'
    return f'<section id="{name}">\n{body}\n</section>' if name else body


def _class(kind: str) -> str:
    return f' class="{kind}"' if kind else ""


def _said(paragraph: doc.Paragraph, lang: Language) -> str:
    """Its sentences; Chinese ones need no space between them."""
    said = Message("list.between_sentences")(lang).join(inline(words, lang) for words in paragraph.words)
    return f'<a href="#{escape(paragraph.to)}">{said}</a>' if paragraph.to else said


def inline(words: Words, lang: Language) -> str:
    """A sentence, or a name, which keeps its own direction of writing."""
    if isinstance(words, str):
        return f"<bdi>{escape(shown_name(words))}</bdi>" if words else ""
    said = with_letters(words, lang, escape, _letter, _kept_apart)
    return said.replace(_APART[0], "<bdi>").replace(_APART[1], "</bdi>")


def _letter(by: str, d: str, letter: str, layer: str) -> str:
    """The layer stands above, as in formulas."""
    return f"{'∂<i>L</i>/∂' if by else ''}{d}<i>{letter}</i><sup>[{layer}]</sup>"


def _kept_apart(name: str) -> str:
    """A name in a sentence, marked where its letters would turn the signs around it to their own direction."""
    turns = any(bidirectional(letter) in ("R", "AL") for letter in name)
    return f"{_APART[0]}{visible(name)}{_APART[1]}" if turns else visible(name)


def _table(table: doc.Table, lang: Language) -> str:
    """It scrolls by itself where the page is narrow."""
    titles = "".join(f'<th scope="col">{inline(column.title, lang)}</th>' for column in table.columns)
    kinds = [_class(column.kind) for column in table.columns]
    lines = "\n".join(
        f"<tr>{''.join(f'<td{kind}>{_cell(cell, lang)}</td>' for kind, cell in zip(kinds, row, strict=True))}</tr>"
        for row in table.rows
    )
    head = f"<thead><tr>{titles}</tr></thead>\n" if table.has_head else ""
    return f'<div class="wide"><table class="{table.kind}">\n{head}<tbody>\n{lines}\n</tbody></table></div>'


def _cell(cell: doc.Cell, lang: Language) -> str:
    match cell:
        case doc.Bar():
            return _bar(cell)
        case doc.Sketch(heights=heights):
            return _sketch(heights)
        case doc.Shade(value=value, share=share, colour=colour):
            return f'<div class="shade {colour}" style="--share:{share:.1%}">{inline(value, lang)}</div>'
        case doc.Paragraph(kind=kind):
            return f"<span{_class(kind)}>{_said(cell, lang)}</span>"
        case str() | Message():
            return inline(cell, lang)
        case _:
            return to_mathml(cell)


def _bar(bar: doc.Bar) -> str:
    left, right = sorted((bar.start, bar.end))
    spread, whisker = bar.spread, ""
    if spread is not None:
        whisker = f'<b style="left:{spread[0]:.2%};width:{spread[1] - spread[0]:.2%}"></b>'
    filled = f'<i class="{bar.colour}" style="left:{left:.2%};width:{right - left:.2%}"></i>'
    return f'<div class="bar">{filled}{whisker}</div>'


def _sketch(heights: Sequence[float]) -> str:
    wide = 100 / len(heights)
    tall = [_HEIGHT * height for height in heights]
    bars = "".join(f"M{(i + 0.1) * wide:.1f} {_HEIGHT}v{-h:.1f}h{0.8 * wide:.1f}v{h:.1f}z" for i, h in enumerate(tall))
    return (
        f'<svg class="sketch" viewBox="0 0 100 {_HEIGHT}" preserveAspectRatio="none" aria-hidden="true">'
        f'<path d="{bars}"/></svg>'
    )


def _equation(equation: doc.Equation) -> str:
    """Its sides below each other, the signs = in line."""
    left, *sides = (to_mathml(side).removeprefix("<math>").removesuffix("</math>") for side in equation)
    if not sides:
        return f"<div><math>{left}</math></div>"
    lefts = [left, *["<mrow></mrow>"] * (len(sides) - 1)]
    rows = "".join(
        f"<mtr><mtd>{a}</mtd><mtd><mo>=</mo></mtd><mtd>{b}</mtd></mtr>" for a, b in zip(lefts, sides, strict=True)
    )
    return f'<div><math><mtable class="sides" displaystyle="true">{rows}</mtable></math></div>'
