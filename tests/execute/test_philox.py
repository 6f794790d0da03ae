"""Random numbers: specified to the bit."""

from __future__ import annotations

import numpy as np
import pytest

from clearprop.execute.philox import permutation, philox4x32, uniform
from clearprop.execute.philox import random_words as words

ONES = 0xFFFFFFFF


@pytest.mark.parametrize(
    ("counter", "key", "expected"),
    [  # the known answers that Random123 publishes for philox4x32-10
        ([0, 0, 0, 0], (0, 0), [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8]),
        ([ONES] * 4, (ONES, ONES), [0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD]),
        (
            [0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344],
            (0xA4093822, 0x299F31D0),
            [0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1],
        ),
    ],
)
def test_known_answers(counter, key, expected):
    assert philox4x32(np.array([counter], np.uint32), key)[0].tolist() == expected


def test_numbers_are_a_function_of_seed_epoch_step_stream_and_element():
    base = words(1, 2, 3, 4, 8)
    for other in (words(9, 2, 3, 4, 8), words(1, 9, 3, 4, 8), words(1, 2, 9, 4, 8), words(1, 2, 3, 9, 8)):
        assert not (base == other).any()
    assert (words(1, 2, 3, 4, 5) == base[:5]).all(), "fewer numbers are the first of more"
    assert not (words(1, 2, 3, 4, 8) == words(1 + 2**32, 2, 3, 4, 8)).any(), "all 64 bits of the seed count"


def test_uniform_numbers_are_uniform():
    u = uniform(0, 0, 0, 0, 100_000)
    assert u.dtype == np.float32
    assert (u >= 0).all()
    assert (u < 1).all()
    assert u.mean() == pytest.approx(0.5, abs=0.005)
    assert np.histogram(u, 10, (0, 1))[0] == pytest.approx(np.full(10, 10_000), rel=0.05)


@pytest.mark.parametrize("n", [1, 2, 7, 1000])
def test_permutation_holds_every_row_once(n):
    order = permutation(3, 5, n)
    assert sorted(order) == list(range(n))
    assert (order == permutation(3, 5, n)).all()
    if n > 100:
        assert (order != permutation(3, 6, n)).any()
