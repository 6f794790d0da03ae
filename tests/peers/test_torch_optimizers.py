"""Ten steps of every optimizer against torch.optim, in float64 within 1e-8: weight decay, clipping, schedules."""

from __future__ import annotations

import math

import numpy as np
import pytest

import clearprop as cp

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.peers
O, S = torch.optim, torch.optim.lr_scheduler

TOLERANCE = 1e-8
worst = {"error": 0.0, "what": "nothing", "runs": 0}
rng = np.random.default_rng(0)
X, Y = rng.normal(size=(16, 3)), rng.normal(size=(16, 2))
LR = 0.05


@pytest.fixture(scope="module", autouse=True)
def report():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
    print(f"\n{worst['runs']} runs of optimizers, largest error {worst['error']:.1e} ({worst['what']})")


def network(norm=None, **options):
    """No bias before a batch normalisation, which takes it out again: its gradient is rounding error and no more."""
    layers = [cp.Dense(5, bias=norm is None), *([norm] if norm else []), cp.Activation("tanh"), cp.Dense(2)]
    return cp.Network(3, layers, "mean_squared_error", dtype="float64", **options)


class Peer:
    """The same network in PyTorch, with the same weights."""

    def __init__(self, net):
        self.p = {k: torch.tensor(np.array(v), requires_grad=True) for k, v in net.parameters.items()}
        self.start = {k: np.array(v) for k, v in net.parameters.items()}
        self.norm = torch.nn.BatchNorm1d(5, dtype=torch.float64, momentum=0.2)
        if "gamma1" in self.p:
            self.norm.weight, self.norm.bias = (torch.nn.Parameter(self.p[k]) for k in ("gamma1", "beta1"))
            self.p |= {"gamma1": self.norm.weight, "beta1": self.norm.bias}

    def loss(self, x, y):
        z = x @ self.p["W1"]
        a = torch.tanh(z + self.p["b1"] if "b1" in self.p else self.norm(z)) @ self.p["W2"] + self.p["b2"]
        return ((a - y) ** 2).mean()

    def groups(self, decay):
        """Weight decay is for weight matrices, not for biases and scales."""
        weights = [v for k, v in self.p.items() if k.startswith("W")]
        others = [v for k, v in self.p.items() if not k.startswith("W")]
        return [{"params": weights, "weight_decay": decay}, {"params": others, "weight_decay": 0.0}]

    def train(self, make, decay=0.0, schedule=None, batch_size=16, epochs=10, clip_value=None, clip_norm=None):
        """Full batches, or mini-batches in order; the schedule goes on after every step. Returns the learning rates."""
        optimizer = make(self.groups(decay))
        scheduler = schedule(optimizer) if schedule else None
        rates = []
        for _ in range(epochs):
            for start in range(0, len(X), batch_size):
                rows = slice(start, start + batch_size)
                optimizer.zero_grad()
                self.loss(torch.tensor(X[rows]), torch.tensor(Y[rows])).backward()
                if clip_value:
                    torch.nn.utils.clip_grad_value_(self.p.values(), clip_value)
                if clip_norm:
                    torch.nn.utils.clip_grad_norm_(self.p.values(), clip_norm)
                rates.append(optimizer.param_groups[0]["lr"])
                optimizer.step()
                if scheduler:
                    scheduler.step()
        return rates

    def assert_equals(self, net, what):
        error = max(float(np.abs(net.parameters[k] - v.detach().numpy()).max()) for k, v in self.p.items())
        assert error < TOLERANCE
        assert all(np.abs(net.parameters[k] - v).max() > 1e-4 for k, v in self.start.items()), "nothing moved"
        worst["runs"] += 1
        if error > worst["error"]:
            worst.update(error=error, what=what)


def fit(net, optimizer, epochs=10, batch_size=16):
    return net.fit(X, Y, optimizer=optimizer, epochs=epochs, batch_size=batch_size, shuffle=False)


PAIRS = {
    "gradient descent": (cp.GradientDescent, {}, O.SGD, {}),
    "SGD": (cp.SGD, {"momentum": 0.0}, O.SGD, {}),
    "momentum": (cp.SGD, {"momentum": 0.9}, O.SGD, {"momentum": 0.9}),
    "Nesterov": (
        cp.SGD,
        {"momentum": 0.8, "nesterov": True},
        O.SGD,
        {"momentum": 0.8, "nesterov": True},
    ),
    "AdaGrad": (cp.AdaGrad, {}, O.Adagrad, {}),
    "AdaGrad, ε": (cp.AdaGrad, {"epsilon": 0.01}, O.Adagrad, {"eps": 0.01}),
    "RMSProp": (cp.RMSProp, {}, O.RMSprop, {}),
    "RMSProp, β, ε": (cp.RMSProp, {"beta": 0.7, "epsilon": 0.01}, O.RMSprop, {"alpha": 0.7, "eps": 0.01}),
    "Adam": (cp.Adam, {}, O.Adam, {}),
    "Adam, β, ε": (
        cp.Adam,
        {"beta1": 0.5, "beta2": 0.8, "epsilon": 0.01},
        O.Adam,
        {"betas": (0.5, 0.8), "eps": 0.01},
    ),
    "AdamW": (cp.AdamW, {}, O.AdamW, {}),
    "AdamW, β, ε": (
        cp.AdamW,
        {"beta1": 0.5, "beta2": 0.8, "epsilon": 0.01},
        O.AdamW,
        {"betas": (0.5, 0.8), "eps": 0.01},
    ),
}


def pair(name, rate=LR, **options):
    """clearprop's optimizer, and what makes PyTorch's from parameter groups."""
    ours, our_options, theirs, their_options = PAIRS[name]
    return ours(rate, **our_options, **options), lambda groups: theirs(groups, lr=LR, **their_options)


CLIPS = [{}, {"clip_value": 0.01}, {"clip_norm": 0.05}, {"clip_norm": 1e3}, {"clip_value": 0.05, "clip_norm": 0.1}]
SIMPLE = [name for name in PAIRS if "," not in name]


@pytest.mark.parametrize("name", PAIRS)
@pytest.mark.parametrize("decay", [0.0, 0.1])
@pytest.mark.parametrize("clip", CLIPS, ids=["no clip", "value", "norm", "large norm", "both"])
def test_ten_steps(name, decay, clip):
    net = network()
    peer = Peer(net)
    ours, theirs = pair(name, weight_decay=decay, **clip)
    peer.train(theirs, decay, **clip)
    fit(net, ours)
    peer.assert_equals(net, f"{name}, decay {decay}, {clip}")


def test_every_optimizer_is_here():
    from clearprop.train.optimizers import OPTIMIZERS

    assert {ours for ours, *_ in PAIRS.values()} == set(OPTIMIZERS.values())


def test_defaults_are_those_of_pytorch():
    """Every default but SGD's learning rate."""
    p = [torch.zeros(1)]
    adam, adamw, rmsprop, adagrad = (f(p).defaults for f in (O.Adam, O.AdamW, O.RMSprop, O.Adagrad))
    for ours, theirs in ((cp.Adam(), adam), (cp.AdamW(), adamw)):
        assert (ours.beta1, ours.beta2) == theirs["betas"]
        assert (ours.learning_rate, ours.epsilon, ours.weight_decay) == tuple(
            theirs[k] for k in ("lr", "eps", "weight_decay")
        )
    assert (cp.RMSProp().learning_rate, cp.RMSProp().beta, cp.RMSProp().epsilon) == tuple(
        rmsprop[k] for k in ("lr", "alpha", "eps")
    )
    assert (cp.AdaGrad().learning_rate, cp.AdaGrad().epsilon) == (adagrad["lr"], adagrad["eps"])


@pytest.mark.parametrize("name", SIMPLE)
def test_mini_batches_of_unequal_size(name):
    net = network()
    peer = Peer(net)
    ours, theirs = pair(name, weight_decay=0.1)
    peer.train(theirs, 0.1, batch_size=6, epochs=4)
    fit(net, ours, epochs=4, batch_size=6)
    peer.assert_equals(net, f"{name}, mini-batches")


def test_a_second_fit_goes_on():
    """With the optimizer's state and its step count."""
    net = network()
    peer = Peer(net)
    ours, theirs = pair("Adam")
    peer.train(theirs)
    fit(net, ours, epochs=4)
    fit(net, ours, epochs=6)
    peer.assert_equals(net, "Adam in two fits")


# --- schedules


def formula(rate):
    """A schedule of PyTorch's that gives rate(t) at step t."""
    return lambda o: S.LambdaLR(o, lambda t: rate(t) / LR)


def then_cosine(o):
    """A rise over four steps, multiplied into a cosine."""
    return formula(lambda t: min(1.0, (t + 1) / 4) * 0.5 * LR * (1 + math.cos(math.pi * t / 10)))(o)


SCHEDULES = {
    "step decay": (cp.StepDecay(LR, 0.5, 3), lambda o: S.StepLR(o, 3, 0.5)),
    "exponential": (cp.StepDecay(LR, 0.8, 1), lambda o: S.ExponentialLR(o, 0.8)),
    "cosine": (cp.Cosine(LR), lambda o: S.CosineAnnealingLR(o, 10)),
    "cosine to a floor": (cp.Cosine(LR, final=0.01), lambda o: S.CosineAnnealingLR(o, 10, eta_min=0.01)),
    "warm-up": (cp.WarmUp(LR, steps=4), lambda o: S.LinearLR(o, 0.25, total_iters=3)),
    "long warm-up": (cp.WarmUp(LR, steps=100), formula(lambda t: LR * (t + 1) / 100)),
    "warm-up, then cosine": (cp.WarmUp(cp.Cosine(LR), steps=4), then_cosine),
}


@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("name", SIMPLE)
def test_schedules(name, schedule):
    rate, scheduler = SCHEDULES[schedule]
    net = network()
    peer = Peer(net)
    ours, theirs = pair(name, rate, weight_decay=0.1)
    rates = peer.train(theirs, 0.1, schedule=scheduler)
    history = fit(net, ours)
    np.testing.assert_allclose(history["learning_rate"], rates, rtol=1e-12, atol=1e-15)
    peer.assert_equals(net, f"{name}, {schedule}")


def test_schedules_of_mini_batches():
    """Cosine and warm-up go by steps, step decay goes by epochs: 2 steps in each of 5."""
    for ours, theirs in (
        (cp.Cosine(LR), lambda o: S.CosineAnnealingLR(o, 10)),
        (cp.WarmUp(LR, steps=4), lambda o: S.LinearLR(o, 0.25, total_iters=3)),
        (cp.StepDecay(LR, 0.5, 2), lambda o: S.StepLR(o, 4, 0.5)),
    ):
        net = network()
        peer = Peer(net)
        rates = peer.train(pair("Adam")[1], schedule=theirs, batch_size=8, epochs=5)
        history = fit(net, cp.Adam(ours), epochs=5, batch_size=8)
        np.testing.assert_allclose(history["learning_rate"], rates[1::2], rtol=1e-12, atol=1e-15)
        peer.assert_equals(net, f"{ours}, mini-batches")


def test_reduce_on_plateau():
    """PyTorch accepts `patience` bad epochs and lowers the rate after one more; clearprop after `patience` of them."""
    values = [1.0, 0.9, 0.95, 0.95, 0.95, 0.8, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9]
    optimizer = O.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    scheduler = S.ReduceLROnPlateau(optimizer, factor=0.5, patience=1, threshold=0.0)
    expected = []
    for value in values:
        expected.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step(value)
    assert len(set(expected)) > 2, "the rate did fall"
    given = iter(values)

    def score(y, a):
        return -next(given)  # of a function's values more is better

    history = cp.Network(1, [cp.Dense(1)], "squared_error", dtype="float64").fit(
        [[0.0], [0.0]],
        [0.0, 0.0],
        optimizer=cp.GradientDescent(cp.ReduceOnPlateau(1.0, patience=2, monitor="validation_score")),
        epochs=len(values),
        validation=([[0.0]], [0.0]),
        metrics=[score],
    )
    assert history["learning_rate"] == expected


# --- batch normalisation under training


@pytest.mark.parametrize("name", SIMPLE)
@pytest.mark.parametrize("batch_size", [16, 8, 5])
def test_batch_norm_in_training(name, batch_size):
    """Parameters, γ and β without weight decay, and running statistics after ten epochs."""
    net = network(cp.BatchNorm(momentum=0.2))
    peer = Peer(net)
    ours, theirs = pair(name, weight_decay=0.1)
    # A last batch of one row joins the one before; PyTorch is given the same batches.
    rows = [(0, 5), (5, 10), (10, 16)] if batch_size == 5 else [(i, i + batch_size) for i in range(0, 16, batch_size)]
    optimizer = theirs(peer.groups(0.1))
    for _ in range(10):
        for a, b in rows:
            optimizer.zero_grad()
            peer.loss(torch.tensor(X[a:b]), torch.tensor(Y[a:b])).backward()
            optimizer.step()
    fit(net, ours, batch_size=batch_size)
    peer.assert_equals(net, f"{name}, batch normalisation")
    for ours, theirs in (("running_mean1", peer.norm.running_mean), ("running_var1", peer.norm.running_var)):
        np.testing.assert_allclose(net.running[ours], theirs.numpy(), rtol=0, atol=TOLERANCE)
    peer.norm.eval()
    with torch.no_grad():
        assert net.evaluate(X, Y)["loss"] == pytest.approx(peer.loss(torch.tensor(X), torch.tensor(Y)).item(), abs=1e-8)


@pytest.mark.parametrize("name", SIMPLE)
def test_penalties_are_part_of_the_loss(name):
    """l2 is weight decay for every optimizer but AdamW; l1 adds its sign."""
    net = network(l1=0.01, l2=0.1)
    peer = Peer(net)
    ours, theirs = pair(name, **({"weight_decay": 0.0} if name == "AdamW" else {}))
    data_loss = peer.loss

    def with_penalties(x, y):
        weights = [peer.p["W1"], peer.p["W2"]]
        return data_loss(x, y) + sum(0.01 * W.abs().sum() + 0.05 * (W**2).sum() for W in weights)

    peer.loss = with_penalties
    peer.train(theirs)
    fit(net, ours)
    peer.assert_equals(net, f"{name}, penalties")
