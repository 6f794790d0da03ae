"""Layers and single ops against PyTorch's: values, gradients and second derivatives, at ordinary and extreme inputs."""

from __future__ import annotations

import inspect

import numpy as np
import pytest

import clearprop as cp
from clearprop.graph import OPS, gradient, variable

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.peers
F = torch.nn.functional

rng = np.random.default_rng(0)


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


# --- layers


@pytest.mark.parametrize("bias", [True, False])
def test_linear_with_copied_weights(bias):
    theirs = torch.nn.Linear(5, 3, bias=bias, dtype=torch.float64)
    net = cp.Network(5, [cp.Linear(5, 3, bias=bias)], "squared_error", dtype="float64")
    assert {k: v.shape for k, v in net.parameters.items()} == {"W1": (5, 3)} | ({"b1": (3,)} if bias else {})
    net.parameters["W1"] = theirs.weight.detach().numpy().T
    if bias:
        net.parameters["b1"] = theirs.bias.detach().numpy()
    X, y = rng.normal(size=(7, 5)), rng.normal(size=(7, 3))
    a = theirs(torch.tensor(X))
    np.testing.assert_allclose(net.predict(X), a.detach().numpy(), rtol=1e-13, atol=1e-15)
    (0.5 * ((a - torch.tensor(y)) ** 2).sum(1)).mean().backward()
    t = net.trace(X, y)
    np.testing.assert_allclose(t.dW[1], theirs.weight.grad.numpy().T, rtol=1e-13, atol=1e-15)
    if bias:
        np.testing.assert_allclose(t.db[1], theirs.bias.grad.numpy(), rtol=1e-13, atol=1e-15)


def test_linear_has_the_same_leading_parameters():
    theirs = list(inspect.signature(torch.nn.Linear).parameters.values())[:3]
    ours = list(inspect.signature(cp.Linear).parameters.values())
    assert all(p.kind is p.KEYWORD_ONLY for p in ours[3:])  # what PyTorch has not
    ours = ours[:3]
    assert [(p.name, p.default) for p in ours] == [(p.name, p.default) for p in theirs]


def assert_same_spread(ours, theirs, bound):
    """Two samples of one uniform distribution on (−bound, bound): range, spread and quartiles."""
    theirs = theirs.detach().numpy()
    assert np.abs(ours).max() <= bound
    assert np.abs(theirs).max() <= bound * (1 + 1e-6)
    assert np.abs(ours).max() > 0.95 * bound
    assert ours.std() == pytest.approx(theirs.std(), rel=0.15)
    np.testing.assert_allclose(np.quantile(ours, [0.25, 0.5, 0.75]), np.array([-0.5, 0, 0.5]) * bound, atol=0.2 * bound)


@pytest.mark.parametrize("fan_in", [1, 9, 400])
def test_linear_starts_in_the_same_range(fan_in):
    torch.manual_seed(0)
    theirs = torch.nn.Linear(fan_in, 300)
    net = cp.Network(fan_in, [cp.Linear(fan_in, 300)])
    assert_same_spread(net.parameters["W1"], theirs.weight, fan_in**-0.5)
    assert_same_spread(net.parameters["b1"], theirs.bias, fan_in**-0.5)


I = torch.nn.init


@pytest.mark.parametrize(
    ("init", "theirs"),
    [
        (cp.Glorot(), I.xavier_uniform_),
        (cp.Glorot("normal"), I.xavier_normal_),
        (cp.He("uniform"), lambda w: I.kaiming_uniform_(w, nonlinearity="relu")),
        (cp.He(), lambda w: I.kaiming_normal_(w, nonlinearity="relu")),
        (cp.LeCun(), lambda w: I.kaiming_normal_(w, nonlinearity="linear")),
        (cp.Normal(0.02), lambda w: I.normal_(w, std=0.02)),
    ],
    ids=lambda value: getattr(value, "__name__", repr(value)),  # a function's address differs between processes
)
def test_initializers_spread_as_wide(init, theirs):
    torch.manual_seed(0)
    weight = theirs(torch.empty(150, 400))
    ours = cp.Network(400, [cp.Dense(150, init=init)]).parameters["W1"]
    assert ours.std() == pytest.approx(weight.std().item(), rel=0.03)
    if getattr(init, "distribution", "normal") == "uniform":
        assert np.abs(ours).max() == pytest.approx(weight.abs().max().item(), rel=0.01)


NORM_INPUTS = {
    "random": rng.normal(size=(6, 4)),
    "far from 0": rng.normal(size=(6, 4)) + 1e4,
    "tiny": rng.normal(size=(6, 4)) * 1e-4,
    "huge": rng.normal(size=(6, 4)) * 1e6,
    "constant": np.full((6, 4), 3.0),
}


def norm_network(norm):
    """A network that hands X to a normalisation as it is."""
    net = cp.Network(4, [cp.Dense(4, bias=False), norm], "squared_error", dtype="float64")
    net.parameters["W1"] = np.eye(4)
    r = np.random.default_rng(1)
    net.parameters["gamma1"], net.parameters["beta1"] = r.uniform(0.5, 2, 4), r.normal(size=4)
    return net


@pytest.mark.parametrize("mode", ["training", "inference"])
@pytest.mark.parametrize("epsilon", [1e-5, 1e-2])
@pytest.mark.parametrize("inputs", NORM_INPUTS)
@pytest.mark.parametrize("kind", ["batch", "layer"])
def test_normalisations(kind, inputs, epsilon, mode):
    X, y = NORM_INPUTS[inputs], np.random.default_rng(2).normal(size=(6, 4))
    if kind == "batch":
        net, theirs = norm_network(cp.BatchNorm(epsilon=epsilon)), torch.nn.BatchNorm1d(4, eps=epsilon)
    else:
        net, theirs = norm_network(cp.LayerNorm(epsilon=epsilon)), torch.nn.LayerNorm(4, eps=epsilon)
    theirs = theirs.double().train(mode == "training")
    with torch.no_grad():
        theirs.weight.copy_(torch.tensor(np.array(net.parameters["gamma1"])))
        theirs.bias.copy_(torch.tensor(np.array(net.parameters["beta1"])))
        if kind == "batch":
            mean, var = np.array([1.0, -2.0, 0.0, 3.0]), np.array([0.5, 1.0, 2.0, 4.0])
            net.running["running_mean1"], net.running["running_var1"] = mean, var
            theirs.running_mean.copy_(torch.tensor(mean))
            theirs.running_var.copy_(torch.tensor(var))
    x = torch.tensor(X, requires_grad=True)
    out = theirs(x)
    (0.5 * ((out - torch.tensor(y)) ** 2).sum(1)).mean().backward()
    t = net.trace(X, y, mode=mode)
    # Rounding of x − mean is 1e-16 |x|, divided by the spread.
    rounding = 1e-14 * max(1.0, np.abs(X).max()) / min(1.0, np.sqrt(X.var() + epsilon))
    for ours, other in (
        (t["n1"], out),
        (t["dz1"], x.grad),
        (t["dgamma1"], theirs.weight.grad),
        (t["dbeta1"], theirs.bias.grad),
    ):
        other = other.detach().numpy()
        scale = np.abs(other).max(initial=1.0) / min(1.0, epsilon**0.5)
        np.testing.assert_allclose(ours, other, rtol=1e-11, atol=rounding * scale)


def test_normalisations_have_the_defaults_of_pytorch():
    assert cp.BatchNorm().epsilon == torch.nn.BatchNorm1d(1).eps
    assert cp.BatchNorm().momentum == torch.nn.BatchNorm1d(1).momentum
    assert cp.LayerNorm().epsilon == torch.nn.LayerNorm(1).eps
    assert cp.Dropout().rate == torch.nn.Dropout().p


@pytest.mark.parametrize("rate", [0.0, 0.5, 0.9])
def test_dropout_does_nothing_in_inference(rate):
    X = rng.normal(size=(5, 3))
    net = cp.Network(3, [cp.Dense(4, "tanh"), cp.Dropout(rate), cp.Dense(2)], "squared_error", dtype="float64")
    p = {k: torch.tensor(np.array(v)) for k, v in net.parameters.items()}
    theirs = torch.nn.Dropout(rate).eval()
    a = theirs(torch.tanh(torch.tensor(X) @ p["W1"] + p["b1"])) @ p["W2"] + p["b2"]
    np.testing.assert_allclose(net.predict(X), a.numpy(), rtol=1e-13, atol=1e-15)
    np.testing.assert_allclose(net.trace(X, a.numpy())["a2"], a.numpy(), rtol=1e-13, atol=1e-15)


def test_dropout_keeps_as_many_as_pytorch():
    net = cp.Network(1, [cp.Dense(50_000, init=1.0), cp.Dropout(0.4)], lambda a, y: cp.mean(a, 1))
    t = net.trace([[1.0]], np.zeros((1, 50_000)), mode="training")
    d = t["d1"]
    torch.manual_seed(0)
    theirs = F.dropout(torch.ones(50_000), 0.4)
    assert (d == 0).mean() == pytest.approx((theirs == 0).float().mean().item(), abs=0.01)
    assert d.max() == pytest.approx(theirs.max().item())
    assert t["dz1"][d == 0].max() == 0, "no gradient through what was dropped"
    np.testing.assert_allclose(t["dz1"][d != 0] * 50_000, 1 / 0.6)


# --- ops of one input

K = 12
REAL = {
    "random": rng.normal(size=K) * 2,
    "small": np.array([-1e-3, -1e-8, -1e-12, -1e-20, -1e-100, -1e-300, 1e-300, 1e-100, 1e-20, 1e-12, 1e-8, 1e-3]),
    "extreme": np.array([-1000, -700, -100, -37, -30, -20, 20, 30, 37, 100, 700, 1000.0]),
}
# Up to 700, e^x is a float64.
GROWING = REAL | {"extreme": np.clip(REAL["extreme"], -1000, 700)}
POSITIVE = {
    "random": rng.uniform(0.1, 3, K),
    "extreme": 10.0 ** np.array([-100, -30, -20, -12, -8, -3, 0, 3, 8, 12, 30, 100]),
}

ELEMENTWISE = {
    "exp": (cp.exp, torch.exp, GROWING),
    "expm1": (cp.expm1, torch.expm1, GROWING),
    "log": (cp.log, torch.log, POSITIVE),
    "log1p": (cp.log1p, torch.log1p, POSITIVE),
    "sqrt": (cp.sqrt, torch.sqrt, POSITIVE),
    "reciprocal": (cp.reciprocal, torch.reciprocal, POSITIVE),
    "power": (lambda x: x**2, lambda x: x**2, POSITIVE),
    "power 3": (lambda x: x**3, lambda x: x**3, POSITIVE),
    "power -1.5": (lambda x: x**-1.5, lambda x: x**-1.5, POSITIVE),
    "power 0.5": (lambda x: x**0.5, lambda x: x**0.5, POSITIVE),
    "sin": (cp.sin, torch.sin, REAL),
    "cos": (cp.cos, torch.cos, REAL),
    "erf": (cp.erf, torch.erf, REAL),
    "abs": (cp.abs, torch.abs, REAL),
    "identity": (cp.identity, lambda x: x * 1, REAL),
    "sigmoid": (cp.sigmoid, torch.sigmoid, REAL),
    "tanh": (cp.tanh, torch.tanh, REAL),
    "relu": (cp.relu, torch.relu, REAL),
    "gelu": (cp.gelu, F.gelu, REAL),
    "silu": (cp.silu, F.silu, REAL),
    "softsign": (OPS["softsign"], F.softsign, REAL),
    "softplus": (cp.softplus, lambda x: F.softplus(x, threshold=700), REAL),
    "leaky_relu": (lambda x: cp.leaky_relu(x, 0.2), lambda x: F.leaky_relu(x, 0.2), REAL),
    "elu": (lambda x: cp.elu(x, 1.7), lambda x: F.elu(x, 1.7), REAL),
    "softmax": (cp.softmax, lambda x: F.softmax(x, -1), REAL),
    "log_softmax": (cp.log_softmax, lambda x: F.log_softmax(x, -1), REAL),
    "clip": (lambda x: cp.clip(x, -1.5, 25.0), lambda x: x.clamp(-1.5, 25.0), REAL),
    "maximum": (lambda x: cp.maximum(x, 0.5), lambda x: torch.maximum(x, torch.tensor(0.5)), REAL),
    "minimum": (lambda x: cp.minimum(x, 0.5), lambda x: torch.minimum(x, torch.tensor(0.5)), REAL),
    "where": (lambda x: cp.where(x > 0, x * x, -x), lambda x: torch.where(x > 0, x * x, -x), REAL),
    "sign": (lambda x: x * cp.sign(x), lambda x: x * torch.sign(x), REAL),
    "stop_gradient": (lambda x: x * cp.stop_gradient(x), lambda x: x * x.detach(), REAL),
    "divide": (lambda x: x / (x + 3.0), lambda x: x / (x + 3.0), REAL),
    "mish": (lambda x: x * cp.tanh(cp.softplus(x)), F.mish, REAL),
}
# Where their value is near 0 it is a difference of larger numbers.
ABSOLUTE = {"gelu", "log_softmax"}


@pytest.mark.parametrize(
    ("name", "inputs"), [(name, inputs) for name, (*_, domain) in ELEMENTWISE.items() for inputs in domain]
)
def test_value_and_gradient_of_an_op(name, inputs):
    ours, theirs, domain = ELEMENTWISE[name]
    values, above = domain[inputs], np.random.default_rng(3).normal(size=K)
    x, u = variable("x", (K,)), variable("u", (K,))
    y = ours(x)
    found = cp.evaluate({"y": y, "dx": gradient(y, x, u)}, {"x": values, "u": above})
    t = torch.tensor(values, requires_grad=True)
    out = theirs(t)
    out.backward(torch.tensor(above))
    assert torch.isfinite(out).all()
    out = out.detach().numpy()
    np.testing.assert_allclose(found["y"], out, rtol=1e-13, atol=1e-13 if name in ABSOLUTE else 1e-320)
    np.testing.assert_allclose(found["dx"], t.grad.numpy(), rtol=1e-12, atol=1e-12)


SMOOTH = ("sigmoid", "tanh", "softplus", "silu", "gelu", "exp", "expm1", "sin", "cos", "erf", "mish", "elu", "softmax")


@pytest.mark.parametrize(
    ("name", "inputs"),
    [
        (name, inputs)
        for name in (*SMOOTH, "log_softmax", "log", "log1p", "power -1.5")
        for inputs in ("random", "extreme")
    ],
)
def test_second_derivatives(name, inputs):
    """∂/∂x Σ u ∂/∂x Σ v y(x), against autograd twice."""
    ours, theirs, domain = ELEMENTWISE[name]
    values = np.clip(domain[inputs], -100, 100) if domain is GROWING else domain[inputs]
    if domain is POSITIVE:
        values = np.clip(values, 1e-8, 1e8)
    if name == "mish":
        values = np.clip(values, -700, 700)  # at 1000 PyTorch's second derivative is NaN
    u, v = np.random.default_rng(4).normal(size=(2, K))
    x, un, vn = variable("x", (K,)), variable("u", (K,)), variable("v", (K,))
    first = gradient(cp.sum(ours(x) * vn), x)
    found = cp.evaluate(gradient(cp.sum(first * un), x), {"x": values, "u": u, "v": v})
    t = torch.tensor(values, requires_grad=True)
    (g,) = torch.autograd.grad((theirs(t) * torch.tensor(v)).sum(), t, create_graph=True)
    (second,) = torch.autograd.grad((g * torch.tensor(u)).sum(), t)
    np.testing.assert_allclose(found, second.numpy(), rtol=1e-10, atol=1e-12)


# --- ops of several inputs, reductions and movement


def onehot_entropy(z, t):
    return -(t * F.log_softmax(z, -1)).sum(-1)


def binary_entropy(z, t):
    return F.binary_cross_entropy_with_logits(z, t, reduction="none")


A, B, V, W = (4, 3), (4, 3), (3,), (3, 5)
INDEX = np.array([2, 0, 2, 1, 3])
SEVERAL = {
    "add": (lambda a, b: a + b, torch.add, (A, B)),
    "subtract": (lambda a, b: a - b, torch.sub, (A, B)),
    "multiply": (lambda a, b: a * b, torch.mul, (A, B)),
    "divide": (lambda a, b: a / b, torch.div, (A, B)),
    "maximum": (cp.maximum, torch.maximum, (A, B)),
    "minimum": (cp.minimum, torch.minimum, (A, B)),
    "greater": (lambda a, b: cp.where(a > b, a * 2, b * 3), lambda a, b: torch.where(a > b, a * 2, b * 3), (A, B)),
    "gate": (OPS["gate"], lambda a, b: torch.where(a > 0, b, 0 * a), (A, B)),
    "matmul": (cp.matmul, torch.matmul, (A, W)),
    "matmul, transposed a": (lambda a, b: cp.matmul(a, b, transpose_a=True), lambda a, b: a.T @ b, (A, B)),
    "matmul, transposed b": (lambda a, b: cp.matmul(a, b, transpose_b=True), lambda a, b: a @ b.T, (A, B)),
    "matmul, both": (lambda a, b: cp.matmul(a, b, True, True), lambda a, b: a.T @ b.T, (A, (5, 4))),
    "matmul, matrix and vector": (cp.matmul, torch.matmul, (A, V)),
    "matmul, vector and matrix": (cp.matmul, torch.matmul, (V, W)),
    "matmul, vectors": (cp.matmul, torch.matmul, (V, V)),
    "affine": (cp.affine, lambda x, w, b: F.linear(x, w.T, b), (A, W, (5,))),
    "transpose": (cp.transpose, lambda a: a.T, (A,)),
    "sum 0": (lambda a: cp.sum(a, 0), lambda a: a.sum(0), (A,)),
    "sum 1": (lambda a: cp.sum(a, 1), lambda a: a.sum(1), (A,)),
    "sum": (cp.sum, torch.sum, (A,)),
    "mean": (cp.mean, torch.mean, (A,)),
    "mean 0": (lambda a: cp.mean(a, 0), lambda a: a.mean(0), (A,)),
    "max": (lambda a: cp.max(a, 1), lambda a: a.amax(1), (A,)),
    "max 0": (lambda a: cp.max(a, 0), lambda a: a.amax(0), (A,)),
    "broadcast": (lambda v: cp.broadcast(v, (4, 3), [1]), lambda v: v[None].expand(4, 3), (V,)),
    "broadcast 0": (lambda v: cp.broadcast(v, (3, 4), [0]), lambda v: v[:, None].expand(3, 4), (V,)),
    "slice": (lambda a: cp.slice(a, 0, 1, 3), lambda a: a[1:3], (A,)),
    "slice 1": (lambda a: cp.slice(a, 1, 0, 2), lambda a: a[:, :2], (A,)),
    "concat": (lambda a, b: cp.concat([a, b, a], 0), lambda a, b: torch.cat([a, b, a], 0), (A, B)),
    "concat 1": (lambda a, b: cp.concat([a, b], 1), lambda a, b: torch.cat([a, b], 1), (A, B)),
    "take_columns": (lambda a: cp.take_columns(a, [0, 0, 2]), lambda a: a[:, [0, 0, 2]], (A,)),
    "add_columns": (
        lambda a: cp.add_columns(a, [1, 0, 1], 3),
        lambda a: torch.zeros(4, 3, dtype=a.dtype).index_add(1, torch.tensor([1, 0, 1]), a),
        (A,),
    ),
    "softmax": (cp.softmax, lambda a: F.softmax(a, -1), (A,)),
    "log_softmax": (cp.log_softmax, lambda a: F.log_softmax(a, -1), (A,)),
    "squared_error": (cp.squared_error, lambda a, b: 0.5 * ((b - a) ** 2).sum(-1), (A, B)),
    "softmax_cross_entropy": (cp.softmax_cross_entropy, onehot_entropy, (A, B)),
    "sigmoid_cross_entropy": (cp.sigmoid_cross_entropy, binary_entropy, (A, B)),
}


def compare(ours, theirs, values, rtol=1e-12):
    nodes = [variable(f"x{i}", v.shape) for i, v in enumerate(values)]
    y = ours(*nodes)
    u = variable("u", y.shape)
    above = np.random.default_rng(5).normal(size=y.shape)
    bound = {f"x{i}": v for i, v in enumerate(values)} | {"u": above}
    found = cp.evaluate({"y": y, **{f"d{i}": d for i, d in enumerate(gradient(y, nodes, u))}}, bound)
    inputs = [torch.tensor(v, requires_grad=True) for v in values]
    out = theirs(*inputs)
    out.backward(torch.tensor(above))
    np.testing.assert_allclose(found["y"], out.detach().numpy(), rtol=rtol, atol=1e-13)
    for i, x in enumerate(inputs):
        np.testing.assert_allclose(found[f"d{i}"], x.grad.numpy(), rtol=rtol, atol=1e-12)


@pytest.mark.parametrize("name", SEVERAL)
def test_ops_of_several_inputs(name):
    ours, theirs, shapes = SEVERAL[name]
    compare(ours, theirs, [np.random.default_rng(i).normal(size=shape) for i, shape in enumerate(shapes)])


@pytest.mark.parametrize("scale", [30.0, 1000.0])
@pytest.mark.parametrize("name", ["softmax", "log_softmax", "softmax_cross_entropy", "sigmoid_cross_entropy"])
def test_extreme_logits(name, scale):
    ours, theirs, shapes = SEVERAL[name]
    z = np.array([[1, -1, 0.5], [-1, -1, -1], [1, 1, 1], [0, 1, -1.0]]) * scale
    t = np.array([[1, 0, 0], [0, 1, 0], [0.2, 0.3, 0.5], [0, 0, 1.0]])
    compare(ours, theirs, [z, t][: len(shapes)])


def test_ties_of_max_share_the_gradient():
    compare(lambda a: cp.max(a, 1), lambda a: a.amax(1), [np.array([[1.0, 3.0, 3.0], [2.0, 2.0, 2.0]])])


@pytest.mark.parametrize("name", ["relu", "leaky_relu", "elu", "abs", "gelu", "silu", "softplus"])
def test_at_zero(name):
    """Where there is a kink, the same subgradient."""
    compare(*ELEMENTWISE[name][:2], [np.zeros(3)])


def test_rows_by_index():
    table = rng.normal(size=(4, 3))
    i = variable("i", (5,), "int64")

    def bound(node, **values):
        return cp.evaluate(node, values | {"i": INDEX})

    x, u = variable("x", (4, 3)), variable("u", (5, 3))
    above = rng.normal(size=(5, 3))
    y = cp.take_rows(x, i)
    t = torch.tensor(table, requires_grad=True)
    out = t[torch.tensor(INDEX)]
    out.backward(torch.tensor(above))
    np.testing.assert_array_equal(bound(y, x=table), out.detach().numpy())
    np.testing.assert_allclose(bound(gradient(y, x, u), u=above), t.grad.numpy(), rtol=1e-15)
    scattered = OPS["scatter_rows"](u, i, rows=4)
    theirs = torch.zeros(4, 3, dtype=torch.float64).index_add(0, torch.tensor(INDEX), torch.tensor(above))
    np.testing.assert_allclose(bound(scattered, u=above), theirs.numpy(), rtol=1e-15)
    np.testing.assert_array_equal(bound(cp.one_hot(i, 4)), F.one_hot(torch.tensor(INDEX), 4).numpy())


def test_cast():
    x, u = variable("x", (K,)), variable("u", (K,))
    y = cp.cast(cp.cast(x, "float32") * 2.0, "float64")
    values = REAL["random"]
    found = cp.evaluate({"y": y, "dx": gradient(y, x, u)}, {"x": values, "u": np.ones(K)})
    t = torch.tensor(values, requires_grad=True)
    out = (t.float() * 2.0).double()
    out.sum().backward()
    np.testing.assert_array_equal(found["y"], out.detach().numpy())
    np.testing.assert_array_equal(found["dx"], t.grad.numpy())


def test_every_op_is_here():
    """All but leaves, and the parts of the optimizers, which are compared as optimizers."""
    here = {name.split()[0].rstrip(",") for name in (*ELEMENTWISE, *SEVERAL)}
    here |= {"embed", "add_embedded", "take_rows", "scatter_rows", "one_hot", "cast"}
    leaves = {"variable", "constant", "size", "uniform"}
    updates = {"descend", "decay", "accelerate", "average", "average_square", "scaled_descend", "adam_descend"}
    assert set(OPS) - here == leaves | updates
