"""Training on the native machine: the state stays in the machine's layout from call to call."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from clearprop.errors import DTypeError, ForkedError
from clearprop.execute.batches import Batches, Outcome
from clearprop.execute.executor import StepTimes
from clearprop.execute.reference import Array

if TYPE_CHECKING:
    from clearprop.execute.native import NativeProgram

# Floating-point operations of a step. Below it the threads part when they find no processors and nobody asked for them.
SHORT_STEP = 20_000_000


class NativeSession:
    """State in the packed layout of a machine of its own, see `Session`.

    The arrays of what is kept are brought up to date at the end of every call. They are what training goes back to when
    it diverges in its first epoch, and all that a child has that is forked while steps run.
    """

    def __init__(self, program: NativeProgram, state: dict[str, Array], kept: Sequence[str]) -> None:
        arrays = program.encoded.arrays
        for name, a in state.items():
            dtype = program.dtype_of(name)
            if a.dtype != dtype or not a.flags.c_contiguous or not a.flags.writeable:
                raise DTypeError(f"state {name} of {a.dtype}", f"a contiguous array of {dtype} that can be written")
        self.program = program
        self.shapes = {name: a.shape for name, a in state.items()}
        self._numbers = {name: a for name, a in state.items() if name not in arrays}  # of the file of scalars
        self._kept = {name: state[name] for name in kept if name in arrays}
        self._in_place = {name: a for name, a in state.items() if name in arrays and not program.is_packed(name)}
        self._waiting = {name: a for name, a in state.items() if name in arrays}  # for the machine to take over
        self._machine = program.new_machine()
        self._holder = self._machine.thing

    @property
    def alive(self) -> bool:
        """False in a child that was forked while steps ran, see `Session.alive`: it was given another machine."""
        return self._machine.thing is self._holder

    def run(
        self,
        data: Mapping[str, Array],
        batches: Batches,
        table: Mapping[str, Array],
        report: Sequence[str],
        stop: Callable[[], bool],
    ) -> Outcome:
        """Run training steps, see `Session.run`; all of them in one call of the machine."""
        steps, diverged, good, reports, seconds, _ = self._train(data, batches, table, report, stop)
        return Outcome(reports.reshape(steps, len(report)), seconds.tolist(), diverged, good)

    def read(self, names: Iterable[str]) -> dict[str, Array] | None:
        """Copies of some of the state, see `Session.read`."""
        if self._machine.lock.locked() or not self.alive:
            return None
        with self._machine.lock:
            found = {name: self._blank(name) for name in names if name in self.program.encoded.arrays}
            waiting = {name: a for name, a in self._waiting.items() if name in found}
            self._holder.store([self._spec(name, a) for name, a in found.items() if name not in waiting])
            for name, a in waiting.items():
                np.copyto(found[name], a)
        return found

    def assigned(self, name: str) -> None:
        """Take over the numbers of a kept array before the next step."""
        if name in self._kept:
            self._waiting[name] = self._kept[name]

    def finite(self, name: str) -> bool:
        """Whether all numbers of an array are finite."""
        if name in self._waiting or name in self._numbers:
            return bool(np.isfinite({**self._numbers, **self._waiting}[name]).all())
        v, _, _, rows, cols = self._spec(name, None)
        with self._machine.lock:
            finite: bool = self._holder.finite([(v, rows, cols)])
        return finite

    def free_buffers(self) -> None:
        """Give back the memory of everything but the state."""
        with self._machine.lock:
            self._machine.thing.forget_batches()

    def profile(self, data: Mapping[str, Array], batches: Batches, table: Mapping[str, Array]) -> StepTimes:
        """Run steps and time each instruction of the machine."""
        steps, *_, times = self._train(data, batches, table, [], lambda: False, profile=True)
        owners = self.program.encoded.owners
        spent = times.reshape(-1, len(owners) + 1) / steps  # a row per thread, the last column is waiting
        longest = spent.max(axis=0).tolist()
        seconds: dict[int, float] = {}
        for owner, each in zip(owners, longest[:-1], strict=True):
            seconds[owner] = seconds.get(owner, 0.0) + each
        return StepTimes(seconds, longest[-1], len(spent), self.program.isa, self.program.ceiling(len(spent)))

    def _train(
        self,
        data: Mapping[str, Array],
        batches: Batches,
        table: Mapping[str, Array],
        report: Sequence[str],
        stop: Callable[[], bool],
        profile: bool = False,
    ) -> tuple[Any, ...]:
        program = self.program
        data, table = program.checks.steps(self.shapes, data, batches, table)
        constants, columns, rows = self._scalars(table, len(batches))
        with self._machine.lock:
            machine = self._machine.thing
            if not self.alive:
                raise ForkedError("training steps in a child that was forked while another thread ran them")
            machine.load([self._spec(name, a) for name, a in self._waiting.items()])
            self._waiting = dict(self._in_place)
            forked, *result = machine.train(
                epochs=(batches.rows, batches.size, batches.first, batches.epochs, batches.seed, batches.shuffle),
                threads=program.threads_for(batches.size),
                kept=[self._spec(name, a) for name, a in self._kept.items()],
                data=[(v, program.ready(name, data[name])) for name, v in program.encoded.gathered.items()],
                constants=constants,
                table=rows,
                columns=columns,
                report=program.reported(report),
                stop=stop,
                may_go_alone=program.threads is None and program.plan.flops(batches.size) < SHORT_STEP and not profile,
                profile=profile,
            )
            if not forked:
                self._machine.thing = machine  # also in a child that a handler of signals forked on the way
        if forked:
            raise ForkedError("training steps that began before a fork", "no fork by a signal handler while they run")
        return tuple(result)

    def _scalars(self, table: Mapping[str, Array], steps: int) -> tuple[list[tuple[int, float]], list[int], Array]:
        """The numbers that are the same in every step, and the places and the table of those that are not."""
        numbers = {
            index: np.asarray(table[name] if name in table else np.broadcast_to(self._numbers[name], steps), np.float64)
            for name, index in self.program.encoded.scalars.items()
        }
        constants = {index: float(a[0]) for index, a in numbers.items() if a.strides == (0,)}  # one number, broadcast
        varying = {index: a for index, a in numbers.items() if index not in constants}
        rows = np.stack(list(varying.values()), axis=1) if varying else np.zeros((steps, 0))
        return list(constants.items()), list(varying), np.ascontiguousarray(rows)

    def _spec(self, name: str, array: Array | None) -> tuple[Any, ...]:
        return self.program.spec(self.program.encoded.arrays[name], array)

    def _blank(self, name: str) -> Array:
        return np.empty(self.shapes[name], self.program.dtype_of(name))
