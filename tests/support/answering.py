"""A server that answers while a block runs, whichever it is."""

from __future__ import annotations

import threading
from contextlib import contextmanager


@contextmanager
def answering(server):
    """Run it in a thread, and end both."""
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.stop()
        thread.join(10)
