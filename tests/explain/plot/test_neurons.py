"""What hidden neurons see: activations over the plane, weights as images, weights by input."""

from __future__ import annotations

import numpy as np
import pytest

import clearprop as cp
from clearprop.errors import InvalidValueError, ShapeError
from clearprop.present.figure.scene import Area, Rect, flat
from read_plot import read, texts

RNG = np.random.default_rng(0)


def test_over_the_plane_the_line_is_where_z_is_0_and_colours_are_steps_of_a():
    net = cp.Network(2, [cp.Dense(3, "tanh"), cp.Dense(1)], "squared_error", seed=3, dtype="float64")
    X = RNG.normal(size=(30, 2))
    plots = read(cp.plot.neurons(net, X))[:3]
    W, b = net.parameters["W1"], net.parameters["b1"]
    for j, plot in enumerate(plots):
        (line,) = plot.lines("ink", dashed=True)
        assert line @ W[:, j] + b[j] == pytest.approx(0, abs=1e-2)
        assert len(plot.dots("ink")) == 30
        (outlines, _), *_ = plot.areas("blue")
        points = np.concatenate(outlines)
        assert np.tanh(points @ W[:, j] + b[j]).min() > 0, "blue is above 0"
        (outlines, _), *_ = plot.areas("orange")
        assert np.tanh(np.concatenate(outlines) @ W[:, j] + b[j]).max() < 0


def test_deeper_layers_over_the_plane():
    net = cp.Network(
        2, [cp.Dense(3, "tanh"), cp.Dense(2, "relu"), cp.Dense(1)], "squared_error", seed=3, dtype="float64"
    )
    picture = cp.plot.neurons(net, limits=(-1, 1), layer=2)
    plots = read(picture)[:2]
    for j, plot in enumerate(plots):
        points = np.concatenate([*plot.lines("ink", dashed=True), np.zeros((0, 2))])
        assert net.trace(points).z[2][:, j] == pytest.approx(0, abs=1e-2) if len(points) else True
    assert "a[2]2" in texts(picture)


def shapes(picture, kind):
    return [mark for mark, _, _ in flat(picture.marks) if isinstance(mark, kind)]


def test_weights_of_images_are_images_and_that_this_is_a_guess_is_said():
    net = cp.Network(16, [cp.Dense(1, "relu"), cp.Dense(2, "softmax")], "cross_entropy", dtype="float64")
    W = np.zeros((16, 1))
    W[[1, 6]], W[15] = 1.0, -0.5
    net.parameters["W1"] = W
    picture = cp.plot.neurons(net)
    blue, orange = shapes(picture, Area)[:2]
    lefts = [round((ring[0][0] - 16) / 21) for ring in blue.outlines]
    tops = [round((ring[0][1] - 34) / 21) for ring in blue.outlines]
    assert list(zip(tops, lefts, strict=True)) == [(0, 1), (1, 2)], "row by row, the second pixel and the seventh"
    assert len(orange.outlines) == 1
    assert (blue.opacity, orange.opacity) == (0.8, 0.4)
    assert any("taken for an image of 4 × 4" in text for text in texts(picture))
    told = cp.plot.neurons(net, image=(2, 8))
    assert not any("taken for" in text for text in texts(told))


def test_weights_by_input_have_their_names_and_numbers():
    net = cp.Network(3, [cp.Dense(2, "tanh"), cp.Dense(1)], "squared_error", dtype="float64")
    net.parameters["W1"] = [[1.5, -0.25], [0.0, 0.75], [-1.0, 2.0]]
    picture = cp.plot.neurons(net, names=["age", "income", "<i>"])
    written = texts(picture)
    assert {"age", "income", "<i>", "a[1]1", "a[1]2"} <= set(written)
    for number in ("1.50", "−0.25", "0.00", "0.75", "−1.00", "2.00"):
        assert number in written
    filled = [rect for rect in shapes(picture, Rect) if rect.fill in ("blue", "orange") and rect.height > 20]
    assert [(rect.fill, rect.opacity) for rect in filled] == [
        ("blue", pytest.approx(0.45)),
        ("orange", pytest.approx(0.07, abs=0.01)),
        ("blue", pytest.approx(0.22, abs=0.01)),
        ("orange", pytest.approx(0.3)),
        ("blue", pytest.approx(0.6)),
    ]


def test_sixteen_named_columns_are_no_image():
    net = cp.Network(16, [cp.Dense(2, "tanh"), cp.Dense(1)], "squared_error")
    assert "c5" in texts(cp.plot.neurons(net, names=[f"c{j}" for j in range(16)]))


def test_what_is_left_out_is_said():
    net = cp.Network(50, [cp.Dense(40, "tanh"), cp.Dense(1)], "squared_error")
    said = texts(cp.plot.neurons(net))
    assert any("The 30 inputs with the largest weights of 50" in text for text in said)
    assert any("The first 16 of 40 neurons" in text for text in said)
    picked = texts(cp.plot.neurons(net, units=[39, 0]))
    assert {"a[1]40", "a[1]1"} <= set(picked)
    assert not any("first" in text for text in picked)


def test_in_chinese():
    net = cp.Network(50, [cp.Dense(40, "tanh"), cp.Dense(1)], "squared_error")
    assert not any("input" in text or "first" in text for text in texts(cp.plot.neurons(net, lang="zh")))


@pytest.mark.parametrize(
    ("n", "settings", "error", "part"),
    [
        (2, {}, InvalidValueError, "neither samples nor limits"),
        (2, {"limits": (0, 1), "layer": 3}, InvalidValueError, "layer 3"),
        (2, {"limits": (0, 1), "units": [2]}, InvalidValueError, "unit 2 of 2"),
        (2, {"limits": (0, 1), "units": []}, InvalidValueError, "no units"),
        (3, {"layer": 2}, InvalidValueError, "layer=1"),
        (3, {"image": (2, 2)}, ShapeError, "4 pixels"),
        (3, {"image": 3}, InvalidValueError, "height and width"),
        (3, {"names": ["a"]}, ShapeError, "1 names"),
    ],
)
def test_what_cannot_be_drawn_is_said(n, settings, error, part):
    net = cp.Network(n, [cp.Dense(2, "tanh"), cp.Dense(1)], "squared_error")
    with pytest.raises(error, match=part):
        cp.plot.neurons(net, **settings)


@pytest.mark.parametrize("activation", [None, lambda z: cp.exp(cp.exp(z)), lambda z: cp.log(z)])
def test_what_is_not_finite_does_not_set_the_scale(activation):
    W = 1e308 if activation is None else 100.0
    net = cp.Network(2, [cp.Dense(2, activation, W=W), cp.Dense(1)], "squared_error", dtype="float64")
    assert cp.plot.neurons(net, limits=(-9, 9)).title == "What each neuron of layer 1 sees"
