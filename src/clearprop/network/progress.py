"""Progress as plain lines, for scripts; the command line draws its own."""

from __future__ import annotations

import sys
import time

from clearprop.train import Epoch


def progress_callback(every_seconds: float = 1.0) -> object:
    """A callback that prints a line to stderr about once a second, and for the first and the last epoch."""
    last = [0.0]

    def show(event: Epoch) -> None:
        now = time.monotonic()
        if event.number in (1, event.total) or now - last[0] >= every_seconds:
            last[0] = now
            numbers = "  ".join(f"{k} {v:.4g}" for k, v in event.row.items() if k not in ("seconds", "learning_rate"))
            print(f"epoch {event.number}/{event.total}  {numbers}", file=sys.stderr, flush=True)

    return show
