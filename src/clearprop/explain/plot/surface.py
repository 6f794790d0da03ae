"""The loss over two numbers of a network, and the way of gradient descent down it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from clearprop.arrays import as_array
from clearprop.errors import InvalidValueError, ShapeError, checked_choice, checked_integer
from clearprop.execute import Array
from clearprop.explain.plot.descent import Element, Slice, Way, first_two, trained
from clearprop.explain.plot.given import Plottable, Range, Samples, as_both_limits, checked_network
from clearprop.explain.plot.runs import optimizers_of
from clearprop.explain.values import Values
from clearprop.messages import Message, checked_language
from clearprop.present.figure import Axis, Dots, Entry, Field, Filled, Frame, Line, Picture, Plot, Role, explained
from clearprop.present.figure.plot import Drawn
from clearprop.present.formula import number, parse, to_text

_SIDE, _POINTS, _FEWER = 330.0, 45, 25  # pixels, and points of the grid, on each side; the last of large networks
_MOST_ROWS, _LEAST_ROWS, _MOST_WORK = 1000, 100, 10**8  # rows whose loss is taken; rows × parameters
_STEPS = 12  # of colour
_LARGE = 100_000  # parameters
_APART = 4.0  # pixels from dot to dot
_WIDE = 20.0  # the ratio of losses from which on the scale is logarithmic
_COLOURS: tuple[Role, ...] = ("orange", "green", "red", "purple")
_FAR = 10.0  # times the loss of the start: what is beyond need not be in the picture


def loss_surface(
    net: Any,
    X: Any,
    y: Any,
    weights: Sequence[str] | None = None,
    *,
    optimizer: Any = "gradient_descent",
    steps: int = 50,
    start: Any = None,
    others: str = "fixed",
    limits: Any = None,
    lang: str = "en",
) -> Picture:
    """Draw the loss over two numbers of a network, with the way that gradient descent takes over it.

    The way is run, step by step, with all samples in each step: the gradient is that of the network's graph, the step
    the optimizer's own. The network itself stays as it is.

    Args:
        net: a network with a loss.
        X, y: the samples whose loss it is; of more than 1,000 (with large networks 100) some are taken, for
            the way and the surface alike.
        weights: the two numbers, counted from 1 as they are printed: ("W1[1,1]", "W1[2,1]"); by default the first two.
        optimizer: a name, an object, or up to four of them in a list or by name; None for no way.
        steps: of the way.
        start: where the two numbers start; by default where they are.
        others: "fixed", and only the two numbers move, so that the way is on the surface; or "trained", and all
            numbers are trained together: then the surface is the one at the end, and the way was never quite on it.
        limits: (low, high) of both axes, or ((low, high), (low, high)); by default the way is in the middle.
        lang: of words, "en" or "zh".

    Raises:
        ClearpropError: for a number that there is not, samples that do not fit, or an argument that makes no sense.

    Example:
        >>> net = cp.Network(2, [cp.Dense(1, bias=False)], "squared_error", dtype="float64")
        >>> X, y = [[1, 0], [0, 20**0.5]], [0, 0]  # L = ¼ w₁² + 5 w₂², a narrow valley
        >>> cp.plot.loss_surface(net, X, y, start=(-4, 1), optimizer=[cp.GradientDescent(0.18), cp.Adam(0.3)]).title
        'The loss over w[1]₁₁ and w[1]₂₁'
    """
    known, net = checked_language(lang), checked_network(net)
    checked_choice("others", others, ("fixed", "trained"))
    steps = checked_integer("steps", steps)
    chosen = {} if optimizer is None else optimizers_of(optimizer)
    if len(chosen) > len(_COLOURS):
        raise InvalidValueError(f"{len(chosen)} optimizers", f"at most {len(_COLOURS)}")
    if others == "trained" and len(chosen) != 1:
        got = f"{len(chosen)} optimizers with others='trained'"
        raise InvalidValueError(got, "one: each way would have a surface of its own")
    net.architecture.checked_loss()
    samples = Samples.of(net, X, y)
    size = sum(p.size for p in net.architecture.parameters.values())
    most = max(_LEAST_ROWS, min(_MOST_ROWS, _MOST_WORK // size))
    rows = samples.shown(most)
    elements = _elements(net, weights)
    sheet = Slice(_values(net, samples, rows, net.arrays()), elements)
    begin = sheet.start if start is None else _start(start)
    if others == "fixed":
        ways = {name: sheet.descend(one, steps, begin) for name, one in chosen.items()}
    else:
        ((name, one),) = chosen.items()
        assert samples.y is not None
        points, ends = trained(net, elements, begin, one, steps, samples.X[rows], samples.y[rows])
        slices = [Slice(_values(net, samples, rows, arrays), elements) for arrays in ends]
        losses = [float(each.losses(each.start[None, :])[0]) for each in slices]
        ways, sheet = {name: Way(points, np.array(losses), False)}, slices[1]
    surface = _Surface.of(sheet, ways, begin, limits)
    title = Message("plot.surface.title", x=to_text(elements[0].symbol), y=to_text(elements[1].symbol))
    titles = elements[0].symbol, elements[1].symbol
    plot = Plot(title, *surface.axes, (*surface.marks(), Frame()), titles, _SIDE, _SIDE, grid="")
    said = [*surface.remarks(steps), *_said_of_others(net, others), *samples.thinned(most)]
    scale = surface.filled.scale(surface.scale, parse("L"), 260.0)
    return explained(title(known), plot.picture(known), known, [*surface.legend()], said, scale.picture(known))


def _values(net: Plottable, samples: Samples, rows: Array, arrays: Mapping[str, Array]) -> Values:
    assert samples.y is not None
    return Values(net.architecture, arrays, samples.X[rows], samples.y[rows], samples.form)


def _elements(net: Plottable, weights: Any) -> tuple[Element, Element]:
    if weights is None:
        return first_two(net.architecture)
    given = list(weights) if isinstance(weights, list | tuple) else [weights]
    found = [Element.of(net.architecture, one) for one in given]
    if len(found) != 2 or found[0] == found[1]:
        raise InvalidValueError(f"weights {weights!r}", "two different numbers, such as ('W1[1,1]', 'W1[2,1]')")
    return found[0], found[1]


def _start(given: Any) -> Array:
    point = as_array("start", given).astype(np.float64)
    if point.shape != (2,) or not np.isfinite(point).all():
        raise ShapeError(f"start {given!r}", "two finite numbers")
    return point


@dataclass(frozen=True)
class _Surface:
    """The loss on a grid, and the ways on it.

    Attributes:
        field: the loss.
        axes: of the two numbers.
        ways: by the name of the optimizer.
        start: where they begin.
    """

    field: Field
    axes: tuple[Axis, Axis]
    ways: Mapping[str, Way]
    start: Array

    @classmethod
    def of(cls, sheet: Slice, ways: Mapping[str, Way], start: Array, limits: Any) -> _Surface:
        """The surface around the ways, or within limits."""
        ends = _around(ways, start) if limits is None else as_both_limits(limits)
        is_large = sum(a.size for a in sheet.values.parameters.values()) > _LARGE
        x, y = (np.linspace(*each, _FEWER if is_large else _POINTS) for each in ends)
        points = np.stack([np.tile(x, len(y)), np.repeat(y, len(x))], axis=1)
        found = sheet.losses(points).reshape(len(y), len(x))
        found[np.isnan(found)] = np.inf  # as dark as what is too large
        return cls(Field(found, x, y), (Axis(*ends[0]), Axis(*ends[1])), ways, start)

    @property
    def scale(self) -> Axis:
        """Of the loss: logarithmic where it spans more than a factor of 20."""
        values = np.asarray(self.field.values)
        values = values[np.isfinite(values)]
        is_log = bool(len(values)) and values.min() > 0 and values.max() > _WIDE * values.min()
        return Axis.of(values, is_log)

    @property
    def filled(self) -> Filled:
        """The loss in colours: equal steps along its scale."""
        axis, steps = self.scale, np.arange(1, _STEPS) / _STEPS
        if axis.log:
            levels = axis.low * (axis.high / axis.low) ** steps
        else:
            levels = axis.low + (axis.high - axis.low) * steps
        return Filled(self.field, levels.tolist())

    def marks(self) -> Iterator[Drawn]:
        """Colours, then the ways: a dot for each step, a ring at the start."""
        yield self.filled
        for way, colour in zip(self.ways.values(), _COLOURS, strict=False):
            x, y = way.points.T
            yield Line(x, y, "paper", width=3.4)
            yield Line(x, y, colour, width=1.6)
            apart = self._apart(way.points)
            yield Dots(apart[:, 0], apart[:, 1], colour, 2.8)
        for way, colour in zip(self.ways.values(), _COLOURS, strict=False):
            yield Dots(way.points[-1:, 0], way.points[-1:, 1], colour, 5.0)
        yield Dots([self.start[0]], [self.start[1]], "ink", 4.6, hollow=True)

    def _apart(self, points: Array) -> Array:
        """Points of a way that are so far apart that their dots can be told apart."""
        kept = [points[0]]
        sizes = np.array([axis.high - axis.low for axis in self.axes]) / _SIDE
        for point in points[1:]:
            if np.hypot(*((point - kept[-1]) / sizes)) >= _APART:
                kept.append(point)
        return np.array(kept)

    def legend(self) -> Iterator[Entry]:
        """The start, and the loss at the end of each way."""
        yield Entry(Message("plot.surface.start"), "ink", "ring")
        for (name, way), colour in zip(self.ways.items(), _COLOURS, strict=False):
            first, last = (number(float(loss), 3).text for loss in way.losses[[0, -1]])
            yield Entry(Message("plot.surface.way", name=name, first=first, last=last), colour, "dot")

    def remarks(self, steps: int) -> Iterator[Message]:
        """How long the ways are, where they end early, and what of them is not in the picture."""
        if self.ways:
            yield Message("plot.surface.steps", n=steps)
        for name, way in self.ways.items():
            if way.diverged:
                yield Message("plot.surface.diverged", name=name, n=len(way.points) - 1)
            x, y = self.axes
            outside = sum(not (x.holds(a) and y.holds(b)) for a, b in way.points.tolist())
            if outside:
                yield Message("plot.surface.outside", name=name, n=outside, of=len(way.points))
        if self.scale.log:
            yield Message("plot.logarithmic")
        if not np.isfinite(np.asarray(self.field.values)).all():
            yield Message("plot.surface.not_finite")


def _around(ways: Mapping[str, Way], start: Array) -> tuple[Range, Range]:
    """Ends of both axes with the ways in the middle; what of them goes far uphill does not count."""
    points = [start[None, :]]
    for way in ways.values():
        is_near = way.losses <= _FAR * max(float(way.losses[0]), 1e-300)
        points.append(way.points[is_near] if len(is_near) == len(way.points) else way.points)
    every = np.concatenate(points)
    low, high = every.min(axis=0), every.max(axis=0)
    middle, half = (low + high) / 2, 0.7 * (high - low)
    half = np.maximum(half, max(0.5 * float(half.max()), 1.0 if not half.any() else 0.0))
    half = np.maximum(half, 1e-6 * np.abs(middle))  # so that ends of large numbers are two
    (a, c), (b, d) = (middle - half).tolist(), (middle + half).tolist()
    return (a, b), (c, d)


def _said_of_others(net: Plottable, others: str) -> Iterator[Message]:
    n = sum(p.size for p in net.architecture.parameters.values() if p.trainable) - 2
    if n:
        yield Message("plot.surface.others_fixed" if others == "fixed" else "plot.surface.others_trained", n=n)
    scope = net.architecture.forward("f64", training=True).scope
    if scope.streams or net.architecture.has_running_states:
        yield Message("plot.surface.inference")
