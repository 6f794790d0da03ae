"""Split rows."""

from __future__ import annotations
from dataclasses import dataclass
import numpy as np


@dataclass(frozen=True)
class Split:
    train: np.ndarray
    validation: np.ndarray
    test: np.ndarray


def split_rows(n, *, seed, fractions, stratify=None):
    order = np.random.Generator(np.random.Philox(seed)).permutation(n)
    a, b = round(fractions[0] * n), round(fractions[1] * n)
    return Split(np.sort(order[a + b :]), np.sort(order[:a]), np.sort(order[a : a + b]))
