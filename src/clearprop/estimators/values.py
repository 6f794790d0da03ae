"""What is said of values: those that were never seen in training, and the marks for missing ones in the target."""

from __future__ import annotations

import warnings

from clearprop.errors import DataWarning
from clearprop.messages import Message
from clearprop.table.target import TargetMarks
from clearprop.table.unseen import Unseen


def unseen_values(unseen: Unseen) -> list[Message]:
    """A word on each column that holds what it did not in training."""
    new = [
        Message("values.unseen", column=column, rows=rows, examples=[f"{v[:40]!r}" for v in unseen.examples[column]])
        for column, rows in unseen.rows.items()
    ]
    far = [
        Message("values.far", column=column, rows=far.rows, learned=far.learned, examples=" – ".join(far.examples))
        for column, far in unseen.far.items()
    ]
    return new + far


def warn_of(unseen: Unseen, stacklevel: int) -> None:
    """One warning of all that was not seen in training."""
    if unseen:
        warnings.warn("; ".join(map(str, unseen_values(unseen))), DataWarning, stacklevel=stacklevel + 1)


def marks_in_target(target: str, marks: TargetMarks) -> list[Message]:
    """A word on the marks that were counted as missing, and on those that were taken for classes."""
    words = (("values.counted", marks.counted), ("values.kept", marks.kept))
    return [
        Message(
            key,
            target=target,
            rows=sum(found.values()),
            marks=", ".join(f"{mark!r} ({n:,})" for mark, n in found.items()),
            first=repr(next(iter(found))),
        )
        for key, found in words
        if found
    ]
