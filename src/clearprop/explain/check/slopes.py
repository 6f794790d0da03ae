"""The slope of a function of one array, from its values alone: by a complex step, or by central differences."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from clearprop.execute import Array

Method = Literal["complex step", "central differences"]
# The loss, and the outcome of every comparison on the way to it, which changes where a kink is crossed; None for the
# outcomes where the function does not tell them.
LossAndBranches = tuple[float, bytes | None]

TINY = 1e-30  # the complex step takes no difference, so it may be as small as one likes
STEPS = (1e-3, 1e-4, 1e-5, 1e-6)  # relative to the size of what moves
SMOOTH = 1e-4  # of the slope: by so much it may differ to the right and to the left
EPS = float(np.finfo(np.float64).eps)


@dataclass(frozen=True)
class LossOfArray:
    """The loss as a function of one array, everything else as it is."""

    at: Array  # the array as it is
    real: Callable[[Array], LossAndBranches]
    complex: Callable[[Array], complex] | None = None  # None where an op on the way is not analytic


@dataclass(frozen=True)
class MeasuredSlope:
    """d/dt L(x + t·v) at t = 0, as it was measured, and how far off it may be by truncation and rounding.

    `meets`: however small the step, it crosses kinks on both sides, though the slope is the same there: some kinks end
    where others begin.
    """

    value: float
    uncertainty: float = 0.0
    meets: bool = False


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
    rounding decides by luck; otherwise the surest is taken. If every step crosses a kink, it may still be harmless: elu
    and the Huber loss change their formula at a place where the slope does not jump. `unit` is the size of what moves,
    by which the steps are measured.
    """
    here = loss.real(loss.at)
    for may_cross in (False, True):
        best = None
        for step in STEPS:
            found = _slope_at(loss, v, step, unit, here, may_cross)
            if found is not None and (best is None or found.uncertainty < best.uncertainty):
                best = found
                if enough(found):
                    break
        if best is not None:
            return best
    return None


def _slope_at(
    loss: LossOfArray, v: Array, step: float, unit: float, here: LossAndBranches, may_cross: bool
) -> MeasuredSlope | None:
    h, (middle, branches) = step * unit, here
    values, crossed = [], []
    for t in (h, -h, h / 2, -h / 2):
        value, other_branches = loss.real(loss.at + t * v)
        crossed.append(other_branches != branches)
        if crossed[-1] and not may_cross:
            return None
        values.append(value)
    crosses = any(crossed)
    up, down, half_up, half_down = values
    wide, narrow = (up - down) / (2 * h), (half_up - half_down) / h
    rounding = EPS * (8 * max(map(abs, values)) / h + abs(narrow) / step)
    # The slope to the right minus the slope to the left. Where nothing jumps, halving the step halves it.
    far, near = abs(up - 2 * middle + down) / h, abs(half_up - 2 * middle + half_down) / (h / 2)
    allowed = SMOOTH * max(abs(half_up - middle), abs(middle - half_down)) / (h / 2) + 10 * rounding
    may_jump = crosses or branches is None
    if may_jump and near > allowed and near > 0.6 * far:
        return None
    uncertainty = abs(narrow - wide) + rounding + (0.1 * near if crosses else 0.0)
    return MeasuredSlope((4 * narrow - wide) / 3, uncertainty, all(crossed))


def unit_of(x: Array, entry: tuple[int, ...] | None = None) -> float:
    """The size by which steps are measured: of an entry, but not below the typical one of its array; 1 if all are 0."""
    typical = float(np.sqrt(np.mean(np.square(x)))) if x.size else 0.0
    return max(typical, 0.0 if entry is None else abs(float(x[entry]))) or 1.0
