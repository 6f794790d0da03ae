"""What tests change of PyTorch for the whole process is set back: a file of float64 source sets its default dtype."""

import sys

import pytest


@pytest.fixture(autouse=True)
def default_dtype():
    """float32, as PyTorch starts with."""
    yield
    torch = sys.modules.get("torch")
    if torch is not None:
        torch.set_default_dtype(torch.float32)
