"""The options of `clearprop train`, and the recipe that they make."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any

from clearprop.app import options as o
from clearprop.app.source import TableSource
from clearprop.errors import InvalidValueError
from clearprop.estimators.recipe import DEFAULT_PRESET, FIELDS, PRESETS, SCHEDULES, Recipe

_table, _rows, _network, _training = o.table_option, o.rows_option, o.network_option, o.training_option
_network_of, _training_of = (partial(option, show_default="the preset's") for option in (_network, _training))


@dataclass(frozen=True, kw_only=True)
class TrainOptions:
    """What a training is asked for; what is None is as the preset has it, or is found out."""

    target: Annotated[
        list[str] | None,
        _table(
            metavar="COL", help="Column to predict; not needed for a demo. Repeated: one network predicts them all."
        ),
    ] = None
    drop: Annotated[list[str] | None, _table(metavar="COL", help="Column to leave out. May be repeated.")] = None
    kind: Annotated[
        list[str] | None,
        _table(
            metavar="COL=KIND",
            help="Read a column as number, category, boolean, date or numbers (126/83). May be repeated.",
        ),
    ] = None
    reading: o.TrainReadingOptions
    scaling: Annotated[str, _table(help="Of numbers: auto, standard, robust (values far out) or log.")] = Recipe.scaling
    max_rows: Annotated[
        int | None,
        _table(
            metavar="N", min=1, show_default="as many as memory holds", help="Train on so many rows, drawn at random."
        ),
    ] = None
    validation: Annotated[float, _rows(help="Share of the rows for early stopping.")] = Recipe.validation
    test: Annotated[float, _rows(help="Share of the rows for the final scores.")] = Recipe.test
    validation_table: Annotated[str | None, _rows(metavar="FILE", help="Rows of their own for early stopping.")] = None
    test_table: Annotated[str | None, _rows(metavar="FILE", help="Rows of their own for the final scores.")] = None
    split: Annotated[
        str | None,
        _rows(
            metavar="HOW",
            show_default="by time where a date orders the rows, else at random",
            help="random, time (the last rows are the test) or group.",
        ),
    ] = None
    time: Annotated[str | None, _rows(metavar="COL", help="Split by time, by this column of dates or numbers.")] = None
    group: Annotated[
        str | None,
        _rows(
            metavar="COL",
            help="Keep rows of one value of this column (a patient, a shop) in one part. It is no input then.",
        ),
    ] = None
    weight: Annotated[
        str | None,
        _training(
            metavar="COL", help="How much each row counts, in training and in scores. The column is no input then."
        ),
    ] = None
    class_weight: Annotated[
        list[str] | None,
        _training(
            metavar="CLASS=W",
            help="How much rows count in training by their class: balanced, or fraud=10. May be repeated.",
        ),
    ] = None
    optimize: Annotated[
        str | None,
        _training(
            metavar="SCORE",
            show_default="the most probable class is answered",
            help="Choose the threshold for f1, balanced_accuracy or accuracy on the validation rows.",
        ),
    ] = None
    quantile: Annotated[
        float | None,
        _training(
            metavar="P",
            show_default="the mean is answered",
            help="Answer this quantile of a number, such as 0.9: so large a share of the rows lies below it.",
        ),
    ] = None
    task: Annotated[str | None, _network(show_default="found out", help="classification or regression.")] = None
    preset: Annotated[
        str,
        _network(
            metavar="NAME",
            help=f"{', '.join(PRESETS)}: one network, or more and more that answer together with their mean.",
        ),
    ] = DEFAULT_PRESET
    trials: Annotated[
        int | None,
        _network(
            metavar="N",
            min=1,
            show_default="no search",
            help="Try N recipes, from the preset on, and train by the one that is best on held-out rows, if it is "
            "clearly better. Options that are given stay as they are.",
        ),
    ] = None
    search: Annotated[
        float | None,
        _network(
            metavar="MINUTES", show_default="no search", help="The same for so long; the trial under way is finished."
        ),
    ] = None
    members: Annotated[
        int | None,
        _network_of(metavar="N", min=1, help="Networks that answer together. Each holds out another part of the rows."),
    ] = None
    kernel: Annotated[
        bool | None,
        _network_of(
            "--kernel/--no-kernel",
            help="Whether a kernel machine, which goes by the training rows near a row and holds them, answers with "
            "the members, where that is better.",
        ),
    ] = None
    hidden: Annotated[
        str | None,
        _network_of(metavar="N,N,…", help="Units of the hidden layers, such as 64,64. single: by the table's size."),
    ] = None
    activation: Annotated[str | None, _network_of(help="Activation of the hidden layers.")] = None
    pieces: Annotated[
        str | None,
        _network_of(metavar="N", help="Intervals that the values of a number are cut into: auto, or 0 for none."),
    ] = None
    dropout: Annotated[
        float | None, _network_of(metavar="P", min=0, help="Share of the hidden units that each step leaves out.")
    ] = None
    l2: Annotated[
        float | None, _network(min=0, show_default="by the number of rows", help="Penalty on large weights.")
    ] = None
    epochs: Annotated[int | None, _training_of(metavar="N", min=1, help="Passes over the data, at most.")] = None
    patience: Annotated[
        int | None,
        _training_of(metavar="N", min=1, help="Epochs without a better validation loss before it ends."),
    ] = None
    batch_size: Annotated[
        int | None, _training(metavar="N", min=1, show_default="by the table's size", help="Rows per step.")
    ] = None
    optimizer: Annotated[str | None, _training_of(help="adam, adamw, sgd, rmsprop, adagrad or gradient_descent.")] = (
        None
    )
    schedule: Annotated[
        str | None, _training_of(metavar="NAME", help=f"Of the learning rate: {' or '.join(SCHEDULES)}.")
    ] = None
    learning_rate: Annotated[float | None, _training(show_default="the optimizer's own", help="Step size.")] = None
    seed: Annotated[int, _training(help="Of the split, the first weights and the shuffling.")] = Recipe.seed
    threads: o.Threads = None
    checkpoint: Annotated[
        bool,
        _training(
            "--checkpoint",
            help="Save the state of the training, or the trials of a search, as it goes on; the same command again "
            "goes on from there.",
        ),
    ] = False

    def recipe(self) -> Recipe:
        """The recipe that the options make."""
        given = {name: getattr(self, name) for name in FIELDS if getattr(self, name, None) is not None}
        spelled: dict[str, Any] = {
            "drop": self.drop or (),
            "kinds": _kinds(self.kind),
            "class_weight": _class_weights(self.class_weight),
            "na": self.reading.na or (),
            "keep_na": self.reading.keep_na or (),
            "default_na": not self.reading.no_default_na,
        }
        if self.hidden is not None:
            spelled["hidden"] = _hidden(self.hidden)
        if self.pieces is not None:
            spelled["pieces"] = _pieces(self.pieces)
        return Recipe.preset(self.preset, **given | spelled)

    @property
    def is_search(self) -> bool:
        """Whether recipes are to be tried."""
        return self.trials is not None or self.search is not None

    @property
    def fixed(self) -> set[str]:
        """Fields of the recipe that were given, and so are not searched."""
        return {name for name in FIELDS if getattr(self, name, None) is not None}

    def sources(self, table: str) -> tuple[TableSource, dict[str, TableSource]]:
        """The table, and by their part the tables of rows of their own."""
        given = {"validation": self.validation_table, "test": self.test_table}
        others = {part: name for part, name in given.items() if name is not None}
        source = self.reading.source(table, of_others=bool(others))
        return source, {part: source.beside(name) for part, name in others.items()}


def _pieces(text: str) -> int | None:
    """A number of intervals; None for one that suits the table."""
    if text == "auto":
        return None
    if not text.isascii() or not text.isdigit():
        raise InvalidValueError(f"--pieces {text!r}", "auto, or a number of intervals such as 16; 0 for none")
    return int(text)


def _hidden(text: str) -> tuple[int, ...]:
    """Layer sizes from "64,64"; an empty text means no hidden layer."""
    try:
        units = tuple(int(part) for part in text.split(",") if part.strip())
    except ValueError:
        units = (0,)
    if any(n < 1 for n in units):
        raise InvalidValueError(f"--hidden {text!r}", "positive integers separated by commas, such as 64,64")
    return units


def _kinds(given: list[str] | None) -> dict[str, str]:
    """Column → kind from ["zip=category", …]."""
    kinds = {}
    for text in given or ():
        column, equals, kind = text.rpartition("=")
        if not equals:
            raise InvalidValueError(f"--kind {text!r}", "COLUMN=KIND, such as zip=category")
        kinds[column] = kind
    return kinds


def _class_weights(given: list[str] | None) -> str | dict[str, float] | None:
    """Class → weight from ["fraud=10", …], or "balanced"."""
    if not given or given == ["balanced"]:
        return "balanced" if given else None
    weights = {}
    for text in given:
        label, equals, weight = text.rpartition("=")
        try:
            weights[label] = float(weight)
        except ValueError:
            equals = ""
        if not equals:
            raise InvalidValueError(f"--class-weight {text!r}", "balanced, or CLASS=NUMBER such as fraud=10")
    return weights
