"""The page: its head, and its sections in their order."""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from clearprop.estimators import TableFit
from clearprop.messages import Language, say
from clearprop.present.html import plain, text
from clearprop.present.page import page
from clearprop.present.writers import document_style
from clearprop.report.answers import answers
from clearprop.report.data import data
from clearprop.report.evidence import Evidence
from clearprop.report.findings import findings
from clearprop.report.inputs import inputs
from clearprop.report.network import network, sample
from clearprop.report.scores import curves, scores
from clearprop.report.verdict import title, verdict

# Each is a function of the evidence and the language that gives a section as HTML, or "" if it has nothing to say.
SECTIONS = (verdict, data, scores, curves, findings, answers, inputs, network, sample)


def report_of(fit: TableFit, frame: Any, summary: Mapping[str, Any], lang: Language = "en") -> str:
    """The report of a training run, a web page in one file.

    The same run gives the same bytes. What takes time or room is shown by at most 2,000 rows, and says so.

    Args:
        fit: the run.
        frame: the table that it was trained on.
        summary: of `summary_of_fit`.
        lang: "en" or "zh".
    """
    evidence = Evidence.of(fit, frame, summary)
    sections = [made for made in (draw(evidence, lang) for draw in SECTIONS) if made]
    links = "".join(_link(made) for made in sections)
    heading = plain(title(evidence), 120)
    head = f"<header><p>{say('report.page.report', lang)}</p><h1>{text(heading, 200)}</h1><nav>{links}</nav></header>"
    made_by = say("report.page.made_by", lang, version=summary["clearprop"], table=text(summary["table"]["name"], 200))
    style = document_style + files("clearprop.report").joinpath("style.css").read_text(encoding="utf-8")
    return page(heading, "\n".join([head, *sections, f"<footer>{made_by}</footer>"]), lang, style)


def _link(made: str) -> str:
    match = re.match(r'<section id="([\w-]+)">\n<h2>(.*?)</h2>', made)
    return f'<a href="#{match[1]}">{match[2]}</a>' if match else ""
