"""Where boxes stand: in columns from left to right, each as level with its neighbours as there is room for.

The way of Sugiyama et al. (1981): columns by the longest path, long edges cut into pieces that pass through the columns
between, an order within each column that crosses few edges, and heights by least squares.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from clearprop.present.figure.scene import Point

_GAP_X, _GAP_Y = 34.0, 16.0  # between columns for the curves, between boxes
_LANE = 16.0  # height of an edge that passes by
_SWEEPS = 60
_STRONG, _WEAK = 8.0, 0.03  # how hard the pieces of a long edge pull each other, and inputs what they enter


@dataclass(frozen=True)
class Box:
    """Something that takes room.

    Attributes:
        key: unique.
        inputs: keys of the boxes whose edges end here.
        reach: from its centre to where edges leave and arrive.
        stub: length of the straight line behind it, on which its numbers stand.
        above, below: room it takes up and down from its centre, numbers included.
        before: room to the left of where edges arrive, through which they come straight in.
    """

    key: str
    inputs: tuple[str, ...]
    reach: float
    stub: float
    above: float
    below: float
    before: float = 0.0


Edge = tuple[str, str]


@dataclass(frozen=True)
class Layout:
    """Centres of boxes, and the ways of edges: points of Bézier pieces.

    Attributes:
        centres: by key.
        stubs: where the straight line behind each box ends.
        ways: from the end of the stub to the target.
        width, height: of it all.
    """

    centres: Mapping[str, Point]
    stubs: Mapping[str, Point]
    ways: Mapping[Edge, tuple[Point, ...]]
    width: float
    height: float


@dataclass(frozen=True)
class _Item:
    """A box, or an edge that passes through a column on its way."""

    key: str
    to: str = ""
    column: int = 0


def arrange(boxes: Sequence[Box], gap: float = _GAP_Y) -> Layout:
    """Place boxes that come after their inputs in the sequence, `gap` apart from top to bottom."""
    by_key = {box.key: box for box in boxes}
    columns = _columns(boxes)
    edges = [(x, box.key) for box in boxes for x in dict.fromkeys(box.inputs)]
    chains = {edge: _chain(edge, columns) for edge in edges}
    y = _heights(boxes, columns, chains, gap)
    across, ends, width = _across(boxes, columns)
    top = min(y[_Item(box.key)] - box.above for box in boxes)
    bottom = max(y[_Item(box.key)] + box.below for box in boxes)
    centres = {box.key: (across[box.key], y[_Item(box.key)] - top) for box in boxes}
    stubs = {key: (ends[columns[key]], centre[1]) for key, centre in centres.items()}

    def way(edge: Edge) -> tuple[Point, ...]:
        passed = [((ends[i.column - 1] + _GAP_X, y[i] - top), (ends[i.column], y[i] - top)) for i in chains[edge][1:-1]]
        box, (x, at) = by_key[edge[1]], centres[edge[1]]
        target = (x - box.reach - box.before, at)
        return _curve(stubs[edge[0]], passed, target)

    return Layout(centres, stubs, {edge: way(edge) for edge in edges}, width, bottom - top)


def _columns(boxes: Sequence[Box]) -> dict[str, int]:
    """By the longest path from the left; what can wait stands right before where it is needed."""
    columns: dict[str, int] = {}
    consumers: dict[str, list[str]] = {}
    for box in boxes:
        columns[box.key] = max((columns[x] for x in box.inputs), default=-1) + 1
        for x in box.inputs:
            consumers.setdefault(x, []).append(box.key)
    for box in reversed(boxes):
        if box.key in consumers:
            columns[box.key] = min(columns[other] for other in consumers[box.key]) - 1
    return columns


def _chain(edge: Edge, columns: Mapping[str, int]) -> list[_Item]:
    """An edge's two ends and what it passes."""
    passed = range(columns[edge[0]] + 1, columns[edge[1]])
    return [_Item(edge[0]), *(_Item(*edge, column) for column in passed), _Item(edge[1])]


# --- up and down

_Room = Mapping[_Item, tuple[float, float]]
_Near = Mapping[_Item, Sequence[_Item]]


def _heights(
    boxes: Sequence[Box], columns: Mapping[str, int], chains: Mapping[Edge, list[_Item]], gap: float
) -> dict[_Item, float]:
    ranks: list[list[_Item]] = [[] for _ in range(max(columns.values()) + 1)]
    for box in boxes:
        ranks[columns[box.key]].append(_Item(box.key))
    near: dict[_Item, list[_Item]] = {}
    room = {_Item(box.key): (box.above + gap / 2, box.below + gap / 2) for box in boxes}
    for chain in chains.values():
        for item in chain[1:-1]:
            ranks[item.column].append(item)
            room[item] = ((_LANE + gap) / 2, (_LANE + gap) / 2)
        for a, b in pairwise(chain):
            near.setdefault(a, []).append(b)
            near.setdefault(b, []).append(a)
    _order(ranks, near)
    return _settled(ranks, near, room)


def _order(ranks: list[list[_Item]], near: _Near) -> None:
    """Sort each column by the mean place of its neighbours, back and forth; the order with fewest crossings stays."""
    best = [list(rank) for rank in ranks]
    fewest = _crossings(ranks, near)
    for sweep in range(_SWEEPS):
        place = {item: i - len(rank) / 2 for rank in ranks for i, item in enumerate(rank)}
        for rank in ranks if sweep % 2 else reversed(ranks):
            mean = {item: _mean([place[other] for other in near.get(item, ())], place[item]) for item in rank}
            rank.sort(key=mean.__getitem__)
            place |= {item: i - len(rank) / 2 for i, item in enumerate(rank)}
        crossings = _crossings(ranks, near)
        if crossings < fewest:
            best, fewest = [list(rank) for rank in ranks], crossings
    for rank, order in zip(ranks, best, strict=True):
        rank[:] = order


def _mean(values: Sequence[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise


def _crossings(ranks: Sequence[Sequence[_Item]], near: _Near) -> int:
    count = 0
    for left, right in pairwise(ranks):
        place = {item: i for i, item in enumerate(right)}
        before: list[int] = []
        for item in left:
            targets = [place[other] for other in near.get(item, ()) if other in place]
            count += sum(other > target for target in targets for other in before)
            before += targets
    return count


def _settled(ranks: Sequence[Sequence[_Item]], near: _Near, room: _Room) -> dict[_Item, float]:
    y = {item: at for rank in ranks for item, at in _placed(rank, dict.fromkeys(rank, 0.0), room, near).items()}
    for sweep in range(_SWEEPS):
        for rank in ranks if sweep % 2 else reversed(ranks):
            y |= _placed(rank, {item: _wished(item, near, y) for item in rank}, room, near)
    return y


def _wished(item: _Item, near: _Near, y: Mapping[_Item, float]) -> float:
    """As high as its neighbours; what is heavy pulls most, so that chains and long edges are straight."""
    pulls = [(_STRONG if item.to and other.to else _weight(other, near), y[other]) for other in near.get(item, ())]
    return sum(pull * at for pull, at in pulls) / sum(pull for pull, _ in pulls) if pulls else y[item]


def _weight(item: _Item, near: _Near) -> float:
    """Inputs and results, which have one neighbour, make room for what stands between others."""
    return 1.0 if item.to or len(near.get(item, ())) > 1 else _WEAK


def _placed(rank: Sequence[_Item], wished: Mapping[_Item, float], room: _Room, near: _Near) -> dict[_Item, float]:
    """The places nearest to those wished for (least squares) at which nothing overlaps: isotonic regression."""
    offsets, total = [], 0.0
    for i, item in enumerate(rank):
        total += room[rank[i - 1]][1] + room[item][0] if i else 0.0
        offsets.append(total)
    blocks: list[tuple[float, float, int]] = []  # mean, weight, count
    for item, offset in zip(rank, offsets, strict=True):
        mean, weight, count = wished[item] - offset, _weight(item, near), 1
        while blocks and blocks[-1][0] > mean:
            other, w, n = blocks.pop()
            mean, weight, count = (mean * weight + other * w) / (weight + w), weight + w, count + n
        blocks.append((mean, weight, count))
    means = [mean for mean, _, count in blocks for _ in range(count)]
    return {item: mean + offset for item, mean, offset in zip(rank, means, offsets, strict=True)}


# --- left and right


def _across(boxes: Sequence[Box], columns: Mapping[str, int]) -> tuple[dict[str, float], list[float], float]:
    """The x of each box, where each column's straight lines end, and the whole width."""
    x: dict[str, float] = {}
    ends: list[float] = []
    at = 0.0
    for column in range(max(columns.values()) + 1):
        here = [box for box in boxes if columns[box.key] == column]
        centre = at + max(box.reach + box.before for box in here)
        x |= {box.key: centre for box in here}
        ends.append(centre + max(box.reach + box.stub for box in here))
        at = ends[-1] + _GAP_X
    return x, ends, at - _GAP_X


def _curve(start: Point, passed: Sequence[tuple[Point, Point]], target: Point) -> tuple[Point, ...]:
    """S-curves from column to column, straight lines through the columns between."""
    points, at = [start], start
    for entry, leave in [*passed, (target, target)]:
        middle = (at[0] + entry[0]) / 2
        points += [(middle, at[1]), (middle, entry[1]), entry]
        if leave != entry:
            points += [entry, leave, leave]
        at = leave
    return tuple(points)
