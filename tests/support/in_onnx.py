"""ONNX models and graphs run by ONNX Runtime, on its CPU provider, in one thread."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import onnxruntime

from clearprop.graph import Graph
from clearprop.interop.onnx import OnnxGraph, write_graph


def run(model: Any, X: Any) -> Any:
    """The only output of a model with one input, as ONNX Runtime is used: with all of its optimizations."""
    session = _session(model, onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL)
    (name,) = (i.name for i in session.get_inputs())
    return session.run(None, {name: X})[0]


def run_graph(graph: Graph, values: Mapping[str, Any]) -> dict[str, Any]:
    """The outputs of a graph, by name; its variables are inputs of the model.

    The graph runs as it was written. (Of 5,520 random graphs the optimizations of ONNX Runtime 1.32 break two: one by a
    transposed matrix times a vector, one is refused as invalid after they have rewritten it.)
    """
    into = OnnxGraph()
    names = {name: into.input(name, node.dtype, node.shape) for name, node in graph.inputs.items()}
    made = write_graph(into, graph, names)
    for name, value in made.items():
        into.output(value, graph.outputs[name].dtype, graph.outputs[name].shape)
    session = _session(into.model(), onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL)
    feeds = {name: np.asarray(values[name]) for name in names}
    return dict(zip(made, session.run(list(made.values()), feeds), strict=True))


def _session(model: Any, level: Any) -> Any:
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = level
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
