"""One row of a table, explained: what its columns become, the answer, and every number on the way."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import narwhals.stable.v1 as nw

from clearprop.cached import cached_property
from clearprop.errors import InvalidValueError, checked_integer
from clearprop.estimators.scores import class_probabilities
from clearprop.estimators.threshold import decision_of
from clearprop.execute import Array
from clearprop.explain import Trace
from clearprop.explain.derivation import Explanation, Place, symbol
from clearprop.messages import Language, Message, Words, checked_language
from clearprop.nn.names import X
from clearprop.present.document import Column, Document, Paragraph, Section, Table, sentences
from clearprop.present.formula import COMMA, EQUALS, joined, number
from clearprop.present.formula import row as math_row
from clearprop.present.page import fragment
from clearprop.present.writers import document_style, html_of, latex_of, markdown_of, page_of, text_of
from clearprop.table import ClassTarget, NumberTarget, as_frame, frame_of, given_frame, given_rows, rows_counted
from clearprop.visible import shown_name

if TYPE_CHECKING:
    from clearprop.estimators.table_model import TableModel

_HEAD = tuple(Column(Message(f"row.head.{name}")) for name in ("column", "in_the_table", "input_of_the_network"))


@dataclass(frozen=True, repr=False)
class RowExplanation:
    """One row of a table and what a model makes of it: inputs, answer, and every number on the way to it.

    `print(e)` shows it as text, a notebook with real formulas.

    Attributes:
        model: the model.
        frame: the row, as a data frame.
        title: which row it is, and what it is asked for.
        lang: of the words.
        convention, detail, only: as of `Trace.explain`.
    """

    model: TableModel
    frame: Any
    title: Words
    lang: Language = "en"
    convention: str = "row"
    detail: str = "values"
    only: str | None = None

    @cached_property
    def trace(self) -> Trace:
        """Every number of the predictor on this row."""
        return self.model.trace(self.frame)

    @cached_property
    def derivation(self) -> Explanation:
        """From the inputs to the answer and, where the answer is known, to the update."""
        return self.trace.explain(self.lang, self.convention, self.detail, only=self.only)

    @property
    def answer(self) -> str:
        """What the network says, and what the table says."""
        return sentences(self.said, self.lang)

    @cached_property
    def said(self) -> tuple[Message, ...]:
        """The same as messages."""
        a, target = self.trace[self.trace.output], self.model.target
        parts = [*(_class(target, a) if isinstance(target, ClassTarget) else _quantity(target, a))]
        if not self.trace.has_target:
            return (Message("row.said", parts=[*parts, Message("row.unknown")]),)
        truth = shown_name(nw.from_native(self.frame)[target.name][0])
        said = [Message("row.said", parts=[*parts, Message("row.true", truth=truth)])]
        if isinstance(target, NumberTarget):
            said.append(Message("row.scaled", formula=target.formula, a=number(float(a.ravel()[0])).text))
            smear = f"{target.smear:.6g}"
            said += [Message("row.smeared", factor=smear)] if smear != "1" else []
        return tuple(said)

    @cached_property
    def inputs(self) -> Table:
        """Each column, its value, and the inputs that it becomes: a^[0]_j = number."""
        row, at = nw.from_native(self.frame), 0
        x, rows = self.trace["a0"][0], []
        for column in self.model.encoder.columns:
            values = [(j, float(x[j])) for j in range(at, at + len(column.feature_names))]
            if len(values) > 1:  # of a category, what is not 0
                values = [(j, v) for j, v in values if v] or values[:1]
            places = [Place(() if len(x) == 1 else (j + 1,)) for j, _ in values]
            equal = [math_row(symbol(X, at), EQUALS, number(v)) for at, (_, v) in zip(places, values, strict=True)]
            value = row[column.name][0]
            rows.append((shown_name(column.name), "–" if value is None else shown_name(value), joined(equal, COMMA)))
            at += len(column.feature_names)
        return Table(_HEAD, tuple(rows))

    @cached_property
    def document(self) -> Document:
        """Which row it is, the answer, the inputs, and the derivation."""
        inputs = Section(Message("row.inputs"), (self.inputs,), "inputs")
        return Document(self.title, (Paragraph(self.said), inputs, *self.derivation.document.blocks))

    def to_text(self, width: int | None = None) -> str:
        """For the terminal; no line is longer than `width`, if that is given."""
        return text_of(self.document, self.lang, width)

    def to_markdown(self) -> str:
        """Markdown, with LaTeX between $$."""
        return markdown_of(self.document, self.lang)

    def to_latex(self) -> str:
        """A LaTeX document; for Chinese it asks for ctex."""
        return latex_of(self.document, self.lang)

    def to_html(self) -> str:
        """A whole web page that needs no network; its formulas are MathML."""
        return page_of(self.document, self.lang)

    def __str__(self) -> str:
        return self.to_text()

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return fragment(html_of(self.document, self.lang), document_style)


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
) -> RowExplanation:
    """A row of a table, explained; see `TableModel.explain`."""
    spoken = checked_language(lang)
    one = _one_row(frame, row, model.encoder.names)
    title = title or Message("row.title_counted_from_0", row=row, target=shown_name(model.target.name))
    found = RowExplanation(model, one, title, spoken, convention, detail, only)
    with rows_counted(row):
        assert found.derivation  # now, so that errors come from here
    return found


def _one_row(given: Any, row: int, names: Sequence[str]) -> Any:
    """A row of what was given, as a data frame.

    Raises:
        InvalidValueError: if there is no such row.
    """
    row = checked_integer("row", row, low=0)
    rows = None if hasattr(given, "columns") else given_rows(given, names)
    table = as_frame(given_frame(given, names)) if rows is None else rows
    if row >= len(table):
        raise InvalidValueError(f"row {row}", f"0 … {len(table) - 1}" if len(table) else "a table with rows")
    if isinstance(table, list):
        return frame_of({name: [value] for name, value in table[row].items()})
    return table[row : row + 1].to_native()
