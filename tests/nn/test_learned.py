"""What is said of a layer's parameters: roles, frozen ones, factors on η and λ, against the same done by hand."""

from __future__ import annotations

import numpy as np
import pytest

import clearprop as cp
from clearprop.errors import InvalidValueError, UnknownNameError
from clearprop.execute import instruction_sets
from clearprop.nn.scope import Scope
from clearprop.train import step_graph

rng = np.random.default_rng(0)
X, y = rng.normal(size=(24, 3)), rng.normal(size=(24, 2))
EXECUTORS = [cp.Reference(), *([None] if instruction_sets() else [])]  # None: the native machine


def net(first=None, second=None, dtype="float64", **options):
    layers = [cp.Dense(4, "tanh", **(first or {})), cp.LayerNorm(), cp.Dense(2, **(second or {}))]
    return cp.Network(3, layers, "squared_error", seed=1, dtype=dtype, **options)


def after(network, optimizer, executor=None, epochs=2):
    network.fit(X, y, optimizer=optimizer, epochs=epochs, batch_size=8, executor=executor)
    return network.arrays()


def test_roles_are_told_not_guessed():
    layers = [cp.Dense(4), cp.BatchNorm(), cp.Linear(4, 2)]
    roles = {name: p.role for name, p in cp.Network(3, layers).architecture.parameters.items()}
    assert roles == {
        "W1": "weight",
        "b1": "bias",
        "gamma1": "scale",
        "beta1": "shift",
        "running_mean1": "running mean",
        "running_var1": "running variance",
        "W2": "weight",
        "b2": "bias",
    }


def test_penalties_concern_weights_by_role_not_matrices():
    class Table:
        def __init__(self, role):
            self.role = role

        def build(self, x, scope):
            x = scope.open_layer(x)
            return scope.named(x @ scope.parameter("E", (3, 2), cp.Constant(2.0), role=self.role), "z")

    losses = {
        role: cp.Network(3, [Table(role)], "squared_error", dtype="float64", l2=1.0).trace(X, y).loss
        for role in ("weight", "embedding", None)
    }
    assert losses["weight"] - losses["embedding"] == pytest.approx(0.5 * 6 * 2.0**2)
    assert losses[None] == losses["weight"]  # a matrix of which nothing is said is a weight
    with pytest.raises(UnknownNameError, match="unknown role 'wieght'.*did you mean 'weight'"):
        cp.Network(3, [Table("wieght")])


def test_what_is_not_trainable_and_of_no_role_is_a_running_state():
    scope = Scope(training=True, dtype="f64", layer=1)
    scope.parameter("count", (2,), cp.Zeros(), trainable=False)
    scope.parameter("frozen", (2,), cp.Zeros(), role="scale", trainable=False)
    assert [(p.is_state, p.is_frozen) for p in scope.parameters.values()] == [(True, False), (False, True)]


# --- frozen parameters


@pytest.mark.parametrize("executor", EXECUTORS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_frozen_parameters_keep_their_bits_and_have_no_gradient(executor, dtype):
    frozen = net({"trainable": False}, {"trainable": {"b": False}}, dtype, l2=0.1)
    before = frozen.arrays()
    now = after(frozen, cp.AdamW(0.01, clip_norm=1.0), executor)
    assert {name for name in now if np.array_equal(now[name], before[name])} == {"W1", "b1", "b2"}
    t = frozen.trace(X, y)
    assert not {"dW1", "db1", "db2"} & set(t.values)
    assert {"dW2", "dgamma1"} <= set(t.values)
    step = step_graph(frozen.architecture, cp.AdamW())
    assert not {"W1'", "m.W1'", "b2'"} & set(step.graph.outputs)
    assert "m.W1" not in step.slots


def test_what_is_not_frozen_learns_what_it_learns_where_the_others_stand_still_by_hand():
    """Gradient descent by hand on b2 alone: b ← b − η·mean(a − y)."""
    layers = [cp.Dense(4, "tanh", trainable=False), cp.LayerNorm(trainable=False), cp.Dense(2, trainable={"W": False})]
    only_b = cp.Network(3, layers, "squared_error", seed=1, dtype="float64")
    b = np.array(only_b.parameters["b2"])
    for _ in range(3):
        b = b - 0.5 * np.mean(only_b.predict(X) - y, axis=0)
        only_b.fit(X, y, optimizer=cp.GradientDescent(0.5), epochs=1, batch_size=24, shuffle=False)
        np.testing.assert_allclose(only_b.parameters["b2"], b, rtol=1e-12)


@pytest.mark.parametrize("executor", EXECUTORS)
def test_native_and_reference_agree_with_frozen_parameters_and_factors(executor):
    made = after(net({"trainable": {"W": False}, "learning_rate_factor": 0.5}), cp.Adam(0.01), executor)
    reference = after(net({"trainable": {"W": False}, "learning_rate_factor": 0.5}), cp.Adam(0.01), cp.Reference())
    for name, value in reference.items():
        np.testing.assert_allclose(made[name], value, rtol=1e-9, atol=1e-12)


def test_running_means_go_on_where_a_batch_norm_is_frozen():
    layers = [cp.Dense(4), cp.BatchNorm(trainable=False), cp.Dense(2)]
    frozen = cp.Network(3, layers, "squared_error", dtype="float64")
    frozen.fit(X, y, epochs=1)
    assert (frozen.parameters["gamma1"] == 1).all()
    assert (frozen.running["running_mean1"] != 0).all()


def test_a_network_that_is_frozen_as_a_whole_cannot_be_trained():
    frozen = cp.Network(3, [cp.Dense(2, trainable=False)], "squared_error")
    with pytest.raises(InvalidValueError, match="every parameter is frozen"):
        frozen.fit(X, y)
    assert frozen.n_parameters == 0
    assert frozen.trace(X, y).loss > 0


def test_frozen_parameters_can_be_read_and_set_and_checked_and_explained():
    frozen = net({"trainable": False})
    frozen.parameters["b1"] = np.ones(4)
    assert (frozen.parameters["b1"] == 1).all()
    check = cp.check_gradients(frozen, X, y)
    assert check.ok
    assert "W1" not in check.checks
    assert "W2" in check.checks
    told = str(frozen.trace(X[0], y[0]).explain(optimizer="adamw"))
    assert "W[2]" in told
    frozen.trace(X[0], y[0]).step_by_step()
    cp.draw(frozen.trace(X[0], y[0]))


def test_the_summary_tells_what_is_frozen_and_what_was_given():
    told = net({"b": 0.5, "trainable": {"W": False}}).summary()
    assert "W1 (3, 4) frozen  b1 (4,) given" in told
    assert told.endswith("2 layers, 22 parameters, 12 frozen, loss: squared_error")
    assert "given" not in net().summary()
    assert "frozen" not in net().summary()


# --- factors


@pytest.mark.parametrize("executor", EXECUTORS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("make", [cp.GradientDescent, cp.SGD, cp.AdaGrad, cp.RMSProp, cp.Adam, cp.AdamW])
def test_a_factor_on_all_parameters_is_another_learning_rate_to_the_bit(make, dtype, executor):
    layers = [cp.Dense(4, "tanh", learning_rate_factor=0.3), cp.Dense(2, learning_rate_factor=0.3)]
    slow = cp.Network(3, layers, "squared_error", dtype=dtype)
    plain = cp.Network(3, [cp.Dense(4, "tanh"), cp.Dense(2)], "squared_error", dtype=dtype)
    slow = after(slow, make(0.01), executor)
    plain = after(plain, make(0.01 * 0.3), executor)
    assert all(np.array_equal(slow[name], plain[name]) for name in plain)


def test_a_factor_concerns_its_parameter_alone():
    """After one step of gradient descent the change is the factor times the change without it."""
    rates = {"W1": 0.25, "b1": 1.0, "gamma1": 1.0, "beta1": 1.0, "W2": 3.0, "b2": 3.0}
    factors = net({"learning_rate_factor": {"W": 0.25}}, {"learning_rate_factor": 3.0})
    start = net().arrays()
    plain = net()
    for each in (plain, factors):
        each.fit(X, y, optimizer=cp.GradientDescent(0.1), epochs=1, batch_size=24)
    for name, factor in rates.items():
        expected = factor * (plain.parameters[name] - start[name])
        np.testing.assert_allclose(factors.parameters[name] - start[name], expected, rtol=1e-10)


@pytest.mark.parametrize("make", [cp.SGD, cp.AdamW])
def test_factors_on_the_decay_by_hand(make):
    """What one step does to W beyond the step without decay is what λ times the factor does."""

    def step(decay, factor):
        network = net({"decay_factor": factor} if factor is not None else {})
        network.fit(X, y, optimizer=make(0.1, weight_decay=decay), epochs=1, batch_size=24)
        return network.arrays()

    for factor in (0.0, 0.5, 2.0):
        made, other = step(0.2, factor), step(0.2 * factor, None)
        np.testing.assert_array_equal(made["W1"], other["W1"])
        np.testing.assert_array_equal(made["b1"], other["b1"])
    assert not np.array_equal(step(0.2, 0.0)["W1"], step(0.2, 1.0)["W1"])
    biased, plain = net({"b": 1.0, "decay_factor": {"b": 1.0}}), net({"b": 1.0})
    for network in (biased, plain):
        network.fit(X, y, optimizer=make(0.1, weight_decay=0.2), epochs=1, batch_size=24)
    shrunk = plain.parameters["b1"] - 0.1 * 0.2 * 1.0  # b − ηg − ηλb, b = 1 at the start
    np.testing.assert_allclose(biased.parameters["b1"], shrunk, rtol=1e-12)
    np.testing.assert_array_equal(biased.parameters["W1"], plain.parameters["W1"])


def test_factors_of_1_leave_the_graph_as_it_is():
    ones = {"learning_rate_factor": 1, "decay_factor": 1, "trainable": True}
    graphs = [repr(net(each).step_graph("adamw")) for each in (ones, {"learning_rate_factor": {"W": 1.0}}, {})]
    assert graphs[0] == graphs[1] == graphs[2]


def test_a_factor_is_in_the_explained_update():
    t = net({"learning_rate_factor": 0.5}).trace(X[0], y[0])
    told = str(t.explain(only="W1'", optimizer="gradient_descent"))
    assert "0.5" in told
    assert "0.5" not in str(t.explain(only="W2'", optimizer="gradient_descent", detail="formulas"))


# --- what is refused, and files


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda: cp.Dense(2, trainable=1), InvalidValueError, "trainable of Dense = 1; expected True or False"),
        (lambda: cp.Dense(2, trainable={"b": None}), InvalidValueError, "trainable of Dense = None"),
        (lambda: cp.Dense(2, trainable={"w": False}), UnknownNameError, "'w'; .*did you mean 'W'"),
        (lambda: cp.Dense(2, bias=False, trainable={"b": False}), UnknownNameError, "'b'; expected one of: W"),
        (lambda: cp.Linear(2, 2, learning_rate_factor=0), InvalidValueError, "a positive number"),
        (lambda: cp.Linear(2, 2, learning_rate_factor=np.inf), InvalidValueError, "a positive number"),
        (lambda: cp.Dense(2, decay_factor=-1), InvalidValueError, "a number ≥ 0"),
        (lambda: cp.LayerNorm(decay_factor=0.5), InvalidValueError, "no weights.*{'gamma': 0.5}"),
        (lambda: cp.BatchNorm(trainable={"W": False}), UnknownNameError, "one of: beta, gamma"),
    ],
)
def test_mistakes_are_named(make, error, words):
    with pytest.raises(error, match=words):
        make()


def test_settings_come_back_from_a_file(tmp_path):
    first = {"trainable": {"b": False}, "learning_rate_factor": 0.5, "decay_factor": {"W": 2, "b": np.float32(0.5)}}
    network = net(first, {"trainable": False})
    network.save(tmp_path / "m")
    loaded = cp.load(tmp_path / "m")
    assert loaded.architecture == network.architecture
    assert loaded.summary() == network.summary()
    assert hash(loaded.architecture) == hash(network.architecture)
    one, two = after(network, "adamw"), after(loaded, "adamw")
    assert all(np.array_equal(one[name], two[name]) for name in one)
