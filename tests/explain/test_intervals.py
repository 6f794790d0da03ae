"""The prover's own tools: intervals hold every value that they should, printed formulas mean what they say."""

from __future__ import annotations

import numpy as np
import pytest

import intervals as iv
from intervals import Interval
from printed import Calculator, equations, printed_number, read

rng = np.random.default_rng(0)


def around(x, width=0.3):
    """An interval that holds x, and another point of it."""
    lo, hi = x - rng.random(np.shape(x)) * width, x + rng.random(np.shape(x)) * width
    return Interval(lo, hi), lo + rng.random(np.shape(x)) * (hi - lo)


def assert_inside(value, interval):
    assert np.all((interval.lo <= value) & (value <= interval.hi)), (value, interval)


BINARY = {
    "+": (lambda a, b: a + b,) * 2,
    "-": (lambda a, b: a - b,) * 2,
    "*": (lambda a, b: a * b,) * 2,
    "/": (lambda a, b: a / b,) * 2,
    "@": (lambda a, b: a @ b,) * 2,
    "max": (iv.larger, np.maximum),
    "min": (iv.smaller, np.minimum),
}
UNARY = {
    "exp": (iv.exp, np.exp),
    "tanh": (iv.tanh, np.tanh),
    "sin": (iv.sine, np.sin),
    "cos": (iv.cosine, np.cos),
    "abs": (iv.absolute, abs),
    "sign": (iv.sign, np.sign),
    "square": (lambda x: x**2, lambda x: x**2),
    "cube": (lambda x: x**3, lambda x: x**3),
    "sum": (lambda x: x.sum(0), lambda x: x.sum(0)),
    "softmax": (lambda x: iv.softmax(x, 1), lambda x: np.exp(x) / np.exp(x).sum(1, keepdims=True)),
}


@pytest.mark.parametrize("name", [*BINARY, *UNARY])
@pytest.mark.filterwarnings("ignore:divide by zero")
def test_an_interval_holds_every_value_of_its_operands(name):
    for _ in range(200):
        (a, x), (b, y) = around(rng.normal(size=(3, 3))), around(rng.normal(size=(3, 3)))
        if name in BINARY:
            on_intervals, on_numbers = BINARY[name]
            assert_inside(on_numbers(x, y), on_intervals(a, b))
        else:
            on_intervals, on_numbers = UNARY[name]
            assert_inside(on_numbers(x), on_intervals(a))


def test_intervals_of_points_stay_narrow():
    """What they add for rounding is far below 1e-10."""
    own = np.random.default_rng(1)  # whatever tests ran before: the numbers decide how wide
    A, B = (Interval(own.normal(size=(20, 20))) for _ in range(2))
    assert (A @ B).width < 1e-12
    assert iv.softmax(A, 1).width < 1e-12
    assert iv.exp(A * B - A).width < 1e-11


@pytest.mark.parametrize(
    ("text", "lo", "hi"),
    [
        ("0.3142", 0.31415, 0.31425),
        ("−2", -2, -2),
        ("1.5·10⁻⁷", 1.5e-7, 1.5e-7),
        ("1.500·10⁻⁷", 1.4995e-7, 1.5005e-7),
        ("10⁻⁵", 1e-5, 1e-5),
        ("1234", 1233.5, 1234.5),
        ("0.05000", 0.049995, 0.050005),
        ("0", 0, 0),
    ],
)
def test_what_a_printed_number_may_stand_for(text, lo, hi):
    found = printed_number(text, 4)
    np.testing.assert_allclose([found.lo, found.hi], [lo, hi], rtol=1e-12)


SYMBOLS = {"x": 0.5, "y": -2.0, "A[1]": [[1.0, 2.0], [3.0, 4.0]], "η": 0.1}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("x + y · x − y", 0.5 - 1.0 + 2.0),
        ("−x² + (−2)²", -0.25 + 4),
        ("x/y · y", 0.5),
        ("η x (1 − y)", 0.1 * 0.5 * 3),
        ("e^(−x) − e²", np.exp(-0.5) - np.exp(2)),
        ("ln(1 + e^x)", np.log(1 + np.exp(0.5))),
        ("√x · √(y²)", np.sqrt(0.5) * 2),
        ("max(x, y) − min(x, −3)", 3.5),
        ("|y| · [x > 0] + [y > 0]", 2.0),
        ("{x (y > 0), y (y ≤ 0)}", -2.0),
        ("tanh(x)² + sgn(y)", np.tanh(0.5) ** 2 - 1),
        ("A[1] · A[1]ᵀ ⊙ [1 2; 3 4]", [[5.0, 22.0], [33.0, 100.0]]),
        ("Σᵢ A[1]", [[4.0, 6.0]]),
        ("Σₖ A[1]²", [[5.0], [25.0]]),
        ("Σⱼₖ(A[1] ⊙ A[1])/2", 15.0),
        ("A[1]/Σₖ A[1]", [[1 / 3, 2 / 3], [3 / 7, 4 / 7]]),
    ],
)
def test_reading_and_computing(text, value):
    def look_up(symbol):
        found = np.array(SYMBOLS[symbol])
        return Interval(found[()])

    found = Calculator(False, 4, look_up).value(read(text))
    assert found.shape == np.shape(value)
    assert_inside(value, found.around(1e-12))
    assert found.width < 1e-11


@pytest.mark.parametrize("text", ["x +", "(x", "x)", "{x (y > 0), y (x ≤ 0)}", "x ⊙ · y", "[x", "", "x · −y"])
def test_what_is_no_formula_is_refused(text):
    with pytest.raises(ValueError):
        read(text)


def test_equations_are_found_between_words():
    text = "Heading = no\n  z[1] = a + b\n       = 3\n  (a note)\n\n  L = 4\n"
    assert equations(text) == [["z[1]", "a + b", "3"], ["L", "4"]]
