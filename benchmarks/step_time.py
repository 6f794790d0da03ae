"""Time of a training step on the reference executor, beside the bare matrix products of the step in NumPy.

Medians of interleaved runs, one thread, float32, Adam. The reference defines what is right; it is not meant to be fast.
"""

from __future__ import annotations

import platform
import statistics
import time
from itertools import pairwise

import numpy as np

import clearprop as cp
from clearprop.execute.blas import single_threaded
from clearprop.graph import simplify

NETWORKS = {
    "tiny 2-4-1": ([2, 4, 1], 32),
    "small 16-32-32-2": ([16, 32, 32, 2], 64),
    "tabular 64-128-128-2": ([64, 128, 128, 2], 256),
    "mnist 784-512-512-10": ([784, 512, 512, 10], 128),
}


def products(sizes, n):
    """The 3L − 1 products of a step: forward, dW, and dX for all layers but the first."""
    rng = np.random.default_rng(0)
    A = [rng.normal(size=(n, s)).astype(np.float32) for s in sizes]
    W = [rng.normal(size=(a, b)).astype(np.float32) for a, b in pairwise(sizes)]
    Z = [np.empty((n, s), np.float32) for s in sizes]
    dW = [np.empty_like(w) for w in W]

    def run():
        for k, w in enumerate(W):
            np.matmul(A[k], w, out=Z[k + 1])
            np.matmul(A[k].T, A[k + 1], out=dW[k])
            if k:
                np.matmul(A[k + 1], w.T, out=Z[k])

    return run


def step(sizes, n):
    """One planned training step, without the loop around it."""
    k = sizes[-1]
    hidden = [cp.Dense(s, "relu") for s in sizes[1:-1]]
    output = cp.Dense(1, "sigmoid") if k == 1 else cp.Dense(k, "softmax")
    net = cp.Network(sizes[0], [*hidden, output], "binary_cross_entropy" if k == 1 else "cross_entropy")
    rng = np.random.default_rng(0)
    program = cp.Reference().load(simplify(net.step_graph()))
    values = {}
    for name, node in net.step_graph().inputs.items():
        shape = [n if d is cp.N else d for d in node.shape]
        values[name] = np.full(shape, 0.5, "float64" if node.dtype == "f64" else "float32")
    values |= net.arrays() | {"X": rng.normal(size=(n, sizes[0])).astype(np.float32)}
    values["y"] = rng.integers(0, 2, n) if k > 1 else rng.integers(0, 2, (n, 1)).astype(np.float32)
    return lambda: program.run(values)


def measure(functions, seconds=1.5):
    times = [[] for _ in functions]
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        for record, function in zip(times, functions, strict=True):
            start = time.perf_counter()
            function()
            record.append(time.perf_counter() - start)
    return [(statistics.median(t), min(t)) for t in times]


def main():
    print(f"{platform.processor() or platform.machine()}, Python {platform.python_version()}, NumPy {np.__version__}")
    print(f"{'network':24s} {'batch':>5s} {'step µs':>9s} {'products µs':>12s} {'ratio':>6s}")
    with single_threaded():
        for name, (sizes, n) in NETWORKS.items():
            (ours, _), (bare, _) = measure([step(sizes, n), products(sizes, n)])
            print(f"{name:24s} {n:5d} {ours * 1e6:9.1f} {bare * 1e6:12.1f} {ours / bare:6.1f}")


if __name__ == "__main__":
    main()
