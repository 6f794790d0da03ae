"""300 random networks against PyTorch: predictions, losses, every value and gradient, in float64 within 1e-10."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

import clearprop as cp

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.peers
F = torch.nn.functional

TOLERANCE = 1e-10
SEEDS = 240
worst = {"error": 0.0, "what": "nothing", "networks": 0}


@pytest.fixture(scope="module", autouse=True)
def report():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
    print(f"\n{worst['networks']} networks, largest error {worst['error']:.1e} ({worst['what']})")


# --- the networks

NAMED = {
    "identity": lambda z: z,
    "linear": lambda z: z,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "relu": torch.relu,
    "leaky_relu": lambda z: F.leaky_relu(z, 0.01),
    "elu": F.elu,
    "selu": F.selu,
    "gelu": F.gelu,
    "silu": F.silu,
    "swish": F.silu,
    "mish": F.mish,
    "softplus": lambda z: F.softplus(z, threshold=700),
    "softsign": F.softsign,
    "softmax": lambda z: F.softmax(z, dim=1),
}


def random_activation(rng):
    """An activation as clearprop takes it, and PyTorch's."""
    kind = int(rng.integers(len(NAMED) + 2))
    if kind == len(NAMED):
        slope = float(rng.uniform(0.01, 0.5))
        return cp.LeakyReLU(slope), lambda z: F.leaky_relu(z, slope)
    if kind == len(NAMED) + 1:
        alpha = float(rng.uniform(0.3, 2.0))
        return cp.ELU(alpha), lambda z: F.elu(z, alpha)
    name = list(NAMED)[kind]
    return name, NAMED[name]


@dataclass
class Objective:
    """A loss, its targets, and what PyTorch computes for each sample: from logits z, and from the output a."""

    loss: Any
    y: Any
    on_logits: Callable | None
    on_output: Callable
    activation: str | None = None


def random_objective(rng, n, k):
    kind = rng.choice(["squared", "mse", "mae", "huber", "binary", "binary", "classes", "classes", "classes"])
    if kind == "classes" and k > 1:
        return class_objective(rng, n, k)
    if kind in ("binary", "classes"):
        return binary_objective(rng, n, k)
    y = rng.normal(size=(n, k)) * 2
    t = torch.tensor(y)
    given = y[:, 0] if k == 1 and rng.random() < 0.5 else y
    if kind == "squared":
        return Objective("squared_error", given, None, lambda a: 0.5 * ((a - t) ** 2).sum(1))
    if kind == "mse":
        return Objective("mean_squared_error", given, None, lambda a: F.mse_loss(a, t, reduction="none").mean(1))
    if kind == "mae":
        return Objective("mean_absolute_error", given, None, lambda a: F.l1_loss(a, t, reduction="none").mean(1))
    delta = float(rng.uniform(0.3, 2.0))
    return Objective(cp.Huber(delta), given, None, lambda a: F.huber_loss(a, t, reduction="none", delta=delta).mean(1))


def binary_objective(rng, n, k):
    epsilon = float(rng.choice([0.0, 0.1, 0.3]))
    y = rng.random((n, k)) if rng.random() < 0.3 else rng.integers(0, 2, (n, k)).astype(float)
    t = torch.tensor(y) * (1 - epsilon) + epsilon / 2
    return Objective(
        cp.BinaryCrossEntropy(epsilon) if epsilon else "binary_cross_entropy",
        y,
        lambda z: F.binary_cross_entropy_with_logits(z, t, reduction="none").mean(1),
        lambda a: -(t * torch.log(a) + (1 - t) * torch.log(1 - a)).mean(1),
        "sigmoid",
    )


def class_objective(rng, n, k):
    epsilon = float(rng.choice([0.0, 0.1, 0.3]))
    form = rng.choice(["labels", "column", "one-hot", "probabilities"])
    labels = rng.integers(0, k, n)
    rows = rng.dirichlet(np.ones(k), n) if form == "probabilities" else np.eye(k)[labels]
    target = torch.tensor(labels) if form in ("labels", "column") else torch.tensor(rows)
    smooth = torch.tensor(rows) * (1 - epsilon) + epsilon / k
    return Objective(
        cp.CrossEntropy(epsilon) if epsilon else "cross_entropy",
        {"labels": labels, "column": labels[:, None]}.get(str(form), rows),
        lambda z: F.cross_entropy(z, target, reduction="none", label_smoothing=epsilon),
        lambda a: -(smooth * torch.log(a)).sum(1),
        "softmax",
    )


class Numbers:
    """How the second normalisation of a layer is told from the first: n1, n1_2."""

    def __init__(self):
        self.used = {}

    def next(self, letter, l):
        again = self.used[letter, l] = self.used.get((letter, l), 0) + 1
        return f"{l}" if again == 1 else f"{l}_{again}"


@dataclass
class Case:
    """A network, its data, and the steps that PyTorch should do with its weights, each with the name of its value."""

    rng: np.random.Generator
    n: int
    mode: str
    layers: list = field(default_factory=list)
    steps: list = field(default_factory=list)
    norms: Numbers = field(default_factory=Numbers)

    def add_norm(self, l):
        epsilon = float(self.rng.choice([1e-5, 1e-3]))
        suffix = self.norms.next("n", l)
        if self.rng.random() < 0.5 and (self.mode == "inference" or self.n > 1):
            running = suffix
            self.layers.append(cp.BatchNorm(epsilon=epsilon))
            self.steps.append(
                (f"n{suffix}", lambda x, p, training: batch_norm(x, p, suffix, running, epsilon, training))
            )
        else:
            self.layers.append(cp.LayerNorm(epsilon=epsilon))
            self.steps.append((f"n{suffix}", lambda x, p, training: layer_norm(x, p, suffix, epsilon)))

    def add_weights(self, l, width, units, activation=None):
        bias = bool(self.rng.random() < 0.8)
        if activation is None and self.rng.random() < 0.5:
            self.layers.append(cp.Linear(width, units, bias=bias))
        else:
            self.layers.append(cp.Dense(units, activation, bias=bias, bias_init=cp.Normal(0.5)))
        add = (lambda p: p[f"b{l}"]) if bias else (lambda p: 0.0)
        self.steps.append((f"z{l}", lambda x, p, training: x @ p[f"W{l}"] + add(p)))

    def add_activation(self, l, theirs):
        self.steps.append((f"a{l}", lambda x, p, training: theirs(x)))

    def add_layer(self, l, width, units, ours, theirs, may_end_in_norm):
        """Dense(units, f), or z, normalisation and f one by one; then perhaps a normalisation or a dropout."""
        if self.rng.random() < 0.6:
            self.add_weights(l, width, units, ours)
            ended = True
        else:
            self.add_weights(l, width, units)
            if self.rng.random() < 0.6:
                self.add_norm(l)
            ended = ours not in ("identity", "linear") or self.rng.random() < 0.5
            if ended:
                self.layers.append(cp.Activation(ours))
        self.add_activation(l, theirs)
        extra = self.rng.random()
        if extra < 0.15 and may_end_in_norm and ended:
            self.add_norm(l)
        elif extra > 0.9 and self.mode == "inference":
            self.layers.append(cp.Dropout(0.4))


def batch_norm(x, p, suffix, running, epsilon, training):
    if training:
        mean, var = x.mean(0), x.var(0, correction=0)
    else:
        mean, var = p[f"running_mean{running}"], p[f"running_var{running}"]
    return p[f"gamma{suffix}"] * (x - mean) / torch.sqrt(var + epsilon) + p[f"beta{suffix}"]


def layer_norm(x, p, suffix, epsilon):
    """Written out: at width 1 the gradient is 0, of which F.layer_norm leaves rounding errors times 1/√ε."""
    centred = x - x.mean(1, keepdim=True)
    normalised = centred / torch.sqrt((centred**2).mean(1, keepdim=True) + epsilon)
    return p[f"gamma{suffix}"] * normalised + p[f"beta{suffix}"]


def random_case(seed, scale=1.0, mode=None):
    rng = np.random.default_rng(seed)
    depth, n, n_in = int(rng.integers(1, 6)), int(rng.integers(1, 9)), int(rng.integers(1, 10))
    case = Case(rng, n, mode or str(rng.choice(["training", "inference"])))
    width = n_in
    for l in range(1, depth + 1):
        units = int(rng.integers(1, 10))
        ours, theirs = random_activation(rng)
        if l == depth:
            objective = random_objective(rng, n, units)
            if objective.activation:
                ours, theirs = objective.activation, NAMED[objective.activation]
        case.add_layer(l, width, units, ours, theirs, may_end_in_norm=l < depth or objective.activation is None)
        width = units
    l1, l2 = (float(rng.choice([0.0, 0.0, 0.1])) for _ in range(2))
    net = cp.Network(n_in, case.layers, objective.loss, seed=seed, dtype="float64", l1=l1, l2=l2)
    for name, value in net.parameters.items():
        if name.startswith(("gamma", "beta")):
            net.parameters[name] = value + rng.normal(size=value.shape) * 0.5
        elif name.startswith("W"):
            net.parameters[name] = value * scale
    for name, value in net.running.items():
        net.running[name] = rng.uniform(0.3, 2.0, value.shape)
    return case, net, rng.normal(size=(n, n_in)), objective


# --- the same in PyTorch


def as_torch(net):
    p = {k: torch.tensor(np.array(v), requires_grad=True) for k, v in net.parameters.items()}
    return p, p | {k: torch.tensor(np.array(v)) for k, v in net.running.items()}


def run_torch(case, p, X, training):
    """Every named value of the forward pass, in order."""
    x, values = torch.tensor(X, requires_grad=True), {}
    for name, step in case.steps:
        x = values[name] = step(x, p, training)
        x.retain_grad()
    return values


def mean_loss(case, objective, values, w=1.0):
    """The mean over the samples, from what the output activation takes where PyTorch offers that."""
    names = list(values)
    if objective.on_logits:
        return (objective.on_logits(values[names[-2]]) * w).mean()
    return (objective.on_output(values[names[-1]]) * w).mean()


def penalty(net, p):
    h = net.hyperparameters
    weights = [v for k, v in p.items() if k.startswith("W")]
    return sum(h["l1"] * W.abs().sum() + 0.5 * h["l2"] * (W**2).sum() for W in weights)


def assert_close(what, ours, theirs, scale=None):
    """|ours − theirs| ≤ 1e-10 (1 + |theirs|), entry by entry."""
    ours, theirs = np.asarray(ours), theirs.detach().numpy()
    assert ours.shape == theirs.shape, what
    error = (np.abs(ours - theirs) / (1 + np.abs(theirs if scale is None else scale))).max(initial=0.0)
    assert error <= TOLERANCE, f"{what}: {error:.1e}"  # a NaN is not ≤ either
    if error > worst["error"]:
        worst.update(error=float(error), what=what)


def compare(case, net, X, objective):
    """Forward and backward pass of the trace against autograd; returns PyTorch's values."""
    t = net.trace(X, objective.y, mode=case.mode)
    p, everything = as_torch(net)
    values = run_torch(case, everything, X, case.mode == "training")
    loss = mean_loss(case, objective, values) + penalty(net, p)
    loss.backward()
    assert_close("loss", t.loss, loss)
    assert set(values) == set(t.forward_names) - {"a0", "L"}
    output = list(values)[-1]
    for name, value in values.items():
        assert_close(name, t[name], value)
        if name != output:
            assert_close(f"d{name}", t[f"d{name}"], value.grad)
    for name, value in p.items():
        assert_close(f"d{name}", t[f"d{name}"], torch.zeros_like(value) if value.grad is None else value.grad)
    return t, values, output


# --- tests


@pytest.mark.parametrize("seed", range(SEEDS))
def test_random_network(seed):
    case, net, X, objective = random_case(seed)
    t, values, output = compare(case, net, X, objective)
    a = values[output].detach().requires_grad_()
    on_output = objective.on_output(a).mean()
    on_output.backward()
    assert_close(f"d{output}", t[f"d{output}"], a.grad)
    with torch.no_grad():
        prediction = run_torch_without_gradient(case, net, X)
        assert_close("prediction", net.predict(X), prediction[output])
        assert_close("evaluate", net.evaluate(X, objective.y)["loss"], mean_loss(case, objective, prediction))
    worst["networks"] += 1


def run_torch_without_gradient(case, net, X):
    x, values = torch.tensor(X), {}
    _, p = as_torch(net)
    for name, step in case.steps:
        x = values[name] = step(x, p, False)
    return values


@pytest.mark.parametrize("seed", range(SEEDS, SEEDS + 60))
def test_saturated_network(seed):
    """Weights thirty times as large: outputs of exactly 0 and 1, whose losses and gradients are finite all the same."""
    case, net, X, objective = random_case(seed, scale=30.0)
    compare(case, net, X, objective)
    worst["networks"] += 1


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("seed", range(0, SEEDS, 3))
def test_one_training_step(seed, weighted):
    """θ − θ′ of one step of gradient descent with η = 1 is the gradient of Σ wᵢℓᵢ / N + penalties, w of mean 1."""
    case, net, X, objective = random_case(seed, mode="training")
    w = case.rng.uniform(0.0, 3.0, case.n)
    p, everything = as_torch(net)
    values = run_torch(case, everything, X, training=True)
    loss = mean_loss(case, objective, values, torch.tensor(w / w.mean()) if weighted else 1.0)
    (loss + penalty(net, p)).backward()
    before = {k: np.array(v) for k, v in net.parameters.items()}
    history = net.fit(
        X,
        objective.y,
        optimizer=cp.GradientDescent(1.0),
        epochs=1,
        batch_size=case.n,
        shuffle=False,
        sample_weight=w if weighted else None,
    )
    assert_close("loss of the step", history["loss"][0], loss)
    for name, value in p.items():
        gradient = torch.zeros_like(value) if value.grad is None else value.grad
        assert_close(f"step of {name}", before[name] - net.parameters[name], gradient, scale=before[name])


def test_every_activation_and_loss_is_drawn():
    from clearprop.nn import ACTIVATIONS, LOSSES

    assert set(NAMED) | {"exp"} == set(ACTIVATIONS)  # exp is for the outputs of Poisson
    drawn = {repr(net.hyperparameters["loss"]).split("(")[0] for _, net, _, _ in map(random_case, range(60))}
    assert drawn == {type(loss).__name__ for loss in LOSSES.values()}
