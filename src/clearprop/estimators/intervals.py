"""How sure scores are: 95% intervals by the bootstrap, of single rows, of groups, or of stretches of time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clearprop.estimators.scores import Answers, scores, weighted_scores
from clearprop.explain.doctor import LEAST_ROWS
from clearprop.table.number_target import NumberTarget
from clearprop.table.target import Target

Array = NDArray[Any]

_RESAMPLES, _CELLS, _MOST_ROWS = 1000, 30_000_000, 50_000
_FEWEST = 20  # errors of which stretches say something
_SHARES = ("accuracy", "balanced_accuracy", "precision", "recall", "f1", "average_precision", "auc")  # 1 less an error
_POWERS = {"log_loss": 1.0, "rmse": 0.5, "mae": 0.5, "pinball": 1.0}  # of an error, which a score is


@dataclass(frozen=True)
class Past:
    """What came before rows that were split off by time."""

    targets: Array  # coded targets of all rows (N,), in the order of time
    errors: Array  # losses (`scores.losses`) of rows before that were not learned from, in the order of time


def intervals_of(
    target: Target, answers: Answers, *, seed: int = 0, units: Array | None = None, past: Past | None = None
) -> dict[str, tuple[float, float]]:
    """95% intervals of the scores by the bootstrap: what other test rows of the same kind might have said.

    The rows are drawn again, with replacement, up to a thousand times; the interval leaves out 2.5% at each end. Of
    very many rows 50,000 are drawn again instead, and the interval is narrowed by √(50,000/N), as its theory says.
    Where all answers are right no resample has a wrong one; the accuracy's interval then begins at 0.05^(1/N), the
    accuracy with which N right answers in a row still happen one time in twenty.
    Both bounds are NaN where there is no such interval: of fewer than `LEAST_ROWS` rows, and of a score that more than
    one sample in twenty does not define, as the area under the ROC curve where one row alone is of a class.

    Args:
        target: how the truth is coded.
        answers: truth and answers of N rows.
        seed: of the drawing.
        units: a number for each row (N,): rows of one number are drawn together, being alike; None: each alone.
        past: of rows that were split off by time: then the interval is for another stretch of time. A year varies more
            than its autumn, and one autumn is harder than another.
    """
    rng, n = np.random.Generator(np.random.Philox(seed)), len(answers)
    if n < LEAST_ROWS:
        return dict.fromkeys(scores(target, answers), (np.nan, np.nan))
    if units is not None:
        drawn = _resampled(target, answers, rng, units)
        found = _bounds(drawn if past is None else _as_later(drawn, target, n, past, rng))
        here = scores(target, answers)  # what was measured here is possible
        found = {name: (min(low, here[name]), max(high, here[name])) for name, (low, high) in found.items()}
    elif n > _MOST_ROWS:
        some = answers.rows(rng.choice(n, _MOST_ROWS, replace=False, shuffle=False))
        whole, part = scores(target, answers), scores(target, some)
        wide, narrow = _bounds(_resampled(target, some, rng)), (_MOST_ROWS / n) ** 0.5
        found = {
            name: (whole[name] + narrow * (low - part[name]), whole[name] + narrow * (high - part[name]))
            for name, (low, high) in wide.items()
        }
    else:
        found = _bounds(_resampled(target, answers, rng))
    if found.get("accuracy") == (1.0, 1.0):
        found["accuracy"] = (0.05 ** (1 / answers.effective_rows), 1.0)
    return found


def _bounds(drawn: dict[str, Array]) -> dict[str, tuple[float, float]]:
    found = {}
    for name, values in drawn.items():
        there = values[np.isfinite(values)]
        is_defined = len(there) >= 0.95 * len(values)
        low, high = np.quantile(there, [0.025, 0.975]) if is_defined else (np.nan, np.nan)
        found[name] = (float(low), float(high))
    return found


def _resampled(
    target: Target, answers: Answers, rng: np.random.Generator, units: Array | None = None
) -> dict[str, Array]:
    """Scores of many samples with replacement, some at a time to bound the memory."""
    n = len(answers)
    m = n if units is None else int(units.max()) + 1
    times = int(np.clip(_CELLS // (n * max(1, answers.p.shape[1])), 100, _RESAMPLES))
    at_once = int(np.clip(2_000_000 // n, 1, times))
    drawn: list[dict[str, Array]] = []
    for start in range(0, times, at_once):
        b = min(at_once, times - start)
        picks = rng.integers(0, m, (b, m)) + m * np.arange(b)[:, None]
        weights = np.bincount(picks.ravel(), minlength=b * m).reshape(b, m).astype(np.float64)
        drawn.append(weighted_scores(target, answers, weights if units is None else weights[:, units]))
    return {name: np.concatenate([part[name] for part in drawn]) for name in drawn[0]}


def _as_later(
    drawn: dict[str, Array], target: Target, n: int, past: Past, rng: np.random.Generator
) -> dict[str, Array]:
    """Scores on n rows as those of another time, of which nobody knows how hard it is and how much the target varies.

    One stretch of the past had a larger error than another, by a factor that is drawn here: of two stretches, one as
    long as these rows, one as long up to all of the past. So is the variance with which R² compares the error.
    """
    times, factor = len(next(iter(drawn.values()))), np.ones(1)
    if len(past.errors) >= _FEWEST:
        size = max(2, round(len(past.errors) * n / max(1, len(past.targets) - n)))
        here, there = (_stretches([past.errors], size, longest, times, rng)[0] for longest in (size, len(past.errors)))
        factor = there / np.maximum(here, 1e-300)
    later = {name: 1 - np.minimum(1.0, (1 - values) * factor) for name, values in drawn.items() if name in _SHARES}
    later |= {name: values * factor ** _POWERS[name] for name, values in drawn.items() if name in _POWERS}
    if "r1" in drawn:
        later["r1"] = 1 - (1 - drawn["r1"]) * factor
    if isinstance(target, NumberTarget) and target.quantile is None and len(past.targets) > n:
        values = target.decode(past.targets)
        values = values - values.mean()
        mean, square = _stretches([values, values**2], n, len(values), times, rng)
        variance = square - mean**2
        later["r2"] = np.where(variance > 0, 1 - later["rmse"] ** 2 / np.maximum(variance, 1e-300), np.nan)
    return {name: later.get(name, values) for name, values in drawn.items()}


def _stretches(columns: list[Array], shortest: int, longest: int, times: int, rng: np.random.Generator) -> list[Array]:
    """Means of the columns in as many stretches, of lengths whose logarithms are evenly spread."""
    n = len(columns[0])
    lengths = np.exp(rng.uniform(np.log(shortest), np.log(max(shortest, longest)), times))
    lengths = np.minimum(np.round(lengths).astype(np.int64), n)
    start = rng.integers(0, n - lengths + 1)
    sums = [np.concatenate([[0.0], np.cumsum(column)]) for column in columns]
    return [(total[start + lengths] - total[start]) / lengths for total in sums]
