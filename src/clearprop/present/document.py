"""A document: what is to be shown, in which order, and nothing of any notation, language or medium.

Words are messages, which each writer says in the language it is asked for; a plain `str` is a name or a value from
somebody's data, and is the same in every language.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, Protocol

from clearprop.messages import Language, Message, Words, spoken
from clearprop.present.figure import Picture
from clearprop.present.formula import Math

Equation = tuple[Math, ...]  # its sides, with = between them
# A "lead" stands under a heading, a "note" in small letters; what is "soft" may be passed over.
Kind = Literal["", "lead", "soft", "note", "good", "bad", "strong", "advice"]


@dataclass(frozen=True)
class Paragraph:
    """One or more sentences."""

    words: tuple[Words, ...]
    kind: Kind = ""
    to: str = ""  # the name of a section that says more

    @classmethod
    def of(cls, *words: Words, kind: Kind = "", to: str = "") -> Paragraph:
        """A paragraph of these sentences."""
        return cls(words, kind, to)


@dataclass(frozen=True)
class Equations:
    """Equations, each one with its sides below each other."""

    equations: tuple[Equation, ...]


@dataclass(frozen=True)
class Bar:
    """A bar in a cell, from one place to another, both as a share of the cell; perhaps with a whisker."""

    start: float
    end: float
    colour: str = "blue"
    spread: tuple[float, float] | None = None


@dataclass(frozen=True)
class Sketch:
    """A histogram the size of a word, in a cell; the highest bar is 1."""

    heights: tuple[float, ...]

    @classmethod
    def of(cls, counts: Iterable[float]) -> Sketch:
        """Each bar as its share of the highest."""
        every = [float(count) for count in counts]
        most = max(every, default=0.0) or 1.0
        return cls(tuple(count / most for count in every))

    def __str__(self) -> str:
        """The same in letters."""
        return "".join(_HEIGHTS[round(height * (len(_HEIGHTS) - 1))] for height in self.heights)


@dataclass(frozen=True)
class Shade:
    """A value in a cell, on a ground that is the deeper the larger its share."""

    value: Words
    share: float
    colour: str = "blue"


_HEIGHTS = " ▁▂▃▄▅▆▇█"
Cell = Words | Math | Bar | Sketch | Shade | Paragraph


@dataclass(frozen=True)
class Column:
    """A column of a table: its heading, and how its cells are written."""

    title: Words = ""
    numbers: bool = False  # they stand flush right
    kind: Kind = ""
    rank: int = 0  # where there is no room, columns of the highest rank are left out first; those of rank 0 stay


@dataclass(frozen=True)
class Table:
    """Rows of cells under headings, or without headings, where all titles are empty."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]  # a cell for each column
    kind: str = ""  # a class for a page's style

    @property
    def has_head(self) -> bool:
        """Whether any column has a title."""
        return any(column.title != "" for column in self.columns)


class Drawing(Protocol):
    """A picture that is not drawn yet, such as a plot."""

    def picture(self, lang: Language) -> Picture:
        """The picture, with its words in one language."""
        ...


@dataclass(frozen=True)
class Figure:
    """A picture, or a drawing such as a plot, and what it shows."""

    picture: Picture | Drawing
    caption: Words = ""

    def drawn(self, lang: Language) -> Picture:
        """The picture; a drawing with its words in one language."""
        return self.picture if isinstance(self.picture, Picture) else self.picture.picture(lang)


@dataclass(frozen=True)
class Fold:
    """What is shown only to whoever asks for it; in print it stands open."""

    summary: Words
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Document:
    """A title, which is empty for a part of something larger, and blocks under it."""

    title: Words
    blocks: tuple[Block, ...] = ()

    @property
    def sections(self) -> tuple[Section, ...]:
        """The sections at the top."""
        return tuple(block for block in self.blocks if isinstance(block, Section))


@dataclass(frozen=True)
class Section(Document):
    """A part of a document: blocks under a heading, which may be empty."""

    name: str = ""  # stable: of the section of a page, of the value that a step is about ("dW2")
    kind: str = ""  # a class for a page's style: "step", "finding"

    @property
    def equations(self) -> tuple[Equation, ...]:
        """All equations that stand directly in it."""
        return tuple(e for block in self.blocks if isinstance(block, Equations) for e in block.equations)

    @property
    def notes(self) -> tuple[Words, ...]:
        """The sentences of its notes."""
        return tuple(w for b in self.blocks if isinstance(b, Paragraph) and b.kind == "note" for w in b.words)


Block = Paragraph | Equations | Table | Figure | Fold | Section


def written(cell: Cell, lang: Language) -> str | Math:
    """A cell as words or a formula, for writers that draw nothing in it."""
    match cell:
        case Bar():
            return ""
        case Sketch():
            return str(cell)
        case Paragraph(words=words):
            return sentences(words, lang)
        case Shade(value=words) | (str() | Message() as words):
            return spoken(words, lang)
        case _:
            return cell


def sentences(words: Iterable[Words], lang: Language) -> str:
    """Sentences one after the other; Chinese ones need no space between them."""
    return Message("list.between_sentences")(lang).join(spoken(one, lang) for one in words)
