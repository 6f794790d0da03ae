"""Weights in 8 bits: of each matrix whole numbers from −127 to 127, and a scale for each column."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from clearprop.arrays import Array
from clearprop.errors import InvalidValueError
from clearprop.nn import Architecture

MOST = 127


@dataclass(frozen=True)
class Rounded:
    """Matrices of weights, W[i][j] ≈ codes[i][j]·scales[j] with scales[j] = maxᵢ|W[i][j]|/127.

    Attributes:
        codes: name → int8, of the shape of the matrix.
        scales: name → one number for each column, of the matrix's dtype.
        told: what that costs, in a sentence for readers of the file.
    """

    codes: dict[str, Array]
    scales: dict[str, Array]
    told: str = ""

    @property
    def parameters(self) -> dict[str, Array]:
        """The matrices that a network computes with, to the bit."""
        return {
            name: q.astype(s.dtype) * s for (name, q), s in zip(self.codes.items(), self.scales.values(), strict=True)
        }


def rounded(architecture: Architecture, parameters: Mapping[str, Array]) -> Rounded:
    """The matrices of weights of a network, in 8 bits; biases, and what else has no columns, stay as they are.

    Raises:
        InvalidValueError: for a network without such a matrix.
    """
    names = [str(n) for n, p in architecture.parameters.items() if p.role == "weight" and parameters[str(n)].ndim == 2]
    if not names:
        raise InvalidValueError("weights in 8 bits of a network without a matrix of weights", "a layer such as Dense")
    codes, scales = {}, {}
    for name in names:
        W = np.asarray(parameters[name])
        largest = np.abs(W).max(axis=0, initial=0)
        s = np.where(largest > MOST * np.finfo(W.dtype).tiny, largest / MOST, 1).astype(W.dtype)
        codes[name], scales[name] = np.clip(np.rint(W / s), -MOST, MOST).astype(np.int8), s
    return Rounded(codes, scales)
