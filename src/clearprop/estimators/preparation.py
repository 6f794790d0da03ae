"""From a table to what a network learns from: the target's coding, the rows of each part, the columns' features."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import narwhals.stable.v1 as nw
import numpy as np
from numpy.typing import NDArray

from clearprop.errors import InvalidValueError, TableError, UnknownNameError, listed
from clearprop.estimators.division import Division, divide, own_rows
from clearprop.estimators.folds import folds_of
from clearprop.estimators.importance import feature_groups
from clearprop.estimators.intervals import Past
from clearprop.estimators.predictor import Predictor
from clearprop.estimators.recipe import Recipe
from clearprop.estimators.remarks import copies, idle_trend, leaks, marks_in_target, never_learned, sequences
from clearprop.estimators.scores import losses
from clearprop.estimators.weights import Weighting, weigh_classes, weights_in
from clearprop.messages import Message
from clearprop.table.columns import SEASON
from clearprop.table.dates import DateColumn
from clearprop.table.encoder import TableEncoder, as_frame
from clearprop.table.number_target import NumberTarget
from clearprop.table.rows import rows_counted, target_column, with_target
from clearprop.table.target import ClassTarget, Target, TargetMarks, fit_target

Array = NDArray[Any]
Part = tuple[Array, Array, Array | None]


@dataclass(frozen=True)
class Prepared:
    """A table, ready to be learned from."""

    target: Target  # how the target is coded, which knows the training rows only
    encoder: TableEncoder  # columns to features
    division: Division  # which rows each part has
    y: Array  # coded targets (N,) of the rows that have one
    # Part → features (n, k), targets (n,) and weights (n,) or None of its rows; there are no others in memory.
    parts: dict[str, Part]
    frames: dict[str, Any]  # part → the table that its rows came from, if that was another
    without_target: int  # rows that were left out
    marks: TargetMarks  # texts in the target that were counted as missing, and those that are classes
    weighting: Weighting  # how much rows and classes count
    remarks: tuple[Message, ...]  # what should be known of the columns before the scores are believed

    def part(self, name: str) -> Part:
        """Features, targets and weights of the training, validation or test rows; perhaps none."""
        return self.parts[name]

    def with_target(self, target: NumberTarget) -> Prepared:
        """The same with another coding of numbers."""
        assert isinstance(self.target, NumberTarget)
        old = self.target
        parts = {name: (X, target.code(old.decode(y)), weights) for name, (X, y, weights) in self.parts.items()}
        return replace(self, target=target, y=target.code(old.decode(self.y)), parts=parts)

    def learned_from(self, name: str) -> Part:
        """The same, with the weights that count in training: those of the classes, too."""
        X, y, weights = self.parts[name]
        return X, y, self.weighting.in_training(y, weights)

    def folds(self, members: int, seed: int) -> Array:
        """Which member holds out each training row; see `folds_of`."""
        return folds_of(self.division, self.target, self.parts["train"][1], members, seed)

    def units(self, name: str) -> Array | None:
        """What the bootstrap draws from a part."""
        return None if name in self.frames else self.division.units(getattr(self.division.split, name))

    def past(self, predictor: Predictor, held_out: Array | None = None) -> Past | None:
        """What came before the test rows, where they were split off by time.

        Args:
            predictor: what answers.
            held_out: outputs for the training rows of members that had not learned them, if there are such.
        """
        order, part = self.division.order, "validation" if held_out is None else "train"
        if self.division.how != "time" or order is None or "test" in self.frames:
            return None
        rows: Array = getattr(self.division.split, part)
        errors = np.empty(0)
        if len(rows):
            X, y, _ = self.parts[part]
            a = predictor.predict(X) if held_out is None else held_out
            errors = losses(self.target, y, a)[np.argsort(order[rows], kind="stable")]
        return Past(self.y[np.argsort(order, kind="stable")], errors)


def prepare(frame: Any, target: str, recipe: Recipe, own: Mapping[str, Any]) -> Prepared:
    """Read a table as a network sees it.

    Args:
        frame: the table, any eager data frame.
        target: name of the column to predict.
        recipe: what is read of it, and which rows each part has.
        own: "validation" or "test" → the data frame that its rows come from, if that is another.

    Raises:
        TableError: if the table or the target gives nothing to learn.
        ClearpropError: for an argument out of range.
    """
    shares = shares_of(recipe, own)
    in_target = TargetMarks.find(target_column(as_frame(frame), target), recipe.marks, recipe.task)
    given = with_target(frame, target, in_target.missing)
    table = given.table
    check_columns(table, target, recipe)
    unused = {target, *recipe.drop}
    with given.counted():
        coding = replace(fit_target(table[target], recipe.task), missing=in_target.missing)
        y = coding.encode(table[target])
        by = {"split": recipe.split, "time": recipe.time, "group": recipe.group}
        too_few = len(y) < FEWEST_TO_SPLIT and not own and not any(by.values()) and shares == DEFAULT_SHARES
        shares = (0.0, 0.0) if too_few else shares
        in_turn = recipe.members > 1 and not own
        division = divide(table, coding, y, seed=recipe.seed, shares=shares, **by, aside=unused, in_turn=in_turn)
        if too_few:
            division = replace(division, said=(Message("division.few", n=len(y)),))
        weights = weights_in(table, recipe.weight)
        coding, y = knowing(coding, table, target, y, division.split.train, weights, logs=recipe.scaling == "auto")
        coding = _of_quantile(recipe.quantile, coding, y, division.split.train, weights)
        unused |= {name for name in (recipe.group, recipe.weight) if name is not None}
        read = partial(TableEncoder.fit, table.to_native(), unused, scaling=recipe.scaling, marks=recipe.marks)
        encoder, X, remarks = _learned(read, table, coding, y, division, recipe.kinds or {})
        parts = {}
        for name in ("train", "validation", "test"):
            rows = getattr(division.split, name)
            features = X if name == "train" else features_of(encoder, table, rows)
            parts[name] = features, y[rows], None if weights is None else weights[rows]
    remarks += [*leaks(coding, encoder, X, parts["train"][1]), *marks_in_target(target, in_target)]
    remarks += never_learned(coding, parts["train"][1], y)
    parts |= {name: _own(name, other, target, coding, encoder, recipe.weight) for name, other in own.items()}
    remarks += copies(parts)
    weighting = _weighting(recipe, coding, parts)
    told = (*division.said, *(own_rows(name, len(parts[name][1])) for name in own))
    division = replace(division, said=told)
    return Prepared(coding, encoder, division, y, parts, dict(own), given.dropped, in_target, weighting, tuple(remarks))


def features_of(encoder: TableEncoder, table: nw.DataFrame[Any], rows: Array) -> Array:
    """Features (n, k) of some rows alone."""
    if not len(rows):
        return np.empty((0, len(encoder.feature_names)), np.float32)
    with rows_counted(lambda: rows):
        return encoder.transform(table[rows].to_native(), "float32")


def _learned(
    read: Callable[..., TableEncoder],
    table: nw.DataFrame[Any],
    target: Target,
    y: Array,
    division: Division,
    kinds: Mapping[str, str],
) -> tuple[TableEncoder, Array, list[Message]]:
    """The columns' encoding, the training rows' features, and what is to be said of them."""
    train = division.split.train
    read = partial(read, rows=train)
    encoder = read(kinds=kinds)
    numbers, remarks = sequences(encoder.ignored, table, target, y, train)
    if numbers:
        kinds = {**dict.fromkeys(numbers, "number"), **kinds}
        encoder = read(kinds=kinds)
    X = features_of(encoder, table, train)
    trend = trend_in(encoder, division, kinds)
    if trend is not None and division.order is not None:
        word = idle_trend(target, trend[0], X, y[train], division.order[train], trend[1])
        if word is not None:
            encoder = read(kinds={**kinds, trend[0]: SEASON})
            return encoder, features_of(encoder, table, train), [*remarks, word]
    return encoder, X, remarks


def trend_in(encoder: TableEncoder, division: Division, kinds: Mapping[str, str]) -> tuple[str, int] | None:
    """The date by which rows are split, and its trend's place among the features, unless someone said what it is."""
    if division.how != "time" or division.column is None or division.column in kinds:
        return None
    column = next((c for c in encoder.columns if c.name == division.column), None)
    if not isinstance(column, DateColumn) or "year" not in column.parts:
        return None
    return column.name, feature_groups(encoder)[column.name][list(column.parts).index("year")]


def _weighting(recipe: Recipe, target: Target, parts: Mapping[str, Part]) -> Weighting:
    """How rows and classes count, of which some must in every part."""
    for name, (_, _, weights) in parts.items():
        if weights is not None and len(weights) and not weights.any():
            raise TableError(f"the weight {recipe.weight!r} is 0 in all {name} rows", "rows that count in every part")
    _, y, weights = parts["train"]
    of_classes = weigh_classes(recipe.class_weight, target, y, weights)
    return Weighting(recipe.weight, of_classes, recipe.class_weight == "balanced")


def knowing(
    coding: Target, table: nw.DataFrame[Any], target: str, y: Array, train: Array, weights: Array | None, logs: bool
) -> tuple[Target, Array]:
    """The target's coding by the training rows, perhaps by logarithms, and the coded target (N,)."""
    if isinstance(coding, ClassTarget):
        mass = np.bincount(y[train], None if weights is None else weights[train], minlength=len(coding.classes))
        return replace(coding, shares=tuple((mass / (mass.sum() or 1)).tolist())), y
    coding = coding.fitted_to(table[train][target], logs)
    return coding, coding.encode(table[target])


def _of_quantile(tau: float | None, coding: Target, y: Array, train: Array, weights: Array | None) -> Target:
    """The target of which a quantile is learned, if one is."""
    if tau is None:
        return coding
    if isinstance(coding, ClassTarget):
        raise InvalidValueError(
            f"quantile {tau:g} of the classes of {coding.name!r}",
            "a target of numbers",
            "classes that are numbers are read as such with the task regression",
        )
    return coding.of_quantile(tau, y[train], None if weights is None else weights[train])


def _own(name: str, frame: Any, target: str, coding: Target, encoder: TableEncoder, weight: str | None) -> Part:
    """Features, targets and weights of rows of another table."""
    try:
        given = with_target(frame, target, coding.missing)
        with given.counted():
            weights = weights_in(given.table, weight)
            return encoder.transform(given.table.to_native(), "float32"), coding.encode(given.table[target]), weights
    except (TableError, UnknownNameError) as error:
        raise TableError(f"the {name} table: {error}") from None


FEWEST_TO_SPLIT = 10  # rows; the score of the one row that fewer would leave says nothing
DEFAULT_SHARES = Recipe.validation, Recipe.test


def shares_of(recipe: Recipe, own: Mapping[str, Any]) -> tuple[float, float]:
    """Of validation and test rows in the table; none of a part that has rows of its own."""
    validation, test = (0.0 if name in own else getattr(recipe, name) for name in ("validation", "test"))
    if recipe.members > 1 and validation == Recipe.validation:
        validation = 0.0
    if validation + test >= 1:
        raise InvalidValueError(f"validation and test shares {validation} + {test}", "less than 1 together")
    return 0.0 if recipe.members > 1 else validation, test  # members hold out training rows in turn


def check_columns(table: nw.DataFrame[Any], target: str, recipe: Recipe) -> None:
    """Refuse columns that are not there, and the target where it is no target."""
    absent = [name for name in recipe.drop if name not in table.columns]
    if absent:
        raise TableError(f"no column {absent[0]!r} to drop", "one of: " + listed(table.columns))
    for what, name in (("weights", recipe.weight), ("times to split by", recipe.time), ("groups", recipe.group)):
        if name == target:
            raise TableError(f"{what} in the target {target!r}", "another column")
