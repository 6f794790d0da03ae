"""A diagnosis: all findings and all that was examined, as a document in any language, and as data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from clearprop.errors import UnknownNameError
from clearprop.explain.doctor.finding import ILLNESSES, Examination, Finding, json_ready
from clearprop.messages import Language, Message, checked_language
from clearprop.present.document import Block, Column, Document, Figure, Paragraph, Section, Table
from clearprop.present.page import fragment
from clearprop.present.writers import document_style, html_of, text_of
from clearprop.visible import visible

_WIDTH = 100  # columns of the printed text


@dataclass(frozen=True, repr=False)
class Diagnosis:
    """What `diagnose` returns: the findings, and everything that was examined.

    It is iterated over, counted and asked for truth like a list of findings: a healthy network has none.

    Attributes:
        examined: everything that was looked at, with the measured values.
        lang: the language in which it is printed.
    """

    examined: tuple[Examination, ...]
    lang: Language = "en"

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What was found; what causes others comes first."""
        return tuple(e.finding for e in self.examined if e.finding is not None)

    @property
    def healthy(self) -> tuple[Examination, ...]:
        """What was measured without a finding."""
        return tuple(e for e in self.examined if e.done and e.finding is None)

    @property
    def skipped(self) -> tuple[Examination, ...]:
        """What could not be measured, each with the reason."""
        return tuple(e for e in self.examined if not e.done)

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.findings)

    def __len__(self) -> int:
        return len(self.findings)

    def __getitem__(self, illness: str) -> Finding:
        for finding in self.findings:
            if finding.illness == illness:
                return finding
        there = "one of: " + ", ".join(finding.illness for finding in self) if self else "none: nothing was found"
        raise UnknownNameError(f"no finding {illness!r} in this diagnosis", there)

    def __contains__(self, illness: object) -> bool:
        return any(finding.illness == illness for finding in self.findings)

    @property
    def document(self) -> Document:
        """Each finding with its evidence and advice, then what was healthy, and what could not be examined."""
        return self._document(with_pictures=True)

    def _document(self, with_pictures: bool) -> Document:
        sections = [_section(number, finding, with_pictures) for number, finding in enumerate(self, 1)]
        others = [*_listed("doctor.healthy", self.healthy), *_listed("doctor.skipped", self.skipped)]
        return Document("", (Paragraph.of(self.said, kind="strong"), *sections, *others))

    @property
    def said(self) -> Message:
        """How many findings there are, as a message."""
        return Message("doctor.findings", n=len(self)) if self else Message("doctor.healthy_network")

    def summary(self, lang: str | None = None) -> str:
        """How many findings there are, in one line."""
        return self.said(checked_language(lang or self.lang))

    def explain(self, lang: str | None = None) -> str:
        """Everything in words, without the pictures.

        Raises:
            UnknownNameError: for a language that clearprop does not speak.
        """
        return text_of(self._document(with_pictures=False), checked_language(lang or self.lang), _WIDTH).rstrip("\n")

    def __repr__(self) -> str:
        return self.explain()

    def to_html(self, lang: str | None = None) -> str:
        """As a piece of HTML, with the pictures.

        Raises:
            UnknownNameError: for a language that clearprop does not speak.
        """
        body = html_of(self.document, checked_language(lang or self.lang), level=2)
        return visible(f'<div class="diagnosis">{body}</div>', keep="\n\t")

    def _repr_html_(self) -> str:
        return fragment(self.to_html(), document_style)

    def to_dict(self, lang: str | None = None) -> dict[str, Any]:
        """As plain data, for JSON: the words in one language, and the same as messages."""
        spoken = checked_language(lang or self.lang)
        seen = [
            {
                "illness": e.illness,
                "measured": e.measured(spoken),
                "found": e.finding is not None,
                "done": e.done,
                "message": json_ready(e.measured.to_dict()),
            }
            for e in self.examined
        ]
        return {"findings": [finding.to_dict(spoken) for finding in self], "examined": seen}


def _section(number: int, finding: Finding, with_picture: bool) -> Section:
    severity = Message(f"doctor.severity.{finding.severity}")
    title = Message("doctor.finding", number=number, title=finding.title, severity=severity)
    labelled = [
        Message("doctor.labelled", label=Message(f"doctor.labels.{name}"), text=text)
        for name, text in (("measured", finding.measured), ("why", finding.why), ("advice", finding.advice))
    ]
    blocks: list[Block] = [*map(Paragraph.of, labelled)]
    if with_picture and finding.plot is not None:
        blocks.append(Figure(finding.plot, finding.caption))
    return Section(title, tuple(blocks), finding.illness, f"finding {finding.severity}")


def _listed(heading: str, some: tuple[Examination, ...]) -> list[Block]:
    if not some:
        return []
    return [Paragraph.of(Message(heading)), table_of(some)]


def table_of(some: tuple[Examination, ...]) -> Table:
    """What was looked for, and what was measured."""
    rows = tuple((ILLNESSES[one.illness], one.measured) for one in some)
    return Table((Column(), Column(kind="soft")), rows, "words")
