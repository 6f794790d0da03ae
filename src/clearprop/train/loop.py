"""The training loop: forward, backward and update over shuffled mini-batches, epoch by epoch.

One loop trains one neuron and a deep network. What a step computes is the step graph; here stands when it runs.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from clearprop.errors import DivergenceError, InvalidValueError, UnknownNameError, checked_integer
from clearprop.execute import Array, Executor, Reference, permutation
from clearprop.nn import Architecture
from clearprop.train.history import History
from clearprop.train.interrupt import Interrupt, interruptible
from clearprop.train.metrics import Metric
from clearprop.train.optimizers import Adam, Optimizer
from clearprop.train.predict import Data, Scorer
from clearprop.train.run import Run
from clearprop.train.schedules import Moment, ReduceOnPlateau
from clearprop.train.step import StepGraph, step_graph


@dataclass(frozen=True)
class EarlyStopping:
    """Stop when the monitored value has not improved for `patience` epochs; keep the best weights.

    Args:
        monitor: a column of the history; by default the validation loss.
        patience: epochs without improvement that are accepted.
        min_delta: what counts as an improvement.
        restore_best: whether the weights of the best epoch are put back at the end.
    """

    monitor: str = "validation_loss"
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
        network: the network that is being trained.
    """

    number: int
    total: int
    row: dict[str, float]
    run: Run
    network: Any = None


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
    executor: Executor = field(default_factory=Reference)
    dtype: str = "f32"

    def telling(self, callbacks: tuple[Callback, ...]) -> Training:
        """The same training with these callbacks."""
        return replace(self, callbacks=callbacks)


def split_batches(order: Array, batch_size: int) -> list[Array]:
    """Consecutive batches; a last batch of one row joins the one before it, where there is one.

    Example:
        >>> [b.tolist() for b in split_batches(np.arange(7), 3)]
        [[0, 1, 2], [3, 4, 5, 6]]
    """
    starts = list(range(0, len(order), batch_size))
    if len(starts) > 1 and len(order) - starts[-1] == 1 and batch_size > 1:
        starts.pop()
    return [order[a:b] for a, b in zip(starts, [*starts[1:], len(order)], strict=True)]


def train(
    architecture: Architecture, training: Training, run: Run, data: Data, validation: Data | None = None
) -> History:
    """Train the parameters of `run` in place; returns its history.

    A run whose `done` epochs are not 0 (from a checkpoint) goes on where it stopped.

    Raises:
        DivergenceError: if a loss is NaN or infinite. The parameters are then those of the last good epoch.
    """
    if not any(p.trainable for p in architecture.parameters.values()):
        raise InvalidValueError("a network without parameters", "a layer that learns, such as cp.Dense(1)")
    if architecture.normalises_batches and min(len(data), training.batch_size) < 2:
        raise InvalidValueError("batch normalisation with one row per batch", "batches of two rows or more")
    loop = _Loop(architecture, training, run, data, validation)
    finished = run.history.stopped_by == "early stopping"  # a checkpoint of a fit that was over
    with interruptible() as interrupt:
        while not finished and run.done < training.epochs:
            finished = not loop.epoch(interrupt)
    loop.finish()
    return run.history


class _Loop:
    """One fit: the programs, and what happens in an epoch."""

    def __init__(
        self, architecture: Architecture, training: Training, run: Run, data: Data, validation: Data | None
    ) -> None:
        self.training, self.run, self.data, self.validation = training, run, data, validation
        weighted = data.weights is not None
        self.step: StepGraph = step_graph(architecture, training.optimizer, training.dtype, data.form, weighted)
        if run.done == 0:
            run.begin(training.optimizer, self.step.slots, training.dtype)
        self.program = training.executor.load(self.step.graph, self.step.stored)
        self.starts: list[dict[str, Array]] = []  # the parameters at the start of the last two epochs
        self.scorer = None
        if validation is not None:
            self.scorer = Scorer(architecture, training.metrics, validation, training.executor, training.dtype)
        self.steps_per_epoch = len(split_batches(np.arange(len(data)), training.batch_size))

    def epoch(self, interrupt: Interrupt) -> bool:
        """Run one epoch; returns whether to go on."""
        run, start = self.run, time.perf_counter()
        self.starts = [*self.starts[-1:], run.snapshot()]
        batches = self._batches()
        table = self._table(len(batches))
        losses = self.program.run_steps(self._state(), self.data.arrays(), batches, table, ["loss", "L"], interrupt)
        self._check_finite(losses, table)
        if interrupt.requested and len(losses) < len(batches):
            run.step += len(losses)
            run.history.stopped_by = "interrupt"
            return False
        run.step += len(batches)
        run.epoch += 1
        run.done += 1
        sizes = [len(b) for b in batches]
        row = {"loss": float(np.average(losses[:, 0], weights=sizes))}
        if self.scorer is not None:
            row |= self.scorer.scores(run.parameters)
        row["learning_rate"] = float(table["η"][-1])
        row["seconds"] = time.perf_counter() - start
        run.history.append(row)
        run.history.step_loss.extend(losses[:, 0].tolist())
        return self._go_on(row, interrupt)

    def _batches(self) -> list[Array]:
        n = len(self.data)
        order = permutation(self.training.seed, self.run.epoch, n) if self.training.shuffle else np.arange(n)
        return split_batches(order, self.training.batch_size)

    def _state(self) -> dict[str, Array]:
        arrays = {**self.run.parameters, **self.run.slots}
        return {name: arrays[name] for name in self.step.graph.inputs if name in arrays}

    def _table(self, steps: int) -> dict[str, Array]:
        """One row per step of every number the step graph asks for: η, bias corrections, the random counter."""
        optimizer, run = self.training.optimizer, self.run
        schedule, total = optimizer.schedule, self.training.epochs * self.steps_per_epoch
        first = run.done * self.steps_per_epoch
        moments = [Moment(first + i, total, self.steps_per_epoch) for i in range(steps)]
        rows = [{"η": schedule.rate(m) * run.rate_factor} for m in moments]
        rows = [row | optimizer.scalars(run.step + i + 1) for i, row in enumerate(rows)]
        table = {name: np.array([row[name] for row in rows]) for name in self.step.scalars}
        counters = [(self.training.seed, run.epoch, i) for i in range(steps)]
        table["counter"] = np.array(counters, np.int64)
        return {name: values for name, values in table.items() if name in self.step.graph.inputs or name == "η"}

    def _check_finite(self, losses: Array, table: dict[str, Array]) -> None:
        """End a run that diverged, with the newest parameters of an epoch's start whose loss was finite."""
        run, i = self.run, len(losses) - 1
        finite = i < 0 or bool(np.isfinite(losses[i]).all())
        if finite and all(np.isfinite(a).all() for a in run.parameters.values()):
            return
        what = "the parameters are" if finite else f"the loss is {losses[i, 0]:g}"
        good = self.starts[0] if i == 0 else self.starts[-1]  # a bad first step means that the start was bad already
        kept = run.done + 1 - (len(self.starts) - 1 if i == 0 else 0)
        run.restore(good)
        for a in run.slots.values():
            a[...] = 0
        run.optimizer = ""  # the next fit starts the optimizer anew
        rate = float(table["η"][i])
        raise DivergenceError(
            f"training diverged: {what}{' no longer finite' if finite else ''} at step {run.step + i + 1} "
            f"(epoch {run.done + 1}, batch {i + 1}); the weights from before epoch {kept} are kept",
            "a finite loss",
            f"try a learning rate below {rate:g} (such as {rate / 10:g}), clip_norm=1, or standardised inputs",
        )

    def _go_on(self, row: dict[str, float], interrupt: Interrupt) -> bool:
        run, training = self.run, self.training
        self._reduce_on_plateau(row)
        stop = self._early_stop(row)
        if stop:
            run.history.stopped_by = "early stopping"
        event = Epoch(run.done, training.epochs, row, run)
        if sum(bool(callback(event)) for callback in training.callbacks):  # every callback is told
            run.history.stopped_by, stop = "callback", True
        if interrupt.requested:
            run.history.stopped_by, stop = "interrupt", True
        return not stop

    def _early_stop(self, row: dict[str, float]) -> bool:
        rule, run = self.training.early_stopping, self.run
        if rule is None:
            return False
        value = _monitored(row, rule.monitor)
        sign = self._sign(rule.monitor)
        if run.best is None or sign * (value - run.best) > rule.min_delta:
            run.best, run.waited = value, 0
            run.best_parameters = run.snapshot()
            run.history.best_epoch = run.done
            return False
        run.waited += 1
        return run.waited >= rule.patience

    def _reduce_on_plateau(self, row: dict[str, float]) -> None:
        schedule, run = self.training.optimizer.schedule, self.run
        if not isinstance(schedule, ReduceOnPlateau):
            return
        monitor = schedule.monitor or ("validation_loss" if "validation_loss" in row else "loss")
        value, sign = _monitored(row, monitor), self._sign(monitor)
        if run.plateau_best is None or sign * (value - run.plateau_best) > 0:
            run.plateau_best, run.plateau_waited = value, 0
            return
        run.plateau_waited += 1
        if run.plateau_waited >= schedule.patience:
            run.rate_factor, run.plateau_waited = run.rate_factor * schedule.factor, 0

    def _sign(self, monitor: str) -> int:
        """+1 where more is better."""
        better = {f"validation_{m.name}" for m in self.training.metrics if m.higher_is_better}
        return 1 if monitor in better else -1

    def finish(self) -> None:
        """Put the best weights back."""
        rule, run = self.training.early_stopping, self.run
        if rule is not None and rule.restore_best and run.best_parameters:
            run.restore(run.best_parameters)


def _monitored(row: dict[str, float], name: str) -> float:
    if name not in row:
        raise UnknownNameError(
            f"nothing named {name!r} to monitor",
            "one of: " + ", ".join(row),
            "pass validation=(X, y) or validation=0.1" if name.startswith("validation") else None,
        )
    return row[name]
