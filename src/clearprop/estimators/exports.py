"""What leaves a model of a table, its preprocessing included: ONNX and source code of other languages."""

from __future__ import annotations

import os
from typing import Any

from clearprop.arrays import Array
from clearprop.estimators.predictor import Predictor, as_network
from clearprop.interop.onnx.table import table_inputs, table_to_onnx
from clearprop.interop.source import table_javascript
from clearprop.table.encoder import TableEncoder
from clearprop.table.target import Target


class TableExports:
    """The methods of `TableModel` that write it for others."""

    encoder: TableEncoder
    target: Target
    predictor: Predictor

    def to_onnx(self, path: str | os.PathLike[str] | None = None) -> Any:
        """The model, preprocessing included, as an ONNX model with one input (N, 1) for each column.

        Numbers are float64 with NaN where missing, text is text with "" where missing; `onnx_inputs` makes both of a
        data frame. Outputs are "probabilities" (N, classes) and "label" (N,), whole numbers, truth values, or text,
        which numbers with a fraction and mixed labels are, too; or "value" (N, 1), a date as days since 1970.

        Args:
            path: file to write.

        Returns:
            The onnx.ModelProto, which ONNX's own checker has passed.

        Raises:
            InvalidValueError: for a column that ONNX models cannot read yet, a date or text with units, by its name.
            MissingDependencyError: without the package `onnx`.
        """
        network = as_network(self.predictor)
        return table_to_onnx(self.encoder, self.target, network.architecture, network.arrays(), network.dtype, path)

    def onnx_inputs(self, frame: Any) -> dict[str, Array]:
        """What `to_onnx` is given for the rows of a data frame: name of a column → (N, 1).

        Missing values and their marks become NaN or "", numbers in text are read, and other spellings of a level become
        its own, since the model alone knows a level by its own spelling.
        """
        return table_inputs(self.encoder, frame)

    def to_javascript(self, *, lang: str = "en") -> str:
        """The model, preprocessing included, as one module of JavaScript: `predict({column: value})`.

        Raises:
            InvalidValueError: for a column whose text is read as numbers, which JavaScript cannot do yet, by its name.
        """
        return table_javascript(self.encoder, self.target, as_network(self.predictor).content(lang))
