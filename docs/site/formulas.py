"""Formulas of the course, $$…$$, as MathML: browsers show it without a script or a font from elsewhere."""

from __future__ import annotations

import re

import pages
from latex2mathml.converter import convert

_FORMULA = re.compile(r"^\$\$(.+?)\$\$$", re.DOTALL | re.MULTILINE)


def as_mathml(text: str) -> str:
    """A page with each formula that stands alone put in MathML."""
    return pages.outside_code(text, lambda words: _FORMULA.sub(_mathml, words))


def _mathml(formula: re.Match[str]) -> str:
    return f'<div class="formula">{convert(formula[1].strip(), display="block")}</div>'
