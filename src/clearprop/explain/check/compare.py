"""One gradient beside the slopes of the loss: which entries are compared, how far they are off, and the verdict."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from clearprop.errors import InvalidValueError, checked_integer, checked_seed
from clearprop.execute import Array
from clearprop.explain.check import slopes
from clearprop.explain.check.slopes import LossOfArray, MeasuredSlope, Method
from clearprop.graph import Name
from clearprop.messages import Message

Verdict = Literal["right", "wrong", "not checked"]
NotCompared = Literal["kink", "vague"]  # the loss has a kink at the entry, or rounding hides its slope
Index = tuple[int, ...]

# An entry below these shares of the largest gradient of its array, and of its layer, is measured by them instead: sums
# that cancel leave rounding behind, and a relative error of rounding means nothing.
OF_ARRAY, OF_LAYER = 1e-3, 1e-6
COARSE = 1e-3  # what cannot be measured better than this counts as not measured
EQUAL = 1e-11  # two ways to compute one loss differ by less
FINEST = 1e-12  # tolerance: gradients and slopes are rounded in float64
ROUGH = 10  # times the tolerance: what cannot be measured better than this is mentioned


@dataclass(frozen=True)
class Comparison:
    """A gradient and what was measured, at one entry or along one direction."""

    index: Index | None  # counted from 0; None for a random direction v, where ⟨v, gradient⟩ is compared
    analytic: float  # by backpropagation
    numeric: float  # measured
    uncertainty: float  # of the measurement
    scale: float  # what the error is divided by

    @property
    def error(self) -> float:
        """|analytic − numeric| / scale, infinite where the gradient is no number."""
        gap = abs(self.analytic - self.numeric)
        if gap == 0:
            return 0.0
        return gap / self.scale if np.isfinite(gap) and self.scale > 0 else float("inf")

    def is_wrong(self, tolerance: float) -> bool:
        """Whether the two differ by more than the tolerance and the measurement allow."""
        return not abs(self.analytic - self.numeric) <= tolerance * self.scale + 2 * self.uncertainty


@dataclass(frozen=True)
class TensorCheck:
    """The check of one gradient."""

    name: Name  # of what the loss is differentiated by: W1, b1, …, or an inner value such as z1
    shape: tuple[int, ...]
    method: Method
    comparisons: tuple[Comparison, ...]  # entry by entry
    direction: Comparison | None  # along a random direction through all entries, where not each entry is looked at
    kinks: int  # entries left out because the loss has a kink there
    vague: int  # entries left out because rounding hides their slope
    tolerance: float  # of the relative error
    looks: tuple[Message, ...] = ()  # what the mistake looks like

    @property
    def size(self) -> int:
        """Number of entries."""
        return int(np.prod(self.shape))

    @property
    def verdict(self) -> Verdict:
        """ "right", "wrong", or "not checked" where nothing could be compared."""
        if any(c.is_wrong(self.tolerance) for c in self._made):
            return "wrong"
        return "right" if self._made else "not checked"

    @property
    def worst(self) -> Comparison | None:
        """The comparison with the largest error; one at an entry rather than along the direction."""
        return max(self._made, key=lambda c: (c.is_wrong(self.tolerance), c.index is not None, c.error), default=None)

    @property
    def error(self) -> float:
        """The worst relative error; NaN where nothing could be compared."""
        return max((c.error for c in self._made), default=float("nan"))

    @property
    def rough(self) -> tuple[Comparison, ...]:
        """Comparisons in which rounding left far less than the tolerance asks for."""
        return tuple(c for c in self._made if 0 < ROUGH * self.tolerance * c.scale < c.uncertainty)

    @property
    def all_zero(self) -> bool:
        """Whether every number that was compared is 0: right, but no proof of much."""
        return bool(self._made) and all(c.analytic == c.numeric == 0 for c in self._made)

    @property
    def _made(self) -> tuple[Comparison, ...]:
        return self.comparisons if self.direction is None else (*self.comparisons, self.direction)


@dataclass(frozen=True)
class Settings:
    """How gradients are compared; see `check_gradients`."""

    tolerance: float = 1e-6
    method: Literal["auto", "complex", "central"] = "auto"
    entries: int = 24
    seed: int = 0

    def __post_init__(self) -> None:
        checked_integer("entries", self.entries)
        checked_seed(self.seed)
        if not FINEST <= self.tolerance < 1:
            raise InvalidValueError(
                f"tolerance {self.tolerance!r}",
                f"a number from {FINEST:g} to 1, such as 1e-6",
                "below it the rounding of right gradients would be called wrong",
            )
        if self.method not in ("auto", "complex", "central"):
            raise InvalidValueError(f"method {self.method!r}", "'auto', 'complex' or 'central'")


def largest_entry(gradients: Iterable[Array]) -> float:
    """The largest finite entry of some gradients, without its sign."""
    return max((float(np.abs(d[np.isfinite(d)]).max(initial=0.0)) for d in gradients), default=0.0)


def compare(name: Name, analytic: Array, loss: LossOfArray, largest: float, settings: Settings) -> TensorCheck:
    """Compare a gradient with slopes of the loss.

    Every entry of a small array is compared. Of a large one it is the entries with the largest gradients, as many drawn
    at random, and a random direction through all of them, in which a mistake anywhere shows. `largest` is the largest
    gradient of its layer.
    """

    def is_wrong(found: Comparison | NotCompared | None) -> bool:
        return isinstance(found, Comparison) and found.is_wrong(settings.tolerance)

    rng = np.random.default_rng([settings.seed, *name.encode()])
    meter = Meter(name, analytic, loss, largest, settings)
    chosen = _chosen(analytic, settings.entries, rng)
    found = [meter.at(index) for index in chosen]
    direction = meter.along(rng.normal(size=analytic.shape)) if len(chosen) < analytic.size else None
    if is_wrong(direction) and not any(map(is_wrong, found)):  # bisect to an entry that is wrong
        places = np.arange(analytic.size)
        while len(places) > 1:
            half, other_half = np.split(places, [len(places) // 2])
            v = np.zeros(analytic.size)
            v[half] = rng.normal(size=len(half))
            places = half if is_wrong(meter.along(v.reshape(analytic.shape))) else other_half
        found.append(meter.at(_index(int(places[0]), analytic)))
    return TensorCheck(
        name=name,
        shape=analytic.shape,
        method=meter.method,
        comparisons=tuple(c for c in found if isinstance(c, Comparison)),
        direction=direction if isinstance(direction, Comparison) else None,
        kinks=found.count("kink"),
        vague=found.count("vague"),
        tolerance=settings.tolerance,
    )


def slopes_at(name: str, loss: LossOfArray, places: tuple[Index, ...], settings: Settings) -> Array:
    """The slopes of the loss at some entries; NaN where one cannot be measured."""
    meter = Meter(name, np.zeros(loss.at.shape), loss, 0.0, settings)
    found = [meter.at(place) for place in places]
    return np.array([c.numeric if isinstance(c, Comparison) else np.nan for c in found])


def _chosen(analytic: Array, most: int, rng: np.random.Generator) -> list[Index]:
    """All entries, or as many as are asked for: half of them the largest, the other half drawn from the rest."""
    if analytic.size <= most:
        return list(np.ndindex(analytic.shape))
    order = np.argsort(-np.abs(analytic), axis=None, kind="stable")  # NaN is last, and found by the direction
    largest, rest = order[: most // 2], order[most // 2 :]
    drawn = rng.choice(rest, most - len(largest), replace=False)
    return [_index(k, analytic) for k in (*largest, *drawn)]


def _index(k: int, array: Array) -> Index:
    return tuple(int(i) for i in np.unravel_index(k, array.shape))


class Meter:
    """Compares one gradient with slopes, entry by entry or along a direction."""

    def __init__(self, name: str, analytic: Array, loss: LossOfArray, largest: float, settings: Settings) -> None:
        self._analytic, self._loss, self._settings = analytic, loss, settings
        self._finite = np.where(np.isfinite(analytic), analytic, 0.0)
        self._floor = max(OF_ARRAY * largest_entry([analytic]), OF_LAYER * largest)
        self.method: Method = "complex step" if self._steps_into_complex(name) else "central differences"

    def _steps_into_complex(self, name: str) -> bool:
        """Whether a complex step is asked for and possible: every op analytic, and none that overflows or loses digits.

        Complex numbers go through the definitions of fused ops, which are less careful than the stable forms.
        """
        asked, loss = self._settings.method, self._loss
        if asked == "complex" and loss.complex is None:
            raise InvalidValueError(
                f"a complex step through an op with a kink, on the way from {name} to the loss",
                "method='auto' or 'central'",
            )
        if asked == "central" or loss.complex is None:
            return False
        careful, definition = loss.real(loss.at)[0], loss.complex(loss.at + 1j * slopes.TINY)
        return bool(np.isfinite(definition.imag)) and abs(definition.real - careful) <= EQUAL * abs(careful)

    def at(self, index: Index) -> Comparison | NotCompared:
        """The gradient at one entry."""
        v = np.zeros(self._analytic.shape)
        v[index] = 1.0
        return self._compare(v, slopes.unit_of(self._loss.at, index), index, float(self._analytic[index]), self._floor)

    def along(self, v: Array) -> Comparison | NotCompared:
        """⟨v, gradient⟩, measured by the length of the gradient, of those entries that v moves."""
        length = float(np.linalg.norm(self._finite[v != 0]))
        projected = float(np.sum(v[v != 0] * self._analytic[v != 0]))
        return self._compare(v, slopes.unit_of(self._loss.at), None, projected, max(length, self._floor))

    def _compare(
        self, v: Array, unit: float, index: Index | None, analytic: float, floor: float
    ) -> Comparison | NotCompared:
        def scale(slope: MeasuredSlope) -> float:
            known = abs(analytic) if np.isfinite(analytic) else 0.0
            return max(known, abs(slope.value), floor)

        def enough(slope: MeasuredSlope) -> bool:
            return slope.uncertainty <= 0.01 * self._settings.tolerance * scale(slope)

        if self.method == "complex step":
            slope: MeasuredSlope | None = slopes.complex_slope(self._loss, v)
        else:
            slope = slopes.central_slope(self._loss, v, unit, enough)
        if slope is None:
            return "kink"
        if slope.meets and abs(slope.value - analytic) > self._settings.tolerance * scale(slope):
            return "kink"  # relu(t) − relu(−t) is t, and the chain rule makes 0 of it where t is 0: kinks that meet
        is_vague = slope.uncertainty > COARSE * scale(slope) and slope.value != analytic
        if is_vague or not np.isfinite(slope.value):
            return "vague"
        return Comparison(index, analytic, slope.value, slope.uncertainty, scale(slope))
