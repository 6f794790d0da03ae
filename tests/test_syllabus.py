"""The syllabus: every row of sections 0 to 4 has a test of its own, named by its id."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

HERE = Path(__file__).parent
SYLLABUS = HERE.parents[1] / "shared" / "SYLLABUS.md"

SECTIONS = {
    0: "1 2 3 4 5 6 7 8",
    1: "1 2 3 4 6 7 8 9 10 11 12 13 14 15 17 18 19 20",
    2: "1 2 3 6 7 9 10 11 12 13 14 15 16 17 18",
    3: "1 2 3 4 5 6 7 8 9",
    4: "1 2 3 4 5 6 7 8 9 10 12 13 14 15 16",
}
IDS = [f"{section}.{row}" for section, rows in SECTIONS.items() for row in rows.split()]


def ids_of_tests():
    tests = "\n".join(path.read_text() for path in sorted((HERE / "syllabus").glob("test_*.py")))
    return [f"{a}.{b}" for a, b in re.findall(r"^def test_row_(\d)_(\d+)_", tests, re.MULTILINE)]


def test_every_row_is_tested_once():
    assert sorted(ids_of_tests()) == sorted(IDS)


def test_the_rows_are_those_of_the_syllabus():
    if not SYLLABUS.is_file():
        pytest.skip("no ../shared/SYLLABUS.md beside this checkout")
    assert re.findall(r"^\| ([0-4]\.\d+) \|", SYLLABUS.read_text(), re.MULTILINE) == IDS
