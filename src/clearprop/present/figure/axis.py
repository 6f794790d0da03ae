"""An axis: a range of values, where in it a value stands, and the round values that are written along it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import ceil, floor, log10

import numpy as np
from numpy.typing import ArrayLike

from clearprop.messages import Words
from clearprop.present.formula.tree import RAISED, Math

Text = Words | Math  # what is written in a plot
Tick = tuple[float, Text]  # a value, and what is written there
LARGEST = 1e250  # an end of an axis: what is beyond stands outside, so that no range or factor overflows


@dataclass(frozen=True)
class Axis:
    """A range of values along one direction of a plot.

    Attributes:
        low, high: its ends, from left to right or from the bottom up; `low` may be the larger number.
        log: whether equal distances are equal factors.
        whole: whether only whole numbers are written along it: epochs, counts.
        given: what is written along it instead of round numbers; () for nothing.

    Example:
        >>> Axis.of([3.0, 11.0]).ticks()
        [(4.0, '4'), (6.0, '6'), (8.0, '8'), (10.0, '10')]
        >>> Axis(0.1, 100, log=True).ticks()
        [(0.1, '0.1'), (1.0, '1'), (10.0, '10'), (100.0, '100')]
        >>> Axis(1, 100, log=True).share(10)
        0.5
    """

    low: float
    high: float
    log: bool = False
    whole: bool = False
    given: tuple[Tick, ...] | None = None

    @classmethod
    def of(cls, values: ArrayLike, log: bool = False, whole: bool = False) -> Axis:
        """The range of some values, never empty; what is not finite does not count, nor on a logarithmic axis what
        is not positive.
        """
        every = np.asarray(values, np.float64)
        there = every[np.isfinite(every) & ((every > 0) | (not log))]
        there = np.clip(there, 1 / LARGEST if log else -LARGEST, LARGEST)
        low, high = (float(there.min()), float(there.max())) if there.size else (1.0, 1.0)
        if low == high:
            low, high = (low / 2, high * 2) if log else (low - (abs(low) / 2 or 1), high + (abs(high) / 2 or 1))
        return cls(low, high, log, whole)

    @classmethod
    def named(cls, names: Sequence[Text]) -> Axis:
        """One place for each name, from the top down: the k-th reaches from k to k + 1."""
        return cls(len(names), 0, given=tuple((k + 0.5, name) for k, name in enumerate(names)))

    def padded(self, part: float = 0.05) -> Axis:
        """With a little room at both ends."""
        if self.log:
            room = self.high**part / self.low**part
            return replace(self, low=self.low / room, high=self.high * room)
        room = part * (self.high - self.low)
        return replace(self, low=self.low - room, high=self.high + room)

    def share(self, value: float) -> float:
        """Where a value stands: 0 at the low end, 1 at the high one."""
        low, high, value = (log10(v) if self.log else v for v in (self.low, self.high, value))
        return float((value - low) / (high - low))

    def holds(self, value: float) -> bool:
        """Whether a value is in the range; what is not finite is not."""
        return bool(min(self.low, self.high) <= value <= max(self.low, self.high))

    def clipped(self, value: float) -> float:
        """The nearest value in the range."""
        return float(min(max(value, min(self.low, self.high)), max(self.low, self.high)))

    def ticks(self, about: int = 5) -> list[Tick]:
        """Round values in the range with what is written there, about so many: 1, 2 or 5 times a power of ten."""
        if self.given is not None:
            return list(self.given)
        low, high = sorted((self.low, self.high))
        if self.log:
            return [(value, power_text(value)) for value in _powers(low, high, about)]
        step = _step((high - low) / about)
        step = max(1.0, step) if self.whole else step
        return [(k * step, tick_text(k * step)) for k in range(ceil(low / step - 1e-9), floor(high / step + 1e-9) + 1)]


def _step(least: float) -> float:
    """The smallest of 1, 2 and 5 times a power of ten that is not below."""
    power = 10.0 ** floor(log10(least))
    return next(power * m for m in (1, 2, 5, 10) if least <= power * m)


def _powers(low: float, high: float, about: int) -> list[float]:
    """Powers of ten in the range, of very many every second or third; where there are few, 2 and 5 times them, too."""
    powers = range(floor(log10(low)), ceil(log10(high)) + 1)
    tens = [10.0**p for p in powers if low <= 10.0**p <= high]
    if len(tens) >= 3:
        return tens[:: ceil(len(tens) / (about + 2))]
    found = [v for v in (m * 10.0**p for p in powers for m in (1, 2, 5)) if low <= v <= high]
    return found if len(found) >= 2 else [low, high]


def tick_text(value: float) -> str:
    """A round number as it stands at an axis, where there is little room.

    Example:
        >>> tick_text(0.1 + 0.2), tick_text(200000.0), tick_text(-1500000.0), tick_text(2.4e9)
        ('0.3', '200k', '−1.5M', '2.4e+09')
    """
    size = abs(value)
    if size >= 1e9:
        text = f"{value:.6g}"
    elif size >= 1e6:
        text = f"{value / 1e6:.10g}M"
    else:
        text = f"{value / 1e3:.10g}k" if size >= 1e4 else f"{value:.10g}"
    return text.replace("-", "−")


def power_text(value: float) -> str:
    """A value of a logarithmic axis: a power of ten that is far from 1 with its exponent.

    Example:
        >>> power_text(1e-5), power_text(0.2), power_text(1e4)
        ('10⁻⁵', '0.2', '10⁴')
    """
    power = log10(value)
    if round(power, 9).is_integer() and not -4 < power < 4:
        return "10" + str(round(power)).translate(RAISED)
    return f"{value:.4g}"
