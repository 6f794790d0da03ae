"""Which single elements stand for a value that is too large to print."""

import numpy as np

import clearprop as cp


def test_of_an_encoding_the_piece_that_a_value_lies_in_is_shown():
    """Of 40 intervals a number lies in one: with its start t and width h, and no clipped one beside it."""
    cuts = np.linspace(-2, 2, 41)
    net = cp.Network(1, [cp.PiecewiseLinear([cuts]), cp.Dense(1)], "mean_squared_error", dtype="float64")
    said = str(net.trace([[0.53]], [1.0]).explain())
    piece = int((0.53 - cuts[0]) / 0.1)  # from 0; before it stands the number itself
    assert f"a[0] − t[0]{'₀₁₂₃₄₅₆₇₈₉'[(piece + 1) // 10]}{'₀₁₂₃₄₅₆₇₈₉'[(piece + 1) % 10]}" in said
    assert f"(0.53 − {cuts[piece]:.4g})/0.1000" in said or f"(0.53 − {cuts[piece]:.4f})" in said
    assert "= −0.2" in said
    assert "39 more elements" in said
