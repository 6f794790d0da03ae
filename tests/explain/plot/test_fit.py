"""Fits: the curve is the network, its kinks are where ReLUs begin, the shares add up to it."""

from __future__ import annotations

import re

import numpy as np
import pytest

import clearprop as cp
from clearprop.errors import InvalidValueError, ShapeError
from read_plot import read, texts

W, B, V, C = np.array([1.0, -2.0, 0.5]), np.array([0.5, 1.0, -0.1]), np.array([1.0, 0.75, -2.0]), 0.3
COLOURS = ("orange", "green", "red")


def network(activation="relu", output="identity", loss="squared_error"):
    net = cp.Network(1, [cp.Dense(3, activation), cp.Dense(1, output)], loss, dtype="float64")
    net.parameters["W1"], net.parameters["b1"] = W[None, :], B
    net.parameters["W2"], net.parameters["b2"] = V[:, None], [C]
    return net


def relu(z):
    return np.maximum(z, 0)


def plot_of(picture):
    (plot,) = read(picture)
    return plot


def line(plot, colour, dashed=False):
    return max(plot.lines(colour, dashed), key=len)


def test_the_curve_its_kinks_and_the_shares():
    """Syllabus 2.9: Σⱼ vⱼ relu(wⱼ x + bⱼ) + b, term by term."""
    plot = plot_of(cp.plot.fit(network(), [-1, 1]))
    x, y = line(plot, "blue").T
    assert y == pytest.approx(relu(np.outer(x, W) + B) @ V + C, abs=1e-6)
    for j, colour in enumerate(COLOURS):
        x, y = line(plot, colour, dashed=True).T
        assert y == pytest.approx(V[j] * relu(W[j] * x + B[j]), abs=1e-6)
    kinks = sorted(plot.dots("blue", hollow=True).tolist())
    assert [x for x, _ in kinks] == pytest.approx(sorted(-B / W), abs=1e-6)
    (rule,) = plot.lines("soft", dashed=True)
    assert rule[:, 1] == pytest.approx(C)


def test_the_formulas_of_the_shares_have_the_network_s_numbers():
    written = texts(cp.plot.fit(network(), [-1, 1]))
    assert "max(x + 0.5, 0)" in written
    assert "0.75 · max(−2 · x + 1, 0)" in written
    assert "−2 · max(0.5 · x − 0.1, 0)" in written
    assert "b[2] = 0.3" in written


@pytest.mark.parametrize("activation", ["tanh", "selu", cp.LeakyReLU(0.1), lambda z: z / (1 + cp.abs(z))])
def test_any_hidden_activation_has_shares(activation):
    net = network(activation)
    plot = plot_of(cp.plot.fit(net, [-1, 1]))
    t = net.trace(np.linspace(-1.08, 1.08, 7)[:, None])
    for j, colour in enumerate(COLOURS):
        share = line(plot, colour, dashed=True)
        assert np.interp(t.a[0][:, 0], *share.T) == pytest.approx(t.a[1][:, j] * V[j], abs=1e-3)


def test_kinks_of_a_deep_network_are_where_its_slope_jumps():
    net = cp.Network(
        1, [cp.Dense(4, "relu"), cp.Dense(4, "relu"), cp.Dense(1)], "squared_error", seed=2, dtype="float64"
    )
    picture = cp.plot.fit(net, [-1, 1])
    found = np.sort(plot_of(picture).dots("blue", hollow=True)[:, 0])
    x = np.linspace(-1.08, 1.08, 20001)
    bends = np.abs(np.diff(net.predict(x[:, None])[:, 0], 2)) > 1e-9
    expected = x[1:-1][bends]
    apart = expected[np.insert(np.diff(expected) > 1e-3, 0, True)]
    assert found == pytest.approx(apart, abs=3e-4)
    assert any("Shares of hidden neurons are not shown" in text for text in texts(picture))


def test_shares_are_not_shown_where_they_do_not_add_up_to_the_output():
    picture = cp.plot.fit(network(output="sigmoid", loss="binary_cross_entropy"), [-1, 1], [0, 1])
    assert not plot_of(picture).lines("green", dashed=True)
    assert any("not shown" in text for text in texts(picture))
    asked = cp.plot.fit(network(), [-1, 1], shares=False)
    assert not plot_of(asked).lines("green", dashed=True)
    assert not any("not shown" in text for text in texts(asked))


def test_of_many_shares_the_largest_are_drawn_and_it_is_said():
    net = cp.Network(1, [cp.Dense(20, "relu"), cp.Dense(1)], "squared_error", seed=1)
    picture = cp.plot.fit(net, [-1, 1])
    assert sum(" · x" in text for text in texts(picture)) == 8
    assert any("the 8 largest shares of 20 hidden neurons" in text for text in texts(picture))


def test_shares_far_above_the_data_do_not_flatten_it():
    net = network()
    net.parameters["W2"] = [[1000.0], [0.75], [-2.0]]
    net.parameters["b2"] = [-1000.0 * 1.0]
    net.parameters["W1"], net.parameters["b1"] = [[1e-6, -2.0, 0.5]], [1.0, 1.0, -0.25]
    picture = cp.plot.fit(net, [-1, 1])
    assert np.ptp(line(plot_of(picture), "blue")[:, 1]) > 1
    assert any("beyond the axis" in text for text in texts(picture))


def test_data_and_outputs():
    x = np.linspace(-1, 1, 9)
    plot = plot_of(cp.plot.fit(network(), x, x**2))
    assert plot.dots("soft") == pytest.approx(np.stack([x, x**2], 1), abs=1e-5)
    two = cp.Network(1, [cp.Dense(3, "tanh"), cp.Dense(2)], "squared_error", seed=1, dtype="float64")
    x, y = line(plot_of(cp.plot.fit(two, x, np.stack([x, -x], 1), output=1)), "blue").T
    assert y == pytest.approx(two.predict(x[:, None])[:, 1], abs=1e-5)
    outside = texts(cp.plot.fit(network(), [-3, 0, 1], [0, 0, 0], limits=(-1, 1)))
    assert any("1 of 3 samples lies outside" in text for text in outside)


def test_of_classes_the_targets_are_1_where_it_is_the_class():
    net = cp.Network(1, [cp.Dense(3, "softmax")], "cross_entropy")
    plot = plot_of(cp.plot.fit(net, [-1, 0, 1, 2], [0, 2, 1, 2], output=2))
    assert plot.dots("soft")[:, 1] == pytest.approx([0, 1, 0, 1], abs=1e-3)


def test_in_chinese():
    said = texts(cp.plot.fit(network(), [-1, 0, 1], [0, 1, 0], lang="zh"))
    assert any("折点" in text for text in said)
    assert not any(re.search("kink|share|sample|sum", text) for text in said)


@pytest.mark.parametrize(
    ("net", "X", "settings", "error", "part"),
    [
        (cp.Network(2, [cp.Dense(1)]), [[0, 0]], {}, ShapeError, "cp.plot.boundary"),
        (network(), [[0, 0]], {}, ShapeError, "a column per input"),
        (network(), [0, np.inf], {}, InvalidValueError, "inf"),
        (network(), [0, 1], {"limits": (2, 1)}, InvalidValueError, "limits"),
        (network(), [0, 1], {"output": 2}, InvalidValueError, "output 2"),
        (cp.Network(1, [cp.Dense(2)]), [0, 1], {}, InvalidValueError, "which of them"),
    ],
)
def test_what_cannot_be_drawn_is_said(net, X, settings, error, part):
    with pytest.raises(error, match=part):
        cp.plot.fit(net, X, **settings)


def test_a_hidden_value_that_is_not_finite_has_no_shares_and_no_warning():
    net = cp.Network(1, [cp.Dense(2, lambda z: 1 / z), cp.Dense(1)], "squared_error")
    assert any("Shares" in text for text in texts(cp.plot.fit(net, [-1, 1])))
