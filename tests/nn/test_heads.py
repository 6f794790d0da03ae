"""`Heads` and `MultiTask`: several answers of one network, each with its activation and its loss."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import clearprop as cp
from clearprop.errors import DTypeError, InvalidValueError, ModelFileError, ShapeError
from clearprop.execute import default_executor
from clearprop.interop import describe, revive

rng = np.random.default_rng(0)
N = 50
X = rng.normal(size=(N, 3))
NUMBER, YES, LABEL = X[:, 0] * 2 - X[:, 1], (X[:, 1] > 0).astype(float), np.digitize(X[:, 2], [-0.5, 0.5])
Y = np.c_[NUMBER, YES, np.eye(3)[LABEL]]
PARTS = [("mse", 1), ("bce", 1), ("cross_entropy", 3)]


def network(dtype="float64", seed=0, **settings):
    heads = [cp.Dense(1), cp.Dense(1, "sigmoid"), [cp.Dense(4, "relu"), cp.Dense(3, "softmax")]]
    layers = [cp.Dense(6, "tanh"), cp.Heads(heads)]
    return cp.Network(3, layers, cp.MultiTask(PARTS, **settings), dtype=dtype, seed=seed)


def by_hand(a, y):
    """The loss of each task (N, 3), in NumPy."""
    number = (a[:, 0] - y[:, 0]) ** 2
    yes = -(y[:, 1] * np.log(a[:, 1]) + (1 - y[:, 1]) * np.log(1 - a[:, 1]))
    return np.stack([number, yes, -(y[:, 2:] * np.log(a[:, 2:])).sum(axis=1)], axis=1)


def test_each_task_has_its_columns_and_the_loss_is_the_sum():
    net = network(weights=[1.0, 0.5, 2.0])
    a = net.predict(X)
    assert a.shape == (N, 5)
    np.testing.assert_allclose(a[:, 2:].sum(axis=1), 1, rtol=1e-12)
    expected = by_hand(a, Y).mean(axis=0) @ [1.0, 0.5, 2.0]
    assert net.trace(X, Y).loss == pytest.approx(expected, rel=1e-12)
    assert net.evaluate(X, Y)["loss"] == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("mode", ["inference", "training"])
def test_gradients_are_right(mode):
    assert cp.check_gradients(network(weights=[1.0, 0.5, 2.0]), X, Y, mode=mode).ok


def test_where_a_target_is_not_known_its_task_says_nothing():
    y = Y.copy()
    y[::3, 0], y[1::4, 1], y[::5, 2:] = np.nan, np.nan, np.nan
    net = network(gaps=True)
    known = np.stack([~np.isnan(y[:, j]) for j in (0, 1, 2)], axis=1)
    expected = (by_hand(net.predict(X), Y) * known).sum(axis=1).mean()
    assert net.evaluate(X, y)["loss"] == pytest.approx(expected, rel=1e-12)
    assert cp.check_gradients(net, X, y).ok
    assert np.isfinite(net.fit(X, y, epochs=5)["loss"]).all()


@pytest.mark.parametrize("gaps", [False, True])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_native_machine_trains_as_the_reference_does(dtype, gaps):
    y = Y.copy()
    if gaps:
        y[::3, 0] = np.nan
    losses = [
        network(dtype, gaps=gaps).fit(X, y, epochs=4, executor=e)["loss"] for e in (default_executor(), cp.Reference())
    ]
    np.testing.assert_allclose(*losses, rtol=1e-4 if dtype == "float32" else 1e-10)


def test_losses_are_fused_with_the_activations_of_their_heads():
    ops = {node.op.name for node in network().step_graph().nodes}
    assert {"softmax_cross_entropy", "sigmoid_cross_entropy"} <= {
        node.op.name for node in cp.simplify(network().architecture.loss_graph("f64")).nodes
    }
    assert "log" not in ops
    far = network()
    far.parameters["W3"] = np.full((6, 1), 1e4)  # σ is 0 or 1 there, and its logarithm would be infinite
    assert np.isfinite(far.evaluate(X, Y)["loss"])


def test_each_head_is_a_network():
    net = network()
    net.fit(X, Y, epochs=2)
    number, yes, label = net.heads
    np.testing.assert_array_equal(np.c_[number.predict(X), yes.predict(X), label.predict(X)], net.predict(X))
    losses = [head.evaluate(X, y, ())["loss"] for head, y in ((number, NUMBER), (yes, YES), (label, LABEL))]
    assert sum(losses) == pytest.approx(net.evaluate(X, Y)["loss"], rel=1e-12)
    assert label.depth == 3
    assert "softmax" in str(label.trace(X[:1], LABEL[:1]).explain())
    assert cp.Network(2, [cp.Dense(1)], "mse").heads == ()


def test_heads_of_a_mean_are_means():
    nets = [network(seed=seed) for seed in range(2)]
    mean = cp.ensemble_of(nets)
    assert [head.depth for head in mean.heads] == [2 * 2 + 1, 2 * 2 + 1, 2 * 3 + 1]
    np.testing.assert_allclose(np.hstack([head.predict(X) for head in mean.heads]), mean.predict(X), rtol=1e-12)
    assert cp.check_gradients(mean, X[:5], Y[:5]).ok


def test_it_is_saved_and_read(tmp_path):
    net = network(gaps=True, weights=[1.0, 2.0, 3.0])
    net.fit(X, Y, epochs=1)
    net.save(tmp_path / "m")
    read = cp.load(tmp_path / "m")
    assert read.architecture == net.architecture
    np.testing.assert_array_equal(read.predict(X), net.predict(X))
    assert revive(describe(net.architecture.loss)) == net.architecture.loss
    with pytest.raises(ModelFileError, match="bad description of a MultiTask"):
        revive({"class": "MultiTask", "parts": 3})


@given(
    st.lists(
        st.sampled_from([("mse", 2, None), ("bce", 1, "sigmoid"), ("cross_entropy", 3, "softmax")]),
        min_size=1,
        max_size=2,
    )
)
def test_any_tasks_together_have_the_sum_of_their_losses(tasks):
    heads = cp.Heads([cp.Dense(width, activation) for _, width, activation in tasks])
    net = cp.Network(3, [heads], cp.MultiTask([(loss, width) for loss, width, _ in tasks]), dtype="float64")
    columns = {2: rng.normal(size=(N, 2)), 1: YES[:, None], 3: np.eye(3)[LABEL]}
    y = [columns[width] for _, width, _ in tasks]
    each = [head.evaluate(X, part, ())["loss"] for head, part in zip(net.heads, y, strict=True)]
    assert net.evaluate(X, np.hstack(y))["loss"] == pytest.approx(sum(each), rel=1e-12)


def test_early_stopping_and_members_side_by_side():
    nets = [network("float32", seed=seed, gaps=True) for seed in range(2)]
    y = Y.copy()
    y[::3, 0] = np.nan
    rows = [np.arange(0, 30), np.arange(20, 50)]
    histories = cp.fit_together(nets, X, y, rows=rows, validation_rows=rows[::-1], epochs=3, early_stopping=2)
    for k, history in enumerate(histories):
        alone = network("float32", seed=k, gaps=True)
        again = alone.fit(
            X[rows[k]], y[rows[k]], epochs=3, validation=(X[rows[1 - k]], y[rows[1 - k]]), early_stopping=2
        )
        assert again["loss"] == history["loss"]


@pytest.mark.parametrize(
    ("make", "error", "said"),
    [
        (lambda: cp.Heads([]), ShapeError, "one head or more"),
        (lambda: cp.Heads([[]]), ShapeError, "one head or more"),
        (lambda: cp.Heads("dense"), DTypeError, "a list with a layer"),
        (lambda: cp.Heads([3]), DTypeError, "a layer such as"),
        (lambda: cp.MultiTask([]), DTypeError, "a list of"),
        (lambda: cp.MultiTask("mse"), DTypeError, "a list of"),
        (lambda: cp.MultiTask([("mse", 0)]), InvalidValueError, "number of columns"),
        (lambda: cp.MultiTask([("cross_entropy", 1)]), InvalidValueError, "always 1"),
        (lambda: cp.MultiTask(["mse"], weights=[0.0]), InvalidValueError, "positive number"),
        (lambda: cp.MultiTask(["mse"], weights=[1.0, 2.0]), InvalidValueError, "a number for each"),
        (lambda: cp.MultiTask(["mse"], gaps=3), InvalidValueError, "True or False"),
        (lambda: cp.MultiTask([cp.MultiTask(["mse"])]), InvalidValueError, "within another"),
        (lambda: cp.Network(3, [cp.Dense(2)], cp.MultiTask(["mse"])), InvalidValueError, "1 column on 2 outputs"),
        (lambda: cp.Network(3, [cp.Dense(2)], cp.MultiTask(["mse", "bce"])), InvalidValueError, "cp.Heads"),
        (
            lambda: cp.Network(3, [cp.Heads([cp.Dense(1)])], cp.MultiTask(["bce"])),
            InvalidValueError,
            "activation 'sigmoid' in the last layer",
        ),
        (lambda: network().fit(X, NUMBER), ShapeError, r"\(N, 5\)"),
        (lambda: network().fit(X, np.where(Y == 1, np.nan, Y)), InvalidValueError, "nan"),
        (lambda: network(gaps=True).fit(X, np.where(np.arange(5) == 2, np.nan, Y)), InvalidValueError, "nan"),
        (lambda: network().fit(X, Y * 2), InvalidValueError, "0 or 1"),
        (lambda: network(gaps=True).fit(X, -1e38 * Y), InvalidValueError, "above"),
        (lambda: cp.diagnose(network(), X, Y), InvalidValueError, "one head"),
    ],
)
def test_what_does_not_fit_is_refused(make, error, said):
    with pytest.raises(error, match=said):
        make()


def test_a_plain_layer_may_have_several_losses_of_numbers():
    net = cp.Network(3, [cp.Dense(2)], cp.MultiTask([("mse", 1), (cp.Huber(0.5), 1)]), dtype="float64")
    assert cp.check_gradients(net, X, Y[:, :2]).ok


def test_an_error_names_the_row_of_y_though_rows_before_it_have_gaps():
    y = Y.copy()
    y[:3, 0], y[4, 0] = np.nan, np.inf
    with pytest.raises(InvalidValueError, match="inf at row 4"):
        network(gaps=True).fit(X, y)
