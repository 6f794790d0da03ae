"""Losses side by side: of histories as they are, of optimizers as `fit` would have them."""

from __future__ import annotations

import numpy as np
import pytest

import clearprop as cp
from clearprop.errors import ClearpropError, DTypeError, InvalidValueError, ShapeError, UnknownNameError
from read_plot import read, texts

RNG = np.random.default_rng(0)
X = RNG.normal(size=(40, 2))
Y = (X.sum(axis=1) > 0).astype(int)


def network(**settings):
    layers = [cp.Dense(4, "tanh"), cp.Dense(1, "sigmoid")]
    return cp.Network(2, layers, "binary_cross_entropy", seed=1, **settings)


def drawn(picture):
    """The lines, by colour and whether they are dashed."""
    (plot,) = read(picture)
    colours = ("blue", "orange", "green", "red")
    found = {(c, dashed): plot.lines(c, dashed) for c in colours for dashed in (False, True)}
    return {key: lines[0] for key, lines in found.items() if lines}


def test_histories_are_drawn_as_they_are():
    first = network().fit(X, Y, epochs=6, validation=0.25)
    lines = drawn(cp.plot.losses({"first": first, "second": [0.9, 0.8, 0.6]}))
    assert lines["blue", False] == pytest.approx(np.stack([range(1, 7), first.loss], 1), abs=2e-3)
    assert lines["blue", True][:, 1] == pytest.approx(first.validation_loss, abs=2e-3)
    assert lines["orange", False][:, 1] == pytest.approx([0.9, 0.8, 0.6], abs=2e-3)


def test_optimizers_are_tried_on_copies():
    net = network()
    before = net.arrays()
    picture = cp.plot.losses([cp.GradientDescent(0.5), "adam"], net, X, Y, epochs=5, batch_size=10)
    assert all(np.array_equal(before[name], a) for name, a in net.arrays().items())
    lines = drawn(picture)
    for colour, optimizer in (("blue", cp.GradientDescent(0.5)), ("orange", cp.Adam())):
        history = net.copy().fit(X, Y, optimizer=optimizer, epochs=5, batch_size=10)
        assert lines[colour, False][:, 1] == pytest.approx(history.loss, abs=2e-3)
    said = texts(picture)
    assert any(text.startswith("GradientDescent, η = 0.5: ") for text in said)
    assert any("same parameters" in text for text in said)


def test_optimizers_start_anew_after_a_fit():
    net, fresh = (network(dtype="float64") for _ in range(2))
    net.fit(X, Y, optimizer=cp.Adam(0.1), epochs=20)
    fresh.parameters = net.parameters
    settings = {"epochs": 4, "batch_size": 40}
    again, anew = (drawn(cp.plot.losses(cp.Adam(0.1), one, X, Y, **settings)) for one in (net, fresh))
    assert again["blue", False] == pytest.approx(anew["blue", False], abs=1e-6)


def test_a_list_of_losses_is_a_history():
    lines = drawn(cp.plot.losses([0.9, 0.8, 0.6]))
    assert lines["blue", False][:, 1] == pytest.approx([0.9, 0.8, 0.6], abs=2e-3)
    series = pytest.importorskip("pandas").Series([0.9, 0.8, 0.6])
    for given in (series, {"a": series}, np.array([0.9, 0.8, 0.6])):
        assert drawn(cp.plot.losses(given)).keys() == lines.keys()


@pytest.mark.parametrize("given", [[1e300, 1e-300], [1.7e308, -1.7e308], [1e-320, 1e-310]])
def test_losses_at_the_ends_of_all_floats_are_drawn(given):
    assert "nan" not in cp.plot.losses({"a": given}).svg


def test_wide_ranges_are_logarithmic_and_it_is_said():
    picture = cp.plot.losses({"a": [100.0, 10.0, 1.0]})
    assert any("logarithmic" in text for text in texts(picture))
    assert not any("logarithmic" in text for text in texts(cp.plot.losses({"a": [3.0, 2.0, 1.0]})))
    with_zero = cp.plot.losses({"a": [100.0, 0.0]})
    assert not any("logarithmic" in text for text in texts(with_zero))


def test_one_that_diverges_is_drawn_as_far_as_it_came():
    net = cp.Network(2, [cp.Dense(4), cp.Dense(1)], "squared_error", seed=1)
    picture = cp.plot.losses({"wild": cp.GradientDescent(3.0), "calm": cp.GradientDescent(0.01)}, net, X, Y, epochs=30)
    said = texts(picture)
    assert any("wild diverged after" in text for text in said)
    assert ("orange", False) in drawn(picture)


def test_by_step_and_thinned():
    history = network().fit(X, Y, epochs=3, batch_size=10)
    lines = drawn(cp.plot.losses({"a": history}, by="step"))
    assert lines["blue", False][:, 1] == pytest.approx(history.step_loss, abs=2e-3)
    many = RNG.random(5000) + 1
    picture = cp.plot.losses({"a": many}, by="step")
    assert any("Of 5,000 losses 1,000 are drawn" in text for text in texts(picture))
    assert len(drawn(picture)["blue", False]) == 1000


def test_a_single_epoch_is_a_dot_and_one_history_needs_no_name():
    picture = cp.plot.losses({"a": [0.5]})
    (plot,) = read(picture)
    assert plot.dots("blue")[:, 1] == pytest.approx([0.5], abs=1e-3)
    history = network().fit(X, Y, epochs=4)
    assert drawn(cp.plot.losses(history))["blue", False][:, 1] == pytest.approx(history.loss, abs=2e-3)
    assert len(drawn(cp.plot.losses([history, history]))) == 2


def test_in_chinese():
    said = texts(cp.plot.losses(["adam"], network(), X, Y, epochs=2, validation=0.25, lang="zh"))
    assert any("轮次" in text for text in said)
    assert not any(word in text for text in said for word in ("epoch", "training", "validation", "start"))


@pytest.mark.parametrize(
    ("arguments", "settings", "error", "part"),
    [
        ((["adam"],), {}, InvalidValueError, "without a network"),
        ((["adma"], network(), X, Y), {}, UnknownNameError, "did you mean"),
        (({},), {}, InvalidValueError, "no trainings"),
        (({"a": []},), {}, InvalidValueError, "without losses"),
        (({"a": [[1.0]]},), {}, ShapeError, "a list of numbers"),
        (({"a": 3},), {}, DTypeError, "a history"),
        (({"a": [1.0]},), {"by": "batch"}, InvalidValueError, "'epoch' or 'step'"),
        (({str(k): [1.0] for k in range(11)},), {}, InvalidValueError, "at most 10"),
        ((["adam"], network(), X[:, :1], Y), {}, ClearpropError, "X has shape"),
    ],
)
def test_what_cannot_be_drawn_is_said(arguments, settings, error, part):
    with pytest.raises(error, match=part):
        cp.plot.losses(*arguments, **settings)
