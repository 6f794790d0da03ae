"""The syllabus: every row of sections 0 to 4 has a test of its own, named by its id."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

HERE = Path(__file__).parent
SYLLABUS = HERE.parents[1] / "shared" / "SYLLABUS.md"

IDS = """
0.1 0.2 0.3 0.4 0.5 0.6 0.7 0.8
1.1 1.2 1.3 1.4 1.6 1.7 1.8 1.9 1.10 1.11 1.12 1.13 1.14 1.15 1.17 1.18 1.19 1.20
2.1 2.2 2.3 2.6 2.7 2.9 2.10 2.11 2.12 2.13 2.14 2.15 2.16 2.17 2.18
3.1 3.2 3.3 3.4 3.5 3.6 3.7 3.8 3.9
4.1 4.2 4.3 4.4 4.5 4.6 4.7 4.8 4.9 4.10 4.12 4.13 4.14 4.15 4.16
""".split()


def ids_of_tests():
    tests = "\n".join(path.read_text() for path in sorted((HERE / "syllabus").glob("test_*.py")))
    return [f"{a}.{b}" for a, b in re.findall(r"^def test_row_(\d)_(\d+)_", tests, re.MULTILINE)]


def test_every_row_is_tested_once():
    assert sorted(ids_of_tests()) == sorted(IDS)


def test_the_rows_are_those_of_the_syllabus():
    if not SYLLABUS.is_file():
        pytest.skip("no ../shared/SYLLABUS.md beside this checkout")
    assert re.findall(r"^\| ([0-4]\.\d+) \|", SYLLABUS.read_text(), re.MULTILINE) == IDS
