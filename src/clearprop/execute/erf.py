"""The error function, which NumPy lacks."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

_erf = np.frompyfunc(math.erf, 1, 1)


def erf(x: NDArray[Any]) -> NDArray[Any]:
    """2/√π ∫₀ˣ e^(−t²) dt, elementwise, through the C library one number at a time."""
    return np.asarray(_erf(x)).astype(x.dtype)
