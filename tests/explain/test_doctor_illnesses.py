"""Each illness, made on purpose, is found; what the finding advises is applied to the letter, and it is gone."""

from __future__ import annotations

import numpy as np
import pytest

import clearprop as cp
from clearprop.explain.doctor import ILLNESSES
from illnesses import CASES, Recipe, cured, ill, moons, noisy, spiral, table, tried, waves, xor
from long import first

ONE_OF_EACH = {case.illness: i for i, case in reversed(list(enumerate(CASES)))}.values()  # the first of each illness
OTHERS = [i for i in range(len(CASES)) if i not in ONE_OF_EACH]


@pytest.mark.parametrize(
    "case",
    first([CASES[i] for i in (*ONE_OF_EACH, *OTHERS)], len(ONE_OF_EACH)),
    ids=lambda case: f"{case.illness}: {case.made}",
)
def test_found_and_cured_by_the_advice(case):
    before, after = ill(case), cured(case)
    assert case.illness in before.diagnosis
    assert case.illness not in after.diagnosis
    assert not after.diagnosis, "and the cure brings no other illness"
    if case.illness == "overfitting":  # what was learned by heart is given up
        assert before.unseen <= after.unseen <= after.seen < before.seen
    else:
        assert after.seen > max(0.9, before.seen - 0.02)
        assert after.unseen > max(0.9, before.unseen - 0.02)


def test_every_illness_has_a_case():
    assert {case.illness for case in CASES} | {"chance"} == set(ILLNESSES), "no argument is a cure of chance"


@pytest.mark.parametrize("data", [moons, xor, spiral, waves])
@pytest.mark.parametrize("activation", ["relu", "tanh"])
@pytest.mark.parametrize("hidden", first([(16,), (32, 32)], 1), ids=str)
def test_the_recipe_without_the_illness_is_healthy(data, activation, hidden):
    assert tried(Recipe(data, hidden, activation)).diagnosis.findings == ()


@pytest.mark.long
def test_the_table_says_what_was_found_and_what_became_of_it():
    lines = table().splitlines()
    assert len(lines) == 2 + len(CASES)
    assert not [line for line in lines if "still there" in line]
    assert all(line.count(" | ") == 5 for line in lines[2:])


# --- what was measured, recomputed by hand


def finding_of(made):
    return next(ill(case).diagnosis[case.illness] for case in CASES if case.made == made)


def network_of(made):
    return next(ill(case).net for case in CASES if case.made == made)


def test_the_collapsed_layer_is_the_network():
    """Row 1.11: W = W1·W2·W3, b = (b1·W2 + b2)·W3 + b3; error below 1e-12."""
    finding, net = (of("two hidden layers without activation") for of in (finding_of, network_of))
    W1, b1, W2, b2, W3, b3 = (np.asarray(net.parameters[k], np.float64) for k in net.parameters)
    np.testing.assert_allclose(finding.numbers["W"], W1 @ W2 @ W3, rtol=1e-13, atol=1e-15)
    np.testing.assert_allclose(finding.numbers["b"], (b1 @ W2 + b2) @ W3 + b3, rtol=1e-13)
    (X, y), _ = xor()
    z = X @ finding.numbers["W"] + finding.numbers["b"]
    assert np.abs(z - net.trace(X, y).z[3]).max() < 1e-12
    assert finding.numbers["max_error"] < 1e-12


@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "relu"])
@pytest.mark.parametrize("init", ["zeros", 0.3])
def test_symmetry_before_and_after_200_steps(activation, init):
    """Rows 1.17 and 1.19: reported for each activation, of the untrained network and of the trained one."""
    X, y = np.random.default_rng(0).normal(size=(6, 3)), np.array([0, 1, 1, 0, 1, 0])
    layers = [cp.Dense(5, activation, init=init), cp.Dense(1, "sigmoid", init=init)]
    net = cp.Network(3, layers, "binary_cross_entropy")
    for _ in range(2):
        finding = cp.diagnose(net, X, y)["symmetry"]
        assert (finding.numbers["units"], finding.numbers["distinct"]) == ([5], [1])
        net.fit(X, y, optimizer=cp.Adam(0.02), epochs=100, batch_size=3)
    cure = dict(finding.change)
    again = cp.Network(3, [cp.Dense(5, activation, **cure), cp.Dense(1, "sigmoid", **cure)], "binary_cross_entropy")
    assert "symmetry" not in cp.diagnose(again, X, y)


def test_equal_units_of_a_frozen_layer_are_meant():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(60, 2)), rng.normal(size=60)
    layers = [cp.Dense(2, "tanh", W=[[1.0, 1.0], [0.0, 0.0]], trainable=False), cp.Dense(4, "tanh"), cp.Dense(1)]
    assert "symmetry" not in cp.diagnose(cp.Network(2, layers, "mse", seed=0), X, y)


def test_equal_weights_in_but_not_out_are_no_symmetry():
    """The first gradient separates such units; so does dropout, which treats them differently."""
    (X, y), _ = moons()
    out = cp.Network(2, [cp.Dense(5, "tanh", init=0.3), cp.Dense(1, "sigmoid")], "binary_cross_entropy")
    assert "symmetry" not in cp.diagnose(out, X, y)
    layers = [cp.Dense(5, "tanh", init=0.3), cp.Dropout(0.5), cp.Dense(1, "sigmoid", init=0.3)]
    assert "symmetry" not in cp.diagnose(cp.Network(2, layers, "binary_cross_entropy"), X, y)


@pytest.mark.parametrize(("activation", "is_ill"), [("sigmoid", True), ("tanh", False)])
def test_row_1_8_ten_layers_of_fifty(activation, is_ill):
    layers = [cp.Dense(50, activation, init="lecun")] * 10
    net = cp.Network(50, layers, "squared_error", dtype="float64")
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(100, 50)), rng.normal(size=(100, 50))
    found = cp.diagnose(net, X, y)
    assert ("vanishing_gradients" in found) is is_ill
    if is_ill:
        t = net.trace(X, y)
        norms = [np.linalg.norm(t.delta[layer]) for layer in range(1, 11)]
        np.testing.assert_allclose(found["vanishing_gradients"].numbers["norms"], norms, rtol=1e-12)
        assert found["vanishing_gradients"].numbers["ratio"] == pytest.approx(norms[0] / norms[8], rel=1e-12)


def test_the_shares_of_dead_and_saturated_units():
    (X, y), _ = moons()
    dead = network_of("optimizer=cp.Adam(10)")
    share = (dead.trace(X, y).a[1] == 0).all(axis=0).mean()
    case = next(c for c in CASES if (c.illness, c.made) == ("dead_units", "optimizer=cp.Adam(10)"))
    assert ill(case).diagnosis["dead_units"].numbers["shares"] == [share]
    flat = network_of("tanh, init=cp.Normal(10)")
    slopes = 1 - flat.trace(X, y).a[2] ** 2
    assert finding_of("tanh, init=cp.Normal(10)").numbers["shares"] == [((slopes < 0.05).mean(axis=0) >= 0.95).mean()]


def test_a_few_dead_units_are_no_illness():
    (X, y), _ = moons()
    net = cp.Network(2, [cp.Dense(16, "relu"), cp.Dense(1, "sigmoid")], "binary_cross_entropy")
    for dead, is_ill in ((4, False), (8, False), (9, True)):
        b1 = np.zeros(16)
        b1[:dead] = -100
        net.parameters["b1"] = b1
        assert ("dead_units" in cp.diagnose(net, X, y)) is is_ill


def test_the_first_step_by_hand():
    """‖ΔW‖ = η‖dW‖ of gradient descent, over ‖W‖ or √n_out, in the layer where that is largest."""
    (X, y), _ = moons()
    X, y = X[:32], y[:32]
    net = cp.Network(2, [cp.Dense(16, "tanh"), cp.Dense(1, "sigmoid")], "binary_cross_entropy", dtype="float64")
    t = net.trace(X, y)
    moves = []
    for layer in (1, 2):
        W = net.parameters[f"W{layer}"]
        moves.append(1e-7 * np.linalg.norm(t.dW[layer]) / max(np.linalg.norm(W), W.shape[1] ** 0.5))
    found = cp.diagnose(net, X, y, optimizer=cp.GradientDescent(1e-7))["small_learning_rate"]
    assert found.numbers["step"] == pytest.approx(max(moves), rel=1e-9)
    found = cp.diagnose(net, X, y, optimizer=cp.GradientDescent(1e4))["large_learning_rate"]
    assert found.numbers["step"] == pytest.approx(1e11 * max(moves), rel=1e-9)


@pytest.mark.parametrize(
    ("loss", "output", "y", "expected"),
    [
        ("cross_entropy", cp.Dense(7, "softmax", init=cp.Normal(50)), np.arange(70) % 7, np.log(7)),
        ("binary_cross_entropy", cp.Dense(1, "sigmoid", init=50.0), np.arange(70) % 2, np.log(2)),
        ("mean_squared_error", cp.Dense(1, init=50.0), np.arange(70.0) / 20, np.var(np.arange(70.0) / 20)),
        ("squared_error", cp.Dense(1, init=50.0), np.arange(70.0) / 20, np.var(np.arange(70.0) / 20) / 2),
    ],
)
def test_the_expected_initial_loss(loss, output, y, expected):
    X = np.random.default_rng(0).normal(size=(70, 3))
    net = cp.Network(3, [cp.Dense(4, "tanh", init=cp.Normal(5)), output], loss, l2=0.1)
    found = cp.diagnose(net, X, y)["initial_loss"].numbers
    assert found["expected"] == pytest.approx(expected, rel=1e-9)
    assert found["loss"] == pytest.approx(net.evaluate(X, y)["loss"], rel=1e-5), "without the penalty"


def test_scores_and_their_intervals():
    """Wilson's interval for 60 of 60 right is 0.9398 to 1; the rival vote is that of scikit-learn's neighbours."""
    neighbors = pytest.importorskip("sklearn.neighbors")
    found = finding_of("256 units on 60 noisy rows").numbers
    assert found["train"]["low"] == pytest.approx(0.93982, abs=1e-5)
    (X, y), (X_new, y_new) = noisy()
    net = network_of("256 units on 60 noisy rows")
    assert found["validation"]["value"] == pytest.approx(np.mean((net.predict(X_new)[:, 0] >= 0.5) == y_new))
    (X, y), _ = spiral()
    vote = neighbors.KNeighborsRegressor(5).fit((X - X.mean(0)) / X.std(0), np.eye(3)[y]).predict(None)
    finding = finding_of("1 hidden unit on a spiral")
    assert finding.numbers["neighbours"] == pytest.approx(np.mean(vote.argmax(1) == y), abs=0.01)


def test_what_a_line_cannot_do_is_measured_against_guessing_and_against_the_rows():
    X, y = np.array([[0, 0], [0, 1], [1, 0], [1, 1], [1, 1.0]]), np.array([0, 1, 1, 0, 1])
    net = cp.Network(2, [cp.Dense(1, "sigmoid")], "binary_cross_entropy")
    history = net.fit(X, y, epochs=2000, batch_size=5, optimizer=cp.Adam(0.01))
    found = cp.diagnose(net, X, y, history, batch_size=5)
    numbers = found["linear_limit"].numbers
    share = 3 / 5
    assert numbers["baseline"] == pytest.approx(-share * np.log(share) - (1 - share) * np.log(1 - share))
    assert numbers["least"] == pytest.approx(
        2 / 5 * np.log(2), rel=1e-6
    )  # two rows are equal, and contradict each other
    assert numbers["loss"] == pytest.approx(net.evaluate(X, y)["loss"], rel=1e-4)
    separable = np.array([0, 0, 0, 1, 1])
    net = cp.Network(2, [cp.Dense(1, "sigmoid")], "binary_cross_entropy")
    history = net.fit(X, separable, epochs=2000, batch_size=5, optimizer=cp.Adam(0.01))
    assert "linear_limit" not in cp.diagnose(net, X, separable, history, batch_size=5)


def test_a_loss_that_rises_on_new_rows_is_overfitting_though_the_answers_stay_right():
    rows, new = moons()
    net = Recipe(moons).network(rows)
    history = net.fit(*rows, epochs=150, optimizer=cp.Adam(0.01))
    falling = np.geomspace(0.7, 0.001, history.epochs)
    for rises, found in (
        (np.geomspace(0.7, 0.1, history.epochs), False),
        (np.linspace(0.1, 0.7, history.epochs), True),
    ):
        told = cp.History({"loss": falling.tolist(), "validation_loss": rises.tolist()})
        diagnosis = cp.diagnose(net, *rows, told, validation=new)
        assert ("overfitting" in diagnosis) is found
        stopped = cp.History(told.columns, best_epoch=1)  # the parameters of the best epoch were kept
        assert "overfitting" not in cp.diagnose(net, *rows, stopped, validation=new)
    assert "rose from 0.1 to" in diagnosis["overfitting"].measured("en")
    assert diagnosis["overfitting"].severity == "mild"
