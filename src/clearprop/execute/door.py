"""What is checked before a plan runs, by every executor: shapes, the batch size, row numbers and labels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from clearprop.errors import InvalidValueError, ShapeError
from clearprop.execute.batches import Batches
from clearprop.execute.reference import Array
from clearprop.graph import N, show_shape
from clearprop.plan import Plan, Step


class Door:
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

    def __call__(self, inputs: Mapping[str, Array], n: int | None) -> int:
        """The number of rows that the inputs agree on.

        Raises:
            ShapeError: if a shape is not the planned one, if the inputs disagree, if nothing tells the batch size, or
                for the maximum of nothing.
            InvalidValueError: for a row number or a label out of its range.
        """
        n = self._batch_size(inputs, n)
        self.check_indices(inputs, n)
        if any((n if size is N else size) == 0 for size in self._maxima):
            raise ShapeError("the maximum of no values", "at least one row and one column")
        return n

    def check_indices(self, inputs: Mapping[str, Array], n: int) -> None:
        """Check row numbers and labels: native code and NumPy's negative indices must not meet others.

        Raises:
            InvalidValueError: for one out of its range.
        """
        for name, size in self._limits:
            if name not in inputs:
                continue
            values, limit = np.asarray(inputs[name], np.int64), n if size is N else size
            wrong = (values < 0) | (values >= limit)
            if wrong.any():
                row = int(np.argmax(wrong))
                raise InvalidValueError(
                    f"{name} is {values.flat[row]} in row {row}", f"integers from 0 to {int(limit) - 1}"
                )

    def check_steps(
        self, state: Mapping[str, Array], data: Mapping[str, Array], batches: Batches, table: Mapping[str, Array]
    ) -> None:
        """Check what training steps read and write.

        Raises:
            ShapeError: for data of too few rows, a table of too few steps, or arrays that have not the planned shape.
            InvalidValueError: for a row number or a label out of its range.
        """
        for name, values in table.items():
            if len(values) < len(batches):
                raise ShapeError(f"{len(values)} numbers {name}", f"{len(batches)} or more, one per step")
        for name, array in data.items():
            if len(array) < batches.rows:
                raise ShapeError(f"{name} has {len(array)} rows", f"{batches.rows}")
        for name, array in {**state, **data}.items():
            planned = self._plan.values[self._plan.inputs[name]].type.shape if name in self._plan.inputs else None
            got = array.shape
            if planned is not None and planned != ((N, *got[1:]) if name in data else got):
                raise ShapeError(f"{name} has shape {show_shape(got)}", show_shape(planned))
        self.check_indices(data, batches.rows)

    def _batch_size(self, inputs: Mapping[str, Array], n: int | None) -> int:
        plan = self._plan
        for name, i in plan.inputs.items():
            shape = plan.values[i].type.shape
            got = np.shape(inputs[name])
            if len(got) != len(shape) or any(d is not N and d != g for d, g in zip(shape, got, strict=True)):
                raise ShapeError(f"{name} has shape {show_shape(got)}", show_shape(shape))
            if shape[:1] == (N,):
                if n is not None and got[0] != n:
                    raise ShapeError(f"{name} has {got[0]} rows", f"{n}, as the other inputs")
                n = got[0]
        if n is None and plan.symbolic:
            raise ShapeError("a batch of unknown size", "an input with a batch axis", "or pass n, the number of rows")
        return n or 0


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
