"""One program run again and again on the same arrays: what stays as it is from call to call is looked up once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from clearprop.arrays import all_finite
from clearprop.execute.reference import Array

if TYPE_CHECKING:
    from clearprop.execute.executor import Program
    from clearprop.execute.native import NativeProgram


class Repeated(Protocol):
    """A function of the inputs that change to the outputs of a program, for batches of one size."""

    def __call__(self, given: Mapping[str, Any]) -> Mapping[str, Array]:
        """The outputs, until the next call. The inputs are of the planned types and shapes; integers are checked."""
        ...

    def finite(self) -> bool:
        """Whether all numbers of the last outputs are finite."""
        ...


class PlainlyRepeated:
    """See `Program.repeated`: calls of `Program.run`."""

    def __init__(self, program: Program, held: Mapping[str, Array], n: int) -> None:
        self._program, self._held, self._n = program, held, n
        self._outputs: Mapping[str, Array] = {}

    def __call__(self, given: Mapping[str, Any]) -> Mapping[str, Array]:
        """The outputs, see `Repeated`."""
        inputs = {**self._held, **given}
        self._outputs = self._program.run({name: inputs[name] for name in self._program.plan.inputs}, self._n)
        return self._outputs

    def finite(self) -> bool:
        """Whether all numbers of the last outputs are finite."""
        return all(all_finite(a) for a in self._outputs.values())


class NativeRepeated:
    """See `Program.repeated`: a call of the machine with tables of inputs and outputs that were made before."""

    def __init__(self, program: NativeProgram, held: Mapping[str, Array], wanted: Mapping[str, int], n: int) -> None:
        code, plan = program.encoded, program.plan
        self._program, self._n, self._threads = program, n, program.threads_for(n)
        inputs = [*code.arrays.items(), *code.gathered.items()]
        self._held = [program.spec(v, held[name]) for name, v in inputs if name in held]
        free = {name: program.spec(v, np.empty(n)) for name, v in inputs if name not in held}
        self._free = [(name, program.dtype_of(name), *spec[:2], *spec[3:]) for name, spec in free.items()]
        self._checked = any(plan.values[plan.inputs[name]].type.dtype == "i64" for name in free)
        self._numbers = list(code.scalars.items())
        shapes = {name: [int(str(d)) for d in plan.values[plan.outputs[name]].type.shape] for name in wanted}
        ends = np.cumsum([np.prod(shape, dtype=int) for shape in shapes.values()]).tolist()
        self._flat = np.empty(ends[-1], program.dtype)  # all outputs, one behind the other
        parts = dict(zip(wanted, np.split(self._flat, ends[:-1]), strict=True))
        self._outputs = {name: part.reshape(shapes[name]) for name, part in parts.items()}
        self._wanted = [program.spec(v, parts[name].reshape(-1, code.values[v][1])) for name, v in wanted.items()]
        self._file = np.empty(len(code.file))
        self._counter = np.zeros(3, np.int64)

    def __call__(self, given: Mapping[str, Any]) -> Mapping[str, Array]:
        """The outputs, see `Repeated`."""
        program, code = self._program, self._program.encoded
        if self._checked:
            program.checks.indices(given, self._n)
        arrays = [
            (v, twin, np.ascontiguousarray(given[name], dtype), rows, columns)
            for name, dtype, v, twin, rows, columns in self._free
        ]
        numbers = [(index, float(given[name])) for name, index in self._numbers]
        counter = self._counter if code.counter is None else given[code.counter]
        with program.machine.lock:
            program.machine.thing.run(
                self._n, self._threads, self._held + arrays, numbers, counter, self._wanted, self._file
            )
        return self._outputs

    def finite(self) -> bool:
        """Whether all numbers of the last outputs are finite."""
        return all_finite(self._flat)
