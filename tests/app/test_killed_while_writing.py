"""Writers of every kind of file that are killed: old or new, whole, and nothing left behind by the next one.

CLEARPROP_KILLS=200 pytest -s tests/app/test_killed_while_writing.py kills as many of each kind, and
of `clearprop train`, which is left out otherwise because it takes longer.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from every_file import KINDS

pytestmark = pytest.mark.system

ASKED = os.environ.get("CLEARPROP_KILLS")
KILLS, WHAT = ASKED or "1", (*KINDS, "training") if ASKED else KINDS
PROGRAM = Path(__file__).with_name("killed_while_writing.py")


def test_old_or_new_and_nothing_stale():
    done = subprocess.run([sys.executable, PROGRAM, KILLS, *WHAT], capture_output=True, text=True)
    print(done.stdout)
    assert done.returncode == 0, done.stderr
    assert not done.stderr, "no writer failed before it was killed"
    lines = done.stdout.splitlines()
    assert len(lines) == len(WHAT)
    for line in lines:
        assert "BROKEN" not in line
        assert "'stale': 0" in line
        assert f"'lived': {KILLS}" in line
