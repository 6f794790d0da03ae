"""Which entries of its inputs one entry of an op's value is made of: the element rules in the ops' records.

Two sorts of ops need none. Entry (i, j) of an elementwise op is the op applied to the entries (i, j) of its inputs, and
a fused op is written out by its definition. All others have one of the rules below. Indices count from 0.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

from clearprop.graph.types import Dim, N

if TYPE_CHECKING:
    from clearprop.graph.node import Node

Index = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a value."""

    value: Node
    index: Index


@dataclass(frozen=True, slots=True)
class Terms:
    """Terms put together by an op: their sum ("add"), or the largest ("maximum"). Each is a product of entries."""

    join: Literal["add", "maximum"]
    terms: Sequence[tuple[Entry, ...]]


class RunFacts(Protocol):
    """What a rule has to know of the run that it is asked about."""

    def length(self, dim: Dim) -> int:
        """A dimension as a number, also the batch size N."""

    def integers(self, node: Node) -> Sequence[int]:
        """The whole numbers that a node holds: labels, or numbers of rows."""


class EntryRule(Protocol):
    """How one entry of an op's value follows from its inputs."""

    def __call__(self, node: Node, index: Index, run: RunFacts) -> Entry | Terms | float:
        """The entry at an index: one entry of an input, several put together, or a number."""


# --- the same entries in another arrangement


@dataclass(frozen=True)
class Rearranged:
    """The input's axes in another order or beside new ones: its axis k is axis `axes(node)[k]` of the result.

    Along an axis of the result that is none of the input's, all entries are equal.
    """

    axes: Callable[[Node], tuple[int, ...]]

    def __call__(self, node: Node, index: Index, run: RunFacts) -> Entry:
        """The entry of the input, whose index has fewer numbers, or the same in another order."""
        return Entry(node.inputs[0], tuple(index[a] for a in self.axes(node)))


@dataclass(frozen=True)
class Cut:
    """A part of the input: the entries from `start` on along the attribute `axis`."""

    def __call__(self, node: Node, index: Index, run: RunFacts) -> Entry:
        """The entry of the input, `start` further along the axis."""
        axis = node.attrs["axis"]
        return Entry(node.inputs[0], (*index[:axis], index[axis] + node.attrs["start"], *index[axis + 1 :]))


@dataclass(frozen=True)
class SideBySide:
    """The inputs one behind the other along the attribute `axis`."""

    def __call__(self, node: Node, index: Index, run: RunFacts) -> Entry:
        """The entry of the input that the index falls into."""
        axis, at = node.attrs["axis"], index[node.attrs["axis"]]
        for x in node.inputs:
            length = run.length(x.shape[axis])
            if at < length:
                return Entry(x, (*index[:axis], at, *index[axis + 1 :]))
            at -= length
        raise IndexError(f"entry {index} of {node!r}")


@dataclass(frozen=True)
class ColumnsTaken:
    """Column j is the column of the input that the attribute `index` names."""

    def __call__(self, node: Node, index: Index, run: RunFacts) -> Entry:
        """The entry of the input, in the same row."""
        return Entry(node.inputs[0], (index[0], node.attrs["index"][index[1]]))


# --- several entries put together


@dataclass(frozen=True)
class ColumnsAdded:
    """Column k is the sum of the columns to which the attribute `index` gives the number k."""

    def __call__(self, node: Node, index: Index, run: RunFacts) -> Terms:
        """The entries of the same row that are added up here; there may be none."""
        here = [j for j, k in enumerate(node.attrs["index"]) if k == index[1]]
        return Terms("add", [(Entry(node.inputs[0], (index[0], j)),) for j in here])


@dataclass(frozen=True)
class Along:
    """All entries along the attribute `axis`, which disappears: their sum, or the largest of them."""

    join: Literal["add", "maximum"]

    def __call__(self, node: Node, index: Index, run: RunFacts) -> Terms:
        """The entries along the axis."""
        x, axis = node.inputs[0], node.attrs["axis"]
        along = range(run.length(x.shape[axis]))
        return Terms(self.join, [(Entry(x, (*index[:axis], k, *index[axis:])),) for k in along])


@dataclass(frozen=True)
class MatrixProduct:
    """(A · B)ᵢⱼ = Σₖ aᵢₖ bₖⱼ, whichever way A and B are stored."""

    def __call__(self, node: Node, index: Index, run: RunFacts) -> Terms:
        """The products of a row's entries with a column's."""
        a, b = node.inputs
        ta, tb = bool(node.attrs.get("transpose_a")), bool(node.attrs.get("transpose_b"))
        row = index[:1] if a.type.rank == 2 else ()
        column = index[-1:] if b.type.rank == 2 else ()
        inner = run.length(a.shape[-1] if not ta or a.type.rank == 1 else a.shape[0])
        return Terms(
            "add",
            [
                (Entry(a, (k, *row) if ta else (*row, k)), Entry(b, (*column, k) if tb else (k, *column)))
                for k in range(inner)
            ],
        )


# --- chosen by whole numbers that come with the data


@dataclass(frozen=True)
class RowsTaken:
    """Row i is the row of a table that the i-th whole number names.

    Attributes:
        coded: whether a number beyond the table means its first or last row.
    """

    coded: bool = False

    def __call__(self, node: Node, index: Index, run: RunFacts) -> Entry:
        """The entry of the table."""
        table, rows = node.inputs
        row = int(run.integers(rows)[index[0]])
        return Entry(table, (_within(row, run.length(table.shape[0])) if self.coded else row, index[1]))


@dataclass(frozen=True)
class RowsAdded:
    """Row r is the sum of the rows whose whole number is r.

    Attributes:
        coded: whether a number beyond the result means its first or last row.
    """

    coded: bool = False

    def __call__(self, node: Node, index: Index, run: RunFacts) -> Terms:
        """The entries of the rows that are added up here; there may be none."""
        values, rows = node.inputs
        levels = run.length(node.shape[0])
        found = [_within(r, levels) if self.coded else r for r in run.integers(rows)]
        here = [i for i, r in enumerate(found) if r == index[0]]
        return Terms("add", [(Entry(values, (i, index[1])),) for i in here])


def _within(row: int, rows: int) -> int:
    return min(max(row, 0), rows - 1)


@dataclass(frozen=True)
class OneHot:
    """1 in the column that the row's whole number names, 0 elsewhere."""

    def __call__(self, node: Node, index: Index, run: RunFacts) -> float:
        """1 or 0."""
        return float(run.integers(node.inputs[0])[index[0]] == index[1])


# --- numbers


@dataclass(frozen=True)
class Everywhere:
    """One number in every place, made of no data."""

    number: Callable[[Node, RunFacts], float]

    def __call__(self, node: Node, index: Index, run: RunFacts) -> float:
        """The number."""
        return self.number(node, run)


def batch_size(node: Node, run: RunFacts) -> float:
    """The number of samples of a run."""
    return float(run.length(N))
