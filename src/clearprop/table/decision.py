"""Which class is answered: the most probable one, or one already from a smaller probability on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clearprop.table.plain import Positive

Array = NDArray[Any]
OPTIMIZABLE = ("f1", "balanced_accuracy", "accuracy")


@dataclass(frozen=True)
class Decision:
    """A rule from probabilities to a class: the largest p_k / cut_k.

    Of two classes whose cuts add up to 1, a class is answered from the probability cut_k on.

    Attributes:
        cuts: of each class, above 0.
        metric: the score for which they were chosen.
        part: the rows on which they were chosen: "train" or "validation".
    """

    cuts: tuple[Positive, ...]
    metric: str
    part: str

    def __post_init__(self) -> None:
        if self.metric not in OPTIMIZABLE or self.part not in ("train", "validation"):
            raise ValueError("a decision for a score or by rows that are not known")

    def __call__(self, p: Array) -> NDArray[np.int64]:
        """The numbers of the classes (N,) that are answered to probabilities (N, k)."""
        return np.asarray((p / np.array(self.cuts)).argmax(axis=1))
