"""A network beside a table: of a bare one, which columns are its inputs, and which hold the answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import narwhals.stable.v1 as nw
import numpy as np

from clearprop.app.options import ReadingOptions
from clearprop.app.source import TableSource, is_number
from clearprop.errors import InvalidValueError, ModelFileError, TableError, listed, plural, unknown_name
from clearprop.estimators import MultiTargetModel, TableModel, load
from clearprop.execute import Array
from clearprop.explain import Trace
from clearprop.explain.derivation import Explanation
from clearprop.messages import Message
from clearprop.network import Network
from clearprop.network.incoming import from_onnx
from clearprop.nn import Loss
from clearprop.present.document import Block, Column, Document, Paragraph, Section, Table
from clearprop.present.formula import number
from clearprop.table.demo import TARGET
from clearprop.table.encoder import as_frame
from clearprop.table.values import as_numbers
from clearprop.visible import shown_name

_MOST_SHOWN = 50  # inputs in a table of their own; pictures have hundreds
_MOST_ANSWERS = 10
_HEAD = tuple(Column(Message(f"row.head.{name}")) for name in ("column", "in_the_table"))


def load_with_loss(path: Path, loss: str | None) -> Network | TableModel | MultiTargetModel:
    """The model in a file; of an ONNX file, which has no loss, with the one that is asked for."""
    if loss is None:
        return load(path)
    if path.suffix.lower() != ".onnx":
        raise InvalidValueError(f"--loss for {path}", "an .onnx file, which has none; other files have their own")
    return from_onnx(path, loss)


def require_fitting(model: Network | TableModel | MultiTargetModel, path: Path, **given: Any) -> None:
    """Refuse options that a bare network, or a model of a table, does not have.

    Raises:
        ModelFileError: for what needs the columns of a model of a table.
        InvalidValueError: for --inputs, or --target where it is given, of a model that knows its columns.
    """
    columns = {name: given.pop(name, None) for name in ("inputs", "target")}
    told = next((name for name, value in columns.items() if value is not None), None)
    if not isinstance(model, Network) and told is not None:
        raise InvalidValueError(f"--{told} for {path}, which knows its columns", "it for a bare network")
    if isinstance(model, Network) and given:
        needs = f"for {next(iter(given))} a model written by `clearprop train`"
        raise ModelFileError(f"{path} holds a bare network", needs)


@dataclass(frozen=True)
class Asked:
    """Which columns of a table a network reads, and which hold the answers.

    Attributes:
        inputs, answers: names; inputs in their order.
    """

    inputs: tuple[str, ...]
    answers: tuple[str, ...]

    @classmethod
    def of(
        cls, network: Network, source: TableSource, present: Sequence[str], target: str | None, inputs: str | None
    ) -> Asked:
        """As the options say: the other columns are the inputs, unless they are named.

        Raises:
            InvalidValueError: for columns that are not as many as the network has inputs.
        """
        if source.options.header and all(map(is_number, present)) and not source.header_was_said:
            found = f"the first line of {source.place.title} is numbers: {listed(present, 3)}"
            raise InvalidValueError(found, "names of columns", "--no-header if it is a row, --header if it is names")
        target = TARGET if target is None and source.place.demo else target
        answers = _named(source, present, target, "--target")
        given = _named(source, present, inputs, "--inputs")
        both = next((name for name in given if name in answers), None)
        if both is not None:
            raise InvalidValueError(f"{both!r} in --inputs and --target", "one of the two")
        chosen = given or tuple(name for name in present if name not in answers)
        n = network.architecture.n_inputs
        if len(chosen) != n:
            where = "--inputs" if given else source.place.title
            beside = " beside the target" if answers and not given else ""
            raise InvalidValueError(
                f"{where} has {plural(len(chosen), 'column')}{beside}",
                f"{n}, as many as the network has inputs",
                f"name {n} of them" if given else _hint(source, present, n, answers),
            )
        return cls(chosen, answers)

    def arrays(self, frame: Any, network: Network) -> tuple[Array, Array | None]:
        """X (N, n), and y where a column holds the answers.

        Raises:
            TableError: for what is no number, or missing.
        """
        table = as_frame(frame)
        X = np.stack(
            [_numbers(table[name], "numbers without gaps: a network takes no more") for name in self.inputs], 1
        )
        if not self.answers:
            return X, None
        loss, k = network.architecture.checked_loss(), network.architecture.n_outputs
        codes = f"0 … {k - 1}, the class by the place of its output" if k > 1 else "0 or 1"
        expected = "a number" if _target(loss) is None else codes
        if k > 1 and len(self.answers) == 1 and _target(loss) != "classes":
            hint = "are they classes, by the place of the output? of an .onnx file of logits: --loss cross_entropy"
            raise InvalidValueError(
                f"one column with answers, {self.answers[0]!r}", f"one for each of {k} outputs", hint
            )
        y = np.stack([_numbers(table[name], expected) for name in self.answers], 1)
        if len(self.answers) > 1:
            return X, y
        if _target(loss) != "classes":
            return X, y[:, 0]
        wrong = (y[:, 0] % 1 != 0) | (y[:, 0] < 0) | (y[:, 0] >= k)
        if wrong.any():
            row = int(wrong.argmax())
            raise TableError(f"column {self.answers[0]!r} holds {y[row, 0]:g}", expected, row=row)
        return X, y[:, 0].astype(np.int64)

    def with_answers(self, frame: Any, network: Network) -> tuple[Array, Array]:
        """X and y.

        Raises:
            InvalidValueError: if no column holds the answers.
        """
        X, y = self.arrays(frame, network) if self.answers else (None, None)
        if X is None or y is None:
            raise InvalidValueError("no column with the answers", "--target COL", "it takes the loss, too")
        return X, y


def _target(loss: Loss) -> str | None:
    return loss.target if loss.target in ("classes", "binary") else None


def _named(source: TableSource, present: Sequence[str], given: str | None, option: str) -> tuple[str, ...]:
    """Columns by their names; one that has a comma in its name is meant before several are."""
    if given is None:
        return ()
    names = (given,) if given in present else tuple(name.strip() for name in given.split(","))
    for name in names:
        if name not in present:
            if source.may_lack_header(present):
                found = f"no column {name!r}"
                raise InvalidValueError(found, "one of: " + listed(present), "is the first line data? --no-header")
            raise unknown_name(f"column of {option}", name, list(present))
    if len(set(names)) < len(names):
        raise InvalidValueError(f"{option} {given}", "each column once")
    return names


def _hint(source: TableSource, present: Sequence[str], n: int, answers: Sequence[str]) -> str:
    if source.may_lack_header(present):
        return "is the first line data? --no-header"
    if not answers and len(present) == n + 1:
        return f"which column is the answer? --target {present[-1]}, or another one"
    return "which columns are the inputs, in their order? --inputs COL,COL,…"


def _numbers(series: Any, expected: str) -> Array:
    values = as_numbers(series, expected=expected)
    missing = np.isnan(values)
    if missing.any():
        raise TableError(f"column {series.name!r} is missing", expected, row=int(missing.argmax()))
    return values


def rows_of(
    network: Network,
    source: TableSource,
    target: str | None,
    inputs: str | None,
    most: int | None = None,
    seed: int = 0,
) -> tuple[Array, Array]:
    """X and y of the rows of a table, or of some that are drawn.

    Raises:
        ClearpropError: for columns that do not fit, or none with answers.
    """
    rows = source.read(most, seed)
    asked = Asked.of(network, source, rows.frame.columns, target, inputs)
    with rows.counted():
        return asked.with_answers(rows.frame, network)


def data_of(
    model: Network | TableModel | MultiTargetModel,
    table: str | None,
    reading: ReadingOptions,
    target: str | None,
    inputs: str | None,
    most: int | None = None,
    seed: int = 0,
) -> tuple[Array, Array] | None:
    """X and y of the rows of a table as the network of any model reads them, or of some; None where there is no table.

    Raises:
        ClearpropError: for columns that do not fit, or for what is said of a table without one.
    """
    if table is None:
        for option, given in (("target", target), ("inputs", inputs)):
            if given is not None:
                raise InvalidValueError(f"--{option} without a TABLE", "the table, too")
        reading.require_none("without a TABLE", "the table, too", "random numbers are taken where none is given")
        return None
    if isinstance(model, Network):
        return rows_of(model, reading.source(table), target, inputs, most, seed)
    rows = reading.source(table, model).read(most, seed)
    with rows.counted():
        return model.arrays(rows.frame)


def explained_row(
    network: Network, asked: Asked, frame: Any, title: Message, member: int | None, lang: str, **how: Any
) -> tuple[Explanation, Trace]:
    """A row, explained: what goes in, the answer, and every number on the way; and the trace that is derived.

    Args:
        network: the network; of several members one is derived, by default the first.
        asked: its columns.
        frame: the row.
        title: of the page.
        member: counted from 0.
        lang: "en" or "zh".
        how: of `Trace.explain`.
    """
    X, y = asked.arrays(frame, network)
    members = network.members
    one = members[member or 0] if len(members) > 1 else network
    trace = one.trace(X, y)
    said = [*_answer(one, trace)]
    if y is None:
        said.append(Message("row.unknown"))
    else:
        truth = ", ".join(shown_name(as_frame(frame)[name][0]) for name in asked.answers)
        said.append(Message("row.true", truth=truth))
    words = [Message("list.together", parts=said)]
    if len(members) > 1:
        words.append(Message("row.member", k=(member or 0) + 1, n=len(members)))
    blocks: list[Block] = [Paragraph(tuple(words)), *_inputs(asked, frame)]
    derived = trace.explain(lang, **how)
    return Explanation(Document(title, (*blocks, *derived.document.blocks)), derived.lang), trace


def _answer(network: Network, trace: Trace) -> list[Message]:
    """What the network answers: a class and how probable it is, or its outputs."""
    a, loss = trace[trace.output][0], network.architecture.loss
    kind = None if loss is None else _target(loss)
    if kind is not None and (kind == "classes" or len(a) == 1):
        code = int(a.argmax()) if len(a) > 1 else int(a[0] > 0.5)
        p = a[code] if len(a) > 1 else a[0] if code else 1 - a[0]
        return [Message("row.answer", answer=str(code)), Message("row.sure", p=f"{p:.3f}")]
    shown = ", ".join(number(float(value)).text for value in a[:_MOST_ANSWERS])
    return [Message("row.answer", answer=shown + (", …" if len(a) > _MOST_ANSWERS else ""))]


def _inputs(asked: Asked, frame: Any) -> list[Block]:
    if len(asked.inputs) > _MOST_SHOWN:
        return []
    table = nw.from_native(frame)
    rows = tuple((shown_name(name), shown_name(table[name][0])) for name in asked.inputs)
    return [Section(Message("row.inputs"), (Table(_HEAD, rows),), "inputs")]
