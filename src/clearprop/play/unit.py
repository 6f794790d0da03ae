"""One unit: what it looks at, by the names of its inputs, and on which of the training rows it is on."""

from __future__ import annotations

from typing import Any

import numpy as np

from clearprop.errors import InvalidValueError, checked_integer
from clearprop.execute import Array, default_executor
from clearprop.graph import Graph, Name, simplify
from clearprop.messages import Message
from clearprop.nn.names import X
from clearprop.play.bench import Bench
from clearprop.play.plane import Plane, packed
from clearprop.play.scene import activation_symbol, plain

_MOST_LISTED = 40  # weights in a table
_NAMED, _LEAST = 3, 0.25  # inputs of the sentence, each with at least so much of the largest effect


def unit(bench: Bench, plane: Plane, layer: int, j: int) -> dict[str, Any]:
    """Its weights by what they do, its bias, the share of the training rows on which it is on, and where it turns on.

    A weight does as much as it moves z: |w| times the standard deviation of its input over the training rows. A unit is
    on where z > 0, one of a softmax where a > 0.5.

    Args:
        bench: whose network.
        plane: over which it is shown.
        layer, j: the layer from 1, the unit in it from 0.

    Raises:
        ClearpropError: if there is no such unit.
    """
    layers = bench.state.network.layers
    if checked_integer("layer", layer) > len(layers):
        raise InvalidValueError(f"layer {layer}", f"1 … {len(layers)}")
    if checked_integer("unit", j, low=0) >= layers[layer - 1].units:
        raise InvalidValueError(f"unit {j} of layer {layer}", f"0 … {layers[layer - 1].units - 1}")
    arrays, rows = bench.network.arrays(), bench.samples.X[bench.samples.train]
    graph = _graph_of(bench, layer)
    values = _values(bench, graph, rows)
    came_in = rows if layer == 1 else values[f"a{layer - 1}"]
    is_on = _height(bench, values, layer, j) > 0
    weights, spread = np.asarray(arrays[f"W{layer}"])[:, j], came_in.std(axis=0)
    moved = np.nan_to_num(np.abs(weights) * spread, nan=0.0)
    order = np.argsort(-moved, kind="stable")
    incoming = [_weight(bench, layer, int(i), j, weights[i], spread[i], moved[i]) for i in order[:_MOST_LISTED]]
    outgoing = _outgoing(bench, layer, j)
    bias = arrays.get(f"b{layer}")
    return {
        "layer": layer,
        "unit": j,
        "symbol": activation_symbol(bench, layer, j),
        "said": _said(incoming, len(bench.samples.train))(bench.lang),
        "incoming": incoming,
        "more": len(weights) - len(incoming),
        "bias": None if bias is None else plain(np.asarray(bias)[j]),
        "outgoing": outgoing[:_MOST_LISTED],
        "more_outgoing": max(0, len(outgoing) - _MOST_LISTED),
        "rule": "a > 0.5" if layers[layer - 1].activation == "softmax" else "z > 0",
        "on": _shares(bench, is_on),
        "more_classes": max(0, len(bench.samples.classes) - _MOST_LISTED),
        "edge": packed(_height(bench, _values(bench, graph, plane.grid(bench)), layer, j), fine=True),
    }


def _graph_of(bench: Bench, layer: int) -> Graph:
    """What comes into a layer and what it makes of it."""
    graph = bench.network.architecture.prediction_graph("f64")
    wanted = {f"a{layer - 1}", f"z{layer}", f"a{layer}"}
    named: dict[str, Any] = {
        node.name: node for node in graph.nodes if isinstance(node.name, Name) and str(node.name) in wanted
    }
    return simplify(Graph(named))


def _values(bench: Bench, graph: Graph, rows: Array) -> dict[str, Array]:
    program = default_executor().load(graph)
    parameters = {name: a for name, a in bench.network.arrays().items() if name in program.plan.inputs}
    return {str(name): np.asarray(a) for name, a in program.run({X: rows, **parameters}, len(rows)).items()}


def _height(bench: Bench, values: dict[str, Array], layer: int, j: int) -> Array:
    """A number for each row, above 0 where the unit is on."""
    if bench.state.network.layers[layer - 1].activation == "softmax":
        return np.asarray(values[f"a{layer}"][:, j] - 0.5)
    return values[f"z{layer}"][:, j]


def _weight(bench: Bench, layer: int, i: int, j: int, w: float, spread: float, moved: float) -> dict[str, Any]:
    name = bench.samples.inputs[i] if layer == 1 else activation_symbol(bench, layer - 1, i)
    numbers = {"w": plain(w), "spread": plain(spread), "moved": plain(moved)}
    return {"of": name, "name": f"W{layer}", "index": [i, j], **numbers}


def _outgoing(bench: Bench, layer: int, j: int) -> list[dict[str, Any]]:
    """Its weights to the next layer, the largest first; to the outputs with the names of their classes."""
    following = bench.network.arrays().get(f"W{layer + 1}")
    if following is None:
        return []
    row, classes = np.asarray(following)[j], bench.samples.classes
    is_class = layer + 1 == bench.network.depth and len(classes) == len(row)
    return [
        {
            "of": activation_symbol(bench, layer + 1, k) + (f" ({classes[k]})" if is_class else ""),
            "name": f"W{layer + 1}",
            "index": [j, k],
            "w": plain(row[k]),
        }
        for k in np.argsort(-np.abs(row), kind="stable").tolist()
    ]


def _said(incoming: list[dict[str, Any]], rows: int) -> Message:
    """The inputs that move it most, in a sentence."""
    largest = incoming[0]["moved"]
    if not largest > 0:
        return Message("play.unit.nothing" if rows > 1 else "play.unit.one_row")
    told = [one for one in incoming[:_NAMED] if one["moved"] >= _LEAST * largest and isinstance(one["w"], float)]
    inputs = [
        Message(f"play.unit.{'up' if one['w'] > 0 else 'down'}", name=one["of"], w=f"{one['w']:.2g}".replace("-", "−"))
        for one in told
    ]
    return Message("play.unit.most", inputs=inputs)


def _shares(bench: Bench, is_on: Array) -> list[dict[str, Any]]:
    """Of the training rows, and of those of each class."""
    y, classes = bench.samples.y[bench.samples.train], bench.samples.classes
    found = [{"of": Message("play.unit.all_rows")(bench.lang), "share": float(is_on.mean()), "rows": len(is_on)}]
    for k, name in enumerate(classes[:_MOST_LISTED]):
        rows = y == k
        if rows.any():
            found.append({"of": name, "share": float(is_on[rows].mean()), "rows": int(rows.sum())})
    return found
