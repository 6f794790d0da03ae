"""`Objective`: what a search over recipes goes by, the score of one on rows that are held out of the training rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import isfinite
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from clearprop.errors import DivergenceError, InvalidValueError, listed, unknown_name
from clearprop.estimators.ending import held_out_answers
from clearprop.estimators.importance import LOWER_IS_BETTER
from clearprop.estimators.members import trained_on
from clearprop.estimators.preparation import Prepared, prepare
from clearprop.estimators.quantiles import shifted
from clearprop.estimators.recipe import FIELDS, Recipe, require_known
from clearprop.estimators.scores import Answers, scores
from clearprop.estimators.suited import suited
from clearprop.estimators.threshold import require_optimizable
from clearprop.estimators.training import tried
from clearprop.estimators.trials import OF_CLASSES, OF_NUMBERS, OF_QUANTILES
from clearprop.network.fingerprint import described, digest_of
from clearprop.table.target import ClassTarget, Target, target_to_dict

_FIRST_MEMBERS, _FIRST_EPOCHS, _FIRST_OF_MANY = 4, 4, 16  # the first part is one of so many

Array = NDArray[Any]


class _Judged(NamedTuple):
    """What a recipe reached on the rows that judge."""

    score: float
    answers: Answers
    units: Array | None  # of the rows, where some are alike: groups, or stretches of time


class Objective:
    """The score of a recipe on rows that are held out of the training rows, for a search with any tool.

    These are the validation rows, or with several members the folds that they hold out in turn; by time or group where
    the split is. The table is read once, and all recipes are judged by the same rows. The test rows are out of reach.

    Args:
        frame: any eager data frame.
        target: name of the column to predict.
        recipe: what is changed; the default is `Recipe()`.
        by: the score, a name in `TableFit.scores`; by default log loss, of numbers RMSE.
        n_threads: worker threads; any number gives the same bits.
        overrides: fields of the recipe that are to be others; see `TableModel.train`.

    Attributes:
        recipe: that every score is of, but for what is changed.
        by: the score.
        direction: "minimize" or "maximize", as Optuna has it.
        rows: how many the recipes learn from.

    Raises:
        TableError: if the table or the target gives nothing to learn.
        ClearpropError: for an argument out of range, or if no rows are held out.

    Example:
        >>> import polars as pl
        >>> table = pl.DataFrame({"x": [0.0, 1.0, 2.0, 3.0] * 20, "y": ["no", "no", "yes", "yes"] * 20})
        >>> objective = Objective(table, "y", recipe=Recipe(hidden=8, epochs=20))
        >>> objective(learning_rate=0.03) < objective(learning_rate=0.0001)
        True
    """

    def __init__(
        self,
        frame: Any,
        target: str,
        *,
        recipe: Recipe | None = None,
        by: str | None = None,
        n_threads: int | None = None,
        **overrides: Any,
    ) -> None:
        require_known(overrides, (*FIELDS, "recipe", "by", "n_threads"))
        if isinstance(target, list | tuple):
            raise InvalidValueError(f"a search with the targets {listed(target)}", "one column, by whose score it goes")
        own = {name: overrides.pop(name) for name in ("validation", "test") if hasattr(overrides.get(name), "columns")}
        self.recipe = (recipe or Recipe()).changed(**overrides)
        self._ready, self._n_threads = _prepared(frame, str(target), self.recipe, own), n_threads
        known = _scores_of(self._ready.target)
        if by is not None and by not in known:
            raise unknown_name("score", by, list(known))
        self.by = by or known[0]
        self.direction = "minimize" if self.by in LOWER_IS_BETTER else "maximize"
        self.rows = len(self._ready.part("train")[1])
        self._known: list[tuple[Recipe, _Judged]] = []  # the unchanged recipe and the last one, in full

    def suited(self, recipe: Recipe) -> Recipe:
        """A recipe with what it leaves open as suits the table."""
        return suited(recipe, self.rows)

    def __call__(self, **changes: Any) -> float:
        """The score of the recipe with some fields changed: that of `TableModel.train` on its held-out rows.

        Raises:
            DivergenceError: if the training diverges, or the score is not defined.
            KeyboardInterrupt: if the training is interrupted.
        """
        return self._whole(self.recipe.changed(**changes)).score

    def lead(self, **changes: Any) -> float | None:
        """By how many standard errors the changed recipe is better than the unchanged one, on the same rows.

        With dᵢ the loss of row i by the unchanged recipe minus that by the other, and the mean d̄ = Σ wᵢdᵢ/Σw, it is
        d̄/s, s² = Σ_g (Σ_{i in g} wᵢ(dᵢ − d̄))²/(Σw)². g are the rows, or whole groups or stretches of time.

        Returns:
            None for scores that are no mean of losses: all but log loss, RMSE and pinball loss.

        Raises:
            DivergenceError, KeyboardInterrupt: as above.

        Source: Liang and Zeger, Longitudinal Data Analysis Using Generalized Linear Models, Biometrika 1986, for s.
        """
        if self.by not in ("log_loss", "rmse", "pinball"):
            return None
        before, after = self._whole(self.recipe), self._whole(self.recipe.changed(**changes))
        return lead_of(before.answers.loss - after.answers.loss, after.answers.weights, after.units)

    def first(self, **changes: Any) -> float:
        """The same after a first part of the training, a fourth or less, by which a search may end it early.

        Of several members the first ones are trained, with the rows that they hold out; of one network, or where other
        rows end all members, all have fewer epochs.

        Raises:
            DivergenceError, KeyboardInterrupt: as above.
        """
        recipe = self.recipe.changed(**changes)
        if recipe.members > 1 and not len(self._ready.part("validation")[1]):
            return self._judge(recipe, -(-recipe.members // _FIRST_MEMBERS)).score
        return self._judge(_shorter(self.suited(recipe))).score

    def _whole(self, recipe: Recipe) -> _Judged:
        """The judgement of a whole training, kept of the unchanged recipe and of the last one."""
        for known, judged in self._known:
            if known == recipe:
                return judged
        judged = self._judge(recipe)
        self._known = [*(pair for pair in self._known if pair[0] == self.recipe), (recipe, judged)]
        return judged

    def _judge(self, recipe: Recipe, first: int | None = None) -> _Judged:
        ready = tried(self._ready, recipe, self._n_threads)
        ready, run = shifted(ready, trained_on(ready, recipe, first=first, n_threads=self._n_threads))
        if any(history.stopped_by == "interrupt" for history in run.histories):
            raise KeyboardInterrupt
        target, answers, units = held_out_answers(ready, run, recipe.optimize)
        value = scores(target, answers)[self.by]
        if not isfinite(value):
            raise DivergenceError(f"{self.by} {value}", "a score that is defined")
        return _Judged(value, answers, units)

    def identity(self) -> dict[str, Any]:
        """What tells it from another: a digest of the rows that judge and their division, the recipe, the score."""
        parts = [array for name in ("train", "validation") for array in self._ready.part(name) if array is not None]
        order = self._ready.division.order
        parts += [] if order is None else [order[self._ready.division.split.train]]
        target = repr(sorted(target_to_dict(self._ready.target).items())).encode()
        try:
            told: Any = self.recipe.to_dict()
        except InvalidValueError:  # objects of one's own, which no file can carry
            told = described(self.recipe)
        return {"rows": digest_of(target, *parts), "recipe": told, "by": self.by}


def lead_of(d: Array, weights: Array | None = None, units: Array | None = None) -> float:
    """The weighted mean of differences (n,) in units of its standard error; 0 where all are alike.

    Args:
        d: of each row.
        weights: of the rows (n,).
        units: the number of what each row belongs to (n,), where rows of one unit are alike.

    Example:
        >>> lead_of(np.array([1.0, 2.0, 3.0])), lead_of(np.array([1.0, 2.0, 3.0] * 4), units=np.arange(12) % 3)
        (4.242640687119285, 4.242640687119285)
    """
    w = np.ones(len(d)) if weights is None else weights
    mean = float(np.average(d, weights=w))
    off = w * (d - mean)
    sums = off if units is None else np.asarray(np.bincount(units, off), np.float64)
    error = float(np.sqrt((sums**2).sum()) / w.sum())
    return mean / error if error else 0.0


def _prepared(frame: Any, target: str, recipe: Recipe, own: Mapping[str, Any]) -> Prepared:
    """The table as all recipes see it, without its test rows."""
    ready = prepare(frame, target, recipe, own)
    require_optimizable(recipe.optimize, ready.target)
    train, validation = (len(ready.part(name)[1]) for name in ("train", "validation"))
    if not validation and (recipe.members == 1 or train <= recipe.members):
        raise InvalidValueError("a search without rows that are held out", "validation rows, or more rows than members")
    X, y, weights = ready.part("test")
    none = X[:0], y[:0], None if weights is None else weights[:0]
    return replace(ready, parts={**ready.parts, "test": none})


def _scores_of(target: Target) -> tuple[str, ...]:
    if isinstance(target, ClassTarget):
        return OF_CLASSES
    return OF_NUMBERS if target.quantile is None else OF_QUANTILES


def _shorter(recipe: Recipe) -> Recipe:
    """With a part of the epochs: few of the many that a recipe has which is to be ended by the validation rows."""
    part = _FIRST_OF_MANY if recipe.schedule == "constant" else _FIRST_EPOCHS
    return recipe.changed(epochs=-(-(recipe.epochs or 1) // part))
