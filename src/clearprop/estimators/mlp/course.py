"""The course of a fit by steps: after each epoch the curves, the stopping rule, the validation, the callbacks."""

from __future__ import annotations

import copy
import warnings
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import get_scorer

from clearprop.estimators.mlp.heldout import HeldOutLoss
from clearprop.estimators.mlp.objective import Objective
from clearprop.estimators.mlp.stochastic import DivergedError, Progress, Rows, Training
from clearprop.estimators.mlp.stopping import Patience
from clearprop.execute import Executor
from clearprop.train import Epoch
from clearprop.train.interrupt import interruptible

NOT_FINITE = (
    "Solver produced non-finite parameter weights. The input data may contain large values and need to be preprocessed"
)


class Watcher:
    """Loss and score of held-out rows, with the weights that the estimator has at the moment."""

    def __init__(
        self, estimator: Any, objective: Objective, rows: Rows, given: Any, executor: Executor, dtype: str
    ) -> None:
        self._estimator, self._given = estimator, given
        self._loss = HeldOutLoss(objective, rows, executor, dtype, estimator._loss_outputs(estimator._structure()))
        asked = estimator.scoring
        self._by_loss = asked == "loss"
        self._scorer = (
            None if asked is None or self._by_loss else (get_scorer(asked) if isinstance(asked, str) else asked)
        )
        self.loss = np.nan

    def look(self) -> None:
        """Compute the loss."""
        self.loss = self._loss(self._estimator._arrays())

    def score(self) -> float:
        """By the estimator's own score, or by what `scoring` says: more is better."""
        X, y, w = self._given
        if self._by_loss:
            return -self.loss
        if self._scorer is None:
            return float(self._estimator._score(X, y, w))
        nameless = copy.copy(self._estimator)  # the rows are arrays by now, and would be warned of
        nameless.__dict__.pop("feature_names_in_", None)
        return float(self._scorer(nameless, X, y) if w is None else self._scorer(nameless, X, y, sample_weight=w))


class Course:
    """One fit by steps.

    Args:
        estimator: whose attributes are kept up to date.
        training: runs the epochs.
        watcher: of held-out rows; None if there are none.
        incremental: whether this is `partial_fit`: one epoch, and no warning that it did not converge.
    """

    def __init__(self, estimator: Any, training: Training, watcher: Watcher | None, incremental: bool) -> None:
        self.estimator, self.training, self.watcher, self.incremental = estimator, training, watcher, incremental
        count = getattr(estimator, "_no_improvement_count", 0)
        self.patience = Patience(estimator.tol, estimator.n_iter_no_change, count)
        given = estimator.callbacks
        self.callbacks = [] if given is None else [given] if callable(given) else list(given)

    def follow(self) -> None:
        """Run the epochs."""
        est, training = self.estimator, self.training
        est.n_iter_ = 0
        watched = bool(est.verbose or self.watcher or self.callbacks)
        going = True
        with interruptible() as interrupt:
            while going and training.done < training.total:
                progress = training.run(training.most(self.patience, watched), est.t_, interrupt)
                going = self._after(progress)
        if est.early_stopping and not self.incremental:
            training.solver.run.restore(est._best)

    def _after(self, progress: Progress) -> bool:
        """Note what some epochs came to; returns whether to train on."""
        going = True
        for loss in progress.losses:
            going = self._after_epoch(loss)  # only the last of them can end the training
        if progress.diverged:
            return self._diverged()
        if progress.interrupted:
            warnings.warn("Training interrupted by user.", stacklevel=7)
            return False
        if going and self.estimator.n_iter_ == self.estimator.max_iter and not self.incremental:
            self._warn(
                f"Stochastic Optimizer: Maximum iterations ({self.estimator.max_iter}) reached and the optimization "
                "hasn't converged yet."
            )
        return going

    def _after_epoch(self, loss: float) -> bool:
        """The books of one epoch; returns whether to train on."""
        est = self.estimator
        est.n_iter_ += 1
        est.loss_ = loss
        est.t_ += len(self.training.data)
        est.loss_curve_.append(loss)
        self._say(f"Iteration {est.n_iter_}, loss = {loss:.8f}")
        if self.watcher is not None:
            self.watcher.look()
            est.validation_loss_curve_ = [*(est.validation_loss_curve_ or ()), self.watcher.loss]
        self._count(loss)
        return self._goes_on() & self._told(loss)

    def _count(self, loss: float) -> None:
        est, patience = self.estimator, self.patience
        if est.early_stopping and self.watcher is not None:
            score = self.watcher.score()
            est.validation_scores_.append(score)
            self._say(f"Validation score: {score:f}")
            best = est.best_validation_score_
            est.best_validation_score_ = patience.after_score(score, best)
            if score > best:
                est._best = self.training.solver.run.snapshot()
        else:
            est.best_loss_ = patience.after_loss(loss, est.best_loss_)
        est._no_improvement_count = patience.count

    def _goes_on(self) -> bool:
        """Whether the stopping rule lets the training go on, perhaps with a lower learning rate."""
        est, solver = self.estimator, self.training.solver
        if not self.patience.is_out:
            return True
        what = "Validation score" if est.early_stopping else "Training loss"
        said = f"{what} did not improve more than tol={est.tol:f} for {est.n_iter_no_change} consecutive epochs."
        if not solver.lower():
            small = " Learning rate too small." if solver.policy == "adaptive" else ""
            self._say(f"{said}{small} Stopping.")
            return False
        self._say(f"{said} Setting learning rate to {solver.learning_rate:f}")
        self.patience.count = est._no_improvement_count = 0
        return True

    def _told(self, loss: float) -> bool:
        """Tell the callbacks; returns whether none of them asks for an end."""
        est = self.estimator
        row = {"loss": loss, "learning_rate": self.training.solver.learning_rate}
        if self.watcher is not None:
            row["validation_loss"] = self.watcher.loss
        if est.early_stopping:
            row["validation_score"] = est.validation_scores_[-1]
        event = Epoch(est.n_iter_, self.training.total, row, self.training.solver.run, est)
        return not sum(bool(callback(event)) for callback in self.callbacks)  # `sum`, not `any`: each is called

    def _diverged(self) -> bool:
        """The numbers are no longer finite: with early stopping the best weights are there, else it is an error."""
        est = self.estimator
        if not est.early_stopping:
            raise DivergedError(NOT_FINITE, None, self._hint())
        est.n_iter_ += 1
        est.loss_ = np.nan
        est.loss_curve_.append(np.nan)
        est.validation_scores_.append(np.nan)
        self._warn(
            f"the training diverged in epoch {est.n_iter_}: the weights of the best epoch are kept; {self._hint()}"
        )
        return False

    def _hint(self) -> str:
        """What to do about numbers that are not finite."""
        w = self.training.data.w
        if w is not None and not w.all():
            return "a batch where every sample_weight is 0 has no loss: leave such rows out, or take larger batches"
        return "standardise the columns, or try a lower learning_rate_init"

    def _say(self, text: str) -> None:
        if self.estimator.verbose:
            print(text)

    def _warn(self, text: str) -> None:
        warnings.warn(text, ConvergenceWarning, stacklevel=8)
