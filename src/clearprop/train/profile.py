"""Where the time of a training step goes: seconds of every step of the plan, beside the machine's ceiling."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from clearprop.errors import InvalidValueError
from clearprop.execute import Array, Batches, Executor, StepTimes
from clearprop.nn import Architecture
from clearprop.plan import Plan, Step
from clearprop.train.optimizers import Optimizer
from clearprop.train.predict import Data
from clearprop.train.run import Run
from clearprop.train.scalars import scalar_table
from clearprop.train.step import step_graph
from clearprop.visible import visible


@dataclass(frozen=True)
class StepTime:
    """The time of one step of the plan.

    Attributes:
        label: what it makes, with the values of its epilogue.
        kernel: what runs.
        part: "forward", "backward", "gradient and update" or "rest".
        seconds: per training step, the longest of the threads.
        flops: floating-point operations.
    """

    label: str
    kernel: str
    part: str
    seconds: float
    flops: int

    @property
    def speed(self) -> float:
        """Floating-point operations per second."""
        return self.flops / self.seconds if self.seconds > 0 else 0.0


@dataclass(frozen=True)
class Profile:
    """The times of a training step's parts.

    Attributes:
        rows: one per step of the plan, in the order in which they run.
        waiting: seconds that threads spent waiting for each other, the longest.
        threads, isa, batch: how it ran.
        ceiling: floating-point operations per second of a register tile in L1, all threads together.
    """

    rows: tuple[StepTime, ...]
    waiting: float
    threads: int
    isa: str
    batch: int
    ceiling: float

    @property
    def seconds(self) -> float:
        """Of a whole step."""
        return sum(r.seconds for r in self.rows) + self.waiting

    @property
    def flops(self) -> int:
        """Of a whole step."""
        return sum(r.flops for r in self.rows)

    def parts(self) -> dict[str, float]:
        """Seconds by part."""
        found: dict[str, float] = {}
        for row in self.rows:
            found[row.part] = found.get(row.part, 0.0) + row.seconds
        return found | {"waiting": self.waiting}

    def __repr__(self) -> str:
        cells = [("step", "kernel", "µs", "share", "GFLOP/s", "of ceiling")]
        for r in self.rows:
            cells.append((r.label, r.kernel, *self._numbers(r.seconds, r.flops)))
        cells.append(("waiting", "", *self._numbers(self.waiting, 0)))
        cells.append(("one step", "", *self._numbers(self.seconds, self.flops)))
        widths = [max(len(row[i]) for row in cells) for i in range(6)]
        lines = [
            "  ".join(c.ljust(w) if i < 2 else c.rjust(w) for i, (c, w) in enumerate(zip(row, widths, strict=True)))
            for row in cells
        ]
        split = ", ".join(f"{name} {s / self.seconds:.0%}" for name, s in self.parts().items())
        machine = (
            f"{self.isa}, {self.threads} thread{'s' * (self.threads > 1)}, batches of {self.batch}; "
            f"ceiling {self.ceiling / 1e9:.0f} GFLOP/s (a register tile in L1, all threads)"
        )
        return visible("\n".join([line.rstrip() for line in lines] + [split, machine]), keep="\n")

    def _numbers(self, seconds: float, flops: int) -> tuple[str, str, str, str]:
        speed = flops / seconds if seconds > 0 else 0.0
        rated = (f"{speed / 1e9:.1f}", f"{speed / self.ceiling:.0%}") if flops else ("", "")
        return f"{seconds * 1e6:.2f}", f"{seconds / self.seconds:.0%}", *rated


def profile(
    architecture: Architecture,
    optimizer: Optimizer,
    executor: Executor,
    dtype: str,
    parameters: dict[str, Array],
    data: Data,
    batch_size: int,
    steps: int = 200,
) -> Profile:
    """Run training steps on copies of the parameters and time each step of the plan.

    Raises:
        InvalidValueError: if the executor keeps no times, as the reference.
    """
    step = step_graph(architecture, optimizer, dtype, data.form, data.weights is not None)
    program = executor.load(step.graph, step.stored, zeros=data.zeros)
    run = Run({name: a.copy() for name, a in parameters.items()})
    run.begin(optimizer, step.slots, dtype)
    batches = Batches(len(data), batch_size)
    batches = Batches(len(data), batch_size, max(1, -(-steps // batches.per_epoch)))
    state = {name: a for name, a in {**run.parameters, **run.slots}.items() if name in step.graph.inputs}
    table = scalar_table(architecture, optimizer, np.arange(len(batches)), len(batches), batches.per_epoch, 0)
    table["η"] = np.full(len(batches), 1e-9)  # small: the numbers stay what they are
    session = program.open(state)
    session.profile(data.arrays(), Batches(len(data), batch_size), table)  # warm up
    times = session.profile(data.arrays(), batches, table)
    if times is None:
        raise InvalidValueError("a profile of the reference executor", "the native machine", "see clearprop --version")
    return _profile(program.plan, times, min(batch_size, len(data)))


def _profile(plan: Plan, times: StepTimes, batch: int) -> Profile:
    rows = []
    for owner, spent in times.seconds.items():
        if owner < 0:
            rows.append(StepTime("X, y", "gather rows", "rest", spent, 0))
            continue
        step = plan.steps[owner]
        made = [plan.values[s.output] for s in (step, *step.epilogue)]
        label = ", ".join(dict.fromkeys(value.label for value in made if value.name is not None))
        rows.append(StepTime(label or "·", step.kernel, _part(plan, step), spent, step.flops(batch)))
    return Profile(tuple(rows), times.waiting, times.threads, times.isa, batch, times.ceiling)


def _part(plan: Plan, step: Step) -> str:
    """Which part of training a step belongs to, by what it makes."""
    names = [plan.values[s.output].name for s in (step, *step.epilogue)]
    roles = {name.role for name in names if name is not None}
    if "new" in roles:
        return "gradient and update"
    if step.kernel == "affine" or "value" in roles:
        return "forward"
    return "backward" if "gradient" in roles else "rest"
