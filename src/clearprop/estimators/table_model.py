"""`TableModel`: a data frame in, labels or numbers out. Preprocessing, network and target decoding in one."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from importlib import import_module
from typing import TYPE_CHECKING, Any, overload

import numpy as np
from numpy.typing import NDArray

from clearprop.cached import cached_property
from clearprop.errors import DataWarning, InvalidValueError, ModelFileError, TableError, checked_integer
from clearprop.estimators.about import checked_about, digest, optimizer_of, remembers
from clearprop.estimators.contributions import ShapleyValues, shapley_of
from clearprop.estimators.dependence import Dependence, dependence_of
from clearprop.estimators.ending import about_of, deciding, evaluated, finished, told_of_members
from clearprop.estimators.evaluation import Evaluation, evaluation_of
from clearprop.estimators.exports import TableExports
from clearprop.estimators.features import Features
from clearprop.estimators.fit import TableFit
from clearprop.estimators.members import trained_on
from clearprop.estimators.predictor import Predictor, Sizes, as_network, reader_of
from clearprop.estimators.preparation import prepare
from clearprop.estimators.quantiles import shifted
from clearprop.estimators.recipe import FIELDS, Recipe, require_known
from clearprop.estimators.remarks import warn_of
from clearprop.estimators.row import RowExplanation, explained
from clearprop.estimators.scores import answers_on, class_probabilities, decoded, joined_answers, scores_of
from clearprop.estimators.threshold import require_optimizable
from clearprop.estimators.training import tried
from clearprop.estimators.uncertainty import intervals, sets, spread
from clearprop.estimators.verdict import judgement_of, verdict
from clearprop.estimators.weights import Weighting, weights_in
from clearprop.explain import Trace
from clearprop.explain.doctor import Judgement
from clearprop.graph import DTYPES
from clearprop.interop import write_model
from clearprop.interop.incoming import sklearn_table
from clearprop.messages import Language, Message, Words
from clearprop.network import Network
from clearprop.network.network import network_of
from clearprop.table.encoder import TableEncoder, as_frame
from clearprop.table.rows import Targeted, rows_counted, with_target
from clearprop.table.target import ClassTarget, Label, Target, target_from_dict, target_to_dict
from clearprop.table.unseen import Unseen
from clearprop.train import Epoch

if TYPE_CHECKING:
    from clearprop.estimators.several.fit import MultiTargetFit

Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class TableModel(TableExports):
    """A trained model of a table: how its columns become features, a network, and how its outputs become answers.

    `TableModel.train` makes one; `save` and `cp.load` carry it to another day.

    Attributes:
        encoder: columns to features.
        target: labels or numbers to what the network gives, and back.
        predictor: what answers: a `Network`, or something else that has its methods.
        about: where the model comes from, in plain data: version, recipe, rows, scores.
    """

    encoder: TableEncoder
    target: Target
    predictor: Predictor
    about: dict[str, Any] = field(default_factory=dict, compare=False)

    def __eq__(self, other: object) -> bool:
        """Whether both answer alike: the same columns, target, network and weights."""
        if not isinstance(other, TableModel):
            return NotImplemented
        if (self.encoder, self.target) != (other.encoder, other.target):
            return False
        ours, theirs = self.predictor.arrays(), other.predictor.arrays()
        same = self.predictor.header() == other.predictor.header()
        return same and all(np.array_equal(value, theirs[name]) for name, value in ours.items())

    @property
    def network(self) -> Network:
        """The network, for what looks into it: its parameters, graph, plan, picture.

        Raises:
            InvalidValueError: if the predictor is something else.
        """
        return as_network(self.predictor)

    @property
    def members(self) -> tuple[Network, ...]:
        """The networks whose mean answers; a single one of a model without members."""
        found = self.network.members
        for k, network in enumerate(found if len(found) > 1 else ()):
            network.seed = self.about.get("seed", network.seed) + k  # of its first weights
        return found

    def member(self, k: int | None) -> Predictor:
        """A member, counted from 0; the whole predictor for None.

        Raises:
            InvalidValueError: if there is no such member.
        """
        if k is None:
            return self.predictor
        members = self.members
        if checked_integer("member", k, low=0) >= len(members):
            raise InvalidValueError(f"member {k}", f"0 … {len(members) - 1}, counted from 0")
        return members[k]

    def outputs(self, frame: Any, unseen: Unseen | None = None) -> Array:
        """The network's outputs (N, k) for the rows of a table.

        Args:
            frame: a data frame; one row, as a mapping {"age": 39, …} or a pandas Series; a list of such rows; or an
                array whose columns stand in the order of the training table, without the target. A mapping is fastest.
            unseen: told of values that were not there in training, of which a `DataWarning` tells else.

        Raises:
            TableError: if the table does not have the columns of the training table.
        """
        return self._outputs(self._features(frame, unseen))

    def predict(self, frame: Any, unseen: Unseen | None = None) -> list[Any] | Array:
        """A label or a number for each row, as they stood in the training table; see `outputs`.

        The label is the most probable one, or what `target.decision` chooses, if the model has a threshold.

        Raises:
            TableError: if the table does not have the columns of the training table.
        """
        return decoded(self.target, self._outputs(self._features(frame, unseen)))

    def predict_proba(self, frame: Any, unseen: Unseen | None = None) -> Array:
        """The probability of each class (N, k), in the order of `target.classes`; see `outputs`.

        Those of a model that was trained with weights of classes are not how often a class occurs.

        Raises:
            InvalidValueError: for a model of numbers.
        """
        if not isinstance(self.target, ClassTarget):
            raise InvalidValueError("probabilities of a regression model", "a classification model", "use predict")
        return class_probabilities(self._outputs(self._features(frame, unseen)))

    def intervals(self, frame: Any, coverage: float = 0.9, unseen: Unseen | None = None) -> Array:
        """Lower and upper end (N, 2) of an interval that holds the truth of this share of new rows; see `outputs`.

        It is a conformal interval around what the network answers: as wide as rows that were held out in training
        need. An end is infinite where these were too few for the coverage (of dates the last one that Python has).

        Raises:
            InvalidValueError: for classes, a coverage outside 0 … 1, or a model without held-out rows.
        """
        return intervals(self.target, self._outputs(self._features(frame, unseen)), coverage)

    def sets(self, frame: Any, coverage: float = 0.9, unseen: Unseen | None = None) -> list[tuple[Label, ...]]:
        """The labels of each row that are probable enough to hold the truth of this share of new rows; see `outputs`.

        Raises:
            InvalidValueError: for numbers, a coverage outside 0 … 1, or a model without held-out rows.
        """
        return sets(self.target, self._outputs(self._features(frame, unseen)), coverage)

    def spread(self, frame: Any, unseen: Unseen | None = None) -> Array:
        """How far the members differ: the standard deviation of their numbers (N,), or probabilities (N, k).

        Raises:
            InvalidValueError: for a model of one network.
        """
        return spread(self.target, self.network, self._features(frame, unseen))

    def _with_target(self, frame: Any, may_be_empty: bool = False) -> Targeted:
        return with_target(frame, self.target.name, self.target.missing, may_be_empty)

    @cached_property
    def _features(self) -> Features:
        """What the network reads of a table, with a warning of values that nobody else is told of."""
        return Features(self.encoder, self._dtype)

    def _outputs(self, X: Array) -> Array:
        """Of no rows none: a table without rows is a table of answers without rows."""
        return self.predictor.predict(X) if len(X) else np.empty((0, self._sizes.n_outputs), self._dtype)

    @property
    def _sizes(self) -> Sizes:
        return self.predictor.architecture

    @property
    def weighting(self) -> Weighting:
        """How rows and classes counted in its training."""
        return Weighting.from_dict(self.about.get("weighting"))

    def arrays(self, frame: Any) -> tuple[Array, Array]:
        """X and y as the network was trained on, from a table that has the target column; rows without it are left out.

        Raises:
            TableError: if the table does not have the columns of the training table.
        """
        given = self._with_target(frame)
        with given.counted():
            X = self.encoder.transform(given.table.to_native(), self._dtype)
            return X, self.target.encode(given.table[self.target.name])

    def trace(self, frame: Any, member: int | None = None) -> Trace:
        """The trace of the network on the rows of a table; with loss and gradients where it has the target column.

        Args:
            frame: a data frame.
            member: which member alone, counted from 0; by default the whole graph, which ends in the mean.

        Raises:
            TableError: if the table does not have the columns of the training table.
            InvalidValueError: if there is no such member.
        """
        X = self.encoder.transform(frame, self._dtype)
        given = self._with_target(frame, may_be_empty=True) if self.target.name in frame.columns else None
        y = None if given is None or given.dropped else self.target.encode(given.table[self.target.name])
        trace = self.member(member).trace(X, y)
        trace.optimizer = trace.optimizer or optimizer_of(self.about)
        return trace

    def explain(
        self,
        frame: Any,
        row: int = 0,
        *,
        member: int | None = None,
        lang: str = "en",
        convention: str = "row",
        detail: str = "values",
        only: str | None = None,
        title: Words | None = None,
        notation: str = "delta",
        optimizer: Any = None,
    ) -> RowExplanation:
        """One row: what its columns become, the answer, and how every number on the way comes about.

        With the target column in the row, loss, gradients and update are derived, too.

        Args:
            frame: what `outputs` takes.
            row: which row of it, counted from 0.
            member: which member alone, counted from 0; by default the answer is that of all, and what is derived layer
                by layer the first.
            lang: "en" or "zh".
            convention, detail, only, notation: as of `Trace.explain`.
            title: what stands above it, instead of the number of the row.
            optimizer: whose update is shown; by default the one that the model was trained with.

        Raises:
            TableError: if the table does not have the columns of the training table.
            InvalidValueError: if there is no such row or member.

        Example:
            >>> import polars as pl
            >>> table = pl.DataFrame({"x": [0.0, 1.0, 2.0, 3.0] * 10, "y": ["no", "no", "yes", "yes"] * 10})
            >>> model = TableModel.train(table, "y", epochs=30, learning_rate=0.01).model
            >>> print(model.explain(table, row=3, detail="formulas").title)
            Row 3 (counted from 0): y
        """
        return explained(
            *(self, frame, row),
            member=member,
            lang=lang,
            convention=convention,
            detail=detail,
            only=only,
            title=title,
            notation=notation,
            optimizer=optimizer,
        )

    def shapley(self, frame: Any, rows: Any = None, background: Any = None, **options: Any) -> ShapleyValues:
        """Shapley values: what each column adds to the answer on a row, from its mean over a background on.

        Up to ten columns they are exact; of more, orders are drawn, and each value has its standard error. A row costs
        2ⁿ times the rows of the background (n columns), or 32·n times them, evaluations of the model.

        Args:
            frame: what `outputs` takes.
            rows: which rows of it, counted from 0: a number, or several; by default all.
            background: a data frame of rows like those of the training; by default rows of `frame` itself.
            options: `background_rows`: how many of the background are drawn at most (100). `scale`: "probability" of
                each class or "log_odds"; numbers are in the target's unit. `pairs`: of orders to draw, even where all
                sets of columns could be enumerated; 16 where not. `seed`: of what is drawn. `progress`: told again and
                again which share is done, 0 … 1.

        Raises:
            TableError: if a table does not have the columns of the training table.
            InvalidValueError: if there is no such row, or no background.

        Example:
            >>> import polars as pl
            >>> table = pl.DataFrame({"x": [0.0, 1.0, 2.0, 3.0] * 10, "y": ["no", "no", "yes", "yes"] * 10})
            >>> model = TableModel.train(table, "y", epochs=30, learning_rate=0.01).model
            >>> found = model.shapley(table, rows=[0, 3])
            >>> found.values.shape, bool((found.values[1, :, 1] > 0).all())
            ((2, 1, 2), True)
        """
        return shapley_of(self, frame, rows=rows, background=background, **options)

    def dependence(self, frame: Any, column: str, **options: Any) -> Dependence:
        """How the answer depends on one column: partial dependence, and the curve of every single row.

        Args:
            frame: what `outputs` takes; its rows give the values of the other columns, and those of this one.
            column: of the table.
            options: `grid`: how many values of a number or a date, at quantiles (20), or the values themselves; of
                levels the ten most frequent ones and all others together. `rows`: how many rows have a curve, drawn
                (200), or their numbers. `scale`: as of `shapley`. `seed`: of what is drawn.

        Raises:
            UnknownNameError: if the model does not use such a column.
            TableError: if the table does not have the columns of the training table.

        Example:
            >>> import polars as pl
            >>> table = pl.DataFrame({"x": [0.0, 1.0, 2.0, 3.0] * 10, "y": ["no", "no", "yes", "yes"] * 10})
            >>> model = TableModel.train(table, "y", epochs=30, learning_rate=0.01).model
            >>> found = model.dependence(table, "x")
            >>> found.grid.values, found.mean.shape, found.curves.shape
            ((0.0, 1.0, 2.0, 3.0), (4, 2), (40, 4, 2))
        """
        return dependence_of(self, frame, column, **options)

    def score(self, frame: Any) -> dict[str, float]:
        """Scores on a table that has the target column, by name: accuracy, log loss, …, or R², RMSE and MAE.

        Rows count by their weights, if the model was trained with a column of them and the table has it.
        """
        given = self._with_target(frame)
        with given.counted():
            X = self._features(given.table.to_native(), None)
            y, weights = self.target.encode(given.table[self.target.name]), self.weights(given.table)
        return scores_of(self.target, y, self.predictor.predict(X), weights)

    def weights(self, table: Any) -> Array | None:
        """The weights of the rows of a table (N,); None if the model has no column of them, or the table has not.

        Raises:
            TableError: for a weight that is missing, negative or infinite, or no number.
        """
        column, table = self.weighting.column, as_frame(table)
        return weights_in(table, column) if column in table.columns else None

    def evaluate(self, frames: Any) -> Evaluation:
        """Scores with their intervals, beside the baseline's, on a table that has the target column.

        Args:
            frames: a data frame, or an iterable of them, such as `read_batches` gives: the memory it takes does not
                grow with the table but for a few numbers a row.

        Raises:
            TableError: if the table does not have the columns of the training table, or no row has a target.
        """
        known, rows, unseen = [], 0, Unseen()
        for frame in [frames] if _is_frame(frames) else frames:
            given = self._with_target(frame, may_be_empty=True)
            if len(given.table):
                with rows_counted(rows), given.counted():
                    y, weights = self.target.encode(given.table[self.target.name]), self.weights(given.table)
                    X = self._features(given.table.to_native(), unseen)
                    known.append(answers_on(self.target, self.predictor.predict, X, y, weights))
            rows += len(given.table) + given.dropped
        if not known:
            raise TableError(f"target {self.target.name!r} is missing in every row", "a target in some rows")
        warn_of(unseen, stacklevel=2)
        answers = joined_answers(known)
        found = evaluation_of(self.target, answers, rows - len(answers))
        return replace(found, learned=digest(answers.y) == self.about.get("digest"), unseen=unseen)

    @property
    def judgement(self) -> Judgement | None:
        """What the scores of its training say of it, as far as the model remembers them."""
        later = (self.about.get("split") or {}).get("how") == "time"
        return judgement_of(self.about.get("parts") or {}, later=later, remembered=remembers(self.about))

    def verdict(self, found: Evaluation, lang: Language = "en") -> list[str]:
        """What an evaluation on other rows than those it learned from says of the model, in sentences."""
        return [said(lang) for said in self.judged(found)]

    def judged(self, found: Evaluation) -> list[Message]:
        """The verdict as messages."""
        parts = self.about.get("parts") or {}
        seen = {name: parts[name] for name in parts if name == "train"}
        judgement = judgement_of({**seen, "table": found.to_dict()}, remembered=remembers(self.about))
        return verdict(self.target, judgement, "table", weighting=self.weighting)

    def card(self, lang: Language = "en") -> str:
        """The model card, as Markdown: data, scores with intervals, how it was trained, what was set aside, limits.

        Args:
            lang: "en" or "zh".
        """
        return str(import_module("clearprop.report.card").card_of(self, lang))  # which stands above, and reads models

    @property
    def _dtype(self) -> str:
        return DTYPES[self.predictor.dtype]

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the model to one file, atomically.

        Raises:
            FileError: if the file cannot be written.
        """
        header = {
            "kind": "table_model",
            "network": self.predictor.header(),
            "encoder": self.encoder.to_dict(),
            "target": target_to_dict(self.target),
            "about": self.about,
        }
        write_model(path, header, self.predictor.arrays(), growing=("encoder", "target", "about"))

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
        described = header.get("network")
        predictor = reader_of(path, described).make(path, described, arrays)
        wanted = len(target.classes) if isinstance(target, ClassTarget) and len(target.classes) > 2 else 1
        sizes = predictor.architecture
        if (sizes.n_inputs, sizes.n_outputs) != (len(encoder.feature_names), wanted):
            raise ModelFileError(f"{path}: the network does not fit the columns or the target")
        model = cls(encoder, target, predictor, checked_about(path, header.get("about")))
        classes = model.weighting.classes
        if classes and not (isinstance(target, ClassTarget) and len(classes) == len(target.classes)):
            raise ModelFileError(f"{path}: the weights of the classes do not fit the target")
        return model

    @classmethod
    def from_sklearn(cls, model: Any, target: str = "target", loss: Any = None) -> TableModel:
        """A model of a table from a fitted pipeline of scikit-learn that ends in an `MLPClassifier` or `MLPRegressor`.

        It takes what the pipeline takes, a data frame with its columns, text and missing values included, and answers
        with its labels. `SimpleImputer`, `OneHotEncoder`, scalers, selections and `ColumnTransformer` are read as by
        `cp.from_sklearn`; what is linear behind a scaler or an encoder goes into the first weights. Columns have the
        names of the data frame that the pipeline was fitted on, or x0, x1, …

        Args:
            model: the fitted pipeline.
            target: a name for what is predicted, which scikit-learn does not keep; by it `fit`, `explain` and
                `evaluate` find it in a table.
            loss: as of `cp.from_sklearn`.

        Raises:
            ClearpropError: for a step that is not known, by its name, one that is not fitted, or several targets.

        Example:
            >>> import polars as pl
            >>> from sklearn.neural_network import MLPClassifier
            >>> from sklearn.pipeline import make_pipeline
            >>> from sklearn.preprocessing import OneHotEncoder
            >>> X = pl.DataFrame({"city": ["Bern", "Oslo", "Bern", "Rome"]})
            >>> mlp = MLPClassifier((3,), solver="lbfgs", random_state=0)
            >>> pipeline = make_pipeline(OneHotEncoder(), mlp).fit(X, ["no", "yes", "no", "yes"])
            >>> TableModel.from_sklearn(pipeline, "coast").predict({"city": "Oslo"})
            ['yes']
        """
        encoder, of, found = sklearn_table(model, target, loss)
        return cls(encoder, of, network_of(found.architecture, found.parameters, 0, found.dtype))

    @overload
    @staticmethod
    def train(
        frame: Any,
        target: str,
        *,
        recipe: Recipe | None = None,
        checkpoint: str | os.PathLike[str] | None = None,
        resume: bool = False,
        callbacks: Callable[[Epoch], Any] | Iterable[Callable[[Epoch], Any]] = (),
        progress: Callable[[Sequence[int]], object] | None = None,
        n_threads: int | None = None,
        keep: Callable[[TableModel], object] | None = None,
        **overrides: Any,
    ) -> TableFit: ...
    @overload
    @staticmethod
    def train(frame: Any, target: list[str] | tuple[str, ...], **options: Any) -> MultiTargetFit: ...
    @staticmethod
    def train(
        frame: Any,
        target: Any,
        *,
        recipe: Recipe | None = None,
        checkpoint: str | os.PathLike[str] | None = None,
        resume: bool = False,
        callbacks: Callable[[Epoch], Any] | Iterable[Callable[[Epoch], Any]] = (),
        progress: Callable[[Sequence[int]], object] | None = None,
        n_threads: int | None = None,
        keep: Callable[[Any], object] | None = None,
        **overrides: Any,
    ) -> TableFit | MultiTargetFit:
        """Train a model of one column of a table by the others.

        The rows are split by the seed, stratified by class; where a date orders them the last ones are the test. What
        a column is and how it is written is found from the whole table, what is computed from its values from the
        training rows alone; a regression target is standardised. Training stops when the validation loss has not
        improved for `patience` epochs, and keeps the best weights.

        Args:
            frame: any eager data frame (Polars, pandas, Arrow).
            target: name of the column to predict; rows without it are dropped. A list of names trains one network that
                predicts them all, and returns a `MultiTargetFit`.
            recipe: how the model is made; the default is `Recipe()`.
            checkpoint: a file that is written as training goes on; of members that race about their encoding another
                one beside it, `….first`.
            resume: go on from that file, if it is there.
            callbacks: called after each epoch of a single network.
            progress: told how many epochs each member has done; returning True stops the training.
            n_threads: worker threads.
            keep: called with the model as soon as it is trained, before it is scored: what it saves is not lost if the
                scoring is interrupted or fails.
            overrides: fields of the recipe that are to be others here, such as `epochs=50`: see `Recipe`. `validation`
                and `test` may be data frames, too, of their own rows.

        Raises:
            TableError: if the table or the target gives nothing to learn.
            ClearpropError: for an argument out of range, or one that does not exist.

        Example:
            >>> import polars as pl
            >>> table = pl.DataFrame({"x": [0.0, 1.0, 2.0, 3.0] * 10, "y": ["no", "no", "yes", "yes"] * 10})
            >>> fit = TableModel.train(table, "y", epochs=30, learning_rate=0.01)
            >>> fit.model.predict(pl.DataFrame({"x": [0.0, 3.0]}))
            ['no', 'yes']
        """
        require_known(overrides, (*FIELDS, *(TableModel.train.__kwdefaults__ or {})))
        own = {name: overrides.pop(name) for name in ("validation", "test") if _is_frame(overrides.get(name))}
        recipe = (recipe or Recipe()).changed(**overrides)
        options: dict[str, Any] = {"checkpoint": checkpoint, "resume": resume, "n_threads": n_threads}
        if isinstance(target, list | tuple):
            from clearprop.estimators.several.training import Told, train_several  # which makes models of one target

            told = Told(callbacks, progress, keep)
            return train_several(frame, target, recipe, own, told, options)
        ready = prepare(frame, str(target), recipe, own)  # pandas may number its columns
        require_optimizable(recipe.optimize, ready.target)
        ready = tried(ready, recipe, n_threads)
        for remark in ready.remarks:
            warnings.warn(remark("en"), DataWarning, stacklevel=2)
        ready, run = shifted(ready, trained_on(ready, recipe, callbacks, progress, **options))
        ready = replace(ready, target=finished(ready, run))
        if recipe.optimize is not None:
            ready = deciding(ready, run, recipe.optimize)
        model = TableModel(ready.encoder, ready.target, run.predictor, about_of(run, recipe, ready))
        if keep is not None:
            keep(model)
        found = evaluated(ready, run)
        model = replace(model, about=model.about | {"parts": {name: part.to_dict() for name, part in found.items()}})
        parts = told_of_members(ready, run, recipe), ready.remarks, ready.frames, ready.marks
        return TableFit(model, run.history, found, *parts, run.others, run.seconds, run.folds, run.held_out)


def _is_frame(given: Any) -> bool:
    return hasattr(given, "columns")
