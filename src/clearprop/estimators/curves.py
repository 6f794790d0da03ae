"""How an answer depends on a column, as a picture: the mean in front of the curves of single rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from clearprop.estimators.answered import Digits, class_place, of_what
from clearprop.messages import Language, Message, Words
from clearprop.present.document import Block, Cell, Column, Figure, Paragraph, Table
from clearprop.present.figure import KINDS, Axis, Dots, Entry, Line, Picture, Plot, explained
from clearprop.present.figure.plot import Drawn
from clearprop.table.dates import day_of
from clearprop.visible import shown_name

if TYPE_CHECKING:
    from clearprop.estimators.dependence import Dependence

Array = NDArray[Any]
MOST_CURVES, MOST_CLASSES = 30, 6
_LONGEST, _DATES = 18, 3
_ROOM = 20.0  # pixels of a level


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
        """The places of the classes that are shown, the most probable first."""
        if not self.is_of_several:
            return [class_place(self.found.classes, self.label)] if self.found.classes else [0]
        ranked: list[int] = np.argsort(-self.found.mean.mean(axis=0), kind="stable").tolist()
        return ranked[:MOST_CLASSES]

    def picture(self, lang: Language = "en") -> Picture:
        """The picture; with a legend, where dots of several classes stand beside each other."""
        if self.found.grid.kind != "level":
            return self._of_numbers().picture(lang)
        drawn = self._of_levels().picture(lang)
        if not self.is_of_several:
            return drawn
        names = (shown_name(self.found.classes[k], _LONGEST) for k in self.classes)
        legend = [Entry(name, colour, "dot") for name, colour in zip(names, self._colours(), strict=False)]
        return explained(self.says(lang), drawn, lang, legend)

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

    def _colours(self) -> list[Any]:
        return list(KINDS) if self.is_of_several else ["blue"]

    # --- along a number, or time

    def _of_numbers(self) -> Plot:
        grid, y = self.found.grid, self._answers()
        is_log = bool(grid.kind == "number" and grid.at.min() > 0 and grid.at.max() > 20 * grid.at.min())
        x = Axis.of(grid.at, log=is_log)
        if grid.kind == "date":
            x = Axis(x.low, x.high, given=tuple((t, day_of(t)) for t in np.linspace(x.low, x.high, _DATES).tolist()))
        marks = (*self._rug(x, y), *self._lines())
        titles = (shown_name(self.found.column, 40), self.of)
        return Plot(self.says, x, y, marks, titles, *self.size)

    def _lines(self) -> Iterator[Drawn]:
        at = self.found.grid.at
        for curve in self._thin:
            yield Line(at, curve, "soft", width=0.8, opacity=0.45)
        for k, mean, colour in zip(self.classes, self._means.T, self._colours(), strict=False):
            name = shown_name(self.found.classes[k], _LONGEST) if self.is_of_several else ""
            yield Line(at, mean, colour, name, width=2.6)
            if len(at) == 1:
                yield Dots(at, mean, colour)
        if self._front is not None:
            yield Line(at, self._front, "orange", Message("dependence.this_row"), width=2.2)

    def _rug(self, x: Axis, y: Axis) -> Iterator[Drawn]:
        """A tick at each decile of the column, at the lower end."""
        top = y.low + 0.035 * (y.high - y.low)
        for decile in self.found.grid.deciles:
            if x.holds(decile):
                yield Line([decile, decile], [y.low, top], "ink", width=1.4)

    # --- levels

    def _of_levels(self) -> Plot:
        names = self.level_names()
        x, y = self._answers(), Axis.named(names)
        titles = (self.of, shown_name(self.found.column, 40))
        return Plot(self.says, x, y, tuple(self._dots()), titles, self.size[0], _ROOM * len(names), "x")

    def _dots(self) -> Iterator[Drawn]:
        middle = np.arange(len(self.found.grid.values)) + 0.5
        for curve in self._thin:
            yield Dots(curve, middle, "soft", radius=2.2, opacity=0.35)
        for mean, colour in zip(self._means.T, self._colours(), strict=False):
            yield Dots(mean, middle, colour, radius=5)
        if self._front is not None:
            yield Dots(self._front, middle, "orange", radius=3.5)

    def level_names(self) -> list[Words]:
        """The levels as they are written at the axis, the last one perhaps for all others."""
        grid = self.found.grid
        names: list[Words] = [
            Message("dependence.missing") if level is None else shown_name(level, _LONGEST) for level in grid.values
        ]
        return [*names[:-1], Message("dependence.others", n=grid.others)] if grid.others else names

    # --- in words

    @property
    def how(self) -> Message:
        """How the picture is to be read."""
        kind = "levels" if self.found.grid.kind == "level" else "numbers"
        return Message("dependence.how.classes") if self.is_of_several else Message(f"dependence.how.{kind}")

    def remarks(self) -> Iterator[Message]:
        """What else is to be said: rows without a value, levels that are pooled, columns that go together with it."""
        grid, column = self.found.grid, shown_name(self.found.column)
        if grid.missing:
            yield Message("dependence.gaps", n=grid.missing, column=column)
        if grid.others:
            yield Message("dependence.pooled", n=grid.others, share=float(grid.shares[-1]))
        if self.found.together:
            names = [f"{shown_name(name)} ({r:.2f})".replace("-", "−") for name, r in self.found.together[:3]]
            yield Message("dependence.together", column=column, names=names)

    def blocks(self) -> Iterator[Block]:
        """The picture, the same as a table, and what is to be said of them."""
        values = {"of": self.of, "column": shown_name(self.found.column), "n": len(self.found.rows)}
        yield Paragraph.of(Message("dependence.lead", **values), kind="lead")
        yield Figure(self)
        yield self.table()
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


def _place_text(value: Any) -> str:
    return f"{value:.6g}".replace("-", "−") if isinstance(value, float) else str(value)
