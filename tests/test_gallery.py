"""Worked examples that others published: the page gives every digit that was printed, in a few lines each.

The numbers below are typed from the sources, each as it was printed; none was computed here.
"""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path

import numpy as np
import pytest

PAGES = [Path(__file__).parents[1] / "docs" / name for name in ("gallery.md", "gallery.zh.md")]
BLOCK = re.compile(r"^```(python|text)\n(.*?)^```$", re.M | re.S)
MOST_LINES = 8  # of code of an example

# What the sources print, in the order in which the page has it; an example after the other.
PUBLISHED = [
    # mattmazur.com, "A Step by Step Backpropagation Example"
    "0.298371109 0.593269992 0.596884378 0.75136507 0.772928465 0.35891648 0.408666186 0.511301270 0.561370121 "
    "0.149780716 0.19956143 0.24975114 0.29950229 0.0000351085",
    # cs231n.github.io, "Backpropagation, Intuitions"
    "-12 -4 -4 3",
    "-20 -8 6 2 0",
    "0.73 -0.20 0.39 -0.39 -0.59 0.20",
    # Saito, "Deep Learning from Scratch", chapters 5 and 3
    "715 2.2 110 3.3 165 650",
    "0.3 0.7 1.1 0.57444252 0.66818777 0.75026011 0.31682708 0.69627909",
    # Nielsen, "Neural Networks and Deep Learning", chapters 3, 4 and 1
    "0.82 0.09 0.98 0.20",
    "0 0.8 0 3 1 1 -1",
    # Karpathy, micrograd: the lecture's neuron, the readme's expression
    "0.8814 0.7071 0.5 1.0 0.0 -1.5 0.5",
    "24.7041 138.8338 645.5773",
    # Ng, deep learning specialisation, course 1, week 2
    "5.801545319394553 0.99845601 2.39507239 0.00145557813678 0.67752042 1.41625495 0.219194504541 "
    "0.19033591 0.12259159 1.92535983008",
    # iamtrask.github.io, "A Neural Network in 11 lines of Python"
    "0.00966449 0.00786506 0.99358898 0.99211957",
    "0.496410031903 0.00858452565325 0.00578945986251 0.00462917677677 0.00395876528027 0.00351012256786",
]


def examples(page: Path) -> tuple[str, list[tuple[str, str]]]:
    """What all examples begin with, and each one's code with what it prints."""
    blocks = BLOCK.findall(page.read_text(encoding="utf-8"))
    (kind, beginning), rest = blocks[0], blocks[1:]
    assert kind == "python"
    assert [kind for kind, _ in rest] == ["python", "text"] * (len(rest) // 2)
    return beginning, [(rest[i][1], rest[i + 1][1]) for i in range(0, len(rest), 2)]


@pytest.fixture(scope="module")
def printed() -> list[str]:
    """What each example of the English page prints."""
    beginning, pairs = examples(PAGES[0])
    names: dict[str, object] = {}
    before, outputs = np.get_printoptions(), []
    try:
        exec(beginning, names)
        for code, _ in pairs:
            with contextlib.redirect_stdout(io.StringIO()) as out:
                exec(code, names)
            outputs.append(out.getvalue())
    finally:
        np.set_printoptions(**before)
    return outputs


@pytest.mark.parametrize("i", range(len(PUBLISHED)))
def test_the_page_shows_what_its_code_prints(printed, i):
    assert examples(PAGES[0])[1][i][1] == printed[i]


@pytest.mark.parametrize("i", range(len(PUBLISHED)))
def test_every_published_digit(printed, i):
    found = re.findall(r"-?\d+\.?\d*", re.sub(r"\b(dw|dx|dn)\b", " ", printed[i]).replace("e-", "E"))
    assert len(found) == len(PUBLISHED[i].split())
    for ours, theirs in zip(found, PUBLISHED[i].split(), strict=True):
        digits = min(len(number.partition(".")[2]) for number in (ours, theirs)) if "." in ours else 0
        assert f"{float(ours):.{digits}f}" == f"{float(theirs):.{digits}f}"
        shown = len(theirs.partition(".")[2].rstrip("0"))
        assert digits >= min(shown, 10), f"{theirs} was published, {ours} is shown"


def test_no_example_is_long_and_both_languages_have_the_same():
    english, chinese = (examples(page) for page in PAGES)
    assert english == chinese
    assert len(english[1]) == len(PUBLISHED)
    assert max(len(code.splitlines()) for code, _ in english[1]) <= MOST_LINES


def test_what_the_page_says_of_mazurs_other_numbers():
    """By NumPy alone: the error after one step, and the outputs after 10,000, are not those that the post prints."""
    x, t, b1, b2 = np.array([0.05, 0.10]), np.array([0.01, 0.99]), 0.35, 0.60
    W1, W2 = np.array([[0.15, 0.20], [0.25, 0.30]]), np.array([[0.40, 0.45], [0.50, 0.55]])
    losses = []
    for _ in range(10_001):
        h = 1 / (1 + np.exp(-(W1 @ x + b1)))
        o = 1 / (1 + np.exp(-(W2 @ h + b2)))
        losses.append(((t - o) ** 2).sum() / 2)
        d2 = (o - t) * o * (1 - o)
        d1 = (W2.T @ d2) * h * (1 - h)
        W1, W2 = W1 - 0.5 * np.outer(d1, x), W2 - 0.5 * np.outer(d2, h)
    assert f"{losses[1]:.9f}" == "0.291027774"
    assert f"{losses[9_999]:.10f}" == "0.0000351085"
    assert [f"{output:.9f}" for output in o] == ["0.015913620", "0.984064274"]
