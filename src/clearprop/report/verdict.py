"""How good the network is, how sure that is, and what to make of it; and what the doctor found."""

from __future__ import annotations

from clearprop.estimators.importance import default_metric
from clearprop.estimators.verdict import PARTS
from clearprop.explain.doctor import Examination
from clearprop.explain.doctor.diagnosis import table_of
from clearprop.messages import Message
from clearprop.present.document import Block, Figure, Fold, Paragraph, Section
from clearprop.present.figure import Axis, Band, Dots, Line, Note, Plot
from clearprop.present.figure.axis import tick_text
from clearprop.report.evidence import Evidence
from clearprop.report.summary import METRICS, covered, score_text


def verdict_section(evidence: Evidence) -> Section:
    """The headline score on a line from the baseline to perfection, and the verdict in words."""
    last, metric = evidence.fit.last, default_metric(evidence.model)
    found = last.to_dict()
    score, baseline = found["scores"][metric], found["baseline"][metric]
    low, high = found["intervals"].get(metric, (None, None))
    of = {"metric": METRICS[metric], "rows": f"{last.rows:,}", "part": PARTS[evidence.judged.part]}
    on = Message("report.verdict.on", **of)
    headline = Section("", (Paragraph.of(score_text(score)), Paragraph.of(on, kind="soft")), kind="score")
    words = Section("", (*_serious(evidence), *map(Paragraph.of, evidence.fit.said)), kind="say")
    strip: list[Block] = []
    if score is not None and low is not None and high is not None and baseline is not None:
        strip.append(Figure(_strip(on, score, low, high, baseline)))
    is_quantile = metric == "r1"
    baseline_is = Message(f"report.verdict.what.{'quantile' if is_quantile else evidence.kind}")
    shares = covered(found, True) if is_quantile else ()
    note = Paragraph.of(baseline_is, *[_sure(evidence)] * len(strip), *shares, kind="note")
    blocks = [Section("", (headline, words), kind="headline"), *strip, note]
    return Section(Message("report.verdict.title"), tuple(blocks), "verdict")


def _sure(evidence: Evidence) -> Message:
    own = evidence.judged.part in evidence.fit.frames
    later = evidence.fit.division.how == "time" and not own
    return Message("report.verdict.sure_later") if later else Message("report.verdict.sure")


def _serious(evidence: Evidence) -> list[Paragraph]:
    """Findings that a good score must not hide."""
    grave = [finding for finding in evidence.diagnosis if finding.severity == "serious"]
    return [Paragraph.of(finding.title, kind="bad", to="findings") for finding in grave[:3]]


def _strip(title: Message, score: float, low: float, high: float, baseline: float) -> Plot:
    """The score, its interval and the baseline on one line that ends at 1, which is perfect."""
    floor = round(min(0.0, low, baseline), 3)
    line = Axis(floor, 1)
    is_first, is_last = line.share(baseline) < 0.2, line.share(baseline) > 0.8
    ends = [(end, tick_text(end)) for end, taken in ((floor, is_first), (1, is_last)) if not taken]
    interval = Message("report.verdict.interval", low=score_text(low), high=score_text(high))
    is_right = line.share(high) > 0.5
    below = Message("report.verdict.baseline", value=score_text(baseline))
    marks = (
        Band([floor, 1], 0, 1, "soft", 0.12),
        Band([low, high], 0, 1, "blue", 0.35),
        Line([baseline, baseline], [-0.3, 1.3], "soft"),
        Dots([score], [0.5], radius=8),
        Note(high if is_right else low, 1.7, interval, "soft", "end" if is_right else "start"),
        Note(baseline, -0.3, below, "soft", "start" if is_first else "end" if is_last else "middle", dy=15),
    )
    x, y = Axis(floor, 1, given=tuple(ends)), Axis(-0.3, 2.7, given=())
    return Plot(title, x, y, marks, width=350, height=40, grid="x")


def findings(evidence: Evidence) -> Section:
    """The findings, serious ones first, and behind a click all that was examined."""
    found = evidence.diagnosis
    blocks: list[Block] = [
        Paragraph((Message("report.findings.what"), *_whose(evidence)), "lead"),
        Paragraph.of(found.said, kind="strong"),
        *found.document.sections,
        *_examined("report.findings.healthy", found.healthy),
        *_examined("report.findings.skipped", found.skipped),
    ]
    return Section(Message("report.findings.title"), tuple(blocks), "findings")


def _whose(evidence: Evidence) -> list[Message]:
    members = len(evidence.model.members)
    return [member_words(1, members)] if members > 1 else []


def member_words(k: int, n: int) -> Message:
    """Whose layers, units and losses were examined, and whose answers."""
    return Message("report.findings.member", k=k, n=n)


def _examined(heading: str, some: tuple[Examination, ...]) -> list[Fold]:
    return [Fold(Message(heading, n=len(some)), (table_of(some),))] if some else []
