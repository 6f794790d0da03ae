"""The step of an optimizer as NumPy source: run by itself it comes to the parameters that `fit` comes to."""

from dataclasses import dataclass

import numpy as np
import pytest

import clearprop as cp
from clearprop.errors import InvalidValueError

rng = np.random.default_rng(5)
X = rng.normal(size=(12, 3))
labels = np.arange(12) % 3

OPTIMIZERS = [
    "gradient_descent",
    "sgd",
    "adagrad",
    "rmsprop",
    "adam",
    "adamw",
    cp.SGD(0.1, momentum=0.9),
    cp.SGD(0.1, momentum=0.9, nesterov=True, weight_decay=0.05),
    cp.Adam(0.02, weight_decay=0.1, clip_value=0.05),
    cp.AdamW(0.02, clip_norm=0.1),
    cp.RMSProp(0.03, clip_norm=0.2),
]


def network(dtype="float64", l2=0.01):
    frozen = cp.Dense(4, "relu", learning_rate_factor=0.5)
    return cp.Network(3, [frozen, cp.LayerNorm(), cp.Dense(3, "softmax")], "cross_entropy", l2=l2, dtype=dtype, seed=2)


def stepped(net, optimizer, steps):
    """The parameters after some steps of the file."""
    file = {}
    exec(net.to_numpy_source(optimizer=optimizer), file)
    counts = "t" in file["step"].__code__.co_varnames[:3]
    for t in range(1, steps + 1):
        file["step"](X.astype(net.parameters["W1"].dtype), labels, *([t] if counts else []))
    return {name: file[name] for name in net.parameters}


@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=str)
@pytest.mark.parametrize(("dtype", "rtol"), [("float64", 1e-11), ("float32", 2e-4)])
def test_the_file_steps_as_fit_does(optimizer, dtype, rtol):
    net = network(dtype)
    found = stepped(net, optimizer, 6)
    net.fit(X, labels, optimizer=optimizer, epochs=6, batch_size=len(X))
    for name, value in net.parameters.items():
        np.testing.assert_allclose(found[name], value, rtol=rtol, atol=rtol * 0.1, err_msg=name)
        assert found[name].dtype == np.dtype(dtype)


def test_samples_and_a_learning_rate_of_ones_own(capsys):
    net = network(l2=0.0)
    exec(net.to_numpy_source(X, labels, optimizer="adam", learning_rate=0.05), {})
    before, after = map(float, capsys.readouterr().out.split())
    losses = net.fit(X, labels, optimizer="adam", learning_rate=0.05, epochs=2, batch_size=len(X)).loss
    np.testing.assert_allclose([before, after], losses, rtol=1e-12)


def test_a_schedule_stays_at_its_first_number_and_it_is_said():
    text = network().to_numpy_source(optimizer=cp.Adam(cp.Cosine(0.05)))
    assert "learning_rate=0.05" in text
    assert "that follow a schedule have their first value here" in " ".join(text.split())
    assert "一步 Adam" in network().to_numpy_source(optimizer="adam", lang="zh")


@dataclass(frozen=True)
class LateMomentum(cp.SGD):
    """Moves along the momentum of the step before: the old array is needed after the new one is there."""

    def update(self, theta, dtheta, slots, h):
        v = slots["v"] * 0.5 + dtheta
        return theta - (slots["v"] + v * v) * 0.1, {"v": v}


@dataclass(frozen=True)
class Counting(cp.SGD):
    """Has a number that changes with the step in a way of its own."""

    def scalars(self, step):
        return {"k": 1.0 / step}

    def update(self, theta, dtheta, slots, h):
        return cp.graph.fused.updates.descend(theta, dtheta, h["k"]), {}


def test_an_optimizer_of_ones_own_whose_old_arrays_are_needed():
    net, optimizer = network(), LateMomentum(0.1, momentum=0.5)
    found = stepped(net, optimizer, 4)
    net.fit(X, labels, optimizer=optimizer, epochs=4, batch_size=len(X))
    for name, value in net.parameters.items():
        np.testing.assert_allclose(found[name], value, rtol=1e-11, err_msg=name)


def test_numbers_that_change_in_another_way_are_refused_by_name():
    with pytest.raises(InvalidValueError, match=r"Counting, whose number 'k' changes from step to step"):
        network().to_numpy_source(optimizer=Counting(0.1))
