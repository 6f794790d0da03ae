"""How often one client may ask: a token bucket for each address."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable

MOST_CLIENTS = 10_000  # whose buckets are kept; of the one that was not heard of for the longest time it is forgotten


class Rate:
    """A number of requests a second for each client, and as many at one moment as a second allows.

    Args:
        per_second: requests; 0 stands for any number.
        now: a clock, in seconds.

    Example:
        >>> seconds = iter([0.0, 0.0, 0.0, 0.5])
        >>> rate = Rate(2, lambda: next(seconds))
        >>> [rate.wait("10.0.0.7") for _ in range(4)]
        [0.0, 0.0, 0.5, 0.0]
    """

    def __init__(self, per_second: float = 0.0, now: Callable[[], float] = time.monotonic) -> None:
        self.per_second, self._now = per_second, now
        self._full = max(1.0, per_second)
        self._clients: OrderedDict[str, tuple[float, float]] = OrderedDict()  # what was left, and when

    def wait(self, client: str) -> float:
        """Seconds until a client may ask again; 0 where it may now, which is then counted."""
        if not self.per_second:
            return 0.0
        now = self._now()
        left, then = self._clients.pop(client, (self._full, now))
        left = min(self._full, left + (now - then) * self.per_second)
        may = left >= 1.0
        self._clients[client] = (left - may, now)
        if len(self._clients) > MOST_CLIENTS:
            self._clients.popitem(last=False)
        return 0.0 if may else (1.0 - left) / self.per_second
