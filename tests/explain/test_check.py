"""The gradient check: it agrees with arithmetic done here, finds what is made wrong on purpose, and raises no false
alarm."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

import clearprop as cp
from clearprop.errors import DTypeError, InvalidValueError, ShapeError, UnknownNameError
from clearprop.explain.check.cut import loss_of
from clearprop.explain.check.slopes import LossOfArray, central_slope
from clearprop.graph import OPS
from clearprop.nn.activations import ACTIVATIONS
from clearprop.visible import columns_of
from long import first
from numeric import slope

rng = np.random.default_rng(0)
X = rng.normal(size=(6, 3))
BINARY, NUMBERS, CLASSES = np.arange(6) % 2, rng.normal(size=(6, 2)), np.arange(6) % 3


def binary(activation="tanh", **options):
    return cp.Network(3, [cp.Dense(4, activation), cp.Dense(1, "sigmoid")], "binary_cross_entropy", **options)


def mutated(monkeypatch, op, change):
    """Make the derivative rule of an op wrong for one test."""
    right = OPS[op].gradient

    def wrong(*nodes):
        return tuple(None if d is None else change(d) for d in right(*nodes))

    monkeypatch.setitem(OPS[op].__dict__, "gradient", wrong)


# --- right gradients are found right


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_activation(activation):
    check = cp.check_gradients(binary(activation), X, BINARY)
    assert check.ok
    assert not check.not_checked
    assert check.error < 1e-7


@pytest.mark.parametrize(
    ("loss", "last", "y"),
    [
        ("squared_error", None, NUMBERS),
        ("mean_squared_error", "tanh", NUMBERS),
        ("mean_absolute_error", None, NUMBERS),
        (cp.Huber(0.5), None, NUMBERS),
        (cp.BinaryCrossEntropy(0.1), "sigmoid", NUMBERS > 0),
        ("cross_entropy", "softmax", BINARY),
        (cp.CrossEntropy(0.1), "softmax", [[0.25, 0.75]] * 6),
    ],
)
@pytest.mark.parametrize("method", ["auto", "central"])
def test_every_loss(loss, last, y, method):
    net = cp.Network(3, [cp.Dense(5, "softplus"), cp.Dense(2, last)], loss, l1=0.01, l2=0.1)
    check = cp.check_gradients(net, X, y, method=method)
    assert check.ok
    assert not check.not_checked


@pytest.mark.parametrize("mode", ["inference", "training"])
def test_normalisation_and_dropout_in_both_modes(mode):
    layers = [cp.Dense(5), cp.BatchNorm(), cp.Activation("tanh"), cp.Dropout(0.4), cp.Dense(4, "silu"), cp.LayerNorm()]
    net = cp.Network(3, [*layers, cp.Dense(3, "softmax")], "cross_entropy", seed=1)
    check = cp.check_gradients(net, X, CLASSES, mode=mode)
    assert check.ok
    assert list(check) == ["W1", "b1", "gamma1", "beta1", "W2", "b2", "gamma2", "beta2", "W3", "b3"]
    assert check["W1"].method == "complex step"
    assert check.error < 1e-9  # b1 is 0 up to rounding in training: the batch mean takes it away again


def test_what_is_measured_is_what_arithmetic_gives():
    net = binary(dtype="float64")
    given = {name: np.array(a) for name, a in net.parameters.items()}

    def loss(W1):
        a = np.tanh(X @ W1 + given["b1"])
        p = 1 / (1 + np.exp(-(a @ given["W2"] + given["b2"])[:, 0]))
        return -np.mean(BINARY * np.log(p) + (1 - BINARY) * np.log(1 - p))

    here = slope(loss, given["W1"])
    for method in ("complex", "central"):
        check = cp.check_gradients(net, X, BINARY, method=method)["W1"]
        assert len(check.comparisons) == check.size == 12
        for c in check.comparisons:
            assert c.numeric == pytest.approx(here[c.index], rel=1e-6, abs=1e-9)
            assert c.analytic == net.trace(X, BINARY).dW[1][c.index]


def test_gradients_that_vanish_are_still_measured_by_complex_steps():
    net = cp.Network(5, [cp.Dense(20, "sigmoid") for _ in range(10)] + [cp.Dense(1)], "squared_error", seed=0)
    data = np.random.default_rng(1).normal(size=(4, 5))
    check = cp.check_gradients(net, data, data[:, :1])
    assert check.ok
    assert np.abs(net.trace(data, data[:, :1]).dW[1]).max() < 1e-6
    assert check["W1"].error < 1e-9


def test_the_loss_from_logits_where_the_textbook_loss_loses_its_digits():
    net = binary(dtype="float64")
    for bias in (30.0, 1000.0):  # 1 − a has one digit left, and then none
        net.parameters["b2"] = [bias]
        check = cp.check_gradients(net, X, np.zeros(6))
        assert check.ok
        assert "The loss on a2 loses its digits here" in repr(check)
        assert "由 z2 计算的损失" in check.explain("zh")
    net.parameters["b2"] = [5.0]
    assert "loses" not in repr(cp.check_gradients(net, X, np.zeros(6)))


def test_stopped_gradients_and_functions_of_the_users():
    def half_frozen(a, y):
        return cp.sum((a - cp.stop_gradient(a) * y) ** 2, 1)

    net = cp.Network(3, [cp.Dense(4, lambda z: z * cp.sigmoid(z * 2.0)), cp.Dense(2)], half_frozen)
    assert cp.check_gradients(net, X, NUMBERS).ok


# --- kinks


def test_entries_on_a_kink_are_left_out_and_counted():
    net = binary("relu", dtype="float64")
    net.parameters["b1"] = [0.0, 0.5, 0.0, 0.0]
    check = cp.check_gradients(net, [[0.0, 0.0, 0.0], [1.0, -2.0, 3.0]], [0, 1])
    assert check.ok
    assert (check["b1"].kinks, len(check["b1"].comparisons)) == (3, 1)
    assert check["W1"].kinks == 0  # of the sample with inputs 0 nothing moves
    assert "b1: 3 left out, because the loss has kinks there" in repr(check)
    net.parameters["b1"] = [0.0] * 4
    check = cp.check_gradients(net, [[0.0, 0.0, 0.0]], [0])
    assert check.not_checked == ("b1",)
    assert "not checked: db1" in check.verdict()
    assert check["W1"].all_zero
    assert "W1: every gradient is 0" in repr(check)


def test_a_change_of_formula_without_a_jump_is_no_kink():
    net = cp.Network(3, [cp.Dense(4, "elu"), cp.Dense(2)], cp.Huber(0.5))
    t = net.trace(np.zeros((1, 3)), [[0.5, 0.0]])  # z1 = 0 and a2 − y = −0.5 stand where elu and Huber change
    assert (t.z[1] == 0).all()
    check = cp.check_gradients(net, np.zeros((1, 3)), [[0.5, 0.0]])
    assert check.ok
    assert not check.not_checked
    assert check["b1"].kinks == check["b2"].kinks == 0


def test_kinks_that_meet_are_left_out_and_no_error():
    """relu(t) − relu(−t) is t, whose slope is 1; at t = 0 the chain rule makes 0 of it, as relu′(0) = 0."""
    pair = [cp.Dense(2, "relu", W=[[1.0, -1.0]], b=0.0), cp.Dense(1, W=[[1.0], [-1.0]], b=1.0)]
    net = cp.Network(1, [cp.Dense(1, W=[[1.0]], b=0.0), *pair], "mse", dtype="float64")
    check = cp.check_gradients(net, np.zeros((1, 1)), np.zeros((1, 1)))
    assert check.ok
    assert (check["b1"].kinks, len(check["b1"].comparisons)) == (1, 0)
    assert cp.check_gradients(net, np.full((1, 1), 0.1), np.zeros((1, 1)))["b1"].comparisons[
        0
    ].numeric == pytest.approx(2.2)


def test_a_wrong_gradient_where_the_formula_changes_is_no_kink(monkeypatch):
    """elu changes its formula at 0, on one side alone: what is wrong there stays wrong."""
    net = cp.Network(1, [cp.Dense(2, "elu"), cp.Dense(1)], "mse", dtype="float64", seed=0)
    X, y = np.zeros((1, 1)), np.ones((1, 1))
    assert cp.check_gradients(net, X, y).ok
    mutated(monkeypatch, "elu", lambda d: d * 2.0)
    assert cp.check_gradients(net, X, y)["b1"].verdict == "wrong"


@pytest.mark.parametrize("distance", [1e-3, 1e-5, 1e-9, 0.0])
def test_a_kink_at_any_distance_never_gives_a_wrong_slope(distance):
    def value(x):
        return 3.0 + max(0.0, x[0] - distance) * 2.0 + 0.3 * x[0], b"+" if x[0] > distance else b"-"

    found = central_slope(LossOfArray(np.zeros(1), value), np.ones(1), 1.0, lambda slope: slope.uncertainty < 1e-9)
    assert found is None or abs(found.value - 0.3) <= 2 * found.uncertainty + 1e-9
    assert (found is None) == (distance < 1e-6)


def test_the_largest_of_a_row_may_change_its_place():
    net = cp.Network(2, [cp.Dense(3)], lambda a, y: cp.max(a, 1) * cp.sum(y, 1))
    net.parameters["W1"] = np.zeros((2, 3))
    with_tie = cp.check_gradients(net, np.ones((1, 2)), np.ones((1, 3)))
    assert with_tie["b1"].kinks == 3


# --- wrong gradients are found wrong, and where

MUTABLE = {
    "affine": binary,
    "sigmoid": lambda: binary("sigmoid"),
    "tanh": binary,
    "relu": lambda: binary("relu"),
    "leaky_relu": lambda: binary("leaky_relu"),
    "elu": lambda: binary("elu"),
    "silu": lambda: binary("silu"),
    "softplus": lambda: binary("softplus"),
    "softmax": lambda: binary("softmax"),
    "sigmoid_cross_entropy": binary,
    "gelu": lambda: binary("gelu"),
    "sqrt": lambda: cp.Network(
        3, [cp.Dense(4), cp.LayerNorm(), cp.Dense(1, "sigmoid")], "binary_cross_entropy", seed=1
    ),
}


@pytest.mark.parametrize("op", first(MUTABLE, 6))
def test_a_rule_that_is_off_by_a_thousandth_is_caught_and_named(monkeypatch, op):
    net = MUTABLE[op]()
    assert cp.check_gradients(net, X, BINARY).ok
    mutated(monkeypatch, "erf" if op == "gelu" else op, lambda d: d * 1.001)  # gelu is differentiated by its definition
    check = cp.check_gradients(net, X, BINARY)
    assert not check.ok
    assert op in check.place("en")
    assert op in check.place("zh")
    if op not in ("sqrt", "gelu"):  # a factor of one term, not of the whole
        assert "it is 1.001 times what it should be" in repr(check)


def test_the_first_wrong_step_of_the_backward_pass_is_named(monkeypatch):
    net = cp.Network(3, [cp.Dense(4, "tanh"), cp.Dense(4, "softplus"), cp.Dense(1, "sigmoid")], "binary_cross_entropy")
    mutated(monkeypatch, "softplus", lambda d: d * 1.5)
    check = cp.check_gradients(net, X, BINARY)
    assert check.first_wrong.name == "z2"
    assert check.wrong == ("W1", "b1", "W2", "b2")
    assert check["W3"].verdict == "right"
    assert "da2 is right and dz2 is the first that is wrong" in check.place("en")


def test_a_residual_layer_has_two_ways_and_both_are_searched(monkeypatch):
    class Residual:
        def build(self, x, scope):
            return x + cp.Dense(x.shape[1], "tanh").build(x, scope)

    net = cp.Network(3, [cp.Dense(4, "sigmoid"), Residual(), cp.Dense(1, "sigmoid")], "binary_cross_entropy")
    assert cp.check_gradients(net, X, BINARY).ok
    mutated(monkeypatch, "tanh", lambda d: -d)
    check = cp.check_gradients(net, X, BINARY)
    assert check.first_wrong.name == "z2"
    assert "it has the wrong sign" in repr(check)


def test_a_fused_op_that_is_not_its_definition(monkeypatch):
    op, right = OPS["sigmoid_cross_entropy"], OPS["sigmoid_cross_entropy"].stable
    monkeypatch.setitem(op.__dict__, "stable", lambda z, y: right(z, y) * 2.0)
    check = cp.check_gradients(binary(), X, BINARY)
    assert check.notes
    assert "a fused op is not equal to its definition" in repr(check)


def test_a_gradient_of_another_shape_is_a_shape_error(monkeypatch):
    right = OPS["affine"].gradient
    monkeypatch.setitem(OPS["affine"].__dict__, "gradient", lambda y, g, x, W, b: (right(y, g, x, W, b)[0], g, g))
    with pytest.raises(ShapeError, match=r"dW1 has shape \(6, 4\); expected \(3, 4\), as W1"):
        cp.check_gradients(binary(), X, BINARY)


def quadratic(n, m, wrong=()):
    """A loss with as many parameters as one likes, and its gradient, some entries of which are 1 % off."""
    W = np.random.default_rng(2).normal(size=(n, m))
    gradient = 2 * W
    for index in wrong:
        gradient[index] *= 1.01
    return lambda W: np.sum(W**2), {"W": W}, {"W": gradient}


@pytest.mark.parametrize("index", [(17, 3), (299, 299), (0, 150)])
def test_one_wrong_entry_of_ninety_thousand_is_found(index):
    assert cp.check_gradients_of(*quadratic(300, 300)).ok
    check = cp.check_gradients_of(*quadratic(300, 300, [index]))["W"]
    assert check.verdict == "wrong"
    assert check.worst.index == index
    assert check.direction.is_wrong(1e-6)


def test_entries_asks_for_more_and_a_seed_for_others():
    few, more = (cp.check_gradients_of(*quadratic(30, 30), entries=n)["W"] for n in (10, 50))
    assert (len(few.comparisons), len(more.comparisons)) == (10, 50)
    other = cp.check_gradients_of(*quadratic(30, 30), entries=10, seed=1)["W"]
    places = [{c.index for c in check.comparisons} for check in (few, other)]
    assert 5 <= len(places[0] & places[1]) < 10  # the largest are the same, the others are not


# --- what a mistake looks like

W = np.array([[0.5, -1.0], [2.0, 0.25]])
DATA = np.array([[1.0, 2.0], [-0.5, 1.5], [3.0, -1.0]])


def linear(W):
    return 0.5 * np.mean(np.sum((DATA @ W - 1) ** 2, axis=1)) + 0.05 * np.sum(W**2)


RIGHT = DATA.T @ (DATA @ W - 1) / 3 + 0.1 * W


@pytest.mark.parametrize(
    ("gradient", "words"),
    [
        (-RIGHT, "it has the wrong sign"),
        (2 * RIGHT, "twice what it should be"),
        (RIGHT / 2, "half of what it should be"),
        (3 * RIGHT, "it is 3 times what it should be, everywhere"),
        (0 * RIGHT, "it is 0 everywhere"),
        (RIGHT.T, "it is the transpose of what it should be"),
        (RIGHT - 0.1 * W, "what is missing is 0.1 · W"),
        (np.where([[True, False]], RIGHT, 0.3), "it is wrong in column 2 only"),
        (np.where([[True], [False]], RIGHT, 0.3), "it is wrong in row 2 only"),
        (RIGHT + 0.3, "look like none of the usual mistakes"),
        (RIGHT * np.nan, "it holds NaN or infinity"),
    ],
)
def test_looks(gradient, words):
    check = cp.check_gradients_of(linear, {"W": W}, {"W": gradient})
    assert not check.ok
    assert words in " ".join(check.reasons())
    assert len(check.reasons("zh")) == len(check.reasons())


def test_the_mean_over_the_samples_forgotten_in_the_library(monkeypatch):
    mutated(monkeypatch, "sigmoid_cross_entropy", lambda d: d * 6.0)
    assert "N = 6 times too large" in repr(cp.check_gradients(binary(), X, BINARY))
    assert "忘了对样本取平均" in cp.check_gradients(binary(), X, BINARY).explain("zh")


# --- by hand


def test_by_hand_with_kinks_and_without_complex_numbers():
    def loss(w, v):
        return abs(w).sum() + max(v[0], 0.0) + math.exp(float(v[1]))

    at = {"w": np.array([1.0, 0.0, -2.0]), "v": np.array([0.0, 0.5])}
    check = cp.check_gradients_of(loss, at, {"w": [1.0, 0.0, -1.0], "v": [0.0, math.exp(0.5)]})
    assert check.ok
    assert (check["w"].kinks, check["v"].kinks) == (1, 1)
    assert {c.method for c in check.values()} == {"central differences"}


def test_by_hand_a_complex_step_that_would_lie_is_not_taken():
    """np.abs of a complex number is its modulus: the imaginary part is lost without a warning."""
    check = cp.check_gradients_of(lambda w: np.sum(np.abs(w) * w), {"w": [1.0, -2.0]}, {"w": [2.0, 4.0]})
    assert check.ok
    assert check["w"].method == "central differences"
    smooth = cp.check_gradients_of(lambda w: np.sum(np.exp(w)), {"w": [1.0, -2.0]}, {"w": np.exp([1.0, -2.0])})
    assert smooth["w"].method == "complex step"
    assert smooth.error < 1e-14


def test_by_hand_scalars_and_other_dtypes():
    check = cp.check_gradients_of(lambda b, n: b**3 * n, {"b": np.float32(2.0), "n": 1}, {"b": 12.0, "n": 8})
    assert check.ok
    assert "dn  ()" in repr(check)


@pytest.mark.parametrize(
    ("gradients", "words"),
    [
        ({"W1": 1.01, "b1": 1.0, "W2": 1.0, "b2": 1.0}, "formula of dW1: db1 is right"),
        ({"W1": 1.0, "b1": 1.0, "W2": 1.0, "b2": 1.01}, "formula of db2: dW2 is right"),
        ({"W1": 1.01, "b1": 1.01, "W2": 1.01, "b2": 1.01}, "dW2 and db2 are both wrong"),
    ],
)
def test_by_hand_the_place_of_the_mistake(gradients, words):
    at = dict.fromkeys(gradients, 1.0)
    check = cp.check_gradients_of(lambda W1, b1, W2, b2: W1 + b1 + W2 + b2, at, gradients)
    assert words in check.place("en")


def test_by_hand_wrong_input():
    def good(w):
        return np.sum(w**2)

    w = np.ones(2)
    with pytest.raises(UnknownNameError, match="did you mean 'w1'"):
        cp.check_gradients_of(good, {"w1": w}, {"W1": w})
    with pytest.raises(UnknownNameError, match="unknown gradient 'w'"):
        cp.check_gradients_of(good, {"w": w}, {})
    with pytest.raises(ShapeError, match="is it transposed"):
        cp.check_gradients_of(good, {"w": np.ones((2, 3))}, {"w": np.ones((3, 2))})
    with pytest.raises(ShapeError, match="one real number"):
        cp.check_gradients_of(lambda w: w, {"w": w}, {"w": w})
    with pytest.raises(DTypeError, match="the gradient by w holds"):
        cp.check_gradients_of(good, {"w": w}, {"w": ["a", "b"]})
    with pytest.raises(InvalidValueError, match="a finite loss"):
        cp.check_gradients_of(lambda w: np.sum(w) * np.inf, {"w": w}, {"w": w})
    calls = iter(range(100))
    with pytest.raises(InvalidValueError, match="draw random numbers outside"):
        cp.check_gradients_of(lambda w: np.sum(w) + next(calls), {"w": w}, {"w": w})


# --- what people read


def test_the_table_counts_from_one_and_speaks_two_languages():
    check = cp.check_gradients_of(linear, {"W": W}, {"W": RIGHT + np.diag([0, 0.5])})
    assert check["W"].worst.index == (1, 1)
    row = next(line for line in repr(check).splitlines() if line.startswith("dW"))
    assert row.split()[1:5] == ["(2,", "2)", "all", "4"]
    assert "[2, 2]" in row
    assert row.endswith("wrong")
    chinese = check.explain("zh")
    assert all(word in chinese for word in ("梯度检查", "反向传播", "错误", "梯度有误"))
    assert "right" not in chinese
    with pytest.raises(UnknownNameError, match="language"):
        check.explain("fr")


def test_it_is_a_mapping_and_plain_data():
    check = cp.check_gradients(binary(), X, BINARY)
    assert list(check) == ["W1", "b1", "W2", "b2"]
    assert len(check) == 4
    with pytest.raises(UnknownNameError, match="no parameter 'W3'"):
        check["W3"]
    data = json.loads(json.dumps(check.to_dict(), allow_nan=False))
    assert data["ok"] is True
    assert data["parameters"]["W1"]["compared"] == 12
    wrong = cp.check_gradients_of(linear, {"W": W}, {"W": RIGHT * np.nan})
    assert json.loads(json.dumps(wrong.to_dict("zh"), allow_nan=False))["ok"] is False


def test_html_escapes_names():
    name = "<b>W</b>"
    html = cp.check_gradients_of(lambda **p: np.sum(p[name] ** 2), {name: W}, {name: W})._repr_html_()
    assert "<b>" not in html
    assert "&lt;b&gt;" in html
    assert html.count("<tr>") == 2


def test_wrong_arguments():
    with pytest.raises(InvalidValueError, match="tolerance"):
        cp.check_gradients(binary(), X, BINARY, tolerance=0)
    with pytest.raises(InvalidValueError, match="rounding of right gradients"):
        cp.check_gradients(binary(), X, BINARY, tolerance=1e-30)
    assert cp.check_gradients(binary(), X, BINARY, tolerance=1e-12)
    with pytest.raises(InvalidValueError, match="method 'complx'"):
        cp.check_gradients(binary(), X, BINARY, method="complx")
    with pytest.raises(InvalidValueError, match="entries"):
        cp.check_gradients(binary(), X, BINARY, entries=0)
    with pytest.raises(InvalidValueError, match="mode"):
        cp.check_gradients(binary(), X, BINARY, mode="test")
    with pytest.raises(InvalidValueError, match="without a target"):
        cp.check_gradients(binary(), X, None)
    with pytest.raises(InvalidValueError, match="a complex step through an op with a kink"):
        cp.check_gradients(binary("relu"), X, BINARY, method="complex")
    net = cp.Network(3, [cp.Dense(1)], "squared_error", dtype="float64")
    net.parameters["W1"] = np.full((3, 1), 1e200)
    with pytest.raises(InvalidValueError, match="the loss is inf"):
        cp.check_gradients(net, X, NUMBERS[:, :1])


def test_the_cut_computes_once_what_does_not_move():
    values = binary(dtype="float64").trace(X, BINARY)
    graph, asked = values.layer_graph, []

    def run(graph):
        asked.append(list(graph.outputs))
        return values.run(graph)

    loss = loss_of(graph["L"], graph["b2"], run, 6)
    assert loss.real(loss.at)[0] == pytest.approx(values.loss, rel=1e-14)
    assert loss.complex(loss.at + 0j) == pytest.approx(values.loss, rel=1e-14)
    assert len(asked) == 1


def test_parameters_that_the_loss_does_not_depend_on_are_not_checked():
    net = cp.Network(2, [cp.Dense(3, cp.zeros_like), cp.Dense(1)], "squared_error")
    check = cp.check_gradients(net, [[1.0, 2.0], [3.0, 4.0]], [1.0, 0.0])
    assert check.ok
    assert "W1" not in check


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_table_fits_a_narrow_terminal(lang):
    net = cp.Network(3, [cp.Dense(40, "relu"), cp.Dense(40, "tanh"), cp.Dense(1)], "squared_error")
    check = cp.check_gradients(net, np.ones((4, 3)), np.zeros(4))
    table = check.explain(lang, width=80).splitlines()[2:9]
    assert max(map(columns_of, table)) <= 80
    assert any("dW1" in line and f"{check['W1'].error:.1e}" in line for line in table)


def test_a_check_is_printed_in_the_language_that_was_asked_for():
    net = cp.Network(2, [cp.Dense(1, "sigmoid")], "bce")
    check = cp.check_gradients(net, [[1.0, 2.0]], [1], lang="zh")
    assert repr(check) == check.explain("zh") != check.explain("en")
    assert check.verdict() == check.verdict("zh") == check.to_dict()["verdict"]
    by_hand = cp.check_gradients_of(lambda w: w**2, {"w": 3.0}, {"w": 6.0}, lang="zh")
    assert repr(by_hand) == by_hand.explain("zh")
    with pytest.raises(cp.UnknownNameError, match="unknown language 'de'"):
        cp.check_gradients(net, [[1.0, 2.0]], [1], lang="de")
