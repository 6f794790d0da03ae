"""What the site is made of: which files of the repository are pages, where they stand, and where their links lead.

The files stay where GitHub shows them, with links that work there. Here each gets an address in the site of its
language, and its links are written anew.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
LANGUAGES = {"en": "English", "zh": "中文"}

# The navigation: a section's name in each language, and its pages as patterns of the English files.
SECTIONS: tuple[tuple[dict[str, str], tuple[str, ...]], ...] = (
    (
        {"en": "Guide", "zh": "指南"},
        (
            "README.md",
            "docs/tables.md",
            "docs/training.md",
            "docs/scikit-learn.md",
            "docs/uncertainty.md",
            "docs/exchange.md",
            "docs/explain.md",
            "docs/serving.md",
            "docs/playground.md",
            "docs/incoming.md",
            "docs/textbook.md",
            "docs/gallery.md",
            "docs/wrong-input.md",
        ),
    ),
    ({"en": "Your own", "zh": "自己动手"}, ("docs/first-*.md",)),
    ({"en": "Course", "zh": "课程"}, ("docs/learn/README.md", "docs/learn/en/*.md", "examples/README.md")),
    ({"en": "To look at", "zh": "看一看"}, ("docs/site/steps.md", "docs/site/pictures.md")),
    ({"en": "Reference", "zh": "参考"}, ("docs/api/*.md",)),
    (
        {"en": "Project", "zh": "项目"},
        (
            "docs/design.md",
            "benchmarks/results/README.md",
            "CHANGELOG.md",
            "CONTRIBUTING.md",
            "docs/learn/CONTRIBUTING.md",
            "SECURITY.md",
            "LICENSE",
        ),
    ),
)
ASSETS = ("docs/images/*", "docs/learn/figures/*", "benchmarks/results/*.png", "examples/*.ipynb", "examples/*.py")
ALONE = {"en": "In a window of its own", "zh": "在单独的窗口中打开"}
NOT_TRANSLATED = '\n!!! note "本页还没有中文版"\n\n    下面是英文原文。\n'


@dataclass(frozen=True)
class Source:
    """A page's file in the repository and its address in a site, both as paths with slashes."""

    path: str
    address: str
    translated: bool = True


def twin(path: str, lang: str) -> str:
    """The file that says the same in another language: docs/tables.md → docs/tables.zh.md."""
    path = re.sub(r"^docs/learn/(en|zh)/", f"docs/learn/{lang}/", path)
    if path.startswith(f"docs/learn/{lang}/"):
        return path
    return re.sub(r"(\.zh)?\.md$", ".zh.md" if lang == "zh" else ".md", path)


def address(path: str) -> str:
    """Where a file stands in the site: docs/learn/zh/01-one-neuron.md → learn/01-one-neuron.md."""
    path = re.sub(r"^docs/(learn/)?((en|zh|site)/)?", r"\1", path).replace(".zh.md", ".md")
    path = re.sub(r"README\.md$", "index.md", path)
    return path if Path(path).suffix else f"{path}.md"


def section_sources(patterns: tuple[str, ...], lang: str, made: dict[str, str]) -> Iterator[Source]:
    """The pages of one section, in the language if they are there, else in English."""
    for pattern in patterns:
        english = [path.relative_to(ROOT).as_posix() for path in ROOT.glob(pattern)]
        english += [path for path in made if posixpath.dirname(path) == posixpath.dirname(pattern)]
        for path in sorted({twin(path, "en") for path in english}):
            own = twin(path, lang)
            translated = path in made or (ROOT / own).exists()
            yield Source(path if path in made or not translated else own, address(path), translated)


def sources(lang: str, made: dict[str, str]) -> list[tuple[str, list[Source]]]:
    """The sections and their pages; `made` holds those that are no files, by path."""
    found = [(names[lang], list(section_sources(patterns, lang, made))) for names, patterns in SECTIONS]
    return [(title, pages) for title, pages in found if pages]


_STEPS = re.compile(r"^<!-- steps: (?P<name>\S+) (?P<title>.*?) -->\n(?P=title)$", re.MULTILINE)


def with_lessons(text: str, lang: str) -> str:
    """A page of the course, with the step by step page itself above the call that makes it."""
    to = r"(../../site/lessons/\g<name>)"
    return _STEPS.sub(rf"\g<title>\n\n![\g<title>]{to}\n\n[{ALONE[lang]}]{to}", text)


def text_of(source: Source, made: dict[str, str]) -> str:
    """A page as Markdown, without what the site has anyway: how it was built, and links to contents and language."""
    text = made.get(source.path) or (ROOT / source.path).read_text(encoding="utf-8")
    if not source.path.endswith(".md"):
        return f"# {source.path.capitalize()}\n\n```text\n{text}```\n"
    text = re.sub(r"^(<!-- Built .*-->|\[(Contents|目录|English|中文)\]\(.*)\n", "", text, flags=re.MULTILINE).lstrip()
    text = with_lessons(text, "zh" if source.path.startswith("docs/learn/zh/") else "en")
    return text if source.translated else re.sub(r"\A(# .*\n)", rf"\1{NOT_TRANSLATED}", text)


_CODE = re.compile(r"(^(?P<fence>`{3,}).*?^(?P=fence)$|(?P<tick>`+).*?(?P=tick))", re.DOTALL | re.MULTILINE)


def outside_code(text: str, change: Callable[[str], str]) -> str:
    """A page with its words changed, and its code as it is."""
    parts, end = [], 0
    for code in _CODE.finditer(text):
        parts += [change(text[end : code.start()]), code[0]]
        end = code.end()
    return "".join([*parts, change(text[end:])])


def with_links(text: str, page: Source, lead: Callable[[str, Source], str | None]) -> str:
    """A page with each link to a file of the repository as `lead` gives it; the others stay."""

    def link(found: re.Match[str]) -> str:
        target, _, anchor = found[2].partition("#")
        if not target or re.match(r"[a-z]+:", target):
            return found[0]
        path = posixpath.normpath(posixpath.join(posixpath.dirname(page.path), target))
        new = lead(path, page)
        return found[0] if new is None else f"{found[1]}{new}{'#' * bool(anchor)}{anchor}{found[3]}"

    # A link's words may hold code, so code is not left out here; no page has code that looks like a link.
    return re.sub(r"(\]\()([^)\s]+)(\))", link, text)
