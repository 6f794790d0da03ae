"""What one thread at a time may use, also in a child that was forked while another thread used it."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import Any, Generic, TypeVar
from weakref import WeakSet

T = TypeVar("T")


class Exclusive(Generic[T]):
    """A thing, and the lock that its users hold.

    A forked child has one thread, the one that forked. Where the lock was held, its holder may be gone and the thing
    half-way through something: the child gets new ones. A thread that forked while it held the lock keeps what it took.

    The lock itself is entered, not this object: if Ctrl-C came within an `__enter__` or `__exit__` written in Python,
    the lock would stay held for ever.

    Args:
        make: makes the thing.

    Example:
        >>> numbers = Exclusive(list)
        >>> with numbers.lock:
        ...     numbers.thing.append(1)
    """

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self.thing, self.lock = make(), threading.Lock()
        _ALL.add(self)

    def renew(self) -> None:
        """Make thing and lock anew, if someone holds the lock."""
        if self.lock.locked():
            _LEFT_BEHIND.append(self.thing)
            self.thing, self.lock = self._make(), threading.Lock()


_ALL: WeakSet[Exclusive[Any]] = WeakSet()
_LEFT_BEHIND: list[Any] = []  # never freed: a thread was changing it when the process was forked


def _renew_all() -> None:
    for exclusive in list(_ALL):
        exclusive.renew()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew_all)
