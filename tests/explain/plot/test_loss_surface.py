"""The loss over two numbers, and ways down it: against NumPy, and against what `fit` does."""

from __future__ import annotations

import numpy as np
import pytest

import clearprop as cp
from clearprop.errors import ClearpropError, InvalidValueError, ShapeError, UnknownNameError
from clearprop.explain.plot.descent import Element, Slice
from clearprop.explain.values import Values
from read_plot import read, texts

RNG = np.random.default_rng(0)
X = RNG.normal(size=(12, 2))
Y = (X[:, 0] > 0.2).astype(float)


def bowl():
    """L = ¼ w₁² + 5 w₂² (page 12 of the course)."""
    net = cp.Network(2, [cp.Dense(1, bias=False)], "squared_error", dtype="float64")
    net.parameters["W1"] = [[-4], [1]]
    return net, [[1, 0], [0, 20**0.5]], [0, 0]


def classifier(**settings):
    return cp.Network(
        2, [cp.Dense(3, "tanh"), cp.Dense(1, "sigmoid")], "binary_cross_entropy", seed=4, dtype="float64", **settings
    )


def by_hand(p, X=X, y=Y):
    """The loss, with NumPy alone."""
    a = 1 / (1 + np.exp(-(np.tanh(X @ p["W1"] + p["b1"]) @ p["W2"] + p["b2"])))[:, 0]
    return -np.mean(y * np.log(a) + (1 - y) * np.log(1 - a))


def slice_of(net, *elements, X=X, y=Y):
    values = Values(net.architecture, net.arrays(), np.asarray(X, float), np.reshape(y, (-1, 1)).astype(float))
    return Slice(values, tuple(Element.of(net.architecture, one) for one in elements))


def with_numbers(net, numbers):
    p = {name: np.array(a) for name, a in net.arrays().items()}
    for (name, *place), value in numbers.items():
        p[name][tuple(place)] = value
    return p


def test_the_surface_is_the_loss_and_counts_from_one():
    net = classifier()
    sheet = slice_of(net, "W1[2,3]", "b2")
    assert sheet.start == pytest.approx([net.parameters["W1"][1, 2], net.parameters["b2"][0]])
    points = RNG.normal(size=(5, 2))
    expected = [by_hand(with_numbers(net, {("W1", 1, 2): a, ("b2", 0): b})) for a, b in points]
    assert sheet.losses(points) == pytest.approx(expected, rel=1e-12)


def test_gradient_descent_on_the_bowl_is_that_of_the_textbook():
    net, X, y = bowl()
    way = slice_of(net, "W1[1,1]", "W1[2,1]", X=X, y=y).descend(cp.GradientDescent(0.18), 40, np.array([-4.0, 1.0]))
    k = np.arange(41)
    expected = np.stack([-4 * (1 - 0.18 / 2) ** k, (1 - 0.18 * 10) ** k], axis=1)
    assert way.points == pytest.approx(expected, rel=1e-9)
    assert way.losses == pytest.approx(expected[:, 0] ** 2 / 4 + 5 * expected[:, 1] ** 2, rel=1e-9)


@pytest.mark.parametrize(
    "optimizer",
    [
        cp.GradientDescent(0.1),
        cp.SGD(0.05, momentum=0.8, nesterov=True),
        cp.Adam(0.3),
        cp.AdamW(0.1, weight_decay=0.2),
        cp.RMSProp(cp.Cosine(0.1)),
        cp.GradientDescent(0.1, weight_decay=0.1, clip_norm=0.5),
    ],
    ids=repr,
)
def test_a_network_of_two_numbers_goes_the_way_that_fit_takes(optimizer):
    net, X, y = bowl()
    way = slice_of(net, "W1[1,1]", "W1[2,1]", X=X, y=y).descend(optimizer, 15, np.array([-4.0, 1.0]))
    taken = [net.parameters["W1"].ravel()]
    net.fit(
        X, y, optimizer=optimizer, epochs=15, batch_size=2, shuffle=False,
        callbacks=[lambda epoch: taken.append(epoch.network.parameters["W1"].ravel())],
    )  # fmt: skip
    if isinstance(optimizer.learning_rate, float):
        assert way.points == pytest.approx(np.array(taken), rel=1e-9, abs=1e-12)
    else:
        assert way.points[1] == pytest.approx(taken[1])  # a schedule knows how long it will be


@pytest.mark.parametrize(
    ("settings", "step"),
    [
        ({}, lambda slope, at: slope),
        ({"weight_decay": 0.3}, lambda slope, at: slope + 0.3 * at),
        ({"clip_norm": 0.02}, lambda slope, at: slope * min(1, 0.02 / (np.linalg.norm(slope) + 1e-6))),
    ],
    ids=["plain", "decay", "clipped"],
)
def test_all_other_numbers_stay_where_they_are(settings, step):
    """They neither decay nor count in the length of the gradient."""
    net = classifier()
    optimizer = cp.GradientDescent(0.5, **settings)
    way = slice_of(net, "W1[1,1]", "W2[2,1]").descend(optimizer, 6, np.array([0.3, -0.2]))
    point, h = np.array([0.3, -0.2]), 1e-6

    def loss(a, b):
        return by_hand(with_numbers(net, {("W1", 0, 0): a, ("W2", 1, 0): b}))

    for seen, seen_loss in zip(way.points, way.losses, strict=True):
        assert seen == pytest.approx(point, abs=1e-8)
        assert seen_loss == pytest.approx(loss(*point), abs=1e-8)
        slope = [
            (loss(point[0] + h, point[1]) - loss(point[0] - h, point[1])) / (2 * h),
            (loss(point[0], point[1] + h) - loss(point[0], point[1] - h)) / (2 * h),
        ]
        point = point - 0.5 * step(np.array(slope), point)


def test_the_picture_has_the_way_and_the_numbers():
    net, X, y = bowl()
    picture = cp.plot.loss_surface(net, X, y, optimizer={"plain": cp.GradientDescent(0.18)}, steps=10)
    plot = read(picture)[0]
    k = np.arange(11)
    expected = np.stack([-4 * 0.91**k, (-0.8) ** k], axis=1)
    assert plot.lines("orange")[0] == pytest.approx(expected, abs=2e-2)
    assert plot.dots("ink", hollow=True) == pytest.approx(np.array([[-4, 1]]), abs=1e-2)
    written = texts(picture)
    assert {"w[1]11", "w[1]21"} <= set(written)
    assert any(text.startswith("plain: L from 9 to ") for text in written)
    assert any("logarithmic" in text for text in written)
    assert not any("held fixed" in text for text in written), "there are no others"


def test_the_colours_are_steps_of_the_loss():
    net, X, y = bowl()
    plot = read(cp.plot.loss_surface(net, X, y, optimizer=None, limits=((-4, 4), (-1, 1))))[0]
    steps = []
    for outlines, _ in plot.areas("blue"):
        w = np.concatenate(outlines)
        w = w[(np.abs(w) < [3.99, 0.99]).all(axis=1)]
        levels = w[:, 0] ** 2 / 4 + 5 * w[:, 1] ** 2
        if len(w) > 8:
            assert levels == pytest.approx(np.median(levels), rel=0.1)
            steps.append(np.median(levels))
    assert len(steps) > 4
    assert np.diff(steps) == pytest.approx(np.diff(steps)[0], rel=0.1), "with a loss of 0 the scale is linear"


def test_the_network_stays_as_it_is():
    net = classifier()
    before = net.arrays()
    for others in ("fixed", "trained"):
        cp.plot.loss_surface(net, X, Y, ("W1[1,1]", "b1[2]"), steps=3, others=others, start=(2, 1))
    assert all(np.array_equal(before[name], a) for name, a in net.arrays().items())


def test_others_may_be_trained_too_and_it_is_said():
    net = classifier()
    picture = cp.plot.loss_surface(
        net, X, Y, ("W1[1,1]", "W2[1,1]"), optimizer=cp.GradientDescent(0.5), steps=8, others="trained"
    )
    copy = net.copy()
    copy.fit(X, Y, optimizer=cp.GradientDescent(0.5), epochs=8, batch_size=12, shuffle=False)
    ends = read(picture)[0].lines("orange")[0][[0, -1]]
    expected = [[n.parameters["W1"][0, 0], n.parameters["W2"][0, 0]] for n in (net, copy)]
    assert ends == pytest.approx(np.array(expected), abs=5e-3)
    losses = [f"{by_hand(n.arrays()):.3g}" for n in (net, copy)]
    said = texts(picture)
    assert any(f"L from {losses[0]} to {losses[1]}" in text for text in said)
    assert any("The other 11 parameters were trained, too" in text for text in said)
    fixed = texts(cp.plot.loss_surface(net, X, Y, steps=2))
    assert any("The other 11 parameters are held fixed" in text for text in fixed)


def test_others_are_trained_by_an_optimizer_that_starts_anew():
    X, y = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], [0, 1, 1, 0]
    net, fresh = (
        cp.Network(2, [cp.Dense(3, "tanh"), cp.Dense(1, "sigmoid")], "bce", seed=1, dtype="float64") for _ in range(2)
    )
    net.fit(X, y, optimizer=cp.Adam(0.1), epochs=10)
    fresh.parameters = net.parameters
    settings = {"optimizer": cp.Adam(0.1), "others": "trained", "steps": 5}
    assert cp.plot.loss_surface(net, X, y, **settings).svg == cp.plot.loss_surface(fresh, X, y, **settings).svg


def test_a_start_far_away_has_a_surface_around_it():
    net = cp.Network(2, [cp.Dense(1, bias=False)], "squared_error", dtype="float64")
    for start in ((1e17, 0), (1e17, 1e17)):
        assert cp.plot.loss_surface(net, [[1, 0]], [0], start=start, optimizer=None).svg


def test_a_way_that_diverges_ends_and_it_is_said():
    net, X, y = bowl()
    picture = cp.plot.loss_surface(net, X, y, optimizer=cp.GradientDescent(1e30), steps=20)
    said = " ".join(texts(picture))
    assert "diverges" in said
    assert "outside of the picture" in said
    (width, height) = np.ptp(read(picture)[0].at([(16, 10), (346, 340)]), axis=0)
    assert max(width, height) < 100, "what goes far uphill does not stretch the axes"


def test_where_the_loss_is_not_finite_it_is_dark_and_that_is_said():
    net = cp.Network(1, [cp.Dense(1, cp.log)], lambda a, y: (a - y) ** 2, dtype="float64")
    net.parameters["W1"], net.parameters["b1"] = [[1.0]], [0.5]
    picture = cp.plot.loss_surface(net, [[1.0]], [0.0], optimizer=None, limits=((-2, 2), (-1, 1)))
    assert any("not finite" in text for text in texts(picture))
    for outlines, _ in read(picture)[0].areas("blue"):  # ln of a negative sum: the lower left corner
        assert np.concatenate(outlines).min(axis=0) == pytest.approx([-2, -1], abs=1e-2)


def test_penalties_and_dropout():
    net = classifier(l2=0.5)
    sheet = slice_of(net, "W1[1,1]", "W1[2,1]")
    p = with_numbers(net, {("W1", 0, 0): 0.5, ("W1", 1, 0): -1.0})
    penalty = 0.25 * sum((p[name] ** 2).sum() for name in ("W1", "W2"))
    assert sheet.losses(np.array([[0.5, -1.0]]))[0] == pytest.approx(by_hand(p) + penalty, rel=1e-12)
    layers = [cp.Dense(3, "tanh"), cp.Dropout(0.5), cp.Dense(1, "sigmoid")]
    dropping = cp.Network(2, layers, "binary_cross_entropy")
    assert any("inference mode" in text for text in texts(cp.plot.loss_surface(dropping, X, Y, steps=1)))


def test_many_samples_are_thinned_and_it_is_said():
    many = RNG.normal(size=(1500, 2))
    net = cp.Network(2, [cp.Dense(1, "sigmoid")], "binary_cross_entropy")
    said = texts(cp.plot.loss_surface(net, many, many[:, 0] > 0, steps=1))
    assert any("1,000 of 1,500 samples" in text for text in said)


def test_in_chinese():
    said = texts(cp.plot.loss_surface(classifier(), X, Y, steps=2, lang="zh"))
    assert any("起点" in text for text in said)
    assert not any(word in text for text in said for word in ("start", "step", "held", "from"))


@pytest.mark.parametrize(
    ("settings", "error", "part"),
    [
        ({"weights": ("W1[0,0]", "W1[1,1]")}, InvalidValueError, "counted from 1"),
        ({"weights": ("W1[3,1]", "W1[1,1]")}, InvalidValueError, r"W1\[1,1\] to W1\[2,3\]"),
        ({"weights": ("W1", "W1[1,1]")}, InvalidValueError, "W1"),
        ({"weights": ("W9[1,1]", "W1[1,1]")}, UnknownNameError, "W9"),
        ({"weights": ("W1[1,1]", "W1[1,1]")}, InvalidValueError, "two different"),
        ({"weights": "W1[1,1]"}, InvalidValueError, "two different"),
        ({"weights": (("W1", 0, 0), "W1[1,1]")}, InvalidValueError, "such as"),
        ({"optimizer": "sdg"}, UnknownNameError, "did you mean"),
        ({"optimizer": ["sgd", "adam"], "others": "trained"}, InvalidValueError, "one"),
        ({"others": "free"}, InvalidValueError, "'fixed' or 'trained'"),
        ({"steps": 0}, InvalidValueError, "steps"),
        ({"start": (1, 2, 3)}, ShapeError, "start"),
        ({"limits": (2, 2)}, InvalidValueError, "limits"),
    ],
)
def test_what_cannot_be_drawn_is_said(settings, error, part):
    with pytest.raises(error, match=part):
        cp.plot.loss_surface(classifier(), X, Y, **settings)


def test_networks_that_have_no_two_numbers_or_no_loss():
    one = cp.Network(1, [cp.Dense(1, bias=False)], "squared_error")
    with pytest.raises(InvalidValueError, match="two or more"):
        cp.plot.loss_surface(one, [[1.0]], [1.0])
    with pytest.raises(ClearpropError, match="no loss"):
        cp.plot.loss_surface(cp.Network(2, [cp.Dense(1)]), X, Y)
