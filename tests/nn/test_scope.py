"""Names of values and parameters: none that means something else."""

from __future__ import annotations

import pytest

import clearprop as cp
from clearprop.errors import InvalidValueError
from clearprop.nn.scope import Scope


def scope(layer=1):
    return Scope(training=False, dtype="f64", layer=layer)


@pytest.mark.parametrize("letter", ["dz", "da", "dW", "delta", "u_", "u_1", "r_", "β", "1", ""])
def test_letters_with_another_meaning_are_refused(letter):
    with pytest.raises(InvalidValueError, match="the letter"):
        scope().named(cp.variable("x"), letter)
    with pytest.raises(InvalidValueError, match="the letter"):
        scope().parameter(letter, (2,), cp.Zeros())


def test_a_value_and_a_parameter_have_different_names():
    one = scope()
    one.parameter("W", (2, 2), cp.Zeros())
    with pytest.raises(InvalidValueError, match="a value named 'W1'"):
        one.named(cp.variable("x"), "W")
    two = scope()
    two.named(cp.variable("x"), "h")
    with pytest.raises(InvalidValueError, match="a parameter named 'h1'"):
        two.parameter("h", (2,), cp.Zeros())


@pytest.mark.parametrize("letter", ["d", "u", "r", "h", "gamma", "running"])
def test_other_letters_are_free(letter):
    one = scope()
    assert [one.named(cp.variable("x"), letter).name for _ in range(2)] == [f"{letter}1", f"{letter}1_2"]
