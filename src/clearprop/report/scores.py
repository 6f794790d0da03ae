"""The scores of all parts side by side."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from clearprop.estimators.importance import LOWER_IS_BETTER
from clearprop.estimators.verdict import PARTS
from clearprop.messages import Message, Words, has_words
from clearprop.present.document import Cell, Column, Paragraph, Section, Table
from clearprop.report.evidence import Evidence
from clearprop.report.summary import METRICS, score_text
from clearprop.visible import shown_name


def scores_section(evidence: Evidence) -> Section:
    """All scores, and how many rows they are of."""
    parts = {name: part.to_dict() for name, part in evidence.fit.parts.items()}
    last = evidence.judged.part
    table = table_of_scores(parts, parts[last]["scores"], with_arrows=True)
    counts: tuple[Cell, ...]
    counts = (Message("report.scores.rows"), *(f"{part['rows']:,}" for part in parts.values()), "", "")
    blocks = (
        Paragraph.of(Message("report.scores.side_by_side"), kind="lead"),
        Table(table.columns, (counts, *table.rows), table.kind),
        Paragraph.of(Message("report.scores.less", part=PARTS[last]), kind="note"),
    )
    return Section(Message("report.scores.scores"), blocks, "scores")


def _part(name: str) -> Words:
    """A part of the rows in words; a model file may name others."""
    return Message(f"overview.part.{name}") if has_words(f"overview.part.{name}") else shown_name(name)


def table_of_scores(parts: Mapping[str, Mapping[str, Any]], metrics: Iterable[str], with_arrows: bool = False) -> Table:
    """A column per part, then the interval and the baseline of the last.

    Args:
        parts: part → its evaluation as plain data.
        metrics: which scores.
        with_arrows: whether ↓ marks those of which less is better.
    """
    final = list(parts)[-1]
    last = parts[final]
    columns = [Column()]
    columns += [Column(_part(p), True, "strong" if p == final else "") for p in parts]
    columns += [Column(Message("overview.interval"), True), Column(Message("overview.baseline"), True)]
    rows: list[tuple[Cell, ...]] = []
    for metric in metrics:
        low, high = last["intervals"].get(metric, (None, None))
        interval = "–" if low is None or high is None else f"{score_text(low)}–{score_text(high)}"
        name: Words = METRICS.get(metric, metric)
        if with_arrows and metric in LOWER_IS_BETTER:
            name = Message("report.scores.lower", metric=name)
        values = [score_text(part["scores"].get(metric)) for part in parts.values()]
        rows.append((name, *values, interval, score_text(last["baseline"][metric])))
    return Table(tuple(columns), tuple(rows), "scores")
