"""What a model file says of where the model comes from: checked when it is read, and what is made of it again."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from hashlib import blake2b
from math import isclose
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clearprop.errors import ClearpropError, ModelFileError
from clearprop.estimators.division import divide
from clearprop.estimators.kernel import Kernel
from clearprop.estimators.overrun import Overrun
from clearprop.estimators.race import Race
from clearprop.estimators.recipe import FIELDS, Recipe
from clearprop.estimators.scores import scores_of
from clearprop.estimators.temperature import Calibration
from clearprop.estimators.trials import check_search
from clearprop.estimators.weights import Weighting
from clearprop.nn import Schedule, first_value
from clearprop.table.options import ReadOptions
from clearprop.table.plain import exactly, finite, record, texts
from clearprop.table.split import Split
from clearprop.table.target import Target
from clearprop.train import OPTIMIZERS, STOPS, History, Optimizer, resolve_optimizer

_CURVES = ("loss", "validation_loss", "learning_rate")
HELD_OUT = "held_out"  # what is said of validation rows that are training rows
_SAME = 1e-3  # relative: another processor sums in another order


def checked_about(path: str | os.PathLike[str], about: Any) -> dict[str, Any]:
    """The facts that are known here; a later version may have written more.

    Raises:
        ModelFileError: if one has not the form it should have: anyone may have written the file.
    """
    if about is None:
        return {}
    if not isinstance(about, dict):
        raise ModelFileError(f"{path} says of its model {about!r:.40}", "facts by name")
    known = {key: value for key, value in about.items() if key in _CHECKS}
    for key, value in known.items():
        try:
            _CHECKS[key](value)
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            reason = f"no {error}" if isinstance(error, KeyError) else str(error)
            raise ModelFileError(
                f"{path} is damaged: what it says of {key!r} ({reason})", "a file written by save()"
            ) from None
    return known


def _check_reading(reading: Any) -> None:
    found = record(ReadOptions, reading)
    if found.decimal not in (".", ",", None):
        raise ValueError("a decimal sign that is none")
    unknown = reading.keys() - (vars(found).keys() - {"encoding"})
    if unknown:
        raise ValueError(f"options that are none: {', '.join(sorted(unknown))}")
    ReadOptions.of(**vars(found))


def _check_split(split: Any) -> None:
    if split["how"] not in ("random", "time", "group") or (split["column"] is None) != (split["how"] == "random"):
        raise ValueError("a split that is none")
    if split["column"] is not None:
        exactly(str, split["column"])
    if not set(texts(split["own"])) <= {"validation", "test"}:
        raise ValueError("a part that is none")
    if exactly(int, split.get("folds", 0)) < 0:
        raise ValueError("a number of folds that is none")


def _check_parts(parts: Any) -> None:
    for part in exactly(dict, parts).values():
        if (
            not exactly(dict, part).keys() <= _PART
            or min(exactly(int, part["rows"]), exactly(int, part["without_target"])) < 0
        ):
            raise ValueError("a count that is none, or a fact that is not known")
        _check_mistakes(part)
        if "coverage" in part:
            record(_Coverage, part["coverage"])
        scores, intervals, baseline = (exactly(dict, part[key]) for key in ("scores", "intervals", "baseline"))
        numbers = [*scores.values(), *baseline.values()]
        for pair in intervals.values():
            low, high = exactly(list, pair)
            numbers += [low, high]
        for number in numbers:
            if number is not None:
                finite(number)
        if set(scores) != set(baseline) or set(intervals) not in (set(), set(scores)):
            raise ValueError("scores that do not belong together")


@dataclass(frozen=True)
class _Coverage:
    """As `Evaluation.to_dict` writes it."""

    promised: float
    share: float
    low: float
    high: float

    def __post_init__(self) -> None:
        if not all(0 <= value <= 1 for value in vars(self).values()):
            raise ValueError("a share that is none")


def _check_mistakes(part: Any) -> None:
    """Absent in files from before there were any."""
    exactly(bool, part.get("weighted", False))
    counts = [part.get("wrong", 0)]
    for mistake in exactly(list, part.get("mistakes", [])):
        is_, taken, rows = exactly(list, mistake)
        counts += [is_, taken, rows]
    if min(exactly(int, count) for count in counts) < 0:
        raise ValueError("a count of mistakes that is none")


def _check_recipe(recipe: Any) -> None:
    """None if no file could carry it; a later version may have more fields."""
    if recipe is not None:
        Recipe.from_dict({name: value for name, value in exactly(dict, recipe).items() if name in FIELDS})


def _check_preset(preset: Any) -> None:
    exactly(str, preset["name"])
    if not set(texts(preset["changed"])) <= {*FIELDS}:
        raise ValueError("a field that no recipe has")


def training_facts(history: History, optimizer: Optimizer, batch_size: int) -> dict[str, Any]:
    """How a model was trained, as plain data: the curves of the losses with at most `MOST_POINTS` points."""
    every = _every(history.epochs)
    name = next((name for name, known in OPTIMIZERS.items() if known is type(optimizer)), None)
    return {
        "optimizer": name,
        "settings": {} if name is None else _settings(optimizer),
        "first_rate": float(first_value(optimizer.schedule)),
        "batch_size": batch_size,
        "curves": {name: _short(history[name][::every]) for name in _CURVES if name in history.columns},
        "first_losses": _short(history.step_loss[:3]),
        "stopped_by": history.stopped_by,
    }


def ending_facts(history: History) -> dict[str, Any]:
    """How long a member was trained, and what ended it."""
    return {"epochs": history.epochs, "best_epoch": history.best_epoch, "stopped_by": history.stopped_by}


def _check_members(members: Any) -> None:
    for member in exactly(list, members):
        epochs, best = exactly(int, member["epochs"]), member["best_epoch"]
        if best is not None and not 1 <= exactly(int, best) <= epochs:
            raise ValueError("a best epoch that is none")
        if epochs < 0 or member["stopped_by"] not in STOPS:
            raise ValueError("an end that is none")


def folds_in(about: Mapping[str, Any]) -> int:
    """In how many parts training rows were held out in turn: then those of validation are the training rows."""
    folds: int = (about.get("split") or {}).get("folds", 0)
    return folds


def remembers(about: Mapping[str, Any]) -> bool:
    """Whether a kernel machine answers, which holds the training rows: their scores say nothing of others."""
    return bool((about.get("kernel") or {}).get("share", 0))


def named_parts(parts: Mapping[str, Any], folds: int) -> dict[str, Any]:
    """Parts by the names that people read: validation rows that are training rows held out in turn are "held_out"."""
    return {HELD_OUT if folds and name == "validation" else name: part for name, part in parts.items()}


def rows_apart(about: Mapping[str, Any]) -> dict[str, int]:
    """Part → rows, each row counted once: those that were held out in turn are training rows."""
    parts = about.get("parts") or {}
    return {name: part["rows"] for name, part in parts.items() if name != "validation" or not folds_in(about)}


def _settings(optimizer: Optimizer) -> dict[str, Any]:
    """What the optimizer was given beside the learning rate, but for its defaults; of a schedule the first value."""
    given = {f.name: getattr(optimizer, f.name) for f in fields(optimizer) if f.name != "learning_rate"}
    numbers = {name: first_value(v) if isinstance(v, Schedule) else v for name, v in given.items()}
    defaults = {f.name: f.default for f in fields(optimizer)}
    return {name: value for name, value in numbers.items() if value != defaults[name]}


def _every(epochs: int) -> int:
    """How many epochs each of the points that are kept of a curve stands for."""
    return max(1, -(-epochs // MOST_POINTS))


def digest(y: Array) -> str:
    """What tells a table's coded targets (N,) from another's."""
    return blake2b(np.ascontiguousarray(y).tobytes(), digest_size=16).hexdigest()


def _short(numbers: list[float]) -> list[float]:
    return [float(f"{number:.5g}") for number in numbers]


def _check_training(facts: Any) -> None:
    """Refuse what `training_facts` did not write, because anyone may have written the file."""
    curves = exactly(dict, facts["curves"])
    if facts["optimizer"] not in (None, *OPTIMIZERS) or not curves.keys() <= {*_CURVES}:
        raise ValueError("an optimizer or a curve that is not known")
    if not 1 <= exactly(int, facts["batch_size"]) < 2**63:
        raise ValueError("a batch size that is none")
    for name, numbers in {**curves, "first": facts["first_losses"]}.items():
        if any(finite(number) <= 0 and name == "learning_rate" for number in exactly(list, numbers)):
            raise ValueError("a learning rate that is none")
    if len({len(numbers) for numbers in curves.values()}) > 1:
        raise ValueError("curves of different lengths")
    if facts["stopped_by"] not in STOPS or not finite(facts.get("first_rate", 0.0)) >= 0:
        raise ValueError("an end that is none, or a learning rate")
    optimizer_of({"training": facts})


def history_of(about: Mapping[str, Any]) -> History | None:
    """The history, as far as the model remembers it; None of one target of several, whose loss is that of all."""
    facts = about.get("training")
    if facts is None or about.get("targets"):
        return None
    found = History(dict(facts["curves"]), list(facts["first_losses"]), stopped_by=facts["stopped_by"])
    run, every = about.get("epochs", 0), _every(about.get("epochs", 0))
    if len(range(0, run, every)) == found.epochs:  # else the file was changed
        found.run, found.every = run, every
    return found


def optimizer_of(about: Mapping[str, Any]) -> Optimizer | None:
    """The optimizer with the learning rate that it began with; None if it was one of the user's own."""
    facts = about.get("training")
    if facts is None or facts["optimizer"] is None:
        return None
    rates = facts["curves"].get("learning_rate")
    rate = facts.get("first_rate") or (rates[0] if rates else None)  # of a schedule the first epoch ends below it
    optimizer = resolve_optimizer(facts["optimizer"], rate)
    return replace(optimizer, **exactly(dict, facts.get("settings", {})))


def split_again(
    about: Mapping[str, Any], target: Target, table: Any, y: Array, a: Array, weights: Array | None = None
) -> Split | None:
    """The rows of each part in the table that a model was trained on; None if this cannot be that table.

    It is if it has as many rows, and the network reaches on the part it was trained on what it reached then.

    Args:
        about: what the model says of itself.
        target: how y is coded.
        table: the rows that have a target, through Narwhals.
        y: coded targets (N,).
        a: outputs of the network (N, k).
        weights: of the rows (N,), if they have some.
    """
    parts, seed, n = about.get("parts") or {}, about.get("seed", -1), len(y)
    known = about.get("split") or {"how": "random", "column": None, "own": []}
    apart = {name: n for name, n in rows_apart(about).items() if name not in known["own"]}
    rows = [apart.get(name, 0) for name in ("train", "validation", "test")]
    if sum(rows) != n or rows[0] < 1 or min(rows) < 0 or seed < 0:
        return None
    by = {"split": known["how"]} | ({} if known["how"] == "random" else {known["how"]: known["column"]})
    asked = about.get("recipe") or {}
    shares = [
        rows[i] and asked.get(name, 0.0) for i, name in ((1, "validation"), (2, "test"))
    ]  # whole groups: not rows
    for each in (shares, [rows[1] / n, rows[2] / n]):
        try:
            split = divide(table, target, y, seed=seed, shares=(each[0], each[1]), **by).split
        except ClearpropError:  # no such column, or too few groups
            return None
        if [len(split.train), len(split.validation), len(split.test)] == rows:
            break
    else:
        return None
    train, then = split.train, parts["train"]["scores"]
    now = scores_of(target, y[train], a[train], None if weights is None else weights[train])
    same = all(then.get(name) is None or isclose(value, then[name], rel_tol=_SAME) for name, value in now.items())
    return split if same and np.isfinite(a).all() else None


_PART = {
    "coverage",
    "rows",
    "without_target",
    "weighted",
    "wrong",
    "mistakes",
    "scores",
    "intervals",
    "baseline",
    "confusion",
}
_CHECKS: dict[str, Callable[[Any], object]] = {
    "clearprop": lambda value: exactly(str, value),
    "seed": lambda value: exactly(int, value),
    "dropped": texts,
    "recipe": _check_recipe,
    "preset": _check_preset,
    "epochs": lambda value: exactly(int, value),
    "best_epoch": lambda value: value is None or exactly(int, value),  # None without validation rows
    "reading": _check_reading,
    "weighting": Weighting.from_dict,
    "digest": lambda value: exactly(str, value),
    "split": _check_split,
    "training": _check_training,
    "members": _check_members,
    "parts": _check_parts,
    "calibration": lambda value: record(Calibration, value),
    "overrun": lambda value: record(Overrun, value),
    "race": lambda value: record(Race, value),
    "kernel": lambda value: record(Kernel, value),
    "targets": texts,
    "search": check_search,
}


Array = NDArray[Any]

MOST_POINTS = 100  # of a curve, so that a long training does not make a large file
