"""A model file that is replaced while it is loaded. CLEARPROP_LOADS=20000 loads as often, during as many saves."""

from __future__ import annotations

import os

import pytest

from loads_while_saved import loads_while_saved

pytestmark = pytest.mark.system

COUNT = int(os.environ.get("CLEARPROP_LOADS", "150"))


def test_each_load_gives_one_of_the_models_that_were_saved():
    found = loads_while_saved(COUNT)
    print(found)
    assert set(found) <= {"first", "second"}
    assert found.total() >= COUNT
