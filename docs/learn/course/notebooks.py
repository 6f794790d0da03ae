"""The pages as notebooks, made from the built pages: text, code, and what the code printed."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from course.words import LANGUAGES, Language

_CODE = re.compile(r"^```python\n(?P<code>.*?)^```\n(?:\n^```text\n(?P<printed>.*?)^```\n)?", re.DOTALL | re.MULTILINE)
# An answer stays folded in its text, with its code; the cell before it is the reader's own.
_ANSWER = re.compile(r"^<details.*?^</details>$", re.DOTALL | re.MULTILINE)
_PAGE_LINK = re.compile(r"\]\((?:\.\./(?P<lang>\w\w)/)?(?P<name>\d\d-[\w-]+)\.md\)")
_KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}


def notebooks(folder: Path) -> dict[str, str]:
    """File name → notebook, for every built page of the course.

    Args:
        folder: of the course; its pages must have been built.
    """
    return {
        notebook_name(page.stem, lang): notebook(page.read_text(encoding="utf-8"), lang)
        for lang in LANGUAGES
        for page in sorted((folder / lang).glob("[0-9]*.md"))
    }


def notebook_name(page: str, lang: Language) -> str:
    """07-by-hand.ipynb in English, 07-by-hand.zh.ipynb in Chinese."""
    return f"{page}.ipynb" if lang == "en" else f"{page}.{lang}.ipynb"


def notebook(page: str, lang: Language) -> str:
    """A built page as a notebook that stands in examples/."""
    cells: list[dict[str, Any]] = []
    at = 0
    for answer in _ANSWER.finditer(page):
        _add(cells, page[at : answer.start()], lang)
        _add_code(cells, "", "")
        _add_text(cells, answer[0], lang)
        at = answer.end()
    _add(cells, page[at:], lang)
    whole = {"cells": cells, "metadata": {"kernelspec": _KERNEL}, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(whole, ensure_ascii=False, indent=1) + "\n"


def _add(cells: list[dict[str, Any]], part: str, lang: Language) -> None:
    at = 0
    for found in _CODE.finditer(part):
        _add_text(cells, part[at : found.start()], lang)
        _add_code(cells, found["code"], found["printed"] or "")
        at = found.end()
    _add_text(cells, part[at:], lang)


def _add_text(cells: list[dict[str, Any]], text: str, lang: Language) -> None:
    text = re.sub(r"<!--.*?-->\n", "", text, flags=re.DOTALL).strip()
    text = text.replace("](../figures/", "](../docs/learn/figures/").replace("](../README", "](../docs/learn/README")
    text = text.replace("](../../", "](../docs/")
    text = _PAGE_LINK.sub(lambda link: f"]({notebook_name(link['name'], _language(link['lang'], lang))})", text)
    if text:
        cells.append({"cell_type": "markdown", "id": f"cell-{len(cells)}", "metadata": {}, "source": _lines(text)})


def _language(named: str | None, lang: Language) -> Language:
    return next((known for known in LANGUAGES if known == named), lang)


def _add_code(cells: list[dict[str, Any]], code: str, printed: str) -> None:
    outputs = [{"name": "stdout", "output_type": "stream", "text": _lines(printed)}] if printed else []
    cells.append(
        {
            "cell_type": "code",
            "execution_count": None,
            "id": f"cell-{len(cells)}",
            "metadata": {},
            "outputs": outputs,
            "source": _lines(code.rstrip("\n")),
        }
    )


def _lines(text: str) -> list[str]:
    return text.splitlines(keepends=True)
