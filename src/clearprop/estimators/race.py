"""Whether numbers are encoded piece by piece: some members are trained with pieces and as many without, and the rows
that they held out say which are better. On smooth and noisy targets pieces only help to overfit; on others most of the
accuracy comes from them."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from clearprop.network import Network
from clearprop.train import History

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


def racers(members: int) -> int:
    """How many of each kind are trained: those that hold out a quarter of the rows, and two at least."""
    return max(2, members // 4)


def raced(
    cut: Network,
    plain: Network,
    members: int,
    fit: Fit,
    loss_of: Callable[[Sequence[Network]], float],
    **options: Any,
) -> tuple[list[Network], list[History], Race | None]:
    """Train members with pieces and without, the first ones of each first, and then the others of the better kind.

    Args:
        cut, plain: the first member in both forms.
        members: how many there are to be.
        fit: trains some of them, named by their numbers: `fit(networks, numbers, **options)`.
        loss_of: of the rows that the first members held out.
        options: of `fit_together`: a checkpoint (the first members have one of their own beside it), who is told.

    Returns:
        The members, their histories, and what was found; the first ones and None where they were stopped.
    """
    n = racers(members)
    kinds = [drawn(first, 0, n) for first in (cut, plain)]
    histories = fit([*kinds[0], *kinds[1]], list(range(n)) * 2, **_of_first(options, members))
    if any(history.stopped_by in ("callback", "interrupt") for history in histories):
        return kinds[0], histories[:n], None
    losses = loss_of(kinds[0]), loss_of(kinds[1])
    race = Race(losses[0] <= losses[1], losses)
    better, first = (kinds[0], histories[:n]) if race.pieces else (kinds[1], histories[n:])
    others = drawn(better[0], n, members)
    done = tuple(history.epochs for history in first)
    rest = fit(others, list(range(n, members)), **_of_rest(options, done))
    return [*better, *others], [*first, *rest], race


def drawn(first: Network, begin: int, end: int) -> list[Network]:
    """Members begin … end − 1, like the first one but for their first weights."""
    a = first.architecture
    return [
        Network(a.n_inputs, a.layers, a.loss, seed=first.seed + k, l1=a.l1, l2=a.l2) if k else first
        for k in range(begin, end)
    ]


def _of_first(options: dict[str, Any], members: int) -> dict[str, Any]:
    told, checkpoint = options.get("progress"), options.get("checkpoint")
    changed = dict(options)
    if told is not None:

        def mean(done: Sequence[int]) -> object:
            half = len(done) // 2
            pairs = zip(done[:half], done[half:], strict=True)
            return told((*(sum(pair) // 2 for pair in pairs), *[0] * (members - half)))

        changed["progress"] = mean
    if checkpoint is not None:
        changed["checkpoint"] = f"{os.fspath(checkpoint)}.first"
    return changed


def _of_rest(options: dict[str, Any], done: tuple[int, ...]) -> dict[str, Any]:
    told = options.get("progress")
    return options if told is None else options | {"progress": lambda rest: told((*done, *rest))}
