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


def footer(page: Page) -> str:
    """What the build has done on this page."""
    if page.lang == "zh":
        return (
            f"<sub>生成本页时运行了 {page.snippets} 段程序，用数值验证了 {page.formulas} 个公式；"
            "正文中的数字和图也由程序算出。</sub>"
        )
    return (
        f"<sub>To build this page, {page.snippets} programs were run and {page.formulas} formulas were checked with "
        "numbers; the numbers in the text and the figures are computed, too.</sub>"
    )
