"""The description that a model of clearprop's carries, and of which nodes: who changes them makes another network."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection
from typing import Any

from clearprop.errors import InvalidValueError
from clearprop.interop.describe import describe_architecture
from clearprop.nn import Architecture

ARCHITECTURE, NODES = "clearprop.architecture", "clearprop.nodes"  # keys of the metadata


def description_of(architecture: Architecture) -> dict[str, str]:
    """The text from which the same architecture is made again; none of one with functions of the user's."""
    try:
        return {ARCHITECTURE: json.dumps(describe_architecture(architecture))}
    except InvalidValueError:
        return {}


def digest(model: Any, parameters: Collection[str]) -> str:
    """SHA-256 of what an onnx.ModelProto computes, whatever numbers its parameters have."""
    graph = model.graph
    constants = (tensor for tensor in graph.initializer if tensor.name not in parameters)
    found = hashlib.sha256()
    for part in (*graph.node, *constants, *model.opset_import, *model.functions):
        content = part.SerializeToString(deterministic=True)
        found.update(len(content).to_bytes(8, "little") + content)
    names = [value.name for values in (graph.input, graph.output) for value in values]
    found.update(json.dumps([names, len(graph.node), len(graph.sparse_initializer)]).encode())
    return found.hexdigest()
