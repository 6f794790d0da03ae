"""ONNX models that are a chain of layers, and those that clearprop wrote."""

from __future__ import annotations

import json
from dataclasses import replace
from math import prod
from typing import Any

import numpy as np

from clearprop.errors import InvalidValueError, ModelFileError, a_or_an
from clearprop.execute import Array
from clearprop.interop.describe import revive_architecture
from clearprop.interop.incoming.onnx_chain import follow
from clearprop.interop.incoming.onnx_model import (
    Step,
    chosen_output,
    constants_of,
    only_input,
    opened,
    opset_of,
    require_no_functions,
    say_of_mixed_types,
    steps_of,
)
from clearprop.interop.incoming.onnx_ops import Chain, folded
from clearprop.interop.incoming.stack import Imported, Stack, named_arrays, said
from clearprop.interop.onnx.described import ARCHITECTURE, NODES, digest
from clearprop.nn import Architecture, resolve_loss

_LARGEST_DESCRIPTION = 2**23


def onnx_network(source: Any, loss: Any = None, n_inputs: int | None = None, output: str | None = None) -> Imported:
    """What a model computes, as a network.

    Raises:
        ModelFileError, FileError: for a damaged file, or one with its numbers elsewhere.
        InvalidValueError: for a node that is not known, by op and name.
        ShapeError: if layers do not fit together.
        MissingDependencyError: without the package onnx.
    """
    model = opened(source)
    texts = {p.key: p.value for p in model.metadata_props}
    if ARCHITECTURE in texts:
        architecture = _described(texts[ARCHITECTURE])
        names = [str(name) for name in architecture.parameters]
        if texts.get(NODES) == digest(model, names):
            chosen_output(model.graph, output)
            if n_inputs not in (None, architecture.n_inputs):
                raise InvalidValueError(f"n_inputs={n_inputs} of a model of clearprop's", f"{architecture.n_inputs}")
            return _ours(architecture, constants_of(model.graph, names), loss)
        said("the ONNX model is not as clearprop wrote it: it is read node by node, and its description passed by")
    return _chain(model, n_inputs, output).imported(loss)


def _described(text: str) -> Architecture:
    if len(text) > _LARGEST_DESCRIPTION:
        raise ModelFileError(f"a description of {len(text):,} characters", f"at most {_LARGEST_DESCRIPTION:,}")
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        raise ModelFileError("the description of the network in the ONNX model is damaged", "JSON") from None
    return revive_architecture(data)


def _ours(architecture: Architecture, constants: dict[str, Array], loss: Any) -> Imported:
    """A network that clearprop wrote: its description, and its parameters under their names."""
    if loss is not None:
        architecture = replace(architecture, loss=resolve_loss(loss))
        architecture.checked_loss()
    kinds = {a.dtype for a in constants.values()} or {np.dtype(np.float32)}
    if len(kinds) > 1 or not kinds <= {np.dtype(np.float32), np.dtype(np.float64)}:
        raise ModelFileError("parameters of " + ", ".join(sorted(map(str, kinds))), "float32 or float64, all of them")
    dtype = "f64" if kinds == {np.dtype(np.float64)} else "f32"
    return Imported(architecture, named_arrays(architecture, constants, "the ONNX model"), dtype)


def _chain(model: Any, n_inputs: int | None, output: str | None) -> Stack:
    """The layers, node by node: each takes what the one before it made, and constants."""
    graph = model.graph
    x, shape = only_input(graph)
    output = chosen_output(graph, output)
    require_no_functions(model)
    steps = _needed(steps_of(graph), output, {x, *(tensor.name for tensor in graph.initializer)})
    constants = constants_of(graph, {name for step in steps for name in step.inputs})
    say_of_mixed_types(graph, x, steps, constants)
    chain = Chain(Stack("the ONNX model", _width(shape, n_inputs)), constants, opset_of(model), shape, x)
    follow(_without_constants(steps, constants), chain, output)
    return chain.stack


def _without_constants(steps: list[Step], constants: dict[str, Array]) -> list[Step]:
    """The steps that need X; what the others make is added to the constants."""
    found = []
    for step in steps:
        try:
            is_constant = all(name in constants or not name for name in step.inputs)
            constants.update(folded(step, constants) if is_constant else {})
        except InvalidValueError:  # refused where it stands, behind what stands before it
            is_constant = False
        if not is_constant:
            found.append(step)
    return found


def _needed(steps: list[Step], output: str, given: set[str]) -> list[Step]:
    """The steps that lead to an output, in their order; each value is made once, before it is taken."""
    known = set(given)
    for step in steps:
        for name in step.inputs:
            if name and name not in known:
                raise ModelFileError(
                    f"node {step.name!r}, {a_or_an(step.kind)}, takes {name!r}, which nothing makes before it"
                )
        for name in filter(None, step.outputs):
            if name in known:
                raise ModelFileError(f"{name!r}, which is made twice in the ONNX graph", "one of each name")
            known.add(name)
    wanted, needed = {output}, []
    for step in reversed(steps):
        if wanted.intersection(step.outputs):
            wanted.update(step.inputs)
            needed.append(step)
    return needed[::-1]


def _width(shape: tuple[int | None, ...] | None, given: int | None) -> int | None:
    """Columns of X: what is given, or the numbers of a sample by the input's shape."""
    if given is not None or shape is None or len(shape) < 2:
        return given
    sizes = [d for d in shape[1:] if d is not None]
    return prod(sizes) if len(sizes) == len(shape) - 1 and 0 < prod(sizes) <= 10**6 else None
