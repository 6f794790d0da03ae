"""From a table with several targets to what one network learns from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import narwhals.stable.v1 as nw
import numpy as np
from numpy.typing import NDArray

from clearprop.errors import InvalidValueError, TableError, UnknownNameError
from clearprop.estimators.division import Division, divide, own_rows
from clearprop.estimators.folds import folds_of
from clearprop.estimators.preparation import (
    DEFAULT_SHARES,
    FEWEST_TO_SPLIT,
    Part,
    Prepared,
    check_columns,
    features_of,
    knowing,
    shares_of,
    trend_in,
)
from clearprop.estimators.recipe import Recipe
from clearprop.estimators.remarks import copies, idle_trend, leaks, marks_in_target, never_learned, sequences
from clearprop.estimators.several.targets import Targets
from clearprop.estimators.weights import Weighting, weights_in
from clearprop.messages import Message
from clearprop.table.columns import SEASON
from clearprop.table.encoder import TableEncoder, as_frame
from clearprop.table.rows import target_column
from clearprop.table.split import Split
from clearprop.table.target import ClassTarget, Target, TargetMarks, fit_target
from clearprop.table.targets import SomeTarget, with_some_target
from clearprop.visible import shown_name

Array = NDArray[Any]
PARTS = ("train", "validation", "test")


@dataclass(frozen=True)
class Shared:
    """The rows of a part that have one of the targets at least."""

    X: Array  # features (n, k)
    weights: Array | None  # of the rows (n,), or None
    known: dict[str, Array]  # target → which rows have it

    def of(self, name: str, y: Array) -> Part:
        """Features, coded targets and weights of the rows that have one target."""
        rows = self.known[name]
        if len(rows) == len(self.X):
            return self.X, y, self.weights
        return self.X[rows], y, None if self.weights is None else self.weights[rows]


@dataclass(frozen=True)
class PreparedTargets:
    """A table with several targets, ready to be learned from by one network.

    Attributes:
        each: target → the rows that have it, as they would be ready for it alone.
        encoder: columns to features, the same for all.
        division: of the rows that have one of the targets at least.
        shared: part → these rows.
        without_target: rows that were left out, because they have none of the targets.
    """

    each: dict[str, Prepared]
    encoder: TableEncoder
    division: Division
    shared: dict[str, Shared]
    without_target: int

    @property
    def target(self) -> Targets:
        """All targets. Where rows lack some, the loss of each is its mean over the training rows that have it."""
        rows = self.shared["train"]
        counts = [len(known) for known in rows.known.values()]
        gaps = any(len(known) < len(part.X) for part in self.shared.values() for known in part.known.values())
        weights = tuple(len(rows.X) / count for count in counts) if gaps else None
        return Targets(tuple(ready.target for ready in self.each.values()), weights, gaps)

    def learned_from(self, part: str) -> Part:
        """Features, targets (n, outputs) and weights of the rows of a part."""
        rows = self.shared[part]
        coded = {name: ready.parts[part][1] for name, ready in self.each.items()}
        return rows.X, self.target.rows(len(rows.X), coded, rows.known), rows.weights

    def folds(self, members: int, seed: int) -> Array:
        """Which member holds out each training row: all folds have their share of the first target's classes."""
        first = stratifying({name: ready.target for name, ready in self.each.items()})
        rows, ready = self.shared["train"], self.each[first]
        labels = _labels(len(rows.X), rows.known[first], ready.parts["train"][1], ready.target)
        return folds_of(self.division, ready.target, labels, members, seed)


@dataclass(frozen=True)
class _One:
    """A target on its way: its column and its coding, of the rows that have it."""

    column: nw.DataFrame[Any]  # alone (n, 1)
    known: Array  # which rows of the table these are (n,)
    target: Target
    y: Array  # coded (n,)
    marks: TargetMarks


def prepare_several(frame: Any, names: Sequence[str], recipe: Recipe, own: Mapping[str, Any]) -> PreparedTargets:
    """Read a table as a network of several targets sees it; see `prepare`.

    Args:
        frame: the table, any eager data frame.
        names: of the columns to predict.
        recipe: what is read of it, and which rows each part has.
        own: "validation" or "test" → the data frame that its rows come from, if that is another.

    Raises:
        TableError: if the table or a target gives nothing to learn.
        ClearpropError: for an argument out of range.
    """
    _check(names, recipe)
    whole = as_frame(frame)
    marks = {name: TargetMarks.find(target_column(whole, name), recipe.marks, recipe.task) for name in names}
    given = with_some_target(whole, {name: found.missing for name, found in marks.items()})
    for name in names:
        check_columns(given.table, name, recipe)
    ones = {name: _one(given, name, recipe, marks[name]) for name in names}
    with given.counted():
        division = _divided(given.table, ones, recipe, own)
        weights = weights_in(given.table, recipe.weight)
        divisions = {name: _of_one(division, ones[name], len(given.table)) for name in names}
        ones = {name: _fitted(ones[name], divisions[name], weights, recipe) for name in names}
        encoder, remarks = _learned(given.table, ones, division, divisions, recipe)
        shared = {part: _shared(encoder, given.table, ones, getattr(division.split, part), weights) for part in PARTS}
    coded = {part: {name: ones[name].y[getattr(divisions[name].split, part)] for name in names} for part in PARTS}
    for part, other in own.items():
        shared[part], coded[part] = _own(part, other, ones, encoder, recipe)
    division = replace(division, said=(*division.said, *(own_rows(part, len(shared[part].X)) for part in own)))
    each = {}
    for name, one in ones.items():
        parts = {part: shared[part].of(name, coded[part][name]) for part in PARTS}
        _check_weights(name, parts, recipe)
        words = (*remarks[name], *_remarks(one, encoder, parts))
        rows, without = replace(divisions[name], said=division.said), len(whole) - len(one.y)
        rest = parts, dict(own), without, one.marks, Weighting(recipe.weight), words
        each[name] = Prepared(one.target, encoder, rows, one.y, *rest)
    return PreparedTargets(each, encoder, division, shared, given.dropped)


def _remarks(one: _One, encoder: TableEncoder, parts: Mapping[str, Part]) -> Iterator[Message]:
    """What should be known of a target and its columns before its scores are believed."""
    X, y, _ = parts["train"]
    yield from leaks(one.target, encoder, X, y)
    yield from marks_in_target(one.target.name, one.marks)
    yield from never_learned(one.target, y, one.y)
    yield from copies(parts)


def stratifying(targets: Mapping[str, Target]) -> str:
    """The target by whose classes rows are divided: the first that has some, else the first."""
    return next((name for name, target in targets.items() if isinstance(target, ClassTarget)), next(iter(targets)))


def _check(names: Sequence[str], recipe: Recipe) -> None:
    """Refuse names that are no several targets, and what has no meaning for these."""
    if not names:
        raise InvalidValueError("no target", "one column to predict, or several")
    again = next((name for name in names if list(names).count(name) > 1), None)
    if again is not None:
        raise InvalidValueError(f"the target {again!r} twice", "each once")
    if recipe.class_weight is not None:
        raise InvalidValueError(
            "weights of classes with several targets", "none", "give rows their weights: weight=COLUMN"
        )


def _one(given: SomeTarget, name: str, recipe: Recipe, marks: TargetMarks) -> _One:
    rows = given.each[name]
    with rows.counted():
        target = replace(fit_target(rows.table[name], recipe.task), missing=marks.missing)
        return _One(rows.table, given.known[name], target, target.encode(rows.table[name]), marks)


def _labels(n: int, known: Array, y: Array, target: Target) -> Array:
    """By which rows (n,) are divided: their class, −1 where it is not known."""
    labels = np.full(n, -1, np.int64)
    if isinstance(target, ClassTarget):
        labels[known] = y
    return labels


def _divided(table: nw.DataFrame[Any], ones: Mapping[str, _One], recipe: Recipe, own: Mapping[str, Any]) -> Division:
    """Which rows each part has: by the first target's classes where they are drawn at random."""
    shares, by = shares_of(recipe, own), {"split": recipe.split, "time": recipe.time, "group": recipe.group}
    too_few = len(table) < FEWEST_TO_SPLIT and not own and not any(by.values()) and shares == DEFAULT_SHARES
    shares = (0.0, 0.0) if too_few else shares
    first = stratifying({name: one.target for name, one in ones.items()})
    one, unused, in_turn = ones[first], {*ones, *recipe.drop}, recipe.members > 1 and not own
    labels = _labels(len(table), one.known, one.y, one.target)
    found = divide(table, one.target, labels, seed=recipe.seed, shares=shares, **by, aside=unused, in_turn=in_turn)
    said = [Message("division.few", n=len(table))] if too_few else [*found.said]
    if isinstance(one.target, ClassTarget) and found.how == "random" and (any(shares) or in_turn):
        said.append(Message("division.stratified", target=shown_name(first)))
    for name, other in ones.items():
        if len(other.known) < len(table):
            n = f"{len(table) - len(other.known):,}"
            said.append(Message("division.gaps", target=shown_name(name), n=n))
    return replace(found, said=tuple(said))


def _of_one(division: Division, one: _One, n: int) -> Division:
    """The division of the rows that have one target."""
    place = np.full(n, -1, np.int64)
    place[one.known] = np.arange(len(one.known))
    parts = (place[getattr(division.split, part)] for part in PARTS)
    split = Split(*(rows[rows >= 0] for rows in parts))
    if not len(split.train):
        raise TableError(f"target {one.target.name!r} is missing in every training row", "a target in some of them")
    return replace(division, split=split, order=None if division.order is None else division.order[one.known])


def _fitted(one: _One, division: Division, weights: Array | None, recipe: Recipe) -> _One:
    """With what its coding computes from the training rows."""
    weights, logs = None if weights is None else weights[one.known], recipe.scaling == "auto"
    name = one.target.name
    target, y = knowing(one.target, one.column, name, one.y, division.split.train, weights, logs=logs)
    return replace(one, target=target, y=y)


def _learned(
    table: nw.DataFrame[Any],
    ones: Mapping[str, _One],
    division: Division,
    divisions: Mapping[str, Division],
    recipe: Recipe,
) -> tuple[TableEncoder, dict[str, list[Message]]]:
    """The columns' encoding, and what is to be said of them for each target.

    What looked like an identifier is used if one target needs it, and a date keeps its year if one does.
    """
    unused = {*ones, *recipe.drop, *(name for name in (recipe.group, recipe.weight) if name is not None)}
    rows, kinds = division.split.train, dict(recipe.kinds or {})
    read = partial(TableEncoder.fit, table.to_native(), unused, scaling=recipe.scaling, marks=recipe.marks, rows=rows)
    remarks: dict[str, list[Message]] = {}
    numbers: set[str] = set()
    encoder = read(kinds=kinds)
    for name, one in ones.items():
        columns = table.select(list(encoder.ignored))
        columns = columns if len(one.known) == len(table) else columns[one.known]
        split = divisions[name].split
        found, remarks[name] = sequences(encoder.ignored, columns, one.target, one.y, split.train)
        numbers |= {*found}
    if numbers:
        kinds = {**dict.fromkeys(sorted(numbers), "number"), **kinds}
        encoder = read(kinds=kinds)
    trend = trend_in(encoder, division, kinds)
    if trend is not None:
        words = _idle(trend, features_of(encoder, table, rows), rows, ones, divisions)
        if all(word is not None for word in words.values()):
            for name, word in words.items():
                remarks[name] += [word] if word is not None else []
            encoder = read(kinds={**kinds, trend[0]: SEASON})
    return encoder, remarks


def _idle(
    trend: tuple[str, int], X: Array, rows: Array, ones: Mapping[str, _One], divisions: Mapping[str, Division]
) -> dict[str, Message | None]:
    """Of each target a word, if the year of a date says nothing of it."""
    words = {}
    for name, one in ones.items():
        time, train = divisions[name].order, divisions[name].split.train
        assert time is not None
        there = np.flatnonzero(np.isin(rows, one.known))
        words[name] = idle_trend(one.target, trend[0], X[there], one.y[train], time[train], trend[1])
    return words


def _shared(
    encoder: TableEncoder, table: nw.DataFrame[Any], ones: Mapping[str, _One], rows: Array, weights: Array | None
) -> Shared:
    known = {name: np.flatnonzero(np.isin(rows, one.known)) for name, one in ones.items()}
    return Shared(features_of(encoder, table, rows), None if weights is None else weights[rows], known)


def _own(
    part: str, frame: Any, ones: Mapping[str, _One], encoder: TableEncoder, recipe: Recipe
) -> tuple[Shared, dict[str, Array]]:
    """The rows of another table, and their coded targets."""
    try:
        given = with_some_target(frame, {name: one.target.missing for name, one in ones.items()}, may_be_empty=True)
        with given.counted():
            X, weights = encoder.transform(given.table.to_native(), "float32"), weights_in(given.table, recipe.weight)
        coded = {}
        for name, one in ones.items():
            with given.each[name].counted():
                coded[name] = one.target.encode(given.each[name].table[name])
    except (TableError, UnknownNameError) as error:
        raise TableError(f"the {part} table: {error}") from None
    return Shared(X, weights, given.known), coded


def _check_weights(name: str, parts: Mapping[str, Part], recipe: Recipe) -> None:
    """Refuse weights of which none counts in a part of the rows that have a target."""
    for part, (_, _, weights) in parts.items():
        if weights is not None and len(weights) and not weights.any():
            raise TableError(
                f"the weight {recipe.weight!r} is 0 in all {part} rows that have {name!r}",
                "rows that count in every part",
            )
