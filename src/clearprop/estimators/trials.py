"""The trials of a search: what each changed and reached, which of them go on, and the file that outlasts a kill."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from math import ceil
from pathlib import Path
from typing import Annotated, Any

from clearprop.errors import FileError
from clearprop.estimators.importance import LOWER_IS_BETTER
from clearprop.files import checked_path, write_atomically
from clearprop.table.plain import exactly, record

# What a search can go by; the first of each task is the usual one.
OF_CLASSES = ("log_loss", "accuracy", "balanced_accuracy", "precision", "recall", "f1", "average_precision", "auc")
OF_NUMBERS = ("rmse", "mae", "r2")
OF_QUANTILES = ("pinball", "r1")
SCORES = (*OF_CLASSES, *OF_NUMBERS, *OF_QUANTILES)
_KIND = "clearprop search"
_GOING_ON = 3  # one trial in so many goes on after its first members or epochs
CLEAR = 2.0  # standard errors, by which a recipe has to be better than the first one
ENDS = ("complete", "early", "diverged")


STOPS = ("trials", "minutes", "interrupt", "exhausted")


def _an_end(value: str) -> str:
    if value not in ENDS:
        raise ValueError(f"no end of a trial: {value!r:.40}")
    return value


@dataclass(frozen=True)
class Trial:
    """A recipe that was tried.

    Attributes:
        number: from 1; the first is the recipe that the search began with.
        changed: field of that recipe → other value.
        ended: "complete"; "early", after the first members or epochs; or "diverged".
        first: score of these on the rows that they held out; None where they diverged.
        score: score of all, if it is complete.
        lead: by how many standard errors it is better then than the first; see `Objective.lead`.
        seconds: that it took.
    """

    number: int
    changed: dict[str, Any]
    ended: Annotated[str, _an_end]
    first: float | None = None
    score: float | None = None
    lead: float | None = None
    seconds: float = 0.0

    def to_dict(self) -> dict[str, Any]:
        """As plain data."""
        changed = {name: list(v) if isinstance(v, tuple) else v for name, v in self.changed.items()}
        return {**asdict(self), "changed": changed}

    @classmethod
    def from_dict(cls, data: Any) -> Trial:
        """The inverse of `to_dict`.

        Raises:
            KeyError, TypeError, ValueError: for what is no trial.
        """
        found = record(cls, exactly(dict, data))
        changed = {name: tuple(v) if isinstance(v, list) else v for name, v in found.changed.items()}
        found = replace(found, changed=changed)
        if (found.ended == "complete") != (found.score is not None) or (found.first is None) != (
            found.ended == "diverged"
        ):
            raise ValueError("a trial whose end and scores do not belong together")
        return found


def check_search(found: Any) -> None:
    """Refuse what no search has written of itself into a model's file.

    Raises:
        KeyError, TypeError, ValueError: saying what is wrong.
    """
    trials = [Trial.from_dict(one) for one in exactly(list, found["trials"])]
    winner = trials[exactly(int, found["chosen"]) - 1]
    if found["chosen"] < 1 or winner.score is None or exactly(str, found["by"]) not in SCORES:
        raise ValueError("a choice that is none")
    if found["stopped_by"] not in STOPS or [trial.number for trial in trials] != list(range(1, len(trials) + 1)):
        raise ValueError("trials that are none")


def ranked(trials: Sequence[Trial], by: str) -> list[Trial]:
    """The complete ones, the best first; of equal ones the earlier."""
    return sorted((trial for trial in trials if trial.score is not None), key=lambda t: loss(by, t.score))


def chosen(trials: Sequence[Trial], by: str) -> Trial | None:
    """The complete trial with the best score of those that are better than the first by two standard errors.

    If there is none it is the first itself: the best of many is better by chance, too. Where nobody measures that, as
    by other scores than log loss and RMSE, or if the first diverged, it is the best. None if no trial is complete.
    """
    complete = ranked(trials, by)
    clear = [trial for trial in complete if trial.number == 1 or trial.lead is None or trial.lead >= CLEAR]
    return next(iter(clear), None)


def goes_on(first: float, earlier: Sequence[Trial], by: str) -> bool:
    """Whether a trial is among the best third at the end of its first part; the first one always is.

    One that is as good as an earlier one comes after it.

    Source: Li et al., A System for Massively Parallel Hyperparameter Tuning, MLSys 2020: successive halving in which
    no trial waits for another, with two rungs and a factor of three.
    """
    others = [loss(by, trial.first) for trial in earlier if trial.first is not None]
    better = sum(other <= loss(by, first) for other in others)
    return better < ceil((len(others) + 1) / _GOING_ON)


def loss(by: str, score: float | None) -> float:
    """A score as something of which less is better."""
    return float("inf") if score is None else score if by in LOWER_IS_BETTER else -score


_OTHERS = {
    "rows": "other rows, targets or weights",
    "recipe": "another recipe",
    "space": "other values to choose from",
    "by": "another score",
}


class Journal:
    """The file of a search: its trials, and by what it is known again.

    Args:
        path: of the file; None for a search that nothing outlasts.
        identity: "rows", "recipe", "space" and "by" in plain data.
    """

    def __init__(self, path: str | os.PathLike[str] | None, identity: Mapping[str, Any]) -> None:
        self._path = None if path is None else Path(checked_path(path))
        self._identity = json.loads(json.dumps(identity))

    def read(self) -> list[Trial]:
        """The trials in the file; none if there is no file.

        Raises:
            FileError: if it is the journal of another search, or none.
        """
        if self._path is None or not self._path.exists():
            return []
        try:
            data = json.loads(self._path.read_bytes())
        except (OSError, ValueError, RecursionError) as error:
            raise FileError(f"cannot read {self._path}: {error}", "the journal of a search") from None
        if not isinstance(data, dict) or data.get("kind") != _KIND or not isinstance(data.get("of"), dict):
            raise FileError(f"{self._path} is no journal of a search", "a file that a search wrote", "name another")
        self._require_same(data["of"])
        try:
            trials = [Trial.from_dict(one) for one in exactly(list, data["trials"])]
            if [trial.number for trial in trials] != list(range(1, len(trials) + 1)):
                raise ValueError("trials that do not follow each other")
        except (KeyError, TypeError, ValueError) as error:
            raise FileError(f"{self._path} is a damaged journal: {error}", "a file that a search wrote") from None
        return trials

    def write(self, trials: Sequence[Trial]) -> None:
        """All trials so far.

        Raises:
            FileError: if the place cannot be written to.
        """
        if self._path is not None:
            found = {"kind": _KIND, "of": self._identity, "trials": [trial.to_dict() for trial in trials]}
            write_atomically(self._path, json.dumps(found, indent=1, ensure_ascii=False).encode())

    def _require_same(self, of: Mapping[str, Any]) -> None:
        for name, mine in self._identity.items():
            other = of.get(name)
            if other == mine:
                continue
            said = _OTHERS[name]
            if isinstance(other, dict) and isinstance(mine, dict):
                fields = [f for f in mine if other.get(f, ...) != mine[f]] or sorted(set(other) - set(mine))
                said += f" (in {', '.join(map(str, fields[:5]))})"
            raise FileError(
                f"{self._path} is the journal of a search with {said}",
                "one of this search",
                "go on with the same arguments and data, or delete the file to start anew",
            )
