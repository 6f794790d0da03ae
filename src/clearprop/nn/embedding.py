"""Categories as rows of learned tables."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any

from clearprop import graph as g
from clearprop.errors import DTypeError, InvalidValueError, ShapeError, checked_integer
from clearprop.graph import Name, Node
from clearprop.nn.initializers import Normal
from clearprop.nn.parameter import Role
from clearprop.nn.scope import Scope, require_few_columns
from clearprop.nn.settings import Learned


def _as_levels(given: Any) -> tuple[tuple[int, int], ...]:
    """Pairs (column, number of levels), by column."""
    pairs = given.items() if isinstance(given, Mapping) else given
    if isinstance(pairs, str) or not isinstance(pairs, Iterable):
        raise DTypeError(f"levels {given!r} of Embedding", "a mapping from columns to numbers of levels, as {3: 10}")
    found = []
    for pair in pairs:
        if not isinstance(pair, tuple | list) or len(pair) != 2:
            raise DTypeError(f"levels {pair!r} of Embedding", "a column and its number of levels")
        column, levels = pair
        found.append((checked_integer("column of levels", column, low=0), checked_integer("number of levels", levels)))
    if not found or len({column for column, _ in found}) < len(found):
        raise InvalidValueError(f"levels {given!r} of Embedding", "one column at least, and each once")
    return tuple(sorted(found))


@dataclass(frozen=True, repr=False)
class Embedding(Learned):
    """Columns that hold codes 0, 1, 2, …: each code becomes a row of a learned table E, `width` numbers.

    The other columns pass on, in their order; behind them stand the rows, e = E[code]. A code is rounded toward zero;
    one beyond the table means its first or last row, NaN the first: keep a row for missing values and for what was not
    seen in training. The gradient of a row is the sum over the samples that have its code.

    Source: Guo & Berkhahn (2016), "Entity Embeddings of Categorical Variables".

    Args:
        levels: {column: number of levels}.
        width: numbers that a code becomes.
        std: of the first numbers in the tables, N(0, std²).
        trainable, learning_rate_factor, decay_factor: of the tables, "E", as of `Dense`.

    Raises:
        InvalidValueError: for no column, a column twice, or numbers that are too small.
        ShapeError: when it is built, for a column that is not there.

    Example:
        >>> import clearprop as cp
        >>> layers = [Embedding({0: 3}, width=2), cp.Dense(1)]
        >>> net = cp.Network(2, layers, "squared_error", dtype="float64")
        >>> net.parameters["E0"] = [[0, 1], [2, 3], [4, 5]]
        >>> net.trace([[2, 0.5], [0, -1]])["v0"].tolist()
        [[0.5, 4.0, 5.0], [-1.0, 0.0, 1.0]]
    """

    levels: Any
    width: int = 8
    std: float = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "levels", _as_levels(self.levels))
        object.__setattr__(self, "width", checked_integer("width", self.width))
        if isinstance(self.std, bool) or not isinstance(self.std, int | float) or not 0 < self.std < math.inf:
            raise InvalidValueError(f"std {self.std!r} of Embedding", "a positive number")

    def parts(self) -> Mapping[str, Role]:
        """E, the table of each column."""
        return {"E": "embedding"}

    def build(self, x: Node, scope: Scope) -> Node:
        """[the other columns, E[code] of each coded column]."""
        x = scope.output(x)
        columns = x.shape[-1]
        assert isinstance(columns, int)
        require_few_columns("Embedding", columns)
        coded = {column for column, _ in self.levels}
        if max(coded) >= columns:
            raise ShapeError(f"Embedding of column {max(coded)} of {columns}", f"columns from 0 to {columns - 1}")
        rest = [j for j in range(columns) if j not in coded]
        parts = [g.take_columns(x, rest)] if rest else []
        parts += [self._rows(x, column, levels, scope) for column, levels in self.levels]
        return scope.named(g.concat(parts, axis=1) if len(parts) > 1 else parts[0], "v")

    def _rows(self, x: Node, column: int, levels: int, scope: Scope) -> Node:
        """The rows of a column's codes, from a table of its own: E, E_2, …."""
        suffixes = ("" if k == 1 else f"_{k}" for k in count(1))
        suffix = next(s for s in suffixes if Name.parameter("E", scope.layer, s) not in scope.parameters)
        start = Normal(self.std)
        E = scope.parameter("E", (levels, self.width), start, suffix=suffix, **self.settings("E"))
        return g.embed(E, g.sum(g.slice(x, 1, column, column + 1), 1))
