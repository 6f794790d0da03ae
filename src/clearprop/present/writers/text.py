"""Documents as plain text, for a terminal of any width."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from clearprop.messages import Language, spoken
from clearprop.present import document as doc
from clearprop.present.formula import to_text
from clearprop.present.lines import in_lines, pieces
from clearprop.visible import columns_of, visible

_UNDERLINES = ("=", "-")  # of the document's title and those of its sections; deeper ones have none


def text_of(document: doc.Document, lang: Language, width: int | None = None) -> str:
    """Plain text: one line per side of an equation, or more where a width is given."""
    lines = [*_title(spoken(document.title, lang), 0), *_blocks(document.blocks, lang, 1, width)]
    lines = [visible(line) for line in lines]
    lines = lines if width is None else [part for line in lines for part in _wrapped(line, width)]
    lines = [line for before, line in zip(["", *lines], lines, strict=False) if line or before]  # one blank at most
    return "\n".join(lines).strip("\n") + "\n"


def _title(title: str, depth: int) -> list[str]:
    if not title:
        return []
    underline = [_UNDERLINES[depth] * columns_of(title)] if depth < len(_UNDERLINES) else []
    return [title, *underline] + [""] * (depth == 0)


def _blocks(blocks: Sequence[doc.Block], lang: Language, depth: int, width: int | None) -> Iterator[str]:
    """The lines of blocks; an empty line behind each but between paragraphs, and between what belongs to one step."""
    for block, following in zip(blocks, [*blocks[1:], None], strict=True):
        yield from _block(block, lang, depth, width)
        if not (isinstance(block, doc.Paragraph | doc.Equations) and isinstance(following, doc.Paragraph)):
            yield ""


def _block(block: doc.Block, lang: Language, depth: int, width: int | None) -> Iterator[str]:
    match block:
        case doc.Paragraph(words=words, kind="note"):
            yield from (f"  ({spoken(one, lang)})" for one in words)
        case doc.Paragraph(words=words):
            yield doc.sentences(words, lang)
        case doc.Equations(equations=equations):
            yield from (f"  {line}" for equation in equations for line in _equation(equation))
        case doc.Table():
            yield from aligned_columns(block, lang, width)
        case doc.Figure(caption=caption):
            yield from [f"  [{spoken(caption, lang)}]"] * (caption != "")
        case doc.Fold(summary=summary, blocks=inner) | doc.Section(title=summary, blocks=inner):
            yield from _title(spoken(summary, lang), depth)
            yield from [""] * (depth == 1 and bool(inner) and not isinstance(inner[0], doc.Paragraph))
            yield from _blocks(inner, lang, depth + 1, width)


def _equation(equation: doc.Equation) -> list[str]:
    left, *sides = (to_text(side) for side in equation)
    if not sides:
        return [left]
    indent = " " * (columns_of(left) + 1)
    return [f"{left} = {sides[0]}", *(f"{indent}= {side}" for side in sides[1:])]


def aligned_columns(table: doc.Table, lang: Language, width: int | None = None) -> list[str]:
    """The lines of a table: numbers flush right, words flush left, and as many columns as fit.

    Where these are still too wide, words in the last column go on in the next line.
    """
    head = [tuple(column.title for column in table.columns)] if table.has_head else []
    cells = [[doc.written(cell, lang) for cell in row] for row in (*head, *table.rows)]
    rows = [[cell if isinstance(cell, str) else to_text(cell) for cell in row] for row in cells]
    widths = {k: max((columns_of(row[k]) for row in rows), default=0) for k in range(len(table.columns))}
    for k in sorted((k for k in widths if table.columns[k].rank), key=lambda k: -table.columns[k].rank):
        if width is not None and sum(widths.values()) + 2 * len(widths) > width:
            del widths[k]
    last = max(widths, default=0)
    before = sum(widths[k] + 2 for k in widths if k != last)
    room = None if width is None or table.columns[last].numbers else max(_NARROWEST, width - before)
    lines = []
    for row in rows:
        blanks = {k: " " * (wide - columns_of(row[k])) for k, wide in widths.items()}
        shown = [blank + row[k] if table.columns[k].numbers else row[k] + blank for k, blank in blanks.items()]
        first, *rest = [shown[-1]] if room is None else _wrapped(row[last], room)
        lines += ["  ".join([*shown[:-1], first]).rstrip(), *(" " * before + line for line in rest)]
    return lines


_NARROWEST = 12  # columns of a terminal that are left to the last column of a table
_TERMS = re.compile(r"(?= [+−] )|(?<=; )|(?<=, )")  # in a formula, between terms and between the rows of a matrix


def _wrapped(line: str, width: int) -> list[str]:
    """A line too long for the terminal; the rest of a formula stands under what is behind its sign =."""
    is_formula = line.startswith("  ") and "= " in line
    indent = min(line.index("= ") + 2, width // 2) if is_formula else 0
    parts = _TERMS.split(line) if is_formula else pieces(line)
    return list(in_lines(parts, lambda line: columns_of(line) <= width, " " * indent))
