"""What one thread at a time may use, also in a child that was forked while another thread used it."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any, Generic, TypeVar
from weakref import WeakSet

T = TypeVar("T")


class Exclusive(Generic[T]):
    """A thing behind a lock: entered it is given out, left it is free for the next thread.

    A forked child has one thread, the one that forked. Where another one was inside, the lock would never be released
    and the thing might be half-way through something: the child gets new ones.

    Args:
        make: makes the thing.

    Example:
        >>> numbers = Exclusive(list)
        >>> with numbers as inside:
        ...     inside.append(1)
    """

    def __init__(self, make: Callable[[], T]) -> None:
        self._make, self._thing = make, make()
        self._lock, self._inside = threading.Lock(), 0
        _ALL.add(self)

    def __enter__(self) -> T:
        self._lock.acquire()
        self._inside = threading.get_ident()
        return self._thing

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._inside = 0
        self._lock.release()

    def renew(self) -> None:
        """Make thing and lock anew, if a thread is inside that is not this one."""
        if self._lock.locked() and self._inside != threading.get_ident():
            _LEFT_BEHIND.append(self._thing)
            self._thing, self._lock, self._inside = self._make(), threading.Lock(), 0


_ALL: WeakSet[Exclusive[Any]] = WeakSet()
_LEFT_BEHIND: list[Any] = []  # never freed: a thread was changing it when the process was forked


def _renew_all() -> None:
    for exclusive in list(_ALL):
        exclusive.renew()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew_all)
