"""What is drawn of a network's answers over a plane: a probability, classes, or numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from clearprop.cached import cached_property
from clearprop.errors import InvalidValueError, ShapeError
from clearprop.execute import Array
from clearprop.explain.plot.given import Plottable, chosen_output, output_symbol, with_inputs
from clearprop.explain.plot.plane import Plane
from clearprop.graph import Graph
from clearprop.graph.node import without_alias
from clearprop.messages import Message, Words
from clearprop.present.figure import KINDS, Axis, Contour, Dots, Entry, Field, Filled, Plot, Region
from clearprop.present.figure.plot import Drawn
from clearprop.present.formula import Math, number, row
from clearprop.present.formula.tree import EQUALS
from clearprop.visible import shown_name

_STEPS = (0.1, 0.2, 0.3, 0.4, 0.6, 0.7, 0.8, 0.9)  # probabilities at which the colour changes
_STRENGTH = 0.5  # of the deepest colour, on which dots must be seen
_ABOUT = 20  # steps of numbers


class Answers(Protocol):
    """One way to draw answers."""

    def ground(self) -> Iterator[Drawn]:
        """What lies under the samples."""
        ...

    def dots(self) -> Iterator[Drawn]:
        """The samples."""
        ...

    def legend(self) -> Iterator[Entry]:
        """What the marks mean."""
        ...

    def remarks(self) -> Iterator[Words]:
        """What else is to be said."""
        ...

    def scale(self) -> Plot | None:
        """What the colours mean."""
        ...


def answers(plane: Plane, output: int | None, level: float | None, classes: Sequence[str] | None) -> Answers:
    """How the answers of a network are drawn: by what its output is, and what the targets are.

    Raises:
        ClearpropError: for an output, a level or names of classes that do not fit.
    """
    net, samples = plane.net, plane.samples
    last = without_alias(net.architecture.forward("f64").output)
    is_probability = last.op.role == "probability"
    if is_probability and last.op.kind == "reduction":  # softmax
        if level is not None or output is not None:
            raise InvalidValueError("a level or an output of a softmax", "neither: the most probable class is drawn")
        return Classes(plane, _class_names(classes, net.architecture.n_outputs))
    column = chosen_output(net, output)
    targets = None if samples.y is None else samples.targets(column)
    is_binary = targets is None or bool(((targets == 0) | (targets == 1)).all())
    if is_probability and (is_binary or net.architecture.checked_loss().target == "binary"):
        return Probability(plane, column, 0.5 if level is None else level, _class_names(classes, 2))
    if classes is not None:
        raise InvalidValueError("names of classes for an output of numbers", "no classes")
    return Numbers(plane, column, level)


def _class_names(given: Sequence[str] | None, k: int) -> tuple[str, ...]:
    if given is None:
        return tuple(str(j) for j in range(k))
    if len(given) != k:
        raise ShapeError(f"{len(given)} names of classes", f"{k}")
    return tuple(shown_name(name) for name in given)


def _rings(plane: Plane, rows: Array) -> Iterator[Drawn]:
    """Around the samples that are answered wrongly."""
    yield Dots(*plane.points(rows), "red", plane.radius + 2.6, hollow=True)


def _wrongly(n: int, of: int) -> Iterator[Entry]:
    if n:
        yield Entry(Message("plot.boundary.wrong", n=n, of=of), "red", "ring")


@dataclass(frozen=True)
class Probability:
    """The probability of 1, and a line where it has a value."""

    plane: Plane
    column: int
    level: float
    classes: tuple[str, ...]

    def __post_init__(self) -> None:
        if not 0 < self.level < 1:
            raise InvalidValueError(f"level {self.level!r}", "a probability between 0 and 1")

    @cached_property
    def _field(self) -> Field:
        """z instead of a = σ(z): it does not become flat far from the boundary."""
        return self.plane.fields(lambda rows: _before_the_last(self.plane.net, rows))[self.column]

    def ground(self) -> Iterator[Drawn]:
        """Colours by probability, and the line."""
        yield Filled(self._field, [_logit(p) for p in _STEPS], 0.0, strength=_STRENGTH)
        yield Contour(self._field, _logit(self.level), "ink", 2.0)

    @cached_property
    def _labels(self) -> Array:
        assert self.plane.samples.y is not None
        return self.plane.samples.targets(self.column) >= 0.5

    @cached_property
    def _wrong(self) -> Array:
        a = self.plane.run(self.plane.samples.X)[:, self.column]
        return np.flatnonzero((a >= self.level) != self._labels)

    def dots(self) -> Iterator[Drawn]:
        """Rings for 0, dots for 1."""
        shown = self.plane.samples.shown()
        yield from _rings(self.plane, np.intersect1d(shown, self._wrong))
        for label, colour in zip((False, True), KINDS, strict=False):
            rows = shown[self._labels[shown] == label]
            yield Dots(*self.plane.points(rows), colour, self.plane.radius, hollow=not label)

    def legend(self) -> Iterator[Entry]:
        """Both classes, the line, and what is wrong."""
        yield Entry(_equation(self.plane.net, self.column, self.level), "ink")
        if self.plane.samples.y is not None:
            yield Entry(Message("plot.boundary.class", label=self.classes[0]), "orange", "ring")
            yield Entry(Message("plot.boundary.class", label=self.classes[1]), "blue", "dot")
            yield from _wrongly(len(self._wrong), len(self.plane.samples.X))

    def remarks(self) -> Iterator[Words]:
        """Where targets are neither 0 nor 1."""
        targets = None if self.plane.samples.y is None else self.plane.samples.targets(self.column)
        if targets is not None and not ((targets == 0) | (targets == 1)).all():
            yield Message("plot.boundary.soft_targets")

    def scale(self) -> Plot:
        """From 0 to 1."""
        filled = Filled(self._field, _STEPS, 0.5, strength=_STRENGTH)
        title = Message("plot.boundary.probability", label=self.classes[1])
        return filled.scale(Axis(0, 1), title)


@dataclass(frozen=True)
class Classes:
    """A region for each class, where it is the most probable one."""

    plane: Plane
    classes: tuple[str, ...]

    def __post_init__(self) -> None:
        if len(self.classes) > len(KINDS):
            got = f"{len(self.classes)} classes"
            raise InvalidValueError(got, f"at most {len(KINDS)}: so many colours can be told apart")

    def ground(self) -> Iterator[Drawn]:
        """Regions and the lines between them."""
        margins = self.plane.fields(self._margins)
        for margin, colour in zip(margins, KINDS, strict=False):
            yield Region(margin, colour)
        for margin in margins[:-1]:  # what divides the last one from others is among these
            yield Contour(margin, 0.0, "ink", 1.2)

    def _margins(self, rows: Array) -> Array:
        """How far the logit of each class is above the largest of the others."""
        z = _before_the_last(self.plane.net, rows)
        others = [np.delete(z, k, axis=1).max(axis=1) for k in range(z.shape[1])]
        return np.asarray(z - np.stack(others, axis=1))

    @cached_property
    def _labels(self) -> Array:
        y = self.plane.samples.y
        assert y is not None
        return y if y.ndim == 1 else y.argmax(axis=1)

    @cached_property
    def _wrong(self) -> Array:
        return np.flatnonzero(self.plane.run(self.plane.samples.X).argmax(axis=1) != self._labels)

    def dots(self) -> Iterator[Drawn]:
        """Each in the colour of its class."""
        shown = self.plane.samples.shown()
        yield from _rings(self.plane, np.intersect1d(shown, self._wrong))
        for label, colour in zip(range(len(self.classes)), KINDS, strict=False):
            rows = shown[self._labels[shown] == label]
            yield Dots(*self.plane.points(rows), colour, self.plane.radius)

    def legend(self) -> Iterator[Entry]:
        """The classes, and what is wrong."""
        has_samples = self.plane.samples.y is not None
        for name, colour in zip(self.classes, KINDS, strict=False):
            yield Entry(Message("plot.boundary.class", label=name), colour, "dot" if has_samples else "patch")
        if has_samples:
            yield from _wrongly(len(self._wrong), len(self.plane.samples.X))

    def remarks(self) -> Iterator[Words]:
        """What a region is."""
        yield Message("plot.boundary.most_probable")

    def scale(self) -> None:
        """None: a region has one colour."""


@dataclass(frozen=True)
class Numbers:
    """A number by its colour, samples by the colour of their targets on the same scale."""

    plane: Plane
    column: int
    level: float | None

    @cached_property
    def _field(self) -> Field:
        return self.plane.fields(self.plane.run)[self.column]

    @cached_property
    def _axis(self) -> Axis:
        samples, values = self.plane.samples, [np.ravel(self._field.values)]
        if samples.y is not None:
            values.append(samples.targets(self.column)[self.plane.inside(samples.shown())])
        return Axis.of(np.concatenate(values))

    @cached_property
    def _filled(self) -> Filled:
        """Blue above 0 and orange below, where both are there."""
        low, high = self._axis.low, self._axis.high
        levels = tuple(value for value, _ in self._axis.ticks(_ABOUT))
        has_both = low < 0 < high and min(-low, high) > 0.15 * max(-low, high)
        return Filled(self._field, levels, 0.0 if has_both else -np.inf, strength=0.85)

    def ground(self) -> Iterator[Drawn]:
        """Colours, and a line at the level."""
        yield self._filled
        if self.level is not None:
            yield Contour(self._field, self.level, "ink", 2.0)

    def dots(self) -> Iterator[Drawn]:
        """Each in the colour of its target."""
        samples, radius = self.plane.samples, self.plane.radius
        shown = samples.shown()
        yield Dots(*self.plane.points(shown), "ink", radius + 1)
        yield Dots(*self.plane.points(shown), "paper", radius)
        for colour, opacity, is_there in self._filled.shades(samples.targets(self.column)[shown]):
            yield Dots(*self.plane.points(shown[is_there]), colour, radius, opacity=opacity)

    def legend(self) -> Iterator[Entry]:
        """The line, and what dots are."""
        if self.level is not None:
            yield Entry(_equation(self.plane.net, self.column, self.level), "ink")
        if self.plane.samples.y is not None:
            yield Entry(Message("plot.boundary.target"), "paper", "dot", edge="ink")

    def remarks(self) -> Iterator[Words]:
        """None."""
        yield from ()

    def scale(self) -> Plot:
        """From the smallest to the largest."""
        return self._filled.scale(self._axis, output_symbol(self.plane.net, self.column))


def _equation(net: Plottable, column: int, level: float) -> Math:
    """Of a line: a^[L] = 0.5."""
    return row(output_symbol(net, column), EQUALS, number(level))


def _before_the_last(net: Plottable, rows: Array) -> Array:
    """What the last activation is made of: z[L]."""
    values = with_inputs(net, rows)
    last = without_alias(values.layer_graph[values.output])
    return values.run(Graph({"z": last.inputs[0]}))["z"]


def _logit(p: float) -> float:
    return float(np.log(p / (1 - p)))
