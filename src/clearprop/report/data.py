"""The data: how many rows, how they were split, what the target looks like, and what became of every column."""

from __future__ import annotations

from typing import Any

import narwhals.stable.v1 as nw
import numpy as np
from numpy.typing import NDArray

from clearprop.estimators.importance import feature_groups
from clearprop.estimators.verdict import PARTS
from clearprop.messages import Language, Message, say
from clearprop.present.figure import Axis
from clearprop.present.html import bar, lead, note, plain, section, sentences, table, text
from clearprop.report.chart import Plot, sketch
from clearprop.report.evidence import Evidence
from clearprop.report.reading import how_read
from clearprop.report.summary import quantity
from clearprop.table import NumberTarget

_MOST_CLASSES, _MOST_COLUMNS, _BINS, _MOST_BARS = 20, 100, 30, 24

_HEAD = (
    Message("report.data.head.column"),
    Message("report.data.head.kind"),
    Message("report.data.head.missing"),
    Message("report.data.head.values"),
    Message("report.data.head.what_the_network_sees"),
)


def data(evidence: Evidence, lang: Language) -> str:
    """Rows, target and columns."""
    columns = _columns(evidence, lang)
    parts = lead(_words(evidence, lang)), _split(evidence, lang), *_target(evidence, lang), *columns
    return section("data", say("report.data.title", lang), *parts)


def _words(evidence: Evidence, lang: Language) -> str:
    read, used = evidence.summary["table"], sum(evidence.fit.rows.values())
    words = [say("report.data.read", lang, rows=f"{read['rows']:,}", columns=read["columns"])]
    words += [f"{line(lang)}{say('report.data.stop', lang)}" for line in how_read(read["read"])]
    if read["without_target"]:
        words.append(say("report.data.without", lang, n=f"{read['without_target']:,}"))
    if used + read["without_target"] < read["rows"]:
        words.append(say("report.data.drawn", lang, n=f"{used + read['without_target']:,}"))
    if len(evidence.fit.rows) == 3:
        words.append(say("report.data.split", lang))
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
    heading = f"<h3>{say('report.data.target', lang, name=text(evidence.model.target.name))}</h3>"
    classes = evidence.classes
    return [heading, *(_number(evidence, lang) if classes is None else _classes(evidence, classes, lang))]


def _classes(evidence: Evidence, classes: tuple[Any, ...], lang: Language) -> list[str]:
    shares = evidence.summary["target"]["shares"]
    ranked = sorted(zip(classes, shares, strict=True), key=lambda pair: -pair[1])
    most = ranked[0][1]
    rows = [[text(label), bar(0, share / most), f"{share:.1%}"] for label, share in ranked[:_MOST_CLASSES]]
    if len(ranked) > _MOST_CLASSES:
        rows.append([say("report.data.more_classes", lang, n=len(ranked) - _MOST_CLASSES), "", ""])
    return [lead(say("report.data.classes", lang, n=len(classes))), table([], rows, "bars")]


def _number(evidence: Evidence, lang: Language) -> list[str]:
    target, learned, coding = evidence.summary["target"], evidence.learned, evidence.model.target
    assert isinstance(coding, NumberTarget)
    values = coding.decode(learned.y)
    counts, edges = np.histogram(np.asarray(values, np.float64), bins=_BINS)
    plot = Plot(Axis.of(edges), Axis(0, float(counts.max())))
    says = say("report.data.says", lang, name=plain(target["name"]), low=quantity(edges[0]), high=quantity(edges[-1]))
    chart = plot.figure(
        [plot.columns(edges.tolist(), counts.tolist(), "blue")],
        (text(target["name"]), say("report.data.training_rows", lang)),
        says,
    )
    drawn = note(say("report.data.drawn_histogram", lang, n=f"{len(learned):,}")) if len(learned) < learned.of else ""
    done = "".join(("；" if lang == "zh" else "; ") + plain(done(lang), 200) for done in coding.describe())
    return [
        lead(say("report.data.number", lang, mean=quantity(target["mean"]), std=quantity(target["std"]), done=done)),
        chart,
        drawn,
    ]


def _columns(evidence: Evidence, lang: Language) -> list[str]:
    encoder, aside = evidence.model.encoder, list(evidence.model.encoder.ignored.items())
    X = evidence.learned.X
    rows = [
        [
            text(column.name),
            say(f"table.kinds.{column.kind}", lang),
            _missing(evidence.table, column.name),
            sketch(_heights(column.kind, X[:, features])),
            text(column.describe()(lang), 200),
        ]
        for column, features in list(zip(encoder.columns, feature_groups(encoder).values(), strict=True))[
            :_MOST_COLUMNS
        ]
    ]
    rows += [
        [text(name), f'<span class="aside">{say("report.data.aside", lang)}</span>', "", "", text(why(lang), 200)]
        for name, why in aside[:_MOST_COLUMNS]
    ]
    hidden = len(encoder.columns) + len(aside) - len(rows)
    more = note(say("report.data.more", lang, n=hidden)) if hidden else ""
    head = [title(lang) for title in _HEAD]
    return [
        f"<h3>{say('report.data.columns', lang)}</h3>",
        table(head, rows, "columns"),
        more,
        note(say("report.data.how", lang)),
    ]


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
