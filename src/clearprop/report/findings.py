"""What the doctor found: each finding with its evidence and what to change; and what was healthy."""

from __future__ import annotations

from clearprop.explain.doctor import ILLNESSES, Examination, Finding
from clearprop.messages import Language, say
from clearprop.present.html import lead, section, table, text
from clearprop.report.evidence import Evidence

_WORDS = 1000  # of letters, at most: a finding may name columns


def findings(evidence: Evidence, lang: Language) -> str:
    """The findings, serious ones first, and behind a click all that was examined."""
    diagnosis = evidence.diagnosis
    return section(
        "findings",
        say("report.findings.title", lang),
        lead(f"{say('report.findings.what', lang)} <strong>{diagnosis.summary(lang)}</strong>"),
        *(_finding(finding, lang) for finding in diagnosis),
        _examined("report.findings.healthy", diagnosis.healthy, lang),
        _examined("report.findings.skipped", diagnosis.skipped, lang),
    )


def _finding(finding: Finding, lang: Language) -> str:
    picture = f"<figure>{finding.plot.picture(lang).svg}</figure>" if finding.plot else ""
    return (
        f'<div class="finding {finding.severity}"><h3>{text(finding.title(lang), _WORDS)}</h3>'
        f"<p>{text(finding.measured(lang), _WORDS)}</p>{picture}"
        f'<p class="soft">{text(finding.why(lang), _WORDS)}</p>'
        f'<p class="advice">{text(finding.advice(lang), _WORDS)}</p></div>'
    )


def _examined(heading: str, some: tuple[Examination, ...], lang: Language) -> str:
    if not some:
        return ""
    rows = [[ILLNESSES[one.illness](lang), text(one.measured(lang), _WORDS)] for one in some]
    return f"<details><summary>{say(heading, lang, n=len(some))}</summary>{table([], rows, 'words')}</details>"
