"""Losses, against arithmetic written out here, and what they refuse."""

from __future__ import annotations

import numpy as np
import pytest

import clearprop as cp
from clearprop.errors import InvalidValueError, ShapeError, UnknownNameError
from clearprop.nn import resolve_loss

rng = np.random.default_rng(0)
X, Y = rng.normal(size=(5, 3)), rng.normal(size=(5, 2))


def loss_of(loss, y, activation=None, units=2, **options):
    net = cp.Network(3, [cp.Dense(units, activation)], loss, dtype="float64", **options)
    t = net.trace(X, y)
    return t.loss, t.a[1], net


@pytest.mark.parametrize(
    ("loss", "by_hand"),
    [
        ("squared_error", lambda a: 0.5 * ((Y - a) ** 2).sum(1)),
        ("mean_squared_error", lambda a: ((Y - a) ** 2).mean(1)),
        ("mean_absolute_error", lambda a: np.abs(Y - a).mean(1)),
        (cp.Quantile(0.9), lambda a: np.where(a < Y, 0.9 * (Y - a), 0.1 * (a - Y)).mean(1)),
        (cp.Huber(0.5), lambda a: np.where(abs(a - Y) <= 0.5, (a - Y) ** 2 / 2, 0.5 * (abs(a - Y) - 0.25)).mean(1)),
    ],
    ids=lambda value: None if callable(value) else str(value),
)
def test_regression_losses(loss, by_hand):
    value, a, _ = loss_of(loss, Y)
    assert value == pytest.approx(by_hand(a).mean(), rel=1e-14)


def test_cross_entropy_of_labels_one_hot_and_probabilities():
    labels = np.array([0, 1, 2, 1, 0])
    value, a, _ = loss_of("cross_entropy", labels, "softmax", 3)
    assert value == pytest.approx(-np.log(a[range(5), labels]).mean(), rel=1e-14)
    assert loss_of("cross_entropy", np.eye(3)[labels], "softmax", 3)[0] == pytest.approx(value, rel=1e-14)
    soft = rng.dirichlet([1, 1, 1], 5)
    value, a, _ = loss_of("cross_entropy", soft, "softmax", 3)
    assert value == pytest.approx(-(soft * np.log(a)).sum(1).mean(), rel=1e-13)


def test_poisson_deviance():
    counts = rng.poisson(1.0, (5, 2))
    assert (counts == 0).any()
    value, a, net = loss_of(cp.Poisson(), counts, "exp")
    logs = np.log(np.where(counts > 0, counts, 1) / a)
    assert value == pytest.approx((counts * logs - counts + a).sum(1).mean(), rel=1e-13)
    assert cp.check_gradients(net, X, counts).ok


def test_focal_losses():
    labels = np.array([0, 1, 2, 1, 0])
    value, a, net = loss_of(cp.Focal(1.5), labels, "softmax", 3)
    p = a[range(5), labels]
    assert value == pytest.approx(-((1 - p) ** 1.5 * np.log(p)).mean(), rel=1e-13)
    assert cp.check_gradients(net, X, labels).ok
    y = np.array([[0, 1], [1, 1], [1, 0], [0, 0], [1, 1]])
    value, a, net = loss_of(cp.BinaryFocal(2.0), y, "sigmoid")
    p = np.where(y, a, 1 - a)
    assert value == pytest.approx(-((1 - p) ** 2 * np.log(p)).sum(1).mean(), rel=1e-13)
    assert cp.check_gradients(net, X, y).ok


def test_several_binary_cross_entropies_are_summed():
    y = np.array([[0, 1], [1, 1], [1, 0], [0, 0], [1, 1]])
    value, a, net = loss_of(cp.BinaryCrossEntropies(), y, "sigmoid")
    assert value == pytest.approx(-np.log(np.where(y, a, 1 - a)).sum(1).mean(), rel=1e-13)
    assert cp.check_gradients(net, X, y).ok


@pytest.mark.parametrize(
    ("loss", "y", "activation", "units"),
    [
        (cp.Focal(), [0, 1, 2, 1, 0], "softmax", 3),
        (cp.BinaryFocal(), [[0], [1], [1], [0], [1]], "sigmoid", 1),
        (cp.BinaryCrossEntropies(), [[0, 1], [1, 1], [1, 0], [0, 0], [1, 1]], "sigmoid", 2),
        (cp.Poisson(), [[0], [1], [3], [0], [1]], "exp", 1),
    ],
    ids=str,
)
def test_losses_are_finite_far_out(loss, y, activation, units):
    scale = 30 if activation == "exp" else 1000
    net = cp.Network(3, [cp.Dense(units, activation)], loss, dtype="float64")
    net.parameters["W1"] = scale * rng.normal(size=(3, units))
    net.fit(X, y, optimizer="sgd", learning_rate=1e-30, epochs=2)
    assert np.isfinite(net.parameters["W1"]).all()


@pytest.mark.parametrize("given", [lambda: cp.Quantile(1.0), lambda: cp.Focal(-1.0)])
def test_parameters_of_losses_out_of_range(given):
    with pytest.raises(InvalidValueError):
        given()


def test_label_smoothing():
    labels = np.array([0, 1, 2, 1, 0])
    value, a, _ = loss_of(cp.CrossEntropy(0.1), labels, "softmax", 3)
    smooth = 0.9 * np.eye(3)[labels] + 0.1 / 3
    assert value == pytest.approx(-(smooth * np.log(a)).sum(1).mean(), rel=1e-13)
    y = np.array([0, 1, 1, 0, 1])
    value, a, _ = loss_of(cp.BinaryCrossEntropy(0.1), y, "sigmoid", 1)
    smooth, p = 0.9 * y + 0.05, a[:, 0]
    assert value == pytest.approx(-(smooth * np.log(p) + (1 - smooth) * np.log(1 - p)).mean(), rel=1e-13)


def test_penalties_concern_weights_alone():
    value, a, net = loss_of("squared_error", Y, l1=0.1, l2=0.3)
    W = net.parameters["W1"]
    data_loss = 0.5 * ((Y - a) ** 2).sum(1).mean()
    assert value == pytest.approx(data_loss + 0.1 * abs(W).sum() + 0.15 * (W**2).sum(), rel=1e-14)
    assert net.evaluate(X, Y)["loss"] == pytest.approx(data_loss, rel=1e-14)


def test_sample_weights_are_scaled_to_mean_one():
    """One step of gradient descent with weights w equals the step along Σ wᵢ∇ℓᵢ/N, w of mean 1."""
    w = np.array([1.0, 0.0, 3.0, 2.0, 4.0])
    net = cp.Network(3, [cp.Dense(2)], "squared_error", dtype="float64")
    W = np.array(net.parameters["W1"])
    residual = X @ W - Y
    expected = W - 0.1 * X.T @ (residual * (w / w.mean())[:, None]) / 5
    net.fit(X, Y, optimizer=cp.GradientDescent(0.1), epochs=1, batch_size=5, sample_weight=w)
    np.testing.assert_allclose(net.parameters["W1"], expected, rtol=1e-12)


def test_class_weights_equal_the_sample_weights_they_stand_for():
    y = np.array([0, 0, 0, 1, 0])

    def trained(**weights):
        net = cp.Network(3, [cp.Dense(1, "sigmoid")], "binary_cross_entropy", dtype="float64")
        net.fit(X, y, epochs=3, batch_size=2, **weights)
        return net.parameters["W1"]

    balanced = trained(sample_weight=np.where(y == 1, 5 / (2 * 1), 5 / (2 * 4)))
    np.testing.assert_array_equal(trained(class_weight="balanced"), balanced)
    np.testing.assert_allclose(trained(class_weight={0: 1, 1: 4}), balanced, rtol=1e-12)
    assert (trained() != balanced).any()


@pytest.mark.parametrize(
    ("layers", "loss", "words"),
    [
        ([cp.Dense(2)], "cross_entropy", "activation 'softmax' in the last layer"),
        ([cp.Dense(2, "sigmoid")], "cross_entropy", "'softmax'"),
        ([cp.Dense(2, "selu")], "cross_entropy", "activation 'selu'"),  # no op of its own: its last one multiplies
        ([cp.Dense(2), cp.Activation("mish")], "cross_entropy", "activation 'mish'"),
        ([cp.Linear(3, 2)], "cross_entropy", "activation 'identity'"),
        ([cp.Dense(1, "softmax")], "cross_entropy", "binary_cross_entropy"),
        ([cp.Dense(1, "tanh")], "binary_cross_entropy", "activation 'sigmoid'"),
        ([cp.Dense(1)], "binary_cross_entropy", "activation 'sigmoid'"),
    ],
)
def test_a_loss_that_does_not_suit_the_output(layers, loss, words):
    with pytest.raises(InvalidValueError, match=words):
        cp.Network(3, layers, loss)


def test_unknown_loss_and_no_loss():
    with pytest.raises(UnknownNameError, match="did you mean 'cross_entropy'"):
        cp.Network(3, [cp.Dense(1)], "crossentropy")
    with pytest.raises(InvalidValueError, match="no loss"):
        cp.Network(3, [cp.Dense(1)]).fit(X, Y[:, 0])


def test_a_users_loss_of_the_wrong_shape():
    with pytest.raises(ShapeError, match="one number per sample"):
        cp.Network(3, [cp.Dense(1)], lambda a, y: cp.mean(a - y)).trace(X, Y[:, 0]).loss  # noqa: B018


def test_names_that_others_use():
    made = {name: resolve_loss(name) for name in ("mse", "mae", "bce", "categorical_crossentropy")}
    assert made["mse"] == cp.MeanSquaredError()
    assert made["mae"] == cp.MeanAbsoluteError()
    assert made["bce"] == cp.BinaryCrossEntropy()
    assert made["categorical_crossentropy"] == cp.CrossEntropy()
    with pytest.raises(UnknownNameError, match="'binary_cross_entropy', for outputs of sigmoid.*'cross_entropy'"):
        resolve_loss("logistic")
    with pytest.raises(UnknownNameError, match="did you mean 'mse'"):
        resolve_loss("MSE")
    assert cp.Dense(1, "logistic") == cp.Dense(1, "sigmoid")
    assert cp.Activation("logistic") == cp.Activation("sigmoid")
    cp.Network(3, [cp.Dense(1, "logistic")], "bce").fit(X, Y[:, 0] > 0, epochs=1)


@pytest.mark.parametrize("given", ["L2", "SSE", "Log_Loss"])
def test_a_name_that_could_be_two_losses_is_that_in_capitals_too(given):
    with pytest.raises(UnknownNameError, match=f"unknown loss '{given}'; expected '(squared|binary)"):
        resolve_loss(given)
