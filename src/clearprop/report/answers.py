"""The answers beside the truth: a confusion matrix, or residuals."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from clearprop.estimators import Evaluation
from clearprop.estimators.threshold import decision_of
from clearprop.estimators.verdict import PARTS
from clearprop.messages.language import Language, Phrase
from clearprop.present.html import lead, note, section, sentences, table, text
from clearprop.report.chart import Axis, Plot
from clearprop.report.evidence import Evidence, Sample
from clearprop.report.summary import quantity
from clearprop.table import ClassTarget, NumberTarget

_MOST_CLASSES, _BINS = 20, 31

_TITLE = Phrase("Answers and truth", "预测与真值")
_CONFUSION = Phrase(
    "The {part} rows by what they are (down) and what the network answered (across). Right answers stand on the "
    "diagonal. The percentage is the share of the row: how many of that class were answered so.",
    "{part}样本按真实类别（行）和预测类别（列）统计，对角线上是预测正确的。百分数是所在行的占比，即该类样本中有多少得到这种预测。",
)
_IS, _ROWS = Phrase("is ↓ · answered →", "真实 ↓ · 预测 →"), Phrase("rows", "样本数")
_MANY = Phrase(
    "There are {n} classes. {wrong} of the {rows} {part} rows were taken for another class, most often:",
    "共有 {n} 个类别。{part}的 {rows} 个样本中有 {wrong} 个被认作其他类别，最常见的是：",
)
_MANY_HEAD = (Phrase("is", "真实"), Phrase("answered", "预测"), Phrase("rows", "样本数"))

_RESIDUALS = Phrase(
    "The residual is truth − answer. Half of the answers are within ±{half} of the truth, nine of ten within ±{most}.",
    "残差 = 真值 − 预测值。半数预测与真值相差不超过 {half}，九成不超过 {most}。",
)
_ANSWER, _TRUTH = Phrase("answer", "预测值"), Phrase("truth", "真值")
_RESIDUAL, _COUNT = Phrase("truth − answer", "真值 − 预测值"), Phrase("rows", "样本数")
_DOT = Phrase(
    "Each dot is a {part} row; on the line, answer and truth are equal.",
    "每个点是{part}的一个样本；落在线上的点，预测值等于真值。",
)
_DRAWN = Phrase("{n} of the {of} rows are drawn, taken at random.", "图中为从 {of} 个样本中随机抽取的 {n} 个。")
_FAR = Phrase("{n} residuals lie further out than is drawn.", "另有 {n} 个残差超出绘图范围。")
_SAYS_DOTS = Phrase("Truth over answer of {n} rows.", "{n} 个样本的真值与预测值。")
_SAYS_BINS = Phrase("Histogram of {n} residuals.", "{n} 个残差的直方图。")


def answers(evidence: Evidence, lang: Language) -> str:
    """A confusion matrix for classes, residuals for numbers."""
    last, classes, part = evidence.fit.last, evidence.classes, PARTS[evidence.judged.part](lang)
    if classes is None:
        shown = _residuals(evidence, lang)
    elif last.confusion is not None and len(classes) <= _MOST_CLASSES:
        shown = _matrix(classes, last.confusion, part, lang)
    else:
        shown = _most_confused(classes, last, part, lang)
    return section("answers", _TITLE(lang), *_decided(evidence, lang), *shown)


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
    head = [f'<span class="soft">{_IS(lang)}</span>', *labels, _ROWS(lang)]
    return [lead(_CONFUSION(lang, part=part)), table(head, rows, "confusion")]


def _cell(n: int, total: int, right: bool) -> str:
    if not n:
        return '<span class="soft">0</span>'
    kind = "right" if right else "wrong"
    return f'<div class="{kind}" style="--share:{n / total:.1%}">{n:,} <small>{n / total:.0%}</small></div>'


def _most_confused(classes: tuple[Any, ...], last: Evaluation, part: str, lang: Language) -> list[str]:
    rows = [[text(classes[i]), text(classes[j]), f"{n:,}"] for i, j, n in last.mistakes]
    said = _MANY(lang, n=len(classes), wrong=f"{last.wrong:,}", rows=f"{last.rows:,}", part=part)
    return [lead(said), table([title(lang) for title in _MANY_HEAD], rows)]


def _residuals(evidence: Evidence, lang: Language) -> list[str]:
    sample, target = evidence.judged, evidence.model.target
    assert isinstance(target, NumberTarget)
    truth, answer = target.decode(sample.y), target.predictions(sample.a[:, 0])
    half, most = np.quantile(np.abs(truth - answer), [0.5, 0.9])
    drawn = _DRAWN(lang, n=f"{len(sample):,}", of=f"{sample.of:,}") if len(sample) < sample.of else ""
    histogram, far = _histogram(truth - answer, lang)
    words = [_DOT(lang, part=PARTS[sample.part](lang)), drawn, _FAR(lang, n=far) if far else ""]
    return [
        lead(_RESIDUALS(lang, half=quantity(half), most=quantity(most))),
        f'<div class="pair">{_scatter(sample, truth, answer, lang)}{histogram}</div>',
        note(sentences(words, lang)),
    ]


def _scatter(sample: Sample, truth: NDArray[Any], answer: NDArray[Any], lang: Language) -> str:
    both = Axis.of([truth.min(), truth.max(), answer.min(), answer.max()])
    plot = Plot(both, both)
    ends = [both.low, both.high]
    marks = [plot.dots(answer.tolist(), truth.tolist(), "blue faint"), plot.line(ends, ends, "ink thin")]
    return plot.figure(marks, (_ANSWER(lang), _TRUTH(lang)), _SAYS_DOTS(lang, n=len(sample)))


def _histogram(residual: NDArray[Any], lang: Language) -> tuple[str, int]:
    """The chart, symmetric about 0, and how many residuals lie beyond it: a few far ones would squeeze the rest."""
    reach = float(np.quantile(np.abs(residual), 0.99, method="higher")) or 1.0
    counts, edges = np.histogram(residual, bins=_BINS, range=(-reach, reach))
    plot = Plot(Axis(-reach, reach), Axis(0, float(counts.max() or 1)))
    marks = [plot.columns(edges.tolist(), counts.tolist(), "blue"), plot.line([0, 0], [0, plot.y.high], "ink thin")]
    far = len(residual) - int(counts.sum())
    return plot.figure(marks, (_RESIDUAL(lang), _COUNT(lang)), _SAYS_BINS(lang, n=len(residual))), far
