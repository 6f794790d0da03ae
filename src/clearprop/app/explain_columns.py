"""`clearprop explain --shapley` and `--depends`: one row by its columns, among other rows of its table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from clearprop.app.terminal import ShareBar
from clearprop.errors import InvalidValueError
from clearprop.estimators import TableModel
from clearprop.estimators.answered import drawn_rows
from clearprop.estimators.dependence import ROWS
from clearprop.explain.derivation import Explanation
from clearprop.messages import Message
from clearprop.present.document import Figure
from clearprop.present.figure import Picture
from clearprop.table.library import import_polars
from clearprop.table.rows import rows_counted
from clearprop.table.target import ClassTarget

_OTHERS = 2000  # rows of the table, beside the one that is asked for


def require_alone(option: str, beside: Mapping[str, Any]) -> None:
    """Refuse what says how the derivation is shown, where none is.

    Raises:
        InvalidValueError: if one of these options is given.
    """
    given = [name for name, value in beside.items() if value not in (None, False)]
    if given:
        raise InvalidValueError(f"{option} beside {given[0]}", "one of them")


def row_among(batches: Iterable[Any], row: int) -> Any:
    """Row number `row`, counted from 1, and behind it 2,000 rows at most, drawn from the whole table.

    Raises:
        InvalidValueError: if there is no such row.
    """
    rng, before, one = np.random.Generator(np.random.Philox(0)), 0, []
    kept: list[tuple[Any, np.ndarray]] = []  # some rows, each with a number drawn for it: the smallest stay
    for frame in batches:
        if before < row <= before + len(frame):
            one = [frame[row - before - 1 : row - before]]
        before += len(frame)
        kept.append((frame, rng.random(len(frame))))
        kept = [_smallest(kept)]
    if not one:
        raise InvalidValueError(f"--row {row}", f"1 … {before}", "rows are counted from 1, below the header")
    return _joined([*one, _smallest(kept)[0]])


def _smallest(kept: list[tuple[Any, np.ndarray]]) -> tuple[Any, np.ndarray]:
    """Of some rows those with the smallest numbers, in their order."""
    keys = np.concatenate([keys for _, keys in kept])
    chosen = np.sort(np.argsort(keys, kind="stable")[:_OTHERS])
    return _joined([frame for frame, _ in kept])[chosen], keys[chosen]


def _joined(frames: list[Any]) -> Any:
    return import_polars().concat(frames, how="vertical_relaxed")


def explained_by_columns(
    model: TableModel, frame: Any, row: int, member: int | None, depends: str | None, lang: str, names: dict[str, str]
) -> Explanation:
    """What each column adds to the answer on the first row of a frame, or how it depends on one column.

    Args:
        model: the model.
        frame: of `row_among`.
        row: the number of the row in its table, counted from 1.
        member: which member alone, counted from 0; None for all.
        depends: a column, or None for Shapley values.
        lang: "en" or "zh".
        names: of the table and of the target, as they are shown.
    """
    asked = model if member is None else replace(model, predictor=model.member(member))
    with rows_counted(row - 1):
        if depends is None:
            with ShareBar("Shapley values") as bar:
                found = asked.shapley(frame, rows=0, background=frame[1:], progress=bar)
            return found.explain(lang=lang, title=Message("shapley.row", row=row, **names))
    others = (i + 1 for i in drawn_rows(len(frame) - 1, ROWS, seed=0))
    curves = asked.dependence(frame, depends, rows=[0, *others])
    label = None
    if isinstance(model.target, ClassTarget):
        answered = int(asked.predict_proba(frame[:1])[0].argmax())
        label = curves.classes[answered]
    return curves.explain(label, 0, lang=lang, title=Message("dependence.row", row=row, column=depends, **names))


def picture_of(found: Explanation) -> Picture:
    """The picture in it."""
    figure = next(block for block in found.document.blocks if isinstance(block, Figure))
    return figure.drawn(found.lang)
