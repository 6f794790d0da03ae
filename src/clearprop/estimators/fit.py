"""What a training on a table returns: the model, its history, and what rows it was judged by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from clearprop.estimators.about import folds_in, named_parts, remembers
from clearprop.estimators.division import Division
from clearprop.estimators.evaluation import Evaluation
from clearprop.estimators.verdict import judgement_of, still_falling, verdict
from clearprop.explain.doctor import Judgement
from clearprop.messages import Language, Message
from clearprop.table.split import Split
from clearprop.table.target import TargetMarks
from clearprop.train import History

if TYPE_CHECKING:
    from clearprop.estimators.table_model import TableModel


@dataclass(frozen=True)
class TableFit:
    """What `TableModel.train` returns.

    Attributes:
        model: the trained model.
        history: of the training; of several members that of the first.
        parts: part (train, validation, test) → its evaluation. Where members held out rows in turn, those of validation
            are the training rows, each answered by the one member that had not learned it.
        division: which rows each part has, and why; those without a target are not counted.
        remarks: what should be known of the columns before the scores are believed.
        frames: part → the data frame that its rows came from, if that was not the table.
        marks: texts in the target that were counted as missing, and those that are classes.
        others: histories of the other members.
        seconds: that the training took.
        fold_of: which member held out each training row (n,), from 0, if members did so.
        held_out: what each training row was answered by those that had not learned it (n, k), if members held out rows.
    """

    model: TableModel
    history: History
    parts: dict[str, Evaluation]
    division: Division
    remarks: tuple[Message, ...] = ()
    frames: Mapping[str, Any] = field(default_factory=dict)
    marks: TargetMarks = field(default_factory=TargetMarks)
    others: tuple[History, ...] = ()
    seconds: float = 0.0
    fold_of: NDArray[np.int64] | None = None
    held_out: NDArray[Any] | None = None

    @property
    def histories(self) -> tuple[History, ...]:
        """Of each member."""
        return self.history, *self.others

    @property
    def own_history(self) -> History | None:
        """The history; None of one target of several, whose loss is that of all."""
        return None if self.model.about.get("targets") else self.history

    @property
    def split(self) -> Split:
        """Row numbers of each part."""
        return self.division.split

    @property
    def scores(self) -> dict[str, dict[str, float]]:
        """Part → metric → value."""
        return {name: part.scores for name, part in self.parts.items()}

    @property
    def rows(self) -> dict[str, int]:
        """Part → number of rows."""
        return {name: part.rows for name, part in self.parts.items()}

    @property
    def rows_apart(self) -> dict[str, int]:
        """The same of parts that have rows of their own: rows that were held out in turn are training rows."""
        return {name: n for name, n in self.rows.items() if name != "validation" or not self.folds}

    @property
    def folds(self) -> int:
        """In how many parts training rows were held out in turn; 0 where none were."""
        return folds_in(self.model.about)

    @property
    def last(self) -> Evaluation:
        """Of the part that was furthest from the training: test, if there is one."""
        return list(self.parts.values())[-1]

    @property
    def without_target(self) -> int:
        """Rows that were left out because their target is missing."""
        return self.last.without_target

    @property
    def judgement(self) -> Judgement | None:
        """What the scores say of the fit; None where no rows were held out."""
        parts = {name: part.to_dict() for name, part in self.parts.items()}
        return judgement_of(parts, later=self.division.how == "time", remembered=remembers(self.model.about))

    @property
    def verdict(self) -> list[str]:
        """What casts doubt on the scores, and chance, overfitting, or neither, in sentences."""
        return self.verdict_in("en")

    def verdict_in(self, lang: Language) -> list[str]:
        """The verdict in English or Chinese."""
        return [said(lang) for said in self.said]

    @property
    def said(self) -> list[Message]:
        """The verdict as messages."""
        part, weighting = list(named_parts(self.parts, self.folds))[-1], self.model.weighting
        falling = [history for history in self.histories if still_falling(history)]
        history = falling[0] if 2 * len(falling) > len(self.histories) else None
        found = verdict(self.model.target, self.judgement, part, history, weighting=weighting)
        return [*self.remarks, *found]
