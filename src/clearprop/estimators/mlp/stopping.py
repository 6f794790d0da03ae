"""When scikit-learn's MLP stops: after too many epochs in a row without an improvement of at least tol."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Patience:
    """How many epochs in a row brought no improvement.

    Attributes:
        tol: what an epoch must be better by than the best so far.
        most: how many epochs may bring less; one more is too many.
        count: of epochs in a row that brought less.
    """

    tol: float
    most: float
    count: int = 0

    @property
    def left(self) -> float:
        """Epochs that will be run whatever they bring: the rule cannot end the training before."""
        return max(1, self.most + 1 - self.count)

    @property
    def is_out(self) -> bool:
        """Whether there were too many."""
        return self.count > self.most

    def after_loss(self, loss: float, best: float) -> float:
        """Count an epoch by its training loss; returns the best loss so far. A NaN counts as an improvement."""
        self.count = self.count + 1 if loss > best - self.tol else 0
        return min(loss, best) if loss == loss else best

    def after_score(self, score: float, best: float) -> float:
        """Count an epoch by its validation score; returns the best score so far."""
        self.count = self.count + 1 if score < best + self.tol else 0
        return max(score, best) if score == score else best
