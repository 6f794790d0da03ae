"""What the README shows is what the code prints."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import clearprop as cp

ROOT = Path(__file__).parents[1]
ENGLISH, CHINESE = ((ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "README.zh.md"))


def test_the_printed_graphs():
    x, g = cp.variable("x"), cp.variable("g")
    y = (1 / (1 + cp.exp(-x))).named("y")
    graph = cp.Graph({"y": y, "dx": cp.gradient(y, x, upstream=g)})
    printed = f"```text\n{graph}\n{cp.simplify(graph)}\n```"
    assert printed in ENGLISH
    assert printed in CHINESE


def blocks(text):
    """The code of a page without its comments, and its tables' numbers."""
    code = [re.sub(r"\s+#.*", "", block) for block in re.findall(r"```(?:python|sh)\n.*?```", text, re.DOTALL)]
    return code, re.findall(r"^\| \d.*$", text, re.MULTILINE)


def test_both_languages_show_the_same_code_and_numbers():
    assert blocks(ENGLISH) == blocks(CHINESE)
    assert ENGLISH.count("\n## ") == CHINESE.count("\n## ")


@pytest.mark.parametrize("text", [ENGLISH, CHINESE])
def test_links_lead_somewhere(text):
    for target in re.findall(r"\]\(([^)#]+)\)", text):
        assert (ROOT / target).exists(), target
