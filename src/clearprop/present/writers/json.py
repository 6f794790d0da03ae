"""Documents as plain data, for JSON: every message with its key and values, and its words in one language beside."""

from __future__ import annotations

from typing import Any

from clearprop.messages import Language, Message, Words, spoken
from clearprop.present import document as doc
from clearprop.present.formula import Math, to_latex, to_text


def json_of(document: doc.Document, lang: Language = "en") -> dict[str, Any]:
    """Title and blocks, each block a mapping with its type."""
    return {
        "title": _words(document.title, lang),
        "lang": lang,
        "blocks": [_block(block, lang) for block in document.blocks],
    }


def _block(block: doc.Block, lang: Language) -> dict[str, Any]:
    match block:
        case doc.Paragraph(words=words, kind=kind, to=to):
            said = [_words(one, lang) for one in words]
            return {"type": "paragraph", "kind": kind, "words": said} | ({"to": to} if to else {})
        case doc.Equations(equations=equations):
            return {"type": "equations", "equations": [[_formula(side) for side in one] for one in equations]}
        case doc.Table(columns=columns, rows=rows, kind=kind):
            head = [_words(column.title, lang) for column in columns]
            cells = [[_cell(cell, lang) for cell in row] for row in rows]
            return {"type": "table", "kind": kind, "head": head, "rows": cells}
        case doc.Figure(caption=caption):
            return {"type": "figure", "svg": block.drawn(lang).svg, "caption": _words(caption, lang)}
        case doc.Fold(summary=summary, blocks=inner):
            return {"type": "fold", "summary": _words(summary, lang), "blocks": [_block(b, lang) for b in inner]}
        case doc.Section(title=title, blocks=inner, name=name, kind=kind):
            blocks = [_block(b, lang) for b in inner]
            return {"type": "section", "name": name, "kind": kind, "title": _words(title, lang), "blocks": blocks}


def _words(words: Words, lang: Language) -> Any:
    """A name as it is; a message with its words."""
    return {**words.to_dict(), "text": spoken(words, lang)} if isinstance(words, Message) else words


def _formula(m: Math) -> dict[str, str]:
    return {"text": to_text(m), "latex": to_latex(m)}


def _cell(cell: doc.Cell, lang: Language) -> Any:
    match cell:
        case doc.Bar(start=start, end=end, colour=colour, spread=spread):
            return {"start": start, "end": end, "colour": colour, "spread": spread}
        case doc.Sketch(heights=heights):
            return {"heights": list(heights)}
        case doc.Shade(value=value, share=share, colour=colour):
            return {"value": _words(value, lang), "share": share, "colour": colour}
        case doc.Paragraph():
            return _block(cell, lang)
        case str() | Message():
            return _words(cell, lang)
        case _:
            return _formula(cell)
