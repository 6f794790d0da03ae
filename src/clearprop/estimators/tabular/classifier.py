"""`TabularClassifier`: classes from any table."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.utils.validation import check_is_fitted

from clearprop.errors import unknown_name
from clearprop.estimators.contributions import ShapleyValues
from clearprop.estimators.dependence import Dependence
from clearprop.estimators.scores import class_probabilities
from clearprop.estimators.several.model import MultiTargetModel
from clearprop.estimators.tabular.base import Array, BaseTabular
from clearprop.estimators.tabular.given import labels_of, name_of, table_of
from clearprop.estimators.tabular.several import (
    classes_in,
    columns_in,
    plain_label,
    probabilities_in,
    sets_in,
    side_by_side,
    with_labels,
)
from clearprop.table.target import ClassTarget


class TabularClassifier(ClassifierMixin, BaseTabular):  # type: ignore[misc]
    """Classes from any table: categories, dates, missing values and numbers of any scale go in as they are.

    What stands behind it is a `TableModel`: several networks, each ended by rows that the others learn from, which
    answer with the mean of their probabilities. All arguments but the first two change one field of the preset's
    `Recipe`; None leaves it as it is.

    Args:
        preset: "default", "fast" or "best", or another name that `Recipe.preset` knows.
        random_state: a number, for the same model again; None for another one each time.
        n_threads: how many members are trained at once; by default as many as there are processors. The bits are the
            same.
        members, kernel, pieces, hidden, activation, dropout, l2: the networks; see `Recipe`.
        epochs, patience, batch_size, optimizer, learning_rate, schedule: their training; see `Recipe`.
        kinds, scaling: how columns are read; see `Recipe`.
        split, time, group: how rows are held out; see `Recipe`.
        class_weight: "balanced" or {class: weight}; probabilities are then not how often a class occurs.

    Attributes:
        classes_: the labels, in the order of `predict_proba`; of several targets a list of these.
        model_: the `TableModel`; of several targets the `MultiTargetModel`.
        fit_: `fit_.scores` has those on rows that were held out in turn.

    Example:
        >>> from sklearn.datasets import load_iris
        >>> X, y = load_iris(return_X_y=True)
        >>> model = TabularClassifier("fast", random_state=0, epochs=20).fit(X, y)
        >>> model.predict_proba(X[:2]).shape, len(model.members_) > 1
        ((2, 3), True)
    """

    task = "classification"
    classes_: Any
    _order: Any

    def __init__(
        self,
        preset: str = "default",
        random_state: Any = None,
        n_threads: int | None = None,
        *,
        members: int | None = None,
        kernel: bool | None = None,
        pieces: int | None = None,
        hidden: int | Sequence[int] | None = None,
        activation: Any = None,
        dropout: float | None = None,
        l2: float | None = None,
        epochs: int | None = None,
        patience: int | None = None,
        batch_size: int | None = None,
        optimizer: Any = None,
        learning_rate: float | None = None,
        schedule: str | None = None,
        kinds: Mapping[str, str] | None = None,
        scaling: str | None = None,
        split: str | None = None,
        time: str | None = None,
        group: str | Collection[str] | None = None,
        class_weight: Any = None,
    ) -> None:
        self._keep(locals())

    def fit(self, X: Any, y: Any, sample_weight: Any = None, groups: Any = None) -> TabularClassifier:
        """Learn from a table.

        Args:
            X: a data frame (pandas, Polars, Arrow) or an array, (n, columns). None and NaN are missing values,
                infinity is refused.
            y: labels (n,), or (n, k) of k targets, which one network answers.
            sample_weight: (n,) numbers ≥ 0: how much each row counts.
            groups: (n,): rows of one group are held out together, as with the argument `group`, which names a column.

        Raises:
            ValueError: if there is nothing to learn, or an argument is out of range.
        """
        if y is None:
            raise ValueError("this TabularClassifier requires y to be passed, but the target y is None")
        table, name, several = table_of(self, X), name_of(y), columns_in(y)
        if several:
            self.classes_, codes = classes_in(several)
            fit = self._fit(table, codes, sample_weight, groups, list(several))
            self.model_, self._order = with_labels(fit.model, self.classes_)
            return self
        y = labels_of(y)
        self.classes_, codes = np.unique(y, return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError(f"y has one class only: {self.classes_[0]!r}; expected two or more")
        changes = {"class_weight": self._weights_of_codes()} if isinstance(self.class_weight, Mapping) else {}
        fit = self._fit(table, codes, sample_weight, groups, name, **changes)
        assert isinstance(fit.model.target, ClassTarget)
        order = np.array(fit.model.target.classes, np.int64)  # codes; all of them occur
        self._order = np.argsort(order)
        labels = tuple(plain_label(self.classes_[k]) for k in order)
        self.model_ = replace(fit.model, target=replace(fit.model.target, classes=labels))
        return self

    def _weights_of_codes(self) -> dict[int, Any]:
        """The weight of each class by its place in `classes_`; 1 where none is given, as in scikit-learn."""
        known = self.classes_.tolist()
        for label in self.class_weight:
            if label not in known:
                raise unknown_name("class", label, [str(each) for each in known])
        return {code: self.class_weight.get(label, 1.0) for code, label in enumerate(known)}

    def predict_proba(self, X: Any) -> Any:
        """The probability of each class (n, k), in the order of `classes_`; of several targets a list of these."""
        a = self._outputs(X)
        if isinstance(self.model_, MultiTargetModel):
            return probabilities_in(self.model_, a, self._order)
        return np.asarray(class_probabilities(a)[:, self._order], np.float64)

    def predict_set(self, X: Any, coverage: float = 0.9) -> Any:
        """Which classes (n, k), in the order of `classes_`, are probable enough to be in the set of each row.

        The sets hold the right class for this share of new rows; one may be empty. See `docs/uncertainty.md`. Of
        several targets it is a list of these.
        """
        a = self._outputs(X)
        if isinstance(self.model_, MultiTargetModel):
            return sets_in(self.model_, a, self._order, coverage)
        assert isinstance(self.model_.target, ClassTarget)
        return self.model_.target.possible(class_probabilities(a), coverage)[:, self._order]

    def predict_spread(self, X: Any) -> Any:
        """The standard deviation over the members of each class's probability (n, k), in the order of `classes_`.

        Of several targets it is a list of these.
        """
        found = super().predict_spread(X)
        if isinstance(found, dict):
            return [each[:, order] for each, order in zip(found.values(), self._order, strict=True)]
        return found[:, self._order]

    def shapley(
        self, X: Any, rows: Any = None, background: Any = None, *, target: int | str | None = None, **options: Any
    ) -> ShapleyValues:
        """The same as of `BaseTabular`, with the classes in the order of `classes_`: (n, columns, k)."""
        found = super().shapley(X, rows, background, target=target, **options)
        return found.reordered(self._labels_of(target)[1])

    def dependence(self, X: Any, column: str, *, target: int | str | None = None, **options: Any) -> Dependence:
        """The same as of `BaseTabular`, with the classes in the order of `classes_`: curves (n, values, k)."""
        return super().dependence(X, column, target=target, **options).reordered(self._labels_of(target)[1])

    def _labels_of(self, target: int | str | None) -> tuple[Array, Array]:
        """The labels of a target, and where in the model's order each of them stands."""
        if not isinstance(self.model_, MultiTargetModel):
            return self.classes_, self._order
        k = self.model_.names.index(target) if isinstance(target, str) else int(target or 0)
        return self.classes_[k], self._order[k]

    def _coded(self, y: Any, target: int | str | None) -> Array:
        (classes, order), labels = self._labels_of(target), labels_of(y)
        places = np.minimum(np.searchsorted(classes, labels), len(classes) - 1)
        if not np.array_equal(classes[places], labels):
            new = next(label for label, k in zip(labels, places, strict=True) if classes[k] != label)
            raise unknown_name("class", str(new), [str(label) for label in classes])
        return np.asarray(order[places])

    def predict(self, X: Any) -> Array:
        """The most probable label of each row (n,), or of each target (n, k)."""
        check_is_fitted(self)
        p = self.predict_proba(X)
        if isinstance(p, list):
            return side_by_side([labels[each.argmax(axis=1)] for labels, each in zip(self.classes_, p, strict=True)])
        return np.asarray(self.classes_[p.argmax(axis=1)])

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """The share of rows that are answered rightly; of several targets, of which all are."""
        several = columns_in(y)
        if several is None:
            return float(super().score(X, y, sample_weight))
        right = (self.predict(X) == side_by_side(list(several.values()))).all(axis=1)
        return float(np.average(right, weights=sample_weight))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags
