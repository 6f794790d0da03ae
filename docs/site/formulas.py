"""Formulas of the course, $$…$$, as MathML: browsers show it without a script or a font from elsewhere."""

from __future__ import annotations

import re

import pages
from latex2mathml.converter import convert
from mkdocs.exceptions import PluginError

_FORMULA = re.compile(r"^\$\$(.+?)\$\$$", re.DOTALL | re.MULTILINE)

# A matrix gets brackets of its own: those of fonts do not grow where there is no mathematical font.
_MATRIX = re.compile(r"<mo>&#x0005B;</mo><mtable>(.*?)</mtable><mo>&#x0005D;</mo>")


def as_mathml(text: str) -> str:
    """A page with each formula that stands alone put in MathML."""
    return pages.outside_code(text, lambda words: _FORMULA.sub(_mathml, words))


def _mathml(formula: re.Match[str]) -> str:
    latex = formula[1].strip().replace("{aligned}", "{split}")  # the name that the converter knows it by
    mathml = _MATRIX.sub(r'<mtable class="matrix">\1</mtable>', convert(latex, display="block"))
    left_over = re.search(r">(\\\w+|&)<", mathml)
    if left_over:
        raise PluginError(f"the converter to MathML does not know {left_over[1]} in {latex}")
    return f'<div class="formula">{mathml}</div>'
