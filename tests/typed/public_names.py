"""What a type checker makes of the public names: right uses are typed, wrong ones are seen.

`make lint` has mypy read this file; nothing runs it. What is wrong is marked so: strict mypy complains of a mark where
nothing is wrong. That every name exists it finds in the stub itself.
"""

from typing import Any, assert_type

import clearprop as cp
from clearprop import *  # noqa: F403


def right() -> None:
    """Names through the package and through a star import."""
    net = cp.Network(3, [cp.Dense(4, "tanh"), cp.Dense(1)], "squared_error")
    assert_type(net, Network)  # noqa: F405
    assert_type(cp.exp(cp.variable("x")), cp.Node)
    assert_type(cp.TableModel.train(None, "y").model.predict_proba(None).shape, tuple[Any, ...])
    assert_type(cp.__version__, str)
    cp.layers.Affine([[1.0]], [0.0])


def wrong() -> None:
    """A name that is not there, one that is not public, arguments that do not fit."""
    cp.Densee  # type: ignore[attr-defined]  # noqa: B018
    cp.lazily  # type: ignore[attr-defined]  # noqa: B018
    cp.Network("three", [])  # type: ignore[arg-type]
    cp.Adam(learning_rat=0.1)  # type: ignore[call-arg]
