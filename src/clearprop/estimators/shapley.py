"""Shapley values: what each player of a game adds, on the average over the orders in which they may come.

Here the players are columns, and the worth of a set S of them is the mean answer where they are as in the row x that is
explained, and all others as in a row b of the background:

    v(S) = mean over b of f(x_S, b_rest)
    φⱼ = Σ over S without j of |S|! (n − |S| − 1)!/n! · (v(S ∪ j) − v(S))

The values of a row add up to v(all) − v(none) = f(x) − mean f(b), and a column that f does not read has 0.

Sources: Shapley, A Value for n-Person Games, 1953; Štrumbelj & Kononenko, Explaining prediction models and individual
predictions with feature contributions, KAIS 2014; Lundberg & Lee, A Unified Approach to Interpreting Model Predictions,
NeurIPS 2017 (the "interventional" values of the `shap` package); Mitchell, Cooper, Frank & Holmes, Sampling
Permutations for Shapley Value Estimation, JMLR 2022 (antithetic pairs).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import factorial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clearprop.errors import InvalidValueError, checked_integer, checked_seed, plural

Array = NDArray[Any]
MOST_EXACT = 10  # players all of whose sets are enumerated: 1,024
PAIRS = 16  # of orders, where there are more players
_MOST_NUMBERS = 1_000_000  # of features that are held at once


@dataclass(frozen=True)
class Attribution:
    """What each player adds to each row's answer.

    Attributes:
        values: φ (N, players, outputs).
        errors: the standard error of each by the drawing of orders, (N, players, outputs); 0 where all sets were
            enumerated.
        base: v(none), the mean answer of the background (outputs,).
        answers: v(all) = f(x), (N, outputs).
        pairs: of orders that were drawn; 0 where all sets were enumerated.
    """

    values: Array
    errors: Array
    base: Array
    answers: Array
    pairs: int


def shapley_values(
    f: Callable[[Array], Array],
    X: Array,
    background: Array,
    groups: Mapping[str, Sequence[int]],
    *,
    pairs: int | None = None,
    seed: int = 0,
    progress: Callable[[float], Any] | None = None,
) -> Attribution:
    """The Shapley values of the players for each row.

    Up to ten players all 2ⁿ sets are enumerated, and the values are exact. Of more, or where `pairs` is given, orders
    are drawn: each player adds v(those before it and itself) − v(those before it), and the mean over orders is φ
    without bias. Orders come in pairs, one and its reverse, whose errors partly cancel; the standard error is that of
    the mean of the pairs. The sum over the players is exact in every order. All rows have the same orders, so that
    the values of one do not depend on which others are asked for.

    Args:
        f: features (N, n) to answers (N, outputs).
        X: the rows to explain (N, n).
        background: (B, n), what stands for a column that is not in a set. It costs B evaluations of f for each set.
        groups: player → its features, disjoint.
        pairs: of orders to draw, two or more; None enumerates up to ten players and draws 16 pairs for more.
        seed: of the orders.
        progress: told again and again which share of the sets has been evaluated, 0 … 1.

    Raises:
        InvalidValueError: without players or background, or for fewer than two pairs.

    Example:
        >>> def f(x):
        ...     return 2 * x[:, :1] + x[:, 1:2] * x[:, 2:]
        >>> found = shapley_values(f, np.array([[1.0, 2.0, 3.0]]), np.zeros((1, 3)), {"a": [0], "b": [1], "c": [2]})
        >>> found.values[0, :, 0].tolist(), float(found.answers[0, 0] - found.base[0])
        ([2.0, 3.0, 3.0], 8.0)
    """
    if not groups or not len(background):
        got = f"{plural(len(groups), 'column')} and {plural(len(background), 'background row')}"
        raise InvalidValueError(got, "one of each at least")
    owner = np.empty(X.shape[1], np.int64)  # of each feature
    for j, features in enumerate(groups.values()):
        owner[list(features)] = j
    base = f(background).mean(axis=0)
    answers = f(X) if len(X) else np.empty((0, len(base)))
    n, is_exact = len(groups), pairs is None and len(groups) <= MOST_EXACT
    drawn = 0 if is_exact else checked_integer("pairs", PAIRS if pairs is None else pairs, low=2)
    sets = len(X) * (2**n - 2 if is_exact else 2 * drawn * (n - 1))
    game = _Game(f, background, owner, base, _told(progress, sets))
    if is_exact:
        values = _enumerated(game, X, answers, n)
        return Attribution(values, np.zeros_like(values), base, answers, 0)
    return Attribution(*_sampled(game, X, answers, orders_of(n, drawn, seed)), base, answers, drawn)


def _told(progress: Callable[[float], Any] | None, of: int) -> Callable[[int], None]:
    """To be told how many more sets have been evaluated; it tells the share of all."""
    done = 0

    def tell(more: int) -> None:
        nonlocal done
        done += more
        if progress is not None:
            progress(done / of)

    return tell


@dataclass(frozen=True)
class _Game:
    """The worth of sets of players, for one row after the other."""

    f: Callable[[Array], Array]
    background: Array
    owner: Array
    base: Array
    told: Callable[[int], None]  # how many more sets have been evaluated

    def worth(self, x: Array, sets: Array) -> Array:
        """v(S) of sets (S, players) for a row x (n,): (S, outputs)."""
        parts = [self._worth(x, sets[some]) for some in _parts(len(sets), self.background.size)]
        return np.concatenate(parts) if parts else np.empty((0, len(self.base)))

    def _worth(self, x: Array, sets: Array) -> Array:
        mixed = np.where(sets[:, self.owner][:, None], x, self.background)  # row by row in memory
        answers = self.f(mixed.reshape(-1, len(x))).reshape(len(sets), len(self.background), -1).mean(axis=1)
        self.told(len(sets))
        return np.asarray(answers)


def _parts(many: int, size: int) -> Iterator[slice]:
    """Slices of so many things, each of which takes so many numbers."""
    at_once = max(1, _MOST_NUMBERS // max(1, size))
    return (slice(start, start + at_once) for start in range(0, many, at_once))


def _enumerated(game: _Game, X: Array, answers: Array, n: int) -> Array:
    """φ (N, players, outputs); it is linear in v: v(S) counts w(|S| − 1) for players in S, −w(|S|) for others."""
    sets = (np.arange(2**n)[:, None] >> np.arange(n)) % 2 == 1
    weight = np.array([factorial(s) * factorial(n - s - 1) / factorial(n) for s in range(n)])
    size = sets.sum(axis=1)[:, None]
    counts = np.where(sets, weight[np.maximum(size - 1, 0)], -weight[np.minimum(size, n - 1)]).T
    values = np.empty((len(X), n, len(game.base)))
    for x, answer, phi in zip(X, answers, values, strict=True):
        phi[:] = counts @ np.concatenate([game.base[None], game.worth(x, sets[1:-1]), answer[None]])
    return values


def orders_of(n: int, pairs: int, seed: int) -> Array:
    """Orders of n players, each followed by its reverse: (2·pairs, n)."""
    rng = np.random.Generator(np.random.Philox(checked_seed(seed)))
    return np.stack([order[::step] for order in (rng.permutation(n) for _ in range(pairs)) for step in (1, -1)])


def _sampled(game: _Game, X: Array, answers: Array, orders: Array) -> tuple[Array, Array]:
    """Values and standard errors (N, players, outputs)."""
    many, n = orders.shape
    rank = np.argsort(orders, axis=1)  # of each player in each order
    values, errors = (np.empty((len(X), n, len(game.base))) for _ in range(2))
    v = np.empty((many, n + 1, len(game.base)))
    v[:, 0] = game.base
    for x, answer, phi, error in zip(X, answers, values, errors, strict=True):
        v[:, -1] = answer
        for some in _parts(many, n * n):
            sets = rank[some, None, :] < np.arange(1, n)[:, None]  # the first one, the first two, …
            v[some, 1:-1] = game.worth(x, sets.reshape(-1, n)).reshape(len(sets), n - 1, len(game.base))
        added = np.take_along_axis(np.diff(v, axis=1), rank[:, :, None], axis=1)
        paired = added.reshape(many // 2, 2, n, len(game.base)).mean(axis=1)
        phi[:], error[:] = paired.mean(axis=0), paired.std(axis=0, ddof=1) / np.sqrt(many // 2)
    return values, errors
