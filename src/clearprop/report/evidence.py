"""What the report is drawn from: a fit, and rows of its table, few enough that looking at them takes no time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any

import narwhals.stable.v1 as nw
import numpy as np
from numpy.typing import NDArray

from clearprop.cached import cached_property
from clearprop.estimators import TableFit, TableModel, scores_of
from clearprop.estimators.about import HELD_OUT, named_parts, optimizer_of
from clearprop.estimators.importance import by_column, default_metric, feature_groups
from clearprop.estimators.leakage import examine_leakage
from clearprop.explain.doctor import Diagnosis, diagnose
from clearprop.explain.importance import PermutationImportance, gradient_times_input, permutation_importance
from clearprop.table.rows import with_target
from clearprop.table.target import ClassTarget

Array = NDArray[Any]
MOST_ROWS = 2000
CHART = 300.0, 180.0  # pixels between the axes of a plot: with what is written there it fits a phone
_MOST_COLUMNS, _REPEATS, _MOSTLY_ONE_CLASS = 50, 5, 0.9  # whose values are shuffled, and how often
_MOST_NUMBERS = 4_000_000  # of features that are held for a sample, where a table has very many columns


@dataclass(frozen=True)
class PartSample:
    """Some rows of one part of the table."""

    part: str  # train, validation, held_out (training rows, by the members that did not learn them) or test
    of: int  # how many rows the part has
    frame: nw.DataFrame[Any]  # the rows as they stand in the table
    X: Array  # their features (N, n)
    y: Array  # their coded targets (N,)
    a: Array  # the network's outputs (N, k), or those of the members that did not learn the rows
    answer: Callable[[Array], Array]  # the outputs for other features of these rows

    def __len__(self) -> int:
        return len(self.y)


@dataclass(frozen=True)
class Evidence:
    """A fit and what it is shown by; nothing is computed before it is asked for."""

    fit: TableFit  # the fit
    summary: Mapping[str, Any]  # the same as plain data
    table: nw.DataFrame[Any]  # the rows that have a target

    @classmethod
    def of(cls, fit: TableFit, frame: Any, summary: Mapping[str, Any]) -> Evidence:
        """The evidence of a fit on the table that it was trained on."""
        return cls(fit, summary, _with_target(fit, frame))

    @property
    def model(self) -> TableModel:
        """The model that was trained."""
        return self.fit.model

    @property
    def classes(self) -> tuple[Any, ...] | None:
        """The labels, or None for numbers."""
        return self.model.target.classes if isinstance(self.model.target, ClassTarget) else None

    @property
    def kind(self) -> str:
        """What was learned: "classes" or "numbers"."""
        return "numbers" if self.classes is None else "classes"

    @cached_property
    def learned(self) -> PartSample:
        """Rows that the network was trained on."""
        return self._sample("train")

    @cached_property
    def judged(self) -> PartSample:
        """Rows of the part that was furthest from the training: of the test part, if there is one."""
        last = list(named_parts(self.fit.parts, self.fit.folds))[-1]
        return self.learned if last == "train" else self._sample(last)

    @cached_property
    def diagnosis(self) -> Diagnosis:
        """What the doctor finds, behind columns that give the target away."""
        model, learned = self.model, self.learned
        found = diagnose(
            model.members[0],
            learned.X,
            learned.y,
            self.fit.own_history,
            judgement=self.fit.judgement,
            optimizer=optimizer_of(model.about),
            batch_size=model.about["training"]["batch_size"],
            sample_weight=model.weighting.in_training(learned.y, model.weights(learned.frame.to_native())),
        )
        leaks = examine_leakage(model, learned.X, learned.y)
        return Diagnosis((*leaks, *found.examined), found.lang)

    @cached_property
    def contributions(self) -> Array:
        """Gradient × input of the judged rows by column, (N, columns); of numbers in the target's unit."""
        model = self.model
        parts = gradient_times_input(model.network.architecture, model.network.arrays(), self.judged.X)
        if not isinstance(model.target, ClassTarget):
            parts = parts * model.target.slope(self.judged.a[:, 0])[:, None]
        return by_column(model.encoder, parts)

    @property
    def metric(self) -> str:
        """Accuracy or R²; the ROC curve's area where nearly all rows are of one class and accuracy hardly moves."""
        trivial, there = self.fit.last.baseline.get("accuracy", 0.0), self.fit.last.to_dict()["scores"]
        blunt = trivial >= _MOSTLY_ONE_CLASS and there.get("auc") is not None
        return "auc" if blunt else default_metric(self.model)

    @cached_property
    def importance(self) -> PermutationImportance | None:
        """Of the columns, or of the fifty with the largest mean |gradient × input|; None where there is no score."""
        model, sample, metric = self.model, self.judged, self.metric

        def score(X: Array) -> float:
            return scores_of(model.target, sample.y, sample.answer(X))[metric]

        if len(sample) < 2 or not isfinite(score(sample.X)):
            return None
        groups = list(feature_groups(model.encoder).items())
        largest = np.sort(np.argsort(-np.abs(self.contributions).mean(axis=0), kind="stable")[:_MOST_COLUMNS])
        chosen = dict(groups[i] for i in largest)
        return permutation_importance(score, sample.X, chosen, n_repeats=_REPEATS, seed=model.about["seed"])

    def _sample(self, part: str) -> PartSample:
        model = self.model
        table, rows = self.table, np.asarray(getattr(self.fit.split, "train" if part == HELD_OUT else part))
        places = np.arange(len(rows))
        if part in self.fit.frames:
            table = _with_target(self.fit, self.fit.frames[part])
            rows = places = np.arange(len(table))
        most = min(MOST_ROWS, max(100, _MOST_NUMBERS // model.network.architecture.n_inputs))
        if len(rows) > most:
            drawn = np.random.Generator(np.random.Philox(0)).choice(len(rows), most, replace=False, shuffle=False)
            places = np.sort(drawn)
        frame = table[rows[places]]
        X, y = model.arrays(frame.to_native())
        answer = self._held_out(places) if part == HELD_OUT else model.network.predict
        known = self.fit.held_out if part == HELD_OUT else None
        return PartSample(part, len(rows), frame, X, y, answer(X) if known is None else known[places], answer)

    def _held_out(self, places: Array) -> Callable[[Array], Array]:
        """What answers some training rows, or others in their place: of each the member that did not learn it.

        A kernel machine that did not learn them was never made, so it has no part in answers to others.
        """
        assert self.fit.fold_of is not None
        folds, members = self.fit.fold_of[places], self.model.members

        def answer(X: Array) -> Array:
            a = np.empty((len(X), members[0].architecture.n_outputs), X.dtype)
            for k in np.unique(folds):
                a[folds == k] = members[k].predict(X[folds == k])
            return a

        return answer


def _with_target(fit: TableFit, frame: Any) -> nw.DataFrame[Any]:
    """The rows of a table that its split counts: those whose target is there, and no mark for a missing one."""
    return with_target(frame, fit.model.target.name, fit.model.target.missing).table
