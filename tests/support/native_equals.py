"""Whether the native machine computes what a graph means: values, step by step and as a whole, and bits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np
from any_graph import Case
from bounded import SMALLEST, Bounded, Bounds, concrete, outside

from clearprop.execute import Native
from clearprop.execute.native import NativeProgram
from clearprop.plan import Plan, Step

THREADS = (1, 2, 4)


class WrongError(AssertionError):
    """A graph that the machine computes differently."""


def check_case(case: Case, isa: str | None = None, seen: Counter[str] | None = None) -> None:
    """Run a case on the machine in every way and hold it to what it means.

    Raises:
        WrongError: saying where it differs.
    """
    seen = Counter() if seen is None else seen
    first, other = case.values
    programs = {t: Native(t, isa).load(case.graph) for t in THREADS}
    programs[0] = Native(1, isa).load(case.graph, reuse=False)
    if not isinstance(programs[1], NativeProgram):
        seen["not native"] += 1
        seen[f"not native: {getattr(programs[1], 'why', '')}"] += 1
        return
    apart = programs[0]
    assert isinstance(apart, NativeProgram)
    base = apart.run(first, case.n)
    for threads, program in programs.items():
        program.run(other, case.n)  # what a buffer held before must not show
        for name, value in program.run(first, case.n).items():
            if value.tobytes() != base[name].tobytes():
                how = f"{threads} threads" if threads else "buffers of their own, twice"
                raise WrongError(
                    f"{case}{name} has other bits with {how}: {value.ravel()[:8]} and {base[name].ravel()[:8]}"
                )
    _check_whole(case, base, seen)
    check_steps(case, apart, seen)
    seen["native"] += 1


def _check_whole(case: Case, got: Mapping[str, Any], seen: Counter[str]) -> None:
    """Outputs against the graph in float64, within the bound that running error analysis gives."""
    with np.errstate(all="ignore"):
        expected = Bounds(case.dtype, case.n).of(case.graph.outputs, case.values[0])
    for name, bounded in expected.items():
        if got[name].shape != np.shape(bounded.x):
            raise WrongError(f"{case}{name} has shape {got[name].shape}, not {np.shape(bounded.x)}")
        times = outside(got[name], bounded)
        if times:
            raise WrongError(
                f"{case}{name} is {times:.3g} times its bound away:\n{got[name]}\n{bounded.x}\nbound {bounded.e}"
            )
        seen["outputs"] += 1
        vague = np.asarray(bounded.e) > 0.01 * (np.abs(bounded.x) + 1e-3)
        seen["vague outputs"] += bool(np.any(vague | ~np.isfinite(bounded.x)))


def check_steps(case: Case, program: NativeProgram, seen: Counter[str]) -> None:
    """Each step of the plan on the numbers it was given, against the ops it stands for."""
    memory, file = program.memory(case.values[0], case.n)
    with np.errstate(all="ignore"):
        steps = _Steps(program, case, memory, file)
        for step in program.plan.steps:
            for v, bounded in steps.results(step).items():
                if v not in memory or program.plan.values[v].place == "register":
                    continue
                got = memory[v].reshape(np.shape(bounded.x))
                times = outside(got, bounded, slack=4 * SMALLEST[case.dtype])
                if times:
                    label = program.plan.values[v].label
                    raise WrongError(
                        f"{case}{program.plan}\nstep {step.kernel}, {label}: {times:.3g} times its bound away:\n"
                        f"{got}\n{bounded.x}\nbound {bounded.e}"
                    )
                seen["steps"] += 1
            count(step, program.plan, seen)


def count(step: Step, plan: Plan, seen: Counter[str]) -> None:
    """Enter what a step used into the table of what was reached."""
    for part in (step, *step.epilogue):
        ranks = ", ".join(_kind(plan, v) for v in part.inputs)
        seen[f"kernel {part.kernel}"] += 1
        seen[f"taken {part.kernel}({ranks})"] += 1
    seen[f"domain {step.domain or 'scalar'}"] += 1
    for v in (step.output, *(part.output for part in step.epilogue)):
        seen[f"place {plan.values[v].place}"] += 1
        seen[f"rank {_kind(plan, v)}"] += 1


def _kind(plan: Plan, v: int) -> str:
    shape = plan.values[v].type.shape
    return "(" + ", ".join("1" if d == 1 else "k" if isinstance(d, int) else "N" for d in shape) + ")"


class _Steps:
    """The plan's steps as ops on bounded numbers: what lies in memory is exact, as the machine left it."""

    def __init__(self, program: NativeProgram, case: Case, memory: Mapping[int, Any], file: Any) -> None:
        self.plan, self.n = program.plan, case.n
        self.bounds = Bounds(case.dtype, case.n)
        self.dtype = case.dtype
        self.known: dict[int, Bounded] = {}
        for v, value in enumerate(self.plan.values):
            if v in memory and value.place in ("input", "slot", "state", "copy"):
                x = memory[v].reshape(concrete(value.type.shape, self.n))
                self.known[v] = Bounded.exact(x > 0.5 if value.type.dtype == "bool" else x)
        for v, place in program.encoded.file_of.items():
            value = self.plan.values[v]
            self.known[v] = Bounded.exact(file[place] > 0.5 if value.type.dtype == "bool" else file[place])
        for name, v in self.plan.inputs.items():
            if v not in self.known or self.plan.values[v].type.dtype == "i64":
                self.known[v] = Bounded.exact(case.values[0][name])

    def results(self, step: Step) -> dict[int, Bounded]:
        """What a step and its epilogue make, from what is in memory."""
        inside: dict[int, Bounded] = {}
        parts = ([] if step.kernel == "chain" else [step]) + list(step.epilogue)
        for part in parts:
            inputs = [self._value(v, inside) for v in part.inputs]
            inside[part.output] = self._apply(part, inputs)
        return inside

    def _apply(self, step: Step, inputs: list[Bounded]) -> Bounded:
        kernel = "identity" if step.kernel == "copy" else step.kernel
        return self.bounds.apply(kernel, step.attrs, inputs)

    def _value(self, v: int, inside: Mapping[int, Bounded]) -> Bounded:
        if v in inside:
            return inside[v]
        if v in self.known:
            return self.known[v]
        value = self.plan.values[v]
        if value.place == "constant":
            attrs = {"value": value.number, "shape": value.type.shape, "dtype": value.type.dtype}
            return self._apply(Step("constant", (), v, attrs, value.number, value.number), [])  # type: ignore[arg-type]
        step = self.plan.views[v]
        return self._apply(step, [self._value(i, inside) for i in step.inputs])
