"""The first thing to see: how good the network is, how sure that is, and what to make of it."""

from __future__ import annotations

from pathlib import Path

from clearprop.estimators.importance import default_metric
from clearprop.estimators.verdict import PARTS
from clearprop.messages import Language, Message, say
from clearprop.present.figure.axis import tick_text
from clearprop.present.html import note, section, sentences, text
from clearprop.report.evidence import Evidence
from clearprop.report.summary import METRICS, number

_WHAT = {
    True: Message("report.verdict.what.true"),
    False: Message("report.verdict.what.false"),
}


def title(evidence: Evidence) -> str:
    """What the page is about, as plain text."""
    return f"{Path(evidence.summary['table']['name']).name} → {evidence.model.target.name}"


def verdict(evidence: Evidence, lang: Language) -> str:
    """The headline score on a line from the trivial answer to perfection, and the verdict in words."""
    last, metric = evidence.fit.last, default_metric(evidence.model)
    plain = last.to_dict()
    score, trivial = plain["scores"][metric], plain["baseline"][metric]
    low, high = plain["intervals"].get(metric, (None, None))
    on = say(
        "report.verdict.on",
        lang,
        metric=METRICS[metric](lang),
        rows=f"{last.rows:,}",
        part=PARTS[evidence.judged.part](lang),
    )
    words = "\n".join([*_serious(evidence, lang), *map(_paragraph, evidence.fit.verdict_in(lang))])
    return section(
        "verdict",
        say("report.verdict.title", lang),
        f'<div class="headline"><div><p class="score">{number(score)}</p><p class="soft">{on}</p></div>'
        f'<div class="say">{words}</div></div>',
        _strip(score, low, high, trivial, lang),
        note(sentences([_WHAT[evidence.classes is not None](lang), _sure(evidence)(lang)], lang)),
    )


def _sure(evidence: Evidence) -> Message:
    own = evidence.judged.part in evidence.fit.frames
    return (
        Message("report.verdict.sure_later")
        if evidence.fit.division.how == "time" and not own
        else Message("report.verdict.sure")
    )


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
    ends = [f'<span class="end low">{tick_text(round(floor, 3))}</span>'] * (side != " first")
    ends += ['<span class="end high">1</span>'] * (side != " last")
    baseline = say("report.verdict.trivial", lang, value=number(trivial))
    return (
        '<div class="strip">\n'
        f'<div class="track"><i class="band" style="left:{at(low):.2%};width:{at(high) - at(low):.2%}"></i>'
        f'<i class="tick" style="left:{place:.2%}"></i><i class="dot" style="left:{at(score):.2%}"></i></div>\n'
        f'<span class="above" style="{over}">'
        f"{say('report.verdict.interval', lang, low=number(low), high=number(high))}</span>\n"
        f'<span class="below{side}" style="left:{place:.2%}">{baseline}</span>\n'
        f"{''.join(ends)}\n</div>"
    )
