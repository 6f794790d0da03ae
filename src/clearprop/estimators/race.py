"""Whether numbers are encoded piece by piece: some members are trained with pieces and as many without, and the rows
that they held out say which are better. On smooth and noisy targets pieces only help to overfit; on others most of the
accuracy comes from them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from clearprop.errors import DivergenceError
from clearprop.files import StrPath, checked_path
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
            pinball loss; None of a kind whose training diverged.
    """

    pieces: bool
    losses: tuple[float | None, float | None]

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

    Raises:
        DivergenceError: if both kinds diverged, or one of the other members.
    """
    n = racers(members)
    kinds = [drawn(first, 0, n) for first in (cut, plain)]
    histories = _each_kind(fit, kinds, _of_first(options, members))
    there = [history for kind in histories if kind for history in kind]
    if any(history.stopped_by in ("callback", "interrupt") for history in there):
        k = 0 if histories[0] else 1
        return kinds[k], histories[k] or [], None
    cut_loss, plain_loss = (loss_of(kind) if run else None for kind, run in zip(kinds, histories, strict=True))
    pieces = plain_loss is None or (cut_loss is not None and cut_loss <= plain_loss)
    better, first = kinds[not pieces], histories[not pieces] or []
    others = drawn(better[0], n, members)
    done = tuple(history.epochs for history in first)
    rest = fit(others, list(range(n, members)), **_of_rest(options, done))
    return [*better, *others], [*first, *rest], Race(pieces, (cut_loss, plain_loss))


def _each_kind(
    fit: Fit, kinds: Sequence[Sequence[Network]], options: dict[str, Any]
) -> tuple[list[History] | None, list[History] | None]:
    """The histories of both kinds, trained side by side; None for a kind of which one diverged."""
    n = len(kinds[0])
    try:
        found: Sequence[object] = fit([*kinds[0], *kinds[1]], list(range(n)) * 2, **options)
    except DivergenceError as error:
        found = error.results
        if not found:
            raise
        halves = _gone_through(found[:n]), _gone_through(found[n:])
        if halves == (None, None):
            raise
        return halves
    return _gone_through(found[:n]), _gone_through(found[n:])


def _gone_through(found: Sequence[object]) -> list[History] | None:
    histories = [each for each in found if isinstance(each, History)]
    return histories if len(histories) == len(found) else None


def checkpoint_of_first(checkpoint: StrPath | bytes) -> str:
    """The file of the first members, beside that of the others."""
    return checked_path(checkpoint) + ".first"


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
        changed["checkpoint"] = checkpoint_of_first(checkpoint)
    return changed


def _of_rest(options: dict[str, Any], done: tuple[int, ...]) -> dict[str, Any]:
    told = options.get("progress")
    return options if told is None else options | {"progress": lambda rest: told((*done, *rest))}
