"""The bench: a live network of the real engine, its samples and its training, with the way that it has come."""

from __future__ import annotations

import itertools
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from clearprop.arrays import as_array
from clearprop.errors import DivergenceError, InvalidValueError, ShapeError, checked_integer, listed, plural
from clearprop.execute import Array, default_executor
from clearprop.explain import Trace
from clearprop.messages import Language, Message, checked_language
from clearprop.network import Network
from clearprop.nn import Dense, Normal, TargetForm, resolve_activation, resolve_loss
from clearprop.play.samples import Samples, samples_of
from clearprop.play.state import NetworkChoice, Numbers, Position, State
from clearprop.play.update import Update
from clearprop.play.way import Point, Way
from clearprop.train import Data, Optimizer, Scorer, Snapshot, Stepwise, resolve_optimizer

MOST_PARAMETERS = 200_000
_LARGEST = 1e300  # of a number that is typed


class Bench:
    """What stands behind one page. Nothing of it knows how it is shown, or over which line.

    Args:
        state: what to build.

    Attributes:
        samples: what is learned from.
        network: that learns.
        training: its training, step by step.
        way: the points that it has come by.
        said: what was changed for lack of something better, since the last answer.

    Raises:
        ClearpropError: if there is no such network or no such data.
    """

    def __init__(self, state: State | None = None) -> None:
        self.open(state or State())

    # --- building

    def open(self, state: State) -> None:
        """Build everything anew; what was there stays if that fails."""
        samples = samples_of(state.data)
        _check_view(state, samples)
        network = network_of(state, samples.X.shape[1])
        self._adopt(state, samples, network)

    def _adopt(self, state: State, samples: Samples, network: Network) -> None:
        drawn = network.arrays()
        _assign(network, state.start)
        start = network.arrays()
        training = training_of(network, state, samples)
        at_start = training.snapshot()
        _check_names({**state.start, **state.now}, start)
        _check_names(state.slots, at_start.slots)
        if state.now or state.position != Position():
            now = {name: _numbers(name, a, start[name].shape) for name, a in state.now.items()}
            slots = {n: _numbers(n, state.slots.get(n, 0.0), a.shape) for n, a in at_start.slots.items()}
            p = state.position
            if p.batch and p.batch >= training.per_epoch:
                raise InvalidValueError(f"batch {p.batch} of an epoch", f"0 … {training.per_epoch - 1}")
            training.go_to(Snapshot({**start, **now}, slots, p.step, p.epoch, p.batch))
        state = replace(state, view=replace(state.view, row=min(state.view.row, _largest_batch(state, samples) - 1)))
        self.state, self.samples, self.network, self.training = state, samples, network, training
        self._drawn, self._start = drawn, at_start
        self.update = Update(network.architecture, training.optimizer)
        self._scorers = [self._scorer(rows) for rows in (samples.train, samples.test)]
        self.way = Way(Point(training.snapshot(), *self.losses()))
        self._trace: Trace | None = None

    def change(self, part: str, changes: Mapping[str, Any]) -> None:
        """Change some fields of a part of the state: "data", "network", "training" or "view".

        Parameters whose shapes stay keep their numbers; a change of data, network or training begins a new way.
        """
        if part not in ("data", "network", "training", "view"):
            raise InvalidValueError(f"a part {part!r} of the state", "data, network, training or view")
        if part == "view":
            state = self.state.changed(part, changes)
            _check_view(state, self.samples)
            self.state, self._trace = state, None if state.view.row != self.state.view.row else self._trace
            return
        state = replace(self.current().changed(part, changes), position=Position(), slots={})
        if part == "data":
            state = replace(state, view=replace(state.view, row=0, axes=(0, 1)))
        samples = self.samples if part != "data" else samples_of(state.data)
        network = network_of(replace(state, start={}, now={}), samples.X.shape[1])
        anew = part == "network" and ({"seed", "init"} & changes.keys())
        self._adopt(replace(state, start={}, now={}) if anew else _fitting(state, network), samples, network)

    def beside(self, state: State) -> Bench:
        """Another bench for a state with the same data: the samples are not made anew."""
        other = Bench.__new__(Bench)
        other._adopt(state, self.samples, network_of(state, self.samples.X.shape[1]))
        return other

    # --- training

    def step(self, steps: int) -> None:
        """Take some steps of the training; each one alone is a point of the way."""
        self._advance(checked_integer("steps", steps))

    def run(self, seconds: float, most: int) -> int:
        """Train for about as long as this, and no more steps; returns how many were taken."""
        begun, steps, taken = time.perf_counter(), 1, 0
        while taken < most and (left := seconds - (time.perf_counter() - begun)) > 0:
            before, steps = time.perf_counter(), min(steps, most - taken)
            self._advance(steps, keep=False)
            taken += steps
            each = (time.perf_counter() - before) / steps
            steps = max(1, min(4 * steps, int(left / (2 * each))))
        self._keep()
        return taken

    def _advance(self, steps: int, keep: bool = True) -> None:
        outcome = self.training.advance(steps)
        self._trace = None
        if outcome.diverged:
            self._keep()
            raise DivergenceError(
                "the training diverged: the loss is no longer a finite number; the parameters are those of before",
                None,
                f"a learning rate below {self.state.training.learning_rate:g}",
            )
        if keep:
            self._keep()

    def _keep(self) -> None:
        self.way.add(Point(self.training.snapshot(), *self.losses()))

    def go_to(self, place: int) -> None:
        """Go back, or forth again, to a point of the way."""
        self._trace = None
        self.training.go_to(self.way.go_to(place).snapshot)

    def rewind(self) -> None:
        """The parameters of the start, to learn from again; the way up to now is left."""
        self.training.go_to(self._start)
        self._trace = None
        self.way = Way(Point(self.training.snapshot(), *self.losses()))

    # --- numbers

    def assign(self, name: str, index: list[int] | None, value: Any) -> None:
        """Type a number, or all numbers, of a parameter, of x or of y.

        Raises:
            ClearpropError: if there is no such number, or if it is none.
        """
        if name in ("X", "y"):
            self._assign_sample(name, index or [], _finite(value))
            return
        if name not in self.network.parameters:
            raise InvalidValueError(f"no parameter {name!r}", "one of: " + ", ".join(self.network.parameters))
        array = np.array(self.network.parameters[name])
        if index is None:
            array = _numbers(name, value, array.shape)
        else:
            array[_within(name, index, array.shape)] = _finite(value)
        self.network.parameters[name] = array
        self._assigned()

    def put(self, numbers: Mapping[str, Any]) -> None:
        """Put numbers of their own into all parameters; what the optimizer keeps stays.

        Raises:
            ClearpropError: if they do not fit.
        """
        if numbers.keys() != self.network.parameters.keys():
            raise InvalidValueError("parameters " + ", ".join(numbers), ", ".join(self.network.parameters))
        _assign(self.network, dict(numbers))
        self._assigned()

    def _assigned(self) -> None:
        """Numbers were put in: a start of its own before the first step, and later one more point of the way."""
        self._trace = None
        if self.training.run.step == 0:
            self._start = replace(self._start, parameters=self.training.run.snapshot())
            self.way = Way(Point(self.training.snapshot(), *self.losses()))
        else:
            self._keep()

    def _assign_sample(self, name: str, index: list[int], value: float) -> None:
        """A number of a sample that the step sees: the data become numbers that were typed."""
        samples, (i, k) = self.samples, _within(name, index, (len(self.rows), 10**6))
        X, row = samples.X.copy(), self.rows[i]
        y = samples.y.copy() if samples.y.ndim == 2 else samples.y[:, None].astype(np.float64)
        target = X if name == "X" else y
        if k >= target.shape[1]:
            raise InvalidValueError(f"no {name} number {k + 1}", f"1 … {target.shape[1]}")
        target[row, k] = value
        self.replace_samples(X, y)

    def replace_samples(self, X: Array, y: Array, network: NetworkChoice | None = None, **changes: Any) -> None:
        """Other samples, that were typed or drawn; the training goes on from where it is.

        Args:
            X, y: (N, n) inputs and (N, k) targets, of classes their numbers.
            network: another one for them; parameters whose shapes stay keep their numbers.
            changes: of the data, such as its kind or the names of the classes.
        """
        samples, state = self.samples, self.current()
        if network is not None:
            state = replace(state, network=network, slots={})
        if len(X) != len(samples.X):  # another order of the samples, so that the epoch begins anew
            state = replace(state, position=replace(state.position, batch=0), view=replace(state.view, row=0))
        data = {"kind": "numbers", "X": X.tolist(), "y": y.tolist(), "text": ""}
        data |= {"inputs": list(samples.inputs), "classes": list(samples.classes), **changes}
        state = state.changed("data", data)
        built = network_of(state, X.shape[1])
        self._adopt(_fitting(state, built), samples_of(state.data), built)

    @property
    def rows(self) -> Array:
        """Numbers of the samples of the next step, among all."""
        return self.samples.train[self.training.rows]

    @property
    def row(self) -> int:
        """Which of them is chosen; where an epoch ends in a smaller batch, perhaps its last one."""
        return min(self.state.view.row, len(self.rows) - 1)

    @property
    def optimizer(self) -> Optimizer:
        """That of the training."""
        return self.training.optimizer

    def targets(self, rows: Array) -> Array:
        """y of some samples, as the loss takes them."""
        loss = self.network.architecture.checked_loss()
        return self.samples.targets(loss.target, self.network.architecture.n_outputs)[rows]

    def trace(self) -> Trace:
        """Every value of the next step, before it is taken."""
        if self._trace is None:
            architecture, run = self.network.architecture, self.training.run
            mode = "training" if architecture.has_running_states else "inference"
            trace = self.network.trace(self.samples.X[self.rows], self.targets(self.rows), mode)
            trace.optimizer, trace.steps_before = self.optimizer, run.step
            trace.slots = run.optimizer_arrays() or {}
            self._trace = trace
        return self._trace

    def losses(self) -> tuple[float, float | None]:
        """The loss over all training rows, and over all test rows where there are any; without penalties."""
        train, test = (None if one is None else one.scores(self.training.run.parameters) for one in self._scorers)
        assert train is not None
        return train["validation_loss"], None if test is None else test["validation_loss"]

    def _scorer(self, rows: Array) -> Scorer | None:
        if not len(rows):
            return None
        form: TargetForm = "labels" if self.network.architecture.checked_loss().target == "classes" else "rows"
        data = Data(self.samples.X[rows], self.targets(rows), form)
        return Scorer(self.network.architecture, (), data, default_executor(), "f64")

    def shown_targets(self) -> Array:
        """y of the rows of the next step, one-hot where they are classes of several units."""
        y = self.targets(self.rows)
        return np.eye(self.network.architecture.n_outputs)[y] if y.ndim == 1 else y

    def current(self) -> State:
        """The state of now: what a link holds."""
        run, start, now = self.training.run, self._start.parameters, self.network.arrays()
        return replace(
            self.state,
            start=_as_lists(start) if not _equal(start, self._drawn) else {},
            now=_as_lists(now) if not _equal(now, start) else {},
            slots=_as_lists(self._slots()) if self._slots_last else {},
            position=Position(run.step, run.epoch, self.training.batch),
        )

    @property
    def lang(self) -> Language:
        """In which it is spoken."""
        return checked_language(self.state.view.lang)

    @property
    def said(self) -> tuple[Message, ...]:
        """What was guessed, left out or bounded."""
        lost = () if self._slots_last else (Message("play.moments_lost"),)
        return (*self.samples.said, *lost)

    def _slots(self) -> Mapping[Any, Array]:
        run = self.training.run
        return (run.optimizer_arrays() or {}) if run.step else {}

    @property
    def _slots_last(self) -> bool:
        """Whether the optimizer's arrays can stand in a link: squares of gradients overflow before the loss does."""
        return all(np.isfinite(a).all() for a in self._slots().values())


# --- from a state


def network_of(state: State, n_inputs: int) -> Network:
    """The network that a state describes, with the parameters that its seed draws.

    Raises:
        ClearpropError: if there is none, or if it is too large for a page.
    """
    choice, sizes = state.network, [n_inputs]
    for layer in choice.layers:
        sizes.append(checked_integer("units", layer.units))
    size = sum((a + 1) * b for a, b in itertools.pairwise(sizes))
    if not choice.layers or len(choice.layers) > 12 or size > MOST_PARAMETERS:
        raise InvalidValueError(
            f"{plural(len(choice.layers), 'layer')} with {plural(size, 'parameter')}",
            f"1 … 12 layers, up to {MOST_PARAMETERS:,} parameters",
        )
    layers = [
        Dense(layer.units, resolve_activation(layer.activation).name, bias=choice.bias, init=_init(choice))
        for layer in choice.layers
    ]
    penalties = {"l1": state.training.l1, "l2": state.training.l2}
    return Network(n_inputs, layers, resolve_loss(choice.loss), seed=choice.seed, dtype="float64", **penalties)


def _check_names(given: Numbers, known: Mapping[Any, Array]) -> None:
    """Refuse numbers of what is not there: they would be left out in silence."""
    for name in given:
        if name not in known:
            raise InvalidValueError(f"numbers for {name!r:.40}", "one of: " + listed(known))


def _check_view(state: State, samples: Samples) -> None:
    """Refuse a view of inputs or of a sample that there are not."""
    n, most = max(2, samples.X.shape[1]), _largest_batch(state, samples)
    if max(state.view.axes) >= n:
        raise InvalidValueError(f"input {max(state.view.axes) + 1:,} on an axis", f"two of the inputs 1 … {n}")
    if state.view.row >= most:
        raise InvalidValueError(f"row {state.view.row + 1:,} of a batch", f"1 … {most:,}")


def _largest_batch(state: State, samples: Samples) -> int:
    """Rows of every batch but an epoch's last one."""
    return min(state.training.batch_size or len(samples.train), len(samples.train))


def _init(choice: NetworkChoice) -> Any:
    return Normal(0.01) if choice.init == "small" else choice.init


def training_of(network: Network, state: State, samples: Samples) -> Stepwise:
    """The training that a state describes.

    Raises:
        ClearpropError: for an unknown optimizer, or targets that do not suit the network.
    """
    choice, architecture = state.training, network.architecture
    y = samples.targets(architecture.checked_loss().target, architecture.n_outputs)
    return network.stepwise(
        samples.X[samples.train],
        y[samples.train],
        optimizer=resolve_optimizer(choice.optimizer, choice.learning_rate),
        batch_size=choice.batch_size or len(samples.train),
        shuffle=choice.shuffle,
        seed=choice.seed,
    )


def _assign(network: Network, given: Numbers) -> None:
    have = network.parameters
    network.parameters = {name: _numbers(name, given.get(name, have[name]), have[name].shape) for name in have}


def _numbers(name: str, value: Any, shape: tuple[int, ...]) -> Array:
    found = np.asarray(as_array(name, value), np.float64)
    if found.shape not in (shape, ()):
        raise ShapeError(f"{name} of shape {found.shape}", f"{shape}")
    if not (np.abs(found) <= _LARGEST).all():
        raise InvalidValueError(f"{name} with numbers that are not finite", "finite numbers")
    return np.array(np.broadcast_to(found, shape))


def _finite(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= _LARGEST:
        raise InvalidValueError(f"{value!r:.40} for a number", "a finite number")
    return float(value)


def _within(name: str, index: Any, shape: tuple[int, ...]) -> tuple[int, ...]:
    fits = isinstance(index, list) and len(index) == len(shape) and all(type(k) is int for k in index)
    if not fits or not all(0 <= k < d for k, d in zip(index, shape, strict=True)):
        raise InvalidValueError(f"index {index!r:.40} of {name}", f"{len(shape)} whole numbers within {shape}")
    return tuple(index)


def _fitting(state: State, network: Network) -> State:
    """The state with only those numbers whose shapes are the network's."""
    shapes = {name: a.shape for name, a in network.arrays().items()}
    start, now = (
        {name: a for name, a in numbers.items() if np.shape(a) == shapes.get(name)}
        for numbers in (state.start, state.now)
    )
    return replace(state, start=start, now=now)


def _as_lists(arrays: Mapping[str, Array]) -> Numbers:
    return {str(name): a.tolist() for name, a in arrays.items()}


def _equal(a: Mapping[str, Array], b: Mapping[str, Array]) -> bool:
    return all(np.array_equal(a[name], b[name]) for name in a)
