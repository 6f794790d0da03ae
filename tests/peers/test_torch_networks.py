"""240 random networks against PyTorch: predictions, losses, every z, a and gradient, in float64 within 1e-10."""

from __future__ import annotations

import numpy as np
import pytest

import clearprop as cp

torch = pytest.importorskip("torch")
F = torch.nn.functional
pytestmark = pytest.mark.peers

TOLERANCE = 1e-10
worst = {"error": 0.0, "networks": 0}


@pytest.fixture(scope="module", autouse=True)
def report():
    torch.set_num_threads(1)
    yield
    print(f"\n{worst['networks']} networks, largest relative error {worst['error']:.1e}")
    assert worst["error"] < TOLERANCE


ACTIVATIONS = {
    "identity": lambda z: z,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "relu": torch.relu,
    "selu": F.selu,
    "gelu": F.gelu,
    "silu": F.silu,
    "mish": F.mish,
    "softplus": F.softplus,
    "softmax": lambda z: F.softmax(z, dim=1),
}


def random_activation(rng):
    kind = rng.integers(0, 12)
    if kind == 10:
        slope = float(rng.uniform(0.01, 0.5))
        return cp.LeakyReLU(slope), lambda z: F.leaky_relu(z, slope)
    if kind == 11:
        alpha = float(rng.uniform(0.3, 2.0))
        return cp.ELU(alpha), lambda z: F.elu(z, alpha)
    name = list(ACTIVATIONS)[kind]
    return name, ACTIVATIONS[name]


def random_loss(rng, n, k):
    """Loss, output activation, targets, and PyTorch's loss per sample from (z, a)."""
    kind = rng.integers(0, 7)
    numbers = rng.normal(size=(n, k))
    t = torch.tensor(numbers)
    if kind == 0:
        return "squared_error", None, numbers, lambda z, a: 0.5 * ((a - t) ** 2).sum(1)
    if kind == 1:
        return "mean_squared_error", None, numbers, lambda z, a: ((a - t) ** 2).mean(1)
    if kind == 2:
        return "mean_absolute_error", None, numbers, lambda z, a: (a - t).abs().mean(1)
    if kind == 3:
        delta = float(rng.uniform(0.3, 2))
        return cp.Huber(delta), None, numbers, lambda z, a: F.huber_loss(a, t, reduction="none", delta=delta).mean(1)
    epsilon = float(rng.choice([0.0, 0.1, 0.3]))
    if kind == 4 or k == 1:
        y = rng.integers(0, 2, (n, k)).astype(float)
        smooth = torch.tensor(y * (1 - epsilon) + epsilon / 2)

        def binary(z, a):
            return F.binary_cross_entropy_with_logits(z, smooth, reduction="none").mean(1)

        return cp.BinaryCrossEntropy(epsilon), "sigmoid", y, binary
    labels = rng.integers(0, k, n) if kind == 5 else rng.dirichlet(np.ones(k), n)
    target = torch.tensor(labels)

    def classes(z, a):
        return F.cross_entropy(z, target, reduction="none", label_smoothing=epsilon)

    return cp.CrossEntropy(epsilon), "softmax", labels, classes


def random_case(seed):
    """A network, its data, the steps that PyTorch should do with its weights, and its loss per sample."""
    rng = np.random.default_rng(seed)
    depth, n, n_in = int(rng.integers(1, 6)), int(rng.integers(2, 9)), int(rng.integers(1, 10))
    layers, steps, before = [], [], n_in
    for l in range(1, depth + 1):
        units, bias = int(rng.integers(1, 10)), bool(rng.random() < 0.8)
        steps.append((f"z{l}", "linear", bias))
        if l == depth:
            loss, output, y, per_sample = random_loss(rng, n, units)
            layers.append(cp.Dense(units, output, bias=bias))
            steps.append((f"a{l}", "activation", ACTIVATIONS[output or "identity"]))
            break
        layers.append(cp.Dense(units, bias=bias) if rng.random() < 0.7 else cp.Linear(before, units, bias))
        before = units
        norm = rng.choice(["none", "none", "batch", "layer"]) if units > 1 else "none"
        if norm != "none":
            layers.append(cp.BatchNorm() if norm == "batch" else cp.LayerNorm())
            steps.append((f"n{l}", norm, None))
        ours, theirs = random_activation(rng)
        layers.append(cp.Activation(ours))
        steps.append((f"a{l}", "activation", theirs))
    l1, l2 = (float(rng.choice([0.0, 0.1])) for _ in range(2))
    net = cp.Network(n_in, layers, loss, seed=seed, dtype="float64", l1=l1, l2=l2)
    for name in net.parameters:
        if not name.startswith("W"):
            net.parameters[name] = net.parameters[name] + rng.normal(size=net.parameters[name].shape) * 0.5
    return net, rng.normal(size=(n, n_in)), y, steps, per_sample, rng


def run_torch(steps, parameters, X):
    """Every named value of the forward pass."""
    a, values = torch.tensor(X), {}
    for name, kind, detail in steps:
        l = name[1:]
        if kind == "linear":
            a = a @ parameters[f"W{l}"] + (parameters[f"b{l}"] if detail else 0)
        elif kind == "batch":
            a = F.batch_norm(a, None, None, parameters[f"gamma{l}"], parameters[f"beta{l}"], training=True)
        elif kind == "layer":
            a = F.layer_norm(a, a.shape[1:], parameters[f"gamma{l}"], parameters[f"beta{l}"])
        else:
            a = detail(a)
        a.retain_grad()
        values[name] = a
    return values


def torch_loss(net, values, parameters, per_sample, w=1.0):
    """The weighted mean loss with the network's penalties."""
    L, a = net.depth, net.architecture
    loss = (per_sample(values[f"z{L}"], values[f"a{L}"]) * w).mean()
    for name, p in parameters.items():
        if name.startswith("W"):
            loss = loss + a.l1 * p.abs().sum() + 0.5 * a.l2 * (p**2).sum()
    return loss


def close(ours, theirs):
    theirs = theirs.detach().numpy()
    error = np.abs(ours - theirs).max(initial=0) / max(1.0, np.abs(theirs).max(initial=0))
    worst["error"] = max(worst["error"], error)
    return error < TOLERANCE


@pytest.mark.parametrize("seed", range(240))
def test_random_network(seed):
    net, X, y, steps, per_sample, _ = random_case(seed)
    t = net.trace(X, y, mode="training")
    parameters = {k: torch.tensor(np.array(v), requires_grad=True) for k, v in net.parameters.items()}
    values = run_torch(steps, parameters, X)
    loss = torch_loss(net, values, parameters, per_sample)
    loss.backward()
    assert close(np.array(t.loss), loss)
    for name, value in values.items():
        assert close(t[name], value), name
        if value.grad is not None and name != f"a{net.depth}":
            assert close(t[f"d{name}"], value.grad), f"d{name}"
    for name, p in parameters.items():
        assert close(t[f"d{name}"], p.grad), f"d{name}"
    worst["networks"] += 1


@pytest.mark.parametrize("seed", range(20))
def test_one_weighted_step(seed):
    """θ − θ′ of one step of gradient descent with η = 1 is the gradient of Σ wᵢℓᵢ / N, w of mean 1."""
    net, X, y, steps, per_sample, rng = random_case(seed)
    w = rng.uniform(0.1, 3, len(X))
    parameters = {k: torch.tensor(np.array(v), requires_grad=True) for k, v in net.parameters.items()}
    values = run_torch(steps, parameters, X)
    torch_loss(net, values, parameters, per_sample, torch.tensor(w / w.mean())).backward()
    before = {k: np.array(v) for k, v in net.parameters.items()}
    net.fit(X, y, optimizer=cp.GradientDescent(1.0), epochs=1, batch_size=len(X), sample_weight=w)
    for name, p in parameters.items():
        np.testing.assert_allclose(before[name] - net.parameters[name], p.grad.numpy(), rtol=1e-9, atol=1e-10)
