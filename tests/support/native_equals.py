"""Whether the native machine computes what a graph means: values, step by step and as a whole, and bits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np

from any_graph import Case, random_case
from bounded import SMALLEST, Bounded, Bounds, concrete, outside
from clearprop.errors import InvalidValueError
from clearprop.execute import Batches, Native
from clearprop.execute.codes import CODES, OPS
from clearprop.execute.native import NativeProgram
from clearprop.graph import Graph
from clearprop.plan import Plan, Step
from plan_rules import broken, parts

THREADS = (1, 2, 4)
NAMES, MICROS = list(CODES), list(OPS)
MODES = ["full", "row", "column", "scalar", "file", "constant", "one_hot", "uniform"]


class WrongError(AssertionError):
    """A graph that the machine computes differently."""


def check(seed: int, isa: str | None = None, seen: Counter[str] | None = None) -> None:
    """Everything about the case of a seed.

    Raises:
        WrongError: saying where the machine differs.
    """
    case = random_case(seed)
    check_case(case, isa, seen)
    check_prediction(case, isa, seen)
    if case.stored:
        check_training(case, isa, seen)


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
    for program in programs.values():
        wrong = broken(program.plan)
        if wrong:
            raise WrongError(f"{case}{program.plan}\n" + "\n".join(wrong))
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
    seen[f"form {case.form}"] += 1
    seen[f"dtype {case.dtype}"] += 1
    for node in case.graph.nodes:
        seen[f"op {node.op.name}"] += 1
        seen[f"type {_kind(node.shape)}"] += 1


def check_prediction(case: Case, isa: str | None = None, seen: Counter[str] | None = None) -> None:
    """Bind a case's outputs that treat each row alone, and predict all rows, and one.

    Raises:
        WrongError: saying where it differs.
    """
    seen = Counter() if seen is None else seen
    for name, y in case.graph.outputs.items():
        graph = Graph({name: y})
        batches = [x for x, node in graph.inputs.items() if node.type.has_batch]
        given = case.values[0]
        parameters = {x: given[x] for x in graph.inputs if x not in batches}
        if len(batches) != 1 or "counter" in graph.inputs:
            continue
        try:
            predict = Native(None, isa).load(graph).bind(parameters)
        except InvalidValueError:  # a row depends on others
            continue
        X = given[batches[0]]
        with np.errstate(all="ignore"):
            expected = Bounds(case.dtype, case.n).of(graph.outputs, given)[name]
        for rows in (slice(None), slice(0, 1)):
            got = predict(X[rows])
            if got is None:  # NaN or infinities, which the caller answers with words
                continue
            times = outside(np.reshape(got, np.shape(expected.x[rows])), Bounded(expected.x[rows], expected.e[rows]))
            if times:
                raise WrongError(f"{case}prediction {name} of {rows} is {times:.3g} times its bound away")
            seen["predictions"] += 1


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


def check_training(case: Case, isa: str | None = None, seen: Counter[str] | None = None) -> None:
    """Run a case whose outputs replace inputs as training steps: one step by what it means, three by their bits.

    Raises:
        WrongError: saying where it differs.
    """
    seen = Counter() if seen is None else seen
    program = Native(1, isa).load(case.graph, case.stored)
    if not isinstance(program, NativeProgram):
        seen["steps not native"] += 1
        return
    wrong = broken(program.plan)
    if wrong:
        raise WrongError(f"{case}{program.plan}\n" + "\n".join(wrong))
    state, *_ = _trained(case, program, 1)
    with np.errstate(all="ignore"):
        expected = Bounds(case.dtype, case.n).of(case.graph.outputs, case.values[0])
    for output, name in case.stored.items():
        times = outside(state[name], expected[output])
        if times:
            raise WrongError(f"{case}{program.plan}\nafter a step {name} is {times:.3g} times its bound away")
    found = {
        (threads, reuse): _trained(case, Native(threads, isa).load(case.graph, case.stored, reuse), 3)
        for threads in THREADS
        for reuse in (True, False)
    }
    (first, reports), *others = found.values()
    for how, (state, told) in zip(list(found)[1:], others, strict=True):
        for name, value in state.items():
            if value.tobytes() != first[name].tobytes():
                raise WrongError(f"{case}{program.plan}\nthree steps leave other bits in {name} with {how}")
        if told.tobytes() != reports.tobytes():
            raise WrongError(f"{case}three steps report other bits with {how}")
    for threads in (2, 4):
        late = Native(threads, isa).load(case.graph, case.stored)
        for _ in range(4):
            if len(_trained(case, late, 2, stop=True)[1]) != 1:
                raise WrongError(f"{case}asked to stop, {threads} threads do not stop after the first step")
    seen["trained"] += 1
    count_codes(program, seen)
    for step in program.plan.steps:
        count(step, program.plan, seen)


def _trained(case: Case, program: Any, steps: int, stop: bool = False) -> tuple[dict[str, Any], Any]:
    """State and reports after some steps, each on all rows in order."""
    graph, given = case.graph, case.values[0]
    numbers = [name for name, x in graph.inputs.items() if x.shape == () and name not in case.stored.values()]
    data = {name: given[name] for name, x in graph.inputs.items() if x.type.has_batch}
    left = [name for name in graph.inputs if name not in data and name not in numbers and name != "counter"]
    state = {name: np.array(given[name], order="C") for name in left}
    table = {name: np.full(steps, float(given[name])) for name in numbers}
    batches = Batches(case.n, case.n, steps, shuffle=False, seed=int(given["counter"][0]) if "counter" in given else 0)
    report = [
        name for name, y in graph.outputs.items() if y.shape == () and y.type.is_float and name not in case.stored
    ]
    outcome = program.run_steps(state, data, batches, table, report, lambda: stop)
    return state, outcome.reports


def check_steps(case: Case, program: NativeProgram, seen: Counter[str]) -> None:
    """Each step of the plan on the numbers it was given, against the ops it stands for."""
    memory, file = program.memory(case.values[0], case.n)
    count_codes(program, seen)
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


def count_codes(program: NativeProgram, seen: Counter[str]) -> None:
    """Enter what a program is made of for the machine."""
    seen.update(f"code {NAMES[row[0]]}" for row in program.encoded.instructions)
    seen.update(f"micro {MICROS[row[0]]}" for row in program.encoded.micros)
    seen.update(f"read {MODES[row[0]]}" for row in program.encoded.operands)


def count(step: Step, plan: Plan, seen: Counter[str]) -> None:
    """Enter what a step used into the table of what was reached."""
    for part in parts(step):
        ranks = ", ".join(_kind(plan.values[v].type.shape) for v in part.inputs)
        seen[f"kernel {part.kernel}"] += 1
        seen[f"taken {part.kernel}({ranks})"] += 1
    seen[f"domain {step.domain or 'scalar'}"] += 1
    for v in (step.output, *(part.output for part in step.epilogue)):
        seen[f"place {plan.values[v].place}"] += 1
        seen[f"rank {_kind(plan.values[v].type.shape)}"] += 1


def _kind(shape: Any) -> str:
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
