"""Models of random tables as ONNX: features to the bit, answers and labels of rows that were not seen.

    python tests/support/onnx_of_tables.py --models 500

does the same with many more.
"""

from __future__ import annotations

import pytest

from onnx_of_tables import many, printed

pytestmark = pytest.mark.peers

ROUNDED = {"logarithm of a number", "sine or cosine of the hour"}  # what ONNX Runtime rounds in its own way


@pytest.mark.parametrize("first", [10_000, 20_000, 30_000])
def test_models_of_random_tables_answer_as_they_do_here(first):
    seen = many(first, 4)
    assert not seen.failed, printed(seen)
    assert not seen.refused, printed(seen)
    for each in seen.each:
        assert ROUNDED.issuperset(each.causes), printed(seen)
