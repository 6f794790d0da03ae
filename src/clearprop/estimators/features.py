"""Data frames, rows and arrays to what a network reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clearprop.cached import cached_property
from clearprop.estimators.remarks import warn_of
from clearprop.table.encoder import TableEncoder
from clearprop.table.given import given_frame, given_rows
from clearprop.table.one_row import RowEncoder
from clearprop.table.rows import rows_counted
from clearprop.table.unseen import Unseen

Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Features:
    """What a network reads of a table.

    Attributes:
        encoder: columns to features.
        dtype: of the network's numbers.
    """

    encoder: TableEncoder
    dtype: str

    def __call__(self, frame: Any, unseen: Unseen | None) -> Array:
        """The features (N, n), with a warning to the caller's caller of values that nobody else is told of."""
        found = Unseen() if unseen is None else unseen
        rows = given_rows(frame, self.encoder.names)
        if rows is None:
            X = self.encoder.transform(given_frame(frame, self.encoder.names), self.dtype, found)
        else:
            X = np.concatenate([*self._row_by_row(rows, found)] or [self._nothing])
        if unseen is None:
            warn_of(found, stacklevel=3)
        return X

    def _row_by_row(self, rows: Sequence[Mapping[str, Any]], unseen: Unseen) -> Iterator[Array]:
        for i, row in enumerate(rows):
            with rows_counted(i):
                yield self._encode_row(row, self.dtype, unseen)

    @cached_property
    def _encode_row(self) -> RowEncoder:
        return RowEncoder(self.encoder)

    @property
    def _nothing(self) -> Array:
        return np.empty((0, len(self.encoder.feature_names)), self.dtype)
