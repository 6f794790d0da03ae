"""An ONNX graph while it is written: nodes, initializers and names that are collected, and the checked model of them.

Values are known by their names, as in the file: each method that makes one returns its name, and takes those of others.

    graph = OnnxGraph()
    x = graph.input("X", "f32", (N, 3))
    doubled = graph.node("Mul", x, graph.constant(np.float32(2)))
    graph.output(graph.node("Relu", doubled, name="y"), "f32", (N, 3))
    model = graph.model()
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from clearprop.arrays import Array
from clearprop.errors import ClearpropError, InvalidValueError
from clearprop.graph import Dim, N
from clearprop.interop.packages import required
from clearprop.version import __version__

OPSET, IR = 20, 9  # ONNX 1.15 of 2023, the first with Gelu; what it writes, later runtimes read
_MOST = 2**31 - 2**20  # bytes of a protocol buffer, and room for all but the numbers
KINDS = {"f32": 1, "f64": 11, "i64": 7, "bool": 9, "str": 8}  # onnx.TensorProto.FLOAT, …


class OnnxGraph:
    """What an ONNX model is made of, in the order in which it was added.

    Args:
        name: of the graph.
        batch: how many rows the inputs have where their shape says `N`; None leaves that open, as "N".

    Raises:
        MissingDependencyError: if the package `onnx` is not installed.
    """

    def __init__(self, name: str = "clearprop", batch: int | None = None) -> None:
        self._onnx = required("onnx", "checker", "helper", "numpy_helper", "shape_inference")
        self._name, self._batch = name, batch
        self._nodes: list[Any] = []
        self._inputs: list[Any] = []
        self._outputs: list[Any] = []
        self._initializers: dict[str, Array] = {}
        self._constants: dict[tuple[object, ...], str] = {}
        self._taken: set[str] = set()
        self._fresh: Counter[str] = Counter()

    # --- names

    def fresh(self, stem: str) -> str:
        """A name that nothing has, and that is not given out again: the stem with a number."""
        self._fresh[stem] += 1
        name = f"{stem}_{self._fresh[stem]}"
        return self.fresh(stem) if name in self._taken else name

    def free(self, name: str) -> str:
        """This name if nothing has it, else one with a number behind it."""
        return self.fresh(name) if name in self._taken else name

    def _take(self, name: str) -> str:
        """The name of a new value, which is then taken.

        Raises:
            InvalidValueError: if something has it already.
        """
        name = str(name)
        if name in self._taken:
            raise InvalidValueError(f"two values named {name!r} in an ONNX graph", "one of each name")
        self._taken.add(name)
        return name

    # --- values

    def input(self, name: str, dtype: str, shape: Sequence[Dim]) -> str:
        """An input of the model.

        Args:
            name: of it.
            dtype: "f32", "f64", "i64", "bool", or "str" for text.
            shape: numbers, in front perhaps `N`.
        """
        value = self._take(name)
        self._inputs.append(self._described(value, dtype, shape))
        return value

    def initializer(self, name: str, values: Any) -> str:
        """An array under a name, such as W1. Text may stand in it."""
        value = self._take(name)
        self._initializers[value] = np.asarray(values)
        return value

    def constant(self, values: Any, stem: str = "constant") -> str:
        """A number or an array whose name does not matter; equal ones are stored once."""
        array = np.asarray(values)
        content = array.tobytes() if array.dtype.kind not in "OU" else tuple(map(str, array.ravel()))
        key = (array.dtype.str, array.shape, content)
        if key not in self._constants:
            self._constants[key] = self.initializer(self.fresh(stem), array)
        return self._constants[key]

    def node(self, op: str, *inputs: str, name: str | None = None, domain: str = "", **attributes: Any) -> str:
        """A node with one output, whose name it has too.

        Args:
            op: ONNX's name of the operator.
            inputs: names of values; "" for an optional input that is left out.
            name: of its value; by default a fresh one.
            domain: "ai.onnx.ml" for the operators of ONNX-ML.
            attributes: of the operator.
        """
        value = self._take(self.fresh(op) if name is None else name)
        self._nodes.append(self._onnx.helper.make_node(op, inputs, [value], value, domain=domain, **attributes))
        return value

    def output(self, value: str, dtype: str, shape: Sequence[Dim]) -> None:
        """Declare a value, the result of a node, an output of the model."""
        self._outputs.append(self._described(value, dtype, shape))

    def _described(self, name: str, dtype: str, shape: Sequence[Dim]) -> Any:
        batch = "N" if self._batch is None else self._batch
        sizes = [batch if d is N else d for d in shape]
        return self._onnx.helper.make_tensor_value_info(str(name), KINDS[dtype], sizes)

    # --- the whole

    def model(self, metadata: Mapping[str, str] | None = None, note: str = "") -> Any:
        """The onnx.ModelProto, checked by ONNX's own checker, types and shapes included.

        Args:
            metadata: texts for its `metadata_props`.
            note: its `doc_string`.

        Raises:
            InvalidValueError: for more numbers than a file of ONNX can hold, 2 GB.
            ClearpropError: if the checker refuses it, which is a mistake of the writer.
        """
        size = sum(array.nbytes for array in self._initializers.values())
        if size > _MOST:
            raise InvalidValueError(
                f"{size / 2**30:.2f} GB of numbers", "at most 2 GB, which is all that ONNX can hold"
            )
        helper, domains = self._onnx.helper, {node.domain for node in self._nodes}
        tensors = [self._tensor(name, array) for name, array in self._initializers.items()]
        graph = helper.make_graph(self._nodes, self._name, self._inputs, self._outputs, tensors)
        opsets = [helper.make_opsetid("", OPSET)]
        if "ai.onnx.ml" in domains:
            opsets.append(helper.make_opsetid("ai.onnx.ml", 3))
        model = helper.make_model(graph, opset_imports=opsets, ir_version=IR, producer_name="clearprop")
        model.producer_version, model.doc_string = __version__, note
        helper.set_model_props(model, dict(metadata or {}))
        try:
            self._onnx.checker.check_model(model, full_check=True)
        except (self._onnx.checker.ValidationError, self._onnx.shape_inference.InferenceError) as error:
            raise ClearpropError(f"a model that ONNX refuses: {error}", "a valid one", "please report it") from None
        return model

    def _tensor(self, name: str, array: Array) -> Any:
        if array.dtype.kind in "OU":
            return self._onnx.helper.make_tensor(name, KINDS["str"], array.shape, [str(x) for x in array.ravel()])
        return self._onnx.numpy_helper.from_array(np.ascontiguousarray(array).reshape(array.shape), name)
