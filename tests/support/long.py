"""Cases of one kind of which a few are enough from day to day."""

from __future__ import annotations

import pytest


def first(cases, count):
    """For `parametrize`: the first `count` cases, and the others marked as long (`make test-long` runs them)."""
    cases = list(cases)
    return [*cases[:count], *(pytest.param(case, marks=pytest.mark.long) for case in cases[count:])]
