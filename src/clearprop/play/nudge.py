"""Nudge one weight: the loss along it, the slope by differences, and the gradient beside it."""

from __future__ import annotations

from typing import Any

import numpy as np

from clearprop.errors import InvalidValueError, plural
from clearprop.execute import Reference
from clearprop.graph import Graph, simplify
from clearprop.messages import Message
from clearprop.nn.names import LOSS
from clearprop.play.bench import Bench
from clearprop.play.scene import plain

_POINTS, _REACH = 41, 2.0  # of the curve, on both sides of the weight


def nudged(bench: Bench, name: str, index: Any, h: float = 1e-4) -> dict[str, Any]:
    """L(w − h), L(w), L(w + h) of the next step's samples, (L(w + h) − L(w − h)) / 2h, and ∂L/∂w.

    Args:
        bench: whose step.
        name, index: of the weight or bias, counted from 0.
        h: how far it is nudged.

    Raises:
        InvalidValueError: if there is no such parameter, or h is not between 1e-9 and 1.
    """
    trace = bench.trace()
    known = next((one for one in trace.learned if one == name), None)
    if known is None:
        raise InvalidValueError(f"{name!r:.40} to nudge", "one of: " + ", ".join(trace.learned))
    array = np.array(trace.parameters[name])
    if not isinstance(index, list) or len(index) != array.ndim or not all(type(k) is int for k in index):
        raise InvalidValueError(f"index {index!r:.40} of {name}", plural(array.ndim, "whole number"))
    if not all(0 <= k < d for k, d in zip(index, array.shape, strict=True)):
        raise InvalidValueError(f"index {index} of {name}", f"within {array.shape}")
    if not 1e-9 <= h <= 1:
        raise InvalidValueError(f"h = {h:g}", "a number from 1e-9 to 1")
    place, gradient = tuple(index), trace[known.gradient]
    w, slope = float(array[place]), float(gradient[place])

    graph = simplify(Graph({LOSS: trace.layer_graph[LOSS]}))
    program, inputs = Reference().load(graph), {k: v for k, v in trace.inputs().items() if k in graph.inputs}

    def loss(value: float) -> float:
        moved = array.copy()
        moved[place] = value
        return float(program.run({**inputs, known: moved}, trace.samples)[LOSS])

    left, here, right = loss(w - h), loss(w), loss(w + h)
    difference = (right - left) / (2 * h)
    scale = max(abs(difference), abs(slope))
    along = np.linspace(w - _REACH, w + _REACH, _POINTS)
    relative = abs(difference - slope) / scale if scale else 0.0
    key = "play.nudge.equal" if relative < 1e-4 else "play.nudge.close" if relative < 1e-2 else "play.nudge.apart"
    return {
        "name": name,
        "index": index,
        "w": w,
        "h": h,
        "losses": plain(np.array([left, here, right])),
        "difference": plain(np.float64(difference)),
        "gradient": plain(np.float64(slope)),
        "relative": plain(np.float64(relative)),
        "said": Message(key)(bench.lang),
        "curve": {"w": along.tolist(), "loss": plain(np.array([loss(float(value)) for value in along]))},
    }
