"""The curve of a network of one input, with the data, its kinks, and each hidden neuron's share in it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from clearprop import graph as g
from clearprop.cached import cached_property
from clearprop.errors import ShapeError, plural
from clearprop.execute import Array
from clearprop.explain.check.cut import with_branches
from clearprop.explain.derivation.symbols import ElementPlace, symbol
from clearprop.explain.derivation.writer import Writer
from clearprop.explain.plot.given import (
    Plottable,
    Range,
    Samples,
    as_limits,
    checked_network,
    chosen_output,
    output_symbol,
    plain,
    with_inputs,
)
from clearprop.explain.plot.kinks import jumps, turns
from clearprop.graph import Graph, N, Name, gradient
from clearprop.graph.node import is_variable, without_alias
from clearprop.messages import Message, checked_language
from clearprop.nn.names import X as INPUT
from clearprop.present.figure import Axis, Dots, Entry, Line, Picture, Plot, Role, Rule, explained
from clearprop.present.figure.plot import Drawn
from clearprop.present.formula import Math, identifier, number, row
from clearprop.present.formula.tree import EQUALS

_POINTS = 601  # of the curve
_COLOURS: tuple[Role, ...] = ("orange", "green", "red", "purple", "teal", "brown", "pink", "olive")
_MOST_ROOM = 4.0  # for shares, in heights of data and curve


def fit(
    net: Any,
    X: Any,
    y: Any = None,
    *,
    shares: bool = True,
    output: int | None = None,
    limits: Any = None,
    names: Sequence[str] | None = None,
    lang: str = "en",
) -> Picture:
    """Draw the output of a network of one input as a curve, with the data and what each hidden neuron adds to it.

    The output of a network with one hidden layer and a linear output is a sum, Σⱼ vⱼ f(wⱼ x + bⱼ) + b: each term is
    a neuron's share, drawn as a dashed line with its formula. Where the curve has a kink, as those of ReLUs do, there
    is a ring. For other networks there is only the curve, and the picture says so.

    Args:
        net: a network of one input.
        X: samples (N,) or (N, 1). Of more than 500 some are drawn.
        y: their targets; without them there are no samples in the picture.
        shares: whether the shares of hidden neurons are drawn; of more than 8 the largest ones.
        output: which output, from 0, where there are several.
        limits: the ends of the x axis; by default those of X.
        names: of the input, in a list; by default the column of a data frame, or x.
        lang: of words, "en" or "zh".

    Raises:
        ClearpropError: if the network has several inputs, or the samples or an argument do not fit.

    Example:
        >>> net = cp.Network(1, [cp.Dense(2, "relu"), cp.Dense(1)], "squared_error", dtype="float64")
        >>> net.parameters["W1"], net.parameters["W2"] = [[1, 1]], [[1], [-1]]
        >>> net.parameters["b1"] = [1, -1]  # relu(x + 1) − relu(x − 1), a ramp
        >>> cp.plot.fit(net, [-3, 3]).title
        "The network's output over x"
    """
    known, net = checked_language(lang), checked_network(net)
    if net.architecture.n_inputs != 1:
        got = f"a network of {plural(net.architecture.n_inputs, 'input')}"
        raise ShapeError(got, "1 input", "cp.plot.boundary(net, X, y) shows the plane of two")
    samples, column = Samples.of(net, X, y, names), chosen_output(net, output)
    found = Axis.of(samples.X).padded(0.04)
    ends = (found.low, found.high) if limits is None else as_limits("limits", limits)
    curve = _Curve(net, column, *ends)
    parts = curve.shares if shares else _Shares.none()
    shown = np.concatenate([curve.y, [] if samples.y is None else samples.targets(column)[samples.shown()]])
    y_axis, is_cut = _y_axis(shown, parts)
    marks = [*parts.marks(curve.x), *_dots(samples, column), *curve.marks()]
    titles = samples.names[0], curve.symbol
    title = Message("plot.fit.title", x=plain(samples.names[0]))
    picture = Plot(title, Axis(*ends), y_axis, tuple(marks), titles, 400.0).picture(known)
    entries = [Entry(curve.symbol, "blue"), *_legend(samples, curve), *parts.legend()]
    remarks = [*(parts.remarks() if shares else []), *_remarks(samples, ends, is_cut)]
    return explained(title(known), picture, known, entries, remarks)


@dataclass(frozen=True)
class _Curve:
    """One output of a network over its only input."""

    net: Plottable
    column: int
    low: float
    high: float

    @cached_property
    def kinks(self) -> list[float]:
        """Where its slope jumps."""
        values = with_inputs(self.net, np.zeros((1, 1)))
        output = values.layer_graph[values.output]
        branches = with_branches(Graph({"y": output}))
        names = [name for name, node in branches.outputs.items() if name != "y" and node.shape[:1] == (N,)]
        own = g.slice(output, 1, self.column, self.column + 1)
        slope = Graph({"dX": gradient(g.sum(own), values.layer_graph.inputs[INPUT])})

        def outcomes(x: Array) -> Array:
            found = with_inputs(self.net, x[:, None]).run(branches)
            return np.concatenate([np.reshape(found[name] > 0, (len(x), -1)) for name in names], axis=1)

        def slopes(x: Array) -> Array:
            return with_inputs(self.net, x[:, None]).run(slope)["dX"][:, 0]

        span = self.high - self.low
        places = turns(outcomes, self.low, self.high) if names else []
        return [x for x, sides in zip(places, jumps(slopes, places, span), strict=True) if sides] if places else []

    @cached_property
    def x(self) -> Array:
        """Places from end to end, with the kinks."""
        return np.unique([*np.linspace(self.low, self.high, _POINTS), *self.kinks])

    @cached_property
    def values(self) -> Any:
        """All values of the network at these places."""
        return with_inputs(self.net, self.x[:, None])

    @cached_property
    def y(self) -> Array:
        """The output there."""
        found: Array = self.values[self.values.output][:, self.column]
        return found

    @property
    def symbol(self) -> Math:
        """a[L], of several its element."""
        return output_symbol(self.net, self.column)

    def marks(self) -> Iterator[Drawn]:
        """The curve and its kinks."""
        yield Line(self.x, self.y, "blue", width=2.6)
        at = np.isin(self.x, self.kinks)
        yield Dots(self.x[at], self.y[at], "blue", 3.4, hollow=True)

    @cached_property
    def shares(self) -> _Shares:
        """What hidden neurons add to it."""
        return _Shares.of(self)


@dataclass(frozen=True)
class _Shares:
    """What each neuron of the only hidden layer adds to a linear output.

    Attributes:
        values: (places, neurons), those that are drawn.
        formulas: of each.
        bias: b of the output.
        hidden: the number of hidden neurons.
        is_there: whether the output is such a sum.
    """

    values: Array
    formulas: tuple[Math, ...]
    bias: float
    hidden: int
    is_there: bool = True

    @classmethod
    def none(cls) -> _Shares:
        """No shares: the output is no such sum, or they are not asked for."""
        return cls(np.zeros((0, 0)), (), 0.0, 0, False)

    @classmethod
    def of(cls, curve: _Curve) -> _Shares:
        """The shares in a curve, if it is a sum of them: of one hidden layer, before an output that is linear."""
        values, W2 = curve.values, Name.parameter("W", 2)
        if curve.net.architecture.depth != 2 or 1 not in values.a or W2 not in values.parameters:
            return cls.none()
        v = values.parameters[W2][:, curve.column]
        b = values.parameters.get(Name.parameter("b", 2))
        bias = 0.0 if b is None else float(b[curve.column])
        a = values.a[1]
        if a.shape[1:] != v.shape or not np.isfinite(a).all():
            return cls.none()
        if not np.allclose(a @ v + bias, curve.y, rtol=1e-9, atol=1e-9):
            return cls.none()
        every = a * v
        largest = np.argsort(-np.ptp(every, axis=0), kind="stable")[: len(_COLOURS)]
        drawn = np.sort(largest)
        return cls(every[:, drawn], tuple(_share_formula(curve, j, float(v[j])) for j in drawn), bias, len(v))

    def marks(self, x: Array) -> Iterator[Drawn]:
        """A dashed line each, and one for the bias."""
        if self.is_there and self.bias:
            yield Rule(y=self.bias)
        for values, colour in zip(self.values.T, _COLOURS, strict=False):
            yield Line(x, values, colour, dashed=True, width=1.6)

    def legend(self) -> Iterator[Entry]:
        """The formula of each line."""
        for formula, colour in zip(self.formulas, _COLOURS, strict=False):
            yield Entry(formula, colour, "dashed")
        if self.is_there and self.bias:
            yield Entry(row(symbol(Name.parameter("b", 2)), EQUALS, number(self.bias)), "soft", "dashed")

    def remarks(self) -> Iterator[Message]:
        """What the lines add up to, or why there are none."""
        drawn = len(self.formulas)
        if not self.is_there:
            yield Message("plot.fit.no_shares")
        elif drawn < self.hidden:
            yield Message("plot.fit.largest_shares", shown=drawn, n=self.hidden)
        else:
            yield Message("plot.fit.sum")


def _share_formula(curve: _Curve, j: int, v: float) -> Math:
    """v f(w x + b) with its numbers; where the layer is more than that, in letters."""
    values = curve.values
    a, z = without_alias(values.layer_graph["a1"]), values.layer_graph["z1"]
    W, b = (values.parameters.get(Name.parameter(letter, 1)) for letter in ("W", "b"))
    letters = row(symbol(Name.parameter("W", 2), ElementPlace((j + 1, curve.column + 1))), symbol_of_a(j))
    if len(a.inputs) != 1 or without_alias(a.inputs[0]) is not without_alias(z) or W is None or W.shape[0] != 1:
        return letters
    shift = 0.0 if b is None else float(b[j])
    if not np.allclose(values["z1"][:, j], curve.x * W[0, j] + shift, rtol=1e-9, atol=1e-9):
        return letters
    x = g.variable("x")
    inner = x * _short(W[0, j]) + _short(shift) if shift else x * _short(W[0, j])
    write = Writer(lambda node: identifier("x") if is_variable(node) else None, samples=1)
    return write.formula(a.op(inner, **a.attrs) * _short(v))


def symbol_of_a(j: int) -> Math:
    """The activation of a hidden neuron."""
    return symbol(Name.value("a", 1), ElementPlace((j + 1,)))


def _short(value: float) -> float:
    return float(f"{value:.3g}")


def _y_axis(shown: Array, parts: _Shares) -> tuple[Axis, bool]:
    """An axis for curve, data and shares, and whether shares are cut off."""
    inner = Axis.of(shown).padded()
    whole = Axis.of([inner.low, inner.high, *np.ravel(parts.values), parts.bias]).padded(0.03)
    whole = whole if parts.is_there else inner
    most = (_MOST_ROOM - 1) / 2 * (inner.high - inner.low)
    low, high = max(whole.low, inner.low - most), min(whole.high, inner.high + most)
    return Axis(low, high), low > whole.low or high < whole.high


def _dots(samples: Samples, column: int) -> Iterator[Drawn]:
    if samples.y is not None:
        rows = samples.shown()
        yield Dots(
            samples.X[rows, 0], samples.targets(column)[rows], "soft", 3.0 if len(rows) > 100 else 4.0, opacity=0.7
        )


def _legend(samples: Samples, curve: _Curve) -> Iterator[Entry]:
    if samples.y is not None:
        yield Entry(Message("plot.fit.data"), "soft", "dot")
    if curve.kinks:
        yield Entry(Message("plot.fit.kinks", n=len(curve.kinks)), "blue", "ring")


def _remarks(samples: Samples, ends: Range, is_cut: bool) -> Iterator[Message]:
    if is_cut:
        yield Message("plot.fit.cut")
    rows = samples.shown()
    outside = int(((samples.X[rows, 0] < ends[0]) | (samples.X[rows, 0] > ends[1])).sum())
    if outside and samples.y is not None:
        yield Message("plot.outside", n=outside, of=len(rows))
    yield from samples.thinned() if samples.y is not None else []
