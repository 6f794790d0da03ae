"""Time of a whole fit, everything included: scikit-learn's digits, one hidden layer of 64, Adam, batches of 32.

python benchmarks/fit_digits.py [--quick]
"""

from __future__ import annotations

import sys
import time
import warnings

import numpy as np
from sklearn.datasets import load_digits
from sklearn.neural_network import MLPClassifier
from timing import Contestant, interleaved, machine, table

import clearprop as cp

X, y = load_digits(return_X_y=True)
X = (X / 16).astype(np.float32)
EPOCHS, BATCH, GOAL = 50, 32, 0.05


def fit_clearprop(epochs=EPOCHS):
    """A new network each time: initial weights, graph, plan, training, history."""
    net = cp.Network(64, [cp.Dense(64, "relu"), cp.Dense(10, "softmax")], "cross_entropy")
    return net.fit(X, y, optimizer=cp.Adam(1e-3), epochs=epochs, batch_size=BATCH).loss


def fit_sklearn(epochs=EPOCHS):
    """MLPClassifier with the same settings, for all epochs."""
    model = MLPClassifier((64,), batch_size=BATCH, max_iter=epochs, tol=0.0, n_iter_no_change=epochs + 1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that it has not converged
        return model.fit(X, y).loss_curve_


def fit_torch(epochs=EPOCHS):
    """A plain loop over shuffled mini-batches."""
    import torch

    net = torch.nn.Sequential(torch.nn.Linear(64, 64), torch.nn.ReLU(), torch.nn.Linear(64, 10))
    optimizer, loss = torch.optim.Adam(net.parameters(), 1e-3), torch.nn.CrossEntropyLoss()
    inputs, targets, curve = torch.tensor(X), torch.tensor(y), []
    for _ in range(epochs):
        total = 0.0
        for rows in torch.randperm(len(inputs)).split(BATCH):
            optimizer.zero_grad()
            value = loss(net(inputs[rows]), targets[rows])
            value.backward()
            optimizer.step()
            total += value.item() * len(rows)
        curve.append(total / len(inputs))
    return curve


FITS = {"clearprop": fit_clearprop, "scikit-learn": fit_sklearn, "PyTorch": fit_torch}


def until(fit) -> tuple[float, int]:
    """Seconds and epochs until the epoch's training loss is below the goal, by the share of a fit of all epochs."""
    start = time.perf_counter()
    curve = fit(4 * EPOCHS)
    seconds = time.perf_counter() - start
    reached = next((i + 1 for i, loss in enumerate(curve) if loss < GOAL), len(curve))
    return seconds * reached / len(curve), reached


def report(quick=False) -> str:
    """Markdown: seconds, ratios, final loss, time to a loss."""
    fits = {}
    for name, fit in FITS.items():
        try:
            fit(1)
            fits[name] = fit
        except ImportError as error:
            print(f"without {name}: {error}")
    times = interleaved({n: Contestant(f) for n, f in fits.items()}, 3.0 if quick else 15.0)
    rows = [["library", "50 epochs", "times clearprop", "final loss", f"until loss < {GOAL}"]]
    for name, fit in fits.items():
        seconds, epochs = until(fit)
        ratio = times[name].median / times["clearprop"].median
        rows.append(
            [name, str(times[name]), f"{ratio:.1f}", f"{fit()[-1]:.4f}", f"{seconds * 1e3:.0f} ms ({epochs} epochs)"]
        )
    return table(rows) + "\n\nAsked: scikit-learn ≥ 10, PyTorch ≥ 30 times clearprop."


def first_step() -> str:
    """Milliseconds from net.fit(…) to the end of the only training step, three layers."""
    A, b = np.random.default_rng(0).normal(size=(64, 64)).astype(np.float32), np.arange(64) % 2
    found = []
    for width in range(100, 120):  # a shape that was not seen before, then the same again
        for _ in range(2):
            net = cp.Network(
                64, [cp.Dense(width, "relu"), cp.Dense(width, "relu"), cp.Dense(2, "softmax")], "cross_entropy"
            )
            start = time.perf_counter()
            net.fit(A, b, epochs=1, batch_size=64)
            found.append((time.perf_counter() - start) * 1e3)
    new, again = np.median(found[::2]), np.median(found[1::2])
    times = f"{new:.1f} ms for a new shape, {again:.1f} ms for a known one"
    return f"From `fit` to the end of the first step: {times} (asked ≤ 20)."


if __name__ == "__main__":
    print(machine(), "\n")
    print(report("--quick" in sys.argv))
    print("\n" + first_step())
