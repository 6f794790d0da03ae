"""Work that no fork may cut in two.

A forked child has one thread. A lock that another thread held in the parent, Python's own for a module that it was
importing for instance, is never released there. Where such locks are not ours, a fork waits for the work to be over.
"""

from __future__ import annotations

import os
import threading

__all__ = ["undivided"]

undivided = threading.RLock()  # for short work: the process cannot fork meanwhile

if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=undivided.acquire, after_in_parent=undivided.release, after_in_child=undivided.release)
