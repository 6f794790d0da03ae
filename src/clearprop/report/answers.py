"""The answers beside the truth: a confusion matrix, or residuals."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from clearprop.estimators import Evaluation
from clearprop.estimators.threshold import decision_of
from clearprop.estimators.verdict import PARTS
from clearprop.messages import Language, Message, say
from clearprop.present.figure import Axis
from clearprop.present.html import lead, note, section, sentences, table, text
from clearprop.report.chart import Plot
from clearprop.report.evidence import Evidence, Sample
from clearprop.report.summary import quantity
from clearprop.table import ClassTarget, NumberTarget

_MOST_CLASSES, _BINS = 20, 31

_MANY_HEAD = (
    Message("report.answers.many_head.is"),
    Message("report.answers.many_head.answered"),
    Message("report.answers.many_head.rows"),
)


def answers(evidence: Evidence, lang: Language) -> str:
    """A confusion matrix for classes, residuals for numbers."""
    last, classes, part = evidence.fit.last, evidence.classes, PARTS[evidence.judged.part](lang)
    if classes is None:
        shown = _residuals(evidence, lang)
    elif last.confusion is not None and len(classes) <= _MOST_CLASSES:
        shown = _matrix(classes, last.confusion, part, lang)
    else:
        shown = _most_confused(classes, last, part, lang)
    return section("answers", say("report.answers.title", lang), *_decided(evidence, lang), *shown)


def _decided(evidence: Evidence, lang: Language) -> list[str]:
    """From which probability on a class is answered, if that was chosen."""
    target = evidence.model.target
    if not isinstance(target, ClassTarget) or target.decision is None:
        return []
    return [lead(text(decision_of(target)(lang), 300))]


def _matrix(classes: tuple[Any, ...], counts: NDArray[np.int64], part: str, lang: Language) -> list[str]:
    labels = [text(label, 24) for label in classes]
    rows = []
    for i, row in enumerate(counts):
        total = int(row.sum())
        cells = [_cell(int(n), total, i == j) for j, n in enumerate(row)]
        rows.append([labels[i], *cells, f'<span class="soft">{total:,}</span>'])
    head = [f'<span class="soft">{say("report.answers.is", lang)}</span>', *labels, say("report.answers.rows", lang)]
    return [lead(say("report.answers.confusion", lang, part=part)), table(head, rows, "confusion")]


def _cell(n: int, total: int, right: bool) -> str:
    if not n:
        return '<span class="soft">0</span>'
    kind = "right" if right else "wrong"
    return f'<div class="{kind}" style="--share:{n / total:.1%}">{n:,} <small>{n / total:.0%}</small></div>'


def _most_confused(classes: tuple[Any, ...], last: Evaluation, part: str, lang: Language) -> list[str]:
    rows = [[text(classes[i]), text(classes[j]), f"{n:,}"] for i, j, n in last.mistakes]
    said = say("report.answers.many", lang, n=len(classes), wrong=f"{last.wrong:,}", rows=f"{last.rows:,}", part=part)
    return [lead(said), table([title(lang) for title in _MANY_HEAD], rows)]


def _residuals(evidence: Evidence, lang: Language) -> list[str]:
    sample, target = evidence.judged, evidence.model.target
    assert isinstance(target, NumberTarget)
    truth, answer = target.decode(sample.y), target.predictions(sample.a[:, 0])
    half, most = np.quantile(np.abs(truth - answer), [0.5, 0.9])
    drawn = (
        say("report.answers.drawn", lang, n=f"{len(sample):,}", of=f"{sample.of:,}") if len(sample) < sample.of else ""
    )
    histogram, far = _histogram(truth - answer, lang)
    words = [
        say("report.answers.dot", lang, part=PARTS[sample.part](lang)),
        drawn,
        say("report.answers.far", lang, n=far) if far else "",
    ]
    return [
        lead(say("report.answers.residuals", lang, half=quantity(half), most=quantity(most))),
        f'<div class="pair">{_scatter(sample, truth, answer, lang)}{histogram}</div>',
        note(sentences(words, lang)),
    ]


def _scatter(sample: Sample, truth: NDArray[Any], answer: NDArray[Any], lang: Language) -> str:
    both = Axis.of([truth.min(), truth.max(), answer.min(), answer.max()])
    plot = Plot(both, both)
    ends = [both.low, both.high]
    marks = [plot.dots(answer.tolist(), truth.tolist(), "blue faint"), plot.line(ends, ends, "ink thin")]
    return plot.figure(
        marks,
        (say("report.answers.answer", lang), say("report.answers.truth", lang)),
        say("report.answers.says_dots", lang, n=len(sample)),
    )


def _histogram(residual: NDArray[Any], lang: Language) -> tuple[str, int]:
    """The chart, symmetric about 0, and how many residuals lie beyond it: a few far ones would squeeze the rest."""
    reach = float(np.quantile(np.abs(residual), 0.99, method="higher")) or 1.0
    counts, edges = np.histogram(residual, bins=_BINS, range=(-reach, reach))
    plot = Plot(Axis(-reach, reach), Axis(0, float(counts.max() or 1)))
    marks = [plot.columns(edges.tolist(), counts.tolist(), "blue"), plot.line([0, 0], [0, plot.y.high], "ink thin")]
    far = len(residual) - int(counts.sum())
    return plot.figure(
        marks,
        (say("report.answers.residual", lang), say("report.answers.count", lang)),
        say("report.answers.says_bins", lang, n=len(residual)),
    ), far
