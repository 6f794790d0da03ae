"""What the doctor found: each finding with its evidence and what to change; and what was healthy."""

from __future__ import annotations

from clearprop.explain.doctor import ILLNESSES, Examination
from clearprop.messages import Message
from clearprop.present.document import Column, Fold, Paragraph, Section, Table
from clearprop.report.evidence import Evidence


def findings(evidence: Evidence) -> Section:
    """The findings, serious ones first, and behind a click all that was examined."""
    found = evidence.diagnosis
    blocks = (
        Paragraph.of(Message("report.findings.what"), kind="lead"),
        found.document.blocks[0],  # how many
        *found.document.sections,
        *_examined("report.findings.healthy", found.healthy),
        *_examined("report.findings.skipped", found.skipped),
    )
    return Section(Message("report.findings.title"), blocks, "findings")


def _examined(heading: str, some: tuple[Examination, ...]) -> list[Fold]:
    rows = tuple((ILLNESSES[one.illness], one.measured) for one in some)
    table = Table((Column(), Column(kind="soft")), rows, "words")
    return [Fold(Message(heading, n=len(some)), (table,))] if some else []
