"""What the doctor found: each finding with its evidence and what to change; and what was healthy."""

from __future__ import annotations

from clearprop.explain.doctor import Examination
from clearprop.explain.doctor.diagnosis import table_of
from clearprop.messages import Message
from clearprop.present.document import Block, Fold, Paragraph, Section
from clearprop.report.evidence import Evidence


def findings(evidence: Evidence) -> Section:
    """The findings, serious ones first, and behind a click all that was examined."""
    found = evidence.diagnosis
    blocks: list[Block] = [
        Paragraph.of(Message("report.findings.what"), kind="lead"),
        Paragraph.of(found.said, kind="strong"),
        *found.document.sections,
        *_examined("report.findings.healthy", found.healthy),
        *_examined("report.findings.skipped", found.skipped),
    ]
    return Section(Message("report.findings.title"), tuple(blocks), "findings")


def _examined(heading: str, some: tuple[Examination, ...]) -> list[Fold]:
    return [Fold(Message(heading, n=len(some)), (table_of(some),))] if some else []
