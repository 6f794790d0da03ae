"""The native executor: plans run by machine code, for the best instruction set that this processor has."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

import numpy as np

from clearprop.execute.binary import REFUSED as REFUSED
from clearprop.execute.binary import native as _native
from clearprop.execute.codes import ELEMENTWISE, MAX_REGISTERS, MAX_SCRATCH
from clearprop.execute.encode import Encoded, encode
from clearprop.execute.exclusive import Exclusive
from clearprop.execute.executor import Program
from clearprop.execute.input_checks import InputChecks
from clearprop.execute.native_session import NativeSession
from clearprop.execute.reference import Array
from clearprop.execute.reference_executor import Reference
from clearprop.execute.repeated import NativeRepeated, Repeated
from clearprop.execute.row_by_row import in_chunks, row_by_row
from clearprop.execute.takes import takes, why_not
from clearprop.execute.threads import MOST, available, threads_for
from clearprop.graph import DTYPES, Graph
from clearprop.plan import Limits, Plan, lower, operand_of, passes
from clearprop.plan.operand import FILE

NO_COUNTER = np.zeros(3, np.int64)


@cache
def instruction_sets() -> tuple[str, ...]:
    """What the machine can run here, best first; empty without the native part."""
    return () if _native is None else tuple(_native.instruction_sets())


def ceiling(isa: str | None = None, dtype: str = "f32", threads: int = 1) -> float:
    """Floating-point operations per second of the products' register tile on data that stays in L1, on all threads
    together: the most that any product can reach here.
    """
    isa = isa or instruction_sets()[0]

    def measure(_: int) -> float:
        best = 0.0
        for _ in range(5):
            start = time.perf_counter()
            done = _native.ceiling(isa, dtype == "f64", 40_000)
            best = max(best, done / (time.perf_counter() - start))
        return best

    with ThreadPoolExecutor(threads) as pool:
        return sum(pool.map(measure, range(threads)))


@dataclass(frozen=True)
class Native:
    """The native machine.

    Args:
        threads: worker threads; None lets the size of the work decide.
        isa: instruction set, one of `instruction_sets()`; None is the best.
    """

    threads: int | None = None
    isa: str | None = None
    name = "native"

    def load(
        self,
        graph: Graph,
        stored: Mapping[str, str] | None = None,
        reuse: bool = True,
        zeros: Collection[str] = (),
    ) -> Program:
        """Plan a graph for the machine. What it has no kernel for runs on the reference; `why` says why."""
        isa = self.isa or instruction_sets()[0]
        made = _compiled(graph, tuple((stored or {}).items()), isa, reuse, frozenset(zeros))
        if isinstance(made, str):
            return Reference().load(graph, stored, reuse, why=made)
        return NativeProgram(made, self.threads)

    def describe(self) -> str:
        """The executor in words: "native (avx512, up to 2 threads)"."""
        most = min(self.threads or available(), MOST)
        return f"native ({self.isa or instruction_sets()[0]}, up to {most} thread{'s' * (most > 1)})"


@dataclass(frozen=True, eq=False)
class _Code:
    """What a graph was made into; it never changes, so that any number of programs may share it."""

    passes: Mapping[str, Plan]
    checks: InputChecks
    encoded: Encoded
    program: Any
    isa: str


@lru_cache(maxsize=64)
def _compiled(
    graph: Graph, stored: tuple[tuple[str, str], ...], isa: str, reuse: bool, zeros: frozenset[str]
) -> _Code | str:
    """Plan and encode a graph, or say why the machine cannot run it.

    The newest are remembered: a second fit of the same shape starts at once.
    """
    try:
        graph = lower(graph, takes)
    except KeyError as lacking:  # a primitive that was added, which only NumPy computes
        return str(lacking.args[0])
    why = why_not(graph, dict(stored))
    if why:
        return why
    made = passes(graph, takes, ELEMENTWISE, dict(stored), reuse, Limits(MAX_REGISTERS, MAX_SCRATCH), zeros)
    encoded = encode(made["memory"])
    program = _native.program(isa=isa, is_f64=encoded.is_f64, **encoded.tables())
    return _Code(made, InputChecks(made["steps"]), encoded, program, isa)


class NativeProgram(Program):
    """A plan bound to a machine."""

    why = ""

    def __init__(self, code: _Code, threads: int | None) -> None:
        self.plan: Plan = code.passes["memory"]
        self.passes, self.encoded, self.threads, self.isa = code.passes, code.encoded, threads, code.isa
        self.checks, self._code = code.checks, code
        self.machine = self.new_machine()  # its buffers serve every run
        self.dtype = np.dtype("float64" if self.encoded.is_f64 else "float32")

    def __eq__(self, other: object) -> bool:
        """Whether it is the same code, run by as many threads."""
        return isinstance(other, NativeProgram) and (self._code, self.threads) == (other._code, other.threads)

    def __hash__(self) -> int:
        return hash((self._code, self.threads))

    @property
    def code(self) -> Any:
        """The tables as the machine has them."""
        return self._code.program

    def new_machine(self) -> Exclusive[Any]:
        """Memory to run this code in."""
        program = self.code
        return Exclusive(lambda: _native.Machine(program))

    def run(self, inputs: Mapping[str, Array], n: int | None = None) -> dict[str, Array]:
        """Compute the outputs, see `Program.run`."""
        inputs, n = self.checks(inputs, n)
        found = {name: self._found(name) for name in self.plan.outputs}
        made = {name: self._blank(where, n) for name, (kind, where) in found.items() if kind == "memory"}
        read: dict[str, Any] = {"given": inputs, "file": self._call(inputs, n, list(made.values()))}
        arrays = {
            name: made[name][2] if kind == "memory" else np.array(read[kind][where])
            for name, (kind, where) in found.items()
        }
        return {name: self._typed(name, a, n) for name, a in arrays.items()}

    def memory(self, inputs: Mapping[str, Array], n: int | None = None) -> tuple[dict[int, Array], Array]:
        """Every value that is in memory after a run, by its index in the plan, and the file of scalars.

        Views are left out: what one shows may be larger than the memory that it looks at. A value whose buffer another
        one got later holds that one's numbers: load with `reuse=False` to see all.
        """
        inputs, n = self.checks(inputs, n)
        kept = (v for v, x in enumerate(self.plan.values) if x.place != "view" and x.type.dtype != "i64")
        wanted = [self._blank(v, n) for v in kept if self.encoded.values[v].buffer >= 0]
        file = self._call(inputs, n, wanted)
        return {spec[0]: spec[2] for spec in wanted}, file

    def _call(self, inputs: Mapping[str, Array], n: int, wanted: Sequence[tuple[Any, ...]]) -> Array:
        """Run once; `wanted` receives what it names. Returns the file of scalars."""
        code = self.encoded
        given = [
            self.spec(v, self.ready(name, inputs[name])) for name, v in [*code.arrays.items(), *code.gathered.items()]
        ]
        numbers = [(index, float(inputs[name])) for name, index in code.scalars.items()]
        counter = NO_COUNTER if code.counter is None else np.ascontiguousarray(inputs[code.counter], np.int64)
        file = np.empty(len(code.file))
        with self.machine.lock:
            self.machine.thing.run(n, self.threads_for(n), given, numbers, counter, list(wanted), file)
        return file

    def open(self, state: Mapping[str, Array], kept: Sequence[str] = ()) -> NativeSession:
        """Begin to train with this state, see `Program.open`."""
        return NativeSession(self, self.checks.state(state), kept)

    def bind(self, parameters: Mapping[str, Array], threads: int | None = None) -> Callable[[Array], Array]:
        """A function X → output with these parameters packed, see `Program.bind`."""
        ends = row_by_row(self.plan, self.checks, parameters)
        parameters = self.checks.fixed(parameters)
        code, (name,) = self.encoded, self.plan.outputs
        kind, output = self._found(name)
        integers = any(self.plan.values[v].type.dtype == "i64" for v in self.plan.inputs.values())
        if kind != "memory" or integers or not ends[0]:
            return in_chunks(self, *ends, parameters)
        (source,) = code.gathered.values()
        specs = [self.spec(v, self.ready(n, parameters[n])) for n, v in code.arrays.items()]
        numbers = [(index, float(parameters[n])) for n, index in code.scalars.items()]
        threads = available() if threads is None else max(1, min(threads, MOST))
        predict: Callable[[Array], Array] = _native.Predictor(
            self._code.program, source, output, specs, numbers, np.empty, self.dtype, threads
        )
        return predict

    def repeated(self, held: Mapping[str, Array], n: int) -> Repeated:
        """The program on arrays that stay where they are, see `Program.repeated`."""
        found = {name: self._found(name) for name in self.plan.outputs}
        fixed = all(not self.plan.values[v].type.has_batch for v in self.plan.outputs.values())
        if not fixed or any(kind != "memory" for kind, _ in found.values()):
            return super().repeated(held, n)
        return NativeRepeated(self, self.checks.fixed(held), {name: where for name, (_, where) in found.items()}, n)

    # --- where things are

    def dtype_of(self, name: str) -> np.dtype[Any]:
        """The planned dtype of an input."""
        return np.dtype(DTYPES[self.plan.values[self.plan.inputs[name]].type.dtype])

    def is_packed(self, name: str) -> bool:
        """Whether the machine has an input in its own layout, or reads it where it lies."""
        return self.encoded.values[self.encoded.arrays[name]].buffer >= 0

    def ceiling(self, threads: int) -> float:
        """What no product can exceed, see `ceiling`."""
        return ceiling(self.isa, "f64" if self.encoded.is_f64 else "f32", threads)

    def threads_for(self, n: int) -> int:
        """Threads for a batch of n rows."""
        return threads_for(self.plan.flops(n), self.threads)

    def ready(self, name: str, array: Array) -> Array:
        """An input as the machine reads it: contiguous, of the planned dtype."""
        return np.ascontiguousarray(array, self.dtype_of(name))

    def sources(self, data: Mapping[str, Array]) -> list[tuple[int, Array]]:
        """The arrays whose rows are gathered, and the values that they are."""
        return [(v, self.ready(name, data[name])) for name, v in self.encoded.gathered.items()]

    def spec(self, v: int, array: Array | None) -> tuple[Any, ...]:
        """An array and the value of the plan that it is copied to or from: a `StateArray` of the machine."""
        rows, cols, *_ = self.encoded.values[v]
        rows = array.shape[0] if rows < 0 and array is not None else rows
        return v, self.encoded.twins.get(v, -1), array, rows, cols

    def _blank(self, v: int, n: int) -> tuple[Any, ...]:
        """Room for a value that is read from memory after a run."""
        rows, cols, *_ = self.encoded.values[v]
        return self.spec(v, np.empty((n if rows < 0 else rows, cols), self.dtype))

    def _found(self, name: str) -> tuple[str, Any]:
        """Where an output is after a run: ("given", input), ("file", index), or ("memory", value)."""
        source = operand_of(self.plan.outputs[name], self.passes["fuse"].values, self.plan.views)
        assert source is not None
        if source.mode == FILE:
            return "file", self.encoded.file_of[source.value]
        given = [name for name, v in self.plan.inputs.items() if v == source.value]
        return ("given", given[0]) if given else ("memory", source.value)

    def _typed(self, name: str, array: Array, n: int) -> Array:
        type = self.plan.values[self.plan.outputs[name]].type
        shape = tuple(d if isinstance(d, int) else n for d in type.shape)
        return array.reshape(shape).astype(DTYPES[type.dtype], copy=False)

    def reported(self, report: Sequence[str]) -> list[tuple[int, int]]:
        """Where the machine finds the numbers to report: (value, 0), or (−1, index in the file of scalars)."""
        places = []
        for name in report:
            kind, where = self._found(name)
            where = self.plan.inputs[where] if kind == "given" else where
            places.append((-1, where) if kind == "file" else (where, 0))
        return places
