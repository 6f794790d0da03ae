"""Interval arithmetic on numbers and matrices: a result contains every value that its operands allow.

An interval is a pair lo ≤ hi of numbers or of matrices. Each operation rounds outwards, so that the rounding of the
arithmetic itself cannot make an interval too narrow. A bound that is NaN (∞ − ∞, 0 · ∞) bounds nothing.
"""

from __future__ import annotations

from math import erf

import numpy as np

_ULPS = 2e-15  # relative error that NumPy's elementary functions stay far below
_erf = np.vectorize(erf, otypes=[float])


class Interval:
    """All numbers, or matrices, between lo and hi."""

    __slots__ = ("hi", "lo")

    def __init__(self, lo, hi=None):
        self.lo, self.hi = lo, lo if hi is None else hi

    def __repr__(self):
        return f"[{self.lo}, {self.hi}]"

    @property
    def shape(self):
        return np.shape(self.lo)

    @property
    def width(self) -> float:
        return float(np.max(self.hi - self.lo))

    def __neg__(self):
        return Interval(-self.hi, -self.lo)

    def __add__(self, other):
        return _outward(self.lo + other.lo, self.hi + other.hi)

    def __sub__(self, other):
        return _outward(self.lo - other.hi, self.hi - other.lo)

    def __mul__(self, other):
        a, b, c, d = self.lo * other.lo, self.lo * other.hi, self.hi * other.lo, self.hi * other.hi
        lows, highs = np.minimum(np.minimum(a, b), np.minimum(c, d)), np.maximum(np.maximum(a, b), np.maximum(c, d))
        return _outward(lows, highs)

    def __truediv__(self, other):
        through_zero = (other.lo <= 0) & (other.hi >= 0)
        lo, hi = np.where(through_zero, -np.inf, 1 / other.hi), np.where(through_zero, np.inf, 1 / other.lo)
        return self * _outward(lo[()], hi[()])

    def __matmul__(self, other):
        """By middles and radii, which is a little wider than need be: |ΔA·B| ≤ |A|·r + r·|B| + r·r."""
        (a, r), (b, s) = self._ball(), other._ball()
        middle, radius = a @ b, abs(a) @ s + r @ (abs(b) + s)
        radius += a.shape[1] * 2**-51 * (abs(a) @ abs(b) + radius)
        return _outward(middle - radius, middle + radius)

    def _ball(self):
        middle = (self.lo + self.hi) / 2
        return middle, np.maximum(self.hi - middle, middle - self.lo) * (1 + 2**-50)

    def __getitem__(self, index):
        return Interval(self.lo[index], self.hi[index])

    @property
    def T(self):
        return Interval(np.transpose(self.lo), np.transpose(self.hi))

    def sum(self, axis):
        """Along one axis, or along both for None."""
        terms = np.maximum(abs(self.lo), abs(self.hi)).sum(axis)
        slack = np.size(self.lo) * 2**-52 * terms
        return Interval(self.lo.sum(axis) - slack, self.hi.sum(axis) + slack)

    def __pow__(self, n: float):
        if n == int(n) and n >= 0:
            ends = self.lo**n, self.hi**n
            lo, hi = np.minimum(*ends), np.maximum(*ends)
            if n % 2 == 0:
                lo = np.where((self.lo < 0) & (self.hi > 0), 0.0, lo)[()]
            return _loosened(lo, hi)
        if n == int(n):
            return Interval(1.0) / self ** (-n)
        return monotone(lambda x: x**n)(self) if n > 0 else Interval(1.0) / self ** (-n)

    def overlaps(self, other) -> bool:
        """Whether both have a value in common, in every place."""
        if np.shape(self.lo) != np.shape(other.lo):
            return False
        return not np.any((self.lo > other.hi) | (self.hi < other.lo))

    def around(self, tolerance):
        """A little more on both sides."""
        return Interval(self.lo - tolerance, self.hi + tolerance)


def _outward(lo, hi):
    return Interval(np.nextafter(lo, -np.inf), np.nextafter(hi, np.inf))


def _loosened(lo, hi):
    return Interval(lo - _ULPS * abs(lo) - 5e-324, hi + _ULPS * abs(hi) + 5e-324)


def monotone(f):
    """A rising function on an interval."""
    return lambda x: _loosened(f(x.lo), f(x.hi))


def absolute(x):
    ends = abs(x.lo), abs(x.hi)
    lo = np.where((x.lo <= 0) & (x.hi >= 0), 0.0, np.minimum(*ends))[()]
    return Interval(lo, np.maximum(*ends))


def sign(x):
    return Interval(np.sign(x.lo), np.sign(x.hi))


def smaller(a, b):
    return Interval(np.minimum(a.lo, b.lo), np.minimum(a.hi, b.hi))


def larger(a, b):
    return Interval(np.maximum(a.lo, b.lo), np.maximum(a.hi, b.hi))


def _of_slope(f, most=1.0):
    """A function that cannot leave its value in the middle by more than `most` times what x leaves the middle."""

    def on_interval(x):
        middle, radius = (x.lo + x.hi) / 2, most * (x.hi - x.lo) / 2
        return Interval(f(middle) - radius - _ULPS, f(middle) + radius + _ULPS)

    return on_interval


def softmax(x, axis):
    """eˣ / (eˣ + the others): it rises with its own x and falls with the others."""
    e = exp(x)
    low, high = e.lo.sum(axis, keepdims=True), e.hi.sum(axis, keepdims=True)
    slack = 1e-14 * high
    least_others, most_others = np.maximum(low - e.lo - slack, 0.0), high - e.hi + slack
    return _loosened(e.lo / (e.lo + most_others), e.hi / (e.hi + least_others))


sine, cosine = _of_slope(np.sin), _of_slope(np.cos)
mish = _of_slope(lambda x: x * np.tanh(np.log1p(np.exp(x))), 1.09)  # its slope at x = 1.2 is 1.0885
exp, log, square_root = monotone(np.exp), monotone(np.log), monotone(np.sqrt)
tanh, error_function = monotone(np.tanh), monotone(_erf)
sigmoid = monotone(lambda x: 1 / (1 + np.exp(-x)))
softsign = monotone(lambda x: x / (1 + np.abs(x)))
normal_distribution = monotone(lambda x: 0.5 * (1 + _erf(x / np.sqrt(2))))


# --- conditions: whether they surely hold, and whether they may


def greater(a, b):
    return a.lo > b.hi, ~np.asarray(a.hi <= b.lo)


def negated(condition):
    surely, possibly = condition
    return ~np.asarray(possibly), ~np.asarray(surely)


def chosen(condition, first, second):
    """The one where the condition surely holds, the other where it cannot, and both where neither is known."""
    surely, possibly = condition
    lo = np.where(surely, first.lo, np.where(possibly, np.minimum(first.lo, second.lo), second.lo))[()]
    hi = np.where(surely, first.hi, np.where(possibly, np.maximum(first.hi, second.hi), second.hi))[()]
    return Interval(lo, hi)
