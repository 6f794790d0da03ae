"""Ten steps of every optimizer against torch.optim, in float64 within 1e-8."""

from __future__ import annotations

import numpy as np
import pytest

import clearprop as cp

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.peers

rng = np.random.default_rng(0)
X, Y = rng.normal(size=(16, 3)), rng.normal(size=(16, 2))
LR = 0.05


def network():
    return cp.Network(3, [cp.Dense(5, "tanh"), cp.Dense(2)], "mean_squared_error", dtype="float64")


def torch_run(make, net, steps=10, clip_value=None, clip_norm=None, schedule=None, decay=0.0):
    p = {k: torch.tensor(np.array(v), requires_grad=True) for k, v in net.parameters.items()}
    weights = [v for k, v in p.items() if k.startswith("W")]
    biases = [v for k, v in p.items() if k.startswith("b")]
    optimizer = make([{"params": weights, "weight_decay": decay}, {"params": biases, "weight_decay": 0.0}])
    scheduler = schedule(optimizer) if schedule else None
    x, y = torch.tensor(X), torch.tensor(Y)
    for _ in range(steps):
        optimizer.zero_grad()
        a = torch.tanh(x @ p["W1"] + p["b1"]) @ p["W2"] + p["b2"]
        ((a - y) ** 2).mean().backward()
        if clip_value:
            torch.nn.utils.clip_grad_value_(p.values(), clip_value)
        if clip_norm:
            torch.nn.utils.clip_grad_norm_(p.values(), clip_norm)
        optimizer.step()
        if scheduler:
            scheduler.step()
    return {k: v.detach().numpy() for k, v in p.items()}


def ten_steps(net, optimizer):
    net.fit(X, Y, optimizer=optimizer, epochs=10, batch_size=16, shuffle=False)
    return net.parameters


O = torch.optim
PAIRS = {
    "gradient_descent": (cp.GradientDescent, lambda g: O.SGD(g, LR)),
    "momentum": (cp.SGD, lambda g: O.SGD(g, LR, momentum=0.9)),
    "nesterov": (
        lambda lr, **k: cp.SGD(lr, 0.8, nesterov=True, **k),
        lambda g: O.SGD(g, LR, momentum=0.8, nesterov=True),
    ),
    "adagrad": (cp.AdaGrad, lambda g: O.Adagrad(g, LR)),
    "rmsprop": (cp.RMSProp, lambda g: O.RMSprop(g, LR)),
    "adam": (cp.Adam, lambda g: O.Adam(g, LR)),
    "adamw": (cp.AdamW, lambda g: O.AdamW(g, LR)),
}


@pytest.mark.parametrize("name", PAIRS)
@pytest.mark.parametrize("decay", [0.0, 0.1])
@pytest.mark.parametrize("clip", [{}, {"clip_value": 0.01}, {"clip_norm": 0.05}], ids=["", "value", "norm"])
def test_ten_steps(name, decay, clip):
    ours, theirs = PAIRS[name]
    net = network()
    start = {k: np.array(v) for k, v in net.parameters.items()}
    expected = torch_run(theirs, net, decay=decay, **clip)
    found = ten_steps(net, ours(LR, weight_decay=decay, **clip))
    error = max(np.abs(found[k] - expected[k]).max() for k in expected)
    print(f"\n{name} decay {decay} {clip}: {error:.1e}")
    assert error < 1e-8
    assert max(np.abs(found[k] - start[k]).max() for k in start) > 1e-3, "the parameters did move"


S = torch.optim.lr_scheduler
SCHEDULES = {
    "step": (cp.StepDecay(LR, 0.5, 3), lambda o: S.StepLR(o, 3, 0.5)),
    "cosine": (cp.Cosine(LR), lambda o: S.CosineAnnealingLR(o, 10)),
    "warm-up": (cp.WarmUp(LR, steps=4), lambda o: S.LinearLR(o, 0.25, total_iters=3)),
}


@pytest.mark.parametrize("name", SCHEDULES)
def test_schedules(name):
    ours, theirs = SCHEDULES[name]
    net = network()
    expected = torch_run(PAIRS["adam"][1], net, schedule=theirs)
    found = ten_steps(net, cp.Adam(ours))
    assert max(np.abs(found[k] - expected[k]).max() for k in expected) < 1e-8


def test_batch_norm_running_statistics():
    net = cp.Network(3, [cp.Dense(4), cp.BatchNorm(momentum=0.2), cp.Dense(2)], "mean_squared_error", dtype="float64")
    norm = torch.nn.BatchNorm1d(4, momentum=0.2, dtype=torch.float64)
    W1 = torch.tensor(np.array(net.parameters["W1"]))
    norm.train()
    for start in (0, 8):
        norm(torch.tensor(X[start : start + 8]) @ W1)
    net.fit(X, Y, optimizer=cp.GradientDescent(1e-15), epochs=1, batch_size=8, shuffle=False)
    np.testing.assert_allclose(net.running["running_mean1"], norm.running_mean.numpy(), rtol=1e-9)
    np.testing.assert_allclose(net.running["running_var1"], norm.running_var.numpy(), rtol=1e-9)
