"""NumPy's BLAS on one thread: for the small products of a training step a second thread costs more than it gives, and
its sums come out in another order."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from functools import cache
from importlib.util import find_spec
from typing import Any


@cache
def _controller() -> Any:
    if find_spec("threadpoolctl") is None:
        return None
    from threadpoolctl import ThreadpoolController  # scans the loaded libraries: done once, when first needed

    return ThreadpoolController()


def single_threaded() -> AbstractContextManager[Any]:
    """Limit the BLAS to one thread while the block runs, where threadpoolctl is installed to do it."""
    controller = _controller()
    return nullcontext() if controller is None else controller.limit(limits=1, user_api="blas")
