"""One derivation in four notations and two languages: the same equations, well formed; nobody's names run as code."""

from __future__ import annotations

import re
import shutil
import subprocess
import xml.etree.ElementTree as ElementTree
from collections import Counter
from dataclasses import dataclass

import numpy as np
import pytest

import clearprop as cp
from by_hand import SEEDS, random_network
from clearprop.errors import FileError, InvalidValueError
from clearprop.explain.derivation import symbol
from clearprop.graph import Name
from clearprop.present.formula import to_text
from long import first
from networks import traced
from printed import equations

SOME = first(SEEDS[1::9], 1)
DECIMAL = re.compile(r"\d+\.\d+")


def explained(seed, **options):
    network = random_network(seed)
    return traced(network).explain(optimizer="adam", **{"detail": "elements", **options})


# --- the same in every notation


@pytest.mark.parametrize("seed", SOME)
def test_all_notations_have_the_same_equations_and_numbers(seed):
    shown = explained(seed, convention=("row", "column")[seed % 2])
    text, markdown, latex, html = shown.to_text(), shown.to_markdown(), shown.to_latex(), shown.to_html()
    found = equations(text)
    assert len(found) > 10
    assert markdown.count("$$") == 2 * len(found)
    assert latex.count("\\[") == latex.count("\\]") == len(found)
    assert html.count("<math>") == len(found)
    sides = [side for equation in found for side in equation]
    numbers = Counter(DECIMAL.findall("\n".join(sides)))
    formulas = "\n".join(re.findall(r"\$\$(.*?)\$\$", markdown, re.DOTALL))
    assert Counter(DECIMAL.findall(formulas)) == numbers
    assert Counter(DECIMAL.findall("\n".join(re.findall(r"\\\[(.*?)\\\]", latex, re.DOTALL)))) == numbers
    mathml = [e.text for e in well_formed(html).iter("mn") if e.text and "." in e.text]
    assert Counter(DECIMAL.findall("\n".join(mathml))) == numbers


@pytest.mark.parametrize("seed", SOME)
def test_both_languages_have_the_same_equations(seed):
    english, chinese = explained(seed, lang="en"), explained(seed, lang="zh")
    assert equations(english.to_text()) == equations(chinese.to_text())
    words = [line for line in chinese.to_text().splitlines() if line and not line.startswith("  ")]
    assert sum("一" <= letter <= "龥" for line in words for letter in line) > 100
    for line in words:
        left_over = re.sub(r"softmax|sgn|Adam|BP[1-4]|[δ∂LWazbNl]|η = [\d.]+", "", line)
        assert not re.search(r"[A-Za-z]{3}", left_over), line
    notes = [line for line in chinese.to_text().splitlines() if re.fullmatch(r"  \([^=]*\)", line)]
    assert all(re.search("[一-龥]", note) for note in notes)


# --- LaTeX


_GROUP_ENDS = {"{": "}", "[": "]"}


def assert_balanced(latex: str) -> None:
    """Braces, \\left and \\right, environments; and no base with two exponents, which LaTeX refuses."""
    depth = 0
    for sign in re.findall(r"(?<!\\)[{}]", latex):
        depth += 1 if sign == "{" else -1
        assert depth >= 0
    assert depth == 0
    assert len(re.findall(r"\\left(?![a-z])", latex)) == len(re.findall(r"\\right(?![a-z])", latex))
    open_environments = []
    for kind, name in re.findall(r"\\(begin|end)\{(\w+\*?)\}", latex):
        if kind == "begin":
            open_environments.append(name)
        else:
            assert open_environments.pop() == name
    assert not open_environments
    for script in "^_":
        for match in re.finditer(re.escape(script) + r"\{", latex):
            assert latex[end_of_group(latex, match.end()) :][:1] != script, latex[match.start() :][:80]


def end_of_group(latex: str, start: int) -> int:
    """Where the group that begins before `start` is over."""
    depth = 1
    for match in re.compile(r"(?<!\\)[{}]").finditer(latex, start):
        depth += 1 if match.group() == "{" else -1
        if depth == 0:
            return match.end()
    raise AssertionError("a group without an end")


@pytest.mark.parametrize("seed", SOME)
def test_latex_is_balanced(seed):
    shown = explained(seed, lang=("en", "zh")[seed % 2])
    latex = shown.to_latex()
    assert_balanced(latex)
    assert latex.startswith("\\documentclass")
    assert latex.rstrip().endswith("\\end{document}")
    for formula in re.findall(r"\$\$(.*?)\$\$", shown.to_markdown(), re.DOTALL):
        assert_balanced(formula)
        assert not re.search(r"[^\x00-\x7fŷ…]", re.sub(r"\\text\{[^}]*\}", "", formula)), formula


def english_pages():
    rng = np.random.default_rng(0)
    normal = [cp.Dense(2, "gelu"), cp.BatchNorm(), cp.Dropout(0.3), cp.Dense(2, "softmax")]
    wide = [cp.Dense(30, "tanh"), cp.Dense(1, "sigmoid")]
    for inputs, layers, loss, y in ((2, normal, "cross_entropy", [0, 1]), (20, wide, "binary_cross_entropy", [0, 1])):
        net = cp.Network(inputs, layers, loss, seed=1, dtype="float64")
        net.parameters["b2"] = net.parameters["b2"] + 1000.0 * np.eye(len(net.parameters["b2"]))[0]  # saturated
        for convention in ("row", "column"):
            trace = net.trace(rng.normal(size=(2, inputs)), y, "training")
            yield trace.explain(detail="elements", optimizer="adam", convention=convention).to_latex()
    yield net.trace(rng.normal(size=20), 1).explain().to_latex()


def test_english_latex_is_ascii():
    """What pdfLaTeX would refuse is written as a command, in words and in formulas."""
    for latex in english_pages():
        assert_balanced(latex)
        assert latex.isascii(), sorted({sign for sign in latex if not sign.isascii()})
        (most,) = re.findall(r"MaxMatrixCols\}\{(\d+)\}", latex)
        matrices = re.findall(r"\\begin\{bmatrix\}(.*?)\\end\{bmatrix\}", latex, re.DOTALL)
        assert max(line.count("&") + 1 for m in matrices for line in m.split(r"\\")) <= int(most)


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="there is no pdflatex")
def test_pdflatex_accepts_it(tmp_path):
    (tmp_path / "page.tex").write_text(next(english_pages()), encoding="utf-8")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "page.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:]


def test_the_balance_check_can_fail():
    for wrong in (r"\frac{1}{2", r"x}", r"\left( x", r"\begin{cases} x \end{aligned}", r"x^{2}^{3}", r"x^{a^{2}}^{3}"):
        with pytest.raises(AssertionError):
            assert_balanced(wrong)


# --- HTML


def well_formed(html: str) -> ElementTree.Element:
    """All formulas of a page as one tree of elements, which an XML parser must accept."""
    body = re.search(r"<body.*?>(.*)</body>", html, re.DOTALL)
    formulas = re.findall(r"<math>.*?</math>", body[1] if body else html, re.DOTALL)
    return ElementTree.fromstring("<all>" + "".join(formulas) + "</all>")


_CHILDREN = {
    "mfrac": {2},
    "msup": {2},
    "msub": {2},
    "msubsup": {3},
    "mover": {2},
    "mtd": {0, 1},
    "mn": {0},
    "mi": {0},
    "mo": {0},
}
_PLAIN = {"all", "math", "mrow", "msqrt", "mtable", "mtr", "mtext", "mspace"}


@pytest.mark.parametrize("seed", SOME)
def test_mathml_is_well_formed(seed):
    html = explained(seed).to_html()
    for element in well_formed(html).iter():
        assert element.tag in _PLAIN or len(element) in _CHILDREN[element.tag], ElementTree.tostring(element)
        assert len(element) > 0 or element.text is not None or element.tag in ("mrow", "mspace", "mtd")


def test_a_page_needs_nothing_from_outside():
    html = explained(1, lang="zh").to_html()
    assert not re.search(r"https?://(?!www\.w3\.org)|src=|@import|url\(", html)
    assert re.search(r"<html[^>]* lang=\"zh", html)
    part = explained(1)._repr_html_()
    assert "<style>" in part
    ElementTree.fromstring(f"<div>{part}</div>")


# --- names that a user chose


@dataclass(frozen=True)
class Hostile:
    """A layer that names its value as it likes."""

    letter: str

    def build(self, x, scope):
        x = scope.open_layer(x)
        W = scope.parameter("W", (2, 2), cp.Normal(0.5))
        return scope.named(cp.tanh(scope.named(x @ W, self.letter)), "a")


NAMES = ["<script>alert(1)</script>", "<b>", '"onload="x', "x&y", "it's", "\\input{x}", "$x$", "%x", "a_b", "层", "x y"]


@pytest.mark.parametrize("name", NAMES)
def test_names_of_users_are_escaped(name):
    net = cp.Network(2, [Hostile(name), cp.Dense(1)], "squared_error", dtype="float64")
    trace = net.trace(np.ones((2, 2)), np.ones(2))
    shown = trace.explain(detail="elements")
    assert "squared" not in shown.to_text()
    html = shown.to_html()
    well_formed(html)
    ElementTree.fromstring(f"<div>{shown._repr_html_()}</div>")
    assert "<script>alert" not in html + trace._repr_html_()
    assert "<b>" not in html + trace._repr_html_()
    assert '"onload=' not in html + trace._repr_html_()
    letters = r"(\\partial L/\\partial )?(\\[a-z]+|[a-zA-Z])\^\{\[[lL\d]+\]\}"
    latex = re.sub(rf"\$(\\[a-z]+|'|{letters})\$", "", shown.to_latex())  # without the signs and letters in the words
    assert_balanced(latex)
    assert "\\input" not in latex
    assert not re.search(r"(?<!\\)[%$]", latex)
    assert not re.search(r"_(?!\{)(?<!\\_)", latex)  # no letter of a name becomes an index


# --- text for narrow terminals, files


def test_lines_no_wider_than_asked():
    shown = explained(3, detail="values", lang="en")
    wide, narrow = shown.to_text(), shown.to_text(width=100)
    squeezed = [re.sub(r"\s+", "", text) for text in (wide, narrow)]
    assert squeezed[0] == squeezed[1]
    assert max(map(len, wide.splitlines())) > 100
    unbreakable = max(len(piece) for piece in re.split(r" [+−] |; |, ", wide))
    assert max(map(len, narrow.splitlines())) <= max(100, unbreakable + 50)


def test_saving(tmp_path):
    shown = explained(1, detail="values")
    for ending, expected in {"txt": shown.to_text, "md": shown.to_markdown, "tex": shown.to_latex}.items():
        shown.save(tmp_path / f"lesson.{ending}")
        assert (tmp_path / f"lesson.{ending}").read_text(encoding="utf-8") == expected()
    shown.save(str(tmp_path / "lesson.html"))
    assert (tmp_path / "lesson.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert len(list(tmp_path.iterdir())) == 4  # and nothing half-written
    with pytest.raises(InvalidValueError, match=r"\.html"):
        shown.save(tmp_path / "lesson.pdf")
    with pytest.raises(FileError, match="cannot write"):
        shown.save(tmp_path / "nowhere" / "lesson.txt")


def test_names_of_equal_letters_are_told_apart():
    """h12 is h of layer 12, or h1 of layer 2, or somebody's own."""
    names = [Name.value("h", 12), Name.value("h1", 2), Name.other("h12"), Name.value("h", 12)]
    assert [to_text(symbol(name)) for name in names] == ["h[12]", "h1[2]", "h₁₂", "h[12]"]
