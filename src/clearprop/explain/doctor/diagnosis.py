"""A diagnosis: all findings and all that was examined, as text, HTML and data."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from typing import Any

from clearprop.errors import UnknownNameError
from clearprop.explain.doctor.finding import ILLNESSES, Examination, Finding
from clearprop.messages.language import Language, Phrase, checked_language
from clearprop.visible import columns_of, visible


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

    def summary(self, lang: str | None = None) -> str:
        """How many findings there are, in one line."""
        spoken, n = checked_language(lang or self.lang), len(self)
        if not n:
            return Phrase("No findings: this looks healthy.", "未发现问题：一切正常。")(spoken)
        return Phrase("{n} finding{s}", "发现 {n} 个问题")(spoken, n=n, s="s" * (n > 1))

    def explain(self, lang: str | None = None) -> str:
        """Everything in words: each finding with its evidence and advice, then what was healthy.

        Raises:
            UnknownNameError: for a language that clearprop does not speak.
        """
        spoken = checked_language(lang or self.lang)
        parts = [self.summary(spoken)]
        parts += [_paragraph(i, finding, spoken) for i, finding in enumerate(self, 1)]
        for heading, some in ((_HEALTHY, self.healthy), (_SKIPPED, self.skipped)):
            if some:
                parts.append("\n".join([heading(spoken), *_listed(some, spoken)]))
        return visible("\n\n".join(parts), keep="\n")

    def __repr__(self) -> str:
        return self.explain()

    def _repr_html_(self) -> str:
        return self.to_html()

    def to_html(self, lang: str | None = None) -> str:
        """As a piece of HTML, with the pictures.

        Raises:
            UnknownNameError: for a language that clearprop does not speak.
        """
        spoken = checked_language(lang or self.lang)
        parts = [f"<p><strong>{escape(self.summary(spoken))}</strong></p>"]
        for finding in self:
            title = _title(finding, spoken)
            terms = [(_LABELS[name](spoken), getattr(finding, name)(spoken)) for name in _LABELS]
            body = "".join(f"<dt>{escape(term)}</dt><dd>{escape(text)}</dd>" for term, text in terms)
            caption = f"<figcaption>{escape(finding.caption(spoken))}</figcaption>"
            figure = f"<figure>{finding.picture}{caption}</figure>" if finding.picture else ""
            parts.append(f'<section class="finding"><h3>{escape(title)}</h3><dl>{body}</dl>{figure}</section>')
        for heading, some in ((_HEALTHY, self.healthy), (_SKIPPED, self.skipped)):
            if some:
                pairs = [(ILLNESSES[e.illness](spoken), e.measured(spoken)) for e in some]
                items = "".join(f"<li>{escape(name)}: {escape(measured)}</li>" for name, measured in pairs)
                parts.append(f"<p>{escape(heading(spoken))}</p><ul>{items}</ul>")
        return visible(f'<div class="diagnosis">{"".join(parts)}</div>', keep="\n\t")

    def to_dict(self, lang: str | None = None) -> dict[str, Any]:
        """As plain data, for JSON."""
        spoken = checked_language(lang or self.lang)
        seen = [
            {"illness": e.illness, "measured": e.measured(spoken), "found": e.finding is not None, "done": e.done}
            for e in self.examined
        ]
        return {"findings": [finding.to_dict(spoken) for finding in self], "examined": seen}


_HEALTHY = Phrase("Examined, and healthy:", "已检查，正常：")
_SKIPPED = Phrase("Not examined:", "未检查：")
_SEVERITY = {"serious": Phrase("serious", "严重"), "mild": Phrase("mild", "轻微")}
_LINE = Phrase("{label}: {text}", "{label}：{text}")
_LABELS = {
    "measured": Phrase("Measured", "测得"),
    "why": Phrase("Why it matters", "为何重要"),
    "advice": Phrase("Advice", "建议"),
}


def _paragraph(number: int, finding: Finding, lang: Language) -> str:
    title = f"{number}. {_title(finding, lang)}"
    lines = [_LINE(lang, label=label(lang), text=getattr(finding, name)(lang)) for name, label in _LABELS.items()]
    return "\n".join([title, *(folded(line, "   ", "     ") for line in lines)])


def _title(finding: Finding, lang: Language) -> str:
    return Phrase("{title} ({severity})", "{title}（{severity}）")(
        lang, title=finding.title(lang), severity=_SEVERITY[finding.severity](lang)
    )


def _listed(some: tuple[Examination, ...], lang: Language) -> list[str]:
    """A line for each, its name first."""
    names = [ILLNESSES[e.illness](lang) for e in some]
    width = max(map(columns_of, names))
    starts = ["  " + name + " " * (width - columns_of(name) + 2) for name in names]
    return [folded(e.measured(lang), start, " " * (width + 4)) for e, start in zip(some, starts, strict=True)]


# A line may end behind a space, and around a Chinese letter, but not before a closing sign.
_BREAKS = re.compile(r"(?<= )|(?<=[⺀-￯])(?![，。；：、）])|(?<=[^ ])(?=[⺀-〈《-ￜ])(?![，。；：、）])")


def folded(text: str, first: str = "", rest: str = "", width: int = 100) -> str:
    """A text in lines of at most so many columns of a terminal, where a Chinese letter takes two.

    Example:
        >>> print(folded("the gradient 梯度消失了", "- ", "  ", width=16))
        - the gradient
          梯度消失了
    """
    lines, now = [], first
    for piece in _BREAKS.split(text):
        if now.strip() and columns_of((now + piece).rstrip()) > width:
            lines.append(now.rstrip())
            now = rest
        now += piece
    return "\n".join([*lines, now.rstrip()])
