"""Of several trainings those that have ended, in a file: what was killed goes on with the others."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from clearprop.errors import DivergenceError, ModelFileError, a_or_an
from clearprop.execute import Array
from clearprop.execute.threads import available
from clearprop.files import checked_path
from clearprop.interop import Shapes, read_model, require_shapes, write_model
from clearprop.network.fingerprint import described, difference, digest_of, fingerprint
from clearprop.network.persistence import require_numbers
from clearprop.train import Fit, History, train_together

_KIND = "ended trainings"
_STEP_LOSS = "step_loss"
_BEST = "best_parameters"
_ENDS = ("epochs", "early stopping")  # of a training that nobody stopped


class EndedTrainings:
    """The file: parameters and history of each training that has ended, by its number.

    Args:
        path: of the file.
        fits: all trainings, before they begin.
        seeds: of their first weights.
    """

    def __init__(self, path: str | os.PathLike[str], fits: Sequence[Fit], seeds: Sequence[int]) -> None:
        self._path, self._fits = Path(checked_path(path)), fits
        self._ended: dict[int, History] = {}
        first = fits[0]
        self._fingerprint = fingerprint(first.architecture, seeds[0], first.training, first.data, first.validation)
        self._fingerprint["trainings"] = [_told(fit, seed) for fit, seed in zip(fits, seeds, strict=True)]

    def resumed(self) -> dict[int, History]:
        """The trainings in the file; their parameters are put into their runs. None if there is no file.

        Raises:
            ModelFileError: if it is one of other trainings, or damaged.
        """
        if not self._path.exists():
            return {}
        header, arrays = read_model(self._path, self._check)
        try:
            self._ended = {int(k): _history(int(k), facts, arrays) for k, facts in header["ended"].items()}
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
            raise ModelFileError(f"{self._path} is a damaged checkpoint: {error}") from None
        for k in self._ended:
            fit = self._fits[k]
            for group in self._kept(k):
                numbers = {name: arrays[_of(k, name, group)] for name in fit.architecture.parameters}
                require_numbers(self._path, numbers, fit.training.dtype)
                if group == _BEST:
                    fit.run.best_parameters = numbers
                else:
                    fit.run.restore(numbers)
            fit.run.history = self._ended[k]
        return dict(self._ended)

    def add(self, ended: dict[int, History]) -> None:
        """Write some more."""
        self._ended |= ended
        arrays: dict[str, Array] = {}
        for k, history in self._ended.items():
            run = self._fits[k].run
            for group in self._kept(k):
                numbers = run.parameters | (run.best_parameters if group == _BEST else {})
                arrays |= {_of(k, name, group): values for name, values in numbers.items()}
            columns = {**history.columns, _STEP_LOSS: history.step_loss}
            arrays |= {_of(k, name, "history"): np.array(values) for name, values in columns.items()}
        facts = {str(k): {"best_epoch": h.best_epoch, "stopped_by": h.stopped_by} for k, h in self._ended.items()}
        write_model(self._path, {"kind": _KIND, "training": self._fingerprint, "ended": facts}, arrays)

    def _kept(self, k: int) -> tuple[str, ...]:
        """The parameters of the last epoch, and those of the best beside them if these are not put back."""
        rule = self._fits[k].training.early_stopping
        return ("parameters",) if rule is None or rule.restore_best else ("parameters", _BEST)

    def _check(self, header: dict[str, Any], shapes: Shapes) -> None:
        """Refuse other trainings, and arrays of others, before they are read."""
        if header.get("kind") != _KIND:
            raise ModelFileError(
                f"{self._path} is {a_or_an(str(header.get('kind')))}",
                "a checkpoint of several trainings",
                "pass another path",
            )
        other = difference(header.get("training"), self._fingerprint)
        if other is not None:
            raise ModelFileError(
                f"{self._path} is a checkpoint of {other}",
                "one of these trainings",
                "go on with the same arguments and data, or delete the file to start anew",
            )
        ended = header.get("ended")
        if not isinstance(ended, dict) or not set(ended) <= {str(k) for k in range(len(self._fits))}:
            raise ModelFileError(f"{self._path} is a damaged checkpoint", "a file that fit_together wrote")
        wanted = {
            _of(int(k), name, group): p.shape
            for k in ended
            for group in self._kept(int(k))
            for name, p in self._fits[int(k)].architecture.parameters.items()
        }
        require_shapes(self._path, {name: s for name, s in shapes.items() if "/history/" not in name}, wanted)


def in_turns(
    fits: Sequence[Fit],
    ended: EndedTrainings,
    resume: bool,
    threads: int | None,
    progress: Callable[[Sequence[int]], object] | None,
) -> list[History | DivergenceError]:
    """`train_together`, as many at a time as there are threads; those that ended are written before others begin."""
    before = ended.resumed() if resume else {}
    found: dict[int, History | DivergenceError] = {**before}
    left = [k for k in range(len(fits)) if k not in before]
    done = [before[k].epochs if k in before else 0 for k in range(len(fits))]
    at_once = threads or available()
    for turn in (left[i : i + at_once] for i in range(0, len(left), at_once)):

        def told(epochs: Sequence[int], turn: list[int] = turn) -> object:
            for k, n in zip(turn, epochs, strict=True):
                done[k] = n
            return None if progress is None else progress(tuple(done))

        results = dict(zip(turn, train_together([fits[k] for k in turn], threads, told), strict=True))
        found |= results
        whole = {k: h for k, h in results.items() if isinstance(h, History) and h.stopped_by in _ENDS}
        if whole:
            ended.add(whole)
        stopped = [h.stopped_by for h in results.values() if isinstance(h, History) and h.stopped_by not in _ENDS]
        if stopped:
            return [found.get(k, History(stopped_by=stopped[0])) for k in range(len(fits))]
    return [found[k] for k in range(len(fits))]


def _told(fit: Fit, seed: int) -> list[Any]:
    """What tells a training from the others beside it, and that it was to end where it did."""
    rows = [
        None if part is None or part.among is None else digest_of(part.among) for part in (fit.data, fit.validation)
    ]
    weights = None if fit.data.w is None else digest_of(fit.data.w)
    return [described(fit.architecture), seed, *rows, weights, described(fit.training.optimizer), fit.training.epochs]


def _of(k: int, name: str, group: str = "parameters") -> str:
    return f"{k}/{group}/{name}"


def _history(k: int, facts: Any, arrays: dict[str, Array]) -> History:
    before = _of(k, "", "history")
    columns = {key.removeprefix(before): a.tolist() for key, a in arrays.items() if key.startswith(before)}
    step_loss = columns.pop(_STEP_LOSS)
    return History.from_dict({"columns": columns, "step_loss": step_loss, **facts})
