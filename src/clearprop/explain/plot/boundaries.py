"""Decision boundaries: what a network answers over the plane of two inputs, with the samples."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from clearprop.errors import InvalidValueError, ShapeError, plural
from clearprop.explain.plot.answers import answers
from clearprop.explain.plot.given import Samples, as_number, checked_network, with_inputs
from clearprop.explain.plot.plane import Plane
from clearprop.messages import Message, checked_language
from clearprop.present.figure import Contour, Frame, Picture, Plot, explained
from clearprop.present.figure.plot import Drawn
from clearprop.present.formula import parse

SIDE = 330.0  # pixels
_MOST_LINES = 8  # hidden neurons whose lines are drawn


def boundary(
    net: Any,
    X: Any,
    y: Any = None,
    *,
    columns: Any = (0, 1),
    hold: Any = "median",
    output: int | None = None,
    level: float | None = None,
    hidden: bool = False,
    limits: Any = None,
    names: Sequence[str] | None = None,
    classes: Sequence[str] | None = None,
    lang: str = "en",
) -> Picture:
    """Draw what a network answers over the plane of two inputs: its decision regions, with the samples.

    A sigmoid output with targets 0 and 1 is drawn as the probability of 1, with a line where it is one half; a softmax
    as a region for each class, where it is the most probable one; any other output as a number by colour. Samples that
    are answered wrongly have a red ring. What is drawn is a[L] of the network's own graph, in float64.

    Args:
        net: a network of two inputs or more.
        X: samples (N, n_inputs): they say which part of the plane is drawn. Of more than 500 some are drawn.
        y: their targets, as in `fit`; without them there are no samples in the picture.
        columns: which two inputs, by their numbers from 0 or by name; the first one goes to the right.
        hold: what the other inputs are held at: "median" or "mean" of X, or a number for each input.
        output: which output, from 0, where there are several that are no classes.
        level: where the line is drawn; by default at the probability 0.5, and of numbers nowhere.
        hidden: whether there is a dashed line where each neuron of the first layer has z = 0; of two inputs only.
        limits: (low, high) of both axes, or ((low, high), (low, high)); by default they hold all samples.
        names: of the inputs; by default the columns of a data frame, or x₁, x₂, ….
        classes: names of the classes.
        lang: of words, "en" or "zh".

    Raises:
        ClearpropError: if the network, the samples or an argument do not fit together, or something is not finite.

    Example:
        >>> net = cp.Network(2, [cp.Dense(2, "tanh"), cp.Dense(1, "sigmoid")], "binary_cross_entropy", seed=3)
        >>> X, y = [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0]
        >>> history = net.fit(X, y, optimizer=cp.Adam(0.1), epochs=200)
        >>> cp.plot.boundary(net, X, y, limits=(-0.5, 1.5)).title
        "The network's output over x₁ and x₂"
    """
    known, net = checked_language(lang), checked_network(net)
    samples = Samples.of(net, X, y, names)
    plane = Plane.of(net, samples, columns, hold, limits)
    shown = answers(plane, output, None if level is None else as_number("level", level), classes)
    marks = [*shown.ground(), Frame(), *(_hidden_lines(plane) if hidden else [])]
    if samples.y is not None:
        marks += shown.dots()
    title = Message("plot.boundary.title", x=plane.words[0], y=plane.words[1])
    picture = Plot(title, *plane.axes, tuple(marks), plane.titles, SIDE, SIDE, grid="").picture(known)
    strip = shown.scale()
    remarks = [*shown.remarks(), *plane.remarks()]
    return explained(
        title(known), picture, known, [*shown.legend()], remarks, None if strip is None else strip.picture(known)
    )


def _hidden_lines(plane: Plane) -> Iterator[Drawn]:
    """Where the neurons of the first layer have z = 0: where a ReLU begins, where tanh changes its sign.

    Raises:
        ClearpropError: if there are other inputs, or too many neurons.
    """
    if len(plane.held) > 2:
        raise ShapeError(f"lines of hidden neurons in a network of {plural(len(plane.held), 'input')}", "2 inputs")
    fields = plane.fields(lambda rows: with_inputs(plane.net, rows).z[1])
    if len(fields) > _MOST_LINES:
        raise InvalidValueError(
            f"lines of {plural(len(fields), 'hidden neuron')}", f"at most {_MOST_LINES}", "cp.plot.neurons"
        )
    for j, field in enumerate(fields, 1):
        yield Contour(field, 0.0, "ink", 1.4, dashed=True, label=parse(f"z^{{[1]}}_{{{j}}} = 0"))
