"""Formulas as trees: read from LaTeX, filled, written as LaTeX, MathML or text."""

from clearprop.present.formula.fill import Level, fill, level
from clearprop.present.formula.numbers import DIGITS, LONGEST, checked_digits, is_printable, number
from clearprop.present.formula.parse import COMMANDS, parse
from clearprop.present.formula.text import Run, runs, to_text
from clearprop.present.formula.tree import (
    COMMA,
    EQUALS,
    Apply,
    Atom,
    Fenced,
    Fraction,
    Math,
    Matrix,
    Row,
    Scripts,
    Slot,
    brackets,
    identifier,
    joined,
    row,
    transposed,
    words,
)
from clearprop.present.formula.write import to_latex, to_mathml

__all__ = [
    "COMMA",
    "COMMANDS",
    "DIGITS",
    "EQUALS",
    "LONGEST",
    "Apply",
    "Atom",
    "Fenced",
    "Fraction",
    "Level",
    "Math",
    "Matrix",
    "Row",
    "Run",
    "Scripts",
    "Slot",
    "brackets",
    "checked_digits",
    "fill",
    "identifier",
    "is_printable",
    "joined",
    "level",
    "number",
    "parse",
    "row",
    "runs",
    "to_latex",
    "to_mathml",
    "to_text",
    "transposed",
    "words",
]
