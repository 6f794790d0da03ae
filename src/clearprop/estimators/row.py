"""One row of a table, explained: what its columns become, the answer, and every number on the way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import narwhals.stable.v1 as nw

from clearprop.cached import cached_property
from clearprop.errors import InvalidValueError
from clearprop.estimators import TableModel, class_probabilities
from clearprop.estimators.threshold import decision_of
from clearprop.explain import Trace
from clearprop.explain.derivation import Explanation, Place, symbol
from clearprop.messages import Language, Message, say
from clearprop.present.formula import EQUALS, Math, number, to_mathml, to_text
from clearprop.present.formula import row as math_row
from clearprop.present.html import plain, section, table, text
from clearprop.present.page import page
from clearprop.present.writers import document_style, html_of
from clearprop.table import ClassTarget

_HEAD = (
    Message("row.head.column"),
    Message("row.head.in_the_table"),
    Message("row.head.input_of_the_network"),
)


def row_of(batches: Iterable[Any], row: int) -> Any:
    """Row number `row`, counted from 1, as a data frame of one row.

    Raises:
        InvalidValueError: if the table has fewer rows.
    """
    before = 0
    for frame in batches:
        if row <= before + len(frame):
            return frame[row - before - 1 : row - before]
        before += len(frame)
    raise InvalidValueError(f"--row {row}", f"1 … {before}", "rows are counted from 1, below the header")


@dataclass(frozen=True)
class Row:
    """One row and what a model makes of it.

    Attributes:
        model: the model.
        frame: the row, as a data frame.
        name: of the table.
        number: of the row, from 1.
        lang: of the words.
    """

    model: TableModel
    frame: Any
    name: str
    number: int
    lang: Language

    @cached_property
    def trace(self) -> Trace:
        """Every number of the network on this row."""
        return self.model.trace(self.frame)

    @property
    def title(self) -> str:
        """Which row of which table, and what it is asked for."""
        return say(
            "row.title", self.lang, row=self.number, table=plain(self.name), target=plain(self.model.target.name)
        )

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
            cells = [_equal(symbol("X", Place(() if single else (j + 1,))), v) for j, v in values]
            shown = row[column.name][0]
            yield plain(column.name), "–" if shown is None else plain(shown), cells
            at += len(names)

    def in_format(self, ending: str, explanation: Explanation) -> str:
        """For a file with this ending: .html, .md, .tex or .txt."""
        if ending == ".html":
            return self.to_html(explanation)
        if ending == ".txt":
            return self.to_text(explanation)
        return explanation.to_markdown() if ending == ".md" else explanation.to_latex()

    def to_text(self, explanation: Explanation, width: int | None = None) -> str:
        """For the terminal."""
        cells = [(name, shown, ", ".join(map(to_text, inputs))) for name, shown, inputs in self.inputs()]
        heads = [(_HEAD[0](self.lang), _HEAD[1](self.lang), _HEAD[2](self.lang)), *cells]
        widths = [min(max(len(line[i]) for line in heads), 28) for i in range(2)]
        lines = [f"  {a[:28]:{widths[0]}}  {b[:28]:{widths[1]}}  {c}" for a, b, c in heads]
        return "\n".join([self.title, self.answer, "", *lines, "", explanation.to_text(width)])

    def inputs_table(self) -> str:
        """Columns, values and inputs as HTML."""
        lines = [
            (text(name), text(shown), " &nbsp; ".join(to_mathml(m) for m in inputs))
            for name, shown, inputs in self.inputs()
        ]
        return table([head(self.lang) for head in _HEAD], lines)

    def to_html(self, explanation: Explanation) -> str:
        """A web page in one file."""
        inputs = section("inputs", say("row.inputs", self.lang), self.inputs_table())
        head = f"<header><h1>{text(self.title, 200)}</h1><p>{text(self.answer, 500)}</p></header>"
        return page(
            self.title,
            "\n".join([head, inputs, html_of(replace(explanation.document, title=""), self.lang)]),
            self.lang,
            document_style,
        )


def _equal(left: Math, value: float) -> Math:
    return math_row(left, EQUALS, number(value))
