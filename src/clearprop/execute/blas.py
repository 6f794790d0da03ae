"""NumPy's BLAS on one thread: for the small products of a training step a second thread costs more than it gives, and
its sums come out in another order."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.util import find_spec
from typing import Any

from clearprop.forks import undivided


@cache
def _controller() -> Any:
    if find_spec("threadpoolctl") is None:
        return None
    from threadpoolctl import ThreadpoolController  # scans the loaded libraries: done once, when first needed

    return ThreadpoolController()


@contextmanager
def single_threaded() -> Iterator[None]:
    """Limit the BLAS to one thread while the block runs, where threadpoolctl is installed to do it."""
    with undivided:
        controller = _controller()
        limits = None if controller is None else controller.limit(limits=1, user_api="blas")
    try:
        yield
    finally:
        if limits is not None:
            with undivided:
                limits.restore_original_limits()
