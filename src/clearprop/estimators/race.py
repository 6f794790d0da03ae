"""Whether numbers are encoded piece by piece: two members are trained with pieces and two without, and the rows that
they held out say which are better. On smooth and noisy targets pieces only help to overfit; on others most of the
accuracy comes from them."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from clearprop.network import Network
from clearprop.train import History

RACERS = 2  # members of each kind, with folds of their own
_FEWEST = 4  # members, from which the race is worth its time

Fit = Callable[..., list[History]]  # networks, options of `fit_together` → histories


@dataclass(frozen=True)
class Race:
    """What the rows said that the first members held out.

    Attributes:
        pieces: whether numbers are encoded piece by piece.
        losses: of these rows with pieces, and without: the log loss after a temperature, the mean square, or the mean
            pinball loss.
    """

    pieces: bool
    losses: tuple[float, float]

    def to_dict(self) -> dict[str, Any]:
        """As plain data."""
        return {**asdict(self), "losses": list(self.losses)}


def is_raced(pieces: int | None, members: int) -> bool:
    """Whether a recipe leaves pieces open, and has members enough for a race."""
    return pieces is None and members >= _FEWEST


def raced(
    cut: Sequence[Network],
    plain: Sequence[Network],
    fit: Fit,
    loss_of: Callable[[Sequence[Network]], float],
    **options: Any,
) -> tuple[list[Network], list[History], Race | None]:
    """Train members with pieces and without, the first ones of each first, and then the others of the better kind.

    Args:
        cut, plain: all members in both forms, with the same seeds.
        fit: trains some of them, named by their numbers: `fit(networks, numbers, **options)`.
        loss_of: of the rows that the first members held out.
        options: of `fit_together`: a checkpoint (the first members have one of their own beside it), who is told.

    Returns:
        The members, their histories, and what was found; the first ones and None where they were stopped.
    """
    numbers, some = list(range(RACERS)), [*cut[:RACERS], *plain[:RACERS]]
    histories = fit(some, numbers * 2, **_of_first(options, len(cut)))
    if any(history.stopped_by in ("callback", "interrupt") for history in histories):
        left = [History(stopped_by=histories[0].stopped_by) for _ in cut[RACERS:]]
        return list(cut), [*histories[:RACERS], *left], None
    losses = loss_of(some[:RACERS]), loss_of(some[RACERS:])
    race = Race(losses[0] <= losses[1], losses)
    members = list(cut if race.pieces else plain)
    first = histories[:RACERS] if race.pieces else histories[RACERS:]
    done = tuple(history.epochs for history in first)
    rest = fit(members[RACERS:], list(range(RACERS, len(members))), **_of_rest(options, done))
    return members, [*first, *rest], race


def _of_first(options: dict[str, Any], members: int) -> dict[str, Any]:
    told, checkpoint = options.get("progress"), options.get("checkpoint")
    changed = dict(options)
    if told is not None:

        def mean(done: Sequence[int]) -> object:
            pairs = zip(done[:RACERS], done[RACERS:], strict=True)
            return told((*(sum(pair) // 2 for pair in pairs), *[0] * (members - RACERS)))

        changed["progress"] = mean
    if checkpoint is not None:
        changed["checkpoint"] = f"{os.fspath(checkpoint)}.first"
    return changed


def _of_rest(options: dict[str, Any], done: tuple[int, ...]) -> dict[str, Any]:
    told = options.get("progress")
    return options if told is None else options | {"progress": lambda rest: told((*done, *rest))}
