"""Heavy tails: quantities that span decades, which are learned by their logarithms, and values that are far out."""

from __future__ import annotations

import numpy as np

from clearprop.table.values import Numbers

# Gain in likelihood a row, in nats, from which logarithms are taken. It is 0.2 for a log-normal quantity whose 16th and
# 84th percentiles lie a factor 2.8 apart (σ = 0.51).
WORTH_A_LOG = 0.2
WORTH_A_LOG_OF_TARGET = 0.3  # the same for a factor 3.7 (σ = 0.66): squared errors of logarithms are another question
FEWEST_VALUES = 20
_UNITS = (0.01, 0.05, 0.1, 0.25, 0.5)  # quantiles of |x| that are tried
_OUTER = 0.005  # of the values, left out at each end: a few wild ones are no shape
_FAR_OUT = 3.0


def signed_log(values: Numbers, unit: float | Numbers) -> Numbers:
    """sign(x)·log(1 + |x|/unit): x/unit near 0, a logarithm far from it, (N,).

    Example:
        >>> signed_log(np.array([-9.0, 0.0, 9.0, 99.0]), 1.0).round(2).tolist()
        [-2.3, 0.0, 2.3, 4.61]
    """
    return np.sign(values) * np.log1p(np.abs(values) / unit)


def signed_exp(values: Numbers, unit: float) -> Numbers:
    """The inverse of `signed_log`: sign(t)·unit·(exp|t| − 1), (N,)."""
    return np.sign(values) * unit * np.expm1(np.abs(values))


def find_log_unit(values: Numbers, worth: float = WORTH_A_LOG) -> float | None:
    """The unit of the signed logarithm that makes values nearly normal; None where plain values are as near.

    As in the choice of a Box–Cox transformation, normal distributions are fitted to the values and to their logarithms
    log(1 + |x|/unit), and their likelihoods compared, ln std(x) − ln std(t) + mean ln dt/dx. Zeros are the same in
    both and speak for neither. Half a percent of the values at each end is left out.

    Args:
        values: (N,), none missing.
        worth: the gain per value from which logarithms are taken.

    Example:
        >>> z = np.random.default_rng(0).normal(size=1000)
        >>> find_log_unit(z) is None, find_log_unit(np.exp(2 * z)) is None
        (True, False)
    """
    inner = _inner(values)
    there = inner[inner != 0]
    if len(there) < FEWEST_VALUES or not 0 < np.std(there) < np.inf:
        return None
    share, size = len(there) / len(inner), np.abs(there)
    gains = {}
    for unit in map(float, np.quantile(size, _UNITS)):
        logs = signed_log(there, unit)
        if unit > 0 and np.std(logs) > 0:
            gains[unit] = np.log(np.std(there)) - np.log(np.std(logs)) - np.mean(np.log(unit + size))
    best = max(gains, key=lambda unit: gains[unit], default=None)
    return best if best is not None and share * gains[best] > worth else None


def has_far_out(values: Numbers) -> bool:
    """Whether a few values are so far out that mean and standard deviation tell of them and not of the rest."""
    inner = _inner(values)
    low, high = np.quantile(values, [0.25, 0.75])
    return bool(high > low and len(inner) >= FEWEST_VALUES and np.std(values) > _FAR_OUT * np.std(inner) > 0)


def log_formula(unit: float, x: str = "x") -> str:
    """The logarithm as a formula; of values that may be negative |x| stands for x."""
    return f"{'±' * ('|' in x)}log(1 + {x}/{unit:.4g})"


def _inner(values: Numbers) -> Numbers:
    ordered = np.sort(values)
    k = int(np.ceil(_OUTER * len(ordered)))
    return ordered[k : len(ordered) - k]
