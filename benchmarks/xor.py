"""XOR by a 2-2-1 network: the share of 50 fixed seeds that get all four corners right.

Two hidden units are the fewest that can do it, and gradient descent does not always find the way.
"""

from __future__ import annotations

import numpy as np

import clearprop as cp

X = np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]])
Y = np.array([0, 1, 1, 0])
SEEDS = range(50)


def solved(activation, seed):
    layers = [cp.Dense(2, activation, init=cp.Normal(1.0)), cp.Dense(1, "sigmoid", init=cp.Normal(1.0))]
    net = cp.Network(2, layers, "binary_cross_entropy", seed=seed)
    net.fit(X, Y, optimizer=cp.Adam(0.05), epochs=1000, batch_size=4)
    return bool(((net.predict(X)[:, 0] > 0.5) == Y).all())


def main():
    print("2-2-1, weights N(0, 1), biases 0, Adam 0.05, 1000 full-batch steps, seeds 0 … 49")
    for activation in ("tanh", "sigmoid"):
        share = sum(solved(activation, seed) for seed in SEEDS)
        print(f"{activation:8s} {share}/50 reach 4/4")


if __name__ == "__main__":
    main()
