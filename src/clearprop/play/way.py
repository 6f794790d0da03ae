"""The way that a training has come: points to go back to, and the losses at them."""

from __future__ import annotations

from dataclasses import dataclass

from clearprop.errors import checked_integer
from clearprop.train import Snapshot

_MOST_BYTES, _MOST_POINTS = 32 << 20, 2000


@dataclass(frozen=True)
class Point:
    """Where the training was, with the loss over all training rows, and over the test rows."""

    snapshot: Snapshot
    train: float
    test: float | None


class Way:
    """Points in the order in which they were reached, and which of them is now.

    Where they become too many, every second one of the older half is dropped; what is left are still points that the
    training was at.

    Attributes:
        points: all of them.
        now: index of the one where the training is.
        dropped: how many were dropped so far.
    """

    def __init__(self, start: Point) -> None:
        self.points, self.now, self.dropped = [start], 0, 0

    def add(self, point: Point) -> None:
        """Go on to a new point from the one of now; what came behind it is given up."""
        del self.points[self.now + 1 :]
        self.points.append(point)
        size = point.snapshot.size
        if len(self.points) > min(_MOST_POINTS, max(16, _MOST_BYTES // max(1, size))):
            half = len(self.points) // 2
            kept = self.points[:half:2] + self.points[half:]
            self.dropped += len(self.points) - len(kept)
            self.points = kept
        self.now = len(self.points) - 1

    def go_to(self, place: int) -> Point:
        """The point of an index; the nearest one where there is none."""
        self.now = min(checked_integer("place", place, low=0), len(self.points) - 1)
        return self.points[self.now]
