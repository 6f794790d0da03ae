"""Features that are codes of levels, and the layer that looks them up."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clearprop.nn import Embedding, Layer

Codes = Mapping[int, int]  # a feature's place → how many codes there are
NO_CODES: Codes = MappingProxyType({})

_WIDTH = 8  # numbers that a level becomes
_STD = 0.1  # of the first ones: small, so that a level of few rows says little


def embedded(X: NDArray[Any], codes: Codes) -> tuple[list[Layer], NDArray[Any]]:
    """The first layer, if there are codes, and the features X (N, n) as the next layer gets them, without what it adds.

    Behind an `Embedding` stand the other features, in their order, then the rows of the tables: of these nothing is
    known before the training, and zeros stand for them.

    Example:
        >>> layers, seen = embedded(np.array([[1.0, 7.0], [2.0, 5.0]]), {0: 3})
        >>> layers[0].levels, seen.shape, seen[:, 0].tolist()
        (((0, 3),), (2, 9), [7.0, 5.0])
    """
    if not codes:
        return [], X
    rest = np.delete(X, list(codes), axis=1)
    seen = np.pad(rest, ((0, 0), (0, _WIDTH * len(codes))))
    return [Embedding(dict(codes), width=_WIDTH, std=_STD)], seen
