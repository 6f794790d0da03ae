"""`Recipe`: how a model of a table is made, as data: what is read of the table, and how the network is trained."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

import numpy as np

from clearprop.errors import (
    DTypeError,
    InvalidValueError,
    UnknownArgumentError,
    checked_integer,
    checked_seed,
    unknown_name,
)
from clearprop.estimators.division import require_split
from clearprop.estimators.weights import checked_class_weight
from clearprop.interop import describe, revive
from clearprop.network.arguments import as_truth, require_penalty
from clearprop.nn import Dense, Dropout
from clearprop.table.columns import KINDS, SEASON
from clearprop.table.marks import Marks
from clearprop.table.numbers import SCALINGS, Scaling
from clearprop.table.target import OPTIMIZABLE
from clearprop.train import EarlyStopping, Optimizer, resolve_optimizer


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """How a model of a table is made, from the columns to the training; None is found out from the table.

    The fields say, in this order, what is read of the columns, which network that makes, how it is trained, on which
    rows, how much these count, and which texts are missing values. A recipe is data: it can be compared, stored, and
    changed by `dataclasses.replace`.

    Args:
        task: "classification" or "regression"; None finds out from the target.
        drop: a column or columns to leave out.
        kinds: column → "number", "category", "boolean", "date", "season" (a date without its year) or "numbers", where
            the right kind would not be found.
        scaling: of numbers: "standard" (mean and standard deviation), "robust" (median and quartiles), "log" (their
            signed logarithms); "auto" takes logarithms where values span decades, robust where a few are far out, and
            learns a target that is never negative and spans decades by its logarithm.
        pieces: into how many intervals the values of a number are cut, about equally many rows in each, for a piecewise
            linear encoding beside the number itself (`cp.PiecewiseLinear`); 0 for none, None for a number that suits
            the table: 8 to 64, more for more rows; 4 or more where over 250 columns are cut, none of more than 500.
        hidden: units of the hidden layers; None for one layer of 128, two of 64 from 5,000 training rows. With members
            it is one of 256, and 128 and 32 from 2,500 rows on.
        activation: of the hidden layers; None for relu, with members mish from 2,500 rows on.
        dropout: share of the hidden units that each step of the training leaves out; None for none, with members 0.2,
            or 0.1 from 2,500 rows on.
        l2: penalty on the weights; by default 2.5/rows, one prior whatever the size of the table; 1/rows for each of
            several members, whose mean overfits less than they do.
        members: how many networks answer together, with the mean of their outputs. With more than one there are no
            validation rows: each is ended by another part of the training rows, which it does not learn from, so that
            every row is learned by all but one.
        kernel: whether a kernel machine answers with the members, if that makes their answers to the rows that they
            held out better. It goes by how near a row is to each training row, and so the model holds these rows; of
            more than 8,192 there is none.
        epochs: passes over the training rows, at most; None for 112,000 rows in all, in 40 to 200 passes (of members 60
            to 200 from 2,500 rows on).
        patience: epochs without a better validation loss before the training ends; the best weights are kept, or, of
            members that hold out rows in turn, some between those and the last, the same share of the way for all.
        batch_size: rows per step; by default 32, 64 from 5,000 training rows, 128 from 20,000, 256 from 200,000; with
            members 64 from 2,500 and 128 from 10,000.
        optimizer: by name, or as an object such as `cp.Adam(1e-3)`.
        learning_rate: by default the optimizer's own; 0.003 for Adam along a cosine from 2,500 training rows on,
            0.005 for the two layers of members.
        schedule: "constant", or "cosine": down to nothing along half a cosine over all epochs.
        seed: of the split, the initial weights and the shuffling.
        validation, test: shares of the rows that end the training, and that only judge it.
        split: "random", "time" or "group". By default by time where a date orders the rows, else at random.
        time: a column of dates or numbers: the test rows are the last ones by it.
        group: a column, which is no input: rows of one value of it are in one part.
        weight: a column, which is no input: how much each row counts in training, in early stopping and in scores.
        class_weight: "balanced", for weights ∝ 1/frequency, or {class: weight}: how much rows count by their class in
            training and in early stopping, not in scores. Probabilities are then not how often a class occurs.
        optimize: "f1" (of the rarer class), "balanced_accuracy" or "accuracy": of two classes, choose the probability
            from which on the rarer one is answered so that this score is best on the validation rows, or on the
            training rows if there are none. Of several classes "balanced_accuracy" alone.
        quantile: τ in (0, 1), of a number: learn and answer its τ-quantile, below which the share τ of rows like these
            lie, and not its mean.
        na: texts that stand for a missing value beside the usual ones.
        keep_na: usual ones that are values; - NA None ? are already where their column shows it.
        default_na: whether the usual ones stand for a missing value.
        base: name of the preset that it began with: a note, which changes nothing and is not compared.

    Raises:
        ClearpropError: for a value out of range, or two that do not go together.

    Example:
        >>> recipe = Recipe(hidden=(32, 16), epochs=50)
        >>> recipe.changed(activation="tanh").to_dict()["hidden"]
        [32, 16]
    """

    task: str | None = None
    drop: str | Collection[str] = ()
    kinds: Mapping[str, str] | None = None
    scaling: Scaling = "auto"

    pieces: int | None = 0
    hidden: int | Sequence[int] | None = None
    activation: Any = "relu"
    dropout: float | None = 0.0
    l2: float | None = None
    members: int = 1
    kernel: bool = False

    epochs: int | None = 500
    patience: int = 20
    batch_size: int | None = None
    optimizer: str | Optimizer = "adam"
    learning_rate: float | None = None
    schedule: str = "constant"
    seed: int = 0

    validation: float = 0.15
    test: float = 0.15
    split: str | None = None
    time: str | None = None
    group: str | None = None

    weight: str | None = None
    class_weight: Any = None
    optimize: str | None = None
    quantile: float | None = None

    na: str | Collection[str] = ()
    keep_na: str | Collection[str] = ()
    default_na: bool = True

    base: str = field(default="single", compare=False)

    def __post_init__(self) -> None:
        """Check every field, and bring it to one form."""
        self._set("task", _one_of("task", self.task, ("classification", "regression")))
        self._set("drop", tuple(str(name) for name in _each(self.drop)))
        kinds = {str(name): kind for name, kind in dict(self.kinds or {}).items()}
        self._set("kinds", {name: _one_of("kind of column", kind, (*KINDS, SEASON)) for name, kind in kinds.items()})
        if self.scaling not in SCALINGS:
            raise unknown_name("scaling", self.scaling, list(SCALINGS))
        for name in ("na", "keep_na"):
            self._set(name, tuple(str(mark) for mark in _each(getattr(self, name))))
        self._set("default_na", as_truth("default_na", self.default_na))
        self._set("base", str(self.base))
        assert self.marks  # none is to be a value and missing
        for name in ("validation", "test"):
            self._set(name, _share(name, getattr(self, name)))
        for name in ("time", "group", "weight"):
            column = getattr(self, name)
            self._set(name, None if column is None else str(column))  # pandas may number its columns
        require_split(self.split, self.time, self.group)
        self._set("class_weight", checked_class_weight(self.class_weight))
        self._check_network()
        self._check_training()

    def _check_network(self) -> None:
        if self.activation is not None:
            Dense(1, self.activation)
        if self.hidden is not None:
            given = self.hidden if isinstance(self.hidden, Sequence) else np.atleast_1d(self.hidden).tolist()
            self._set("hidden", tuple(Dense(units).units for units in given))
        if self.l2 is not None:
            require_penalty("l2", self.l2)
            self._set("l2", float(self.l2))
        self._set("dropout", None if self.dropout is None else Dropout(self.dropout).rate)
        self._set("pieces", None if self.pieces is None else checked_integer("pieces", self.pieces, low=0))
        self._set("members", checked_integer("members", self.members))
        self._set("kernel", as_truth("kernel", self.kernel))

    def _check_training(self) -> None:
        resolve_optimizer(self.optimizer, self.learning_rate)
        _one_of("schedule", self.schedule, SCHEDULES)
        if self.batch_size is not None:
            self._set("batch_size", checked_integer("batch_size", self.batch_size))
        self._set("epochs", None if self.epochs is None else checked_integer("epochs", self.epochs, low=0))
        self._set("patience", EarlyStopping(patience=checked_integer("patience", self.patience)).patience)
        _one_of("score to choose a threshold for", self.optimize, OPTIMIZABLE)
        self._set("seed", checked_seed(self.seed))
        self._set("quantile", None if self.quantile is None else _quantile(self.quantile))
        if self.quantile is not None and self.optimize is not None:
            raise InvalidValueError(
                f"quantile {self.quantile:g} with optimize {self.optimize!r}",
                "one of them",
                "quantiles are of numbers, and a threshold is chosen for classes",
            )

    def _set(self, name: str, value: Any) -> None:
        object.__setattr__(self, name, value)

    @classmethod
    def preset(cls, name: str, **overrides: Any) -> Recipe:
        """A recipe that has a name, perhaps with some fields changed.

        Raises:
            UnknownNameError: for a name or a field that does not exist.

        Example:
            >>> Recipe.preset("single", epochs=50) == Recipe(epochs=50)
            True
        """
        if name not in PRESETS:
            raise unknown_name("preset", name, list(PRESETS))
        return cls(**PRESETS[name], base=name).changed(**overrides)

    @property
    def altered(self) -> tuple[str, ...]:
        """Which fields of the network and its training are others than the preset has that it began with.

        Example:
            >>> Recipe.preset("fast", epochs=5, seed=1).altered
            ('epochs',)
        """
        usual = Recipe(**PRESETS.get(self.base, {}))
        ours = FIELDS[FIELDS.index("pieces") : FIELDS.index("seed")]
        return tuple(name for name in ours if getattr(self, name) != getattr(usual, name))

    @property
    def marks(self) -> Marks:
        """Which texts stand for a missing value."""
        return Marks.of(self.na, self.keep_na, self.default_na)

    def changed(self, **overrides: Any) -> Recipe:
        """The same with some fields changed.

        Raises:
            UnknownArgumentError: for a field that does not exist; it names the closest one.

        Example:
            >>> Recipe().changed(epoch=50)
            Traceback (most recent call last):
            clearprop.errors.UnknownArgumentError: unknown argument 'epoch'; ... Hint: did you mean 'epochs'?
        """
        require_known(overrides, FIELDS)
        return replace(self, **overrides)

    def to_dict(self) -> dict[str, Any]:
        """As plain data, for a file.

        Raises:
            InvalidValueError: if it holds a function or an object that a file cannot carry.
        """
        return {name: _as_data(name, getattr(self, name)) for name in FIELDS}

    @classmethod
    def from_dict(cls, data: Any) -> Recipe:
        """The inverse of `to_dict`; fields that are not there have their defaults.

        Raises:
            ClearpropError, TypeError, ValueError: for what is no recipe.

        Example:
            >>> Recipe.from_dict(Recipe(drop="id").to_dict()).drop
            ('id',)
        """
        if not isinstance(data, Mapping):
            raise DTypeError(f"a recipe of type {type(data).__name__}", "its fields by name")
        try:
            return cls().changed(**{**data, "activation": revive(data.get("activation", cls.activation))})
        except RecursionError:
            raise InvalidValueError("an activation in lists a thousand deep", "an activation") from None


SCHEDULES = ("constant", "cosine")
FIELDS = tuple(each.name for each in fields(Recipe))
DEFAULT_PRESET = "default"  # of the command line
_TOGETHER: dict[str, Any] = {"pieces": None, "epochs": None, "patience": 200, "schedule": "cosine"}
PRESETS: dict[str, dict[str, Any]] = {  # what differs from the defaults
    "single": {},
    "fast": {**_TOGETHER, "members": 4, "hidden": (128,), "dropout": 0.1},
    "default": {**_TOGETHER, "members": 8, "activation": None, "dropout": None},
    "best": {**_TOGETHER, "members": 8, "activation": None, "dropout": None, "kernel": True},
}


def require_known(names: Iterable[str], known: Sequence[str]) -> None:
    """Refuse arguments that do not exist."""
    for name in names:
        if name not in known:
            raise UnknownArgumentError(*unknown_name("argument", name, list(known)).args)


def _each(given: str | Collection[str]) -> Collection[str]:
    """One name or several."""
    return (given,) if isinstance(given, str) else given


def _one_of(what: str, given: str | None, known: Sequence[str]) -> str | None:
    if given is not None and given not in known:
        raise unknown_name(what, given, list(known))
    return given


def _share(name: str, given: Any) -> float:
    if isinstance(given, bool) or not isinstance(given, int | float | np.number) or not 0 <= given < 1:
        raise InvalidValueError(f"{name} share {given!r}", "a number in [0, 1), or a data frame")
    return float(given)


def _quantile(given: Any) -> float:
    if isinstance(given, bool) or not isinstance(given, int | float | np.number) or not 0 < given < 1:
        raise InvalidValueError(f"quantile {given!r}", "a number between 0 and 1, such as 0.9")
    return float(given)


def _as_data(name: str, value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): describe(each) for key, each in value.items()}
    try:
        return describe(value)
    except InvalidValueError:
        raise InvalidValueError(f"a recipe with {name} {value!r} as plain data", "a name or a number") from None
