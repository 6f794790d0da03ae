"""XOR: one neuron gets three corners right, a network with a hidden layer all four; then its numbers."""

import numpy as np

import clearprop as cp

X = np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]])
y = np.array([0, 1, 1, 0])

for hidden in ([], [cp.Dense(4, "tanh")]):
    net = cp.Network(2, [*hidden, cp.Dense(1, "sigmoid")], loss="binary_cross_entropy", seed=1)
    net.fit(X, y, optimizer=cp.Adam(0.1), epochs=300, batch_size=4)
    right = int(((net.predict(X)[:, 0] > 0.5) == y).sum())
    print(f"{net}: {right} of 4 right")

print(net.trace(X, y))
print(net.step_graph(cp.GradientDescent()))
