"""`TableModel`: a data frame in, labels or numbers out. Preprocessing, network and target decoding in one."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clearprop import __version__
from clearprop.errors import (
    DataWarning,
    InvalidValueError,
    ModelFileError,
    TableError,
    checked_seed,
)
from clearprop.estimators.about import checked_about
from clearprop.estimators.coding import tried
from clearprop.estimators.evaluation import Evaluation, evaluate
from clearprop.estimators.fit import TableFit
from clearprop.estimators.preparation import Prepared, prepare
from clearprop.estimators.recall import digest, training_facts
from clearprop.estimators.recipe import Recipe, Run
from clearprop.estimators.scores import class_probabilities, scores_of
from clearprop.estimators.values import warn_of
from clearprop.explain import Trace
from clearprop.graph import DTYPES
from clearprop.interop import write_model
from clearprop.network import Network, network_from
from clearprop.table import (
    ClassTarget,
    Marks,
    Scaling,
    TableEncoder,
    Target,
    Unseen,
    drop_missing_target,
    rows_counted,
    rows_with_target,
    target_from_dict,
    target_to_dict,
    with_target,
)
from clearprop.train import Epoch

Array = NDArray[Any]


@dataclass(frozen=True)
class TableModel:
    """A trained model of a table: how its columns become features, the network, and how its outputs become answers.

    `TableModel.train` makes one; `save` and `cp.load` carry it to another day.

    Attributes:
        encoder: columns to features.
        target: labels or numbers to what the network gives, and back.
        network: the network.
        about: where the model comes from, in plain data: version, rows, scores.
    """

    encoder: TableEncoder
    target: Target
    network: Network
    about: dict[str, Any] = field(default_factory=dict, compare=False)

    def outputs(self, frame: Any, unseen: Unseen | None = None) -> Array:
        """The network's outputs (N, k) for the rows of a table.

        Args:
            frame: a data frame.
            unseen: told of values that were not there in training, of which a `DataWarning` tells else.

        Raises:
            TableError: if the table does not have the columns of the training table.
        """
        return self.network.predict(self._features(frame, unseen))

    def predict(self, frame: Any, unseen: Unseen | None = None) -> list[Any] | Array:
        """A label or a number for each row, as they stood in the training table; see `outputs`.

        Raises:
            TableError: if the table does not have the columns of the training table.
        """
        a = self.network.predict(self._features(frame, unseen))
        if isinstance(self.target, ClassTarget):
            return self.target.decode(np.argmax(class_probabilities(a), axis=1))
        return self.target.answers(a[:, 0])

    def predict_proba(self, frame: Any, unseen: Unseen | None = None) -> Array:
        """The probability of each class (N, k), in the order of `target.classes`; see `outputs`.

        Raises:
            InvalidValueError: for a model of numbers.
        """
        if not isinstance(self.target, ClassTarget):
            raise InvalidValueError("probabilities of a regression model", "a classification model", "use predict")
        return class_probabilities(self.network.predict(self._features(frame, unseen)))

    def _features(self, frame: Any, unseen: Unseen | None) -> Array:
        """What the network reads, with a warning to the caller's caller of values that nobody else is told of."""
        found = Unseen() if unseen is None else unseen
        X = self.encoder.transform(frame, self._dtype, found)
        if unseen is None:
            warn_of(found, stacklevel=3)
        return X

    def arrays(self, frame: Any) -> tuple[Array, Array]:
        """X and y as the network was trained on, from a table that has the target column; rows without it are left out.

        Raises:
            TableError: if the table does not have the columns of the training table.
        """
        name, missing = self.target.name, self.target.missing
        table, _ = drop_missing_target(frame, name, missing)
        with rows_counted(partial(rows_with_target, frame, name, missing)):
            return self.encoder.transform(table.to_native(), self._dtype), self.target.encode(table[name])

    def trace(self, frame: Any) -> Trace:
        """The trace of the network on the rows of a table; with loss and gradients where it has the target column.

        Raises:
            TableError: if the table does not have the columns of the training table.
        """
        X = self.encoder.transform(frame, self._dtype)
        name, missing = self.target.name, self.target.missing
        table, without = with_target(frame, name, missing) if name in frame.columns else (None, 1)
        if table is None or without:
            return self.network.trace(X)
        return self.network.trace(X, self.target.encode(table[name]))

    def score(self, frame: Any) -> dict[str, float]:
        """Scores on a table that has the target column, by name: accuracy, log loss, …, or R², RMSE and MAE."""
        name, missing = self.target.name, self.target.missing
        table, _ = drop_missing_target(frame, name, missing)
        with rows_counted(partial(rows_with_target, frame, name, missing)):
            X, y = self._features(table.to_native(), None), self.target.encode(table[name])
        return scores_of(self.target, y, self.network.predict(X))

    def evaluate(self, frames: Any) -> Evaluation:
        """Scores with their intervals, beside the trivial answer's, on a table that has the target column.

        Args:
            frames: a data frame, or an iterable of them, such as `read_batches` gives: the memory it takes does not
                grow with the table but for a few numbers a row.

        Raises:
            TableError: if the table does not have the columns of the training table, or no row has a target.
        """
        known, given, rows, unseen = [], [], 0, Unseen()
        name, missing = self.target.name, self.target.missing
        for frame in [frames] if hasattr(frames, "columns") else frames:
            table, without = with_target(frame, name, missing)
            if len(table):
                with rows_counted(rows), rows_counted(partial(rows_with_target, frame, name, missing)):
                    known.append(self.target.encode(table[name]))
                    given.append(self.outputs(table.to_native(), unseen))
            rows += len(table) + without
        if not known:
            raise TableError(f"target {name!r} is missing in every row", "a target in some rows")
        warn_of(unseen, stacklevel=2)
        y = np.concatenate(known)
        found = evaluate(self.target, y, np.concatenate(given), rows - len(y))
        return replace(found, learned=digest(y) == self.about.get("digest"), unseen=unseen)

    @property
    def _dtype(self) -> str:
        return DTYPES[self.network.dtype]

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
            "about": self.about,
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
        return cls(encoder, target, network, checked_about(path, header.get("about")))

    @staticmethod
    def train(
        frame: Any,
        target: str,
        *,
        task: str | None = None,
        drop: str | Collection[str] = (),
        hidden: int | Sequence[int] | None = None,
        activation: str = "relu",
        epochs: int = 500,
        batch_size: int | None = None,
        optimizer: str = "adam",
        learning_rate: float | None = None,
        l2: float | None = None,
        kinds: Mapping[str, str] | None = None,
        scaling: Scaling = "auto",
        na: str | Collection[str] = (),
        keep_na: str | Collection[str] = (),
        default_na: bool = True,
        seed: int = 0,
        validation: float | Any = 0.15,
        test: float | Any = 0.15,
        split: str | None = None,
        time: str | None = None,
        group: str | None = None,
        patience: int = 20,
        checkpoint: str | os.PathLike[str] | None = None,
        resume: bool = False,
        callbacks: Callable[[Epoch], Any] | Iterable[Callable[[Epoch], Any]] = (),
        n_threads: int | None = None,
        keep: Callable[[TableModel], object] | None = None,
    ) -> TableFit:
        """Train a model of one column of a table by the others.

        The rows are split by the seed, stratified by class; where a date orders them the last ones are the test. What
        a column is and how it is written is found from the
        whole table, what is computed from its values from the training rows alone; a regression target is standardised.
        Training stops when the validation loss has not improved for `patience` epochs, and keeps the best weights.

        Args:
            frame: any eager data frame (Polars, pandas, Arrow).
            target: name of the column to predict; rows without it are dropped.
            task: "classification" or "regression"; None finds out from the column.
            drop: a column or columns to leave out.
            hidden: units of the hidden layers; by default one layer of 128, two of 64 from 5,000 training rows.
            activation: of the hidden layers.
            epochs: at most.
            batch_size: rows per step; by default 32, 64 from 5,000 training rows, 128 from 20,000, 256 from 200,000.
            l2: penalty on the weights; by default 2.5/rows, one prior whatever the size of the table.
            optimizer: by name.
            learning_rate: by default the optimizer's own.
            seed: of the split, the initial weights and the shuffling.
            validation, test: shares of the rows, or data frames of their own rows.
            split: "random", "time" or "group". By default by time where a date orders the rows, else at random.
            time: a column of dates or numbers: the test rows are the last ones by it.
            group: a column, which is no input: rows of one value of it are in one part.
            patience: of early stopping.
            kinds: column → "number", "category", "boolean", "date", "season" (a date without its year) or
                "numbers", where the right kind would not be found.
            scaling: of numbers: "standard" (mean and standard deviation), "robust" (median and quartiles), "log" (their
                signed logarithms); "auto" takes logarithms where values span decades, robust where a few are far out,
                and learns a target that is never negative and spans decades by its logarithm.
            na: texts that stand for a missing value beside the usual ones.
            keep_na: usual ones that are values; - NA None ? are already where their column shows it.
            default_na: whether the usual ones stand for a missing value.
            checkpoint: a file that is written as training goes on.
            resume: go on from that file, if it is there.
            callbacks: called after each epoch.
            n_threads: worker threads.
            keep: called with the model as soon as it is trained, before it is scored: what it saves is not lost if the
                scoring is interrupted or fails.

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
        target = str(target)  # pandas may number its columns
        drop = (drop,) if isinstance(drop, str) else [str(name) for name in drop]
        recipe = Recipe(hidden, activation, l2, optimizer, learning_rate, batch_size, epochs, patience, n_threads, seed)
        ready = prepare(
            *(frame, target),
            task=task,
            drop=drop,
            kinds=kinds,
            scaling=scaling,
            marks=Marks.of(na, keep_na, default_na),
            seed=checked_seed(seed),
            validation=validation,
            test=test,
            split=split,
            time=time,
            group=group,
        )
        ready = tried(ready, recipe)
        for remark in ready.remarks:
            warnings.warn(remark("en"), DataWarning, stacklevel=2)
        run = recipe.run(
            ready.target,
            ready.part("train"),
            ready.part("validation"),
            checkpoint=checkpoint,
            resume=resume,
            callbacks=callbacks,
        )
        ready = replace(ready, target=_smeared(ready, run.network))
        about = _about(run, checked_seed(seed), drop, ready)
        model = TableModel(ready.encoder, ready.target, run.network, about)
        if keep is not None:
            keep(model)
        found = _evaluated(ready, run.network)
        scored = {"parts": {name: part.to_dict() for name, part in found.items()}}
        model = replace(model, about=about | scored)
        return TableFit(model, run.history, found, ready.division, ready.remarks, ready.frames, ready.marks)


def _smeared(ready: Prepared, network: Network) -> Target:
    """The target with what its predictions are multiplied by, found on validation rows, if there are any."""
    if isinstance(ready.target, ClassTarget):
        return ready.target
    X, y = ready.part("validation")
    X, y = (X, y) if len(y) else ready.part("train")
    return ready.target.smeared(y, network.predict(X)[:, 0])


def _evaluated(ready: Prepared, network: Network) -> dict[str, Evaluation]:
    """The evaluation of each part that has rows, the last of them with intervals."""
    parts = {name: ready.part(name) for name in ("train", "validation", "test")}
    parts = {name: part for name, part in parts.items() if len(part[1])}
    last = list(parts)[-1]
    return {
        name: evaluate(
            *(ready.target, y, network.predict(X), ready.without_target),
            intervals=name == last,
            units=ready.units(name) if name == last else None,
            past=ready.past(network) if name == last else None,
        )
        for name, (X, y) in parts.items()
    }


def _about(run: Run, seed: int, drop: Iterable[str], ready: Prepared) -> dict[str, Any]:
    return {
        "clearprop": __version__,
        "seed": seed,
        "dropped": list(drop),
        "split": {"how": ready.division.how, "column": ready.division.column, "own": sorted(ready.frames)},
        "digest": digest(ready.y),
        "epochs": run.history.epochs,
        "best_epoch": run.history.best_epoch,
        "training": training_facts(run.history, run.optimizer, run.batch_size),
    }
