"""An ONNX model taken apart: bounded, checked, and with its constants as arrays; nothing of it is run."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from math import isfinite, prod
from typing import Any, TypeVar

import numpy as np

from clearprop.errors import DTypeError, InvalidValueError, ModelFileError, a_or_an, plural
from clearprop.execute import Array
from clearprop.files import read_at_most
from clearprop.interop.incoming.stack import of_bfloat16, said
from clearprop.interop.packages import required
from clearprop.visible import shown_name

Value = TypeVar("Value", float, int, str, list[int])

_LARGEST = 2**31  # bytes, protobuf's own bound
_MOST_NODES = 10_000
FLOAT, DOUBLE, HALF, BRAIN, INT64, INT32, BOOL = 1, 11, 10, 16, 7, 6, 9  # TensorProto.DataType
_KINDS = {FLOAT: "<f4", DOUBLE: "<f8", HALF: "<f2", BRAIN: "<u2", INT64: "<i8", INT32: "<i4", BOOL: "?"}
_FIELDS = {FLOAT: "float_data", DOUBLE: "double_data", INT64: "int64_data", INT32: "int32_data", BOOL: "int32_data"}


def opened(source: Any) -> Any:
    """The model of a path, of bytes, or as it is.

    Raises:
        FileError: if the file cannot be read.
        ModelFileError: if it is no ONNX model.
        DTypeError: for anything else.
    """
    kind = required("onnx").ModelProto
    if isinstance(source, kind):
        return source
    if isinstance(source, str | os.PathLike):
        source = read_at_most(_LARGEST, source, "an ONNX file")
    if not isinstance(source, bytes):
        raise DTypeError(a_or_an(type(source).__name__), "a path, bytes, or an onnx.ModelProto")
    model = kind()
    try:
        model.ParseFromString(source)
    except Exception:  # protobuf's DecodeError, of whichever of its implementations
        raise ModelFileError("the ONNX model is damaged, or is none", "a model that onnx.save wrote") from None
    return model


@dataclass
class Step:
    """A node of the graph.

    Attributes:
        op: its operator, after its domain where that is not ONNX's own.
        name: its name, or where it stands if it has none.
        inputs, outputs: names of values; "" for one that is left out.
        attributes: numbers, texts, lists and arrays by name.
    """

    op: str
    name: str
    inputs: list[str]
    outputs: list[str]
    attributes: dict[str, Any] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """The operator's name as it is shown: of a damaged file it may be any text."""
        return shown_name(self.op)

    def attribute(self, name: str, default: Value) -> Value:
        """An attribute, of the type of its default value.

        Raises:
            InvalidValueError: for another type, or a number that is not finite.
        """
        found: Value = self.attributes.get(name, default)
        if type(found) is not type(default) or (isinstance(found, float) and not isfinite(found)):
            raise self.refused(f"{name}={default!r} or the like, not {found!r}")
        return found

    def refused(self, expected: str, hint: str | None = None) -> InvalidValueError:
        """The error for a node that cannot be read."""
        return InvalidValueError(f"node {self.name!r} is {a_or_an(self.kind)}", expected, hint)


def steps_of(graph: Any) -> list[Step]:
    """The nodes in their order.

    Raises:
        ModelFileError: for more than a chain of layers has, or an attribute that cannot be read.
    """
    if len(graph.node) > _MOST_NODES:
        raise ModelFileError(f"a graph of {len(graph.node):,} nodes", f"at most {_MOST_NODES:,}")
    found = []
    for i, node in enumerate(graph.node):
        op = f"{node.domain}.{node.op_type}" if node.domain not in ("", "ai.onnx") else node.op_type
        step = Step(op, node.name or f"#{i}", list(node.input), list(node.output))
        step.attributes = {a.name: _attribute(a, step) for a in node.attribute}
        if not step.outputs or not all(isinstance(o, str) for o in step.outputs):
            raise ModelFileError(f"node {step.name!r}, {a_or_an(step.kind)}, makes nothing", "an output")
        found.append(step)
    return found


def _attribute(attribute: Any, step: Step) -> Any:
    match attribute.type:
        case 1:
            return float(attribute.f)
        case 2:
            return int(attribute.i)
        case 3:
            return attribute.s.decode("utf-8", "replace")
        case 4:
            return attribute.t  # made an array by who has use for it
        case 6:
            return [float(f) for f in attribute.floats]
        case 7:
            return [int(i) for i in attribute.ints]
    return None  # a graph, a type: of ops that are refused by their name


def array_of(tensor: Any, name: str) -> Array:
    """A constant: of the size that its numbers have, whatever its shape says.

    Raises:
        ModelFileError: if the two differ, its numbers stand in another file, or are of another type.
    """
    if tensor.data_location == 1 or tensor.external_data:
        raise ModelFileError(
            f"{name} has its numbers in another file", "one file: save with save_as_external_data=False"
        )
    shape = tuple(int(d) for d in tensor.dims)
    kind = _KINDS.get(tensor.data_type)
    if kind is None:
        raise ModelFileError(
            f"{name} is of ONNX's type {tensor.data_type}", "float, double, float16, bfloat16, int64 or bool"
        )
    size = np.dtype(kind).itemsize
    if tensor.HasField("raw_data"):
        n, data = divmod(len(tensor.raw_data), size)
        found = np.frombuffer(tensor.raw_data, kind) if not data else np.zeros(0)
    else:
        values = getattr(tensor, _FIELDS.get(tensor.data_type, "int32_data"))
        n, data = len(values), 0
        plain = _FIELDS.get(tensor.data_type)
        found = np.array(values, kind) if plain else np.array(values, np.int64).astype("<u2").view(kind)
    if data or not all(0 <= d < 2**31 for d in shape) or len(shape) > 8 or prod(shape) != n:
        raise ModelFileError(f"{name} has shape {shape} and {plural(n, 'number')}", "as many as its shape says")
    if tensor.data_type == BRAIN:
        found = of_bfloat16(found)
    return np.array(found.reshape(shape))


def constants_of(graph: Any, names: Collection[str]) -> dict[str, Array]:
    """Those of the initializers that have use, by name; half precision is widened, and that is said."""
    if graph.sparse_initializer:
        raise ModelFileError("a sparse initializer", "dense ones")
    used = [t for t in graph.initializer if t.name in names]
    for tensor in used:
        if tensor.data_type in (HALF, BRAIN):
            said(f"{tensor.name} is in half precision: widened to float32")
    return {t.name: array_of(t, f"initializer {t.name!r}") for t in used}


def only_input(graph: Any) -> tuple[str, tuple[int | None, ...] | None]:
    """The name of X and its shape, None for a dimension without a number; of an unknown rank no shape.

    Raises:
        InvalidValueError: for several inputs, or one that holds no numbers.
    """
    constants = {t.name for t in graph.initializer}
    inputs = [v for v in graph.input if v.name not in constants]
    if len(inputs) != 1:
        names = ", ".join(repr(v.name) for v in inputs[:5])
        raise InvalidValueError(f"{len(inputs)} inputs ({names}) of the ONNX graph", "one")
    kind = inputs[0].type.tensor_type
    if kind.elem_type not in (FLOAT, DOUBLE, HALF, BRAIN):
        raise InvalidValueError(f"input {inputs[0].name!r} of ONNX's type {kind.elem_type}", "floating-point numbers")
    if not kind.HasField("shape"):
        return inputs[0].name, None
    return inputs[0].name, tuple(int(d.dim_value) if d.HasField("dim_value") else None for d in kind.shape.dim)


def say_of_mixed_types(graph: Any, x: str, steps: Iterable[Step], constants: Mapping[str, Array]) -> None:
    """Say that a graph breaks ONNX's rules where X and the weights are of two types and no node makes one of the other.

    Other readers refuse it, and that the numbers are meant as they stand is a guess.
    """
    given = next(v.type.tensor_type.elem_type for v in graph.input if v.name == x)
    kinds = {a.dtype.name for a in constants.values() if a.dtype.kind == "f" and a.ndim}
    taken = np.dtype(_KINDS[given]).name
    if given in (FLOAT, DOUBLE) and kinds and taken not in kinds and not any(step.op == "Cast" for step in steps):
        weights = " and ".join(sorted(kinds))
        said(f"{shown_name(x)} is {taken} and the weights are {weights}, against ONNX's rules: read as {weights}")


def chosen_output(graph: Any, given: str | None) -> str:
    """The name of the output that is read: the one that there is, or the one that was chosen.

    Raises:
        InvalidValueError: for several, of which none was chosen, or another name.
    """
    names = [str(v.name) for v in graph.output]
    if given is None and len(names) == 1:
        return names[0]
    if given not in names:
        which = f"{len(names)} outputs" if given is None else f"output {given!r}"
        shown = ", ".join(map(repr, names[:5]))
        raise InvalidValueError(f"{which} of the ONNX graph", f"one of {shown}", "say which: output=…")
    return given


def opset_of(model: Any) -> int:
    """The version of ONNX's own operators."""
    return max((int(o.version) for o in model.opset_import if o.domain in ("", "ai.onnx")), default=1)


def require_no_functions(model: Any) -> None:
    """Refuse functions of the file's own, which could be named like an operator."""
    if model.functions:
        raise ModelFileError(
            f"{plural(len(model.functions), 'function')} of its own in the ONNX model", "ONNX's operators alone"
        )
