"""Which class is answered: the most probable one, or one already from a smaller probability on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clearprop.table.values import exactly, positive

Array = NDArray[Any]
OPTIMIZABLE = ("f1", "balanced_accuracy", "accuracy")
_PARTS = ("train", "validation")


@dataclass(frozen=True)
class Decision:
    """A rule from probabilities to a class: the largest p_k / cut_k.

    Of two classes whose cuts add up to 1, a class is answered from the probability cut_k on.

    Attributes:
        cuts: of each class, above 0.
        metric: the score for which they were chosen.
        part: the rows on which they were chosen: "train" or "validation".
    """

    cuts: tuple[float, ...]
    metric: str
    part: str

    def __call__(self, p: Array) -> NDArray[np.int64]:
        """The numbers of the classes (N,) that are answered to probabilities (N, k)."""
        return np.asarray((p / np.array(self.cuts)).argmax(axis=1))

    def to_dict(self) -> dict[str, Any]:
        """As plain data, for a file."""
        return {"cuts": list(self.cuts), "metric": self.metric, "part": self.part}

    @classmethod
    def from_dict(cls, data: Any, classes: int) -> Decision:
        """The inverse of `to_dict`.

        Raises:
            KeyError, TypeError, ValueError: for data that it did not write.
        """
        cuts = tuple(positive(cut) for cut in exactly(list, data["cuts"]))
        if len(cuts) != classes:
            raise ValueError("a decision that does not fit the classes")
        if data["metric"] not in OPTIMIZABLE or data["part"] not in _PARTS:
            raise ValueError("a decision for a score or by rows that are not known")
        return cls(cuts, data["metric"], data["part"])
