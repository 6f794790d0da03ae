"""What a model answers to rows that came as JSON, and what there is to remark on each of them."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator, Mapping
from typing import Any, Protocol

import numpy as np

from clearprop.errors import DataWarning, InvalidValueError, TableError, listed
from clearprop.estimators import MultiTargetModel, TableModel, class_probabilities
from clearprop.estimators.scores import decoded
from clearprop.estimators.uncertainty import intervals, sets
from clearprop.execute import Array
from clearprop.explain.derivation import Explanation
from clearprop.graph import DTYPES
from clearprop.messages import Message
from clearprop.network import Network
from clearprop.serve.rows import Question, Row, require_numbers
from clearprop.table.marks import MarkTest
from clearprop.table.one_row import RowEncoder, is_gone
from clearprop.table.rows import rows_counted
from clearprop.table.target import ClassTarget, Target
from clearprop.table.unseen import Unseen
from clearprop.visible import shown_name

Answer = dict[str, Any]
_MOST_NUMBERS = 10_000_000  # parameters of a network of which a row is explained


class Served(Protocol):
    """What answers questions."""

    def predict(self, question: Question) -> Answer:
        """Answers to all rows, as plain data for JSON."""
        ...

    def explain(self, question: Question) -> Explanation:
        """How the answer to the one row comes about."""
        ...


def served(model: TableModel | MultiTargetModel | Network) -> Served:
    """What answers for a model."""
    return ServedNetwork(model) if isinstance(model, Network) else ServedTable(model)


class ServedTable:
    """A model of a table.

    Args:
        model: of one target or of several.
    """

    def __init__(self, model: TableModel | MultiTargetModel) -> None:
        self.model, self._encode = model, RowEncoder(model.encoder)
        self._predictor = model.predictor if isinstance(model, TableModel) else model.network
        self._dtype = DTYPES[self._predictor.dtype]
        columns = [column.name for column in model.encoder.columns]
        self._marks = {name: MarkTest(model.encoder.marks_of(name)) for name in columns}
        self._known = {*columns, *model.encoder.names, *model.encoder.ignored, *(t.name for t in _targets(model))}
        self._explaining = threading.Lock()

    def predict(self, question: Question) -> Answer:
        """A label or number for each row, with probabilities, intervals if they are asked for, and remarks.

        Raises:
            TableError: if a row lacks a column, or holds what none of its column was in training.
            InvalidValueError: if intervals are asked for that the model does not have.
        """
        encoded, remarks = [], []
        for i, row in enumerate(question.rows):
            if not isinstance(row, dict):
                names = listed([column.name for column in self.model.encoder.columns])
                raise TableError("a list in place of a row", f"an object with the columns {names}", row=i)
            unseen = Unseen()
            encoded.append(self._encoded(row, i, unseen))
            remarks.append([one(question.lang) for one in self._remarks(row, unseen)])
        a = self._predictor.predict(np.concatenate(encoded))
        if isinstance(self.model, TableModel):
            answers = _answers(self.model.target, a, question.interval)
            about = _about(self.model.target)
        else:
            each = {t.name: _answers(t, a[:, columns], question.interval) for t, columns in self.model.columns}
            answers = [{"targets": dict(zip(each, row, strict=True))} for row in zip(*each.values(), strict=True)]
            about = {"targets": [_about(target) for target, _ in self.model.columns]}
        rows = [answer | {"remarks": said} for answer, said in zip(answers, remarks, strict=True)]
        return about | {"predictions": rows}

    def explain(self, question: Question) -> Explanation:
        """Every number on the way from the row to the answer.

        Raises:
            InvalidValueError: for more rows than one, for a network of too many numbers, or without a target where
                there are several.
        """
        row, model = _alone(question.rows), self.model
        _require_readable(model.network)
        if isinstance(model, MultiTargetModel):
            if question.target is None:
                raise InvalidValueError("no target to explain", "one of " + listed(map(repr, model.names)), "?target=…")
            model = model[question.target]
        title = Message("serve.title", target=shown_name(model.target.name))
        with self._explaining, warnings.catch_warnings():
            warnings.simplefilter("ignore", DataWarning)  # what is unseen `predict` says
            return model.explain(row, lang=question.lang, title=title)

    def _encoded(self, row: Mapping[str, Any], i: int, unseen: Unseen) -> Array:
        """The features of row number i; what is wrong with it is said of that row."""
        try:
            with rows_counted(i):
                return self._encode(row, self._dtype, unseen)
        except TableError as error:
            error.row = i if error.row is None else error.row
            raise

    def _remarks(self, row: Mapping[str, Any], unseen: Unseen) -> Iterator[Message]:
        """What is missing, what was not there in training, and what is not looked at."""
        for name, is_mark in self._marks.items():
            value = row[name]
            if is_gone(value) or is_mark(value) or (isinstance(value, str) and not value.strip()):
                yield Message("serve.missing", column=shown_name(name))
        for name in unseen.rows:
            yield Message("serve.unseen", column=shown_name(name), value=shown_name(unseen.examples[name][0]))
        for name, far in unseen.far.items():
            value = far.examples[0]
            yield Message("serve.far", column=shown_name(name), value=value, learned=far.learned)
        for name in row:
            if name not in self._known:
                yield Message("serve.unknown", column=shown_name(name))


class ServedNetwork:
    """A plain network: lists of numbers in, lists of numbers out.

    Args:
        network: that answers.
    """

    def __init__(self, network: Network) -> None:
        self.network = network

    def predict(self, question: Question) -> Answer:
        """The outputs a[L] for each row.

        Raises:
            TableError: for a row that is no list of as many numbers as the network has inputs.
            InvalidValueError: if intervals are asked for: they come of held-out rows of a table.
        """
        X = require_numbers(question.rows, self.network.architecture.n_inputs)
        if question.interval is not None:
            raise InvalidValueError("intervals of a plain network", "a model of a table: `clearprop train` writes one")
        with np.errstate(over="ignore", invalid="ignore"):
            a = self.network.predict(np.array(X, np.float64))
        overflow = Message("serve.overflow")(question.lang)
        rows = [{"outputs": _plain(row), "remarks": [] if np.isfinite(row).all() else [overflow]} for row in a.tolist()]
        return {"predictions": rows}

    def explain(self, question: Question) -> Explanation:
        """Every number on the way from the row to the outputs.

        Raises:
            InvalidValueError: for more rows than one, or for a network of too many numbers.
            TableError: for a row that is no list of as many numbers as the network has inputs.
        """
        _alone(question.rows)
        _require_readable(self.network)
        X = require_numbers(question.rows, self.network.architecture.n_inputs)
        return self.network.trace(np.array(X, np.float64)).explain(question.lang)


def _alone(rows: list[Row]) -> Row:
    if len(rows) != 1:
        raise InvalidValueError(f"{len(rows):,} rows to explain", "one row")
    return rows[0]


def _require_readable(network: Network) -> None:
    if network.n_parameters > _MOST_NUMBERS:
        raise InvalidValueError(
            f"an explanation of {network.n_parameters:,} parameters",
            f"at most {_MOST_NUMBERS:,} over a server",
            "clearprop explain does it on its own",
        )


def _targets(model: TableModel | MultiTargetModel) -> list[Target]:
    return [model.target] if isinstance(model, TableModel) else list(model.targets)


def _about(target: Target) -> Answer:
    found: Answer = {"target": target.name, "task": target.task}
    return found | {"classes": _plain(list(target.classes))} if isinstance(target, ClassTarget) else found


def _answers(target: Target, a: Array, coverage: float | None) -> list[Answer]:
    """The answer to each row for one target."""
    answers = [{"prediction": _plain(one)} for one in _as_list(decoded(target, a))]
    if isinstance(target, ClassTarget):
        names = [str(label) for label in target.classes]
        for answer, p in zip(answers, class_probabilities(a).tolist(), strict=True):
            answer["probabilities"] = dict(zip(names, _plain(p), strict=True))
        if coverage is not None:
            for answer, labels in zip(answers, sets(target, a, coverage), strict=True):
                answer["set"] = _plain(list(labels))
    elif coverage is not None:
        for answer, ends in zip(answers, _as_list(intervals(target, a, coverage)), strict=True):
            answer["interval"] = _plain(ends)
    return answers


def _as_list(values: Any) -> list[Any]:
    found: list[Any] = values.tolist() if isinstance(values, np.ndarray) else list(values)
    return found


def _plain(value: Any) -> Any:
    """A value that JSON has; an infinite end of an interval is null, a date is text."""
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        return value if np.isfinite(value) else None
    return value if value is None or isinstance(value, bool | int | str) else str(value)
