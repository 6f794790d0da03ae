"""Documents as plain data, for JSON: every message with its key and values, and its words in one language beside."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from clearprop.messages import Language, Message, Words, spoken
from clearprop.present import document as doc
from clearprop.present.formula import Math, to_latex, to_mathml, to_text


def json_of(document: doc.Document, lang: Language = "en", mathml: bool = False) -> dict[str, Any]:
    """Title and blocks, each block a mapping with its type; formulas as text and LaTeX, and on request as MathML."""
    writer = _Writer(lang, mathml)
    blocks = [writer.block(block) for block in document.blocks]
    return {"title": writer.words(document.title), "lang": lang, "blocks": blocks}


@dataclass(frozen=True)
class _Writer:
    lang: Language
    mathml: bool

    def block(self, block: doc.Block) -> dict[str, Any]:
        match block:
            case doc.Paragraph(words=words, kind=kind, to=to):
                said = [self.words(one) for one in words]
                return {"type": "paragraph", "kind": kind, "words": said} | ({"to": to} if to else {})
            case doc.Equations(equations=equations):
                return {"type": "equations", "equations": [[self.formula(side) for side in one] for one in equations]}
            case doc.Table(columns=columns, rows=rows, kind=kind):
                head = [self.words(column.title) for column in columns]
                cells = [[self.cell(cell) for cell in row] for row in rows]
                return {"type": "table", "kind": kind, "head": head, "rows": cells}
            case doc.Figure(caption=caption):
                return {"type": "figure", "svg": block.drawn(self.lang).svg, "caption": self.words(caption)}
            case doc.Fold(summary=summary, blocks=inner):
                return {"type": "fold", "summary": self.words(summary), "blocks": [self.block(b) for b in inner]}
            case doc.Section(title=title, blocks=inner, name=name, kind=kind):
                blocks = [self.block(b) for b in inner]
                return {"type": "section", "name": name, "kind": kind, "title": self.words(title), "blocks": blocks}

    def words(self, words: Words) -> Any:
        """A name as it is; a message with its words."""
        return {**words.to_dict(), "text": spoken(words, self.lang)} if isinstance(words, Message) else words

    def formula(self, m: Math) -> dict[str, str]:
        """In each notation for machines and people."""
        return {"text": to_text(m), "latex": to_latex(m)} | ({"mathml": to_mathml(m)} if self.mathml else {})

    def cell(self, cell: doc.Cell) -> Any:
        match cell:
            case doc.Bar(start=start, end=end, colour=colour, spread=spread):
                return {"start": start, "end": end, "colour": colour, "spread": spread}
            case doc.Sketch(heights=heights):
                return {"heights": list(heights)}
            case doc.Shade(value=value, share=share, colour=colour):
                return {"value": self.words(value), "share": share, "colour": colour}
            case doc.Paragraph():
                return self.block(cell)
            case str() | Message():
                return self.words(cell)
            case _:
                return self.formula(cell)
