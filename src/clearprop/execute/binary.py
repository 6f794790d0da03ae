"""The native part, where it was built: `native` is None where it is not, and `REFUSED` says why if it is there."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

from clearprop.execute.codes import OPS

native: Any
try:
    from clearprop.execute import _native  # type: ignore[attr-defined]

    if list(_native.ops) != list(OPS):
        raise ImportError("it was built with another table of kernels (execute/ops.def); install clearprop again")
    native, REFUSED = _native, ""
except ImportError as error:  # installed without a compiler; or it is there and said no, as to a subinterpreter
    native, REFUSED = None, str(error) if find_spec("clearprop.execute._native") else ""
