"""Training on the native machine: the state stays in the machine's layout from call to call."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from clearprop.errors import DTypeError, ForkedError
from clearprop.execute.batches import Batches, Outcome
from clearprop.execute.binary import native as _native
from clearprop.execute.executor import Program, StepTimes
from clearprop.execute.reference import Array
from clearprop.execute.together import Steps, holding
from clearprop.execute.validation import CHUNK, Validation

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
        validation: Validation | None = None,
    ) -> Outcome:
        """Run training steps, see `Session.run`; all of them in one call of the machine."""
        made = self._train(data, batches, table, report, stop, validation)
        return _outcome(made, report, validation)

    @staticmethod
    def run_together(work: Sequence[Steps], threads: int, stop: Callable[[Sequence[int]], bool]) -> list[Outcome]:
        """All in one call of the machine, see `Session.run_together`."""
        sessions = [cast(NativeSession, steps.session) for steps in work]
        copies: dict[int, Array] = {}
        assignments = [
            session._assignment(steps.data, steps.batches, steps.table, steps.report, steps.validation, copies)
            for session, steps in zip(sessions, work, strict=True)
        ]

        def trained() -> list[Any]:
            machines = [session._taken() for session in sessions]
            made: list[Any] = _native.side_by_side(
                list(zip(machines, assignments, strict=True)), threads=threads, stop=stop
            )
            for session, machine, outcome in zip(sessions, machines, made, strict=True):
                session._given_back(machine, outcome)
            return made

        made = holding([session._machine.lock for session in sessions], trained)
        return [_outcome(each, steps.report, steps.validation) for each, steps in zip(made, work, strict=True)]

    def validates(self, program: Program) -> bool:
        """Whether the machine can score that program: code for it, too, that reads nothing but what is kept here."""
        if not isinstance(program, type(self.program)) or program.isa != self.program.isa:
            return False
        code = program.encoded
        shared = all(self._shared(program, name) for name in code.arrays)
        return shared and code.counter is None and code.scalars.keys() <= self._numbers.keys()

    def _shared(self, program: NativeProgram, name: str) -> bool:
        """Whether another program has an array of the kept state in the same layout."""
        if name not in self._kept or not program.is_packed(name) or not self.program.is_packed(name):
            return False
        ours = self.program.encoded.values[self.program.encoded.arrays[name]]
        return ours[:2] == program.encoded.values[program.encoded.arrays[name]][:2]

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
        with self._machine.lock:
            finite: bool = self._holder.finite([self._extent(name)])
        return finite

    def free_buffers(self) -> None:
        """Give back the memory of everything but the state."""
        with self._machine.lock:
            self._machine.thing.forget_batches()

    def profile(self, data: Mapping[str, Array], batches: Batches, table: Mapping[str, Array]) -> StepTimes:
        """Run steps and time each instruction of the machine."""
        made = self._train(data, batches, table, [], lambda: False, profile=True)
        owners = self.program.encoded.owners
        spent = made.profile.reshape(-1, len(owners) + 1) / made.steps  # a row per thread, the last column is waiting
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
        validation: Validation | None = None,
        profile: bool = False,
    ) -> Any:
        program = self.program
        assignment = self._assignment(data, batches, table, report, validation)
        with self._machine.lock:
            machine = self._taken()
            made = _native.train(
                machine,
                assignment,
                threads=program.threads_for(batches.size),
                stop=stop,
                may_go_alone=program.threads is None and program.plan.flops(batches.size) < SHORT_STEP and not profile,
                profile=profile,
            )
            self._given_back(machine, made)
        return made

    def _taken(self) -> Any:
        """The machine with the state of now; for the holder of its lock."""
        if not self.alive:
            raise ForkedError("training steps in a child that was forked while another thread ran them")
        self._holder.load([self._spec(name, a) for name, a in self._waiting.items()])
        self._waiting = dict(self._in_place)
        return self._holder

    def _given_back(self, machine: Any, made: Any) -> None:
        if made.forked:
            raise ForkedError("training steps that began before a fork", "no fork by a signal handler while they run")
        self._machine.thing = machine  # also in a child that a handler of signals forked on the way

    def _assignment(
        self,
        data: Mapping[str, Array],
        batches: Batches,
        table: Mapping[str, Array],
        report: Sequence[str],
        validation: Validation | None,
        copies: dict[int, Array] | None = None,
    ) -> Any:
        """What the machine is to do, checked; it holds the arrays that it names.

        `copies` are of the integers in the data of several assignments, by the `id` of what they were made from.
        """
        program = self.program
        batches = batches.owned()
        data, table = program.checks.steps(self.shapes, data, batches, table, copies)
        constants, columns, rows = self._scalars(table, len(batches))
        assignment = _native.Assignment(
            epochs=(
                *(batches.rows, batches.size, batches.first, batches.epochs),
                *(batches.seed, batches.shuffle, batches.joins),
            ),
            among=batches.among,
            order=batches.order,
            kept=[self._spec(name, a) for name, a in self._kept.items()],
            data=program.sources(data),
            constants=constants,
            table=rows,
            columns=columns,
            report=program.reported(report),
        )
        if validation is not None:
            self._hold_out(assignment, validation, copies)
        return assignment

    def _hold_out(self, assignment: Any, validation: Validation, copies: dict[int, Array] | None) -> None:
        held_out, state = validation.held_out, self.program.encoded.arrays
        scorer = cast("NativeProgram", held_out.program)
        data, rows = scorer.checks.held_out(held_out.data, held_out.numbers, copies)
        places = [(name, scorer.spec(v, None)) for name, v in scorer.encoded.arrays.items()]
        validation.best_state = {name: self._blank(name) for name in self._kept}
        assignment.hold_out(
            program=scorer.code,
            state=[(state[name], v, twin, height, width) for name, (v, twin, _, height, width) in places],
            data=scorer.sources(data),
            constants=[(place, float(self._numbers[name])) for name, place in scorer.encoded.scalars.items()],
            loss=scorer.reported(["loss"])[0],
            rows=rows,
            chunk=CHUNK,
            in_threads=scorer.threads_for(min(len(rows), CHUNK)) > 1,
            patience=(
                validation.patience is not None,
                validation.patience or 0,
                validation.min_delta,
                math.nan if validation.best is None else validation.best,
                validation.waited,
            ),
            best=[self._spec(name, a) for name, a in validation.best_state.items()],
            rest=[self._extent(name) for name in self.shapes.keys() - self._kept if self._is_packed(name)],
        )

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

    def _extent(self, name: str) -> tuple[int, int, int]:
        v, _, _, rows, cols = self._spec(name, None)
        return v, rows, cols

    def _is_packed(self, name: str) -> bool:
        return name in self.program.encoded.arrays and self.program.is_packed(name)

    def _blank(self, name: str) -> Array:
        return np.empty(self.shapes[name], self.program.dtype_of(name))


def _outcome(made: Any, report: Sequence[str], validation: Validation | None) -> Outcome:
    if validation is not None:
        validation.losses, validation.stopped = made.validation.tolist(), made.stopped
        validation.best = None if math.isnan(made.best) else made.best
        validation.waited = made.waited
        validation.best_epoch = made.best_epoch if made.best_epoch >= 0 else None
    reports = made.reports.reshape(made.steps, len(report))
    return Outcome(reports, made.seconds.tolist(), made.diverged, made.good_epoch)
