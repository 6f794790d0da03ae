"""The training loop: forward, backward and update over shuffled mini-batches, epoch by epoch.

The same loop trains one neuron and a deep network. `step` says what a training step computes, this file when it runs.
"""

from __future__ import annotations

import math
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from clearprop.errors import DivergenceError, InvalidValueError, UnknownNameError, checked_integer
from clearprop.execute import Array, Batches, Executor, Outcome, Steps, Validation, default_executor, improves
from clearprop.graph import DTYPES
from clearprop.nn import Architecture
from clearprop.nn.names import DATA_LOSS, LOSS
from clearprop.train.history import History
from clearprop.train.interrupt import Interrupt, interruptible
from clearprop.train.metrics import Metric
from clearprop.train.optimizers import Adam, Optimizer
from clearprop.train.predict import Data, Scorer
from clearprop.train.run import Run
from clearprop.train.scalars import scalar_table
from clearprop.train.step import StepGraph, step_graph

VALIDATION_LOSS = "validation_loss"


@dataclass(frozen=True)
class EarlyStopping:
    """Stop when the monitored value has not improved for `patience` epochs in a row.

    Args:
        monitor: a column of the history; by default the validation loss.
        patience: how many epochs in a row without improvement end the training.
        min_delta: a value must be better than the best so far by more than this to be an improvement.
        restore_best: whether the weights of the best epoch are put back at the end.
    """

    monitor: str = VALIDATION_LOSS
    patience: int = 10
    min_delta: float = 0.0
    restore_best: bool = True

    def __post_init__(self) -> None:
        checked_integer("patience", self.patience)
        if not self.min_delta >= 0:
            raise InvalidValueError(f"min_delta {self.min_delta!r}", "a number ≥ 0")


@dataclass(frozen=True)
class Epoch:
    """What a callback is told after each epoch.

    Attributes:
        number: of the epoch in this fit, from 1.
        total: epochs asked for.
        row: the epoch's numbers: loss, validation_loss, metrics, learning_rate, seconds.
        run: the whole state of the run.
        network: the network that is being trained; `Network.fit` sets it, `train` alone leaves None.
    """

    number: int
    total: int
    row: dict[str, float]
    run: Run
    network: Any = None


MOST_STEPS = 200_000  # that one call of the executor runs: bounds the table of learning rates and other scalars

Callback = Callable[[Epoch], bool | None]


@dataclass(frozen=True)
class Training:
    """How to train: everything about a fit but the network and the data."""

    optimizer: Optimizer = field(default_factory=Adam)
    epochs: int = 100
    batch_size: int = 32
    shuffle: bool = True
    seed: int = 0
    early_stopping: EarlyStopping | None = None
    metrics: tuple[Metric, ...] = ()
    callbacks: tuple[Callback, ...] = ()
    executor: Executor = field(default_factory=default_executor)
    dtype: str = "f32"


def train(
    architecture: Architecture, training: Training, run: Run, data: Data, validation: Data | None = None
) -> History:
    """Train the parameters of `run` in place; returns its history.

    If `run.done` is not 0, as in a run from a checkpoint, training goes on behind that many epochs.

    Raises:
        DivergenceError: if a loss or a parameter is NaN or infinite: the parameters are then those from the start of
            the last epoch whose first loss was finite. Also if the optimizer's arrays overflow: the parameters stay.
        InvalidValueError: if there is no parameter to learn, or if batches of one row are to be normalised.
        UnknownNameError: if what is monitored is no column of the history.
    """
    check_can_learn(architecture, min(len(data), training.batch_size))
    loop = Loop(architecture, training, run, data, validation)
    try:
        with interruptible() as interrupt:
            while loop.goes_on and loop.run_epochs(interrupt):
                pass
    finally:
        loop.session.free_buffers()
    loop.finish()
    return run.history


def check_can_learn(architecture: Architecture, rows: int) -> None:
    """Refuse to train what has no parameter to learn, or batches of one row that are to be normalised.

    Raises:
        InvalidValueError: for either.
    """
    if not any(p.trainable for p in architecture.parameters.values()):
        frozen = any(p.is_frozen for p in architecture.parameters.values())
        got = "a network of which every parameter is frozen" if frozen else "a network without parameters"
        raise InvalidValueError(got, "a layer that learns, such as cp.Dense(1)")
    if architecture.has_running_states and rows < 2:
        raise InvalidValueError("batch normalisation with one row per batch", "batches of two rows or more")


class Loop:
    """The state of one fit: the session that trains, the scorer of the validation data, and what was seen so far."""

    def __init__(
        self, architecture: Architecture, training: Training, run: Run, data: Data, validation: Data | None
    ) -> None:
        self.training, self.run, self.data, self.validation = training, run, data, validation
        self.architecture = architecture
        weighted = data.weights is not None
        self.step: StepGraph = step_graph(architecture, training.optimizer, training.dtype, data.form, weighted)
        if run.done == 0:
            run.begin(training.optimizer, self.step.slots, training.dtype)
        self.session = run.open(
            training.executor.load(self.step.graph, self.step.stored, zeros=data.zeros), self.step.graph.inputs
        )
        # What to go back to if the first step of a call diverges: the epochs done and the parameters at the start of
        # the previous call of the executor.
        self.previous_start: tuple[int, dict[str, Array]] | None = None
        self.scorer = None
        if validation is not None:
            self.scorer = Scorer(architecture, training.metrics, validation, training.executor, training.dtype)
        self.steps_per_epoch = Batches(len(data), training.batch_size).per_epoch
        self.undefined: dict[str, int] = {}  # monitored value → the first epoch where it was NaN

    @property
    def goes_on(self) -> bool:
        """Whether epochs are left; in a checkpoint, the fit may have been over."""
        return self.run.done < self.training.epochs and self.run.history.stopped_by != "early stopping"

    def run_epochs(self, interrupt: Interrupt) -> bool:
        """Train for one epoch, or for many in one call if nothing is to happen between them.

        Returns:
            Whether to train on.
        """
        return self.end(self.begin().run(interrupt), interrupt)

    def begin(self) -> Steps:
        """What the executor is to do next; `end` takes over what came of it."""
        run, batches = self.run, self._batches()
        is_last = run.done + batches.epochs >= self.training.epochs
        # the last call needs no start to go back to: no other follows
        self.this_start = None if is_last else (run.done, run.snapshot())
        table, report = self._table(batches), [DATA_LOSS, LOSS]
        self.steps = Steps(self.session, self.data.arrays(), batches, table, report, self._validation())
        return self.steps

    def end(self, outcome: Outcome, interrupt: Interrupt) -> bool:
        """Record what came of `begin`, and do what is to be done after the epoch.

        Returns:
            Whether to train on.
        """
        run, validation = self.run, self.steps.validation
        if outcome.diverged:
            raise self._divergence(outcome)
        self.previous_start = self.this_start
        self._record(outcome)
        self._check_slots()
        if validation is not None:
            self._take_over(validation)
        if interrupt.requested and len(outcome.reports) < len(self.steps.batches):
            run.step += len(outcome.reports) - len(outcome.seconds) * self.steps_per_epoch  # of an epoch that is none
            run.history.stopped_by = interrupt.by
            return False
        return self._after_epoch(interrupt)

    def _record(self, outcome: Outcome) -> None:
        """Add the finished epochs to the history, each with the seconds of its validation."""
        start, validation, rates = time.perf_counter(), self.steps.validation, self.steps.table["η"]
        run, epochs, steps = self.run, len(outcome.seconds), self.steps_per_epoch
        losses = outcome.reports[: epochs * steps, 0].reshape(epochs, steps)
        run.step, run.epoch, run.done = run.step + losses.size, run.epoch + epochs, run.done + epochs
        rows: dict[str, list[float]] = {"loss": (losses * self.steps.batches.shares).sum(axis=1).tolist()}
        if validation is not None:
            rows["validation_loss"] = validation.losses
        elif self.scorer is not None and epochs:
            rows |= {name: [value] for name, value in self.scorer.scores(run.parameters).items()}
        rows["learning_rate"] = rates[steps - 1 : epochs * steps : steps].tolist()
        spent = time.perf_counter() - start  # on the validation, where that was here
        rows["seconds"] = [seconds + spent for seconds in outcome.seconds] if epochs == 1 else outcome.seconds
        for name, values in rows.items():
            run.history.columns.setdefault(name, []).extend(values)
        run.history.step_loss.extend(losses.ravel().tolist())

    @property
    def _watched(self) -> bool:
        """Whether something is to happen after every epoch, so that each is a call of the executor of its own."""
        training, rule = self.training, self.training.early_stopping
        if training.callbacks or training.optimizer.schedule.on_plateau is not None:
            return True
        if self.scorer is None:
            return rule is not None
        other = bool(training.metrics) or (rule is not None and rule.monitor != VALIDATION_LOSS)
        return other or self.scorer.data.weightless or not self.session.validates(self.scorer.held_out.program)

    def _validation(self) -> Validation | None:
        """What the session looks at after every epoch, where nothing else does."""
        if self.scorer is None or self._watched:
            return None
        rule, run = self.training.early_stopping, self.run
        if rule is None:
            return Validation(self.scorer.held_out)
        return Validation(self.scorer.held_out, rule.patience, rule.min_delta, run.best, run.waited)

    def _batches(self) -> Batches:
        """The batches of the next call: those of one epoch if epochs are watched, else of as many as one call takes."""
        training, run = self.training, self.run
        most = max(1, MOST_STEPS // self.steps_per_epoch)
        epochs = 1 if self._watched else min(training.epochs - run.done, most)
        return Batches(
            *(len(self.data), training.batch_size, epochs, run.epoch, training.seed, training.shuffle, self.data.among)
        )

    def _table(self, batches: Batches) -> dict[str, Array]:
        """The step graph's scalar inputs, one number per step each: η, bias corrections, whatever has a schedule.

        Schedules count the steps of this fit (`steps`), bias corrections those of all fits (`run.step`).
        """
        run, per_epoch = self.run, self.steps_per_epoch
        steps, total = run.done * per_epoch + np.arange(len(batches)), self.training.epochs * per_epoch
        table = scalar_table(self.architecture, self.training.optimizer, steps, total, per_epoch, run.step)
        if run.rate_factor != 1.0:
            table["η"] = table["η"] * run.rate_factor
        return table

    def _divergence(self, outcome: Outcome) -> DivergenceError:
        """What to raise where the run diverged; epochs before that, if validated, are in the history.

        The executor has put the parameters back to the start of the last epoch whose first loss was finite. If there
        was none in this call, the parameters that the previous call started from are restored here.
        """
        run, i = self.run, len(outcome.reports) - 1
        loss = outcome.reports[i, 0]
        epoch, batch = divmod(i, self.steps_per_epoch)
        kept = run.done + 1 + outcome.good_epoch  # the epoch that the parameters are from the start of
        if outcome.good_epoch < 0:  # a bad first step means that the start was bad already
            done, good = self.previous_start or (run.done, {})
            kept = done + 1
            run.restore(good)
        run.forget_optimizer()
        rate = float(self.steps.table["η"][max(i, 0)])
        what = "the parameters are no longer finite" if np.isfinite(loss) else f"the loss is {loss:g}"
        error = DivergenceError(
            f"training diverged: {what} at step {run.step + i + 1} "
            f"(epoch {run.done + epoch + 1}, batch {batch + 1}); "
            f"the weights from before epoch {kept} are kept",
            "a finite loss",
            f"try a learning rate below {rate:g} (such as {rate / 10:g}), clip_norm=1, or standardised inputs",
        )
        if self.steps.validation is not None:
            self._record(outcome)
        return error

    def _check_slots(self) -> None:
        """Raise DivergenceError if an optimizer array (a slot) is infinite: updates divided by it would be 0."""
        run = self.run
        for name in self.step.slots:
            if not self.session.finite(name):
                run.forget_optimizer()
                raise DivergenceError(
                    f"training diverged: the optimizer's {name} overflowed by epoch {run.done}; "
                    "the weights, which are finite, are kept as they are",
                    f"gradients whose squares are below {np.finfo(DTYPES[self.training.dtype]).max:.1g}",
                    "try standardised inputs, clip_norm=1, or Network(dtype='float64')",
                )

    def _after_epoch(self, interrupt: Interrupt) -> bool:
        """Lower the rate on a plateau, ask for an early stop, call the callbacks; returns whether to train on."""
        run, training, validation = self.run, self.training, self.steps.validation
        row = run.history.last()
        self._reduce_on_plateau(row)
        stop = self._early_stop(row) if validation is None else validation.stopped
        if stop:
            run.history.stopped_by = "early stopping"
        event = Epoch(run.done, training.epochs, row, run)
        if sum(bool(callback(event)) for callback in training.callbacks):  # `sum`, not `any`: each is called
            run.history.stopped_by, stop = "callback", True
        if interrupt.requested and not stop and self.goes_on:  # else it had come to its end
            run.history.stopped_by, stop = interrupt.by, True
        return not stop

    def _take_over(self, validation: Validation) -> None:
        """Take over what a call that validates itself did in the place of `_early_stop`."""
        run = self.run
        if validation.patience is None:
            return
        if validation.best_epoch is not None:
            run.best_parameters = run.snapshot() | validation.best_state
            run.history.best_epoch = run.done - len(validation.losses) + validation.best_epoch + 1
        run.best, run.waited = validation.best, validation.waited
        for epoch, loss in enumerate(validation.losses, run.done - len(validation.losses) + 1):
            if math.isnan(loss):
                self.undefined.setdefault(VALIDATION_LOSS, epoch)

    def _early_stop(self, row: dict[str, float]) -> bool:
        """Keep the weights of an epoch that is the best so far; returns whether patience has run out."""
        rule, run = self.training.early_stopping, self.run
        if rule is None:
            return False
        value = self._monitored(row, rule.monitor)
        sign = self._sign(rule.monitor)
        if improves(value, run.best, rule.min_delta, sign):
            run.best, run.waited = value, 0
            run.best_parameters = run.snapshot()
            run.history.best_epoch = run.done
            return False
        run.waited += 1
        return run.waited >= rule.patience

    def _reduce_on_plateau(self, row: dict[str, float]) -> None:
        """Lower `run.rate_factor` if the schedule has a rule for plateaus whose patience has run out."""
        schedule, run = self.training.optimizer.schedule.on_plateau, self.run
        if schedule is None:
            return
        monitor = schedule.monitor or ("validation_loss" if "validation_loss" in row else "loss")
        value, sign = self._monitored(row, monitor), self._sign(monitor)
        if improves(value, run.plateau_best, sign=sign):
            run.plateau_best, run.plateau_waited = value, 0
            return
        run.plateau_waited += 1
        if run.plateau_waited >= schedule.patience:
            run.rate_factor, run.plateau_waited = run.rate_factor * schedule.factor, 0

    def _monitored(self, row: dict[str, float], name: str) -> float:
        """The monitored value of an epoch. If it is NaN, which is never the best, `finish` will warn of it."""
        value = _column(row, name)
        if math.isnan(value):
            self.undefined.setdefault(name, self.run.done)
        return value

    def _sign(self, monitor: str) -> int:
        """+1 for validation metrics of which more is better, −1 for everything else."""
        better = {f"validation_{m.name}" for m in self.training.metrics if m.higher_is_better}
        return 1 if monitor in better else -1

    def finish(self) -> None:
        """Warn of monitored values that were NaN, and put the best weights back."""
        rule, run = self.training.early_stopping, self.run
        for name, epoch in self.undefined.items():
            warnings.warn(
                f"{name} is NaN in epoch {epoch}: such an epoch counts as no improvement and is never the best",
                RuntimeWarning,
                stacklevel=4,  # the line that called Network.fit
            )
        if rule is not None and rule.restore_best and run.best_parameters:
            run.restore(run.best_parameters)


def _column(row: dict[str, float], name: str) -> float:
    """An epoch's number in a column of the history; an error that names the columns if there is no such one."""
    if name not in row:
        raise UnknownNameError(
            f"nothing named {name!r} to monitor",
            "one of: " + ", ".join(row),
            "pass validation=(X, y) or validation=0.1" if name.startswith("validation") else None,
        )
    return row[name]
