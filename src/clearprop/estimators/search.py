"""`search`: many recipes tried on rows that are held out of the training rows, and a model made by the best."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from typing import Any

from clearprop.errors import ClearpropError, DivergenceError, InvalidValueError, checked_integer, plural
from clearprop.estimators.fit import TableFit
from clearprop.estimators.objective import Objective
from clearprop.estimators.recipe import FIELDS, Recipe, require_known
from clearprop.estimators.space import Changes, Space, checked_space, proposed
from clearprop.estimators.table_model import TableModel
from clearprop.estimators.trials import Journal, Trial, chosen, goes_on, ranked


@dataclass(frozen=True)
class Search:
    """What was tried, and what came of it.

    Attributes:
        base: the recipe that it began with.
        trials: in their order.
        by: the score that they are judged by.
        of: how many trials were asked for, if a number was.
        stopped_by: "trials", "minutes", "interrupt" or "exhausted" (no other combination is left); None as it goes on.
        fit: the model by the best recipe, with its scores.
    """

    base: Recipe
    trials: tuple[Trial, ...]
    by: str
    of: int | None = None
    stopped_by: str | None = None
    fit: TableFit | None = None

    @property
    def chosen(self) -> Trial | None:
        """The trial with the best score of those clearly better than the first, else that; None without any so far."""
        return chosen(self.trials, self.by)

    @property
    def recipe(self) -> Recipe:
        """Of the chosen trial.

        Raises:
            ClearpropError: if none is complete.
        """
        if self.chosen is None:
            raise ClearpropError(
                f"none of {plural(len(self.trials), 'recipe')} led to a score", "one whose training converges"
            )
        return self.base.changed(**self.chosen.changed)

    def to_dict(self) -> dict[str, Any]:
        """As plain data, without what changes from run to run."""
        trials = [{k: v for k, v in trial.to_dict().items() if k != "seconds"} for trial in self.trials]
        number = None if self.chosen is None else self.chosen.number
        return {"by": self.by, "stopped_by": self.stopped_by, "chosen": number, "trials": trials}

    def __str__(self) -> str:
        of = "" if self.of is None else f" of {self.of}"
        told = f"{len(self.trials)}{of} trials"
        if self.chosen is None:
            return told
        changed = ", ".join(f"{name} {value}" for name, value in self.chosen.changed.items()) or "as it began"
        return f"{told}, {self.by} {self.chosen.score:.4g} by trial {self.chosen.number}: {changed}"

    def noted(self, model: TableModel) -> TableModel:
        """The model with a record of the search that chose its recipe, in `about["search"]`."""
        return replace(model, about={**model.about, "search": self.to_dict()})


Progress = Callable[[Search], object]


def search(
    frame: Any,
    target: str,
    *,
    trials: int | None = None,
    minutes: float | None = None,
    recipe: Recipe | None = None,
    space: Space | None = None,
    by: str | None = None,
    checkpoint: str | os.PathLike[str] | None = None,
    resume: bool = False,
    progress: Progress | None = None,
    n_threads: int | None = None,
    **overrides: Any,
) -> Search:
    """Try recipes on a table, and train a model by the best of them, if it is clearly better than the first.

    Each recipe is judged by rows that are held out of the training rows: the validation rows, or with several members
    the folds that they hold out in turn. All recipes have the same rows and folds, by time or group where the split
    is. The test rows judge nothing until the model is made. The score of the chosen recipe on the rows it was chosen
    by is too good, the more so the more recipes were tried; believe that on the test rows.

    Trial 1 is the recipe itself. Others change some fields of it, drawn by its seed, and later those of the best: see
    `docs/tables.md`. After a quarter of its members (of one network: of its epochs, a sixteenth if it may
    have very many) a trial goes on only if it is among the best third so far. The same number of trials gives the same
    model to the bit, on any number of threads, also if it was killed and resumed, and also if fewer were asked before.
    The best of many is better than the first by chance, too: it is taken only if it is so by two standard errors of the
    difference on the rows that judge, which log loss and RMSE tell.

    Args:
        frame: any eager data frame.
        target: name of the column to predict.
        trials: how many recipes to try.
        minutes: for how long to begin new ones, those in the journal counted; that which is under way is finished.
        recipe: where it begins; the default is `Recipe()`. Fields in which it differs from its preset stay.
        space: field → values to choose from, in an order in which neighbours are alike, instead of the usual ones.
        by: the score, a name in `TableFit.scores`; by default log loss, of numbers RMSE.
        checkpoint: a journal, written after each trial.
        resume: go on from that file, if it is there.
        progress: told how far it is before the first trial and after each; returning True ends the search.
        n_threads: worker threads.
        overrides: fields of the recipe that are to be others here, and stay; see `TableModel.train`.

    Returns:
        The trials, and the model in `fit`.

    Raises:
        TableError: if the table or the target gives nothing to learn.
        FileError: for a journal of another search.
        ClearpropError: for an argument out of range, no held-out rows, or if no training converges.

    Example:
        >>> import polars as pl
        >>> table = pl.DataFrame({"x": [0.0, 1.0, 2.0, 3.0] * 20, "y": ["no", "no", "yes", "yes"] * 20})
        >>> found = search(table, "y", trials=3, epochs=20, space={"hidden": [4, 8], "learning_rate": [1e-3, 1e-2]})
        >>> len(found.trials), found.stopped_by, found.fit.model.predict({"x": 3.0})
        (3, 'trials', ['yes'])
    """
    require_known(overrides, (*FIELDS, *(search.__kwdefaults__ or {})))
    objective = Objective(frame, target, recipe=recipe, by=by, n_threads=n_threads, **overrides)
    found = searched(
        *(objective, {*objective.recipe.altered, *overrides}),
        trials=trials,
        minutes=minutes,
        space=space,
        checkpoint=checkpoint,
        resume=resume,
        progress=progress,
    )
    own = {name: overrides[name] for name in ("validation", "test") if hasattr(overrides.get(name), "columns")}
    fit = TableModel.train(frame, target, recipe=found.recipe, n_threads=n_threads, **own)
    return replace(found, fit=replace(fit, model=found.noted(fit.model)))


def searched(
    objective: Objective,
    fixed: Collection[str],
    *,
    trials: int | None = None,
    minutes: float | None = None,
    space: Space | None = None,
    checkpoint: str | os.PathLike[str] | None = None,
    resume: bool = False,
    progress: Progress | None = None,
) -> Search:
    """The trials of a search, without the model that is made by the best; see `search`.

    Args:
        objective: what is searched.
        fixed: fields that stay as they are.
        trials, minutes, space, checkpoint, resume, progress: as of `search`.
    """
    if trials is None and minutes is None:
        raise InvalidValueError("a search without an end", "a number of trials, or of minutes, or both")
    most = None if trials is None else checked_integer("trials", trials)
    seconds = None if minutes is None else 60 * _minutes(minutes)
    space = checked_space(space, objective.recipe, objective.suited(objective.recipe), fixed)
    journal = Journal(checkpoint, {**objective.identity(), "space": dict(space)})
    known = tuple(journal.read()) if resume else ()
    journal.write(known)  # a place that cannot be written to is found out now
    found = Search(objective.recipe, known[:most], objective.by, most)
    ended = None
    try:
        while ended is None:
            stopped = progress is not None and progress(found) is True
            ended = _ended(found, seconds) or ("interrupt" if stopped else None)
            if ended is None:
                found, ended = _next(found, objective, space)
                journal.write(found.trials)
    except KeyboardInterrupt:
        ended = "interrupt"
        journal.write(max(known, found.trials, key=len))  # it may have come in the middle of a writing
    found = replace(found, stopped_by=ended)
    if ended == "interrupt" and found.chosen is None:
        raise KeyboardInterrupt
    assert found.recipe
    return found


def _ended(found: Search, seconds: float | None) -> str | None:
    """What ends a search before its next trial."""
    if found.of is not None and len(found.trials) >= found.of:
        return "trials"
    if seconds is not None and sum(trial.seconds for trial in found.trials) >= seconds and found.trials:
        return "minutes"
    return None


def _next(found: Search, objective: Objective, space: Space) -> tuple[Search, str | None]:
    """The search with one more trial, or what ended it."""
    best_first = [trial.changed for trial in ranked(found.trials, found.by)]
    tried_before = [trial.changed for trial in found.trials]
    changes = proposed(len(found.trials) + 1, found.base, space, tried_before, best_first)
    if changes is None:
        return found, "exhausted"
    return replace(found, trials=(*found.trials, _tried(found, changes, objective))), None


def _tried(found: Search, changes: Changes, objective: Objective) -> Trial:
    """A recipe judged by the first part of its training, and if it is among the best then, by all of it."""
    start = time.perf_counter()
    ended, first, score, lead = "early", None, None, None
    try:
        first = objective.first(**changes)
        if goes_on(first, found.trials, found.by):
            score = objective(**changes)
            lead = objective.lead(**changes) if found.trials and found.trials[0].score is not None else None
            ended = "complete"
    except DivergenceError:
        ended, first = "diverged", None
    seconds = round(time.perf_counter() - start, 3)
    return Trial(len(found.trials) + 1, changes, ended, first, score, lead, seconds)


def _minutes(given: Any) -> float:
    if isinstance(given, bool) or not isinstance(given, int | float) or not 0 < given < float("inf"):
        raise InvalidValueError(f"minutes {given!r}", "a number above 0")
    return float(given)
