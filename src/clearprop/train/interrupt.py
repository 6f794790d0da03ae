"""Ctrl-C ends training between two steps, not inside one."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Interrupt:
    """Set once Ctrl-C was pressed; a second Ctrl-C raises KeyboardInterrupt as usual.

    Attributes:
        requested: whether training is to end.
        by: what asked for it, as histories have it.
    """

    def __init__(self) -> None:
        self.requested, self.by = False, "interrupt"

    def stop_by(self, what: str) -> None:
        """End training for another reason, if it does not end already."""
        if not self.requested:
            self.requested, self.by = True, what

    def __call__(self) -> bool:
        """Whether to stop."""
        return self.requested


@contextmanager
def interruptible() -> Iterator[Interrupt]:
    """Catch SIGINT while the block runs. Outside the main thread, signals go to the main thread and this does nothing.

    Where the program has a handler of its own for SIGINT, that one stays in charge.
    """
    interrupt = Interrupt()
    in_main = threading.current_thread() is threading.main_thread()
    if not in_main or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield interrupt
        return

    def handle(number: int, frame: FrameType | None) -> None:
        if interrupt.requested:
            signal.default_int_handler(number, frame)
        interrupt.requested = True

    previous = signal.signal(signal.SIGINT, handle)
    try:
        yield interrupt
    finally:
        signal.signal(signal.SIGINT, previous)
