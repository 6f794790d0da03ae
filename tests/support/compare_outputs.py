"""Compares two folders of outputs that `every_output.py` made, before and after a change.

    python tests/support/compare_outputs.py BEFORE AFTER [--words] [--only PATTERN]...

Of every file that differs it says whether its numbers are the same, in their order, and whether its words are; of pages
and drawings (HTML, SVG) apart from that whether their tags and attributes are. The first lines that differ follow;
with --words all of them. Differences that are meant stand in `bettered.toml`, each with its reason. The exit code is 0
where no number differs and no file is missing, but for those.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tomllib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import unified_diff
from fnmatch import fnmatch
from functools import cached_property
from html.parser import HTMLParser
from pathlib import Path

ALLOWED = Path(__file__).with_name("bettered.toml")
FIRST = 12  # lines of a difference that are shown
NUMBER = re.compile(r"[-−]?(?:\d+(?:,\d{3})+|\d+)(?:\.\d+)?(?:[eE][-+−]?\d+)?")
WORD = re.compile(r"[^\W\d_]+")
MARKUP = {".html", ".svg"}


class Markup(HTMLParser):
    """A page as what people read in it, with the data that its script shows, and all the rest: tags, styles, code."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.text: list[str] = []
        self.tags: list[str] = []
        self._within = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._within = "json" if ("type", "application/json") in attrs else tag
        shown = [f' {name}="{" ".join((value or "").split())}"' for name, value in sorted(attrs, key=str)]
        self.tags.append(f"<{tag}{''.join(shown)}>")

    def handle_endtag(self, tag: str) -> None:
        self._within = ""
        self.tags.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        if self._within == "json":
            self._read(json.loads(data))
        else:
            lines = [" ".join(line.split()) for line in data.splitlines() if line.strip()]
            (self.tags if self._within in ("script", "style") else self.text).extend(lines)

    def _read(self, value: object) -> None:
        """The data of a script, in which texts may be pages, too."""
        if isinstance(value, dict):
            for key, part in value.items():
                self.tags.append(key)
                self._read(part)
        elif isinstance(value, list):
            for part in value:
                self._read(part)
        elif isinstance(value, str):
            inner = Markup(value)
            self.text += inner.text
            self.tags += inner.tags
        else:
            self.text.append(str(value))


@dataclass(frozen=True)
class Output:
    """One file: what people read in it, and how it is marked up."""

    content: str
    is_markup: bool

    @classmethod
    def of(cls, path: Path) -> Output:
        return cls(path.read_text(encoding="utf-8"), path.suffix in MARKUP)

    @cached_property
    def _parsed(self) -> Markup:
        return Markup(self.content)

    @cached_property
    def lines(self) -> list[str]:
        """What people read, without empty lines."""
        if self.is_markup:
            return self._parsed.text
        return [line.rstrip() for line in self.content.splitlines() if line.strip()]

    @property
    def tags(self) -> list[str]:
        """How a page is marked up."""
        return self._parsed.tags if self.is_markup else []

    @property
    def numbers(self) -> list[str]:
        """Every number, in order."""
        return NUMBER.findall("\n".join(self.lines))

    @property
    def words(self) -> list[str]:
        """Every word, in order."""
        return WORD.findall("\n".join(self.lines))


@dataclass(frozen=True)
class Difference:
    """What differs between the outputs of one name."""

    name: str
    before: Output
    after: Output

    @cached_property
    def what(self) -> list[str]:
        """Which of numbers, words, signs (and the breaks of lines) and markup."""
        pairs = {"numbers": (self.before.numbers, self.after.numbers), "words": (self.before.words, self.after.words)}
        found = [what for what, (before, after) in pairs.items() if before != after]
        if not found and self.before.lines != self.after.lines:
            found = ["signs"]
        return [*found, *(["markup"] if self.before.tags != self.after.tags else [])] or ["blanks"]

    def summary(self) -> str:
        """One line, with the numbers of how many."""
        parts = [
            f"numbers {'differ' if 'numbers' in self.what else 'equal'}",
            f"words {'differ' if 'words' in self.what else 'equal'}",
        ]
        parts += [what for what in self.what if what in ("signs", "blanks")]
        if "markup" in self.what:
            gone, new = Counter(self.before.tags), Counter(self.after.tags)
            parts.append(f"markup: {(gone - new).total()} tags gone, {(new - gone).total()} new of {new.total()}")
        return f"{self.name}: {', '.join(parts)}"

    def lines(self) -> Iterable[str]:
        """The lines that differ; where only the markup does, its tags."""
        only_markup = self.what == ["markup"]
        before, after = (one.tags if only_markup else one.lines for one in (self.before, self.after))
        changes = list(unified_diff(before, after, lineterm="", n=0))[2:]
        return [line if len(line) < 220 else excerpt(line) for line in changes if not line.startswith("@@")]


def excerpt(line: str) -> str:
    """The beginning and the end of a long line."""
    return f"{line[:160]} … {line[-50:]}"


def main() -> int:
    """Compare, print, and answer the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("before", type=Path)
    parser.add_argument("after", type=Path)
    parser.add_argument("--words", action="store_true", help="print every line that differs")
    parser.add_argument("--only", action="append", metavar="PATTERN", help="files to compare, such as 'explain/*'")
    asked = parser.parse_args()
    before, after = (files(folder, asked.only) for folder in (asked.before, asked.after))
    allowed = tomllib.loads(ALLOWED.read_text()).get("allowed", [])
    count = Counter[str]()
    for name in sorted(before.keys() | after.keys()):
        reason = next((a for a in allowed if fnmatch(name, a["files"])), None)
        verdict = judged(name, before.get(name), after.get(name), reason, asked.words)
        count.update(verdict)
    kinds = ("equal", "numbers differ", "words differ", "otherwise differ", "missing", "new", "meant")
    print(f"{len(before.keys() | after.keys())} files: " + ", ".join(f"{count[kind]} {kind}" for kind in kinds))
    return int(count["numbers differ"] + count["missing"] > 0)


def files(folder: Path, only: list[str] | None) -> dict[str, Path]:
    """Name → file, of those that a pattern asks for."""
    found = {str(path.relative_to(folder)): path for path in folder.rglob("*") if path.is_file()}
    if not found:
        sys.exit(f"Error: no outputs in {folder}")
    return {n: path for n, path in found.items() if not only or any(fnmatch(n, f"{pattern}*") for pattern in only)}


def judged(
    name: str, before: Path | None, after: Path | None, allowed: dict[str, object] | None, everything: bool
) -> list[str]:
    """Print what is to be said of one file; the kinds under which it counts."""
    if before is None or after is None:
        kind = "missing" if after is None else "new"
        print(f"{name}: {kind}{' (meant)' if allowed else ''}")
        return ["meant" if allowed else kind]
    if before.read_bytes() == after.read_bytes():
        return ["equal"]
    found = Difference(name, Output.of(before), Output.of(after))
    if allowed and ("numbers" not in found.what or allowed.get("numbers")):
        print(f"{found.summary()} (meant: {allowed['reason']})")
        return ["meant"]
    print(found.summary())
    lines = list(found.lines())
    for line in lines if everything else lines[:FIRST]:
        print(f"    {line}")
    if len(lines) > FIRST and not everything:
        print(f"    … {len(lines) - FIRST} more lines")
    return [f"{what} differ" for what in ("numbers", "words") if what in found.what] or ["otherwise differ"]


if __name__ == "__main__":
    sys.exit(main())
