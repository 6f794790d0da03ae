"""What a network answers over the plane of two inputs: regions of classes, or numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from clearprop.arrays import as_array
from clearprop.errors import InvalidValueError, ShapeError, checked_integer, listed, plural
from clearprop.execute import Array
from clearprop.explain.plot.given import Plottable, Range, Samples, as_both_limits, checked_network, plain, with_inputs
from clearprop.messages import Message
from clearprop.present.figure import Axis, Field
from clearprop.present.figure.axis import Text
from clearprop.present.formula import number

_FINE, _COARSE, _LARGE = 101, 51, 500_000  # points of a grid on each side; the coarse one for networks so large
_MOST_HELD = 6  # inputs whose values are said one by one


@dataclass(frozen=True)
class Plane:
    """Two inputs of a network over a grid, the others held where they are.

    Attributes:
        net: the network.
        samples: what it was given.
        columns: the two inputs, from 0.
        held: a value for every input.
        rule: how those values were chosen: "median", "mean" or "given".
        ends: of both axes.
    """

    net: Plottable
    samples: Samples
    columns: tuple[int, int]
    held: Array
    rule: str
    ends: tuple[Range, Range]

    @classmethod
    def of(cls, net: Any, samples: Samples, columns: Any, hold: Any, limits: Any) -> Plane:
        """The plane of two inputs.

        Raises:
            ClearpropError: if there are no two such inputs, or for an argument that makes no sense.
        """
        n = checked_network(net).architecture.n_inputs
        if n < 2:
            raise ShapeError("a network of 1 input", "2 inputs or more", "cp.plot.fit(net, X, y) draws its curve")
        chosen = _two_columns(columns, samples.names)
        held, rule = _held(hold, samples.X)
        shown = samples.X[:, list(chosen)]
        axes = [Axis.of(shown[:, k]).padded(0.08) for k in (0, 1)]
        ends = ((axes[0].low, axes[0].high), (axes[1].low, axes[1].high)) if limits is None else as_both_limits(limits)
        return cls(net, samples, chosen, held, rule, ends)

    @property
    def axes(self) -> tuple[Axis, Axis]:
        """Of the two inputs."""
        return Axis(*self.ends[0]), Axis(*self.ends[1])

    @property
    def titles(self) -> tuple[Text, Text]:
        """The names of the two inputs."""
        return self.samples.names[self.columns[0]], self.samples.names[self.columns[1]]

    @property
    def words(self) -> tuple[str, str]:
        """The names of the two inputs as plain text."""
        return plain(self.titles[0]), plain(self.titles[1])

    def grid(self, points: int) -> tuple[Array, Array, Array]:
        """The places of the grid on both axes, and a row of inputs for each of its points."""
        size = sum(p.size for p in self.net.architecture.parameters.values())
        x, y = (np.linspace(*ends, _COARSE if size > _LARGE else points) for ends in self.ends)
        rows = np.tile(self.held, (len(x) * len(y), 1))
        rows[:, self.columns[0]], rows[:, self.columns[1]] = np.tile(x, len(y)), np.repeat(y, len(x))
        return x, y, rows

    def fields(self, values: Callable[[Array], Array], points: int = _FINE) -> list[Field]:
        """A function of rows of inputs, (N, k), as k fields."""
        x, y, rows = self.grid(points)
        found = values(rows)
        return [Field(found[:, j].reshape(len(y), len(x)), x, y) for j in range(found.shape[1])]

    def points(self, rows: Array) -> tuple[Array, Array]:
        """Where samples stand."""
        return self.samples.X[rows, self.columns[0]], self.samples.X[rows, self.columns[1]]

    def inside(self, rows: Array) -> Array:
        """Those of some samples that are within the axes."""
        (left, right), (bottom, top) = self.ends
        x, y = self.points(rows)
        return rows[(left <= x) & (x <= right) & (bottom <= y) & (y <= top)]

    @property
    def radius(self) -> float:
        """Of the dots of samples."""
        n = len(self.samples.X)
        return 6.0 if n <= 16 else 4.0 if n <= 150 else 3.0

    def remarks(self) -> Iterator[Message]:
        """What is held, and which samples are not drawn."""
        others = [j for j in range(len(self.held)) if j not in self.columns]
        if 0 < len(others) <= _MOST_HELD:
            values = [f"{plain(self.samples.names[j])} = {number(float(self.held[j])).text}" for j in others]
            yield Message("plot.boundary.held_at", rule=Message(f"plot.boundary.rules.{self.rule}"), values=values)
        elif others:
            yield Message("plot.boundary.held", rule=Message(f"plot.boundary.rules.{self.rule}"), n=len(others))
        if others:
            yield Message("plot.boundary.projected")
        shown = self.samples.shown()
        outside = len(shown) - len(self.inside(shown))
        if outside:
            yield Message("plot.outside", n=outside, of=len(shown))
        yield from self.samples.thinned()

    def run(self, rows: Array) -> Array:
        """a[L] for rows of inputs."""
        values = with_inputs(self.net, rows)
        return values[values.output]


def _two_columns(columns: Any, names: tuple[Text, ...]) -> tuple[int, int]:
    given = [columns] if isinstance(columns, str) or not np.iterable(columns) else list(columns)
    found = [_column(column, names) for column in given]
    if len(found) != 2 or found[0] == found[1]:
        raise InvalidValueError(f"columns {columns!r}", "two different columns, such as (0, 1)")
    return found[0], found[1]


def _column(given: Any, names: tuple[Text, ...]) -> int:
    """An input by its number from 0, or by its name."""
    if isinstance(given, str):
        called = [plain(name) for name in names]
        if given not in called:
            raise InvalidValueError(f"column {given!r}", "one of: " + listed(called))
        return called.index(given)
    found = checked_integer("column", given, low=0)
    if found >= len(names):
        raise InvalidValueError(
            f"column {found} of a network of {plural(len(names), 'input')}", f"0 to {len(names) - 1}"
        )
    return found


def _held(hold: Any, X: Array) -> tuple[Array, str]:
    """A value for every input, and how it was chosen."""
    if isinstance(hold, str):
        rules: dict[str, Callable[..., Any]] = {"median": np.median, "mean": np.mean}
        if hold not in rules:
            raise InvalidValueError(f"hold {hold!r}", "'median', 'mean', or a number for each input")
        return np.asarray(rules[hold](X, axis=0)), hold
    given = as_array("hold", hold).astype(np.float64)
    if given.shape not in ((), (X.shape[1],)) or not np.isfinite(given).all():
        raise ShapeError(
            f"hold of shape {given.shape}", f"'median', 'mean', a number, or {plural(X.shape[1], 'finite number')}"
        )
    return np.array(np.broadcast_to(given, (X.shape[1],))), "given"
