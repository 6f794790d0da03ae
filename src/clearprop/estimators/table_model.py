"""`TableModel`: a data frame in, labels or numbers out. Preprocessing, network and target decoding in one."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clearprop.errors import InvalidValueError, ModelFileError, TableError
from clearprop.estimators.scores import class_probabilities, scores_of
from clearprop.interop import write_model
from clearprop.network import Network, network_from
from clearprop.nn import Dense
from clearprop.table import (
    ClassTarget,
    Scaling,
    TableEncoder,
    Target,
    drop_missing_target,
    fit_target,
    split_rows,
    target_from_dict,
    target_to_dict,
)
from clearprop.train import EarlyStopping, Epoch, History, resolve_optimizer

Array = NDArray[Any]


@dataclass(frozen=True)
class TableModel:
    """A trained model of a table: how its columns become features, the network, and how its outputs become answers.

    `TableModel.train` makes one; `save` and `cp.load` carry it to another day.
    """

    encoder: TableEncoder
    target: Target
    network: Network

    def outputs(self, frame: Any) -> Array:
        """The network's outputs (N, k) for the rows of a table.

        Raises:
            TableError: if the table does not have the columns of the training table.
        """
        return self.network.predict(self.encoder.transform(frame))

    def predict(self, frame: Any) -> list[Any] | Array:
        """A label or a number for each row, as they stood in the training table.

        Raises:
            TableError: if the table does not have the columns of the training table.
        """
        a = self.outputs(frame)
        if isinstance(self.target, ClassTarget):
            return self.target.decode(np.argmax(class_probabilities(a), axis=1))
        return self.target.decode(a[:, 0])

    def predict_proba(self, frame: Any) -> Array:
        """The probability of each class (N, k), in the order of `target.classes`.

        Raises:
            InvalidValueError: for a model of numbers.
        """
        if not isinstance(self.target, ClassTarget):
            raise InvalidValueError("probabilities of a regression model", "a classification model", "use predict")
        return class_probabilities(self.outputs(frame))

    def arrays(self, frame: Any) -> tuple[Array, Array]:
        """X and y as the network was trained on, from a table that has the target column; rows without it are left out.

        Raises:
            TableError: if the table does not have the columns of the training table.
        """
        table, _ = drop_missing_target(frame, self.target.name)
        return self.encoder.transform(table.to_native()), self.target.encode(table[self.target.name])

    def score(self, frame: Any) -> dict[str, float]:
        """Accuracy and log loss, or R², RMSE and MAE, on a table that has the target column."""
        table, _ = drop_missing_target(frame, self.target.name)
        return scores_of(self.target, self.target.encode(table[self.target.name]), self.outputs(table.to_native()))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the model to one file, atomically.

        Raises:
            FileError: if the file cannot be written.
        """
        header = {
            "kind": "table_model",
            "network": self.network.header(),
            "encoder": self.encoder.to_dict(),
            "target": target_to_dict(self.target),
        }
        write_model(path, header, self.network.arrays())

    @classmethod
    def from_parts(cls, path: str | os.PathLike[str], header: dict[str, Any], arrays: dict[str, Array]) -> TableModel:
        """The model in a file's header and arrays.

        Raises:
            ModelFileError: if they do not fit together.
        """
        try:
            encoder, target = TableEncoder.from_dict(header.get("encoder")), target_from_dict(header.get("target"))
        except TableError as error:
            raise ModelFileError(f"{path} holds {error}") from None
        network = network_from(path, header.get("network"), arrays)
        wanted = len(target.classes) if isinstance(target, ClassTarget) and len(target.classes) > 2 else 1
        if (network.architecture.n_inputs, network.architecture.n_outputs) != (len(encoder.feature_names), wanted):
            raise ModelFileError(f"{path}: the network does not fit the columns or the target")
        return cls(encoder, target, network)

    @staticmethod
    def train(
        frame: Any,
        target: str,
        *,
        task: str | None = None,
        drop: str | Collection[str] = (),
        hidden: int | Sequence[int] | None = None,
        activation: str = "relu",
        epochs: int = 200,
        batch_size: int | None = None,
        optimizer: str = "adam",
        learning_rate: float | None = None,
        l2: float | None = None,
        kinds: Mapping[str, str] | None = None,
        scaling: Scaling = "standard",
        seed: int = 0,
        validation: float = 0.15,
        test: float = 0.15,
        patience: int = 20,
        callbacks: Sequence[Callable[[Epoch], bool | None]] = (),
        n_threads: int | None = None,
    ) -> TableFit:
        """Train a model of one column of a table by the others.

        The rows are split by the seed, stratified by class. The columns' encoding is learned from the training rows
        alone; a regression target is standardised. Training stops when the validation loss has not improved for
        `patience` epochs, and keeps the best weights.

        Args:
            frame: any eager data frame (Polars, pandas, Arrow).
            target: name of the column to predict; rows without it are dropped.
            task: "classification" or "regression"; None finds out from the column.
            drop: a column or columns to leave out.
            hidden: units of the hidden layers; by default one layer of 128, two of 64 from 5,000 training rows.
            activation: of the hidden layers.
            epochs: at most.
            batch_size: rows per step; by default 32, 64 from 5,000 training rows, 128 from 20,000.
            l2: penalty on the weights; by default 2.5/rows, one prior whatever the size of the table.
            optimizer: by name.
            learning_rate: by default the optimizer's own.
            seed: of the split, the initial weights and the shuffling.
            validation, test: shares of the rows.
            patience: of early stopping.
            callbacks: called after each epoch.
            n_threads: worker threads.

        Raises:
            TableError: if the table or the target gives nothing to learn.
            ClearpropError: for an argument out of range.

        Example:
            >>> import polars as pl
            >>> table = pl.DataFrame({"x": [0.0, 1.0, 2.0, 3.0] * 10, "y": ["no", "no", "yes", "yes"] * 10})
            >>> fit = TableModel.train(table, "y", epochs=30, learning_rate=0.01)
            >>> fit.model.predict(pl.DataFrame({"x": [0.0, 3.0]}))
            ['no', 'yes']
        """
        _check_shares(validation, test)
        table, without_target = drop_missing_target(frame, target)
        drop = (drop,) if isinstance(drop, str) else drop
        absent = [name for name in drop if name not in table.columns]
        if absent:
            raise TableError(f"no column {absent[0]!r} to drop", "one of: " + ", ".join(table.columns))
        coding = fit_target(table[target], task)
        y = coding.encode(table[target])
        labels = y if isinstance(coding, ClassTarget) else None
        split = split_rows(len(y), seed=seed, fractions=(validation, test), stratify=labels)
        parts = {"train": split.train, "validation": split.validation, "test": split.test}
        parts = {name: rows for name, rows in parts.items() if len(rows)}
        if not isinstance(coding, ClassTarget):  # the unit of the target comes from the training rows alone
            coding = fit_target(table[split.train.tolist()][target], "regression")
            y = coding.encode(table[target])
        encoder = TableEncoder.fit(
            table[split.train.tolist()].to_native(), ignore=(target, *drop), kinds=kinds, scaling=scaling
        )
        X = encoder.transform(table.to_native())
        n = len(split.train)
        hidden = default_hidden(n) if hidden is None else hidden
        units = hidden if isinstance(hidden, Sequence) else (hidden,)
        network = network_for(coding, X.shape[1], units, activation, seed, 2.5 / n if l2 is None else l2)
        held_out = (X[split.validation], y[split.validation]) if "validation" in parts else None
        history = network.fit(
            X[split.train],
            y[split.train],
            optimizer=resolve_optimizer(optimizer, learning_rate),
            epochs=epochs,
            batch_size=default_batch_size(n) if batch_size is None else batch_size,
            validation=held_out,
            early_stopping=EarlyStopping(patience=patience) if held_out else None,
            callbacks=callbacks,
            n_threads=n_threads,
        )
        model = TableModel(encoder, coding, network)
        scores = {name: scores_of(coding, y[rows], network.predict(X[rows])) for name, rows in parts.items()}
        sizes = {name: len(rows) for name, rows in parts.items()}
        return TableFit(model, history, scores, sizes, without_target)


@dataclass(frozen=True)
class TableFit:
    """What `TableModel.train` returns.

    Attributes:
        model: the trained model.
        history: of the training.
        scores: part (train, validation, test) → metric → value.
        rows: part → number of rows.
        without_target: rows that were dropped because their target is missing.
    """

    model: TableModel
    history: History
    scores: dict[str, dict[str, float]]
    rows: dict[str, int]
    without_target: int = 0


def _check_shares(validation: float, test: float) -> None:
    for name, share in (("validation", validation), ("test", test)):
        if not 0 <= share < 1:
            raise InvalidValueError(f"{name} share {share!r}", "a number in [0, 1)")
    if validation + test >= 1:
        raise InvalidValueError(f"validation and test shares {validation} + {test}", "less than 1 together")


def default_hidden(rows: int) -> tuple[int, ...]:
    """One wide layer for small tables, which a second layer only helps to overfit."""
    return (128,) if rows < 5000 else (64, 64)


def default_batch_size(rows: int) -> int:
    """Small batches for small tables, where each epoch has few steps."""
    return 32 if rows < 5000 else 64 if rows < 20000 else 128


def network_for(target: Target, n_inputs: int, hidden: Sequence[int], activation: str, seed: int, l2: float) -> Network:
    """Hidden layers, and the output and the loss that suit the target."""
    inner = [Dense(units, activation) for units in hidden]
    if not isinstance(target, ClassTarget):
        return Network(n_inputs, [*inner, Dense(1)], "mean_squared_error", seed=seed, l2=l2)
    k = len(target.classes)
    if k == 2:
        return Network(n_inputs, [*inner, Dense(1, "sigmoid")], "binary_cross_entropy", seed=seed, l2=l2)
    return Network(n_inputs, [*inner, Dense(k, "softmax")], "cross_entropy", seed=seed, l2=l2)
