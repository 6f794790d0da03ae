"""A network as an ONNX model: its graph, its parameters under their names, and its architecture as metadata."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from clearprop.arrays import Array
from clearprop.errors import checked_integer
from clearprop.files import StrPath, write_atomically
from clearprop.graph import Graph, N, simplify
from clearprop.interop.onnx.described import NODES, description_of, digest
from clearprop.interop.onnx.writer import write_graph
from clearprop.interop.onnx.writing import OnnxGraph
from clearprop.nn import Architecture
from clearprop.nn.names import X


def network_to_onnx(
    architecture: Architecture,
    parameters: Mapping[str, Array],
    dtype: str,
    path: StrPath | None = None,
    batch: int | None = None,
) -> Any:
    """The onnx.ModelProto of a network, written to a file if a path is given; see `Network.to_onnx`."""
    rows = None if batch is None else checked_integer("batch", batch)
    into = OnnxGraph("network", rows)
    x = into.input(X, dtype, (N, architecture.n_inputs))
    a = write_network(into, architecture, parameters, dtype, x)
    into.output(a, dtype, (N, architecture.n_outputs))
    model = into.model(description_of(architecture))
    if model.metadata_props:
        model.metadata_props.add(key=NODES, value=digest(model, [str(name) for name in architecture.parameters]))
    if path is not None:
        write_atomically(path, model.SerializeToString(deterministic=True))
    return model


def write_network(
    into: OnnxGraph,
    architecture: Architecture,
    parameters: Mapping[str, Array],
    dtype: str,
    x: str,
    prefix: str = "",
) -> str:
    """Add the nodes of a network that predicts, and its parameters and running states as initializers.

    Args:
        into: what they are added to.
        architecture, parameters, dtype: of the network.
        x: the value that it is given, (N, n_inputs) of its dtype.
        prefix: of all names, where several networks stand in one model.

    Returns:
        The name of its output, a[L].

    Raises:
        InvalidValueError: for an op that nothing is known of in ONNX, by its name.
    """
    graph: Graph = simplify(architecture.prediction_graph(dtype))
    values = {name: into.initializer(prefix + name, parameters[name]) for name in architecture.parameters}
    (a,) = write_graph(into, graph, {X: x, **values}, prefix, parameters).values()
    return a
