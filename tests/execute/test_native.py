"""The native machine agrees with the reference, one run at a time, on random graphs and on networks, for every
instruction set that this computer has; and gives the same bits on any number of threads."""

from __future__ import annotations

import hashlib
import itertools
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import clearprop as cp
from clearprop.execute import Batches, Native, Reference, instruction_sets
from clearprop.execute.native import NativeProgram
from clearprop.execute.philox import permutation
from clearprop.graph import Graph, N, as_graph, gradient, simplify, variable
from clearprop.train import resolve_optimizer
from clearprop.train.step import step_graph
from long import first

pytestmark = pytest.mark.skipif(not instruction_sets(), reason="the native machine was not built")
SETS = instruction_sets()
each_set = pytest.mark.parametrize("isa", SETS)
EPSILON = {"f32": 2.0**-23, "f64": 2.0**-52}


def magnitudes(values):
    return {k: np.abs(np.asarray(v, np.float64)) for k, v in values.items()}


def values_for(graph, n, seed):
    """Moderate numbers of the right kind for every input of a graph."""
    rng = np.random.default_rng(seed)
    made = {}
    for name, node in graph.inputs.items():
        shape = [n if d is N else d for d in node.shape]
        if name == "counter":
            made[name] = np.array([seed % 97, 3, 5])
        elif node.dtype == "i64":
            made[name] = rng.integers(0, 2, shape)
        else:
            numbers = rng.uniform(0.1, 0.9, shape) if shape == [] or "." in name else rng.normal(size=shape)
            made[name] = np.asarray(numbers, "float32" if node.dtype == "f32" else "float64")
    return made


def assert_agree(graph, values, isa, dtype, threads=1, factor=1.0, n=None):
    """|Δ| ≤ c·K·ε·scale: K the longest sum, scale the size of the result's neighbours, c = 8."""
    program = Native(threads, isa).load(graph)
    assert isinstance(program, NativeProgram), "the machine has a kernel for everything here"
    got, expected = program.run(values, n), Reference().load(graph).run(values, n)
    longest = max([1, *(d for v in values.values() for d in np.shape(v))])
    for name, y in expected.items():
        x = got[name]
        assert x.shape == y.shape
        assert x.dtype == y.dtype
        scale = 1.0 + np.max(np.abs(y), initial=0.0)
        bound = 8 * factor * longest * EPSILON[dtype] * scale
        assert np.max(np.abs(x - y), initial=0.0) <= bound, name


# --- single operations


UNARY = ["exp", "log", "sqrt", "sin", "cos", "tanh", "sigmoid", "relu", "softplus", "silu", "gelu", "abs"]


@each_set
@pytest.mark.parametrize("dtype", ["f32", "f64"])
@pytest.mark.parametrize("name", UNARY)
def test_elementary_functions_over_their_whole_range(name, isa, dtype):
    x = variable("x", (N,), dtype)
    y = cp.activations.resolve(name)(x) if not hasattr(cp, name) else getattr(cp, name)(x)
    rng = np.random.default_rng(0)
    with np.errstate(all="ignore"):
        numbers = np.concatenate(
            [
                rng.normal(size=400),
                np.linspace(-110, 110, 1001),
                10.0 ** np.linspace(-30, 30, 200),
                -(10.0 ** np.linspace(-30, 30, 200)),
                [0.0, -0.0, np.inf, -np.inf, np.nan],
            ]
        ).astype("float32" if dtype == "f32" else "float64")
        if name in ("sin", "cos"):
            numbers = numbers[np.abs(numbers) < 1e4]
        expected = Reference().load(Graph({"y": y})).run({"x": numbers})["y"]
    got = Native(isa=isa).load(Graph({"y": y})).run({"x": numbers})["y"]
    smallest = np.finfo(numbers.dtype).tiny
    normal = np.abs(expected) >= smallest  # denormal numbers are flushed to zero
    np.testing.assert_array_equal(np.isnan(got), np.isnan(expected))
    finite = np.isfinite(expected) & normal
    np.testing.assert_allclose(got[finite], expected[finite], rtol=24 * EPSILON[dtype], atol=4 * EPSILON[dtype])
    infinite = np.isinf(expected)
    np.testing.assert_array_equal(got[infinite], expected[infinite])
    assert np.all(np.abs(got[~normal & ~np.isnan(expected)]) <= 4 * EPSILON[dtype])


@each_set
@pytest.mark.parametrize("dtype", ["f32", "f64"])
@pytest.mark.parametrize("flags", [{}, {"transpose_a": True}, {"transpose_b": True}])
def test_products_of_every_width(isa, dtype, flags):
    """Every width from 1 to 33 in each place, and some that cross blocks."""
    widths = [*range(1, 34), 47, 64, 65, 100]
    rng = np.random.default_rng(0)
    for i, width in enumerate(widths):
        m, k, n = (width, 5, 7), (9, width, 3), (4, 6, width)
        for rows, inner, cols in (m, k, n, (int(rng.integers(1, 40)), width, widths[-1 - i])):
            a = variable("a", (inner, rows) if flags.get("transpose_a") else (rows, inner), dtype)
            b = variable("b", (cols, inner) if flags.get("transpose_b") else (inner, cols), dtype)
            graph = as_graph({"c": cp.matmul(a, b, **flags)})
            assert_agree(graph, values_for(graph, 0, i), isa, dtype)


@each_set
def test_long_sums_are_blocked_without_changing_the_order(isa):
    """Sums of 1,000 terms cross several blocks; equal columns give equal bits, wherever they stand."""
    x, W = variable("x", (N, 1000), "f32"), variable("W", (1000, 70), "f32")
    graph = as_graph({"y": cp.matmul(x, W), "dW": cp.matmul(x, cp.tanh(cp.matmul(x, W)), transpose_a=True)})
    values = values_for(graph, 300, 0)
    values["W"][:] = values["W"][:, :1] / 30
    assert_agree(graph, values, isa, "f32", factor=4)
    got = Native(isa=isa).load(graph).run(values)
    assert (got["y"] == got["y"][:, :1]).all()
    assert (got["dW"] == got["dW"][:, :1]).all()


@pytest.mark.skipif(not {"avx512", "avx2"} <= set(SETS), reason="takes two instruction sets with fused multiply-add")
def test_the_bits_of_a_product_do_not_depend_on_the_width_of_the_vectors():
    x, W, b = variable("x", (N, 300), "f32"), variable("W", (300, 37), "f32"), variable("b", (37,), "f32")
    z = cp.affine(x, W, b)
    graph = as_graph({"z": z, "dW": cp.matmul(x, z, transpose_a=True)})
    values = values_for(graph, 41, 0)
    wide, narrow = (Native(isa=isa).load(graph).run(values) for isa in ("avx512", "avx2"))
    assert wide["z"].tobytes() == narrow["z"].tobytes()
    assert wide["dW"].tobytes() == narrow["dW"].tobytes()


# --- random graphs


WIDTHS = st.integers(1, 33)
UNARY_OPS = [
    cp.sigmoid,
    cp.tanh,
    cp.relu,
    cp.silu,
    cp.softplus,
    cp.gelu,
    cp.softmax,
    lambda x: cp.log_softmax(cp.tanh(x)),
    lambda x: cp.exp(cp.tanh(x)),
    lambda x: cp.log(cp.sigmoid(x) + 0.5),
    lambda x: cp.elu(x, 0.7),
    lambda x: cp.leaky_relu(x, 0.2),
    lambda x: cp.clip(x, -0.5, 0.5),
    lambda x: cp.where(x > 0.1, x, 2.0 * x),
    lambda x: x / cp.broadcast(cp.sum(cp.exp(cp.tanh(x)), 1), x.shape, [0]),
    lambda x: x - cp.broadcast(cp.mean(x, 0), x.shape, [1]),
    lambda x: x - cp.broadcast(cp.max(x, 1), x.shape, [0]),
    lambda x: cp.concat([cp.slice(x, 1, x.shape[1] // 2, x.shape[1]), x], axis=1),
    lambda x: cp.slice(x, 1, 0, max(1, x.shape[1] - 1)),
]
BINARY_OPS = [
    lambda a, b: a + b,
    lambda a, b: cp.tanh(a) * b,
    lambda a, b: a / (cp.softplus(b) + 1.0),
    cp.maximum,
    cp.minimum,
]


class Made(NamedTuple):
    graph: Graph
    dtype: str

    def __repr__(self):
        return f"\n{self.graph}\n"  # as text, which is short


@st.composite
def batch_graphs(draw):
    """Graphs on a batch: products with matrices of any width, biases, elementwise work, reductions, and a gradient."""
    dtype = draw(st.sampled_from(["f32", "f64"]))
    nodes = [variable("x", (N, draw(WIDTHS)), dtype)]
    parameters = []
    for i in range(draw(st.integers(1, 7))):
        a = nodes[draw(st.integers(0, len(nodes) - 1))]
        match draw(st.integers(0, 3)):
            case 0:
                W = variable(f"W{i}", (a.shape[1], draw(WIDTHS)), dtype)
                b = variable(f"b{i}", (W.shape[1],), dtype)
                parameters += [W, b]
                node = cp.affine(cp.tanh(a), W, b)
            case 1:
                W = variable(f"W{i}", (draw(WIDTHS), a.shape[1]), dtype)
                parameters.append(W)
                node = cp.matmul(cp.tanh(a), W, transpose_b=True)
            case 2:
                node = draw(st.sampled_from(UNARY_OPS))(a)
            case _:
                same = [b for b in nodes if b.type == a.type]
                node = draw(st.sampled_from(BINARY_OPS))(a, draw(st.sampled_from(same)))
        nodes.append(node)
    loss = cp.mean(cp.mean(cp.tanh(nodes[-1]), 1), 0)
    outputs = {"L": loss, "last": nodes[-1]}
    for p, dp in zip(parameters, gradient(loss, parameters), strict=True):
        if dp is not None:
            outputs[f"d{p.name}"] = dp
            outputs[f"{p.name}'"] = p - 0.1 * dp
    return Made(simplify(Graph(outputs)), dtype)


@given(batch_graphs(), st.integers(1, 40), st.integers(0, 1000), st.integers(1, 3))
def test_random_graphs(made, n, seed, threads):
    graph, dtype = made
    values = {k: np.asarray(v) for k, v in values_for(graph, n, seed).items()}
    for isa in SETS:
        assert_agree(graph, values, isa, dtype, threads, factor=16)


# --- networks


LAYERS = {
    "plain": lambda w: [cp.Dense(w, "relu"), cp.Dense(w, "tanh")],
    "smooth": lambda w: [cp.Dense(w, "gelu"), cp.Dense(w, "silu"), cp.LayerNorm()],
    "normalised": lambda w: [cp.Dense(w), cp.BatchNorm(), cp.Activation("relu"), cp.Dropout(0.4)],
    "tabular": lambda w: [
        cp.Periodic(5, 3, 0.5),
        cp.Embedding({0: 3, 2: 40}, 5),
        cp.Scale(),
        cp.Dense(w, parametrization="ntk"),
        cp.ParametricActivation("mish"),
        cp.Dense(w, "selu", parametrization="ntk"),
    ],
    "kinked": lambda w: [cp.Dense(w, "elu"), cp.Dense(w, "leaky_relu"), cp.Dropout(0.2)],
}
OUTPUTS = [
    (1, "sigmoid", "binary_cross_entropy", "rows"),
    (3, "softmax", "cross_entropy", "labels"),
    (40, "softmax", "cross_entropy", "rows"),
    (2, "identity", "squared_error", "rows"),
    (2, "tanh", "huber", "rows"),
]
OPTIMIZERS = [
    cp.Adam(0.01),
    cp.AdamW(0.01, weight_decay=0.1),
    cp.SGD(0.1, 0.9, nesterov=True),
    cp.RMSProp(0.01, clip_norm=1.0),
    cp.AdaGrad(0.1, weight_decay=0.01),
    cp.GradientDescent(0.1, clip_value=0.01),
    cp.SGD(0.1, 0.9, clip_norm=1.0, weight_decay=0.1),
    cp.Adam(0.01, clip_norm=0.1, clip_value=0.5, weight_decay=0.1),
]
CASES = list(itertools.product(LAYERS, OUTPUTS, range(len(OPTIMIZERS))))
THIRD = [case for case in range(0, len(CASES), 3) if case % 9]  # every ninth case is enough from day to day


@pytest.mark.alone
@each_set
@pytest.mark.parametrize("dtype", ["f32", "f64"])
@pytest.mark.parametrize("case", first([*range(0, len(CASES), 9), *THIRD], 18))
def test_training_steps_of_networks(case, dtype, isa):
    """One whole step: loss, every parameter, every slot of the optimizer."""
    kind, (k, activation, loss, form), which = CASES[case]
    width = 1 + case % 33
    net = cp.Network(1 + case % 7, [*LAYERS[kind](width), cp.Dense(k, activation)], loss, l2=0.01 * (case % 2))
    step = step_graph(net.architecture, OPTIMIZERS[which], dtype, form, weighted=case % 5 == 0)
    values = values_for(step.graph, 2 + case % 50, case)
    if form == "rows" and loss == "cross_entropy":
        values["y"] = np.abs(values["y"]) / np.abs(values["y"]).sum(axis=1, keepdims=True)
    elif form == "rows":
        values["y"] = (values["y"] > 0).astype(values["y"].dtype)
    assert_agree(step.graph, values, isa, dtype, threads=1 + case % 3, factor=64)


# --- training


def trained(threads, isa, dtype="float32", batch=32, layers=None):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(203, 20)), rng.integers(0, 3, 203)
    layers = layers or [cp.Dense(70, "relu"), cp.BatchNorm(), cp.Dropout(0.2), cp.Dense(33, "tanh")]
    net = cp.Network(20, [*layers, cp.Dense(3, "softmax")], "cross_entropy", dtype=dtype, seed=1)
    net.fit(X, y, epochs=3, batch_size=batch, executor=Native(threads, isa))
    return hashlib.sha256(b"".join(a.tobytes() for a in net.arrays().values())).hexdigest()


@pytest.mark.alone
@each_set
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("batch", [32, 203, 1000])
def test_same_bits_on_any_number_of_threads(isa, dtype, batch):
    layers = None if batch > 32 else [cp.Dense(100, "relu"), cp.Dense(50, "gelu")]
    assert len({trained(threads, isa, dtype, batch, layers) for threads in (1, 2, 4, 1, 2)}) == 1


@each_set
def test_many_epochs_in_one_call_equal_one_epoch_per_call(isa):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(50, 4)), rng.integers(0, 2, 50)
    made = []
    for callbacks in ([], [lambda event: False]):
        net = cp.Network(4, [cp.Dense(8, "tanh"), cp.Dropout(0.3), cp.Dense(2, "softmax")], "cross_entropy")
        optimizer = cp.Adam(cp.WarmUp(cp.Cosine(0.01), steps=7))
        history = net.fit(
            X, y, epochs=6, batch_size=16, optimizer=optimizer, callbacks=callbacks, executor=Native(1, isa)
        )
        made.append(
            (history.loss, history.learning_rate, history.step_loss, [a.tobytes() for a in net.arrays().values()])
        )
    assert made[0] == made[1]


def test_training_follows_the_reference():
    """Fifty steps in float64, the same rows in the same order, dropout with the same mask."""
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(60, 5)), rng.integers(0, 2, 60)
    made = []
    for executor in (Native(), Reference()):
        layers = [cp.Dense(17, "relu"), cp.Dropout(0.5), cp.Dense(9, "tanh"), cp.Dense(2, "softmax")]
        net = cp.Network(5, layers, "cross_entropy", dtype="float64", seed=3)
        history = net.fit(X, y, epochs=10, batch_size=12, executor=executor)
        made.append((history.step_loss, net.arrays()))
    np.testing.assert_allclose(made[0][0], made[1][0], rtol=1e-9)
    for name, a in made[0][1].items():
        np.testing.assert_allclose(a, made[1][1][name], rtol=1e-8, atol=1e-12)


@each_set
def test_equal_units_stay_equal_for_200_steps(isa):
    """Row 1.17: units that start equal receive equal gradients, to the last bit, so they never part."""
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(64, 6)), rng.integers(0, 2, 64)
    net = cp.Network(6, [cp.Dense(37, "tanh"), cp.Dense(2, "softmax")], "cross_entropy")
    net.parameters["W1"] = np.repeat(rng.normal(size=(6, 1)), 37, axis=1)
    net.parameters["W2"] = np.repeat(rng.normal(size=(1, 2)), 37, axis=0)
    net.fit(X, y, epochs=200, batch_size=64, executor=Native(isa=isa), optimizer=resolve_optimizer("adam", 0.05))
    W1, W2 = net.parameters["W1"], net.parameters["W2"]
    assert (W1[:, :1] == W1).all()
    assert (W2[:1] == W2).all()


def test_the_order_of_rows_is_the_reference_order():
    from clearprop.execute import _native

    for seed, epoch, n in ((0, 0, 1), (1, 2, 5), (2**40 + 3, 7, 4099), (5, 1, 100_000)):
        assert _native.permutation(seed, epoch, n) == permutation(seed, epoch, n).tolist()


def test_what_the_machine_has_no_word_for_runs_on_the_reference():
    x = variable("x", (2, 3, 4))
    program = Native().load(as_graph(cp.exp(x)))
    assert not isinstance(program, NativeProgram)
    assert cp.evaluate(cp.exp(x), {x: np.zeros((2, 3, 4))}, Native()).sum() == 24


def test_batches_are_a_pure_function_of_seed_and_epoch():
    a, b = Batches(10, 4, 2, first=3, seed=5), Batches(10, 4, 1, first=4, seed=5)
    assert [r.tolist() for r in a.of(1)] == [r.tolist() for r in b.of(0)]
