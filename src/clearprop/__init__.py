"""clearprop: dense neural networks you can read, at the speed of the machine.

    import clearprop as cp

    net = cp.Network(3, [cp.Dense(4, "tanh"), cp.Dense(1, "sigmoid")], loss="binary_cross_entropy")
    net.fit(X, y, optimizer=cp.Adam(1e-2), epochs=50)
    net.predict(X)

There is one graph behind a network: what is drawn, differentiated, planned and run. `cp.variable`, `cp.exp`,
`cp.gradient`, `cp.simplify`, `cp.expand` and `cp.evaluate` work on such graphs directly.

The public names are listed once, in `__init__.pyi`, and loaded when they are first used.
"""

from clearprop.lazy import lazily

__all__, __getattr__, __dir__ = lazily(__name__)
