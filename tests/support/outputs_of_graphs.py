"""What is shown of graphs, in text and as drawings, and of the textbook's layers, for `every_output.py`."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import product
from typing import Any

import numpy as np

import clearprop as cp
from every_output import Made, Outputs, attempt, numbers
from networks_of_outputs import network

LANGUAGES, ZOOMS = ("en", "zh"), ("layers", "fused", "primitives")

OF_ONE = (
    *(
        "abs",
        "cos",
        "elu",
        "erf",
        "exp",
        "expm1",
        "gelu",
        "identity",
        "leaky_relu",
        "log",
        "log1p",
        "reciprocal",
        "relu",
    ),
    *("sigmoid", "sign", "silu", "sin", "softplus", "sqrt", "stop_gradient", "tanh", "ones_like", "zeros_like"),
)


def outputs() -> Outputs:
    """Name → what makes it."""
    for name in ("binary", "classes", "norm", "own-layer", "wide", "deep", "cross-entropy"):
        yield f"python/draw/{name}", partial(drawn_network, name)
    yield "python/draw/graphs", drawn_graphs
    yield "python/graphs", lambda: {name: of_expression(node) for name, node in expressions().items()}
    yield "python/textbook-layers", textbook_layers


def drawn_network(name: str) -> Made:
    """A network and its traces, in every view, at every zoom."""
    net, X, y = network(name)
    made: dict[str, Made] = {lang: pictured(partial(cp.draw, net, lang=lang), name == "binary") for lang in LANGUAGES}
    ways: list[dict[str, Any]] = [{"view": "circles"}, *({"zoom": zoom} for zoom in ZOOMS), {"digits": 2}]
    for samples_of, (lang, way) in product((1, 3), product(LANGUAGES, ways)):
        trace = net.trace(X[:samples_of], y[:samples_of])
        key = "-".join([f"trace-{samples_of}", lang, *map(str, way.values())])
        made[key] = pictured(partial(cp.draw, trace, lang=lang, **way))
    return made


def pictured(draw: Callable[[], cp.Picture], png: bool = False) -> Made:
    """A picture as SVG, and where it is asked for as PNG, which takes a second each."""
    picture = attempt(draw)
    if isinstance(picture, str):
        return picture
    files = {"light.png": picture.png(1.0), "dark.png": picture.png(dark=True)} if png else {}
    return {"picture.svg": picture.svg, "repr": repr(picture), "cell": cell(picture), **files}


def cell(thing: Any) -> str:
    """How a notebook shows something."""
    return "".join(
        f"{how} {len(getattr(thing, how)() or '')}\n" for how in ("_repr_svg_", "_repr_html_") if hasattr(thing, how)
    )


def expressions() -> dict[str, Any]:
    """One expression of every op, of the variables x and w."""
    x, w = cp.variable("x"), cp.variable("w")
    M, V, t = cp.variable("M", (2, 3)), cp.variable("V", (3, 2)), cp.variable("t", (2, 3))
    one = {op: getattr(cp, op)(x) for op in OF_ONE}
    two = {op: getattr(cp, op)(x, w) for op in ("maximum", "minimum")}
    losses = {op: cp.sum(getattr(cp, op)(M, t)) for op in ("sigmoid_cross_entropy", "squared_error")}
    rows = {op: cp.sum(getattr(cp, op)(M)) for op in ("softmax", "log_softmax")}
    written = {
        "power": cp.power(x, 3.0),
        "plus": x + w,
        "times": x * w,
        "minus": x - w,
        "over": x / w,
        "logistic": 1 / (1 + cp.exp(-(x * w))),
        "polynomial": (x + w) * (x + 1) ** 2,
        "where": cp.where(x > w, x * w, x + w),
        "clip": cp.clip(x, -1.0, 1.0),
        "mean": cp.mean(M * M),
        "max": cp.max(M),
        "matmul": cp.sum(M @ V),
        "transpose": cp.sum(cp.transpose(M) * V),
        "affine": cp.sum(cp.tanh(cp.affine(M, V, cp.variable("b", (2,))))),
        "concat": cp.sum(cp.concat([M, M * 2.0], 1)),
        "broadcast": cp.sum(cp.broadcast(x, (2, 3), []) * M),
        "softmax_cross_entropy": cp.mean(cp.softmax_cross_entropy(M, t)),
        "constant": x + 2.0,
        "one_hot": cp.sum(M * cp.one_hot(cp.variable("k", (2,), "i64"), 3)),
        "take_rows": cp.sum(cp.take_rows(M, cp.variable("k", (2,), "i64"))),
        "embed": cp.sum(cp.embed(V, x + cp.max(M, 1))),
        "take_columns": cp.sum(cp.take_columns(M, [0, 0, 2]) * M),
        "add_columns": cp.sum(cp.add_columns(M, [1, 0, 1], 2) @ V.T),
        "slice": cp.sum(cp.slice(M, 1, 0, 2)),
    }
    return {**one, **two, **losses, **rows, **written}


VALUES = {
    "k": [1, 0],
    "x": 0.7,
    "w": 1.3,
    "b": [0.1, -0.2],
    "M": [[0.5, -1.0, 2.0], [0.1, 0.2, -0.3]],
    "V": [[1.0, 2.0], [0.5, -0.5], [0.3, 0.4]],
    "t": [[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]],
}


def of_expression(y: Any) -> Made:
    """What is shown of one expression and its slopes."""
    variables = [node for node in cp.Graph({"y": y}).nodes if node.name in VALUES]
    slopes = {f"d{v.name}": attempt(lambda v=v: cp.gradient(y, v)) for v in variables}
    graphs = {"y": y, **{name: node for name, node in slopes.items() if not isinstance(node, str)}}
    text = "".join(f"{name} = {node!r}\n" for name, node in {**slopes, **graphs}.items())
    graph = cp.Graph(graphs)
    text += f"{graph}\n--- simplified\n{cp.simplify(graph)}\n--- expanded\n{attempt(lambda: cp.expand(graph))}\n"
    text += numbers(cp.evaluate(graph, {v.name: VALUES[v.name] for v in variables}))
    return text


def drawn_graphs() -> Made:
    """Every expression with formulas, with numbers, and beside its simplification."""
    made: dict[str, Made] = {}
    written = expressions()
    for name, node in written.items():
        values = {v.name: VALUES[v.name] for v in cp.Graph({"y": node}).nodes if v.name in VALUES}
        made[name] = {
            "formulas": pictured(partial(cp.draw, node)),
            "numbers": pictured(partial(cp.draw, node, values)),
            "simplification": pictured(partial(cp.draw, node, values, view="simplification")),
        }
    y = written["logistic"]
    made["upstream"] = pictured(partial(cp.draw, y, upstream="g", lang="zh"))
    made["primitives"] = pictured(
        partial(cp.draw, cp.sigmoid(y), {"x": 0.7, "w": 1.3}, zoom="primitives", upstream=2.0)
    )
    return made


def textbook_layers() -> Made:
    """What each of them answers."""
    x, made = np.array([[0.5, -1.0], [2.0, 0.1]]), {}
    ways = {"Sigmoid": (), "Tanh": (), "ReLU": (), "Softmax": (), "Affine": ([[1.0, 2.0], [3.0, -1.0]], [0.5, 0.0])}
    for name, arguments in ways.items():
        layer = getattr(cp.layers, name)(*arguments)
        early = attempt(lambda layer=layer: layer.backward(x))
        made[name] = f"{early}\n{numbers({'forward': layer.forward(x), 'backward': layer.backward(np.ones((2, 2)))})}"
    loss = cp.layers.SoftmaxWithLoss()
    made["SoftmaxWithLoss"] = numbers({"forward": loss.forward(x, [0, 1]), "backward": loss.backward()})
    return made
