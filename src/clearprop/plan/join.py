"""Decide which steps of a plan run as one: an elementwise step joins the group that computes one of its inputs."""

from __future__ import annotations

from dataclasses import replace

from clearprop.plan.cost import PerBatch, size_in_bytes
from clearprop.plan.groups import StepGroup, StepGroups, in_order
from clearprop.plan.operand import CONSTANT, FILE, FULL, Operand, in_memory, operand_of
from clearprop.plan.plan import Plan, Step

# Ops whose result is a view: it is not stored; what reads it computes each element from the op's own input.
SPREAD = frozenset({"identity", "stop_gradient", "broadcast", "one_hot", "uniform"})
# Kernels that make some rows of a matrix at a time, in its place, on which the chain behind them then runs.
BY_ROWS = frozenset({"matmul", "affine", "take_columns", "add_columns", "scatter_rows", "add_embedded"})


class JoinedPlan:
    """The values of a plan, and its steps collected into groups; each group is to run as one step.

    A *chain* is a list of elementwise steps that run one after another on each piece of the data. The *head* of a group
    is its one step that is not elementwise, such as a matrix product; the group's chain then runs on the head's result.
    A *view* is a value that is not stored: what reads it reads its source instead, under another name or shape, or
    spread to a larger shape (a broadcast, a one-hot row). How a step reads one input is an `Operand`.

    Args:
        plan: one step per node of the graph; no two values share memory.
        elementwise: kernels that may be part of a chain.

    Attributes:
        values: the plan's values, and behind them the copies that had to be made of some.
        groups: all steps but `scalars` and the steps behind views.
        scalars: steps that compute a number from numbers known before a training step begins, such as 1 − β₁. They are
            in no group: every thread computes them for itself.
        makers: value → the step that computes it.
        outputs: output name → the value to read it from after the run.
    """

    def __init__(self, plan: Plan, elementwise: frozenset[str]) -> None:
        self._plan, self._elementwise = plan, elementwise
        self._stored = {plan.inputs[name] for name in plan.stored.values()}  # inputs that new state overwrites: W1
        self._copies: dict[int, int] = {}  # value → its copy
        self.values = [replace(v, slot=None) for v in plan.values]  # `place` assigns the buffers later
        self.makers = {step.output: step for step in plan.steps}
        self.groups = StepGroups()
        self.scalars: list[Step] = []
        for v in plan.inputs.values():
            if self.values[v].type.shape == () and v not in self._stored:
                self._set_place(v, "scalar")
        for step in plan.steps:
            self._add(step)
        self.outputs = {name: self._output(name, v) for name, v in plan.outputs.items()}

    # --- how a value is read

    def root(self, v: int) -> int:
        """The value whose memory holds v: v itself, or the source of a view."""
        return in_memory(v, self.values, self.makers)

    def operands(self, step: Step) -> list[Operand]:
        """How an elementwise step reads its inputs."""
        return [self._operand(v) for v in step.inputs]

    def _operand(self, v: int) -> Operand:
        operand = operand_of(v, self.values, self.makers)
        assert operand is not None, "_add has stored the source of a broadcast that was itself spread"
        return operand

    def needs(self, operands: list[Operand]) -> set[int]:
        """The numbers of the groups that compute what these operands read."""
        return self.groups.makers(x.value for x in operands)

    def _same_shape_in_memory(self, v: int) -> int:
        """A value with v's numbers and shape that can be read without spreading.

        It is the array that v is another name of; v itself if v has that array's numbers in another shape, (N,) of
        (N, 1), or is a number known before the run; or a new copy.
        """
        operand = operand_of(v, self.values, self.makers)
        if operand is not None and operand.mode == FULL:
            return operand.value if self.values[operand.value].type.shape == self.values[v].type.shape else v
        if operand is not None and operand.mode in (FILE, CONSTANT) and self.values[v].type.shape == ():
            return v
        return self._copy(v)

    def _one_hot(self, v: int) -> int | None:
        """The one-hot value that v is, or is another name of; None if v is something else."""
        while v in self.makers and self.makers[v].kernel in ("identity", "stop_gradient"):
            v = self.makers[v].inputs[0]
        return v if v in self.makers and self.makers[v].kernel == "one_hot" else None

    # --- adding a step

    def _add(self, step: Step) -> None:
        """Put a step where it belongs: among the scalars, behind a view, in a chain, or at the head of a group."""
        v = step.output
        if self._is_scalar(step):
            self._set_place(v, "scalar")
            self.scalars.append(step)
        elif step.kernel in SPREAD:
            if operand_of(v, self.values, self.makers) is None:  # a broadcast of a spread value: store that one first
                self.makers[v] = replace(step, inputs=(self._same_shape_in_memory(step.inputs[0]),))
        elif self.values[v].place == "view":
            pass  # a sum over the only column of a batch: the same memory, in another shape
        elif step.kernel in self._elementwise:
            self._add_elementwise(step)
        else:
            self._add_head(step)

    def _set_place(self, v: int, place: str) -> None:
        self.values[v] = replace(self.values[v], place=place, source=None)

    def _is_scalar(self, step: Step) -> bool:
        """Whether a step makes a number from numbers that are known before the run begins."""
        if self.values[step.output].type.shape != ():
            return False
        if step.kernel not in self._elementwise | {"size", "identity", "stop_gradient"}:
            return False
        return all(self.values[i].place in ("constant", "scalar") for i in step.inputs)

    def _add_head(self, step: Step) -> None:
        """Begin a group with a step that is not elementwise; such a step reads arrays in memory only.

        Cross-entropy of one-hot targets reads their labels instead, so that the one-hot rows are never stored.
        """
        rows = self._one_hot(step.inputs[1]) if step.kernel == "softmax_cross_entropy" else None
        inputs = [
            rows if rows is not None and k == 1 else self._same_shape_in_memory(v) for k, v in enumerate(step.inputs)
        ]
        group = self.groups.begin(replace(step, inputs=tuple(inputs)))
        group.needs |= self.groups.makers(map(self.root, inputs))

    def _add_elementwise(self, step: Step) -> None:
        """Append a step to the chain of a group that computes one of its inputs, or begin a group with it.

        If it reads several groups, those that can run as one step are merged first.
        """
        step = self._gate_on_relu(step)
        operands = self.operands(step)
        joined: int | None = None
        for operand in operands:
            number = self.groups.maker(operand.value) if operand.mode == FULL else None
            if number is None or number == joined or not self._fits_behind(step, operands, number):
                continue
            if any(self.groups.reaches(other, number) for other in self.needs(operands) - {number}):
                continue  # another input is computed from this group's results: the two would need each other
            joined = number if joined is None else self._merged(joined, number)
        group = self.groups.begin() if joined is None else self.groups[joined]
        self.groups.append(step, group, self.needs(operands))

    def _gate_on_relu(self, step: Step) -> Step:
        """Let a gate, [z > 0]·g, read relu(z) instead of z: the result is the same, and z need not be kept for it."""
        if step.kernel == "gate":
            for other in self._plan.steps:
                made_already = self.groups.maker(other.output) is not None
                if other.kernel == "relu" and other.inputs[0] == step.inputs[0] and made_already:
                    return replace(step, inputs=(other.output, step.inputs[1]))
        return step

    def _fits_behind(self, step: Step, operands: list[Operand], number: int) -> bool:
        """Whether a step can be appended to a group's chain: it reads the group's values only element by element."""
        group = self.groups[number]
        from_group = [x for x in operands if self.groups.maker(x.value) == number]
        return self.can_carry(group, step) and all(x.mode == FULL for x in from_group)

    def can_carry(self, group: StepGroup, step: Step) -> bool:
        """Whether a step can be in this group's chain: its result has the same shape, and the group can have a chain.

        A group without a head can have one. So can a product of two matrices, columns taken or added up,
        rows added up by number, and a sum or maximum over axis 0 of a matrix or over the batch.
        """
        if self.values[group.made[0]].type.shape != self.values[step.output].type.shape:
            return False
        head = group.head
        if head is None:
            return True
        types = [self.values[v].type for v in head.inputs]
        if head.kernel in ("matmul", "affine"):
            return types[0].rank == types[1].rank == 2
        if head.kernel in BY_ROWS:
            return True
        over_rows = head.kernel in ("sum", "max") and head.attrs["axis"] == 0
        return over_rows and (types[0].rank == 2 or self.values[head.inputs[0]].is_batch)

    def _merged(self, a: int, b: int) -> int:
        """Merge two groups that a step reads, if they may become one step. Returns the group that the step joins.

        If they may not, that is the group that was begun later; the step then reads the other's result from memory.
        """
        first, second = self.groups[a], self.groups[b]
        if (first.head and second.head) or not self.groups.may_merge(a, b):
            return max(a, b)
        kept, gone = (first, second) if first.head else (second, first)
        self.groups.merge(kept, gone, self.ordered(kept.chain + gone.chain))
        return kept.number

    def ordered(self, chain: list[Step]) -> list[Step]:
        """The steps of a chain, reordered so that each comes after those whose results it reads."""
        steps = {step.output: step for step in chain}
        order = in_order(steps, lambda v: [r for r in map(self.root, steps[v].inputs) if r in steps])
        return [steps[v] for v in order]

    def _copy(self, v: int) -> int:
        """A new value with the numbers of v, stored by an elementwise step; asked again, the same copy."""
        if v in self._copies:
            return self._copies[v]
        copied = self._copies[v] = len(self.values)
        self.values.append(replace(self.values[v], label=f"copy of {self.values[v].label}", place="slot", source=None))
        step = Step("identity", (v,), copied, {}, PerBatch(), size_in_bytes(self.values[v].type))
        self.makers[copied] = step
        self._add_elementwise(step)
        return copied

    def _output(self, name: str, v: int) -> int:
        """The value to read an output from after the run, when new state has overwritten the old (W1′ is in W1).

        New state needs an array of its own, unless it is the very input that it would overwrite. Any other output is
        copied if it would otherwise be read from an array that is overwritten, or is a constant.
        """
        operand = operand_of(v, self.values, self.makers)
        if name in self._plan.stored:  # new state
            has_array = operand is not None and operand.mode == FULL and operand.value not in self._plan.inputs.values()
            is_unchanged = operand is not None and operand.value == self._plan.inputs[self._plan.stored[name]]
            return self._same_shape_in_memory(v) if has_array or is_unchanged else self._copy(v)
        old = operand is not None and (operand.value in self._stored or operand.mode == CONSTANT)
        return self._copy(v) if old else self._same_shape_in_memory(v)
