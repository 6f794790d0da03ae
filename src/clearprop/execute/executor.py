"""What an executor is. It loads graphs as programs; a program computes, predicts, and opens sessions that train."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from clearprop.execute.batches import Batches, Outcome
from clearprop.execute.reference import Array
from clearprop.execute.repeated import PlainlyRepeated, Repeated
from clearprop.execute.validation import Validation
from clearprop.graph import Graph
from clearprop.plan import Plan

if TYPE_CHECKING:
    from clearprop.execute.together import Steps


@dataclass(frozen=True)
class StepTimes:
    """Where the time of training steps went.

    Attributes:
        seconds: per training step, the longest of the threads, by index of the plan's step; −1 is fetching the rows.
        waiting: seconds per training step that threads waited for each other, the longest.
        threads, isa: how many ran, on which instruction set.
        ceiling: floating-point operations per second that no product can exceed here, all threads together.
    """

    seconds: Mapping[int, float]
    waiting: float
    threads: int
    isa: str
    ceiling: float


class Session(Protocol):
    """State that training steps carry from one to the next, kept where the executor works on it.

    Some of the state is *kept*: its arrays stay the caller's, and hold the state of now whenever no steps run. So other
    threads can read them at any time. Everything else, such as the optimizer's arrays, is here alone.
    """

    @property
    def program(self) -> Program:
        """Whose steps it runs."""
        ...

    @property
    def shapes(self) -> Mapping[str, tuple[int, ...]]:
        """Of the whole state, by name."""
        ...

    @property
    def alive(self) -> bool:
        """False in a child that was forked while steps ran: it has no part of the state but what is kept."""
        ...

    def run(
        self,
        data: Mapping[str, Array],
        batches: Batches,
        table: Mapping[str, Array],
        report: Sequence[str],
        stop: Callable[[], bool],
        validation: Validation | None = None,
    ) -> Outcome:
        """Run one training step per batch of rows; the outputs that the plan stores become the next step's inputs.

        Args:
            data: arrays whose rows are gathered for each batch.
            batches: which rows, over some epochs.
            table: one number per step for every other input: learning rate, bias corrections. The random counter is
                (seed, epoch, step of the epoch), as `batches` has them.
            report: names of scalar outputs to record.
            stop: asked now and then whether to leave.
            validation: rows whose loss is computed after every epoch; it receives the losses, and the best state. The
                steps end when its patience runs out, or when some of the state that is not kept is no longer finite.

        Returns:
            What was reported, and what happened. The steps end when a reported value is not finite, or a kept array at
            the end of an epoch. What is kept is then put back to what it was at the start of the last epoch whose first
            report was finite; so it is finite in every number if the start was.

        Raises:
            ForkedError: in a child that was forked while steps ran.
        """
        ...

    @staticmethod
    def run_together(work: Sequence[Steps], threads: int, stop: Callable[[Sequence[int]], bool]) -> list[Outcome]:
        """The steps of several sessions of this kind, see `together.run_together`."""
        ...

    def validates(self, program: Program) -> bool:
        """Whether `run` can compute the loss of this program's after every epoch."""
        ...

    def read(self, names: Iterable[str]) -> dict[str, Array] | None:
        """Copies of some of the state by name; None while another thread runs steps, and if not `alive`."""
        ...

    def assigned(self, name: str) -> None:
        """Take over the numbers of a kept array that the caller has changed, before the next step."""
        ...

    def finite(self, name: str) -> bool:
        """Whether all numbers of an array are finite."""
        ...

    def free_buffers(self) -> None:
        """Give back the memory of everything but the state, until the next run."""
        ...

    def profile(self, data: Mapping[str, Array], batches: Batches, table: Mapping[str, Array]) -> StepTimes | None:
        """Run steps and time them; None if the executor keeps no times."""
        ...


class Program(Protocol):
    """A plan made ready to run. Two are equal if one can go on with the other's sessions."""

    plan: Plan
    passes: Mapping[str, Plan]  # the plan after each pass of the planner, the last one being what runs
    why: str  # why this is not what was asked for: what the native machine has no kernel for, or nothing

    def run(self, inputs: Mapping[str, Array], n: int | None = None) -> dict[str, Array]:
        """Compute the outputs, by name, for inputs of the planned types; the results are fresh arrays.

        Args:
            inputs: a value for every input, by name.
            n: the batch size, where no input has a batch axis to take it from.

        Raises:
            ShapeError: if an input's shape is not the planned one, or two inputs disagree about the batch size.
            InvalidValueError: for a row number or a label out of its range.
        """
        ...

    def open(self, state: Mapping[str, Array], kept: Sequence[str] = ()) -> Session:
        """Begin to train with this state.

        Args:
            state: arrays that steps carry on: parameters, the optimizer's arrays. They belong to the session from now.
            kept: names of those that stay the caller's, see `Session`.

        Raises:
            ShapeError, DTypeError: for arrays that are not as planned.
            InvalidValueError: for arrays that share memory.
        """
        ...

    def run_steps(
        self,
        state: Mapping[str, Array],
        data: Mapping[str, Array],
        batches: Batches,
        table: Mapping[str, Array],
        report: Sequence[str],
        stop: Callable[[], bool],
        kept: Sequence[str] = (),
    ) -> Outcome:
        """Run training steps in a session that ends with them, see `Session.run`; `state` is updated in place."""
        session = self.open(state, kept)
        try:
            return session.run(data, batches, table, report, stop)
        finally:
            for name, array in (session.read(name for name in state if name not in kept) or {}).items():
                np.copyto(state[name], array)

    def repeated(self, held: Mapping[str, Array], n: int) -> Repeated:
        """What the program makes, again and again, of arrays that stay where they are and of inputs that change.

        It saves what `run` costs beside the computing, which for a network of a few units is nearly everything.

        Args:
            held: arrays of the planned types, read where they lie in each call.
            n: the batch size.
        """
        return PlainlyRepeated(self, held, n)

    def bind(self, parameters: Mapping[str, Array], threads: int | None = None) -> Callable[[Array], Array]:
        """A function X → output of the rows of X, with these parameters, for any number of rows.

        Raises:
            InvalidValueError: if the graph does not give one output from one input beside the parameters, if the output
                for a row depends on other rows, or if it is random.
        """
        ...


class Executor(Protocol):
    """Something that runs graphs."""

    name: str

    def load(
        self,
        graph: Graph,
        stored: Mapping[str, str] | None = None,
        reuse: bool = True,
        zeros: Collection[str] = (),
    ) -> Program:
        """Plan a graph and make it ready to run.

        Args:
            graph: what to compute.
            stored: output name → name of the input that it replaces in the next step.
            reuse: whether values may share memory with others that are no longer needed.
            zeros: inputs with a row per sample that are mostly 0, if the executor can make use of that.
        """
        ...

    def describe(self) -> str:
        """The executor in words, as for a person who asks what runs here."""
        ...
