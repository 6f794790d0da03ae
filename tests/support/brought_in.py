"""What every network that was brought in from elsewhere must be able to do."""

from __future__ import annotations

from typing import Any

import numpy as np

import clearprop as cp


def require_alive(net: cp.Network, X: Any, y: Any, frozen: tuple[str, ...] = (), **options: Any) -> None:
    """Its gradients are right, it is explained, and trains on: all but what is frozen.

    Args:
        net: the network.
        X, y: samples, enough of them that an epoch lowers the loss.
        frozen: the names of the parameters that training leaves alone.
        options: of `fit`.
    """
    parameters = net.architecture.parameters
    assert tuple(name for name, p in parameters.items() if p.is_frozen) == frozen
    assert cp.check_gradients(net, X[:6], y[:6]).ok
    a = net.trace(X[:1], y[:1]).a
    np.testing.assert_allclose(a[len(a) - 1], net.predict(X[:1]), rtol=1e-5, atol=1e-6)  # a trace is float64
    before, kept = net.evaluate(X, y)["loss"], {name: np.array(net.parameters[name]) for name in frozen}
    net.fit(X, y, epochs=1, **options)
    assert net.evaluate(X, y)["loss"] < before
    assert all(np.array_equal(net.parameters[name], a) for name, a in kept.items())
