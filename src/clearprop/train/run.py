"""The mutable state of a training run: all that a checkpoint must hold to go on bit for bit."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from clearprop.errors import InvalidValueError
from clearprop.execute import Array, as_array
from clearprop.graph import DTYPES, show_shape
from clearprop.nn import Architecture
from clearprop.train.history import History
from clearprop.train.optimizers import Optimizer


@dataclass
class Run:
    """Parameters, optimizer state and counters.

    Attributes:
        parameters: parameters and running states, by name.
        slots: the optimizer's arrays, by name: m.W1, v.W1.
        optimizer: name of the class the slots belong to.
        step: optimizer steps so far; Adam's t.
        epoch: epochs so far, over all fits; the shuffle of an epoch depends on it.
        done: epochs finished in the current fit.
        history: of the current fit.
        best: the best monitored value of the current fit, with its parameters.
        waited: epochs since then.
        rate_factor, plateau_best, plateau_waited: the state of `ReduceOnPlateau`.
    """

    parameters: dict[str, Array]
    slots: dict[str, Array] = field(default_factory=dict)
    optimizer: str = ""
    step: int = 0
    epoch: int = 0
    done: int = 0
    history: History = field(default_factory=History)
    best: float | None = None
    best_parameters: dict[str, Array] = field(default_factory=dict)
    waited: int = 0
    rate_factor: float = 1.0
    plateau_best: float | None = None
    plateau_waited: int = 0

    def begin(self, optimizer: Optimizer, slots: dict[str, tuple[int, ...]], dtype: str) -> None:
        """Start a fit: go on with the optimizer's arrays if it is of the same kind, else with new ones."""
        shapes = {name: a.shape for name, a in self.slots.items()}
        if self.optimizer != type(optimizer).__name__ or shapes != slots:
            self.slots = {name: np.zeros(shape, DTYPES[dtype]) for name, shape in slots.items()}
            self.optimizer, self.step = type(optimizer).__name__, 0
        self.done, self.waited, self.plateau_waited = 0, 0, 0
        self.rate_factor, self.best, self.plateau_best = 1.0, None, None
        self.best_parameters, self.history = {}, History()

    def forget_optimizer(self) -> None:
        """Let the next fit start the optimizer anew."""
        for a in self.slots.values():
            a[...] = 0
        self.optimizer = ""

    def snapshot(self) -> dict[str, Array]:
        """A copy of the parameters."""
        return {name: a.copy() for name, a in self.parameters.items()}

    def restore(self, parameters: dict[str, Array]) -> None:
        """Copy parameters back into place."""
        for name, a in parameters.items():
            np.copyto(self.parameters[name], a)

    def in_place_of(self, other: Run) -> Run:
        """This run, its numbers in the other's arrays, which people may be looking at."""
        other.restore(self.parameters)
        self.parameters = other.parameters
        return self

    def to_parts(self) -> tuple[dict[str, Any], dict[str, Array]]:
        """As plain data and arrays, for a checkpoint."""
        plain = {name: getattr(self, name) for name in _PLAIN}
        arrays: dict[str, Array] = {}
        for group in _ARRAYS:
            arrays |= {f"{group}/{name}": a for name, a in getattr(self, group).items()}
        return {**plain, "history": self.history.to_dict()}, arrays

    @classmethod
    def from_parts(cls, plain: dict[str, Any], arrays: dict[str, Array]) -> Run:
        """The inverse of `to_parts`.

        Raises:
            KeyError, TypeError, ValueError, AttributeError, OverflowError: if something is missing or of a wrong kind.
        """
        groups: dict[str, Any] = {group: {} for group in _ARRAYS}
        for key, a in arrays.items():
            group, _, name = key.partition("/")
            groups[group][name] = a
        history = History.from_dict(plain["history"])
        return cls(history=history, **{name: plain[name] for name in _PLAIN}, **groups)


_PLAIN = ("optimizer", "step", "epoch", "done", "best", "waited", "rate_factor", "plateau_best", "plateau_waited")
_ARRAYS = ("parameters", "slots", "best_parameters")


def initial_parameters(architecture: Architecture, seed: int, dtype: str) -> dict[str, Array]:
    """Draw every parameter: a pure function of the seed and of the parameter's place in the network.

    Raises:
        InvalidValueError: for starting values that are too large for the dtype, or that a model file did not keep.
    """
    drawn: dict[str, Array] = {}
    for i, (name, p) in enumerate(architecture.parameters.items()):
        rng = np.random.Generator(np.random.Philox(key=[seed, i]))
        values = as_array(name, p.initializer.draw(rng, p.shape, p.fan_in, p.fan_out))
        with np.errstate(over="ignore" if p.is_given else "warn"):
            drawn[name] = np.array(np.broadcast_to(values, p.shape), DTYPES[dtype], order="C")
        if p.is_given and not np.isfinite(drawn[name]).all():
            raise InvalidValueError(
                f"{name} of shape {show_shape(p.shape)} given as numbers beyond {DTYPES[dtype]}",
                f"numbers up to {np.finfo(DTYPES[dtype]).max:.1g}",
                "Network(..., dtype='float64')",
            )
    return drawn
