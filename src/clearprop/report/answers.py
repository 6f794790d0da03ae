"""The answers beside the truth: a confusion matrix, or residuals."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clearprop.estimators import Evaluation
from clearprop.estimators.threshold import decision_of
from clearprop.estimators.verdict import PARTS
from clearprop.messages import Message, Words
from clearprop.present.document import Block, Cell, Column, Figure, Paragraph, Section, Shade, Table
from clearprop.present.figure import Axis, Bars, Dots, Line, Plot
from clearprop.report.evidence import CHART, Evidence, PartSample
from clearprop.report.summary import quantity
from clearprop.table.number_target import NumberTarget
from clearprop.table.target import ClassTarget
from clearprop.visible import shown_name

_MOST_CLASSES, _LONGEST_LABEL, _BINS = 20, 24, 31


def answers(evidence: Evidence) -> Section:
    """A confusion matrix for classes, residuals for numbers."""
    last, classes, part = evidence.fit.last, evidence.classes, PARTS[evidence.judged.part]
    if classes is None:
        shown = _residuals(evidence)
    elif last.confusion is not None and len(classes) <= _MOST_CLASSES:
        shown = _matrix(classes, last.confusion, part)
    else:
        shown = _most_confused(classes, last, part)
    return Section(Message("report.answers.title"), (*_decided(evidence), *shown), "answers")


def _decided(evidence: Evidence) -> Iterator[Block]:
    """From which probability on a class is answered, if that was chosen."""
    target = evidence.model.target
    if isinstance(target, ClassTarget) and target.decision is not None:
        yield Paragraph.of(decision_of(target), kind="lead")


def _matrix(classes: tuple[Any, ...], counts: NDArray[np.int64], part: Message) -> Iterator[Block]:
    labels = [shown_name(label, _LONGEST_LABEL) for label in classes]
    head: list[Words] = [Message("report.answers.is"), *labels, Message("report.answers.rows")]
    rows: list[tuple[Cell, ...]] = []
    for i, row in enumerate(counts):
        total = int(row.sum())
        cells = (_cell(int(n), total, i == j) for j, n in enumerate(row))
        rows.append((labels[i], *cells, Paragraph.of(f"{total:,}", kind="soft")))
    yield Paragraph.of(Message("report.answers.confusion", part=part), kind="lead")
    yield Table(tuple(map(Column, head)), tuple(rows), "confusion")


def _cell(n: int, total: int, is_right: bool) -> Cell:
    if not n:
        return Paragraph.of("0", kind="soft")
    return Shade(f"{n:,} {n / total:.0%}", n / total, "blue" if is_right else "orange")


def _most_confused(classes: tuple[Any, ...], last: Evaluation, part: Message) -> Iterator[Block]:
    names = ("is", "answered", "rows")
    columns = tuple(Column(Message(f"report.answers.many_head.{name}")) for name in names)
    rows = tuple((shown_name(classes[i]), shown_name(classes[j]), f"{n:,}") for i, j, n in last.mistakes)
    values = {"n": len(classes), "wrong": f"{last.wrong:,}", "rows": f"{last.rows:,}", "part": part}
    yield Paragraph.of(Message("report.answers.many", **values), kind="lead")
    yield Table(columns, rows)


def _residuals(evidence: Evidence) -> Iterator[Block]:
    sample, target = evidence.judged, evidence.model.target
    assert isinstance(target, NumberTarget)
    truth, answer = target.decode(sample.y), target.predictions(sample.a[:, 0])
    half, most = map(quantity, np.quantile(np.abs(truth - answer), [0.5, 0.9]))
    histogram, far = _histogram(truth - answer)
    words = [Message("report.answers.dot", part=PARTS[sample.part])]
    if len(sample) < sample.of:
        words.append(Message("report.answers.drawn", n=f"{len(sample):,}", of=f"{sample.of:,}"))
    if far:
        words.append(Message("report.answers.far", n=far))
    if target.quantile is None:
        lead = Message("report.answers.residuals", half=half, most=most)
    else:
        below = float(np.average(truth <= answer))
        lead = Message("report.answers.of_quantile", tau=f"{100 * target.quantile:.6g}", below=below)
    yield Paragraph.of(lead, kind="lead")
    yield Section("", (Figure(_scatter(sample, truth, answer)), Figure(histogram)), kind="pair")
    yield Paragraph(tuple(words), "note")


def _scatter(sample: PartSample, truth: NDArray[Any], answer: NDArray[Any]) -> Plot:
    both = Axis.of([truth.min(), truth.max(), answer.min(), answer.max()])
    ends = both.low, both.high
    marks = (Dots(answer, truth, radius=2.5, opacity=0.55), Line(ends, ends, "ink", width=1.2))
    titles = Message("report.answers.answer"), Message("report.answers.truth")
    return Plot(Message("report.answers.says_dots", n=len(sample)), both, both, marks, titles, *CHART)


def _histogram(residual: NDArray[Any]) -> tuple[Plot, int]:
    """The chart, symmetric about 0, and how many residuals lie beyond it: a few far ones would squeeze the rest."""
    reach = float(np.quantile(np.abs(residual), 0.99, method="higher")) or 1.0
    counts, edges = np.histogram(residual, bins=_BINS, range=(-reach, reach))
    most = float(counts.max() or 1)
    marks = (Bars(edges, counts), Line([0, 0], [0, most], "ink", width=1.2))
    titles = Message("report.answers.residual"), Message("report.answers.count")
    says, x, y = Message("report.answers.says_bins", n=len(residual)), Axis(-reach, reach), Axis(0, most, whole=True)
    return Plot(says, x, y, marks, titles, *CHART), len(residual) - int(counts.sum())
