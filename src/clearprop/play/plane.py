"""What every neuron answers over the plane of two inputs (or along one): the heat maps and the boundary."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import numpy as np

from clearprop.execute import Array, Program, default_executor
from clearprop.graph import Graph, Name, simplify
from clearprop.nn.names import X
from clearprop.play.bench import Bench
from clearprop.play.scene import plain
from clearprop.present.figure import Axis

SIDE, _ALONG = 48, 160  # points of the grid on each side, and along one input
_MOST_POINTS = 2000  # that are drawn


class Plane:
    """The grid of one network and its samples, and the program that answers over it.

    Attributes:
        axes: the two inputs, or the one.
        ends: of each axis, (low, high); along one input the second one is that of the targets.
    """

    def __init__(self, bench: Bench, side: int = SIDE) -> None:
        self._side = side
        samples, n = bench.samples, bench.samples.X.shape[1]
        asked = [k for k in dict.fromkeys(bench.state.view.axes) if 0 <= k < n]
        self.axes = (asked + [k for k in range(n) if k not in asked])[: min(n, 2)]
        self.ends = _ends(bench, self.axes)
        self._samples = samples
        graph = bench.network.architecture.prediction_graph("f64")
        named = {node.name: node for node in graph.nodes if isinstance(node.name, Name) and node.name.letter == "a"}
        self._names = [name for name in named if name.layer]
        self._program: Program = default_executor().load(simplify(Graph({name: named[name] for name in self._names})))
        self._grid = self._points()

    def _points(self) -> Array:
        """The grid, (points, axes), the second input going down from its highest value as a picture's rows do."""
        if len(self.axes) == 1:
            return np.linspace(*self.ends[0], _ALONG)[:, None]
        across = np.linspace(*self.ends[0], self._side)
        down = np.linspace(*self.ends[1], self._side)[::-1]
        return np.stack([np.tile(across, self._side), np.repeat(down, self._side)], axis=1)

    def frame(self) -> dict[str, Any]:
        """Axes and points, which stay while it trains."""
        samples, shown = self._samples, np.arange(len(self._samples.X))
        if len(shown) > _MOST_POINTS:
            shown = np.random.default_rng(0).permutation(shown)[:_MOST_POINTS]
        is_test = np.isin(shown, samples.test)
        y = samples.y[shown] if samples.y.ndim == 1 else samples.y[shown, 0]
        return {
            "axes": self.axes,
            "ends": self.ends,
            "side": self._side if len(self.axes) == 2 else _ALONG,
            "points": {"x": plain(samples.X[shown][:, self.axes]), "y": plain(y), "test": is_test.tolist()},
            "left_out": len(samples.X) - len(shown),
        }

    def answers(self, bench: Bench, at: Array) -> dict[str, Any]:
        """a[l] of every neuron over the grid; the inputs that are no axis are held at those of a sample."""
        grid = self._held(at)
        inputs = {name: a for name, a in bench.network.arrays().items() if name in self._program.plan.inputs}
        found = self._program.run({X: grid, **inputs}, len(grid))
        units = {
            str(name): [packed(column, name == self._names[-1]) for column in found[name].T] for name in self._names
        }
        return {"units": units, "held": plain(at)}

    def grid(self, bench: Bench) -> Array:
        """The inputs of every point, (points, inputs), beside those of the chosen sample."""
        return self._held(bench.samples.X[bench.rows[bench.row]])

    def _held(self, at: Array) -> Array:
        grid = np.repeat(at[None, :], len(self._grid), axis=0)
        grid[:, self.axes] = self._grid
        return grid


def _ends(bench: Bench, axes: list[int]) -> list[tuple[float, float]]:
    """From where to where: as the points that are drawn want it, else around the samples."""
    y = bench.samples.y
    columns = [bench.samples.X[:, k] for k in axes] + ([y if y.ndim == 1 else y[:, 0]] if len(axes) == 1 else [])
    asked = bench.state.data.ends
    if len(asked) != max(2, bench.samples.X.shape[1]):
        padded = [Axis.of(column).padded(0.08 if k < len(axes) else 0.25) for k, column in enumerate(columns)]
        return [(axis.low, axis.high) for axis in padded]
    given = [asked[k] for k in axes] if len(axes) == 2 else asked
    return [
        (min(low, float(column.min())), max(high, float(column.max())))
        for (low, high), column in zip(given, columns, strict=True)
    ]


def packed(values: Array, fine: bool = False) -> dict[str, Any]:
    """Numbers between the smallest and the largest of them, which are said: a byte each.

    Args:
        values: of one neuron.
        fine: whether a second byte each comes along: a line between classes follows the numbers themselves.
    """
    if not np.isfinite(values).all():
        return {"low": "NaN", "high": "NaN", "data": ""}
    low, high = float(values.min()), float(values.max())
    share = (values - low) / (high - low) if high > low else np.full(values.shape, 0.5)
    steps = np.rint(65535 * share).astype(np.uint16)
    coarse = {"low": low, "high": high, "data": _letters(steps >> 8)}
    return coarse | ({"fine": _letters(steps & 255)} if fine else {})


def _letters(numbers: Array) -> str:
    return b64encode(numbers.astype(np.uint8).tobytes()).decode()
