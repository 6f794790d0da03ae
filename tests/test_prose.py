"""The width of Markdown: what is broken, and what is not. `make lint` looks at the files."""

from __future__ import annotations

import pytest
from prose import WIDTH, blocks, too_long, wrapped


@pytest.mark.parametrize("begin", ["", "- ", "1. ", "  - ", "> "])
def test_a_paragraph_is_broken_and_says_the_same(begin):
    words = "a word and `some code` and - a dash 12 ms and [a link](elsewhere.md) 1. one " * 5
    lines = wrapped([begin + words.strip()])
    assert max(map(len, lines)) <= WIDTH
    assert len(lines) > 2
    rest = begin if ">" in begin else " " * len(begin)
    assert all(
        line.startswith(rest) and not line[len(rest) :].startswith((" ", "- ", "1. ", "code`")) for line in lines[1:]
    )
    assert " ".join(line[len(begin) :] for line in lines) == words.strip()


@pytest.mark.parametrize("line", ["| " + "cell " * 40, "![" + "seen " * 40 + "](x.svg)", "中文 " * 60, "x" * 200])
def test_what_cannot_be_broken_may_be_long(line):
    assert not any(too_long(kind, line) for kind, lines in blocks(line) for line in lines)


def test_code_is_not_broken_and_not_overlooked():
    code = "```sh\n" + "word " * 40 + "\n```"
    assert [kind for kind, _ in blocks(code)] == ["code"] * 3
    assert any(too_long(kind, line) for kind, lines in blocks(code) for line in lines)
