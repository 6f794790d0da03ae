"""Conformal intervals: how far off answers to rows that were not learned from were is how far off others will be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray

from clearprop.errors import InvalidValueError
from clearprop.table.plain import Positive, RowCount, UpTo

Array = NDArray[Any]

_MOST_KEPT = 1000  # scores in a file
_ROWS_A_GROUP, _MOST_GROUPS = 100, 20  # in which the residuals' size is measured
_LEAST_SHARE = 0.1  # of the mean residual: no group's size is smaller


@dataclass(frozen=True)
class HeldOutScores:
    """Scores of n held-out rows, sorted, and the conformal quantile that they give.

    Beside n rows that are exchangeable with it, a new row's score is as likely to have any rank from 1 to n + 1. So it
    is at most the ⌈(n + 1)·coverage⌉-th smallest of the n with a probability of at least `coverage`. With weights wᵢ
    it is the smallest score whose rows weigh, with all smaller ones, coverage·(Σwᵢ + w̄): the new row counts as one of
    mean weight, and coverage is that of the weighted population.

    Attributes:
        scores: in ascending order; of more than 1000 rows some, dense at the upper end, so that a quantile is at most
            one kept score too large.
        shares: of each score: the weight of the rows up to it, out of that of all rows and the new one.
        rows: how many there were.

    Source: Vovk, Gammerman, Shafer, Algorithmic Learning in a Random World, 2005; Lei et al., Distribution-Free
    Predictive Inference for Regression, JASA 2018.

    Example:
        >>> nine = HeldOutScores.of(np.arange(1.0, 10.0))
        >>> nine.quantile(0.8), nine.quantile(0.9), nine.quantile(0.91)
        (8.0, 9.0, inf)
    """

    scores: Annotated[tuple[float, ...], UpTo(_MOST_KEPT, "scores of held-out rows")]
    shares: Annotated[tuple[float, ...], UpTo(_MOST_KEPT, "shares of held-out rows")]
    rows: RowCount

    def __post_init__(self) -> None:
        if not self.scores or len(self.scores) != len(self.shares) or self.rows < len(self.scores):
            raise ValueError("scores of held-out rows that do not belong together")
        if min(np.diff(self.scores), default=0) < 0 or min(np.diff(self.shares), default=0) < 0:
            raise ValueError("scores of held-out rows that are not sorted")
        if not 0 <= self.shares[0] <= self.shares[-1] < 1:
            raise ValueError("shares of held-out rows that are none")

    @classmethod
    def of(cls, scores: Array, weights: Array | None = None) -> HeldOutScores:
        """Of scores (n,) and weights (n,), of which some are above 0."""
        n = len(scores)
        w = np.ones(n) if weights is None else np.asarray(weights, np.float64)
        order = np.argsort(scores, kind="stable")
        shares = np.cumsum(w[order]) / (w.sum() + w.mean())
        # Their distance grows with that from the upper end, where quantiles are asked for.
        far = np.arange(1, n + 1) if n <= _MOST_KEPT else np.geomspace(1, n, _MOST_KEPT).round().astype(np.int64)
        kept = np.unique(n - far)
        return cls(tuple(np.asarray(scores, np.float64)[order][kept].tolist()), tuple(shares[kept].tolist()), n)

    def quantile(self, coverage: float) -> float:
        """What a new row's score stays below or at with this probability; infinite where the rows are too few to say.

        Raises:
            InvalidValueError: for a coverage outside 0 … 1.
        """
        coverage = checked_coverage(coverage)
        place = int(np.searchsorted(np.array(self.shares), coverage * (1 - 1e-12)))
        return self.scores[place] if place < len(self.scores) else float("inf")


@dataclass(frozen=True)
class Residuals:
    """How far off the outputs for held-out rows were, in units of what is usual for such an output.

    The score of a row is |t − a|/s(a). s(a) is the mean |t − a| of the rows with about that output, in groups of 100
    rows or more, and runs straight from the middle of one group to the next. So an interval a ± q·s(a) is wider where
    answers are less sure, and its coverage over all rows is that of the quantile q.

    Attributes:
        outputs: the middle of each group, ascending.
        sizes: s there.
        scores: of the held-out rows.

    Example:
        >>> y = np.array([1.0, -1.0, 2.0, -2.0])
        >>> Residuals.of(y, np.zeros(4)).half_widths(np.zeros(1), 0.6)
        array([2.])
    """

    outputs: Annotated[tuple[float, ...], UpTo(_MOST_GROUPS, "groups of held-out rows")]
    sizes: Annotated[tuple[Positive, ...], UpTo(_MOST_GROUPS, "sizes of residuals")]
    scores: HeldOutScores

    def __post_init__(self) -> None:
        if not self.outputs or len(self.outputs) != len(self.sizes) or min(np.diff(self.outputs), default=1) <= 0:
            raise ValueError("groups of held-out rows that are none")

    @classmethod
    def of(cls, y: Array, outputs: Array, weights: Array | None = None) -> Residuals | None:
        """Of coded targets (n,), outputs for them (n,) and weights (n,); None if there is no row, or one is not finite.

        Args:
            y: coded targets (n,).
            outputs: of a network that did not learn these rows (n,).
            weights: of the rows (n,), or None.
        """
        a = np.asarray(outputs, np.float64)
        off = np.abs(np.asarray(y, np.float64) - a)
        w = np.ones(len(a)) if weights is None else np.asarray(weights, np.float64)
        if not np.isfinite(off).all() or not w.any():
            return None
        there = w > 0
        a, off, w = a[there], off[there], w[there]
        groups = np.array_split(np.argsort(a, kind="stable"), np.clip(len(a) // _ROWS_A_GROUP, 1, _MOST_GROUPS))
        middles = np.array([np.average(a[rows], weights=w[rows]) for rows in groups])
        sizes = np.array([np.average(off[rows], weights=w[rows]) for rows in groups])
        usual = np.average(off, weights=w) or 1.0
        middles, first = np.unique(middles, return_index=True)
        sizes = np.maximum(sizes[first], _LEAST_SHARE * usual)
        scores = off / np.interp(a, middles, sizes)
        weighed = None if weights is None else w
        return cls(tuple(middles.tolist()), tuple(sizes.tolist()), HeldOutScores.of(scores, weighed))

    def half_widths(self, outputs: Array, coverage: float) -> Array:
        """q·s(a) of each output (N,)."""
        return np.asarray(self.scores.quantile(coverage) * np.interp(outputs, self.outputs, self.sizes))


def checked_coverage(coverage: Any) -> float:
    """A share of rows that an interval is to cover.

    Raises:
        InvalidValueError: for one outside 0 … 1, or at an end.
    """
    if isinstance(coverage, bool) or not isinstance(coverage, int | float | np.number) or not 0 < coverage < 1:
        raise InvalidValueError(f"coverage {coverage!r}", "a share between 0 and 1, such as 0.9")
    return float(coverage)
