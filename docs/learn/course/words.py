"""The few words that stand around every page, in both languages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, get_args

if TYPE_CHECKING:
    from course.page import Page

Language = Literal["en", "zh"]
LANGUAGES: Final[tuple[Language, ...]] = get_args(Language)
BUILT: Final = "<!-- Built by docs/learn/build.py from ../source/{}/{}. Edit that file, not this one. -->"


def heading(lang: Language, name: str) -> str:
    """Links to the contents and to the same page in the other language."""
    if lang == "zh":
        return f"[目录](../README.zh.md) · [English](../en/{name})"
    return f"[Contents](../README.md) · [中文](../zh/{name})"


def with_language(call: str, lang: Language) -> str:
    """A call whose words are to be in the language; English is what it speaks by itself."""
    return call if lang == "en" else f'{call[:-1]}{", " if call[-2] != "(" else ""}lang="{lang}")'


def drawn_by(lang: Language, call: str, module: str) -> str:
    """Under a figure that a function of the course draws."""
    by = {"en": f"Drawn by `{call}`, a function of `{module}`.", "zh": f"由 `{module}` 中的函数画出：`{call}`"}
    return f"<sub>{by[lang]}</sub>"


def steps(lang: Language, name: str, title: str, call: str) -> str:
    """What a step by step page shows, and the call that makes it; the site shows the page where the comment stands."""
    comment = {
        "en": 'a notebook shows it; .save("steps.html") makes a page of it',
        "zh": '在笔记本中直接显示；用 .save("steps.html") 存成网页',
    }
    return f"<!-- steps: {name} {title} -->\n{title}\n\n```python\n# {comment[lang]}\n{call}\n```"


def answer(lang: Language) -> str:
    """The beginning of a folded answer."""
    return f'<details markdown="1">\n<summary>{ {"en": "Answer", "zh": "答案"}[lang] }</summary>'


def footer(page: Page) -> str:
    """What the build has done on this page."""
    if page.lang == "zh":
        return (
            f"<sub>生成本页时运行了 {page.snippets} 段程序，用数值验证了 {page.formulas} 个公式"
            f"和 {page.answers} 个答案；正文中的数字和图也由程序算出。</sub>"
        )
    formulas = "1 formula" if page.formulas == 1 else f"{page.formulas} formulas"
    return (
        f"<sub>To build this page, {page.snippets} programs were run, and {formulas} and {page.answers} "
        "answers checked with numbers; the numbers in the text and the figures are computed, too.</sub>"
    )
