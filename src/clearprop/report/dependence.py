"""How the answer depends on the columns that matter most: partial dependence in front of single rows' curves."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from clearprop.estimators.curves import DependencePlot, caution
from clearprop.estimators.dependence import GRID, ROWS, dependences_of
from clearprop.estimators.verdict import PARTS
from clearprop.messages import Message
from clearprop.present.document import Block, Paragraph, Section
from clearprop.report.evidence import CHART, Evidence
from clearprop.report.summary import METRICS
from clearprop.table.target import ClassTarget

_MOST_COLUMNS = 6
_MOST_ANSWERS, _FEWEST = 1_000_000, 10  # that are held for a picture, and rows, where there are very many classes


def dependence(evidence: Evidence) -> Section:
    """A picture for each of the six most important columns."""
    return Section(Message("report.dependence.title"), tuple(_blocks(evidence)), "dependence")


def _blocks(evidence: Evidence) -> Iterator[Block]:
    plots = _plots(evidence)
    rows = {"rows": f"{len(plots[0].found.rows):,}", "part": PARTS[evidence.judged.part]}
    yield Paragraph.of(Message("report.dependence.lead", of=plots[0].of, n=len(plots), **rows), kind="lead")
    yield Section("", tuple(plot.figure for plot in plots), kind="pair")
    yield from caution(plot.found for plot in plots)
    chosen = "report.dependence.chosen" if evidence.importance else "report.dependence.chosen_by_gradient"
    by = Message.of(chosen, {"metric": METRICS[evidence.metric]})
    yield Paragraph((plots[0].how, by, *(remark for plot in plots for remark in plot.remarks())), "note")


def _most_important(evidence: Evidence) -> list[str]:
    """By the fall of the score, where there is one, else by mean |gradient × input|."""
    found = evidence.importance
    if found is not None:
        return [name for name, _, _ in found.ranked()[:_MOST_COLUMNS]]
    names, sizes = [c.name for c in evidence.model.encoder.columns], np.abs(evidence.contributions).mean(axis=0)
    return [names[j] for j in np.argsort(-sizes, kind="stable")[:_MOST_COLUMNS]]


def _plots(evidence: Evidence) -> list[DependencePlot]:
    """By the mean of all members: it is about the model, not about how good it is."""
    target = evidence.model.target
    rows = max(_FEWEST, min(ROWS, _MOST_ANSWERS // (GRID * max(1, len(evidence.classes or ())))))
    every = dependences_of(evidence.model, evidence.judged.frame.to_native(), _most_important(evidence), rows=rows)
    positive = target.positive if isinstance(target, ClassTarget) else None
    return [DependencePlot(one, None if positive is None else one.classes[positive], size=CHART) for one in every]
