"""Numbers that change in training: pure functions of how far it is, and one that listens to the validation.

A schedule may stand for a learning rate, a weight decay, a dropout rate or a penalty.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clearprop.arrays import as_float
from clearprop.errors import DTypeError, InvalidValueError, checked_integer

Steps = NDArray[np.int64]
Rates = NDArray[np.float64]
_MOST_CYCLES = 30  # the shortest is then a billionth of the fit


@dataclass(frozen=True)
class Moment:
    """How far a fit is.

    Attributes:
        step: steps done in this fit, from 0.
        total_steps: steps that the fit will do.
        steps_per_epoch: steps in an epoch.
    """

    step: int
    total_steps: int
    steps_per_epoch: int

    @property
    def epoch(self) -> int:
        """Epochs done, from 0."""
        return self.step // self.steps_per_epoch

    @property
    def fraction(self) -> float:
        """From 0 at the first step to just under 1 at the last."""
        return self.step / self.total_steps


def _is_number(value: Any) -> bool:
    """Whether it is a number, NumPy's too."""
    return isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)


def _positive(name: str, value: Any) -> None:
    if not _is_number(value) or not 0 < as_float(value) < math.inf:
        raise InvalidValueError(f"{name} = {value!r}", "a positive number")


@dataclass(frozen=True)
class Schedule:
    """A number as a function of the moment: η, or what else it is a schedule of.

    Attributes:
        learning_rate: the number at the start, whatever it is.
    """

    learning_rate: float

    def __post_init__(self) -> None:
        _positive("learning_rate", self.learning_rate)

    @property
    def on_plateau(self) -> ReduceOnPlateau | None:
        """The part of this schedule that listens to the validation, if it has one."""
        return None

    def rate(self, now: Moment) -> float:
        """The number at this step."""
        raise NotImplementedError

    def rates(self, steps: Steps, total_steps: int, steps_per_epoch: int) -> Rates:
        """The number at each of many steps."""
        return np.array([self.rate(Moment(int(s), total_steps, steps_per_epoch)) for s in steps], np.float64)


@dataclass(frozen=True)
class ConstantRate(Schedule):
    """η, always."""

    def rate(self, now: Moment) -> float:
        """η."""
        return self.learning_rate

    def rates(self, steps: Steps, total_steps: int, steps_per_epoch: int) -> Rates:
        """η, for all of them."""
        return np.broadcast_to(np.float64(self.learning_rate), len(steps))


@dataclass(frozen=True)
class StepDecay(Schedule):
    """η · factor^⌊epoch / every⌋.

    Args:
        learning_rate: η at the start.
        factor: what it is multiplied by.
        every: epochs between two such steps.
    """

    factor: float = 0.1
    every: int = 10

    def __post_init__(self) -> None:
        super().__post_init__()
        _positive("factor", self.factor)
        _positive("every", self.every)

    def rate(self, now: Moment) -> float:
        """η · factor^⌊epoch / every⌋."""
        return float(self.learning_rate * self.factor ** (now.epoch // self.every))


@dataclass(frozen=True)
class Cosine(Schedule):
    """From η down to `final` along half a cosine, over the whole fit (Loshchilov & Hutter, 2017).

    Args:
        learning_rate: η at the start.
        final: η at the end.
    """

    final: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if not _is_number(self.final) or not 0 <= self.final < math.inf:
            raise InvalidValueError(f"final = {self.final!r}", "a number ≥ 0")

    def rate(self, now: Moment) -> float:
        """final + ½(η − final)(1 + cos πt)."""
        return self.final + 0.5 * (self.learning_rate - self.final) * (1 + math.cos(math.pi * now.fraction))


@dataclass(frozen=True)
class FlatCosine(Schedule):
    """η for a while, then down to 0 along half a cosine, over the whole fit.

    Source: RealMLP (Holzmüller, Grinsztajn & Steinwart, 2024), for dropout and weight decay.

    Args:
        learning_rate: η.
        flat: the part of the fit in which it stays, from 0 to under 1.

    Example:
        >>> schedule = FlatCosine(0.2)
        >>> [round(schedule.rate(Moment(step, 100, 10)), 3) for step in (0, 50, 75, 99)]
        [0.2, 0.2, 0.1, 0.0]
    """

    flat: float = 0.5

    def __post_init__(self) -> None:
        super().__post_init__()
        if not _is_number(self.flat) or not 0 <= self.flat < 1:
            raise InvalidValueError(f"flat = {self.flat!r}", "a number in [0, 1)")

    def rate(self, now: Moment) -> float:
        """η, and behind the flat part ½η(1 + cos πs) with s from 0 to 1."""
        s = max(0.0, (now.fraction - self.flat) / (1 - self.flat))
        return 0.5 * self.learning_rate * (1 + math.cos(math.pi * s))


@dataclass(frozen=True)
class CosLog(Schedule):
    """From 0 up to η and back again, a few times, each time for twice as long, over the whole fit.

        ½η(1 − cos(2π·log₂(1 + (2ᶜ − 1)t)))    for t from 0 to 1 and c cycles

    The first step has a rate of 0. Source: "coslog4" of RealMLP (Holzmüller, Grinsztajn & Steinwart, 2024).

    Args:
        learning_rate: η, the highest rate.
        cycles: how often it comes back to 0.

    Example:
        >>> schedule = CosLog(0.04)
        >>> [round(schedule.rate(Moment(step, 150, 10)), 3) for step in (0, 4, 10, 150)]
        [0.0, 0.04, 0.0, 0.0]
    """

    cycles: int = 4

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "cycles", checked_integer("cycles", self.cycles))
        if self.cycles > _MOST_CYCLES:
            raise InvalidValueError(f"cycles = {self.cycles}", f"at most {_MOST_CYCLES}")

    def rate(self, now: Moment) -> float:
        """½η(1 − cos(2π·log₂(1 + (2ᶜ − 1)t)))."""
        turns = math.log2(1 + (2**self.cycles - 1) * now.fraction)
        return 0.5 * self.learning_rate * (1 - math.cos(2 * math.pi * turns))


@dataclass(frozen=True)
class WarmUp(Schedule):
    """A linear rise over the first steps, then another schedule, which `learning_rate` may also be.

    Args:
        learning_rate: the rate, or the schedule, that follows.
        steps: length of the rise.
    """

    learning_rate: float | Schedule  # type: ignore[assignment]
    steps: int = 100

    def __post_init__(self) -> None:
        as_schedule(self.learning_rate)
        _positive("steps", self.steps)

    @property
    def on_plateau(self) -> ReduceOnPlateau | None:
        """That of the schedule that follows the rise."""
        return as_schedule(self.learning_rate).on_plateau

    def rate(self, now: Moment) -> float:
        """The following schedule's rate, times (step + 1)/steps during the rise."""
        return as_schedule(self.learning_rate).rate(now) * min(1.0, (now.step + 1) / self.steps)

    def rates(self, steps: Steps, total_steps: int, steps_per_epoch: int) -> Rates:
        """As `rate`, for many steps."""
        following = as_schedule(self.learning_rate).rates(steps, total_steps, steps_per_epoch)
        return following * np.minimum(1.0, (steps + 1) / self.steps)


@dataclass(frozen=True)
class ReduceOnPlateau(Schedule):
    """η, multiplied by `factor` each time the monitored value has not improved for `patience` epochs.

    Args:
        learning_rate: η at the start.
        factor: what it is multiplied by.
        patience: epochs without improvement after which the rate falls.
        monitor: a column of the history; by default the validation loss, without validation data the loss.
    """

    factor: float = 0.5
    patience: int = 5
    monitor: str | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        checked_integer("patience", self.patience)
        if not _is_number(self.factor) or not 0 < self.factor < 1:
            raise InvalidValueError(f"factor = {self.factor!r}", "a number between 0 and 1")

    @property
    def on_plateau(self) -> ReduceOnPlateau:
        """Itself."""
        return self

    def rate(self, now: Moment) -> float:
        """η; the loop multiplies it by the reductions so far."""
        return self.learning_rate

    def rates(self, steps: Steps, total_steps: int, steps_per_epoch: int) -> Rates:
        """η, for all of them."""
        return np.broadcast_to(np.float64(self.learning_rate), len(steps))


def as_schedule(given: Any) -> Schedule:
    """A number as a constant schedule; a schedule as it is.

    Raises:
        InvalidValueError: if the number is not positive.
        DTypeError: for anything else.
    """
    if isinstance(given, Schedule):
        return given
    if isinstance(given, bool) or _is_number(given):
        return ConstantRate(given)
    raise DTypeError(f"learning rate {given!r}", "a positive number or a schedule such as cp.Cosine(1e-2)")


FIRST = Moment(0, total_steps=1, steps_per_epoch=1)


def first_value(given: float | Schedule) -> float:
    """A number as it is; of a schedule the number of the first step."""
    return given.rate(FIRST) if isinstance(given, Schedule) else given


@dataclass(frozen=True)
class Scalar:
    """An input of a training graph that is one number in each step, as a schedule has it.

    Attributes:
        schedule: which number.
        what: it is, for people.
        below: what it must stay below; it is never negative.
    """

    schedule: Schedule
    what: str
    below: float = math.inf

    def __post_init__(self) -> None:
        if self.schedule.on_plateau is not None:
            raise InvalidValueError(
                f"{self.what} {self.schedule!r}",
                "a schedule that follows from the step alone, such as cp.Cosine",
                "what is reduced on a plateau is the learning rate",
            )
        self._require(np.array([self.first]))

    @property
    def first(self) -> float:
        """The number of the first step."""
        return first_value(self.schedule)

    def rates(self, steps: Steps, total_steps: int, steps_per_epoch: int) -> Rates:
        """The number at each of many steps.

        Raises:
            InvalidValueError: if one is out of range.
        """
        rates = self.schedule.rates(steps, total_steps, steps_per_epoch)
        self._require(rates)
        return rates

    def _require(self, rates: Rates) -> None:
        wrong = ~((rates >= 0) & (rates < self.below))
        if wrong.any():
            bound = f"a number in [0, {self.below:g})" if self.below < math.inf else "a finite number ≥ 0"
            raise InvalidValueError(f"{self.what} {rates[np.argmax(wrong)]:g} by {self.schedule!r}", bound)
