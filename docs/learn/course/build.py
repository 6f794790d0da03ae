"""The whole course: pages of both languages, their figures, the index."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from course.page import Page, read_page
from course.words import BUILT, LANGUAGES, Language, footer, heading


def build(folder: Path, only: str = "") -> dict[str, str]:
    """Path (within the folder) → text of every file that the sources make. Nothing is written.

    Args:
        folder: with source/en and source/zh.
        only: the beginning of the names of the pages wanted; then there is no index.

    Raises:
        CourseError: where a snippet fails, a formula does not hold, or a page breaks a rule; names file and line.
    """
    files: dict[str, str] = {}
    for lang in LANGUAGES:
        sources = sorted((folder / "source" / lang).glob("[0-9]*.md"))
        pages = [read_page(path, lang) for path in sources if path.name.startswith(only)]
        for page in pages:
            files[f"{lang}/{page.name}"] = _framed(page, [path.name for path in sources], pages)
            files |= {f"figures/{name}": svg for name, svg in page.figures.items()}
        if not only:
            files[_index_name(lang)] = _index(folder / "source" / lang / "index.md", pages, lang)
    return files


def out_of_date(folder: Path, files: Mapping[str, str], whole: bool = True) -> list[str]:
    """Built files that differ from what is there; with `whole`, files that no source makes any more, too."""
    stale = [path for path, text in files.items() if not _same(folder / path, text)]
    built = [p for where in (*LANGUAGES, "figures") for p in (folder / where).glob("*.*")] if whole else []
    return stale + sorted(str(p.relative_to(folder)) for p in built if str(p.relative_to(folder)) not in files)


def _same(path: Path, text: str) -> bool:
    if not path.is_file():
        return False
    there = path.read_text(encoding="utf-8")
    return same_figure(there, text) if path.suffix == ".svg" else there == text


_COORDINATE = re.compile(r"-?\d+(?:\.\d+)?")


def same_figure(one: str, other: str) -> bool:
    """Equal but for the last digits of coordinates, which may differ from machine to machine."""
    if _COORDINATE.sub("#", one) != _COORDINATE.sub("#", other):
        return False
    pairs = zip(_COORDINATE.findall(one), _COORDINATE.findall(other), strict=True)
    return all(a == b or abs(float(a) - float(b)) < 0.5 for a, b in pairs)


def _index_name(lang: Language) -> str:
    return "README.md" if lang == "en" else f"README.{lang}.md"


def _framed(page: Page, names: list[str], pages: list[Page]) -> str:
    """A page between its links: contents and the other language above, the neighbours below."""
    titles = {p.name: p.title for p in pages}
    at = names.index(page.name)
    before, after = (names[i] if 0 <= i < len(names) else "" for i in (at - 1, at + 1))
    links = [f"← [{titles.get(before, before)}]({before})"] if before else []
    links += [f"[{titles.get(after, after)}]({after}) →"] if after else []
    above = f"{BUILT.format(page.lang, page.name)}\n\n{heading(page.lang, page.name)}"
    return f"{above}\n\n# {page.title}\n\n{page.body}\n\n---\n\n{' · '.join(links)}\n\n{footer(page)}\n"


def _index(source: Path, pages: list[Page], lang: Language) -> str:
    colon = "：" if lang == "zh" else ": "
    lines = [f"{page.number}. [{page.name_of_idea}]({lang}/{page.name}){colon}{page.idea}" for page in pages]
    text = source.read_text(encoding="utf-8").replace("{{ contents }}", "\n".join(lines))
    return f"{BUILT.format(lang, 'index.md').replace('../', '')}\n\n{text}"
