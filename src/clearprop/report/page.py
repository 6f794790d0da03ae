"""The report as a document, and as a web page."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

from clearprop.estimators import TableFit
from clearprop.messages import Language, Message
from clearprop.present.document import Document, Paragraph
from clearprop.present.writers import page_of
from clearprop.report.answers import answers
from clearprop.report.data import data
from clearprop.report.dependence import dependence
from clearprop.report.evidence import Evidence
from clearprop.report.inputs import inputs
from clearprop.report.network import network, sample
from clearprop.report.scores import curves, scores_section
from clearprop.report.verdict import findings, verdict_section
from clearprop.visible import shown_name

SECTIONS = verdict_section, data, scores_section, curves, findings, answers, inputs, dependence, network, sample


def report_document(fit: TableFit, frame: Any, summary: Mapping[str, Any]) -> Document:
    """The report of a training run, in no language yet.

    What takes time or room is shown by at most 2,000 rows, and says so.

    Args:
        fit: the run.
        frame: the table that it was trained on.
        summary: of `summary_of_fit`.
    """
    evidence = Evidence.of(fit, frame, summary)
    made_by = Message("report.page.made_by", version=summary["clearprop"], table=shown_name(summary["table"]["name"]))
    report = Paragraph.of(Message("report.page.report"), kind="soft")
    sections = (section(evidence) for section in SECTIONS)
    return Document(title(summary), (report, *sections, Paragraph.of(made_by, kind="note")))


def title(summary: Mapping[str, Any]) -> Message:
    """Which table, and what was learned from it."""
    return titled(summary["table"]["name"], summary["target"]["name"])


def titled(table: str, target: str) -> Message:
    """The same of names."""
    return Message("report.page.title", table=shown_name(Path(table).name), target=shown_name(target))


def report_of(fit: TableFit, frame: Any, summary: Mapping[str, Any], lang: Language = "en") -> str:
    """The same as a web page in one file; the same run gives the same bytes."""
    style = files("clearprop.report").joinpath("style.css").read_text(encoding="utf-8")
    return page_of(report_document(fit, frame, summary), lang, style, with_contents=True)
