"""The data: how many rows, how they were split, what the target looks like, and what became of every column."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate
from typing import Any

import narwhals.stable.v1 as nw
import numpy as np
from numpy.typing import NDArray

from clearprop.estimators.importance import feature_groups
from clearprop.estimators.verdict import PARTS
from clearprop.messages import Message
from clearprop.present.document import Bar, Block, Cell, Column, Figure, Paragraph, Section, Sketch, Table
from clearprop.present.figure import Axis, Bars, Plot
from clearprop.report.evidence import CHART, Evidence
from clearprop.report.reading import how_read
from clearprop.report.summary import quantity
from clearprop.table.number_target import NumberTarget
from clearprop.visible import shown_name

_MOST_CLASSES, _MOST_COLUMNS, _BINS, _MOST_BARS = 20, 100, 30, 24
_COLOURS = {"train": "blue", "validation": "orange", "test": "green"}
_HEAD = "column", "kind", "missing", "values", "what_the_network_sees"


def data(evidence: Evidence) -> Section:
    """Rows, target and columns."""
    return Section(Message("report.data.title"), (*rows(evidence), target(evidence), columns(evidence)), "data")


def rows(evidence: Evidence) -> tuple[Block, ...]:
    """How many rows there are, and how they were split."""
    return Paragraph(tuple(_words(evidence)), "lead"), _split(evidence.fit.rows_apart)


def target(evidence: Evidence) -> Section:
    """What the target looks like."""
    about = _number(evidence) if evidence.classes is None else _classes(evidence, evidence.classes)
    return Section(Message("report.data.target", name=shown_name(evidence.model.target.name)), tuple(about))


def columns(evidence: Evidence) -> Section:
    """What became of every column."""
    return Section(Message("report.data.columns"), tuple(_columns(evidence)))


def _words(evidence: Evidence) -> Iterator[Message]:
    read, used = evidence.summary["table"], sum(evidence.fit.rows_apart.values())
    yield Message("report.data.read", rows=f"{read['rows']:,}", columns=read["columns"])
    yield from (Message("report.data.sentence", words=line) for line in how_read(read["read"]))
    if read["without_target"]:
        yield Message("report.data.without", n=f"{read['without_target']:,}")
    if used + read["without_target"] < read["rows"]:
        yield Message("report.data.drawn", n=f"{used + read['without_target']:,}")
    if len(evidence.fit.rows) == 3:
        yield Message("report.data.folds" if evidence.fit.folds else "report.data.split")
    yield from evidence.model.weighting.said(evidence.model.target)
    yield from evidence.fit.division.said


def _split(rows: dict[str, int]) -> Table:
    """The parts of the rows, one behind the other."""
    ends = [n / sum(rows.values()) for n in accumulate(rows.values())]
    bars = [Bar(start, end, _COLOURS[part]) for part, start, end in zip(rows, [0.0, *ends], ends, strict=False)]
    lines = [(PARTS[part], bar, f"{n:,}") for (part, n), bar in zip(rows.items(), bars, strict=True)]
    return Table((Column(), Column(), Column(numbers=True, kind="strong")), tuple(lines), "bars")


def _classes(evidence: Evidence, classes: tuple[Any, ...]) -> Iterator[Block]:
    shares = evidence.summary["target"]["shares"]
    ranked = sorted(zip(classes, shares, strict=True), key=lambda pair: -pair[1])
    most = ranked[0][1]
    rows: list[tuple[Cell, ...]]
    rows = [(shown_name(label), Bar(0, share / most), f"{share:.1%}") for label, share in ranked[:_MOST_CLASSES]]
    if len(ranked) > _MOST_CLASSES:
        rows.append((Message("report.data.more_classes", n=len(ranked) - _MOST_CLASSES), "", ""))
    yield Paragraph.of(Message("report.data.classes", n=len(classes)), kind="lead")
    yield Table((Column(), Column(), Column(numbers=True)), tuple(rows), "bars")


def _number(evidence: Evidence) -> Iterator[Block]:
    target, learned, coding = evidence.summary["target"], evidence.learned, evidence.model.target
    assert isinstance(coding, NumberTarget)
    usual = Message("report.data.number", mean=quantity(target["mean"]), std=quantity(target["std"]))
    said = Message("table.parts", parts=[usual, *coding.describe()])
    yield Paragraph.of(Message("report.data.sentence", words=said), kind="lead")
    counts, edges = np.histogram(np.asarray(coding.decode(learned.y), np.float64), bins=_BINS)
    name, (low, *_, high) = shown_name(target["name"]), map(quantity, edges)
    yield Figure(
        Plot(
            Message("report.data.says", name=name, low=low, high=high),
            Axis.of(edges),
            Axis(0, float(counts.max()), whole=True),
            (Bars(edges, counts),),
            (name, Message("report.data.training_rows")),
            *CHART,
        )
    )
    if len(learned) < learned.of:
        yield Paragraph.of(Message("report.data.drawn_histogram", n=f"{len(learned):,}"), kind="note")


def _columns(evidence: Evidence) -> Iterator[Block]:
    encoder, X = evidence.model.encoder, evidence.learned.X
    columns, aside = list(zip(encoder.columns, feature_groups(encoder).values(), strict=True)), encoder.ignored
    rows: list[tuple[Cell, ...]] = [
        (
            shown_name(column.name),
            Message(f"table.kinds.{column.kind}"),
            _missing(evidence.table, column.name),
            Sketch.of(_heights(column.kind, X[:, features])),
            column.describe(),
        )
        for column, features in columns[:_MOST_COLUMNS]
    ]
    kind = Paragraph.of(Message("report.data.aside"), kind="bad")
    rows += [(shown_name(name), kind, "", "", why) for name, why in list(aside.items())[:_MOST_COLUMNS]]
    head = (Column(Message(f"report.data.head.{name}"), numbers=name == "missing") for name in _HEAD)
    yield Table(tuple(head), tuple(rows), "columns")
    hidden = len(columns) + len(aside) - len(rows)
    if hidden:
        yield Paragraph.of(Message("report.data.more", n=hidden), kind="note")
    yield Paragraph.of(Message("report.data.how"), kind="note")


def _missing(frame: nw.DataFrame[Any], name: str) -> str:
    """How many values of a column are missing, and which share of the rows that is."""
    series = frame[name]
    gone = series.null_count()
    if series.dtype.is_float():
        gone += int(series.is_nan().fill_null(False).sum())
    if series.dtype == nw.String:
        gone += int((series.str.strip_chars() == "").fill_null(False).sum())
    if not gone:
        return "0"
    share = gone / len(frame)
    return f"{gone:,} ({'<1%' if share < 0.01 else f'{share:.0%}'})"


def _heights(kind: str, features: NDArray[Any]) -> NDArray[Any]:
    """Of a little histogram."""
    if kind == "category":
        return np.sort(features.mean(axis=0))[::-1][:_MOST_BARS]
    if kind == "boolean":
        return np.array([np.mean(features[:, 0] == value) for value in (-1, 1)])
    return np.histogram(features[:, 0], bins=_MOST_BARS)[0]
