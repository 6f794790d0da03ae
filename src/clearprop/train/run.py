"""The mutable state of a training run: all that a checkpoint must hold to go on bit for bit."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from clearprop.errors import InvalidValueError
from clearprop.execute import Array, Program, Session, as_array
from clearprop.graph import DTYPES, show_shape
from clearprop.nn import Architecture
from clearprop.train.history import History
from clearprop.train.optimizers import Optimizer


@dataclass
class Run:
    """Parameters, optimizer state and counters.

    Attributes:
        parameters: parameters and running states, by name. Training brings these arrays up to date after each call of
            the executor; whoever else writes to them says so by `assign` or `restore`.
        slots: the optimizer's arrays, by name: m.W1, v.W1. Those that the session has are not here.
        session: where the executor keeps what it trains, from fit to fit.
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
    session: Session | None = None

    def begin(self, optimizer: Optimizer, slots: dict[str, tuple[int, ...]], dtype: str) -> None:
        """Start a fit: go on with the optimizer's arrays if it is of the same kind, else with new ones."""
        if self.session is not None and not self.session.alive:
            self._warn_of_loss()
            self.forget_optimizer()
        if self.optimizer != type(optimizer).__name__ or self._slot_shapes() != slots:
            self.session = None
            self.slots = {name: np.zeros(shape, DTYPES[dtype]) for name, shape in slots.items()}
            self.optimizer, self.step = type(optimizer).__name__, 0
        self.done, self.waited, self.plateau_waited = 0, 0, 0
        self.rate_factor, self.best, self.plateau_best = 1.0, None, None
        self.best_parameters, self.history = {}, History()

    def open(self, program: Program, inputs: Iterable[str]) -> Session:
        """The session that trains these inputs of a program: that of the fit before, if the program can go on with it.

        Raises:
            InvalidValueError: if a parameter to start from is not finite.
        """
        if self.session is not None and self.session.program == program:
            return self.session
        for name, array in self.parameters.items():
            if not np.isfinite(array).all():
                raise InvalidValueError(f"{name} holds numbers that are not finite", "finite numbers to start from")
        slots = self.optimizer_arrays() or {}
        arrays = self.parameters | slots
        state = {name: arrays[name] for name in inputs if name in arrays}
        self.session = program.open(state, [name for name in self.parameters if name in state])
        self.slots = {name: a for name, a in slots.items() if name not in state}
        return self.session

    def optimizer_arrays(self) -> dict[str, Array] | None:
        """The optimizer's arrays, those in the session as copies; None while another thread trains them."""
        if self.session is None:
            return self.slots
        held = self.session.read(name for name in self.session.shapes if name not in self.parameters)
        return None if held is None else self.slots | held

    def _slot_shapes(self) -> dict[str, tuple[int, ...]]:
        held = {} if self.session is None else self.session.shapes
        here = {name: a.shape for name, a in self.slots.items()}
        return here | {name: shape for name, shape in held.items() if name not in self.parameters}

    def __getstate__(self) -> dict[str, Any]:
        """What a copy or a pickle has: arrays instead of the session."""
        slots = self.optimizer_arrays()
        if slots is None:
            self._warn_of_loss()
            return self.__dict__ | {"session": None, "slots": {}, "optimizer": ""}
        return self.__dict__ | {"session": None, "slots": slots}

    def _warn_of_loss(self) -> None:
        """Say that the optimizer starts anew because its arrays are out of reach."""
        if self.step > 0 and self.session is not None and set(self.session.shapes) - set(self.parameters):
            warnings.warn(
                "the optimizer's arrays are in use by a training under way, in another thread or in the process that "
                "this one was forked from: here training goes on from the weights alone, the optimizer starts anew",
                RuntimeWarning,
                stacklevel=2,
            )

    def forget_optimizer(self) -> None:
        """Let the next fit start the optimizer anew."""
        self.session, self.slots, self.optimizer = None, {}, ""

    def assign(self, name: str, values: Array) -> None:
        """Set a parameter, here and where it is trained."""
        np.copyto(self.parameters[name], values)
        if self.session is not None:
            self.session.assigned(name)

    def snapshot(self) -> dict[str, Array]:
        """A copy of the parameters."""
        return {name: a.copy() for name, a in self.parameters.items()}

    def restore(self, parameters: dict[str, Array]) -> None:
        """Copy parameters back into place."""
        for name, a in parameters.items():
            self.assign(name, a)

    def in_place_of(self, other: Run) -> Run:
        """This run, its numbers in the other's arrays, which people may be looking at."""
        other.restore(self.parameters)
        self.parameters = other.parameters
        return self

    def to_parts(self) -> tuple[dict[str, Any], dict[str, Array]]:
        """As plain data and arrays, for a checkpoint."""
        plain = {name: getattr(self, name) for name in _PLAIN}
        arrays: dict[str, Array] = {}
        slots = self.optimizer_arrays() or {}
        for group, each in zip(_ARRAYS, (self.parameters, slots, self.best_parameters), strict=True):
            arrays |= {f"{group}/{name}": a for name, a in each.items()}
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
