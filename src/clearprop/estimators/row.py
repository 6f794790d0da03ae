"""One row of a table, explained: what its columns become, the answer, and every number on the way."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import narwhals.stable.v1 as nw
import numpy as np

from clearprop.errors import InvalidValueError, checked_integer
from clearprop.estimators.predictor import members_in
from clearprop.estimators.scores import class_probabilities
from clearprop.estimators.threshold import decision_of
from clearprop.execute import Array
from clearprop.explain import Trace
from clearprop.explain.derivation import ElementPlace, Explanation, symbol
from clearprop.messages import Language, Message, Words, checked_language
from clearprop.network import Network
from clearprop.nn import Radial
from clearprop.nn.names import X
from clearprop.present.document import Cell, Column, Document, Paragraph, Section, Table, sentences
from clearprop.present.formula import COMMA, EQUALS, Math, joined, number
from clearprop.present.formula import row as math_row
from clearprop.table.encoder import as_frame
from clearprop.table.given import given_frame, given_rows
from clearprop.table.number_target import NumberTarget
from clearprop.table.one_row import frame_of
from clearprop.table.rows import rows_counted
from clearprop.table.target import ClassTarget, Target
from clearprop.visible import shown_name

if TYPE_CHECKING:
    from clearprop.estimators.table_model import TableModel

_HEAD = tuple(Column(Message(f"row.head.{name}")) for name in ("column", "in_the_table", "input_of_the_network"))


class RowExplanation(Explanation):
    """One row of a table and what a model makes of it: inputs, answer, and every number on the way to it.

    Attributes:
        model: the model.
        frame: the row, as a data frame.
        title: which row it is, and what it is asked for.
        convention, detail, only, notation, optimizer: as of `Trace.explain`.
        member: which member alone answers, counted from 0; None for all together.
        trace: every number of the predictor, or of that member, on this row.
        derived: the trace that is derived: of several members that answer together that of the first.
        derivation: from the inputs to the answer and, where the answer is known, to the update.
        said: what the network says, and what the table says.
        inputs: the columns, their values, and the inputs that they become.
    """

    def __init__(
        self,
        model: TableModel,
        frame: Any,
        title: Words,
        lang: Language = "en",
        convention: str = "row",
        detail: str = "values",
        only: str | None = None,
        notation: str = "delta",
        optimizer: Any = None,
        member: int | None = None,
    ) -> None:
        self.model, self.frame, self.title = model, frame, title
        self.convention, self.detail, self.only = convention, detail, only
        self.notation, self.optimizer, self.member = notation, optimizer, member
        self.trace = self.derived = model.trace(frame, member)
        members = members_in(model.predictor)
        if len(members) > 1 and member is None:
            self.derived = model.trace(frame, 0)
        how = {"only": only, "notation": notation, "optimizer": optimizer}
        self.derivation = self.derived.explain(lang, convention, detail, **how)
        self.said, self.inputs = _said(model, frame, self.trace), _inputs(model, frame, self.trace)
        if len(members) > 1:
            self.said += (_of_members(model.target, model.network, self.trace["a0"], member),)
        inputs = Section(Message("row.inputs"), (self.inputs,), "inputs")
        super().__init__(Document(title, (Paragraph(self.said), inputs, *self.derivation.document.blocks)), lang)

    @property
    def answer(self) -> str:
        """What the network says, and what the table says."""
        return sentences(self.said, self.lang)


def _said(model: TableModel, frame: Any, trace: Trace) -> tuple[Message, ...]:
    a, target = trace[trace.output], model.target
    parts = [*(_class(target, a) if isinstance(target, ClassTarget) else _quantity(target, a))]
    if not trace.has_target:
        return (Message("list.together", parts=[*parts, Message("row.unknown")]),)
    truth = shown_name(nw.from_native(frame)[target.name][0])
    said = [Message("list.together", parts=[*parts, Message("row.true", truth=truth)])]
    if isinstance(target, NumberTarget):
        said.append(Message("row.scaled", formula=target.formula, a=number(float(a.ravel()[0])).text))
        smear = f"{target.smear:.6g}"
        said += [Message("row.smeared", factor=smear)] if smear != "1" else []
    return tuple(said)


def _of_members(target: Target, network: Network, x: Array, member: int | None) -> Message:
    """What each member answers of a row, or that one of them answers alone."""
    members, shares = network.members, network.shares
    if member is not None:
        return Message("row.member", k=member + 1, n=len(members))
    answers = np.concatenate([one.predict(x)[:1] for one in members])
    mean, of = np.average(answers, axis=0, weights=shares), 0
    if isinstance(target, ClassTarget):  # of the class that is answered
        answers = class_probabilities(answers)
        of = int(target.decide(class_probabilities(mean[None]))[0])
    each = answers[:, of]
    shown = " + ".join(number(float(a)).text for a in each).replace("+ -", "- ").replace("+ −", "− ")
    a, n = number(float(np.average(each, weights=shares))).text, len(members)
    if not isinstance(members[-1].architecture.layers[-1], Radial):
        return Message("row.members", n=n, a=a, answers=shown)
    others, own = shown.rsplit(" ", 2)[0], number(float(each[-1])).text
    values = {"share": shares[-1], "rest": 1 - shares[-1], "own": own, "answers": others, "others": n - 1}
    return Message("row.shared", n=n, a=a, **values)


def _class(target: ClassTarget, a: Array) -> Iterator[Message]:
    """The class that is answered, its probability, and why it is answered where another one is more probable."""
    p = class_probabilities(a)
    code = int(target.decide(p)[0])
    yield Message("row.answer", answer=shown_name(target.classes[code]))
    yield Message("row.sure", p=f"{p[0, code]:.3f}")
    if code != p[0].argmax():
        yield Message("row.early", rule=decision_of(target))


def _quantity(target: NumberTarget, a: Array) -> Iterator[Message]:
    answer = target.answers(a[:, 0])[0]
    yield Message("row.answer", answer=shown_name(answer) if target.dates is not None else f"{answer:.6g}")


def _inputs(model: TableModel, frame: Any, trace: Trace) -> Table:
    """Each column, its value, and the inputs that it becomes: a^[0]_j = number."""
    row, x = nw.from_native(frame), trace["a0"][0]
    rows: list[tuple[Cell, ...]] = []
    before = 0
    for column in model.encoder.columns:
        places: Sequence[int] = range(before, before + len(column.feature_names))
        before += len(places)
        if len(places) > 1:  # of a category, what is not 0
            places = [j for j in places if x[j]] or places[:1]
        equal = [_equal(ElementPlace(() if len(x) == 1 else (j + 1,)), float(x[j])) for j in places]
        value = row[column.name][0]
        rows.append((shown_name(column.name), "–" if value is None else shown_name(value), joined(equal, COMMA)))
    return Table(_HEAD, tuple(rows))


def _equal(place: ElementPlace, value: float) -> Math:
    return math_row(symbol(X, place), EQUALS, number(value))


def explained(
    model: TableModel,
    frame: Any,
    row: int,
    *,
    lang: str,
    convention: str = "row",
    detail: str = "values",
    only: str | None = None,
    title: Words | None = None,
    notation: str = "delta",
    optimizer: Any = None,
    member: int | None = None,
) -> RowExplanation:
    """A row of a table, explained; see `TableModel.explain`."""
    spoken = checked_language(lang)
    one = _one_row(frame, row, model.encoder.names)
    title = title or Message("row.title_counted_from_0", row=row, target=shown_name(model.target.name))
    with rows_counted(row):
        return RowExplanation(model, one, title, spoken, convention, detail, only, notation, optimizer, member)


def _one_row(given: Any, row: int, names: Sequence[str]) -> Any:
    """A row of what was given, as a data frame."""
    row = checked_integer("row", row, low=0)
    rows = None if hasattr(given, "columns") else given_rows(given, names)
    table = as_frame(given_frame(given, names)) if rows is None else rows
    if row >= len(table):
        raise InvalidValueError(f"row {row}", f"0 … {len(table) - 1}" if len(table) else "a table with rows")
    if isinstance(table, list):
        return frame_of({name: [value] for name, value in table[row].items()})
    return table[row : row + 1].to_native()
