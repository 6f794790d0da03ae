"""Training that stops wherever someone wants to look: step by step, epoch by epoch, and back to where it was."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from clearprop.errors import checked_integer
from clearprop.execute import Array, Batches, Executor, Outcome, default_executor
from clearprop.nn import Architecture
from clearprop.nn.names import DATA_LOSS, LOSS
from clearprop.train.loop import MOST_STEPS, check_can_learn
from clearprop.train.optimizers import Optimizer
from clearprop.train.predict import Data
from clearprop.train.run import Run
from clearprop.train.scalars import scalar_table
from clearprop.train.step import step_graph


@dataclass(frozen=True)
class Snapshot:
    """Everything that the next step starts from.

    Attributes:
        parameters: parameters and running states, by name.
        slots: the optimizer's arrays, by name: m.W1.
        step: steps so far; Adam's t.
        epoch: epochs so far.
        batch: batches of this epoch so far.
    """

    parameters: Mapping[str, Array]
    slots: Mapping[str, Array]
    step: int = 0
    epoch: int = 0
    batch: int = 0

    @property
    def size(self) -> int:
        """Bytes."""
        return sum(a.nbytes for arrays in (self.parameters, self.slots) for a in arrays.values())


class Stepwise:
    """One training, a step at a time: the numbers are those of a fit that runs through, without dropout to the bit.

    Dropout counts the steps of a call: steps taken one by one drop other units than those of a whole epoch do.

    Args:
        architecture: the network.
        run: its parameters, which are trained in place.
        data: the training rows.
        optimizer: with a learning rate that is constant; a schedule counts the steps of all epochs so far.
        batch_size: rows of a step; a last batch of one row joins the one before.
        seed, shuffle: of the order of the rows in each epoch.
        dtype: of the parameters.
        changed: called whenever the parameters are others.
    """

    def __init__(
        self,
        architecture: Architecture,
        run: Run,
        data: Data,
        optimizer: Optimizer,
        batch_size: int,
        *,
        seed: int = 0,
        shuffle: bool = True,
        dtype: str = "f64",
        executor: Executor | None = None,
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        size = checked_integer("batch_size", batch_size)
        check_can_learn(architecture, min(len(data), size))
        self.architecture, self.run, self.data, self.optimizer = architecture, run, data, optimizer
        self.seed, self.shuffle, self.batch = seed, shuffle, 0
        self._size = min(size, len(data))
        self._step = step_graph(architecture, optimizer, dtype, data.form, data.weights is not None)
        self._program = (executor or default_executor()).load(self._step.graph, self._step.stored)
        run.begin(optimizer, self._step.slots, dtype)
        self._changed = changed
        self._order: tuple[int, list[Array]] | None = None

    @property
    def per_epoch(self) -> int:
        """Steps of an epoch."""
        return self._batches(1).per_epoch

    @property
    def rows(self) -> Array:
        """Numbers of the rows that the next step sees, from 0."""
        return self._of_epoch()[self.batch]

    def _of_epoch(self) -> list[Array]:
        if self._order is None or self._order[0] != self.run.epoch:
            self._order = self.run.epoch, list(self._batches(1).of(0))
        return self._order[1]

    def _batches(self, epochs: int) -> Batches:
        return Batches(len(self.data), self._size, epochs, self.run.epoch, self.seed, self.shuffle)

    def advance(self, steps: int) -> Outcome:
        """Take some steps: the rest of this epoch, whole epochs, the start of another, as far as they go.

        Returns:
            The losses of the steps that were taken, (steps, 2): without and with penalties. If `diverged`, the last of
            them was not finite, and the parameters are finite ones of before.
        """
        reports: list[Array] = []
        outcome = Outcome(np.empty((0, 2)), [])
        while steps > 0 and not outcome.diverged:
            whole = min(steps // self.per_epoch, max(1, MOST_STEPS // self.per_epoch))
            outcome = (
                self._some(min(steps, self.per_epoch - self.batch)) if self.batch or not whole else self._all(whole)
            )
            reports.append(outcome.reports)
            steps -= len(outcome.reports)
        return Outcome(np.concatenate(reports or [outcome.reports]), outcome.seconds, outcome.diverged)

    def _some(self, steps: int) -> Outcome:
        """Steps within an epoch."""
        rows = np.concatenate(self._of_epoch()[self.batch : self.batch + steps])
        outcome = self._run(self.data.rows(rows), Batches(len(rows), self._size, shuffle=False))
        self.batch += len(outcome.reports)
        if self.batch == self.per_epoch:
            self.batch, self.run.epoch = 0, self.run.epoch + 1
        return outcome

    def _all(self, epochs: int) -> Outcome:
        """Whole epochs in one call of the executor."""
        per_epoch = self.per_epoch
        outcome = self._run(self.data, self._batches(epochs))
        done, self.batch = divmod(len(outcome.reports), per_epoch)
        self.run.epoch += done
        return outcome

    def _run(self, data: Data, batches: Batches) -> Outcome:
        run = self.run
        session = run.open(self._program, self._step.graph.inputs)
        steps = run.step + np.arange(len(batches))
        table = scalar_table(
            self.architecture, self.optimizer, steps, run.step + len(batches), self.per_epoch, run.step
        )
        outcome = session.run(data.arrays(), batches, table, [DATA_LOSS, LOSS], lambda: False)
        run.step += len(outcome.reports)
        self._changed()
        return outcome

    # --- where it is

    def snapshot(self) -> Snapshot:
        """A copy of all that the next step starts from."""
        slots = {name: a.copy() for name, a in (self.run.optimizer_arrays() or {}).items()}
        return Snapshot(self.run.snapshot(), slots, self.run.step, self.run.epoch, self.batch)

    def go_to(self, moment: Snapshot) -> None:
        """Go on from a moment of before."""
        run = self.run
        run.restore(dict(moment.parameters))
        run.session, run.slots = None, {name: a.copy() for name, a in moment.slots.items()}
        run.step, run.epoch, self.batch = moment.step, moment.epoch, moment.batch
        self._changed()
