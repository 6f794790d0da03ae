"""`clearprop train --trials N`, `--search MINUTES`: recipes tried before the training, and a line on how far it is."""

from __future__ import annotations

import warnings
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from rich.progress import BarColumn, TextColumn, TimeElapsedColumn

from clearprop.app.source import Rows
from clearprop.app.terminal import Bar, tell
from clearprop.app.train_options import TrainOptions
from clearprop.errors import DataWarning
from clearprop.estimators.objective import Objective
from clearprop.estimators.search import Search, searched
from clearprop.report.search import as_options
from clearprop.report.summary import score_text

JOURNAL = "search.json"


def search_of(rows: Rows, asked: dict[str, Any], options: TrainOptions, journal: Path | None, silent: bool) -> Search:
    """The search that the options ask for. Ctrl-C ends it with what is best so far, and says so.

    Args:
        rows: of the table.
        asked: target, recipe and threads, and rows of their own.
        options: for how long, and what stays as it is.
        journal: its file, from which it goes on, if it is to outlast a kill.
        silent: whether nothing is drawn or said.
    """
    bar = SearchBar(options.trials, options.search)
    with rows.counted(), nullcontext() if silent else bar, warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)  # the training by the best recipe says it
        objective = Objective(rows.frame, **asked)
        found = searched(
            *(objective, {*options.fixed, *objective.recipe.altered}),
            trials=options.trials,
            minutes=options.search,
            checkpoint=journal,
            resume=journal is not None,
            progress=None if silent else bar,
        )
    if found.stopped_by == "interrupt" and not silent:
        tell(f"The search was interrupted. {in_words(found)}. Now a model is trained by it; Ctrl-C ends that, too.")
    return found


def in_words(found: Search) -> str:
    """Which trial is under way or was the last, what is best so far, and what that changes."""
    of = "" if found.of is None else f" of {found.of}"
    n, chosen = len(found.trials), found.chosen
    now = f"Trial {n + 1}{of}" if found.stopped_by is None else f"{n}{of} trials"
    if chosen is None:
        return now
    changed = as_options(chosen.changed) or "the first recipe"
    return f"{now}; best {found.by.replace('_', ' ')} {score_text(chosen.score)} by trial {chosen.number}: {changed}"


class SearchBar(Bar):
    """Told how far a search is, it draws which trial is under way, and what is best so far."""

    def __init__(self, trials: int | None, minutes: float | None) -> None:
        self._by_trials = trials is not None
        columns = BarColumn(bar_width=20), TextColumn("{task.fields[numbers]}"), TimeElapsedColumn()
        super().__init__(*columns, total=float(trials or 60 * (minutes or 0.0)))

    def __call__(self, found: Search) -> None:
        """Draw it."""
        done = len(found.trials) if self._by_trials else sum(trial.seconds for trial in found.trials)
        self._progress.update(self._task, completed=done, numbers=in_words(found))
