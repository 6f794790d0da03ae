"""What leaves a model of a table, its preprocessing included: ONNX and source code of other languages."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, cast

from clearprop.arrays import Array
from clearprop.errors import InvalidValueError, listed
from clearprop.estimators.predictor import Predictor, as_network
from clearprop.estimators.rounding import model_in_int8
from clearprop.interop.onnx.table import table_inputs, table_to_onnx
from clearprop.interop.source import table_c, table_javascript, table_numpy, table_torch
from clearprop.network.rounding import require_weights
from clearprop.table.encoder import TableEncoder
from clearprop.table.target import Target

if TYPE_CHECKING:
    from clearprop.estimators.table_model import TableModel


class TableExports:
    """The methods of `TableModel` that write it for others."""

    encoder: TableEncoder
    target: Target
    predictor: Predictor

    def to_onnx(self, path: str | os.PathLike[str] | None = None, *, coverage: float | None = None) -> Any:
        """The model, preprocessing included, as an ONNX model with an input (N, 1) for each column.

        Numbers are float64 with NaN where missing, text is text with "" where missing, dates are int64, microseconds
        since 1970; `onnx_inputs` makes them of a data frame. Outputs are "probabilities" (N, classes) and "label" (N,),
        whole numbers, truth values, or text, which numbers with a fraction and mixed labels are, too; or "value"
        (N, 1), a date as days since 1970. What each input and output holds stands in the metadata.

        Args:
            path: file to write.
            coverage: the share of new rows whose truth is between the outputs "low" and "high" (N, 1), or among the
                classes that are "possible" (N, classes), which are added: see `intervals` and `sets`.

        Returns:
            The onnx.ModelProto, which ONNX's own checker has passed.

        Raises:
            InvalidValueError: for names and levels that are no text in Unicode, or intervals that the model has not.
            MissingDependencyError: without the package `onnx`.
        """
        net = as_network(self.predictor)
        return table_to_onnx(self.encoder, [self.target], net.architecture, net.arrays(), net.dtype, path, coverage)

    def onnx_inputs(self, frame: Any) -> dict[str, Array]:
        """What `to_onnx` is given for the rows of a data frame: name of an input → (N, 1).

        It is that of its column, "" being "column". Two numbers in a text of `pressure` are "pressure 1" and
        "pressure 2"; numbers with units that are not converted have "… unit" beside them. Missing values and their
        marks become NaN, "" or −2⁶³, numbers and dates in text are read, and other spellings of a level become its own,
        since the model alone knows a level by its own spelling.
        """
        return table_inputs(self.encoder, frame)

    def to_numpy_source(self, *, lang: str = "en") -> str:
        """The model, preprocessing included, as one Python file that needs NumPy alone: `predict(rows)`.

        Rows are a mapping {column: value}, a list of them, a mapping of columns to values, or a data frame. It has
        `predict` (a label, a number or a date for each row), `probabilities` (N, k) and `features` (N, n), which are
        the model's to the bit. Levels are found in every spelling that the model finds; of dates in text, those in
        figures and ISO 8601.

        Args:
            lang: of its comments, "en" or "zh".

        Raises:
            InvalidValueError: for a column whose text is read as numbers or as a time of day, by its name.

        Example:
            >>> import polars as pl
            >>> table = pl.DataFrame({"x": [0.0, 1.0, 2.0, 3.0] * 10, "y": ["no", "no", "yes", "yes"] * 10})
            >>> model = cp.TableModel.train(table, "y", epochs=30, learning_rate=0.01).model
            >>> file = {}
            >>> exec(model.to_numpy_source(), file)
            >>> file["predict"]({"x": 0.0}), file["predict"]({"x": [1.0, 3.0]})
            (['no'], ['no', 'yes'])
        """
        return table_numpy(self.encoder, self.target, as_network(self.predictor).content(lang))

    def to_torch_source(self, *, lang: str = "en") -> str:
        """The same as `to_numpy_source`, with the network as an nn.Sequential of PyTorch, `net`.

        Args:
            lang: of its comments, "en" or "zh".

        Raises:
            InvalidValueError: for a column as of `to_numpy_source`, or a layer that PyTorch lacks, such as the mean of
                members, by its name.
        """
        return table_torch(self.encoder, self.target, as_network(self.predictor).content(lang))

    def to_c(self, name: str = "model", *, weights: str = "full", X: Any = None, lang: str = "en") -> str:
        """The model, preprocessing included, as one file of C99 that allocates nothing and keeps no state.

        It has `struct {name}_row` with a member for each column (a double with NAN, text with NULL, a truth value with
        −1, or microseconds since 1970 with INT64_MIN where missing), `{name}_features(&row, x)`, and
        `{name}_probabilities(&row, p)` with `{name}_label(&row)`, the place of a label among `{name}_labels`, or
        `{name}_value(&row)`. The file's head says which spellings of a level are not found.

        Args:
            name: what its functions begin with, so that several models can be linked into one program.
            weights: "full", or "int8" as of `Network.to_c`: a quarter of the memory.
            X: a data frame on whose rows it is measured what "int8" costs, which the file's head says; 1,000 rows made
                up from what the model knows of its columns for None.
            lang: of its comments, "en" or "zh".

        Raises:
            UnknownNameError: for other weights.
            InvalidValueError: for a name that C does not take; for a column whose text is read as numbers or as a time
                of day, by its name; for X without "int8", or without rows.

        Example:
            >>> import polars as pl
            >>> table = pl.DataFrame({"x": [0.0, 1.0, 2.0, 3.0] * 10, "y": ["no", "no", "yes", "yes"] * 10})
            >>> model = cp.TableModel.train(table, "y", epochs=1).model
            >>> "int iris_label(const struct iris_row *row);" in model.to_c("iris").splitlines()
            True
        """
        require_weights(weights, X)
        codes = model_in_int8(cast("TableModel", self), X, lang)[1] if weights == "int8" else None
        return table_c(self.encoder, self.target, as_network(self.predictor).content(lang), name, codes)

    def to_javascript(self, *, lang: str = "en") -> str:
        """The model, preprocessing included, as one module of JavaScript: `predict({column: value})`.

        Raises:
            InvalidValueError: for a column whose text is read as numbers, which JavaScript cannot do yet, by its name.
        """
        return table_javascript(self.encoder, self.target, as_network(self.predictor).content(lang))


class ExportsOfOne:
    """What a model of several targets says when it is to be written, but as ONNX: that one of them is to be named."""

    targets: tuple[Target, ...]

    def _refused(self, method: str) -> InvalidValueError:
        names = [target.name for target in self.targets]
        return InvalidValueError(f"{method} of a model of {listed(names)}", "one", f"model[{names[0]!r}].{method}()")

    def to_c(self, *given: Any, **options: Any) -> str:
        """Refused, as all of these: each target has a file of its own; `model["price"].to_c()` writes one."""
        raise self._refused("to_c")

    def to_numpy_source(self, *given: Any, **options: Any) -> str:
        """Refused; see `to_c`."""
        raise self._refused("to_numpy_source")

    def to_torch_source(self, *given: Any, **options: Any) -> str:
        """Refused; see `to_c`."""
        raise self._refused("to_torch_source")

    def to_javascript(self, *given: Any, **options: Any) -> str:
        """Refused; see `to_c`."""
        raise self._refused("to_javascript")
