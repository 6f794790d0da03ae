"""Activations as curves: their values, slopes from the graph, and kinks where there are any."""

from __future__ import annotations

import numpy as np
import pytest

import clearprop as cp
from clearprop.errors import ClearpropError, InvalidValueError, UnknownNameError
from read_plot import read, texts

BY_HAND = {
    "sigmoid": lambda z: 1 / (1 + np.exp(-z)),
    "tanh": np.tanh,
    "relu": lambda z: np.maximum(z, 0),
    "elu": lambda z: np.where(z > 0, z, np.exp(z) - 1),
    "softplus": lambda z: np.log1p(np.exp(z)),
}


def curve(plot, colour, dashed=False):
    """The pieces of a line as one, without what is drawn at the axes."""
    pieces = plot.lines(colour, dashed)
    return np.concatenate(pieces)


@pytest.mark.parametrize("name", BY_HAND)
def test_the_curve_is_the_function_and_the_dashed_one_its_slope(name):
    f = BY_HAND[name]
    (plot,) = read(cp.plot.activation(name))
    z, y = curve(plot, "blue").T
    assert (z.min(), z.max()) == (pytest.approx(-4), pytest.approx(4))
    assert y == pytest.approx(f(z), abs=2e-6)
    z, slope = curve(plot, "orange", dashed=True).T
    away = np.abs(z) > 1e-3
    assert slope[away] == pytest.approx((f(z + 1e-5) - f(z - 1e-5))[away] / 2e-5, abs=1e-4)


def test_a_kink_has_rings_at_both_slopes_and_a_dot_where_the_graph_is():
    picture = cp.plot.activation("relu")
    (plot,) = read(picture)
    assert plot.dots("orange", hollow=True) == pytest.approx(np.array([[0, 0], [0, 1]]), abs=1e-6)
    assert plot.dots("orange") == pytest.approx(np.array([[0, 0]]), abs=1e-6)
    assert any("its slope jumps from 0 to 1" in text for text in texts(picture))


@pytest.mark.parametrize(
    ("f", "kinks"),
    [
        (lambda z: cp.clip(z, -1, 2), [-1, 2]),
        (lambda z: cp.abs(z - 0.3), [0.3]),
        (cp.LeakyReLU(0.2), [0]),
        (lambda z: z / (1 + cp.abs(z)), []),  # of the slope of |z| nothing is left
        ("elu", []),  # with α = 1 both sides have slope 1
        (cp.ELU(0.5), [0]),
        ("gelu", []),
        ("mish", []),
    ],
)
def test_kinks_are_where_the_slope_jumps_and_nowhere_else(f, kinks):
    (plot,) = read(cp.plot.activation(f))
    rings = plot.dots("orange", hollow=True)
    assert sorted({round(float(z), 3) for z, _ in rings}) == pytest.approx(kinks, abs=2e-3)


def test_a_step_is_broken_and_said():
    picture = cp.plot.activation(cp.sign)
    (plot,) = read(picture)
    assert plot.dots("blue", hollow=True) == pytest.approx(np.array([[0, -1], [0, 1]]), abs=1e-6)
    assert len(plot.lines("blue")) == 2
    assert any("jumps at z = 0 from −1 to 1" in text for text in texts(picture))


def test_where_there_is_no_value_there_is_no_line():
    picture = cp.plot.activation(cp.log)
    (plot,) = read(picture)
    assert curve(plot, "blue")[:, 0].min() > 0
    assert curve(plot, "orange", dashed=True)[:, 0].min() > 0
    assert any("no finite value" in text for text in texts(picture))


def test_the_formulas_are_those_of_the_graph():
    assert {"f(z) = σ(z)", "f′(z) = σ(z) · (1 − σ(z))"} <= set(texts(cp.plot.activation("sigmoid")))
    assert "f′(z) = [z > 0]" in texts(cp.plot.activation("relu"))


def test_several_stand_side_by_side_on_one_scale():
    picture = cp.plot.activation("sigmoid", ["tanh", "relu"], {"mine": lambda z: z * 0.5}, values=(-1, 2))
    plots = read(picture)
    assert len(plots) == 4
    assert all(plot.y == pytest.approx(plots[0].y) for plot in plots)
    assert {"sigmoid", "tanh", "relu", "mine"} <= set(texts(picture))


def test_without_the_derivative():
    (plot,) = read(cp.plot.activation("relu", derivative=False))
    assert not plot.lines("orange", dashed=True)
    assert not len(plot.dots("orange"))


def test_in_chinese_only_names_are_latin():
    said = texts(cp.plot.activation("relu", "tanh", lang="zh"))
    assert any("折点" in text for text in said)
    assert not any("kink" in text or "derivative" in text for text in said)


@pytest.mark.parametrize(
    ("arguments", "settings", "error", "part"),
    [
        (("softmax",), {}, InvalidValueError, "depends on several inputs"),
        (("rleu",), {}, UnknownNameError, "did you mean 'relu'"),
        ((), {}, InvalidValueError, "no activation"),
        (("relu",), {"limits": (1, 1)}, InvalidValueError, "limits"),
        (("relu",), {"limits": (0, np.inf)}, InvalidValueError, "limits"),
        (("relu",), {"values": "all"}, ClearpropError, "values"),
        (("relu",), {"lang": "fr"}, UnknownNameError, "language"),
        ((3,), {}, ClearpropError, "activation 3"),
        ((lambda z: 1.0,), {}, ClearpropError, "a node"),
    ],
)
def test_what_cannot_be_drawn_is_said(arguments, settings, error, part):
    with pytest.raises(error, match=part):
        cp.plot.activation(*arguments, **settings)
