"""Formulas as trees: read from LaTeX, filled, written as LaTeX, MathML or text."""

from clearprop.explain.math.fill import Level, fill, level
from clearprop.explain.math.numbers import DIGITS, number
from clearprop.explain.math.parse import COMMANDS, parse
from clearprop.explain.math.text import Run, runs, to_text
from clearprop.explain.math.tree import (
    EQUALS,
    Apply,
    Atom,
    Fenced,
    Fraction,
    Math,
    Matrix,
    Root,
    Row,
    Scripts,
    Slot,
    brackets,
    identifier,
    joined,
    operator,
    row,
    transposed,
    words,
)
from clearprop.explain.math.write import to_latex, to_mathml

__all__ = [
    "COMMANDS",
    "DIGITS",
    "EQUALS",
    "Apply",
    "Atom",
    "Fenced",
    "Fraction",
    "Level",
    "Math",
    "Matrix",
    "Root",
    "Row",
    "Run",
    "Scripts",
    "Slot",
    "brackets",
    "fill",
    "identifier",
    "joined",
    "level",
    "number",
    "operator",
    "parse",
    "row",
    "runs",
    "to_latex",
    "to_mathml",
    "to_text",
    "transposed",
    "words",
]
