"""Fixtures and paths shared by all tests, and how many examples Hypothesis draws."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest
from hypothesis import settings

collect_ignore_glob = ["support/*", "processors/arm.py"]  # without examples; some need what not everybody has
DATA = Path(__file__).resolve().parents[2] / "shared" / "data"

# How many belongs here, not to a test: `make test-long` runs with `--hypothesis-profile=long`.
settings.register_profile("short", max_examples=20, deadline=None)
settings.register_profile("long", max_examples=500, deadline=None)
settings.load_profile("short")


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
