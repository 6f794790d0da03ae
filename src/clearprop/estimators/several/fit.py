"""What a training on several targets returns: the model, and of each target what a training on it alone returns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from clearprop.estimators.division import Division
from clearprop.estimators.fit import TableFit
from clearprop.estimators.several.model import MultiTargetModel
from clearprop.messages import Language, Message
from clearprop.train import History


@dataclass(frozen=True)
class MultiTargetFit:
    """What `TableModel.train` returns for several targets.

    Attributes:
        model: the trained model.
        fits: target → the fit as of a model of it alone: its scores, rows, remarks and verdict, `fits["a"].scores`.
        history: of the training; of several members that of the first. Its loss is that of all targets together.
        division: which rows each part has, and why; those with none of the targets are not counted.
        sizes: part → how many rows of it have one of the targets at least.
        without_target: rows that were left out because they have none of the targets.
        others: histories of the other members.
        seconds: that the training took.
        frames: part → the data frame that its rows came from, if that was not the table.
    """

    model: MultiTargetModel
    fits: dict[str, TableFit]
    history: History
    division: Division
    sizes: dict[str, int]
    without_target: int
    others: tuple[History, ...] = ()
    seconds: float = 0.0
    frames: Mapping[str, Any] = field(default_factory=dict)

    def __getitem__(self, target: str) -> TableFit:
        """The fit of one target."""
        return self.fits[self.model.known(target)]

    @property
    def histories(self) -> tuple[History, ...]:
        """Of each member."""
        return self.history, *self.others

    @property
    def scores(self) -> dict[str, dict[str, dict[str, float]]]:
        """Target → part → metric → value."""
        return {name: fit.scores for name, fit in self.fits.items()}

    @property
    def rows(self) -> dict[str, dict[str, int]]:
        """Target → part → number of rows that have it."""
        return {name: fit.rows for name, fit in self.fits.items()}

    @property
    def verdict(self) -> dict[str, list[str]]:
        """Target → what casts doubt on its scores, and chance, overfitting, or neither, in sentences."""
        return self.verdict_in("en")

    def verdict_in(self, lang: Language) -> dict[str, list[str]]:
        """The verdicts in English or Chinese."""
        return {name: fit.verdict_in(lang) for name, fit in self.fits.items()}

    @property
    def remarks(self) -> tuple[Message, ...]:
        """What should be known of the columns before the scores are believed, of all targets, each once."""
        return tuple(dict.fromkeys(remark for fit in self.fits.values() for remark in fit.remarks))
