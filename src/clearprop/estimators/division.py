"""How the rows of a table are divided into training, validation and test rows, and what is to be said of it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from math import ceil
from typing import Any, Literal

import narwhals.stable.v1 as nw
import numpy as np
from numpy.typing import NDArray

from clearprop.errors import InvalidValueError, listed, unknown_name
from clearprop.messages import Message
from clearprop.table.split import Split, dates_in, orders_rows, split_by_group, split_by_time, split_rows, time_of
from clearprop.table.target import ClassTarget, Target
from clearprop.table.values import as_levels

Array = NDArray[Any]
How = Literal["random", "time", "group"]


@dataclass(frozen=True)
class Division:
    """Which rows each part has, and how that came."""

    split: Split  # row numbers of each part
    how: How  # at random, by time or by group
    column: str | None  # by which column, if by one
    order: Array | None  # of the rows in time (N,), or the number of each row's group (N,); None at random
    said: tuple[Message, ...]  # what a reader has to know of it

    def units(self, rows: Array) -> Array | None:
        """What the bootstrap draws from these rows again: rows (None), whole groups, or N^(1/3) stretches of time.

        Rows of one group, or one day and the next, are alike: to draw them one by one would make intervals too narrow.
        """
        if self.order is None:
            return None
        order = self.order[rows]
        if self.how == "group":
            return np.asarray(np.unique(order, return_inverse=True)[1])
        place = np.empty(len(rows), np.int64)
        place[np.argsort(order, kind="stable")] = np.arange(len(rows))
        return np.asarray(place // ceil(len(rows) ** (2 / 3)))


def divide(
    table: nw.DataFrame[Any],
    target: Target,
    y: Array,
    *,
    seed: int,
    shares: tuple[float, float],
    split: str | None = None,
    time: str | None = None,
    group: str | None = None,
    aside: Collection[str] = (),
    in_turn: bool = False,
) -> Division:
    """Divide the rows that have a target.

    Args:
        table: those rows.
        target: how y is coded.
        y: coded targets (N,).
        seed: of what is drawn.
        shares: of validation and test rows.
        split: "random", "time" or "group"; None: by time where a date orders the rows, else at random.
        time: the column to split by.
        group: the column whose groups stay whole.
        aside: columns that are no inputs, whose dates order nothing.
        in_turn: whether members will hold out training rows in turn, so that a split by time needs no test rows.

    Raises:
        UnknownNameError: for another split, or a column that is not there.
        InvalidValueError: for a split and a column that do not go together, or too few times or groups.
    """
    require_split(split, time, group)
    stratify = y if isinstance(target, ClassTarget) else None
    if group is not None:
        return _by_group(table, group, seed, shares)
    dates = {} if time or split == "random" else dates_in(table, (n for n in table.columns if n not in aside))
    orders = [] if shares[1] == 0 else [name for name, values in dates.items() if orders_rows(values)]
    if time is None and split == "time" and not dates:
        raise InvalidValueError("a split by time of a table without dates", "--time COL", "a column that orders rows")
    named = time or (next(iter(orders or dates)) if orders or split == "time" else None)
    if named is None:
        words = [Message("division.random", seed=seed)] * any(shares)
        if dates and shares[1]:
            words.append(Message("division.could", columns=listed(dates, 3), column=next(iter(dates))))
        return Division(
            split_rows(len(y), seed=seed, fractions=shares, stratify=stratify), "random", None, None, tuple(words)
        )
    if not shares[1] and not in_turn:
        raise InvalidValueError("a split by time without test rows of this table", "a share of them, such as test 0.15")
    values = dates[named] if named in dates else time_of(table, named)
    parts = split_by_time(values, seed=seed, fractions=shares, stratify=stratify)
    words = [Message("division.in_turn", column=named)]
    if shares[1]:
        words = [Message("division.time", column=named, since=_shown(table[named], values, parts.test))]
    words += [Message("division.before", seed=seed)] * bool(shares[0])
    words += [Message("division.found", column=named)] * (split is None and time is None)
    return Division(parts, "time", named, values, tuple(words))


def own_rows(part: str, n: int) -> Message:
    """What is said of a part whose rows came from another table."""
    return Message(f"division.own.{part}", n=f"{n:,}")


def require_split(split: str | None, time: str | None, group: str | None) -> None:
    """Refuse a split that does not exist, and columns that do not go together with it."""
    if split not in (None, "random", "time", "group"):
        raise unknown_name("split", split, ["random", "time", "group"])
    if time is not None and group is not None:
        raise InvalidValueError(f"a split by time {time!r} and by group {group!r}", "one of the two")
    by = "time" if time is not None else "group" if group is not None else None
    if split is not None and by is not None and split != by:
        raise InvalidValueError(f"split {split!r} with a column for {by}", f"split {by!r}, or no such column")
    if split == "group" and group is None:
        raise InvalidValueError("a split by group", "the column of the groups", "--group COL")


def _by_group(table: nw.DataFrame[Any], group: str, seed: int, shares: tuple[float, float]) -> Division:
    if group not in table.columns:
        raise unknown_name("column of groups", group, list(table.columns))
    levels = as_levels(table[group])
    names, codes = np.unique(["" if level is None else f"={level}" for level in levels], return_inverse=True)
    parts = split_by_group(codes, seed=seed, fractions=shares)
    return Division(
        parts, "group", group, codes, (Message("division.group", column=group, n=f"{len(names):,}", seed=seed),)
    )


def _shown(column: Any, values: Array, rows: Array) -> str:
    """The first time of some rows, as it stands in the table."""
    return str(column[int(rows[np.argmin(values[rows])])]).removesuffix(" 00:00:00")
