"""How an answer depends on a column, as a picture: the mean in front of the curves of single rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from clearprop.estimators.answered import Digits, class_place, of_what
from clearprop.messages import Language, Message, Words, languages
from clearprop.present.document import Block, Cell, Column, Figure, Paragraph, Table
from clearprop.present.figure import KINDS, Axis, Dots, Entry, Line, Picture, Plot, Role, explained
from clearprop.present.figure.plot import Drawn
from clearprop.table.dates import day_of
from clearprop.visible import shown_name

if TYPE_CHECKING:
    from clearprop.estimators.dependence import Dependence

Array = NDArray[Any]
MOST_CURVES, MOST_CLASSES = 30, 6
_LONGEST, _DATES, _MOST_PAIRS = 18, 3, 5
_ROOM, _LEAST = 20.0, 70.0  # pixels of a level, and of all
_ONE: Role = "blue"


@dataclass(frozen=True)
class DependencePlot:
    """What is drawn of a `Dependence`.

    Of one class, or a number: the partial dependence as a thick line, at most thirty curves of rows as thin ones, and
    the deciles of the column as ticks; of a column of levels a large dot on small ones. Of several classes without a
    label the partial dependence of the six that are most probable, each in its colour.

    Attributes:
        found: the dependence.
        label: of a model of classes, which one.
        row: one of the rows, counted among `found.rows`, whose curve is drawn in front.
        size: of the part between the axes, in pixels; levels need no height.
    """

    found: Dependence
    label: Any = None
    row: int | None = None
    size: tuple[float, float] = (300.0, 180.0)

    @property
    def is_of_several(self) -> bool:
        """Whether it shows several classes."""
        return bool(self.found.classes) and self.label is None

    @property
    def classes(self) -> list[int]:
        """The places of the classes that are shown: of many the most probable, in their order, so that colours stay."""
        if not self.is_of_several:
            return [class_place(self.found.classes, self.label)] if self.found.classes else [0]
        ranked: list[int] = np.argsort(-self.found.mean.mean(axis=0), kind="stable").tolist()
        return sorted(ranked[:MOST_CLASSES])

    @property
    def figure(self) -> Figure:
        """The plot as a part of a document."""
        return Figure(self if self.is_of_several else self._plot)

    def picture(self, lang: Language = "en") -> Picture:
        """The picture; of several classes with a legend."""
        drawn = self._plot.picture(lang)
        if not self.is_of_several:
            return drawn
        names = (shown_name(self.found.classes[k], _LONGEST) for k in self.classes)
        legend = [Entry(name, colour) for name, colour in zip(names, KINDS, strict=False)]
        return explained(self.says(lang), drawn, lang, legend)

    @property
    def _plot(self) -> Plot:
        return self._of_levels() if self.found.grid.kind == "level" else self._of_numbers()

    @property
    def of(self) -> Message:
        """What the numbers are."""
        if self.is_of_several:
            return Message("dependence.each_class")
        label = self.found.classes[self.classes[0]] if self.found.classes else None
        return of_what(self.found.target, label, self.found.scale)

    @property
    def says(self) -> Message:
        """What the picture shows."""
        return Message("dependence.says", of=self.of, column=shown_name(self.found.column))

    @property
    def _means(self) -> Array:
        """The partial dependence of what is shown (g, k)."""
        mean = self.found.mean
        return mean[:, self.classes] if self.found.classes else mean[:, None]

    @property
    def _curves(self) -> Array:
        """The curves that are shown (n, g); none of several classes."""
        return np.empty((0, len(self.found.grid.values))) if self.is_of_several else self.found.of(self.label)

    @property
    def _thin(self) -> Array:
        """The curves of the rows behind, evenly from all of them: a table may be sorted."""
        every = self._curves
        return every[np.unique(np.linspace(0, len(every) - 1, MOST_CURVES).astype(int))] if len(every) else every

    @property
    def _front(self) -> Array | None:
        """The curve in front (g,), if a row is asked for."""
        return None if self.row is None or self.is_of_several else self._curves[self.row]

    def _answers(self) -> Axis:
        front = [] if self._front is None else [self._front]
        return Axis.of(np.concatenate([np.ravel(values) for values in (self._means, self._thin, *front)])).padded()

    def _lines(self, along: Array, upright: bool) -> Iterator[Drawn]:
        """Thin curves of rows, the means, and the row in front, along one axis or, for levels, down the other."""

        def points(curve: Array) -> tuple[Array, Array]:
            return (curve, along) if upright else (along, curve)

        for curve in self._thin:
            yield Line(*points(curve), "soft", width=0.8, opacity=0.4)
        for mean, colour in zip(self._means.T, KINDS if self.is_of_several else (_ONE,), strict=False):
            if upright or len(along) == 1:
                yield Dots(*points(mean), colour, radius=5)
            else:
                yield Line(*points(mean), colour, width=2.6)
        if self._front is not None:
            yield Line(*points(self._front), "orange", Message("dependence.this_row"), width=2.0)

    # --- along a number, or time

    def _of_numbers(self) -> Plot:
        grid, y = self.found.grid, self._answers()
        is_log, is_whole = grid.log and grid.at.min() > 0, not (grid.at % 1).any()
        x = Axis.of(grid.at, log=bool(is_log), whole=bool(is_whole))
        if grid.kind == "date":
            x = Axis(x.low, x.high, given=tuple((t, day_of(t)) for t in np.linspace(x.low, x.high, _DATES).tolist()))
        marks = (*self._rug(x, y), *self._lines(grid.at, upright=False))
        return Plot(self.says, x, y, marks, ("", self.of), *self.size, heading=self._heading)

    @property
    def _heading(self) -> str:
        return shown_name(self.found.column, 40)

    def _rug(self, x: Axis, y: Axis) -> Iterator[Drawn]:
        """A tick at each decile of the column, at the lower end."""
        top = y.low + 0.035 * (y.high - y.low)
        for decile in self.found.grid.deciles:
            if x.holds(decile):
                yield Line([decile, decile], [y.low, top], "ink", width=1.4)

    # --- levels

    def _of_levels(self) -> Plot:
        names = self.level_names()
        x, y, middle = self._answers(), Axis.named(names), np.arange(len(names)) + 0.5
        marks, height = tuple(self._lines(middle, upright=True)), max(_LEAST, _ROOM * len(names))
        return Plot(self.says, x, y, marks, (self.of, ""), self.size[0], height, "x", self._heading)

    def level_names(self) -> list[Words]:
        """The levels as they are written at the axis, in quotes if called as a gap, the last one perhaps for others."""
        grid, gap = self.found.grid, Message("dependence.missing")
        own = {gap(lang) for lang in languages()} if None in grid.values else set()
        names: list[Words] = [
            gap if level is None else shown_name(repr(level) if level in own else level, _LONGEST)
            for level in grid.values
        ]
        return [*names[:-1], Message("dependence.others", n=grid.others)] if grid.others else names

    # --- in words

    @property
    def how(self) -> Message:
        """How the picture is to be read."""
        return Message("dependence.how.classes" if self.is_of_several else "dependence.how.rows")

    def remarks(self) -> Iterator[Message]:
        """What else is to be said: rows without a value, levels that are pooled."""
        grid, column = self.found.grid, shown_name(self.found.column)
        if grid.missing:
            yield Message("dependence.gaps", n=grid.missing, column=column)
        if grid.others:
            yield Message("dependence.pooled", n=grid.others, share=float(grid.shares[-1]))

    def blocks(self) -> Iterator[Block]:
        """The picture, the same as a table, and what is to be said of them."""
        values = {"of": self.of, "column": shown_name(self.found.column), "n": len(self.found.rows)}
        yield Paragraph.of(Message("dependence.lead", **values), kind="lead")
        yield self.figure
        yield self.table()
        yield from caution([self.found])
        yield Paragraph((self.how, *self.remarks()), "note")

    def table(self) -> Table:
        """Value and partial dependence; beside it the answer of the row in front."""
        grid, means, front = self.found.grid, self._means, self._front
        write = Digits.of([*means.ravel(), *([] if front is None else front)])
        of = [Message("dependence.mean")]
        if self.is_of_several:
            of = [shown_name(self.found.classes[k]) for k in self.classes]  # type: ignore[misc]
        heads = [*of, *([] if front is None else [Message("dependence.this_row")])]
        values = self.level_names() if grid.kind == "level" else [_place_text(value) for value in grid.values]
        rows: list[tuple[Cell, ...]] = []
        for i, value in enumerate(values):
            cells = [write(float(mean)) for mean in means[i]]
            rows.append((value, *cells, *([] if front is None else [write(float(front[i]))])))
        columns = (Column(shown_name(self.found.column)), *(Column(head, numbers=True) for head in heads))
        return Table(columns, tuple(rows), "dependence")


def caution(some: Iterable[Dependence]) -> Iterator[Paragraph]:
    """A sentence on columns that go together, if there are: curves along them run through rows that hardly exist."""
    pairs = {tuple(sorted((one.column, name))): r for one in some for name, r in one.together}
    ranked = sorted(pairs.items(), key=lambda pair: -abs(pair[1]))[:_MOST_PAIRS]
    if ranked:
        said = [f"{shown_name(a)} – {shown_name(b)} ({r:.2f})".replace("-", "−") for (a, b), r in ranked]
        yield Paragraph.of(Message("dependence.together", pairs=said))


def _place_text(value: Any) -> str:
    return f"{value:.6g}".replace("-", "−") if isinstance(value, float) else str(value)
