"""Executors: plan to numbers. The only place that allocates the values of a graph."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from clearprop.errors import InvalidValueError
from clearprop.execute.batches import Batches, Outcome
from clearprop.execute.blas import single_threaded
from clearprop.execute.door import Door
from clearprop.execute.exclusive import Exclusive
from clearprop.execute.reference import FAST, FIXED_ORDER, Array, Kernel
from clearprop.graph import DTYPES, Graph
from clearprop.plan import VIEWS, Plan, any_of, build_plan


class Program(Protocol):
    """A plan made ready to run."""

    plan: Plan
    passes: Mapping[str, Plan]  # the plan after each pass of the planner, the last one being what runs
    why: str  # why this is not what was asked for: what the native machine has no kernel for, or nothing

    def run(self, inputs: Mapping[str, Array], n: int | None = None) -> dict[str, Array]:
        """Compute the outputs, by name, for inputs of the planned types and a batch of n rows."""
        ...

    def run_steps(
        self,
        state: dict[str, Array],
        data: Mapping[str, Array],
        batches: Batches,
        table: Mapping[str, Array],
        report: Sequence[str],
        stop: Callable[[], bool],
        kept: Sequence[str] = (),
    ) -> Outcome:
        """Run one training step after another, see `ReferenceProgram.run_steps`."""
        ...

    def bind(self, parameters: Mapping[str, Array], threads: int | None = None) -> Callable[[Array], Array]:
        """The graph's only output as a function of its only input beside the parameters, row by row."""
        ...


class Executor(Protocol):
    """Something that runs graphs."""

    name: str

    def load(self, graph: Graph, stored: Mapping[str, str] | None = None, reuse: bool = True) -> Program:
        """Plan a graph and make it ready to run."""
        ...


@dataclass(frozen=True)
class Reference:
    """The NumPy executor. It defines the semantics.

    Args:
        fixed_order: sum every product in one fixed order. Slower than the BLAS, but equal units of a layer then stay
            equal to the last bit, and the bits do not depend on the BLAS or its threads.
    """

    fixed_order: bool = False
    name = "reference"

    @property
    def kernels(self) -> Mapping[str, Kernel]:
        """The table {op: implementation}."""
        return FIXED_ORDER if self.fixed_order else FAST

    def load(
        self, graph: Graph, stored: Mapping[str, str] | None = None, reuse: bool = True, why: str = ""
    ) -> ReferenceProgram:
        """Plan a graph for NumPy; `why` says why that is not what was asked for."""
        plan = build_plan(graph, any_of({*self.kernels, "variable", "constant"}), stored, reuse)
        return ReferenceProgram(plan, self.kernels, why)


CHUNK = 4096  # rows of a table that are predicted at once: bounds the memory
BOUND_AT_ONCE = 4  # batch sizes whose buffers a program keeps: a full batch, a last one, and some to spare

Call = tuple[Callable[..., Any], tuple[int, ...], int, dict[str, Any], bool]
Memory = dict[int, tuple[list[Any], list[Call]]]  # by batch size: where the values are, and the calls that make them


class ReferenceProgram:
    """A plan bound to NumPy kernels; buffers are allocated once per batch size and used again."""

    def __init__(self, plan: Plan, kernels: Mapping[str, Kernel], why: str = "") -> None:
        self.plan, self.why = plan, why
        self._door = Door(plan)
        self.passes: Mapping[str, Plan] = {"memory": plan}
        self._kernels = kernels
        self._memory: Exclusive[Memory] = Exclusive(dict)

    def run(self, inputs: Mapping[str, Array], n: int | None = None) -> dict[str, Array]:
        """Compute the outputs for inputs of the planned types; the results are fresh arrays.

        Args:
            inputs: a value for every input, by name.
            n: the batch size, where no input has a batch axis to take it from.

        Raises:
            ShapeError: if an input's shape is not the planned one, or two inputs disagree about the batch size.
            InvalidValueError: for a row number or a label out of its range.
        """
        with self._memory.lock, single_threaded(), np.errstate(all="ignore"):
            memory = self._memory.thing
            values = self._run(memory, *self._door(inputs, n))
            return {name: np.array(values[i]) for name, i in self.plan.outputs.items()}

    def run_steps(
        self,
        state: dict[str, Array],
        data: Mapping[str, Array],
        batches: Batches,
        table: Mapping[str, Array],
        report: Sequence[str],
        stop: Callable[[], bool],
        kept: Sequence[str] = (),
    ) -> Outcome:
        """Run one training step per batch of rows; the outputs that the plan stores become the next step's inputs.

        Args:
            state: arrays carried from step to step (parameters, optimizer state), updated in place.
            data: arrays whose rows are gathered for each batch.
            batches: which rows, over some epochs.
            table: one number per step for every other input: learning rate, bias corrections. The random counter is
                (seed, epoch, step of the epoch), as `batches` has them.
            report: names of scalar outputs to record.
            stop: asked now and then whether to leave.
            kept: names of the state that is put back when a reported value is not finite, or one of these arrays at the
                end of an epoch: to what it was at the start of the last epoch whose first report was finite. The steps
                end there. So what is put back is finite in every number if the start was.

        Returns:
            What was reported, and what happened.
        """
        outcome = Outcome(np.empty(0), [])
        rows: list[list[float]] = []
        starts: list[dict[str, Array]] = []
        state, data, table = self._door.steps(state, data, batches, table)
        with self._memory.lock, single_threaded(), np.errstate(all="ignore"):
            memory = self._memory.thing
            for epoch in range(batches.epochs):
                start, before = time.perf_counter(), len(rows)
                starts = [*starts[-1:], {name: state[name].copy() for name in kept}]
                finite = self._epoch(memory, epoch, state, data, batches, table, report, stop, rows)
                if finite and not all(np.isfinite(state[name]).all() for name in kept):
                    outcome.diverged, outcome.good_epoch, good = True, epoch, starts[-1]
                elif not finite:
                    first = len(rows) == before + 1  # the weights that the epoch began with are bad already
                    outcome.diverged, outcome.good_epoch, good = True, epoch - first, starts[0 if first else -1]
                if outcome.diverged:
                    for name, array in good.items():
                        np.copyto(state[name], array)
                if not finite or len(rows) < before + batches.per_epoch:
                    break
                outcome.seconds.append(time.perf_counter() - start)
                if outcome.diverged:
                    break
        outcome.reports = np.array(rows, np.float64).reshape(-1, len(report))
        return outcome

    def _epoch(
        self,
        memory: Memory,
        epoch: int,
        state: dict[str, Array],
        data: Mapping[str, Array],
        batches: Batches,
        table: Mapping[str, Array],
        report: Sequence[str],
        stop: Callable[[], bool],
        rows: list[list[float]],
    ) -> bool:
        """The steps of an epoch, what they report added to `rows`; False if one of them was not finite."""
        for step, batch in enumerate(batches.of(epoch)):
            if stop():
                return True
            inputs = {name: array[batch] for name, array in data.items()}
            inputs |= {name: values[len(rows)] for name, values in table.items()}
            inputs["counter"] = np.array([batches.seed, batches.first + epoch, step])
            values = self._run(memory, {**inputs, **state}, len(batch))
            rows.append([float(values[self.plan.outputs[name]]) for name in report])
            if not np.isfinite(rows[-1]).all():
                return False
            self._store(values, state)
        return True

    def bind(self, parameters: Mapping[str, Array], threads: int | None = None) -> Callable[[Array], Array]:
        """A function X → output of the rows of X, with these parameters, in chunks that bound the memory.

        Raises:
            InvalidValueError: if the graph does not give one output from one input beside the parameters, if the output
                for a row depends on other rows, or if it is random.
        """
        return bound(self, *row_by_row(self.plan, self._door, parameters), parameters)

    def _store(self, values: Sequence[Any], state: dict[str, Array]) -> None:
        """Let the new values take the place of the old: all are there before the first is overwritten."""
        new = {name: values[self.plan.outputs[output]] for output, name in self.plan.stored.items()}
        for name, value in new.items():
            if any(value is old for old in state.values()):  # an output that is an input unchanged, of any name
                new[name] = value.copy()
        for name, value in new.items():
            np.copyto(state[name], value)

    def _run(self, memory: Memory, inputs: Mapping[str, Array], n: int) -> list[Any]:
        if n not in memory:
            if len(memory) >= BOUND_AT_ONCE:  # forget the batch size that was bound first
                del memory[next(iter(memory))]
            memory[n] = self._bind(n)
        places, calls = memory[n]
        values = list(places)
        for name, i in self.plan.inputs.items():
            values[i] = inputs[name]
        for kernel, reads, made, attrs, is_ufunc in calls:
            arguments = [values[i] for i in reads]
            if is_ufunc:
                kernel(*arguments, out=values[made])
            elif values[made] is None:
                values[made] = kernel(*arguments, **attrs)
            else:
                values[made][...] = kernel(*arguments, **attrs)
        return values

    def _bind(self, n: int) -> tuple[list[Any], list[Call]]:
        """Allocate the buffers for a batch size and fix the calls."""
        slots = [np.empty(size(n), np.uint8) for size in self.plan.slots]
        memory: list[Any] = []
        for value in self.plan.values:
            shape = tuple(d if isinstance(d, int) else n for d in value.type.shape)
            dtype = np.dtype(DTYPES[value.type.dtype])
            if value.place == "slot" and value.slot is not None:
                room = int(np.prod(shape)) * dtype.itemsize
                memory.append(slots[value.slot][:room].view(dtype).reshape(shape))
            elif value.place == "constant":
                memory.append(np.broadcast_to(np.asarray(value.number, dtype), shape))
            else:
                memory.append(None)  # an input, bound in each run, or a view, made in each run
        calls = [
            (
                self._kernels[step.kernel],
                step.inputs,
                step.output,
                _bound(step.attrs, n, step.kernel),
                isinstance(self._kernels[step.kernel], np.ufunc) and step.kernel not in VIEWS,
            )
            for step in self.plan.steps
        ]
        return memory, calls


def row_by_row(plan: Plan, door: Door, parameters: Mapping[str, Array]) -> tuple[str, str]:
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
            f"a graph of {len(plan.outputs)} outputs and {len(free)} inputs beside the parameters", "one of each"
        )
    if door.mixes_rows:
        raise InvalidValueError("a prediction for one row that depends on others", "layers that treat each row alone")
    return "".join(free), next(iter(plan.outputs))


def bound(program: Program, source: str, output: str, parameters: Mapping[str, Array]) -> Callable[[Array], Array]:
    """A function X → output of the rows of X, by `program.run`."""
    kept = {n: np.array(a) for n, a in parameters.items() if n in program.plan.inputs}

    def predict(X: Array) -> Array:
        chunks = [X[i : i + CHUNK] for i in range(0, len(X), CHUNK)]
        given = [{source: rows} if source else {} for rows in chunks]
        return np.concatenate([program.run(g | kept, len(rows))[output] for g, rows in zip(given, chunks, strict=True)])

    return predict


def _bound(attrs: Mapping[str, Any], n: int, kernel: str) -> dict[str, Any]:
    bound = {k: tuple(d if isinstance(d, int) else n for d in v) if k == "shape" else v for k, v in attrs.items()}
    return {**bound, "n": n} if kernel == "size" else bound
