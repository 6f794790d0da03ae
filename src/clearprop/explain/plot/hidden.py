"""What each hidden neuron sees: its activation over the plane, or its weights as an image or by input."""

from __future__ import annotations

from collections.abc import Sequence
from math import floor, isqrt, log10
from typing import Any

import numpy as np

from clearprop.errors import InvalidValueError, ShapeError, checked_integer, plural
from clearprop.execute import Array
from clearprop.explain.derivation.symbols import ElementPlace, symbol
from clearprop.explain.plot.given import Plottable, Samples, checked_network, chosen_units, names_of, with_inputs
from clearprop.explain.plot.plane import Plane
from clearprop.graph import Name
from clearprop.messages import Language, Message, checked_language
from clearprop.present.figure import (
    Axis,
    Contour,
    Dots,
    Entry,
    Field,
    Filled,
    Frame,
    Heat,
    Mosaic,
    Note,
    Picture,
    Plot,
    explained,
    tiled,
)
from clearprop.present.figure.axis import LARGEST, Text
from clearprop.present.figure.plot import Drawn
from clearprop.present.formula import Math, number, parse

_MOST_PLANES, _MOST_IMAGES, _MOST_COLUMNS, _MOST_ROWS = 12, 25, 16, 30
_PLANE, _IMAGE, _CELL = 150.0, 84.0, (40.0, 22.0)  # pixels
_MOST_DOTS = 150  # samples in each panel
_LEAST_IMAGE = 16  # inputs that are taken for an image
_SHADES = 6  # of each colour
_POINTS = 61  # of the grid, on each side


def neurons(
    net: Any,
    X: Any = None,
    *,
    layer: int = 1,
    units: Any = None,
    image: tuple[int, int] | None = None,
    limits: Any = None,
    names: Sequence[str] | None = None,
    lang: str = "en",
) -> Picture:
    """Draw what each neuron of a hidden layer sees.

    Of a network of two inputs that is its activation over the plane, blue above 0 and orange below, with a dashed line
    where its z = 0. Of images it is the neuron's weights as an image; of other inputs its weights by input, with their
    numbers where there is room. One scale holds for all neurons.

    Args:
        net: a network.
        X: samples (N, n_inputs), which say what part of the plane is drawn; needed for two inputs unless there are
            limits. Of a data frame the columns are the names of the inputs.
        layer: which layer, from 1; of more than two inputs only the first one has weights by input.
        units: which neurons, from 0; by default the first ones.
        image: height and width of the images that the inputs are, row by row. By default a square number of 16 inputs
            or more, without names, is taken for a square image.
        limits: (low, high) of both axes of the plane, or ((low, high), (low, high)).
        names: of the inputs.
        lang: of words, "en" or "zh".

    Raises:
        ClearpropError: for a layer or a neuron that there is not, an image of another size, samples that do not fit.

    Example:
        >>> net = cp.Network(2, [cp.Dense(3, "relu"), cp.Dense(1, "sigmoid")], "binary_cross_entropy")
        >>> cp.plot.neurons(net, limits=(-1, 1)).title
        'What each neuron of layer 1 sees'
    """
    known, net = checked_language(lang), checked_network(net)
    n, layer = net.architecture.n_inputs, checked_integer("layer", layer)
    if layer > net.architecture.depth:
        raise InvalidValueError(f"layer {layer} of a network of {net.architecture.depth}", "one that it has")
    if n == 2 and image is None:
        return _over_the_plane(net, X, layer, units, limits, names, known)
    W = net.arrays().get(Name.parameter("W", 1))
    if layer != 1 or W is None or W.shape[0] != n:
        got = f"what layer {layer} of a network of {plural(n, 'input')} sees"
        raise InvalidValueError(got, "layer=1, which has weights by input", "of two inputs any layer can be drawn")
    are_named = names is not None or hasattr(X, "columns")
    size = _image_size(n, image, are_named)
    if size is None:
        return _weights(W, names_of(X, n, names), units, known)
    return _images(W, size, units, image is None, known)


# --- activations over the plane


def _over_the_plane(
    net: Plottable, X: Any, layer: int, units: Any, limits: Any, names: Sequence[str] | None, lang: Language
) -> Picture:
    if X is None and limits is None:
        got, hint = "neither samples nor limits", "cp.plot.neurons(net, X), or limits=(-2, 2)"
        raise InvalidValueError(got, "one of them, to know which part of the plane to draw", hint)
    samples = Samples.of(net, np.zeros((1, 2)) if X is None else X, None, names)
    plane = Plane.of(net, samples, (0, 1), "median", limits)
    a = plane.fields(lambda rows: with_inputs(net, rows).a[layer], _POINTS)
    z = plane.fields(lambda rows: with_inputs(net, rows).z[layer], _POINTS)
    chosen, remarks = chosen_units(units, len(a), _MOST_PLANES)
    sizes = np.abs(np.stack([np.asarray(a[j].values) for j in chosen]))
    largest = float(sizes.max(where=sizes <= LARGEST, initial=0.0)) or 1.0
    levels = _levels(largest)
    panels = []
    for j in chosen:
        marks: list[Drawn] = [Filled(a[j], levels, 0.0), Contour(z[j], 0.0, "ink", 1.4, dashed=True), Frame()]
        if X is not None:
            marks.append(Dots(*plane.points(samples.shown(_MOST_DOTS)), "ink", 1.8, opacity=0.6))
        plot = Plot("", *plane.axes, tuple(marks), plane.titles, _PLANE, _PLANE, "", _neuron(layer, j))
        panels.append(plot.picture(lang))
    title = Message("plot.neurons.title", layer=layer)(lang)
    line = Entry(parse(f"z^{{[{layer}]}}_j = 0"), "ink", "dashed")
    entries = [line, *([] if X is None else [Entry(Message("plot.fit.data"), "ink", "dot")])]
    said = [*remarks, *(samples.thinned(_MOST_DOTS) if X is not None else [])]
    scale = _scale(a[0], levels, largest, parse(f"a^{{[{layer}]}}_j"))
    return explained(title, tiled(title, panels, _across(len(panels))), lang, entries, said, scale.picture(lang))


# --- weights


def _image_size(n: int, given: tuple[int, int] | None, are_named: bool) -> tuple[int, int] | None:
    """Height and width of the images that the inputs are; None for inputs that are none."""
    if given is None:
        side = isqrt(n)
        return (side, side) if side * side == n and n >= _LEAST_IMAGE and not are_named else None
    sides = [checked_integer("image", side) for side in given] if isinstance(given, list | tuple) else []
    if len(sides) != 2:
        raise InvalidValueError(f"image {given!r}", "height and width, such as (28, 28)")
    height, width = sides
    if height * width != n:
        raise ShapeError(f"images of {height} × {width} = {height * width} pixels", f"{n}, one for each input")
    return height, width


def _images(W: Array, size: tuple[int, int], units: Any, is_guessed: bool, lang: Language) -> Picture:
    chosen, remarks = chosen_units(units, W.shape[1], _MOST_IMAGES)
    largest = float(np.abs(W[:, chosen]).max()) or 1.0
    height, width = size
    cell = max(2, round(_IMAGE / max(size)))  # whole pixels
    panels = []
    for j in chosen:
        cells = Mosaic(W[:, j].reshape(size) / largest)
        axes = Axis(0, width, given=()), Axis(height, 0, given=())
        plot = Plot("", *axes, (cells, Frame()), ("", ""), cell * width, cell * height, "", _neuron(1, j))
        panels.append(plot.picture(lang))
    if is_guessed:
        remarks = [Message("plot.neurons.as_image", n=W.shape[0], height=height, width=width), *remarks]
    title = Message("plot.neurons.weights", layer=1)(lang)
    scale = _scale(None, _levels(largest), largest, parse("w^{[1]}_{j k}"))
    rows = tiled(title, panels, 5, gap=4)
    return explained(title, rows, lang, sentences=remarks, scale=scale.picture(lang))


def _weights(W: Array, names: Sequence[Text], units: Any, lang: Language) -> Picture:
    """A cell for each weight: a row for each input, a column for each neuron."""
    chosen, remarks = chosen_units(units, W.shape[1], _MOST_COLUMNS)
    rows = np.arange(len(W))
    if len(W) > _MOST_ROWS:
        rows = np.sort(np.argsort(-np.abs(W[:, chosen]).max(axis=1), kind="stable")[:_MOST_ROWS])
        remarks = [Message("plot.neurons.largest_inputs", shown=_MOST_ROWS, n=len(W)), *remarks]
    shown = W[rows][:, chosen]
    largest = float(np.abs(shown).max()) or 1.0
    x = Axis(0, len(chosen), given=tuple((k + 0.5, _neuron(1, j)) for k, j in enumerate(chosen)))
    y = Axis(len(rows), 0, given=tuple((k + 0.5, names[i]) for k, i in enumerate(rows.tolist())))
    texts = ((place, _short(float(w), largest)) for place, w in np.ndenumerate(shown))
    numbers = [Note(k + 0.5, i + 0.5, text, anchor="middle", dy=4) for (i, k), text in texts]
    heat = Heat(shown / largest, strength=0.6, outlined=True)
    width, height = _CELL
    size = width * len(chosen), height * len(rows)
    title = Message("plot.neurons.weights", layer=1)
    plot = Plot(title, x, y, (heat, *numbers), ("", ""), *size, grid="")
    scale = _scale(None, _levels(largest), largest, parse("w^{[1]}_{j k}"), 0.6)
    return explained(title(lang), plot.picture(lang), lang, sentences=remarks, scale=scale.picture(lang))


def _short(w: float, largest: float) -> str:
    """A weight with as many decimals as the largest one needs, so that they can be compared down a column."""
    power = floor(log10(largest))
    if not -3 <= power <= 3:
        return number(w, 2).text
    return f"{w:.{max(0, 2 - power if power >= 0 else 1 - power)}f}".replace("-", "−")


# --- shared


def _neuron(layer: int, j: int) -> Math:
    """a^[l]_j."""
    return symbol(Name.value("a", layer), ElementPlace((j + 1,)))


def _levels(largest: float) -> list[float]:
    steps = np.arange(1, _SHADES + 1) / (_SHADES + 0.5)
    return [*(-largest * steps[::-1]).tolist(), *(largest * steps).tolist()]


def _scale(field: Field | None, levels: Sequence[float], largest: float, title: Text, strength: float = 0.8) -> Plot:
    filled = Filled(field or Field([[0.0]], [0.0], [0.0]), levels, 0.0, strength=strength)
    return filled.scale(Axis(-largest, largest), title)


def _across(n: int) -> int:
    return 2 if n in (2, 4) else 3
