"""What every executor checks before a plan runs: shapes, the batch size, row numbers and labels.

What is checked is what is read, also where another thread has the same arrays in hand: a run reads views of its own,
which nobody can give another shape or dtype, and copies of integers, because a number that is an index must not change.
Floats that change during a run make its numbers wrong, never its addresses.
"""

from __future__ import annotations

import itertools
from collections.abc import Container, Mapping
from typing import Any

import numpy as np

from clearprop.arrays import refuse_masked
from clearprop.errors import InvalidValueError, ShapeError, plural
from clearprop.execute.batches import Batches
from clearprop.execute.reference import Array, check_index
from clearprop.graph import N, show_shape
from clearprop.plan import Plan, Step


class InputChecks:
    """The checks of one plan.

    Args:
        plan: before anything is fused, so that every operation is a step.
    """

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        names = {v: name for name, v in plan.inputs.items()}
        for step in plan.steps:  # a second name for an input
            if step.kernel in ("identity", "stop_gradient") and step.inputs[0] in names:
                names[step.output] = names[step.inputs[0]]
        self._limits = [(names[v], limit) for step in plan.steps for v, limit in _limits(step, plan) if v in names]
        self.mixes_rows = any(_mixes(step, plan) for step in plan.steps)
        self._maxima = [
            plan.values[step.inputs[0]].type.shape[step.attrs["axis"]] for step in plan.steps if step.kernel == "max"
        ]

    def __call__(self, inputs: Mapping[str, Array], n: int | None) -> tuple[dict[str, Array], int]:
        """What a run reads, and the number of rows that the inputs agree on.

        Raises:
            ShapeError: if a shape is not the planned one, if the inputs disagree, if nothing tells the batch size, or
                for the maximum of nothing.
            InvalidValueError: for a row number or a label out of its range.
        """
        owned = self._owned({name: inputs[name] for name in self._plan.inputs})
        n = self._batch_size(owned, n)
        self.indices(owned, n)
        if any((n if size is N else size) == 0 for size in self._maxima):
            raise ShapeError("the maximum of no values", "at least one row and one column")
        return owned, n

    def fixed(self, parameters: Mapping[str, Array]) -> dict[str, Array]:
        """The inputs among these arrays, as many runs read them; none has a batch axis.

        Raises:
            ShapeError: if a shape is not the planned one.
        """
        owned = self._owned({name: parameters[name] for name in self._plan.inputs if name in parameters})
        for name, array in owned.items():
            self._check_shape(name, array, self._plan.values[self._plan.inputs[name]].type.shape)
        return owned

    def _owned(self, given: Mapping[str, Array], copies: dict[int, Array] | None = None) -> dict[str, Array]:
        copies = {} if copies is None else copies
        types = {name: self._plan.values[v].type for name, v in self._plan.inputs.items()}
        integer = {name for name, type in types.items() if type.dtype == "i64"}
        for name, array in given.items():
            refuse_masked(name, array)
        for name in integer & given.keys():
            if id(given[name]) not in copies:
                copies[id(given[name])] = np.array(given[name], np.int64, order="C", subok=False)
        return {name: copies[id(array)] if name in integer else np.asarray(array)[...] for name, array in given.items()}

    def indices(self, inputs: Mapping[str, Array], n: int) -> None:
        """Refuse a row number or a label out of its range."""
        for name, size in self._limits:
            if name in inputs:
                check_index(inputs[name], n if size is N else size, name)

    def state(self, state: Mapping[str, Array]) -> dict[str, Array]:
        """What training steps carry on, in the memory of the given arrays.

        Raises:
            ShapeError: for arrays that have not the planned shape.
            InvalidValueError: for arrays that share memory.
        """
        owned = self._owned(state)
        _refuse_shared(owned)
        for name, array in owned.items():
            planned = self._planned(name)
            if planned is not None and planned != array.shape:
                raise ShapeError(f"{name} has shape {show_shape(array.shape)}", show_shape(planned))
        return owned

    def steps(
        self,
        state: Container[str],
        data: Mapping[str, Array],
        batches: Batches,
        table: Mapping[str, Array],
        copies: dict[int, Array] | None = None,
    ) -> tuple[dict[str, Array], dict[str, Array]]:
        """What training steps read beside the state: data and table.

        `copies` are of integers that other steps read, too, by the `id` of the array, which must live as long.

        Raises:
            ShapeError: for data of too few rows, a table of too few steps, or arrays that have not the planned shape.
            InvalidValueError: for a row number or a label out of its range, or an input without an array.
        """
        data, table = self._owned(data, copies), self._owned(table)
        for name in self._plan.inputs:
            if name not in state and name not in {*data, *table, "counter"}:
                raise InvalidValueError(f"no array for the input {name!r}", "one for each input of the graph")
        for name, values in table.items():
            if len(values) < len(batches):
                raise ShapeError(f"{plural(len(values), 'number')} {name}", f"{len(batches)} or more, one per step")
        for name, array in data.items():
            if batches.among is not None:
                check_index(batches.among, len(array))
            elif len(array) < batches.rows:
                raise ShapeError(f"{name} has {plural(len(array), 'row')}", f"{batches.rows}")
            planned = self._planned(name)
            if planned is not None and planned != (N, *array.shape[1:]):
                raise ShapeError(f"{name} has shape {show_shape(array.shape)}", show_shape(planned))
        self.indices(data, batches.rows)
        return data, table

    def held_out(
        self, data: Mapping[str, Array], rows: Array, copies: dict[int, Array] | None = None
    ) -> tuple[dict[str, Array], Array]:
        """What is read of rows that are held out: those of the data that are inputs, and the numbers of the rows.

        Raises:
            ShapeError: for arrays that have not the planned shape.
            InvalidValueError: for a row number or a label out of its range.
        """
        owned = self._owned({name: array for name, array in data.items() if name in self._plan.inputs}, copies)
        rows = np.array(rows, np.int64)
        for name, array in owned.items():
            check_index(rows, len(array))
            if self._planned(name) != (N, *array.shape[1:]):
                raise ShapeError(f"{name} has shape {show_shape(array.shape)}", show_shape(self._planned(name) or ()))
        self.indices(owned, len(rows))
        return owned, rows

    def _planned(self, name: str) -> tuple[Any, ...] | None:
        v = self._plan.inputs.get(name)
        return None if v is None else self._plan.values[v].type.shape

    def _check_shape(self, name: str, array: Array, shape: tuple[Any, ...]) -> None:
        got = array.shape
        if len(got) != len(shape) or any(d is not N and d != g for d, g in zip(shape, got, strict=True)):
            raise ShapeError(f"{name} has shape {show_shape(got)}", show_shape(shape))

    def _batch_size(self, inputs: Mapping[str, Array], n: int | None) -> int:
        plan = self._plan
        for name, i in plan.inputs.items():
            shape, got = plan.values[i].type.shape, inputs[name].shape
            self._check_shape(name, inputs[name], shape)
            if shape[:1] == (N,):
                if n is not None and got[0] != n:
                    raise ShapeError(f"{name} has {plural(got[0], 'row')}", f"{n}, as the other inputs")
                n = got[0]
        if n is None and plan.symbolic:
            raise ShapeError("a batch of unknown size", "an input with a batch axis", "or pass n, the number of rows")
        return n or 0


def _refuse_shared(state: Mapping[str, Array]) -> None:
    """Check that no two arrays of the state lie in the same memory: one would be written while the other is read."""
    places = sorted((*np.lib.array_utils.byte_bounds(a), name) for name, a in state.items() if a.size)
    for (_, end, first), (start, _, second) in itertools.pairwise(places):
        if start < end and np.shares_memory(state[first], state[second]):
            raise InvalidValueError(f"state {first} and {second} in the same memory", "an array of its own for each")


def _mixes(step: Step, plan: Plan) -> bool:
    """Whether a step makes something of all rows together."""
    if step.kernel == "size":
        return True
    types = [plan.values[v].type for v in (*step.inputs, step.output)]
    reads = any(type.shape[:1] == (N,) for type in types[:-1])
    over_rows = step.kernel in ("softmax", "log_softmax") and types[0].shape == (N,)
    return reads and (over_rows or types[-1].shape[:1] != (N,))


def _limits(step: Step, plan: Plan) -> list[tuple[int, Any]]:
    """The integer values that a step reads, and what each must stay below."""
    if step.kernel == "take_rows":
        return [(step.inputs[1], plan.values[step.inputs[0]].type.shape[0])]
    if step.kernel == "scatter_rows":
        return [(step.inputs[1], step.attrs["rows"])]
    if step.kernel == "one_hot":
        return [(step.inputs[0], step.attrs["classes"])]
    return []
