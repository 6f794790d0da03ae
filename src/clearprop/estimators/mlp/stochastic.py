"""scikit-learn's sgd and adam on the native machine: many epochs in one call wherever nothing can happen in between."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from clearprop.arrays import Array
from clearprop.errors import DivergenceError
from clearprop.estimators.mlp.objective import Objective
from clearprop.estimators.mlp.stopping import Patience
from clearprop.execute import Batches, Executor, Outcome, Session
from clearprop.nn import Schedule, TargetForm
from clearprop.nn.names import DATA_LOSS, LOSS
from clearprop.train import Optimizer, Run, scalar_table, step_graph
from clearprop.train.interrupt import Interrupt
from clearprop.train.loop import check_can_learn
from clearprop.train.predict import LOOKED_AT, mostly_zero

MOST_NUMBERS = 4_000_000  # of row numbers and scalars that one call of the machine is given: bounds the memory


class DivergedError(DivergenceError, ValueError):
    """Training that ended in NaN or infinities; also the ValueError that scikit-learn raises then."""


@dataclass(frozen=True)
class Rows:
    """What is learned from: inputs, targets and weights of rows, as the graph has them.

    Attributes:
        X: the inputs; a sparse matrix is made dense a few batches at a time.
        y: integer labels (N,), or a row of numbers for each sample.
        form: of y.
        w: the sample weights, or None.
    """

    X: Any
    y: Array
    form: TargetForm
    w: Array | None = None

    def __len__(self) -> int:
        return int(self.X.shape[0])

    @property
    def is_dense(self) -> bool:
        """Whether X is an array."""
        return isinstance(self.X, np.ndarray)

    @property
    def zeros(self) -> tuple[str, ...]:
        """The inputs that are mostly 0, by their names in the graph."""
        some = self.take(slice(0, LOOKED_AT)).X
        return ("X",) if mostly_zero(some) else ()

    def take(self, rows: Any) -> Rows:
        """Some of the rows, dense."""
        X = self.X[rows] if self.is_dense else np.ascontiguousarray(self.X[rows].toarray())
        return Rows(X, self.y[rows], self.form, None if self.w is None else self.w[rows])

    def arrays(self) -> dict[str, Array]:
        """By the names they have in the graph."""
        return {"X": self.X, "y": self.y} | ({} if self.w is None else {"w": self.w})


@dataclass
class Stochastic:
    """An optimizer and what it carries from fit to fit; the estimator's `_optimizer`.

    Attributes:
        rule: the update, with its settings.
        policy: "constant", "invscaling" or "adaptive"; or a schedule.
        learning_rate_init: η at the start.
        power_t: of "invscaling": η = learning_rate_init/(t + 1)^power_t after t samples.
        run: parameters, the optimizer's arrays, and how many steps there were.
        learning_rate: η of the next epoch.
    """

    rule: Optimizer
    policy: str | Schedule
    learning_rate_init: float
    power_t: float
    run: Run
    learning_rate: float = field(default=0.0)

    def __post_init__(self) -> None:
        self.learning_rate = float(self.learning_rate_init)

    @property
    def t(self) -> int:
        """Steps so far."""
        return self.run.step

    def rates(self, epochs: int, rows: int, seen: int) -> Array:
        """η of each of the next epochs, when `seen` samples were seen before the first; the last is that after them."""
        rates = np.full(epochs + 1, self.learning_rate)
        if self.policy == "invscaling":
            after = seen + rows * np.arange(1, epochs + 1)
            rates[1:] = self.learning_rate_init / (after + 1.0) ** self.power_t
        return rates

    def lower(self) -> bool:
        """Divide η by 5, if the policy is to go on that way when nothing improves; returns whether it was done."""
        if self.policy != "adaptive" or self.learning_rate <= 1e-6:
            return False
        self.learning_rate /= 5.0
        return True


@dataclass
class Progress:
    """What the estimator is told after some epochs.

    Attributes:
        losses: of each epoch: the mean over its batches, each with its penalty.
        diverged: whether the epoch after the last of them ended in NaN or infinities.
        interrupted: whether Ctrl-C was pressed.
    """

    losses: list[float]
    diverged: bool = False
    interrupted: bool = False


class Training:
    """One fit by steps: hands the machine as many epochs as can be run before anything is to be decided.

    Args:
        objective: what is minimised.
        solver: the optimizer, whose run is trained in place.
        data: the training rows.
        batch_size: rows of a step; the last batch has what is left, be it one row.
        order: draws the order of the rows of the next epoch; None to keep theirs.
        total: epochs that the fit may take.
        executor: what runs the steps.
        dtype: of the numbers.
        seed: of dropout.
        loss_outputs: what the reported loss is divided by, beside its penalty.
    """

    def __init__(
        self,
        objective: Objective,
        solver: Stochastic,
        data: Rows,
        batch_size: int,
        order: Callable[[], Array] | None,
        total: int,
        executor: Executor,
        dtype: str,
        seed: int = 0,
        loss_outputs: int = 1,
    ) -> None:
        self.objective, self.solver, self.data, self.order = objective, solver, data, order
        self.batch_size, self.total, self.seed, self.loss_outputs = batch_size, total, seed, loss_outputs
        check_can_learn(objective, min(len(data), batch_size))
        self.joins = objective.has_running_states  # batch normalisation needs two rows
        step = step_graph(objective, solver.rule, dtype, data.form, data.w is not None)
        if solver.run.step == 0:
            solver.run.begin(solver.rule, step.slots, dtype)
        self.session: Session = solver.run.open(
            executor.load(step.graph, step.stored, zeros=data.zeros), step.graph.inputs
        )
        self.done = 0

    def most(self, patience: Patience, watched: bool) -> int:
        """Epochs that the next call may run."""
        if watched or not self.data.is_dense:
            return 1
        left = min(self.total - self.done, patience.left)
        return int(max(1, min(left, MOST_NUMBERS // max(len(self.data), 8 * self._batches(1).per_epoch))))

    def run(self, epochs: int, seen: int, interrupt: Interrupt) -> Progress:
        """Run some epochs, after `seen` samples."""
        solver, batches = self.solver, self._batches(epochs)
        rates = solver.rates(epochs, len(self.data), seen)
        table = self._table(batches, rates)
        outcome = self._outcome(batches, table, interrupt)
        solver.run.step += len(outcome.reports)
        whole = len(outcome.reports) // batches.per_epoch if not outcome.diverged else len(outcome.seconds)
        solver.run.epoch += whole
        self.done += whole
        solver.learning_rate = float(rates[whole])
        return Progress(self._losses(outcome, batches, whole), outcome.diverged, interrupt.requested)

    def _batches(self, epochs: int, order: Array | None = None) -> Batches:
        first = self.solver.run.epoch
        return Batches(
            len(self.data), self.batch_size, epochs, first, self.seed, shuffle=False, joins=self.joins, order=order
        )

    def _table(self, batches: Batches, rates: Array) -> dict[str, Array]:
        """One number per step for each scalar of the step graph."""
        solver, per_epoch = self.solver, batches.per_epoch
        steps = self.done * per_epoch + np.arange(len(batches))
        rule = replace(solver.rule, learning_rate=solver.policy) if isinstance(solver.policy, Schedule) else solver.rule
        table = scalar_table(self.objective, rule, steps, self.total * per_epoch, per_epoch, solver.run.step)
        if rule is solver.rule:
            same = solver.policy != "invscaling"
            table["η"] = np.broadcast_to(rates[0], len(steps)) if same else np.repeat(rates[:-1], per_epoch)
        return table

    def _orders(self, epochs: int) -> Array | None:
        if self.order is None:
            return None
        return np.stack([self.order() for _ in range(epochs)])

    def _outcome(self, batches: Batches, table: dict[str, Array], interrupt: Interrupt) -> Outcome:
        orders = self._orders(batches.epochs)
        if self.data.is_dense:
            batches = replace(batches, order=orders)
            return self.session.run(self.data.arrays(), batches, table, [DATA_LOSS, LOSS], interrupt)
        parts = list(self._parts(batches, orders, table, interrupt))
        last = parts[-1]
        return Outcome(np.concatenate([part.reports for part in parts]), last.seconds, last.diverged)

    def _parts(
        self, batches: Batches, orders: Array | None, table: dict[str, Array], interrupt: Interrupt
    ) -> Iterator[Outcome]:
        """The steps of one epoch on rows that are made dense a few batches at a time."""
        order = np.arange(len(self.data)) if orders is None else orders[0]
        size = min(self.batch_size, len(self.data))
        stride = max(1, MOST_NUMBERS // (size * self.data.X.shape[1]))
        for step in range(0, batches.per_epoch, stride):
            last = step + stride >= batches.per_epoch
            rows = order[step * size :] if last else order[step * size : (step + stride) * size]
            part = Batches(len(rows), size, 1, batches.first, self.seed, shuffle=False, joins=self.joins)
            here = {name: values[step : step + len(part)] for name, values in table.items()}
            outcome = self.session.run(self.data.take(rows).arrays(), part, here, [DATA_LOSS, LOSS], interrupt)
            yield outcome
            if outcome.diverged or len(outcome.reports) < len(part):
                return

    def _losses(self, outcome: Outcome, batches: Batches, epochs: int) -> list[float]:
        """The loss of each epoch as scikit-learn reports it: the mean of several outputs, by whose sum it learns."""
        data, whole = outcome.reports[: epochs * batches.per_epoch].T
        steps = whole + data * (1.0 / self.loss_outputs - 1.0) if self.loss_outputs > 1 else whole
        found: list[float] = (steps.reshape(epochs, batches.per_epoch) * batches.shares).sum(axis=1).tolist()
        return found
