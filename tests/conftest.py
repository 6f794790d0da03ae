"""Fixtures and paths shared by all tests."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # tests/numeric.py, whatever pytest's import mode

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def data():
    """The folder of real tables that lies beside a checkout in some places."""
    if not DATA.is_dir():
        pytest.skip("no ../shared/data beside this checkout")
    return DATA
