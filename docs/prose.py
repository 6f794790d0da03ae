"""Markdown within 120 columns: python docs/prose.py [--wrap]

Without an option it lists the lines that are longer, and the exit code says whether there are any. With --wrap it
breaks the paragraphs anew that have one. A row of a table stands on one line, and so does a Chinese paragraph, because
a line break would show as a gap. Pages that a program builds are left to their program.
"""

from __future__ import annotations

import re
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
WIDTH = 120
BUILT = re.compile(r"docs/learn/(en|zh)/|docs/learn/README|docs/wrong-input\.md|benchmarks/results/")
CHINESE = re.compile(r"[\u3000-\u9fff\uff00-\uffef]")
GLUE = "\u00a0"


def files() -> list[Path]:
    """The Markdown files of the repository that people write."""
    listed = subprocess.run(["git", "ls-files", "*.md"], cwd=ROOT, capture_output=True, text=True, check=True)
    return [
        ROOT / name for name in sorted(set(listed.stdout.split())) if not BUILT.match(name) and (ROOT / name).exists()
    ]


def blocks(text: str) -> Iterator[tuple[str, list[str]]]:
    """The lines of a page as ("code" | "row" | "prose", lines); prose is one paragraph, or one item of a list."""
    prose: list[str] = []
    fenced = False
    for line in text.splitlines():
        fence = line.lstrip().startswith("```")
        apart = fenced or fence or not line.strip() or re.match(r"\||#|<!--|\$\$|!\[", line.lstrip())
        if prose and (apart or re.match(r" *([-*+]|\d+\.) ", line)):
            yield "prose", prose
            prose = []
        if apart:
            yield "code" if fenced or fence else "row", [line]
        else:
            prose.append(line)
        fenced ^= fence
    if prose:
        yield "prose", prose


def too_long(kind: str, line: str) -> bool:
    """Whether a line could be shorter and is not."""
    return len(line) > WIDTH and kind != "row" and not CHINESE.search(line) and " " in line.strip()


def wrapped(lines: list[str]) -> list[str]:
    """One paragraph or item broken anew: not inside of code, and not so that a line begins like an item."""
    first = re.match(r" *(?:(?:[-*+]|\d+\.) +|> *)?", lines[0])
    begin = first[0] if first else ""
    rest = begin if begin.lstrip().startswith(">") else " " * len(begin)
    words = " ".join([lines[0][len(begin) :], *(line.strip().removeprefix(rest.strip()).strip() for line in lines[1:])])
    words = re.sub(r"`[^`]{1,60}`|{{.*?}}|\[[^]]{1,30}\]\(", lambda whole: whole[0].replace(" ", GLUE), words)
    words = re.sub(r"(?<=\d) (?=[A-Za-zµ]{1,2}\b)", GLUE, words)  # a number and its unit
    words = re.sub(r" (?=([-+*>#=]|\d+\.) )", GLUE, words)
    return [
        line.replace(GLUE, " ")
        for line in textwrap.wrap(
            words,
            WIDTH,
            initial_indent=begin,
            subsequent_indent=rest,
            break_long_words=False,
            break_on_hyphens=False,
        )
    ]


def rewrapped(text: str) -> str:
    """A page with its long paragraphs broken anew."""
    lines: list[str] = []
    for kind, block in blocks(text):
        lines += wrapped(block) if kind == "prose" and any(too_long(kind, line) for line in block) else block
    return "\n".join(lines) + "\n"


def main(options: list[str]) -> int:
    """Wrap if asked to, then list what is too long."""
    found = 0
    for path in files():
        if "--wrap" in options:
            path.write_text(rewrapped(path.read_text(encoding="utf-8")), encoding="utf-8")
        lines = [(kind, line) for kind, block in blocks(path.read_text(encoding="utf-8")) for line in block]
        for number, (kind, line) in enumerate(lines, 1):
            if too_long(kind, line):
                found += 1
                print(f"{path.relative_to(ROOT)}:{number}: {len(line)} columns, expected at most {WIDTH}")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
