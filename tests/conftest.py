"""Fixtures and paths shared by all tests."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def data():
    """The folder of real tables that lies beside a checkout in some places."""
    if not DATA.is_dir():
        pytest.skip("no ../shared/data beside this checkout")
    return DATA


@pytest.fixture(scope="session", autouse=True)
def _listening_to_ctrl_c():
    """A shell that starts tests in the background tells them to ignore SIGINT, and their children with them."""
    previous = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, previous)
