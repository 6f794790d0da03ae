"""Formula trees: brackets where a reader needs them, numbers that do not lie, three notations of every op."""

from __future__ import annotations

import math
import re
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearprop.errors import InvalidValueError
from clearprop.graph import OPS
from clearprop.present.formula import fill, identifier, number, parse, runs, to_latex, to_mathml, to_text
from clearprop.present.formula.tree import Cases

a, b, c = (identifier(letter) for letter in "abc")


@pytest.mark.parametrize("name", OPS)
def test_every_op_writes_its_formula_in_every_notation(name):
    tree = parse(OPS[name].formula)
    if not isinstance(tree, Cases):
        assert parse(to_latex(tree)) == tree  # what is written as LaTeX reads as the same formula
    ET.fromstring(to_mathml(tree))
    assert "\\" not in to_text(tree)
    assert "\\" not in "".join(text for text, _, _ in runs(tree))


@pytest.mark.parametrize(
    ("template", "values", "expected"),
    [
        (r"#1 \times #2", {"1": parse("a + b"), "2": c}, "(a + b) × c"),
        (r"#1 \times #2", {"1": c, "2": parse("a + b")}, "c × (a + b)"),
        (r"#1 - #2", {"1": a, "2": parse("b - c")}, "a − (b − c)"),
        (r"#1 - #2", {"1": parse("a - b"), "2": c}, "a − b − c"),
        (r"#1 + #2", {"1": a, "2": number(-2)}, "a + (−2)"),
        (r"#1 + #2", {"1": number(-2), "2": a}, "−2 + a"),
        (r"#1 \times #2", {"1": number(-2), "2": number(-3)}, "(−2) × (−3)"),
        (r"#1 - #3 #2", {"1": number(1), "2": number(0.5), "3": number(0.1)}, "1 − 0.1 · 0.5"),
        (r"#1 - #3 #2", {"1": a, "2": b, "3": c}, "a − c b"),
        (r"\ln #1", {"1": parse("a + b")}, "ln(a + b)"),
        (r"\ln #1", {"1": a}, "ln a"),
        (r"#1 \times #2", {"1": parse(r"\ln a"), "2": b}, "(ln a) × b"),
        (r"#1 \times #2", {"1": b, "2": parse(r"\ln a")}, "b × ln a"),
        (r"{#1}^2", {"1": number(-3)}, "(−3)²"),
        (r"{#1}^2", {"1": parse("a + b")}, "(a + b)²"),
        (r"{#1}^2", {"1": parse("a^2")}, "(a²)²"),
        (r"{#1}^2", {"1": parse(r"\frac{a}{b}")}, "(a/b)²"),
        (r"e^{#1}", {"1": parse("-a")}, "e^(−a)"),
        (r"e^{#1}", {"1": a}, "e^a"),
        (r"\frac{#1}{#2}", {"1": parse("a + b"), "2": parse("a b")}, "(a + b)/(a b)"),
        (r"\frac{#1}{#2}", {"1": a, "2": parse(r"\frac{b}{c}")}, "a/(b/c)"),
        (r"\sigma(#1)", {"1": parse("a + b")}, "σ(a + b)"),
        (r"#1 \times #2", {"1": number(1.5e-7), "2": a}, "1.5·10⁻⁷ × a"),
        (r"{#1}^2", {"1": number(1.5e-7)}, "(1.5·10⁻⁷)²"),
        (r"{#1}^2", {"1": parse(r"\cos a")}, "(cos a)²"),
        (r"{#1}^2", {"1": fill(parse(r"\cos #1"), {"1": number(-2)})}, "(cos(−2))²"),
    ],
)
def test_brackets(template, values, expected):
    assert to_text(fill(parse(template), values)) == expected


def test_a_layer_is_no_power():
    z = parse("z^{[1]}")
    assert to_text(fill(parse("{#1}^2"), {"1": z})) == "z[1]²"
    assert to_latex(parse("z^{[1]}_3")) == "z_{3}^{[1]}"


def test_cases_say_both_conditions_in_any_language():
    leaky = parse(r"#1 \text{ if } #1 > 0 \text{ else } #slope \cdot #1")
    filled = fill(leaky, {"1": a, "slope": number(0.01)})
    assert to_text(filled) == "{a (a > 0), 0.01 · a (a ≤ 0)}"
    assert to_latex(filled) == r"\begin{cases} a & a > 0 \\ 0.01 \cdot a & a \le 0 \end{cases}"


@pytest.mark.parametrize("latex", [r"\unknown{x}", r"\frac{a}", "(a", "a)", r"\text{a", "{a"])
def test_other_latex_is_a_clear_error(latex):
    with pytest.raises((InvalidValueError, ValueError)):
        parse(latex)


def value_of(text):
    """A printed number read back."""
    sign, mantissa, power = re.fullmatch(r"(−?)([\d.]*?)·?(?:10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+))?", text).groups()
    exponent = int((power or "⁰").translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")))
    return (-1 if sign else 1) * float(mantissa or 1) * 10.0**exponent


@given(st.floats(allow_nan=False, allow_infinity=False, width=32), st.integers(2, 9))
def test_a_printed_number_is_right_to_its_last_digit(x, digits):
    text = number(x, digits).text
    back = value_of(text)
    assert back == pytest.approx(x, rel=0.5000001 * 10.0 ** (1 - digits), abs=0)
    figures = text.partition("·")[0].replace("−", "").replace(".", "").lstrip("0")
    if 0 < len(figures) < digits and not text.lstrip("−").startswith("10"):  # fewer digits than asked for: exact
        assert back == pytest.approx(x, rel=1e-15)


def test_numbers_that_are_none():
    assert [number(x).text for x in (math.nan, math.inf, -math.inf, 0.0, -0.0)] == ["NaN", "∞", "−∞", "0", "0"]
