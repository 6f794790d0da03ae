"""One row of a table, explained: what its columns become, the answer, and every number on the way."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import narwhals.stable.v1 as nw

from clearprop.cached import cached_property
from clearprop.errors import InvalidValueError, checked_integer
from clearprop.estimators.scores import class_probabilities
from clearprop.estimators.threshold import decision_of
from clearprop.explain import Trace
from clearprop.explain.derivation import Explanation, Place, symbol
from clearprop.messages import Language, Message, checked_language, say
from clearprop.nn.names import X
from clearprop.present.formula import EQUALS, Math, number, to_mathml, to_text
from clearprop.present.formula import row as math_row
from clearprop.present.html import plain, section, table, text
from clearprop.present.page import fragment, page
from clearprop.present.writers import document_style, html_of
from clearprop.table import ClassTarget, as_frame, frame_of, given_frame, given_rows, rows_counted

if TYPE_CHECKING:
    from clearprop.estimators.table_model import TableModel

_HEAD = (
    Message("row.head.column"),
    Message("row.head.in_the_table"),
    Message("row.head.input_of_the_network"),
)


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
    title: str
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
        a = self.trace[self.trace.output]
        target = self.model.target
        if isinstance(target, ClassTarget):
            p = class_probabilities(a)
            code = int(target.decide(p)[0])
            said = say("row.answer", self.lang, answer=plain(target.classes[code])) + say(
                "row.sure", self.lang, p=f"{p[0, code]:.3f}"
            )
            said += "" if code == p[0].argmax() else say("row.early", self.lang, rule=decision_of(target)(self.lang))
        else:
            answer = target.answers(a[:, 0])[0]
            said = say("row.answer", self.lang, answer=plain(answer) if target.dates is not None else f"{answer:.6g}")
        if not self.trace.has_target:
            return said + say("row.unknown", self.lang)
        truth = nw.from_native(self.frame)[self.model.target.name][0]
        return said + say("row.true", self.lang, truth=plain(truth)) + self._scaled(float(a.ravel()[0]))

    def _scaled(self, a: float) -> str:
        if isinstance(self.model.target, ClassTarget):
            return ""
        gap = "" if self.lang == "zh" else " "
        said = gap + say("row.scaled", self.lang, formula=self.model.target.formula, a=number(a).text)
        smear = f"{self.model.target.smear:.6g}"
        return said + (gap + say("row.smeared", self.lang, factor=smear) if smear != "1" else "")

    def inputs(self) -> Iterator[tuple[str, str, list[Math]]]:
        """Column, its value, and the inputs that it becomes: a^[0]_j = number."""
        row, at = nw.from_native(self.frame), 0
        x = self.trace["a0"][0]
        single = len(x) == 1
        for column in self.model.encoder.columns:
            names = column.feature_names
            values = [(j, float(x[j])) for j in range(at, at + len(names))]
            if len(names) > 1:  # of a category, what is not 0
                values = [(j, v) for j, v in values if v] or values[:1]
            cells = [_equal(symbol(X, Place(() if single else (j + 1,))), v) for j, v in values]
            shown = row[column.name][0]
            yield plain(column.name), "–" if shown is None else plain(shown), cells
            at += len(names)

    def to_text(self, width: int | None = None) -> str:
        """For the terminal; no line of the derivation is longer than `width`, if that is given."""
        cells = [(name, shown, ", ".join(map(to_text, inputs))) for name, shown, inputs in self.inputs()]
        heads = [(_HEAD[0](self.lang), _HEAD[1](self.lang), _HEAD[2](self.lang)), *cells]
        widths = [min(max(len(line[i]) for line in heads), 28) for i in range(2)]
        lines = [f"  {a[:28]:{widths[0]}}  {b[:28]:{widths[1]}}  {c}" for a, b, c in heads]
        return "\n".join([self.title, self.answer, "", *lines, "", self.derivation.to_text(width)])

    def inputs_table(self) -> str:
        """Columns, values and inputs as HTML."""
        lines = [
            (text(name), text(shown), " &nbsp; ".join(to_mathml(m) for m in inputs))
            for name, shown, inputs in self.inputs()
        ]
        return table([head(self.lang) for head in _HEAD], lines)

    def to_markdown(self) -> str:
        """The derivation as Markdown, with LaTeX between $$."""
        return self.derivation.to_markdown()

    def to_latex(self) -> str:
        """The derivation as a LaTeX document; for Chinese it asks for ctex."""
        return self.derivation.to_latex()

    def to_html(self) -> str:
        """A whole web page that needs no network; its formulas are MathML."""
        return page(self.title, self._body(), self.lang, document_style)

    def _body(self) -> str:
        head = f"<header><h1>{text(self.title, 200)}</h1><p>{text(self.answer, 500)}</p></header>"
        inputs = section("inputs", say("row.inputs", self.lang), self.inputs_table())
        return "\n".join([head, inputs, html_of(replace(self.derivation.document, title=""), self.lang)])

    def __str__(self) -> str:
        return self.to_text()

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return fragment(self._body(), document_style)


def explained(
    model: TableModel,
    frame: Any,
    row: int,
    *,
    lang: str,
    convention: str = "row",
    detail: str = "values",
    only: str | None = None,
    title: str | None = None,
) -> RowExplanation:
    """A row of a table, explained; see `TableModel.explain`."""
    spoken = checked_language(lang)
    one = _one_row(frame, row, model.encoder.names)
    title = title or say("row.title_counted_from_0", spoken, row=row, target=plain(model.target.name))
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


def _equal(left: Math, value: float) -> Math:
    return math_row(left, EQUALS, number(value))
