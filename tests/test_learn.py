"""The course: every snippet runs, every formula holds, and what is committed is what the sources make."""

from __future__ import annotations

import ast
import json
import re
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import pytest
from course.build import build, out_of_date, same_figure
from course.notebooks import notebook, notebooks
from course.page import CourseError, read_page
from mistakes import DEMONSTRATIONS, MISTAKES, TEXTS
from planted import PLANTED

LEARN = Path(__file__).parents[1] / "docs" / "learn"
EXAMPLES = LEARN.parents[1] / "examples"
PAGES = sorted(path.name for path in (LEARN / "source" / "en").glob("[0-9]*.md"))


@pytest.fixture(scope="module")
def pages():
    """The pages that are committed; `test_the_pages_are_what_the_sources_make` holds them to what is built."""
    return {path: path.read_text(encoding="utf-8") for path in LEARN.rglob("*.md") if "source" not in path.parts}


def source(lang, name):
    return (LEARN / "source" / lang / name).read_text(encoding="utf-8")


# --- what is committed


@pytest.mark.long  # `make course` asks the same
def test_the_pages_are_what_the_sources_make():
    assert out_of_date(LEARN, build(LEARN)) == []


def test_the_notebooks_follow_the_pages():
    assert {p.name: p.read_text(encoding="utf-8") for p in EXAMPLES.glob("*.ipynb")} == notebooks(LEARN)


@pytest.mark.long  # make course runs it
@pytest.mark.parametrize("name", PAGES)
def test_a_notebook_runs_from_top_to_bottom(name):
    """Without what a page runs behind the reader's back."""
    names = {"__name__": "notebook"}
    for cell in json.loads(notebooks(LEARN)[name.replace(".md", ".ipynb")])["cells"]:
        text = "".join(cell["source"])
        runs = [(text, "".join(t for out in cell.get("outputs", ()) for t in out["text"]))]
        if cell["cell_type"] == "markdown":  # answers keep their code in the text
            runs = re.findall(r"^```python\n(.*?)^```\n\n```text\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
        for code, shown in runs:
            with redirect_stdout(StringIO()) as printed:
                exec(code, names)
            assert printed.getvalue().rstrip() == shown.rstrip()


def test_links_lead_somewhere(pages):
    assert {LEARN / lang / name for lang in ("en", "zh") for name in PAGES} < set(pages)
    for path, text in (pages | {EXAMPLES / name: text for name, text in notebooks(LEARN).items()}).items():
        for target in re.findall(r"\]\(([^)#\s]+)\)", re.sub(r"(`+|\$\$).*?\1", "", text, flags=re.DOTALL)):
            assert (path.parent / target).exists(), f"{path.name}: {target}"


# --- the two languages


def test_both_languages_have_the_same_pages():
    assert sorted(path.name for path in (LEARN / "source" / "zh").glob("[0-9]*.md")) == PAGES
    assert [int(name[:2]) for name in PAGES] == list(range(len(PAGES)))


@pytest.mark.parametrize("name", PAGES)
def test_both_languages_show_the_same(name):
    english, chinese = source("en", name), source("zh", name)
    for part in (r"<!-- check:.*?-->", r"\((?:figure|steps):.*?\)\n", r"\n## ", r"<!-- answer -->"):
        assert sorted(re.findall(part, english, re.DOTALL)) == sorted(re.findall(part, chinese, re.DOTALL))
    assert len(re.findall(r"^\$\$", english, re.MULTILINE)) == len(re.findall(r"^\$\$", chinese, re.MULTILINE))


@pytest.mark.parametrize("name", PAGES)
def test_a_page_has_exercises_and_walks_through_its_network(name):
    text, exercises = source("en", name).split("\n## Exercises\n")
    asked = re.findall(r"^\*\*\d\.\*\* ", exercises, re.MULTILINE)
    assert 3 <= len(asked) == exercises.count("<!-- answer -->") <= 5
    snippets = re.findall(r"^```python\n.*?^```$", text, re.DOTALL | re.MULTILINE)
    assert text.count("](steps:") == any("cp.Network(" in snippet for snippet in snippets)


@pytest.mark.parametrize("name", PAGES)
def test_both_languages_run_the_same_code(name):
    english, chinese = (program(source(lang, name)) for lang in ("en", "zh"))
    assert list(differences(english, chinese)) == []


def program(page):
    """The snippets of a page as one syntax tree."""
    code = "\n".join(re.findall(r"^```python\n(.*?)^```$", page, re.DOTALL | re.MULTILINE))
    return WithoutWords().visit(ast.parse(code))


class WithoutWords(ast.NodeTransformer):
    """Leaves out of a program what is said in it: words that are printed, words between values, and the language."""

    def visit_Call(self, node):
        self.generic_visit(node)
        said = {"zh"} if ast.unparse(node.func) != "print" else {a.value for a in node.args if hasattr(a, "value")}
        node.args = [a for a in node.args if not (isinstance(a, ast.Constant) and a.value in said)]
        node.keywords = [k for k in node.keywords if k.arg != "lang"]
        return node

    def visit_JoinedStr(self, node):
        self.generic_visit(node)
        return ast.JoinedStr(sorted((v for v in node.values if isinstance(v, ast.FormattedValue)), key=ast.dump))


def differences(english, chinese):
    """Places where two programs differ; a word may be another if it is Chinese."""
    if isinstance(english, ast.Constant) and isinstance(chinese, ast.Constant):
        if english.value != chinese.value and not re.search("[\u3000-\u9fff\uff00-\uffef]", str(chinese.value)):
            yield english.value, chinese.value
    elif isinstance(english, ast.AST) and type(english) is type(chinese):
        yield from differences([*ast.iter_fields(english)], [*ast.iter_fields(chinese)])
    elif isinstance(english, list | tuple) and len(english) == len(chinese):
        for one, other in zip(english, chinese, strict=True):
            yield from differences(one, other)
    elif english != chinese:
        yield tuple(ast.unparse(x) if isinstance(x, ast.AST) else x for x in (english, chinese))


def test_other_code_is_seen():
    def differ(english, chinese):
        return list(differences(*(program(f"```python\n{code}\n```\n") for code in (english, chinese))))

    assert not differ('print("sum", f"{a} of {b}")  # shown', 'print(f"{b} 之中的 {a}")')
    assert not differ('t.explain(only="z1")', 't.explain("zh", only="z1")')
    assert differ('Dense(4, "tanh")', 'Dense(4, "relu")')
    assert differ("f(0.1)", "f(0.2)")
    assert differ('print(f"{a}")', 'print(f"{b}")')
    assert differ("f()", "f()\ng()")


# --- the mistakes


def test_every_mistake_has_words_and_a_run():
    assert [mistake.id for mistake in MISTAKES] == list(TEXTS)
    assert set(TEXTS) == set(DEMONSTRATIONS) | {planted.id for planted in PLANTED}
    assert not set(DEMONSTRATIONS) & {planted.id for planted in PLANTED}


@pytest.mark.parametrize("id", TEXTS)
def test_the_words_of_a_mistake_name_the_same_numbers(id):
    for said in TEXTS[id].values():
        assert set(said) == {"en", "zh"}
        assert len({tuple(sorted(re.findall(r"{(.*?)}", text))) for text in said.values()}) == 1


def test_the_page_of_mistakes_shows_each_once(pages):
    for lang in ("en", "zh"):
        shown = re.findall(r"^\*\*(E\d+)\*\* ✗", pages[LEARN / lang / "14-mistakes.md"], re.MULTILINE)
        assert sorted(shown) == sorted(TEXTS)


# --- the build refuses what does not hold

BEGINNING = "# Title\n\n> Idea.\n\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("$$1 + 1 = 3$$\n<!-- check: 1 + 1 == 3 -->\n", ":6: does not hold: 1 [+] 1 == 3"),
        ("$$1 + 1 = 2$$\n\nWords.\n", ":5: a formula without"),
        ("About 0.25 of it.\n", "a number typed by hand in .*About 0.25"),
        ("```python\nx = 1\nx.y\n```\n", ":5: the code fails with AttributeError"),
        ("```python\nx = 1\n```\n\n```text\n1\n```\n", "no ```text in a source"),
        ("Then {{ nothing }}.\n", "'nothing' fails with NameError"),
        ("![A line](figure:no_such_figure())\n", "no function no_such_figure in course.figures.page_01, nor"),
        ("![A line](figure:x)\n", "a figure is a call"),
        ("<!-- answer -->\n\nTwo.\n\n<!-- end of answer -->\n", "an answer without <!-- check: … --> and a snippet"),
        ("<!-- answer -->\n```python\nprint(2)\n```\n<!-- end of answer -->\n", "an answer without <!-- check: … -->$"),
        ("<!-- answer -->\n\nTwo.\n", "an answer without <!-- end of answer -->"),
        ("<!-- end of answer -->\n", "out of place"),
    ],
)
def test_a_page_that_does_not_hold(tmp_path, text, said):
    path = tmp_path / "01-page.md"
    path.write_text(BEGINNING + text, encoding="utf-8")
    with pytest.raises(CourseError, match=said):
        read_page(path, "en")


def test_a_page(tmp_path):
    path = tmp_path / "01-page.md"
    code, words = "```python\nx = -1 / 3\nprint(x > 0)\n```\n\n", "x is {{ x }}, or {{ x:.1f }}.\n\n"
    formula = "$$x = {{ x }}$$\n<!-- check: x < 0 -->\n"
    path.write_text(BEGINNING + code + words + formula, encoding="utf-8")
    page = read_page(path, "en")
    assert (page.title, page.idea, page.snippets, page.formulas) == ("1 · Title", "Idea.", 1, 1)
    assert page.body.endswith("```text\nFalse\n```\n\nx is −0.3333, or −0.3.\n\n$$x = -0.3333$$")


def test_a_figure_shows_its_call_and_an_answer_is_folded(tmp_path):
    path = tmp_path / "99-page.md"
    code = "```python\nimport clearprop as cp\n\nnet = cp.Network(1, [cp.Dense(1, W=2, b=1)])\n```\n\n"
    figure, steps = "![Circles](figure:net = cp.draw(net))\n\n", "![Walk:](steps:net.trace([3]).step_by_step())\n\n"
    answer = "<!-- answer -->\n```python\nprint(1 + 1)\n```\n<!-- check: 1 + 1 == 2 -->\n<!-- end of answer -->\n"
    path.write_text(BEGINNING + code + figure + steps + answer, encoding="utf-8")
    english, chinese = (read_page(path, lang) for lang in ("en", "zh"))
    assert [*english.figures, *english.lessons] == ["99-net.en.svg", "99-page.html"]
    assert '](../figures/99-net.zh.svg)\n\n```python\ncp.draw(net, lang="zh")\n```' in chinese.body
    assert '.save("steps.html") makes a page of it\nnet.trace([3]).step_by_step()\n```' in english.body
    folded = english.body[english.body.index("<details") :]
    assert re.search(r"<summary>Answer</summary>.*```text\n2\n```.*</details>$", folded, re.DOTALL)
    assert len(english.lessons["99-page.html"].frames) > 1


def test_an_answer_stays_folded_in_a_notebook():
    page = "Two?\n\n<details>\n<summary>Answer</summary>\n\n```python\nprint(2)\n```\n\n</details>\n\nNext.\n"
    cells = json.loads(notebook(page, "en"))["cells"]
    assert [cell["cell_type"] for cell in cells] == ["markdown", "code", "markdown", "markdown"]
    assert (cells[1]["source"], "print(2)\n" in cells[2]["source"]) == ([], True)


def test_figures_may_differ_in_the_last_digits_only():
    assert same_figure('<circle r="1.25"/>', '<circle r="1.2501"/>')
    assert not same_figure('<circle r="1.25"/>', '<circle r="2.25"/>')
    assert not same_figure('<circle r="1.25"/>', '<rect r="1.25"/>')
