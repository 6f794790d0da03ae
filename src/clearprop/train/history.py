"""The record of a fit: one row per epoch, one number per step."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from clearprop.errors import UnknownNameError, plural
from clearprop.visible import visible

STOPS = ("epochs", "early stopping", "callback", "interrupt")


@dataclass
class History:
    """What happened, epoch by epoch.

    `history["loss"]` or `history.loss` is a list with one number per epoch; so are `validation_loss`, the validation
    metrics, `learning_rate` and `seconds`.

    Attributes:
        columns: name → one number per epoch.
        step_loss: the loss of every step.
        best_epoch: the epoch (from 1) whose weights were kept, with early stopping.
        stopped_by: "epochs", "early stopping", "callback" or "interrupt".
        run: how many epochs there were, where a model file kept only some of them; every `every`-th, from the first.
    """

    columns: dict[str, list[float]] = field(default_factory=dict)
    step_loss: list[float] = field(default_factory=list)
    best_epoch: int | None = None
    stopped_by: str = "epochs"
    run: int | None = None
    every: int = 1

    @property
    def epochs(self) -> int:
        """How many epochs there were."""
        return len(self.columns.get("loss", [])) if self.run is None else self.run

    @property
    def numbered(self) -> range:
        """The numbers of the epochs in the columns, from 1; they may be fewer than there were."""
        return range(1, 1 + self.every * len(self.columns.get("loss", [])), self.every)

    def last(self) -> dict[str, float]:
        """The newest epoch's numbers."""
        return {name: values[-1] for name, values in self.columns.items()}

    def __getitem__(self, name: str) -> list[float]:
        if name not in self.columns:
            raise UnknownNameError(f"no column {name!r} in the history", "one of: " + ", ".join(self.columns))
        return self.columns[name]

    def __getattr__(self, name: str) -> list[float]:
        columns = self.__dict__.get("columns", {})
        if name not in columns:
            raise AttributeError(f"no column {name!r} in the history; it has: " + ", ".join(columns))
        found: list[float] = columns[name]
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self.columns)

    def to_dict(self) -> dict[str, Any]:
        """As plain data, for JSON."""
        return {
            "columns": self.columns,
            "step_loss": self.step_loss,
            "best_epoch": self.best_epoch,
            "stopped_by": self.stopped_by,
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> History:
        """The inverse of `to_dict`.

        Raises:
            KeyError, TypeError, ValueError, AttributeError, OverflowError: for what it did not write.
        """
        columns = {str(name): _numbers(name, values) for name, values in data["columns"].items()}
        best, stopped_by = data["best_epoch"], data["stopped_by"]
        history = cls(columns, _numbers("step_loss", data["step_loss"]), best, stopped_by)
        if len({len(values) for values in columns.values()}) > 1:
            raise ValueError("columns of different lengths in the history")
        if best is not None and (type(best) is not int or not 1 <= best <= history.epochs):
            raise ValueError(f"best epoch {best!r} of {history.epochs}")
        if stopped_by not in STOPS:
            raise ValueError(f"stopped by {stopped_by!r}")
        return history

    def __repr__(self) -> str:
        numbers = ", ".join(f"{name} {value:.4g}" for name, value in self.last().items()) if self.epochs else "nothing"
        best = f", best epoch {self.best_epoch}" if self.best_epoch else ""
        return visible(
            f"<History: {plural(self.epochs, 'epoch')}, stopped by {self.stopped_by}{best}; last: {numbers}>"
        )


def _numbers(name: object, values: Any) -> list[float]:
    if not isinstance(values, list) or any(type(value) not in (int, float) for value in values):
        raise TypeError(f"{name} is no list of numbers")
    return [float(value) for value in values]
