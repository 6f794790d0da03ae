"""Fonts for Chinese, Japanese and Korean that Matplotlib can draw with, on whatever system this is."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

_EASTERN = (
    *("Noto Sans CJK SC", "Noto Sans CJK JP", "Source Han Sans SC", "WenQuanYi Micro Hei", "WenQuanYi Zen Hei"),
    *("Microsoft YaHei", "SimHei", "PingFang SC", "Heiti SC", "Hiragino Sans GB", "Arial Unicode MS"),
)
_FILES = re.compile(r"sans.*cjk|wqy|msyh|simhei|pingfang|stheiti|hiragino", re.IGNORECASE)


def is_eastern(text: str) -> bool:
    """Whether a text has letters that Western fonts lack."""
    return any(ord(letter) >= 0x2E80 for letter in text)


@cache
def eastern_fonts() -> tuple[str, ...]:
    """Names of fonts that are there, the best first.

    Matplotlib remembers which fonts it has once found; one that was installed since is looked for anew.
    """
    try:
        from matplotlib import font_manager
    except ImportError:
        return ()

    def known() -> tuple[str, ...]:
        there = {font.name for font in font_manager.fontManager.ttflist}
        return tuple(name for name in _EASTERN if name in there)

    if not known():
        for path in font_manager.findSystemFonts():
            if _FILES.search(Path(path).name):
                font_manager.fontManager.addfont(path)
    return known()
