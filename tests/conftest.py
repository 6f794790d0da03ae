"""Fixtures and paths shared by all tests."""

from __future__ import annotations

from pathlib import Path

import pytest

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def data():
    """The folder of real tables that lies beside a checkout in some places."""
    if not DATA.is_dir():
        pytest.skip("no ../shared/data beside this checkout")
    return DATA
