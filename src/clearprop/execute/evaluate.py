"""Evaluate a graph for given numbers, by the reference executor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, overload

import numpy as np
from numpy.typing import ArrayLike

from clearprop.arrays import as_array
from clearprop.errors import DTypeError, InvalidValueError, ShapeError, UnknownNameError, a_or_an
from clearprop.execute.executor import Executor
from clearprop.execute.reference import Array
from clearprop.execute.reference_executor import Reference
from clearprop.graph import DTYPES, Graph, N, Node, as_graph, show_shape

Bindings = Mapping[Node, ArrayLike] | Mapping[str, ArrayLike]


@overload
def evaluate(
    y: Node, bindings: Bindings | None = None, executor: Executor | None = None, n: int | None = None
) -> Any: ...
@overload
def evaluate(
    y: Sequence[Node], bindings: Bindings | None = None, executor: Executor | None = None, n: int | None = None
) -> list[Any]: ...
@overload
def evaluate(
    y: Graph | Mapping[str, Node],
    bindings: Bindings | None = None,
    executor: Executor | None = None,
    n: int | None = None,
) -> dict[str, Array]: ...
def evaluate(
    y: Node | Sequence[Node] | Graph | Mapping[str, Node],
    bindings: Bindings | None = None,
    executor: Executor | None = None,
    n: int | None = None,
) -> Any:
    """The value of a node, or the values of a graph's outputs by name.

    Args:
        y: a node, a list of nodes, a graph, or a mapping of names to nodes.
        bindings: a value for every variable, by node or by name. `N` is taken from the values.
        executor: by default the NumPy reference.
        n: the batch size, where no variable has a batch axis to take it from.

    Returns:
        For a node its value: a NumPy scalar for shape `()`, else an array. For nodes a list of them, for a graph a
        dict.

    Raises:
        UnknownNameError: if a variable has no value, or a value has no variable.
        ShapeError: if a value's shape is not its variable's.
        DTypeError: if a value is not numeric; InvalidValueError if integers are asked for and others given.

    Example:
        >>> from clearprop.graph import sigmoid, variable
        >>> x = variable("x")
        >>> float(evaluate(sigmoid(x), {x: 0.0}))
        0.5
    """
    if isinstance(y, Sequence):
        wrong = [one for one in y if not isinstance(one, Node)]
        if wrong:
            raise DTypeError(
                f"{a_or_an(type(y).__name__)} with {a_or_an(type(wrong[0]).__name__)} in it", "a list of nodes"
            )
        found = evaluate({str(i): node for i, node in enumerate(y)}, bindings, executor, n)
        return [found[str(i)] for i in range(len(y))]
    graph = as_graph(y)
    values = bind(graph, bindings or {})
    results = (executor or Reference()).load(graph).run(values, n)
    scalars = {name: value[()] for name, value in results.items()}
    return next(iter(scalars.values())) if isinstance(y, Node) else scalars


def bind(graph: Graph, bindings: Bindings) -> dict[str, Array]:
    """Bring the values given for a graph's variables to their types."""
    given: dict[str, ArrayLike] = {}
    for key, value in bindings.items():
        if isinstance(key, Node) and graph.inputs.get(str(key.name)) is not key:
            continue  # a variable that this graph does not need
        given[str(key.name) if isinstance(key, Node) else key] = value
    missing = [name for name in graph.inputs if name not in given]
    if missing:
        raise UnknownNameError(f"no value for {', '.join(missing)}", f"values for {', '.join(graph.inputs)}")
    return {name: as_value(name, node, given[name]) for name, node in graph.inputs.items()}


def as_value(name: str, node: Node, value: ArrayLike) -> Array:
    """One value in its variable's dtype and shape.

    Raises:
        ShapeError, DTypeError, InvalidValueError: as `evaluate`.
    """
    array = as_array(name, value, "biufc")
    wanted = np.dtype(DTYPES[node.dtype])
    if wanted.kind == "i" and array.dtype.kind not in "biu":
        if not np.array_equal(array, np.round(array.real)):
            raise InvalidValueError(f"{name} holds fractions", "integers")
        array = array.real
    fits = len(array.shape) == len(node.shape) and all(
        d is N or d == g for d, g in zip(node.shape, array.shape, strict=True)
    )
    if not fits:
        raise ShapeError(f"{name} has shape {show_shape(array.shape)}", show_shape(node.shape))
    return array.astype(wanted, copy=False)
