"""What one step costs from Python: `net.step` and `net.trace` on the 2-2-2 network, first and later calls.

`python benchmarks/one_step.py`
"""

from __future__ import annotations

import time

import numpy as np
from timing import Contestant, interleaved, machine

import clearprop as cp

X, Y = np.array([[0.05, 0.10]]), np.array([[0.01, 0.99]])


def network(dtype):
    layers = [cp.Dense(2, "sigmoid", W=[[0.15, 0.25], [0.20, 0.30]], b=0.35), cp.Dense(2, "sigmoid", b=0.6)]
    return cp.Network(2, layers, "squared_error", dtype=dtype)


def by_hand(net):
    """One step as it was written before there was `step`: a trace, and every parameter assigned."""
    t = net.trace(X, Y)
    for layer in (1, 2):
        net.parameters[f"W{layer}"] = net.parameters[f"W{layer}"] - 0.5 * t.dW[layer]
        net.parameters[f"b{layer}"] = net.parameters[f"b{layer}"] - 0.5 * t.db[layer]


def main():
    print(machine())
    for dtype in ("float64", "float32"):
        net = network(dtype)
        ways = {
            "step": lambda net=net: net.step(X, Y, 0.5),
            "step, and its loss": lambda net=net: net.step(X, Y, 0.5).loss,
            "trace": lambda net=net: net.trace(X, Y),
            "trace, all its values": lambda net=net: net.trace(X, Y).values,
            "the loop by hand": lambda net=net: by_hand(net),
        }
        first = {}
        for name, way in ways.items():
            start = time.perf_counter()
            way()
            first[name] = time.perf_counter() - start
        calls = {name: Contestant(lambda way=way: [way() for _ in range(200)], 200) for name, way in ways.items()}
        for name, timing in interleaved(calls, seconds=4).items():
            print(f"{dtype}  {name:22s}  first {first[name] * 1e3:5.1f} ms, then {timing}")


if __name__ == "__main__":
    main()
