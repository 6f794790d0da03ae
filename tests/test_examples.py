"""The examples run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = sorted((Path(__file__).parents[1] / "examples").glob("*.py"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.name)
def test_example(path):
    done = subprocess.run([sys.executable, "-W", "error", str(path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout


def test_xor_example_shows_what_it_says():
    done = subprocess.run([sys.executable, str(EXAMPLES[-1])], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[1].endswith("4 of 4 right")
