"""What the doctor found: each finding with its evidence and what to change; and what was healthy."""

from __future__ import annotations

from clearprop.explain.doctor import ILLNESSES, Examination, Finding
from clearprop.messages.language import Language, Phrase
from clearprop.present.html import lead, section, table, text
from clearprop.report.evidence import Evidence

_TITLE = Phrase("The doctor's findings", "诊断")
_WHAT = Phrase(
    "The network and its training were examined for what commonly goes wrong.", "对网络及其训练逐项检查了常见的问题。"
)
_HEALTHY = Phrase("Examined, and healthy: {n}", "检查正常：{n} 项")
_SKIPPED = Phrase("Not to be examined here: {n}", "不适用：{n} 项")
_WORDS = 1000  # of letters, at most: a finding may name columns


def findings(evidence: Evidence, lang: Language) -> str:
    """The findings, serious ones first, and behind a click all that was examined."""
    diagnosis = evidence.diagnosis
    return section(
        "findings",
        _TITLE(lang),
        lead(f"{_WHAT(lang)} <strong>{diagnosis.summary(lang)}</strong>"),
        *(_finding(finding, lang) for finding in diagnosis),
        _examined(_HEALTHY, diagnosis.healthy, lang),
        _examined(_SKIPPED, diagnosis.skipped, lang),
    )


def _finding(finding: Finding, lang: Language) -> str:
    picture = f"<figure>{finding.picture}</figure>" if finding.picture else ""
    return (
        f'<div class="finding {finding.severity}"><h3>{text(finding.title(lang), _WORDS)}</h3>'
        f"<p>{text(finding.measured(lang), _WORDS)}</p>{picture}"
        f'<p class="soft">{text(finding.why(lang), _WORDS)}</p>'
        f'<p class="advice">{text(finding.advice(lang), _WORDS)}</p></div>'
    )


def _examined(heading: Phrase, some: tuple[Examination, ...], lang: Language) -> str:
    if not some:
        return ""
    rows = [[ILLNESSES[one.illness](lang), text(one.measured(lang), _WORDS)] for one in some]
    return f"<details><summary>{heading(lang, n=len(some))}</summary>{table([], rows, 'words')}</details>"
