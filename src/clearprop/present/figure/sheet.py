"""Pictures put together: in rows, and with what must be said of them underneath: a legend, and remarks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from clearprop.messages import Language, Words, spoken
from clearprop.present.figure.axis import Text
from clearprop.present.figure.plot import side_by_side, text_mark
from clearprop.present.figure.scene import Circle, Group, Label, Mark, Picture, Rect, Role, Stroke
from clearprop.present.figure.text import runs_width, text_runs, text_width
from clearprop.present.lines import in_lines, pieces

_SIZE, _LINE = 12.0, 17.0  # of letters, and from one line to the next
_SWATCH, _APART, _MARGIN = 22.0, 18.0, 6.0  # a swatch with its room, from one entry to the next, at the left
_WIDER = 1.12  # than its estimate, which is for Helvetica, a sentence may become in another font


@dataclass(frozen=True)
class Entry:
    """One line of a legend: what a mark means.

    Attributes:
        words: what it means.
        colour: of the mark.
        form: a "line", a "dashed" line, a "dot", a "ring", or a "patch" of colour.
        edge: of a dot that has a ring around it.
    """

    words: Text
    colour: Role
    form: str = "line"
    edge: Role = "paper"

    def swatch(self) -> Mark:
        """The mark, beside a baseline at 0."""
        match self.form:
            case "dot":
                return Circle(10, -4, 4.5, self.colour, self.edge, 0.6 if self.edge == "paper" else 1.8)
            case "ring":
                return Circle(10, -4, 4.5, "paper", self.colour, 1.5)
            case "patch":
                return Rect(4, -10, 12, 12, self.colour, opacity=0.4)
            case form:
                return Stroke(((1, -4), (17, -4)), self.colour, 2.2, dashed=form == "dashed")


def legend(entries: Sequence[Entry], width: float, lang: Language) -> Picture:
    """Swatches with their words, as many on a line as it holds."""
    x, y, marks = _MARGIN, _LINE - 4, list[Mark]()
    widest = 0.0
    for entry in entries:
        label = text_mark((_SWATCH, 0), entry.words, lang, "soft")
        own = _SWATCH + _WIDER * runs_width(label.runs, label.size, label.face)
        if x > _MARGIN and x + own > width:
            x, y = _MARGIN, y + _LINE
        marks.append(Group((entry.swatch(), label), x, y))
        widest = max(widest, x + own)
        x += own + _APART
    return Picture("", widest + _MARGIN, y + 6 if entries else 0.0, tuple(marks))


def remarks(sentences: Sequence[Words], width: float, lang: Language) -> Picture:
    """Sentences below each other, broken into lines that are no wider than the picture they are about."""
    lines = [line for words in sentences for line in wrapped(spoken(words, lang), (width - 2 * _MARGIN) / _WIDER)]
    marks = [
        Label(_MARGIN, _LINE * (k + 1) - 4, text_runs(line), _SIZE, "soft", face="words")
        for k, line in enumerate(lines)
    ]
    widest = max((text_width(line, _SIZE, "words") * _WIDER for line in lines), default=0.0)
    return Picture("", widest + 2 * _MARGIN, _LINE * len(lines) + 2 if lines else 0.0, tuple(marks))


def wrapped(text: str, width: float, size: float = _SIZE) -> Iterator[str]:
    """A text in lines no wider than so many pixels; none for no text."""
    if text.strip():
        yield from in_lines(pieces(text), lambda line: text_width(line, size, "words") <= width)


def stacked(title: str, pictures: Sequence[Picture], gap: float = 8.0) -> Picture:
    """Pictures below each other, flush left, as one; those without anything in them take no room."""
    y, groups, there = 0.0, list[Mark](), [picture for picture in pictures if picture.marks]
    for picture in there:
        groups.append(Group(picture.marks, 0, y))
        y += picture.height + gap
    width, shrinks_to = max(p.width for p in there), max(p.shrinks_to for p in there)
    return Picture(title, width, y - gap, tuple(groups), shrinks_to)


def tiled(title: str, pictures: Sequence[Picture], most: int = 4, gap: float = 12.0) -> Picture:
    """Pictures in rows of so many, each in a place as large as the largest of them."""
    if len(pictures) <= most:
        return side_by_side(title, pictures, gap)
    across, down = max(p.width for p in pictures) + gap, max(p.height for p in pictures) + gap
    rows = -(-len(pictures) // most)
    groups = tuple(Group(p.marks, k % most * across, k // most * down) for k, p in enumerate(pictures))
    return Picture(title, most * across - gap, rows * down - gap, groups)


def explained(
    title: str,
    picture: Picture,
    lang: Language,
    entries: Sequence[Entry] = (),
    sentences: Sequence[Words] = (),
    scale: Picture | None = None,
) -> Picture:
    """A picture with what must be said of it underneath: what its colours and marks mean, and remarks."""
    width = max(picture.width, 340.0)
    feet = [legend(entries, width, lang), *([] if scale is None else [scale]), remarks(sentences, width, lang)]
    return stacked(title, [picture, *feet])
