"""`coefs_` and `intercepts_`, the lists that people read and edit, and the arrays that are trained: W1, b1, …"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from clearprop.arrays import Array
from clearprop.execute import default_executor
from clearprop.graph import DTYPES
from clearprop.nn import Architecture
from clearprop.train import Run, initial_parameters, prediction_program


def named(coefs: list[Array], intercepts: list[Array]) -> dict[str, Array]:
    """The parameters by their names in the network."""
    return {
        **{f"W{i}": W for i, W in enumerate(coefs, 1)},
        **{f"b{i}": b for i, b in enumerate(intercepts, 1)},
    }


def run_of(architecture: Architecture, arrays: dict[str, Array], dtype: str) -> Run:
    """A training run from these parameters; those that are not given start as the layers have it."""
    run = Run(initial_parameters(architecture, 0, dtype))
    take_over(run, arrays)
    return run


def take_over(run: Run, arrays: dict[str, Array]) -> None:
    """Let a run go on from these numbers, whoever changed them since."""
    for name, array in arrays.items():
        run.assign(name, array)


class Predictions:
    """Keeps the predictor of the weights of now.

    They are packed once, and compared at each call, since anybody may have written into them.
    """

    def __init__(self) -> None:
        self._last: Predictor | None = None

    def of(
        self, architecture: Callable[[], Architecture], arrays: dict[str, Array], dtype: str, threads: int | None
    ) -> Predictor:
        """The predictor with these weights."""
        found = self._last
        if found is None or (found.dtype, found.threads) != (dtype, threads) or not found.knows(arrays):
            found = self._last = Predictor(architecture(), arrays, dtype, threads)
        return found

    def __getstate__(self) -> dict[str, None]:
        return {"_last": None}


class Predictor:
    """X → outputs of the last layer, with some weights."""

    def __init__(self, architecture: Architecture, arrays: dict[str, Array], dtype: str, threads: int | None) -> None:
        self.dtype, self.threads = dtype, threads
        self._seen = {name: np.array(a, copy=True) for name, a in arrays.items()}
        program = prediction_program(architecture, default_executor(threads), dtype)
        parameters = {**initial_parameters(architecture, 0, dtype), **arrays}
        typed = {name: np.ascontiguousarray(a, DTYPES[dtype]) for name, a in parameters.items()}
        self._predict = program.bind(typed)

    def knows(self, arrays: dict[str, Array]) -> bool:
        """Whether these are the weights that it has."""
        return self._seen.keys() == arrays.keys() and all(map(np.array_equal, self._seen.values(), arrays.values()))

    def __call__(self, X: Array) -> Array:
        """The outputs, a row for each row of X."""
        return self._predict(np.ascontiguousarray(X, DTYPES[self.dtype]))
