"""`MultiTargetModel`: a data frame in, an answer for each of several targets out."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clearprop.cached import cached_property
from clearprop.errors import InvalidValueError, ModelFileError, TableError, listed, plural, unknown_name
from clearprop.estimators.about import checked_about, digest
from clearprop.estimators.evaluation import Evaluation, evaluation_of
from clearprop.estimators.exports import ExportsOfOne
from clearprop.estimators.features import Features
from clearprop.estimators.predictor import Predictor, as_network, reader_of
from clearprop.estimators.remarks import warn_of
from clearprop.estimators.scores import Answers, answers_of, class_probabilities, decoded, joined_answers, scores_of
from clearprop.estimators.several.targets import Targets
from clearprop.estimators.table_model import TableModel
from clearprop.estimators.uncertainty import intervals, sets, spread
from clearprop.estimators.weights import weights_in
from clearprop.graph import DTYPES
from clearprop.interop import write_model
from clearprop.interop.onnx.table import table_inputs, table_to_onnx
from clearprop.messages import Language
from clearprop.network import Network
from clearprop.table.encoder import TableEncoder
from clearprop.table.number_target import NumberTarget
from clearprop.table.rows import rows_counted
from clearprop.table.target import ClassTarget, Label, Target, target_from_dict, target_to_dict
from clearprop.table.targets import SomeTarget, with_some_target
from clearprop.table.unseen import Unseen

Array = NDArray[Any]
KIND = "table_model_of_several_targets"


@dataclass(frozen=True, eq=False)
class MultiTargetModel(ExportsOfOne):
    """A trained model of several targets of a table: one network with a head for each.

    `model["price"]` is the model of one target, a `TableModel`: the shared layers and its head. It can do all that such
    a model can, `explain` among it. `TableModel.train(frame, ["price", "sold"])` makes a model of several.

    Attributes:
        encoder: columns to features.
        targets: of each target how it is coded, in the order of the network's outputs.
        network: what answers; its heads are those of the targets.
        about: where the model comes from, in plain data: version, recipe, what else all targets have in common.
        abouts: the same of each target: its rows and scores.
    """

    encoder: TableEncoder
    targets: tuple[Target, ...]
    network: Network
    about: dict[str, Any] = field(default_factory=dict)
    abouts: tuple[dict[str, Any], ...] = ()

    def __eq__(self, other: object) -> bool:
        """Whether both answer alike: the same columns, targets, network and weights."""
        return isinstance(other, MultiTargetModel) and self.models == other.models

    @property
    def names(self) -> tuple[str, ...]:
        """Of the targets."""
        return tuple(target.name for target in self.targets)

    @property
    def target(self) -> Target:
        """None: what looks at one target is to be asked of the model of it.

        Raises:
            InvalidValueError: always.
        """
        raise InvalidValueError(f"a model of {listed(self.names)}", "one of them", f"model[{self.names[0]!r}]")

    @cached_property
    def models(self) -> dict[str, TableModel]:
        """Target → the model of it: the shared layers, and its head."""
        heads, abouts = self.network.heads, self.abouts or ({},) * len(self.targets)
        each = zip(self.targets, heads, abouts, strict=True)
        return {
            target.name: TableModel(self.encoder, target, head, {**self.about, **about}) for target, head, about in each
        }

    def __getitem__(self, target: str) -> TableModel:
        """The model of one target.

        Raises:
            UnknownNameError: if it is none of the targets.
        """
        return self.models[self.known(target)]

    def known(self, target: str) -> str:
        """The name of a target, if it is one.

        Raises:
            UnknownNameError: if it is none of the targets.
        """
        if target not in self.names:
            raise unknown_name("target", target, list(self.names))
        return target

    @property
    def members(self) -> tuple[Network, ...]:
        """The networks whose mean answers; a single one of a model without members."""
        return self.network.members

    def outputs(self, frame: Any, unseen: Unseen | None = None) -> Array:
        """The network's outputs (N, k), those of the first target first; see `TableModel.outputs`."""
        return self._outputs(self._features(frame, unseen))

    def outputs_of_each(self, frame: Any, unseen: Unseen | None = None) -> dict[str, tuple[Target, Array]]:
        """Target → how it is coded, and its outputs (N, k)."""
        a = self._outputs(self._features(frame, unseen))
        return {target.name: (target, a[:, columns]) for target, columns in self.columns}

    def predict(self, frame: Any, unseen: Unseen | None = None) -> dict[str, list[Any] | Array]:
        """Target → a label or a number for each row, as they stood in the training table.

        Args:
            frame: what `TableModel.outputs` takes.
            unseen: told of values that were not there in training, of which a `DataWarning` tells else.

        Raises:
            TableError: if the table does not have the columns of the training table.
        """
        a = self._outputs(self._features(frame, unseen))
        return {target.name: decoded(target, a[:, columns]) for target, columns in self.columns}

    def predict_proba(self, frame: Any, unseen: Unseen | None = None) -> dict[str, Array]:
        """Target → the probability of each of its classes (N, k), of the targets that have classes; see `predict`.

        Raises:
            InvalidValueError: if no target has classes.
        """
        self._require(ClassTarget, "probabilities of a model of numbers", "a target of classes")
        a = self._outputs(self._features(frame, unseen))
        each = ((target, columns) for target, columns in self.columns if isinstance(target, ClassTarget))
        return {target.name: class_probabilities(a[:, columns]) for target, columns in each}

    def intervals(self, frame: Any, coverage: float = 0.9, unseen: Unseen | None = None) -> dict[str, Array]:
        """Target → lower and upper end (N, 2) of its interval, of the targets that are numbers.

        Each holds its own truth for this share of new rows; all of them at once do so more seldom. See
        `TableModel.intervals`.

        Raises:
            InvalidValueError: if no target is a number, for a coverage outside 0 … 1, or without held-out rows.
        """
        self._require(NumberTarget, "intervals of a model of classes", "a target of numbers")
        a = self._outputs(self._features(frame, unseen))
        each = ((target, columns) for target, columns in self.columns if isinstance(target, NumberTarget))
        return {target.name: intervals(target, a[:, columns], coverage) for target, columns in each}

    def sets(
        self, frame: Any, coverage: float = 0.9, unseen: Unseen | None = None
    ) -> dict[str, list[tuple[Label, ...]]]:
        """Target → the labels of each row that are probable enough, of the targets that have classes.

        See `TableModel.sets`.

        Raises:
            InvalidValueError: if no target has classes, for a coverage outside 0 … 1, or without held-out rows.
        """
        self._require(ClassTarget, "sets of a model of numbers", "a target of classes")
        a = self._outputs(self._features(frame, unseen))
        each = ((target, columns) for target, columns in self.columns if isinstance(target, ClassTarget))
        return {target.name: sets(target, a[:, columns], coverage) for target, columns in each}

    def spread(self, frame: Any, unseen: Unseen | None = None) -> dict[str, Array]:
        """Target → how far the members differ; see `TableModel.spread`.

        Raises:
            InvalidValueError: for a model of one network.
        """
        X = self._features(frame, unseen)
        return {name: spread(model.target, model.network, X) for name, model in self.models.items()}

    def arrays(self, frame: Any) -> tuple[Array, Array]:
        """X and Y (N, k) as the network was trained on, classes one-hot, NaN where a target is not known.

        Rows with none of the targets are left out.

        Raises:
            TableError: if the table does not have the columns of the training table.
        """
        given = self._with_targets(frame)
        with given.counted():
            X = self.encoder.transform(given.table.to_native(), DTYPES[self.network.dtype])
        coded = {target.name: self._truth(given, target) for target in self.targets}
        return X, Targets(self.targets).rows(len(X), coded, given.known)

    def score(self, frame: Any) -> dict[str, dict[str, float]]:
        """Target → its scores on the rows that have it, by name; see `TableModel.score`."""
        given = self._with_targets(frame)
        with given.counted():
            a = self._outputs(self._features(given.table.to_native(), None))
            weights = self._weights(given)
        found = {}
        for target, columns in self.columns:
            y, rows = self._truth(given, target), given.known[target.name]
            found[target.name] = scores_of(target, y, a[rows, columns], None if weights is None else weights[rows])
        return found

    def evaluate(self, frames: Any) -> dict[str, Evaluation]:
        """Target → scores with their intervals, beside the baseline's, on the rows that have it.

        Args:
            frames: a data frame, or an iterable of them, such as `read_batches` gives.

        Raises:
            TableError: if the table does not have the columns of the training table, or no row has one of the targets.
        """
        known: dict[str, list[Answers]] = {name: [] for name in self.names}
        rows, unseen = 0, Unseen()
        for frame in [frames] if hasattr(frames, "columns") else frames:
            with rows_counted(rows):
                given = self._with_targets(frame, may_be_empty=True)
                for name, answers in self._answers(given, unseen).items():
                    known[name].append(answers)
            rows += len(given.table) + given.dropped
        warn_of(unseen, stacklevel=2)
        return {target.name: self._evaluated(target, known[target.name], rows, unseen) for target in self.targets}

    def _answers(self, given: SomeTarget, unseen: Unseen) -> dict[str, Answers]:
        """The answers to the rows that have each target, if there are some."""
        if not len(given.table):
            return {}
        with given.counted():
            a = self._outputs(self._features(given.table.to_native(), unseen))
            weights = self._weights(given)
        found = {}
        for target, columns in self.columns:
            there = given.known[target.name]
            if len(there):
                of_rows = None if weights is None else weights[there]
                found[target.name] = answers_of(target, self._truth(given, target), a[there, columns], of_rows)
        return found

    def _evaluated(self, target: Target, known: list[Answers], rows: int, unseen: Unseen) -> Evaluation:
        if not known:
            raise TableError(f"target {target.name!r} is missing in every row", "a target in some rows")
        answers = joined_answers(known)
        found = evaluation_of(target, answers, rows - len(answers))
        learned = digest(answers.y) == self[target.name].about.get("digest")
        return replace(found, learned=learned, unseen=unseen)

    def _with_targets(self, frame: Any, may_be_empty: bool = False) -> SomeTarget:
        return with_some_target(frame, {target.name: target.missing for target in self.targets}, may_be_empty)

    @staticmethod
    def _truth(given: SomeTarget, target: Target) -> Array:
        """The coded target of the rows that have it."""
        found = given.each[target.name]
        with found.counted():
            return target.encode(found.table[target.name])

    def _weights(self, given: SomeTarget) -> Array | None:
        column = self.models[self.names[0]].weighting.column
        return weights_in(given.table, column) if column in given.table.columns else None

    @cached_property
    def columns(self) -> list[tuple[Target, slice]]:
        """Each target with its outputs."""
        return list(Targets(self.targets).columns)

    @cached_property
    def _features(self) -> Features:
        return Features(self.encoder, DTYPES[self.network.dtype])

    def _outputs(self, X: Array) -> Array:
        if len(X):
            return self.network.predict(X)
        return np.empty((0, self.network.architecture.n_outputs), DTYPES[self.network.dtype])

    def _require(self, kind: type[Target], got: str, expected: str) -> None:
        if not any(isinstance(target, kind) for target in self.targets):
            raise InvalidValueError(got, expected)

    def card(self, lang: Language = "en") -> str:
        """The model card, as Markdown; see `TableModel.card`."""
        return str(import_module("clearprop.report.card").card_of(self, lang))

    def to_onnx(self, path: str | os.PathLike[str] | None = None, *, coverage: float | None = None) -> Any:
        """The model as an ONNX model whose outputs have the target's name behind them, as "value_price".

        With a coverage every target needs held-out rows. See `TableModel.to_onnx`.
        """
        net = self.network
        return table_to_onnx(self.encoder, self.targets, net.architecture, net.arrays(), net.dtype, path, coverage)

    def onnx_inputs(self, frame: Any) -> dict[str, Array]:
        """What `to_onnx` is given for the rows of a data frame; see `TableModel.onnx_inputs`."""
        return table_inputs(self.encoder, frame)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the model to one file, atomically; `cp.load` reads it.

        Raises:
            FileError: if the file cannot be written.
        """
        header = {
            "kind": KIND,
            "network": self.network.header(),
            "encoder": self.encoder.to_dict(),
            "targets": [target_to_dict(target) for target in self.targets],
            "about": self.about,
            "abouts": list(self.abouts),
        }
        write_model(path, header, self.network.arrays(), growing=("encoder", "targets", "about", "abouts"))

    @classmethod
    def from_parts(
        cls, path: str | os.PathLike[str], header: dict[str, Any], arrays: Mapping[str, Array]
    ) -> MultiTargetModel:
        """The model in a file's header and arrays.

        Raises:
            ModelFileError: if they do not fit together.
        """
        described, abouts = header.get("targets"), header.get("abouts") or []
        if not isinstance(described, list) or not described or not isinstance(abouts, list):
            raise ModelFileError(f"{path} says of its targets {described!r:.40}", "a list of them")
        try:
            encoder, targets = TableEncoder.from_dict(header.get("encoder")), tuple(map(target_from_dict, described))
        except TableError as error:
            raise ModelFileError(f"{path} holds {error}") from None
        predictor = reader_of(path, header.get("network")).make(path, header.get("network"), dict(arrays))
        network = _fitting(path, predictor, encoder, targets)
        if len(abouts) not in (0, len(targets)):
            raise ModelFileError(
                f"{path} says of {plural(len(abouts), 'target')} where they come from", f"of all {len(targets)}"
            )
        each = tuple(checked_about(path, about) for about in abouts)
        return cls(encoder, targets, network, checked_about(path, header.get("about")), each)


def _fitting(path: Any, predictor: Predictor, encoder: TableEncoder, targets: tuple[Target, ...]) -> Network:
    """The network, if it has a head for each target, as wide as it needs, and as many inputs as there are features."""
    names = [target.name for target in targets]
    if len(set(names)) < len(names):
        raise ModelFileError(f"{path} has a target twice", "each once")
    widths = [columns.stop - columns.start for _, columns in Targets(targets).columns]
    network = as_network(predictor)
    found = [head.architecture.n_outputs for head in network.heads]
    if found != widths or network.architecture.n_inputs != len(encoder.feature_names):
        raise ModelFileError(f"{path}: the network does not fit the columns or the targets")
    return network
