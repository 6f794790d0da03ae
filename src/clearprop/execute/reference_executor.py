"""The reference executor: plans run by NumPy, one kernel after another."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np

from clearprop.execute.batches import Batches, Outcome
from clearprop.execute.blas import single_threaded
from clearprop.execute.exclusive import Exclusive
from clearprop.execute.executor import Program
from clearprop.execute.input_checks import InputChecks
from clearprop.execute.reference import FAST, FIXED_ORDER, Array, Kernel
from clearprop.execute.row_by_row import in_chunks, row_by_row
from clearprop.execute.together import Steps, one_after_another
from clearprop.execute.validation import Validation
from clearprop.graph import DTYPES, Graph
from clearprop.plan import VIEWS, Plan, any_of, build_plan


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
        self,
        graph: Graph,
        stored: Mapping[str, str] | None = None,
        reuse: bool = True,
        zeros: Collection[str] = (),
        why: str = "",
    ) -> ReferenceProgram:
        """Plan a graph for NumPy; `why` says why that is not what was asked for."""
        plan = build_plan(graph, any_of({*self.kernels, "variable", "constant"}), stored, reuse)
        return ReferenceProgram(plan, self.kernels, why)

    def describe(self) -> str:
        """The executor in words."""
        return "reference (NumPy)"


BOUND_AT_ONCE = 4  # batch sizes whose buffers a program keeps: a full batch, a last one, and some to spare

Call = tuple[Callable[..., Any], tuple[int, ...], int, dict[str, Any], bool]
Memory = dict[int, tuple[list[Any], list[Call]]]  # by batch size: where the values are, and the calls that make them


class ReferenceProgram(Program):
    """A plan bound to NumPy kernels; buffers are allocated once per batch size and used again."""

    def __init__(self, plan: Plan, kernels: Mapping[str, Kernel], why: str = "") -> None:
        self.plan, self.why = plan, why
        self.checks = InputChecks(plan)
        self.passes: Mapping[str, Plan] = {"memory": plan}
        self._kernels = kernels
        self.memory: Exclusive[Memory] = Exclusive(dict)

    def run(self, inputs: Mapping[str, Array], n: int | None = None) -> dict[str, Array]:
        """Compute the outputs, see `Program.run`."""
        with self.memory.lock, single_threaded(), np.errstate(all="ignore"):
            values = self.values(self.memory.thing, *self.checks(inputs, n))
            return {name: np.array(values[i]) for name, i in self.plan.outputs.items()}

    def open(self, state: Mapping[str, Array], kept: Sequence[str] = ()) -> ReferenceSession:
        """Begin to train with this state, see `Program.open`."""
        return ReferenceSession(self, self.checks.state(state), kept)

    def bind(self, parameters: Mapping[str, Array], threads: int | None = None) -> Callable[[Array], Array]:
        """A function X → output of the rows of X, see `Program.bind`; in chunks that bound the memory."""
        return in_chunks(self, *row_by_row(self.plan, self.checks, parameters), self.checks.fixed(parameters))

    def values(self, memory: Memory, inputs: Mapping[str, Array], n: int) -> list[Any]:
        """Every value of the plan for some inputs; for the holder of the memory's lock."""
        if n not in memory:
            if len(memory) >= BOUND_AT_ONCE:  # forget the batch size that was bound first
                del memory[next(iter(memory))]
            memory[n] = self._allocated(n)
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

    def _allocated(self, n: int) -> tuple[list[Any], list[Call]]:
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
                _attrs_for(step.attrs, n, step.kernel),
                isinstance(self._kernels[step.kernel], np.ufunc) and step.kernel not in VIEWS,
            )
            for step in self.plan.steps
        ]
        return memory, calls


class ReferenceSession:
    """State in NumPy's arrays, replaced in place after each step; see `Session`."""

    def __init__(self, program: ReferenceProgram, state: dict[str, Array], kept: Sequence[str]) -> None:
        self.program, self._state, self._kept = program, state, kept
        self.shapes = {name: a.shape for name, a in state.items()}
        self.alive = True

    def run(
        self,
        data: Mapping[str, Array],
        batches: Batches,
        table: Mapping[str, Array],
        report: Sequence[str],
        stop: Callable[[], bool],
        validation: Validation | None = None,
    ) -> Outcome:
        """Run one training step per batch of rows, see `Session.run`."""
        outcome = Outcome(np.empty(0), [])
        rows: list[list[float]] = []
        starts: list[dict[str, Array]] = []
        data, table = self.program.checks.steps(self._state, data, batches, table)
        if validation is not None:
            held_out = validation.held_out
            cast(ReferenceProgram, held_out.program).checks.held_out(held_out.data, held_out.numbers)
        with self.program.memory.lock, single_threaded(), np.errstate(all="ignore"):
            memory = self.program.memory.thing
            for epoch in range(batches.epochs):
                start, before = time.perf_counter(), len(rows)
                starts = [*starts[-1:], {name: self._state[name].copy() for name in self._kept}]
                finite = self._epoch(memory, epoch, data, batches, table, report, stop, rows)
                if finite and not all(map(self.finite, self._kept)):
                    outcome.diverged, outcome.good_epoch, good = True, epoch, starts[-1]
                elif not finite:
                    first = len(rows) == before + 1  # the weights that the epoch began with are bad already
                    outcome.diverged, outcome.good_epoch, good = True, epoch - first, starts[0 if first else -1]
                if outcome.diverged:
                    for name, array in good.items():
                        np.copyto(self._state[name], array)
                if not finite or len(rows) < before + batches.per_epoch:
                    break
                goes_on = not outcome.diverged and self._validated(validation)
                outcome.seconds.append(time.perf_counter() - start)
                if not goes_on:
                    break
        outcome.reports = np.array(rows, np.float64).reshape(-1, len(report))
        return outcome

    @staticmethod
    def run_together(work: Sequence[Steps], threads: int, stop: Callable[[Sequence[int]], bool]) -> list[Outcome]:
        """One after another, see `Session.run_together`."""
        return one_after_another(work, stop)

    def validates(self, program: Program) -> bool:
        """Whether NumPy runs that, too."""
        return isinstance(program, ReferenceProgram)

    def _validated(self, validation: Validation | None) -> bool:
        """Score an epoch's end; returns whether to go on."""
        if validation is None:
            return True
        validation.after_epoch(self._state, {name: self._state[name] for name in self._kept})
        return not validation.stopped and all(map(self.finite, self._state))

    def read(self, names: Iterable[str]) -> dict[str, Array]:
        """Copies of some of the state, see `Session.read`."""
        return {name: self._state[name].copy() for name in names if name in self._state}

    def assigned(self, name: str) -> None:
        """Nothing to do: the arrays are the state."""

    def finite(self, name: str) -> bool:
        """Whether all numbers of an array are finite."""
        return bool(np.isfinite(self._state[name]).all())

    def free_buffers(self) -> None:
        """Nothing to do: the buffers belong to the program."""

    def profile(self, data: Mapping[str, Array], batches: Batches, table: Mapping[str, Array]) -> None:
        """None: NumPy's kernels are not timed."""

    def _epoch(
        self,
        memory: Memory,
        epoch: int,
        data: Mapping[str, Array],
        batches: Batches,
        table: Mapping[str, Array],
        report: Sequence[str],
        stop: Callable[[], bool],
        rows: list[list[float]],
    ) -> bool:
        """The steps of an epoch, what they report added to `rows`; False if one of them was not finite."""
        outputs = self.program.plan.outputs
        for step, batch in enumerate(batches.of(epoch)):
            if stop():
                return True
            inputs = {name: array[batch] for name, array in data.items()}
            inputs |= {name: values[len(rows)] for name, values in table.items()}
            inputs["counter"] = np.array([batches.seed, batches.first + epoch, step])
            values = self.program.values(memory, {**inputs, **self._state}, len(batch))
            rows.append([float(values[outputs[name]]) for name in report])
            if not np.isfinite(rows[-1]).all():
                return False
            self._replace(values)
        return True

    def _replace(self, values: Sequence[Any]) -> None:
        """Let the new values take the place of the old: all are there before the first is overwritten."""
        plan = self.program.plan
        new = {name: values[plan.outputs[output]] for output, name in plan.stored.items()}
        for name, value in new.items():
            if any(value is old for old in self._state.values()):  # an output that is an input unchanged, of any name
                new[name] = value.copy()
        for name, value in new.items():
            np.copyto(self._state[name], value)


def _attrs_for(attrs: Mapping[str, Any], n: int, kernel: str) -> dict[str, Any]:
    bound = {k: tuple(d if isinstance(d, int) else n for d in v) if k == "shape" else v for k, v in attrs.items()}
    return {**bound, "n": n} if kernel == "size" else bound
