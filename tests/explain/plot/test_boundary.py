"""Boundaries: the line is where NumPy's forward pass has it, samples stand where they are, what is held is said."""

from __future__ import annotations

import re

import numpy as np
import pytest

import clearprop as cp
from clearprop.errors import ClearpropError, DTypeError, InvalidValueError, ShapeError
from read_plot import read, texts

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 2))
Y = (X[:, 0] * X[:, 1] > 0).astype(int)


def binary(n_inputs=2, **settings):
    layers = [cp.Dense(4, "tanh"), cp.Dense(1, "sigmoid")]
    return cp.Network(n_inputs, layers, "binary_cross_entropy", seed=5, dtype="float64", **settings)


def forward(net, X, last=lambda z: 1 / (1 + np.exp(-z))):
    """One hidden layer of tanh, by hand."""
    p = net.parameters
    return last(np.tanh(X @ p["W1"] + p["b1"]) @ p["W2"] + p["b2"])


def softmax(z):
    return np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)


def plot_of(picture):
    return read(picture)[0]  # the second one is the scale


@pytest.mark.parametrize("level", [None, 0.3])
def test_the_line_is_where_the_probability_is_one_half(level):
    net = binary()
    plot = plot_of(cp.plot.boundary(net, X, Y, level=level))
    points = np.concatenate(plot.lines("ink"))
    assert len(points) > 4
    assert forward(net, points)[:, 0] == pytest.approx(level or 0.5, abs=2e-3)


def test_the_line_of_a_steep_network_is_no_staircase():
    """Far from it the probability is 0 or 1 to the last digit; z is not."""
    net = cp.Network(2, [cp.Dense(1, "sigmoid")], "binary_cross_entropy", dtype="float64")
    net.parameters["W1"], net.parameters["b1"] = [[900.0], [-500.0]], [100.0]
    plot = plot_of(cp.plot.boundary(net, X, Y))
    points = np.concatenate(plot.lines("ink"))
    assert points @ [900, -500] + 100 == pytest.approx(0, abs=0.5)


def test_samples_are_rings_and_dots_and_wrong_ones_are_ringed_and_counted():
    net = binary()
    picture = cp.plot.boundary(net, X, Y)
    plot = plot_of(picture)
    wrong = (forward(net, X)[:, 0] >= 0.5) != Y
    for dots, rows in (
        (plot.dots("blue"), Y == 1),
        (plot.dots("orange", hollow=True), Y == 0),
        (plot.dots("red", hollow=True), wrong),
    ):
        assert np.array(sorted(dots.tolist())) == pytest.approx(np.array(sorted(X[rows].tolist())), abs=1e-2)
    assert f"misclassified: {wrong.sum()} of 60" in texts(picture)


def test_colours_are_steps_of_the_probability():
    net = binary()
    plot = plot_of(cp.plot.boundary(net, X, Y))
    for level, (outlines, _) in zip((0.6, 0.7), plot.areas("blue"), strict=False):
        points = np.concatenate(outlines)
        inside = (np.abs(points) < np.abs(points).max(axis=0) - 1e-2).all(axis=1)  # not along the ends of the plot
        assert forward(net, points[inside])[:, 0] == pytest.approx(level, abs=3e-3)


def test_regions_of_classes_are_where_they_are_most_probable():
    net = cp.Network(2, [cp.Dense(4, "tanh"), cp.Dense(3, "softmax")], "cross_entropy", seed=5, dtype="float64")
    labels = np.arange(60) % 3
    picture = cp.plot.boundary(net, X, labels, classes=["a", "b", "c"])
    plot = plot_of(picture)
    ends = np.sort(forward(net, np.concatenate(plot.lines("ink")), softmax), axis=1)
    assert ends[:, -1] - ends[:, -2] == pytest.approx(0, abs=5e-3), "two classes are equally probable there"
    for k, colour in enumerate(("orange", "blue", "green")):
        assert len(plot.dots(colour)) == 20
        for outlines, _ in plot.areas(colour):
            p = forward(net, np.concatenate(outlines), softmax)
            assert (p[:, k] >= p.max(axis=1) - 5e-3).all()
    wrong = int((forward(net, X, softmax).argmax(axis=1) != labels).sum())
    assert f"misclassified: {wrong} of 60" in texts(picture)
    assert "class b" in texts(picture)


def test_a_number_is_shown_by_colour_with_a_scale_and_a_line_on_demand():
    net = cp.Network(2, [cp.Dense(4, "tanh"), cp.Dense(1)], "squared_error", seed=5, dtype="float64")
    picture = cp.plot.boundary(net, X, X[:, 0], level=0.25)
    plot, scale = read_all(picture)
    points = np.concatenate(plot.lines("ink"))
    assert forward(net, points, lambda z: z)[:, 0] == pytest.approx(0.25, abs=1e-2)
    assert plot.areas("blue")
    assert scale
    assert not plot_of(cp.plot.boundary(net, X, X[:, 0])).lines("ink")


def read_all(picture):
    return read(picture)[0], [text for text in texts(picture) if text.replace("−", "-").replace(".", "").isdigit()]


def test_a_sigmoid_with_squared_error_and_targets_0_and_1_is_a_probability_too():
    net = cp.Network(2, [cp.Dense(2, "tanh"), cp.Dense(1, "sigmoid")], "squared_error")
    assert any("probability of class 1" in text for text in texts(cp.plot.boundary(net, X, Y)))
    assert not any("probability" in text for text in texts(cp.plot.boundary(net, X, 0.3 + 0.1 * Y)))


@pytest.mark.parametrize(("hold", "expected"), [("median", np.median), ("mean", np.mean), (0.5, None)])
def test_other_inputs_are_held_and_that_is_said(hold, expected):
    net, Z = binary(4), RNG.normal([0, 1, 2, 3], size=(40, 4))
    picture = cp.plot.boundary(net, Z, columns=(3, 1), hold=hold)
    held = [0.5] * 4 if expected is None else expected(Z, axis=0)
    points = np.concatenate(plot_of(picture).lines("ink"))
    rows = np.tile(held, (len(points), 1))
    rows[:, [3, 1]] = points
    assert forward(net, rows)[:, 0] == pytest.approx(0.5, abs=3e-3)
    said = re.findall(r"(x.) = (−?[\d.]+\d)", " ".join(texts(picture)))
    assert {name: float(value.replace("−", "-")) for name, value in said} == {
        "x₁": pytest.approx(held[0], abs=1e-3),
        "x₃": pytest.approx(held[2], abs=1e-3),
    }


def test_columns_by_name_from_a_data_frame():
    pl = pytest.importorskip("polars")
    frame = pl.DataFrame({"width": X[:, 0], "height": X[:, 1], "<b>": X[:, 0], "depth": X[:, 1]})
    picture = cp.plot.boundary(binary(4), frame, Y, columns=("depth", "<b>"))
    assert {"depth", "<b>"} <= set(texts(picture))
    assert "&lt;b&gt;" in picture.svg
    assert "<b>" not in picture.svg
    with pytest.raises(InvalidValueError, match="one of: width, height"):
        cp.plot.boundary(binary(4), frame, Y, columns=("depth", "weight"))


def test_many_samples_are_thinned_and_it_is_said():
    many = RNG.normal(size=(1200, 2))
    picture = cp.plot.boundary(binary(), many, many[:, 0] > 0)
    plot = plot_of(picture)
    assert len(plot.dots("blue")) + len(plot.dots("orange", hollow=True)) == 500
    assert any("500 of 1,200 samples are drawn" in text for text in texts(picture))
    outside = cp.plot.boundary(binary(), X, Y, limits=(-0.5, 0.5))
    n = int((np.abs(X) > 0.5).any(axis=1).sum())
    assert any(f"{n} of 60 samples lie outside" in text for text in texts(outside))


def test_lines_of_hidden_neurons():
    net = binary()
    plot = plot_of(cp.plot.boundary(net, X, Y, hidden=True))
    W, b = net.parameters["W1"], net.parameters["b1"]
    found = plot.lines("ink", dashed=True)
    assert found
    for line in found:
        assert np.abs(line @ W + b).min(axis=1) == pytest.approx(0, abs=2e-2)
        assert len({int(j) for j in np.abs(line @ W + b).argmin(axis=1)}) == 1


def test_in_chinese():
    said = texts(cp.plot.boundary(binary(4), RNG.normal(size=(30, 4)), np.arange(30) % 2, lang="zh"))
    assert any("误分类" in text for text in said)
    assert not any(word in text for text in said for word in ("class", "held", "sample", "probab"))


@pytest.mark.parametrize(
    ("arguments", "settings", "error", "part"),
    [
        ((binary(), X[:, :1], Y), {}, ShapeError, "a column per input"),
        ((binary(), X, Y[:5]), {}, ShapeError, "5 rows"),
        ((binary(), np.where(X > 1, np.nan, X), Y), {}, InvalidValueError, "nan"),
        ((binary(), X, Y), {"columns": (0, 0)}, InvalidValueError, "two different columns"),
        ((binary(), X, Y), {"columns": (0, 2)}, InvalidValueError, "column 2 of a network of 2 inputs"),
        ((binary(), X, Y), {"columns": 1}, InvalidValueError, "two different columns"),
        ((binary(), X, Y), {"level": 1.5}, InvalidValueError, "between 0 and 1"),
        ((binary(), X, Y), {"level": "high"}, ClearpropError, "level"),
        ((binary(), X, Y), {"hold": "mode"}, InvalidValueError, "'median', 'mean'"),
        ((binary(), X, Y), {"hold": [1, 2, 3]}, ShapeError, "hold"),
        ((binary(), X, Y), {"limits": (1, 0)}, InvalidValueError, "limits"),
        ((binary(), X, Y), {"limits": (1, 0, 3)}, InvalidValueError, "limits"),
        ((binary(), X, Y), {"names": ["a"]}, ShapeError, "1 names"),
        ((binary(), X, Y), {"classes": ["a"]}, ShapeError, "1 names of classes"),
        ((binary(), X, Y), {"output": 1}, InvalidValueError, "output 1"),
        ((binary(3), RNG.normal(size=(9, 3))), {"hidden": True}, ShapeError, "2 inputs"),
        ((cp.Network(1, [cp.Dense(1)], "squared_error"), [1.0], [1.0]), {}, ShapeError, "cp.plot.fit"),
        ((cp.Network(2, [cp.Dense(2)], "squared_error"), X, X), {}, InvalidValueError, "which of them"),
        ((cp.Network(2, [cp.Dense(1)]), X, Y), {}, InvalidValueError, "without a loss"),
        (("net", X, Y), {}, DTypeError, "a network"),
    ],
)
def test_what_cannot_be_drawn_is_said(arguments, settings, error, part):
    with pytest.raises(error, match=part):
        cp.plot.boundary(*arguments, **settings)


def test_more_classes_than_colours():
    net = cp.Network(2, [cp.Dense(11, "softmax")], "cross_entropy")
    with pytest.raises(InvalidValueError, match="at most 10"):
        cp.plot.boundary(net, X)


def test_columns_may_be_an_array():
    net = cp.Network(3, [cp.Dense(1, "sigmoid")], "bce", seed=1)
    X = np.random.default_rng(0).normal(size=(5, 3))
    assert cp.plot.boundary(net, X, columns=np.array([2, 0])).svg == cp.plot.boundary(net, X, columns=(2, 0)).svg


def test_limits_that_no_range_can_hold_are_refused():
    net = cp.Network(2, [cp.Dense(1, "sigmoid")], "bce")
    with pytest.raises(InvalidValueError, match="two finite numbers"):
        cp.plot.boundary(net, [[0, 0]], limits=(-1.7e308, 1.7e308))
    assert cp.plot.boundary(net, np.array([[-1e38, 0], [1e38, 1]]) * 1e270, [0, 1]).svg
