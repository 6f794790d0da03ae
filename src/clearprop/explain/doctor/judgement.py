"""The one judgement of a fit, which the training page, the report, `evaluate` and the doctor all use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import ceil, isfinite, log2

from clearprop.messages import Message

# A fifth of what there is to learn that is lost on new rows is overfitting, if the error there is also twice that on
# the training rows, and beyond chance: by the whole 95% interval.
LOST, TIMES = 0.2, 2.0
# Of n rows the widest interval that they give, from the smallest to the largest value, holds the median with the
# probability 1 − 2/2ⁿ: with fewer rows than these that is below 95%, and they judge nothing.
LEAST_ROWS = ceil(log2(2 / 0.05))


@dataclass(frozen=True)
class Measure:
    """A score with its 95% interval, beside the baseline's; where no interval is known, both bounds are the score.

    Attributes:
        name: of the score.
        value, low, high: the score.
        baseline: the score of always answering the most frequent class, or the mean, of the training rows.
        perfect: the score of an answer that is always right.
    """

    name: Message
    value: float
    low: float
    high: float
    baseline: float
    perfect: float = 1.0

    def missed(self, score: float) -> float:
        """(perfect − score)/(perfect − baseline): 0 is perfect, 1 no better than the baseline."""
        return (self.perfect - score) / (self.perfect - self.baseline)

    @property
    def least_missed(self) -> float:
        """At the better end of the interval."""
        return min(self.missed(self.low), self.missed(self.high))

    @property
    def most_missed(self) -> float:
        """At the worse end of the interval."""
        return max(self.missed(self.low), self.missed(self.high))

    @property
    def is_defined(self) -> bool:
        """Whether every number is there, and there is something to learn."""
        return all(map(isfinite, (self.value, self.low, self.high, self.baseline))) and self.baseline != self.perfect

    @property
    def said(self) -> Message:
        """The score, and where there is one its interval: "0.912 [0.874, 0.940]"."""
        if self.low < self.high:
            return Message("doctor.with_interval", value=self.value, low=self.low, high=self.high)
        return Message("doctor.without_interval", value=self.value)


Measures = Mapping[str, Measure]


def defined(measures: Measures) -> Measures:
    """Those that are defined; none where accuracy, R² or R¹ is not: rows of one class or one number say nothing."""
    found = {metric: measure for metric, measure in measures.items() if measure.is_defined}
    return found if found.keys() & {"accuracy", "r2", "r1"} else {}


ON_WHICH_OVERFITTING_IS_JUDGED = ("accuracy", "auc", "r2", "r1")


@dataclass(frozen=True)
class Judgement:
    """What scores say of a fit. Only measures that are defined have a place in it.

    Attributes:
        seen: metric → its measure on the training rows.
        unseen: the same on rows that the network has not learned from.
        within: the same on other such rows, of the same time as the training rows, if those of `unseen` come later.
        few: how many rows there are that the network has not learned from, where they are too few to judge: nothing is
            in `unseen` then.
        remembered: whether the model holds its training rows and answers them by heart: nothing is in `seen` then.
    """

    seen: Measures
    unseen: Measures
    within: Measures | None = None
    few: int | None = None
    remembered: bool = False

    @classmethod
    def of(
        cls, seen: Measures, unseen: Measures, rows: int, within: Measures | None = None, remembered: bool = False
    ) -> Judgement:
        """By so many rows that the network has not learned from."""
        seen = {} if remembered else seen
        few = None if rows >= LEAST_ROWS else rows
        return cls(seen, {} if few is not None else unseen, within if few is None else None, few, remembered)

    @property
    def better_than_chance(self) -> Measure | None:
        """The first measure whose whole interval is better than the baseline; None where there is none.

        Where nearly all rows are of one class accuracy cannot be better, though the network tells the classes apart.
        """
        return next((measure for measure in self.unseen.values() if measure.most_missed < 1), None)

    @property
    def overfitting(self) -> tuple[Measure, Measure] | None:
        """The measure that is so much worse on new rows than on the training rows: (seen, unseen); None: there is none.

        Where the new rows come later only what is lost at the same time counts: the rest is not overfitting.
        """
        for metric in ON_WHICH_OVERFITTING_IS_JUDGED:
            if metric in self.seen and metric in self.unseen:
                seen, unseen = self.seen[metric], self._of_the_same_time(metric)
                lost = unseen.missed(unseen.value) - seen.missed(seen.value)
                if lost > LOST and unseen.least_missed > TIMES * seen.most_missed:
                    return seen, self.unseen[metric]
        return None

    def _of_the_same_time(self, metric: str) -> Measure:
        measure = self.unseen[metric]
        if self.within is None or metric not in self.within:
            return measure
        value = self.within[metric].value
        return replace(measure, value=value, high=max(measure.high, value))
