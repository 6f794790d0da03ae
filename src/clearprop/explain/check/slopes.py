"""The slope of a function of one array, from its values alone: by a complex step, or by central differences."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from clearprop.execute import Array

Method = Literal["complex step", "central differences"]

# The loss for a value of the array, and which way it went at every kink; None where that cannot be seen from outside.
Real = Callable[[Array], tuple[float, bytes | None]]
Complex = Callable[[Array], complex]

TINY = 1e-30  # the complex step takes no difference, so it may be as small as one likes
STEPS = (1e-3, 1e-4, 1e-5, 1e-6)  # relative to the size of what moves
SMOOTH = 1e-4  # of the slope: so much may it differ to the right and to the left
EPS = float(np.finfo(np.float64).eps)


@dataclass(frozen=True)
class LossOfArray:
    """The loss as a function of one array, everything else as it is.

    Attributes:
        at: the array as it is.
        real: its loss.
        complex: the same on complex numbers; None where an op on the way is not analytic.
    """

    at: Array
    real: Real
    complex: Complex | None = None


@dataclass(frozen=True)
class MeasuredSlope:
    """A derivative that was measured.

    Attributes:
        value: d/dt L(x + t·v) at t = 0.
        uncertainty: how far off it may be, by truncation and rounding.
    """

    value: float
    uncertainty: float = 0.0


def complex_slope(loss: LossOfArray, v: Array) -> MeasuredSlope:
    """Im L(x + i·h·v) / h, exact to rounding where every op is analytic.

    Source: Squire & Trapp, SIAM Review 40 (1998).
    """
    assert loss.complex is not None
    return MeasuredSlope(float(np.imag(loss.complex(loss.at + 1j * TINY * v))) / TINY)


def central_slope(
    loss: LossOfArray, v: Array, unit: float, enough: Callable[[MeasuredSlope], bool]
) -> MeasuredSlope | None:
    """(L(x + h·v) − L(x − h·v)) / 2h, extrapolated from h and h/2; None next to a kink.

    Steps are tried from large to small until one crosses no kink and is sure enough, so that neither truncation nor
    rounding decides by luck; otherwise the surest is taken. If all cross one, it may still be harmless: elu and the
    Huber loss change their formula at a place where the slope does not jump.

    Args:
        loss: the function.
        v: the direction.
        unit: the size of what moves, which the steps are measured by.
        enough: whether a slope is sure enough.
    """
    middle = loss.real(loss.at)
    for may_cross in (False, True):
        best = None
        for step in STEPS:
            found = _slope_at(loss, v, step, unit, middle, may_cross)
            if found is not None and (best is None or found.uncertainty < best.uncertainty):
                best = found
                if enough(found):
                    break
        if best is not None:
            return best
    return None


def _slope_at(
    loss: LossOfArray, v: Array, step: float, unit: float, middle: tuple[float, bytes | None], may_cross: bool
) -> MeasuredSlope | None:
    h, (here, way) = step * unit, middle
    values, crosses = [], False
    for t in (h, -h, h / 2, -h / 2):
        value, other_way = loss.real(loss.at + t * v)
        crosses |= other_way != way
        if crosses and not may_cross:
            return None
        values.append(value)
    up, down, half_up, half_down = values
    wide, narrow = (up - down) / (2 * h), (half_up - half_down) / h
    rounding = EPS * (8 * max(map(abs, values)) / h + abs(narrow) / step)
    far, near = abs(up - 2 * here + down) / h, abs(half_up - 2 * here + half_down) / (h / 2)  # right − left slope
    allowed = SMOOTH * max(abs(half_up - here), abs(here - half_down)) / (h / 2) + 10 * rounding
    may_jump = crosses or way is None
    if may_jump and near > allowed and near > 0.6 * far:  # where nothing jumps, it is halved with the step
        return None
    return MeasuredSlope((4 * narrow - wide) / 3, abs(narrow - wide) + rounding + (0.1 * near if crosses else 0.0))


def unit_of(x: Array, entry: tuple[int, ...] | None = None) -> float:
    """The size by which steps are measured: of an entry, but not below the typical one of its array; 1 if all are 0."""
    typical = float(np.sqrt(np.mean(np.square(x)))) if x.size else 0.0
    return max(typical, 0.0 if entry is None else abs(float(x[entry]))) or 1.0
