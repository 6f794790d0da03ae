"""Predictions from a program: a function of the rows, each row by itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from clearprop.errors import InvalidValueError, plural
from clearprop.execute.executor import Program
from clearprop.execute.input_checks import InputChecks
from clearprop.execute.reference import Array
from clearprop.plan import Plan

CHUNK = 4096  # rows of a table that are predicted at once: bounds the memory


def row_by_row(plan: Plan, checks: InputChecks, parameters: Mapping[str, Array]) -> tuple[str, str]:
    """The input and the output of a graph that gives a row for each row, whatever the others are.

    A graph whose answer depends on the parameters alone has no input: "".

    Raises:
        InvalidValueError: for any other graph.
    """
    free = [n for n in plan.inputs if n not in parameters]
    if "counter" in free:
        raise InvalidValueError("a prediction that is random", "layers that draw in training only")
    has_rows = all(plan.values[v].type.has_batch for v in plan.outputs.values())
    if len(plan.outputs) != 1 or len(free) > 1 or not (free or has_rows):
        raise InvalidValueError(
            f"a graph of {plural(len(plan.outputs), 'output')} and {plural(len(free), 'input')} beside the parameters",
            "one of each",
        )
    if checks.mixes_rows:
        raise InvalidValueError("a prediction for one row that depends on others", "layers that treat each row alone")
    return "".join(free), next(iter(plan.outputs))


def in_chunks(program: Program, source: str, output: str, parameters: Mapping[str, Array]) -> Callable[[Array], Array]:
    """A function X → output of the rows of X, by `program.run`."""
    kept = {n: np.array(a) for n, a in parameters.items() if n in program.plan.inputs}

    def predict(X: Array) -> Array:
        chunks = [X[i : i + CHUNK] for i in range(0, len(X), CHUNK)]
        given = [{source: rows} if source else {} for rows in chunks]
        return np.concatenate([program.run(g | kept, len(rows))[output] for g, rows in zip(given, chunks, strict=True)])

    return predict
