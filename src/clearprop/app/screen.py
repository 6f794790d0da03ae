"""Documents on a terminal: headings on the left, what they head on the right."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Group, RenderableType
from rich.rule import Rule
from rich.table import Table as Grid
from rich.text import Text

from clearprop.app.terminal import Screen, visible_text
from clearprop.messages import Language, Message, say, spoken
from clearprop.present.document import (
    Block,
    Cell,
    Column,
    Document,
    Equations,
    Fold,
    Paragraph,
    Section,
    Table,
    sentences,
    written,
)
from clearprop.present.formula import to_text
from clearprop.visible import columns_of, shown_name, visible

_STYLES = {
    "lead": "cyan",
    "soft": "dim",
    "note": "dim",
    "good": "bold green",
    "bad": "yellow",
    "strong": "bold",
    "advice": "",
    "": "",
}
_SEVERITIES = {"finding serious": "bold red", "finding mild": "bold yellow"}
_WIDEST = {"columns": 28, "confusion": 32}  # first column of a table of this kind
_HEADING = 8  # letters of the column of headings, at least


def show_document(
    document: Document, lang: Language, version: str | None, files: Mapping[Path, Message] | None = None
) -> None:
    """Print a document, and the files that were written, whose paths stay in one piece however long they are."""
    console = Screen()
    console.print(Group("", terminal_page(document, lang, version), ""))
    paths = {visible(str(path)): what(lang) for path, what in (files or {}).items()}
    width = max(map(len, paths), default=0)
    heading = say("overview.headings.files", lang)
    heading += " " * (_HEADING + 2 - columns_of(heading))
    for i, (path, what) in enumerate(paths.items()):
        line = Text.assemble((heading if i == 0 else " " * (_HEADING + 2), "bold"), f"{path:{width}}  {what}")
        console.print(line, soft_wrap=True)
    if files:
        console.print()


def terminal_page(document: Document, lang: Language, version: str | None) -> RenderableType:
    """A title over a line, and below it the headings of the sections on the left, what they head on the right."""
    page = Grid.grid(padding=(0, 2, 0, 0), expand=True)
    page.add_column(style="bold", no_wrap=True, width=_HEADING)
    page.add_column(ratio=1)
    made_by = visible_text(f"clearprop {shown_name(version)}" if version else "clearprop", "dim")
    title = visible_text(spoken(document.title, lang), "bold", overflow="fold")
    page.add_row("", Group(title, Rule(made_by, style="dim", align="right")))
    for section in document.sections:
        page.add_row()
        page.add_row(visible_text(spoken(section.title, lang)), Group(*_blocks(section.blocks, lang)))
    return page


def _blocks(blocks: Iterable[Block], lang: Language) -> Iterable[RenderableType]:
    return (_block(block, lang) for block in blocks)


def _block(block: Block, lang: Language) -> RenderableType:
    match block:
        case Paragraph(kind=kind):
            return visible_text(sentences(block.words, lang), _STYLES[kind], overflow="fold")
        case Table():
            return _table(block, lang)
        case Equations(equations=equations):
            return Group(*(visible_text(" = ".join(map(to_text, equation))) for equation in equations))
        case Section(title=title, blocks=inner) | Fold(summary=title, blocks=inner):
            style = _SEVERITIES.get(block.kind, "bold") if isinstance(block, Section) else "bold"
            return Group(visible_text(spoken(title, lang), style), *_blocks(inner, lang))
        case _:
            return Text()


def _table(table: Table, lang: Language) -> Grid:
    """With headings ruled, without them a grid whose last column may be broken anywhere: Chinese has no spaces."""
    grid = Grid(
        box=box.SIMPLE_HEAD if table.has_head else None,
        padding=(0, 2, 0, 0),
        show_edge=False,
        pad_edge=False,
        show_header=table.has_head,
        header_style="dim",
    )
    for i, column in enumerate(table.columns):
        grid.add_column(visible_text(spoken(column.title, lang)), **_column(table, i, column))
    for row in table.rows:
        grid.add_row(*(_cell(cell, lang) for cell in row))
    return grid


def _column(table: Table, i: int, column: Column) -> dict[str, Any]:
    style = _STYLES[column.kind]
    if column.numbers:
        return {"justify": "right", "no_wrap": table.kind == "scores", "style": style, "overflow": "fold"}
    if i == 0 and table.kind in _WIDEST:
        return {"overflow": "fold", "max_width": _WIDEST[table.kind], "style": style}
    if i == len(table.columns) - 1:
        return {"overflow": "fold", "ratio": 1, "style": style}
    return {"no_wrap": True, "style": style}


def _cell(cell: Cell, lang: Language) -> Text:
    shown = written(cell, lang)
    style = _STYLES[cell.kind] if isinstance(cell, Paragraph) else ""
    return visible_text(shown if isinstance(shown, str) else to_text(shown), style)
