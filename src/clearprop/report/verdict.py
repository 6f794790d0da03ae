"""The first thing to see: how good the network is, how sure that is, and what to make of it."""

from __future__ import annotations

from pathlib import Path

from clearprop.estimators.importance import default_metric
from clearprop.estimators.verdict import PARTS
from clearprop.messages.language import Language, Phrase
from clearprop.present.html import note, section, sentences, text
from clearprop.report.chart import shown
from clearprop.report.evidence import Evidence
from clearprop.report.summary import METRICS, number

_TITLE = Phrase("How good it is", "效果如何")
_ON = Phrase("{metric} on {rows} {part} rows", "{part}（{rows} 个样本）上的{metric}")
_INTERVAL = Phrase("95% interval {low} – {high}", "95% 置信区间 {low} – {high}")
_TRIVIAL = Phrase("trivial answer {value}", "基线 {value}")
_WHAT = {
    True: Phrase(
        "The trivial answer looks at no column: it is always the most frequent class.",
        "基线不看任何列：始终预测最常见的类别。",
    ),
    False: Phrase("The trivial answer looks at no column: it is always the mean.", "基线不看任何列：始终预测平均值。"),
}
_SURE = Phrase(
    "The band is the 95% interval by the bootstrap: what other rows of the same kind might have said.",
    "色带是用自助法求得的 95% 置信区间：换一批同类样本，得分可能落在其中。",
)
_SURE_LATER = Phrase(
    "The band is the 95% interval of another stretch of time, by how the error and the target varied from one to "
    "another before.",
    "色带是另一段时间的 95% 置信区间：依据的是误差和目标在以往各时段之间的变化。",
)


def title(evidence: Evidence) -> str:
    """What the page is about, as plain text."""
    return f"{Path(evidence.summary['table']['name']).name} → {evidence.model.target.name}"


def verdict(evidence: Evidence, lang: Language) -> str:
    """The headline score on a line from the trivial answer to perfection, and the verdict in words."""
    last, metric = evidence.fit.last, default_metric(evidence.model)
    plain = last.to_dict()
    score, trivial = plain["scores"][metric], plain["baseline"][metric]
    low, high = plain["intervals"].get(metric, (None, None))
    on = _ON(lang, metric=METRICS[metric](lang), rows=f"{last.rows:,}", part=PARTS[evidence.judged.part](lang))
    words = "\n".join([*_serious(evidence, lang), *map(_paragraph, evidence.fit.verdict_in(lang))])
    return section(
        "verdict",
        _TITLE(lang),
        f'<div class="headline"><div><p class="score">{number(score)}</p><p class="soft">{on}</p></div>'
        f'<div class="say">{words}</div></div>',
        _strip(score, low, high, trivial, lang),
        note(sentences([_WHAT[evidence.classes is not None](lang), _sure(evidence)(lang)], lang)),
    )


def _sure(evidence: Evidence) -> Phrase:
    own = evidence.judged.part in evidence.fit.frames
    return _SURE_LATER if evidence.fit.division.how == "time" and not own else _SURE


def _serious(evidence: Evidence, lang: Language) -> list[str]:
    """Findings that a good score must not hide."""
    grave = [finding for finding in evidence.diagnosis if finding.severity == "serious"]
    return [f'<p><a class="bad" href="#findings">{text(finding.title(lang), 200)}</a></p>' for finding in grave[:3]]


def _paragraph(words: str) -> str:
    return f"<p>{text(words, 1000)}</p>"


def _strip(score: float | None, low: float | None, high: float | None, trivial: float | None, lang: Language) -> str:
    """The score, its interval and the trivial answer's on one line that ends at 1, which is perfect."""
    if score is None or low is None or high is None or trivial is None:
        return ""
    floor = min(0.0, low, trivial)

    def at(value: float) -> float:
        return (value - floor) / (1 - floor)

    place = at(trivial)
    side = " first" if place < 0.15 else " last" if place > 0.85 else ""  # the end's own number makes room
    over = f"right:{1 - at(high):.2%}" if at(high) > 0.5 else f"left:{at(low):.2%}"
    ends = [f'<span class="end low">{shown(round(floor, 3))}</span>'] * (side != " first")
    ends += ['<span class="end high">1</span>'] * (side != " last")
    return (
        '<div class="strip">\n'
        f'<div class="track"><i class="band" style="left:{at(low):.2%};width:{at(high) - at(low):.2%}"></i>'
        f'<i class="tick" style="left:{place:.2%}"></i><i class="dot" style="left:{at(score):.2%}"></i></div>\n'
        f'<span class="above" style="{over}">'
        f"{_INTERVAL(lang, low=number(low), high=number(high))}</span>\n"
        f'<span class="below{side}" style="left:{place:.2%}">{_TRIVIAL(lang, value=number(trivial))}</span>\n'
        f"{''.join(ends)}\n</div>"
    )
