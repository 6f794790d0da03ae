"""One training step of a 2-2-1 network (tanh, sigmoid, cross-entropy) on one sample, in plain NumPy."""

from __future__ import annotations

import numpy as np

import clearprop as cp

RATE = 0.1


def network():
    layers = [cp.Dense(2, "tanh"), cp.Dense(1, "sigmoid")]
    net = cp.Network(2, layers, "binary_cross_entropy", dtype="float64", seed=1)
    net.parameters["b1"], net.parameters["b2"] = [0.25, -0.5], [0.125]
    return net


def trace():
    return network().trace([1.0, 0.0], 1)


def numbers():
    """What the page must show, by part and key: the z of unit 2 is ("value", "z1[2]"), its gradient ("gradient", …)."""
    parameters = network().parameters
    W1, b1, W2, b2 = (np.asarray(parameters[k]) for k in ("W1", "b1", "W2", "b2"))
    x, y = np.array([1.0, 0.0]), 1.0
    z1 = x @ W1 + b1
    a1 = np.tanh(z1)
    z2 = (a1 @ W2 + b2).item()
    a2 = 1 / (1 + np.exp(-z2))
    L = -(y * np.log(a2) + (1 - y) * np.log(1 - a2))
    dz2 = a2 - y
    da1 = dz2 * W2[:, 0]
    dz1 = da1 * (1 - a1**2)
    dW1, dW2 = np.outer(x, dz1), dz2 * a1[:, None]
    arrays = {
        "value": {
            "X": x,
            "W1": W1,
            "b1": b1,
            "z1": z1,
            "a1": a1,
            "W2": W2,
            "b2": b2,
            "z2": z2,
            "a2": a2,
            "y": y,
            "L": L,
        },
        "gradient": {
            "z1": dz1,
            "a1": da1,
            "z2": dz2,
            "a2": -1 / a2,
            "W1": dW1,
            "b1": dz1,
            "W2": dW2,
            "b2": dz2,
            "L": 1.0,
        },
        "new": {"W1": W1 - RATE * dW1, "b1": b1 - RATE * dz1, "W2": W2 - RATE * dW2, "b2": b2 - RATE * dz2},
    }
    found = {(part, key): v for part, of in arrays.items() for name, a in of.items() for key, v in elements(name, a)}
    for j in (0, 1):  # the products on the way to each sum, which hands its gradient on unchanged
        for i in (0, 1):
            found["value", f"z1[{j + 1}].{i + 1}"], found["gradient", f"z1[{j + 1}].{i + 1}"] = x[i] * W1[i, j], dz1[j]
        found["value", f"z2.{j + 1}"], found["gradient", f"z2.{j + 1}"] = a1[j] * W2[j, 0], dz2
    return {key: float(value) for key, value in found.items()}


def elements(name, array):
    """An array's entries by their keys in the page: W1[2,1]; a single one has no index."""
    array = np.asarray(array)
    if array.size == 1:
        return [(name, float(array.reshape(())))]
    return [(f"{name}[{','.join(str(k + 1) for k in i)}]", float(v)) for i, v in np.ndenumerate(array)]
