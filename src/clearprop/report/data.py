"""The data: how many rows, how they were split, what the target looks like, and what became of every column."""

from __future__ import annotations

from typing import Any

import narwhals.stable.v1 as nw
import numpy as np
from numpy.typing import NDArray

from clearprop.estimators.importance import feature_groups
from clearprop.estimators.verdict import PARTS
from clearprop.messages.language import Language, Phrase
from clearprop.present.html import bar, lead, note, plain, section, sentences, table, text
from clearprop.report.chart import Axis, Plot, sketch
from clearprop.report.columns import KINDS, done_to, done_to_target, set_aside
from clearprop.report.evidence import Evidence
from clearprop.report.reading import how_read
from clearprop.report.summary import quantity
from clearprop.table import NumberTarget

_MOST_CLASSES, _MOST_COLUMNS, _BINS, _MOST_BARS = 20, 100, 30, 24

_TITLE = Phrase("Data", "数据")
_READ = Phrase("{rows} rows and {columns} columns were read.", "共读入 {rows} 行、{columns} 列。")
_STOP = Phrase(".", "。")
_WITHOUT = Phrase("{n} rows have no target and were left out.", "其中 {n} 行缺少目标值，未使用。")
_DRAWN = Phrase("{n} of the rows were drawn at random.", "从中随机抽取了 {n} 行。")
_SPLIT = Phrase(
    "The network learns from the training rows, stops by the validation rows, and is judged by the test rows.",
    "网络用训练集学习，用验证集决定何时停止，用测试集评判。",
)
_TARGET = Phrase("Target: {name}", "目标：{name}")
_CLASSES = Phrase("{n} classes; their shares of the training rows", "{n} 个类别及其在训练集中的占比")
_MORE_CLASSES = Phrase("… and {n} more", "……另有 {n} 个")
_NUMBER = Phrase("A number: mean {mean}, standard deviation {std}{done}.", "数值：平均值 {mean}，标准差 {std}{done}。")
_TRAINING_ROWS = Phrase("training rows", "训练集样本数")
_DRAWN_HISTOGRAM = Phrase("Of {n} training rows drawn at random.", "随机抽取的 {n} 个训练集样本。")
_SAYS = Phrase("Histogram of {name}, from {low} to {high}.", "{name} 的直方图，从 {low} 到 {high}。")
_COLUMNS = Phrase("Columns", "列")
_HEAD = (
    Phrase("column", "列"),
    Phrase("kind", "类型"),
    Phrase("missing", "缺失"),
    Phrase("values", "取值"),
    Phrase("what the network sees", "网络看到的是"),
)
_ASIDE = Phrase("set aside", "未使用")
_MORE = Phrase("{n} more columns are not shown.", "另有 {n} 列未列出。")
_HOW = Phrase(
    "Numbers are scaled as shown and then bent to stay within ±c: x/√(1 + (x/c)²). The little histograms are of the "
    "training rows, numbers as the network sees them, categories with the most frequent first.",
    "数值先按所示方式标准化，再压缩到 ±c 以内：x/√(1 + (x/c)²)。"
    "小直方图取自训练集：数值按网络所见绘制，类别按频数由高到低排列。",
)


def data(evidence: Evidence, lang: Language) -> str:
    """Rows, target and columns."""
    return section(
        "data", _TITLE(lang), lead(_words(evidence, lang)), _split(evidence, lang), *_target(evidence, lang),
        *_columns(evidence, lang),
    )  # fmt: skip


def _words(evidence: Evidence, lang: Language) -> str:
    read, used = evidence.summary["table"], sum(evidence.fit.rows.values())
    words = [_READ(lang, rows=f"{read['rows']:,}", columns=read["columns"])]
    words += [f"{line}{_STOP(lang)}" for line in how_read(read["read"], lang)]
    if read["without_target"]:
        words.append(_WITHOUT(lang, n=f"{read['without_target']:,}"))
    if used + read["without_target"] < read["rows"]:
        words.append(_DRAWN(lang, n=f"{used + read['without_target']:,}"))
    if len(evidence.fit.rows) == 3:
        words.append(_SPLIT(lang))
    weighting = evidence.model.weighting.said(evidence.model.target)
    words += [plain(word(lang), 400) for word in weighting]
    return sentences([*words, *(word(lang) for word in evidence.fit.division.said)], lang)


def _split(evidence: Evidence, lang: Language) -> str:
    """The parts as one bar."""
    rows = evidence.fit.rows
    pieces = "".join(
        f'<div class="{name}" style="flex-grow:{n}"><strong>{n:,}</strong> {PARTS[name](lang)}</div>'
        for name, n in rows.items()
    )
    return f'<div class="split">{pieces}</div>'


def _target(evidence: Evidence, lang: Language) -> list[str]:
    heading = f"<h3>{_TARGET(lang, name=text(evidence.model.target.name))}</h3>"
    classes = evidence.classes
    return [heading, *(_number(evidence, lang) if classes is None else _classes(evidence, classes, lang))]


def _classes(evidence: Evidence, classes: tuple[Any, ...], lang: Language) -> list[str]:
    shares = evidence.summary["target"]["shares"]
    ranked = sorted(zip(classes, shares, strict=True), key=lambda pair: -pair[1])
    most = ranked[0][1]
    rows = [[text(label), bar(0, share / most), f"{share:.1%}"] for label, share in ranked[:_MOST_CLASSES]]
    if len(ranked) > _MOST_CLASSES:
        rows.append([_MORE_CLASSES(lang, n=len(ranked) - _MOST_CLASSES), "", ""])
    return [lead(_CLASSES(lang, n=len(classes))), table([], rows, "bars")]


def _number(evidence: Evidence, lang: Language) -> list[str]:
    target, learned, coding = evidence.summary["target"], evidence.learned, evidence.model.target
    assert isinstance(coding, NumberTarget)
    values = coding.decode(learned.y)
    counts, edges = np.histogram(np.asarray(values, np.float64), bins=_BINS)
    plot = Plot(Axis.of(edges), Axis(0, float(counts.max())))
    says = _SAYS(lang, name=plain(target["name"]), low=quantity(edges[0]), high=quantity(edges[-1]))
    chart = plot.figure(
        [plot.columns(edges.tolist(), counts.tolist(), "blue")], (text(target["name"]), _TRAINING_ROWS(lang)), says
    )
    drawn = note(_DRAWN_HISTOGRAM(lang, n=f"{len(learned):,}")) if len(learned) < learned.of else ""
    done = "".join(("；" if lang == "zh" else "; ") + plain(text, 200) for text in done_to_target(coding, lang))
    return [lead(_NUMBER(lang, mean=quantity(target["mean"]), std=quantity(target["std"]), done=done)), chart, drawn]


def _columns(evidence: Evidence, lang: Language) -> list[str]:
    encoder, aside = evidence.model.encoder, list(evidence.model.encoder.ignored.items())
    X = evidence.learned.X
    rows = [
        [
            text(column.name),
            KINDS[column.kind](lang),
            _missing(evidence.table, column.name),
            sketch(_heights(column.kind, X[:, features])),
            text(done_to(column, lang), 200),
        ]
        for column, features in list(zip(encoder.columns, feature_groups(encoder).values(), strict=True))[
            :_MOST_COLUMNS
        ]
    ]
    rows += [
        [text(name), f'<span class="aside">{_ASIDE(lang)}</span>', "", "", text(set_aside(why, lang), 200)]
        for name, why in aside[:_MOST_COLUMNS]
    ]
    hidden = len(encoder.columns) + len(aside) - len(rows)
    more = note(_MORE(lang, n=hidden)) if hidden else ""
    head = [title(lang) for title in _HEAD]
    return [f"<h3>{_COLUMNS(lang)}</h3>", table(head, rows, "columns"), more, note(_HOW(lang))]


def _missing(frame: nw.DataFrame[Any], name: str) -> str:
    """How many values of a column are missing, and which share of the rows that is."""
    series = frame[name]
    gone = series.null_count()
    if series.dtype.is_float():
        gone += int(series.is_nan().fill_null(False).sum())
    if series.dtype == nw.String:
        gone += int((series.str.strip_chars() == "").fill_null(False).sum())
    if not gone:
        return '<span class="soft">0</span>'
    share = gone / len(frame)
    return f'{gone:,} <span class="soft">({"&lt;1%" if share < 0.01 else f"{share:.0%}"})</span>'


def _heights(kind: str, features: NDArray[Any]) -> NDArray[Any]:
    """Of a little histogram."""
    if kind == "category":
        return np.sort(features.mean(axis=0))[::-1][:_MOST_BARS]
    if kind == "boolean":
        return np.array([np.mean(features[:, 0] == value) for value in (-1, 1)])
    return np.histogram(features[:, 0], bins=_MOST_BARS)[0]
