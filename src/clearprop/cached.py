"""`cached_property` without a lock.

Until Python 3.11 that of `functools` computes behind one lock for all instances: a child that is forked while another
thread computes would wait for it for ever. Here two threads may compute at once; the first to be ready counts.
"""

from __future__ import annotations

import functools
import sys
from typing import TYPE_CHECKING, Any

__all__ = ["cached_property"]

if TYPE_CHECKING or sys.version_info >= (3, 12):
    from functools import cached_property
else:

    class cached_property(functools.cached_property):  # noqa: N801
        """See `functools.cached_property`."""

        def __get__(self, instance: Any, owner: type[Any] | None = None) -> Any:
            if instance is None:
                return self
            return instance.__dict__.setdefault(self.attrname, self.func(instance))
