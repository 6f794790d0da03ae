"""Which steps of a plan run as one: each step in turn joins the group that makes what it reads, or begins a new one."""

from __future__ import annotations

from dataclasses import replace

from clearprop.plan.cost import PerBatch, size_in_bytes
from clearprop.plan.groups import StepGroup, StepGroups, in_order
from clearprop.plan.operand import CONSTANT, FILE, FULL, Operand, in_memory, operand_of
from clearprop.plan.plan import Plan, Step

HEADS = frozenset({"matmul", "affine", "sum", "max"})  # besides chains: what can carry an epilogue
SPREAD = frozenset({"identity", "stop_gradient", "broadcast", "one_hot", "uniform"})  # read through, not stored


class JoinedPlan:
    """The values of a plan, and its steps in groups.

    Args:
        plan: one step per node, nothing sharing memory.
        elementwise: kernels that may be part of a chain.

    Attributes:
        values: those of the plan, and the copies that had to be made of some.
        groups: of all steps that compute arrays.
        scalars: steps that compute a number from numbers known before a training step begins, such as 1 − β₁: every
            thread can compute it for itself.
        makers: value → the step that makes it.
        outputs: name → the value that is in memory when the run is over.
    """

    def __init__(self, plan: Plan, elementwise: frozenset[str]) -> None:
        self._plan, self._elementwise = plan, elementwise
        self._stored = {plan.inputs[name] for name in plan.stored.values()}  # inputs that a run replaces
        self._copies: dict[int, int] = {}  # value → its copy
        self.values = [replace(v, slot=None) for v in plan.values]  # memory is found at the end
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
        """The value in whose memory v is found."""
        return in_memory(v, self.values, self.makers)

    def operands(self, step: Step) -> list[Operand]:
        """How an elementwise step reads its inputs."""
        return [self._operand(v) for v in step.inputs]

    def _operand(self, v: int) -> Operand:
        operand = operand_of(v, self.values, self.makers)
        assert operand is not None, "what takes a step to spread was written out when it was added"
        return operand

    def needs(self, operands: list[Operand]) -> set[int]:
        """The groups that make some operands."""
        return self.groups.makers(x.value for x in operands if x.mode != CONSTANT)

    def _same_shape_in_memory(self, v: int) -> int:
        """A value of v's shape and numbers that is an array in memory; v is copied to one if it is spread when read."""
        operand = operand_of(v, self.values, self.makers)
        if operand is not None and operand.mode == FULL:
            return operand.value if self.values[operand.value].type.shape == self.values[v].type.shape else v
        if operand is not None and operand.mode in (FILE, CONSTANT) and self.values[v].type.shape == ():
            return v
        return self._copy(v)

    def _one_hot(self, v: int) -> int | None:
        """The one-hot rows that v is, by whatever name; None if it is something else."""
        while v in self.makers and self.makers[v].kernel in ("identity", "stop_gradient"):
            v = self.makers[v].inputs[0]
        return v if v in self.makers and self.makers[v].kernel == "one_hot" else None

    # --- adding a step

    def _add(self, step: Step) -> None:
        v = step.output
        if self._is_scalar(step):
            self._set_place(v, "scalar")
            self.scalars.append(step)
        elif step.kernel in SPREAD:
            if self.values[v].place != "view":
                self._set_place(v, "view")
            if operand_of(v, self.values, self.makers) is None:  # spread from what is spread itself: write that out
                self.makers[v] = replace(step, inputs=(self._same_shape_in_memory(step.inputs[0]),))
        elif self.values[v].place == "view":
            pass
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
        """A step that is not elementwise begins a group; it reads arrays in memory.

        Cross-entropy reads the labels behind one-hot rows, which are therefore not written out for it.
        """
        rows = self._one_hot(step.inputs[1]) if step.kernel == "softmax_cross_entropy" else None
        inputs = [
            rows if rows is not None and k == 1 else self._same_shape_in_memory(v) for k, v in enumerate(step.inputs)
        ]
        group = self.groups.begin(replace(step, inputs=tuple(inputs)))
        group.needs |= self.groups.makers(map(self.root, inputs))

    def _add_elementwise(self, step: Step) -> None:
        """Join the groups that make the inputs, as many of them as can become one; else begin a group."""
        step = self._gate_on_relu(step)
        operands = self.operands(step)
        joined: int | None = None
        for operand in operands:
            number = self.groups.maker(operand.value) if operand.mode == FULL else None
            if number is None or number == joined or not self._fits_behind(step, operands, number):
                continue
            if any(self.groups.reaches(other, number) for other in self.needs(operands) - {number}):
                continue
            joined = number if joined is None else self._merged(joined, number)
        group = self.groups.begin() if joined is None else self.groups[joined]
        self.groups.append(step, group, self.needs(operands))

    def _gate_on_relu(self, step: Step) -> Step:
        """[z > 0] g is [relu(z) > 0] g: then z itself need not be kept for the backward pass."""
        if step.kernel == "gate":
            for other in self._plan.steps:
                made_already = self.groups.maker(other.output) is not None
                if other.kernel == "relu" and other.inputs[0] == step.inputs[0] and made_already:
                    return replace(step, inputs=(other.output, step.inputs[1]))
        return step

    def _fits_behind(self, step: Step, operands: list[Operand], number: int) -> bool:
        """Whether a step can be the next in a group's chain: it reads, element by element, what has the same shape."""
        group = self.groups[number]
        from_group = [x for x in operands if x.mode != CONSTANT and self.groups.maker(x.value) == number]
        return self.can_carry(group, step) and all(x.mode == FULL for x in from_group)

    def can_carry(self, group: StepGroup, step: Step) -> bool:
        """Whether a group makes values of the shape of the step's and can have a chain.

        Chains can, products of matrices, and sums over the rows of one.
        """
        if self.values[group.made[0]].type.shape != self.values[step.output].type.shape:
            return False
        head = group.head
        if head is None:
            return True
        types = [self.values[v].type for v in head.inputs]
        if head.kernel in ("matmul", "affine"):
            return types[0].rank == types[1].rank == 2
        over_rows = head.kernel in HEADS and head.attrs["axis"] == 0
        return over_rows and (types[0].rank == 2 or self.values[head.inputs[0]].is_batch)

    def _merged(self, a: int, b: int) -> int:
        """Make one of two groups that a step reads, if that is possible; the number of the one that the step joins."""
        first, second = self.groups[a], self.groups[b]
        if (first.head and second.head) or not self.groups.may_merge(a, b):
            return max(a, b)
        kept, gone = (first, second) if first.head else (second, first)
        self.groups.merge(kept, gone, self.ordered(kept.chain + gone.chain))
        return kept.number

    def ordered(self, chain: list[Step]) -> list[Step]:
        """A chain in an order in which it can run."""
        steps = {step.output: step for step in chain}
        order = in_order(steps, lambda v: [r for r in map(self.root, steps[v].inputs) if r in steps])
        return [steps[v] for v in order]

    def _copy(self, v: int) -> int:
        """A value of its own with the numbers of another one, made by an elementwise step; one for each value."""
        if v in self._copies:
            return self._copies[v]
        copied = self._copies[v] = len(self.values)
        self.values.append(replace(self.values[v], label=f"copy of {self.values[v].label}", place="slot", source=None))
        step = Step("identity", (v,), copied, {}, PerBatch(), size_in_bytes(self.values[v].type))
        self.makers[copied] = step
        self._add_elementwise(step)
        return copied

    def _output(self, name: str, v: int) -> int:
        """The value that an output is read from when the run is over, when new state has replaced the old."""
        operand = operand_of(v, self.values, self.makers)
        if name in self._plan.stored:  # a place of its own, if it is not what was there before
            own = operand is not None and operand.mode == FULL and operand.value not in self._plan.inputs.values()
            stays = operand is not None and operand.value == self._plan.inputs[self._plan.stored[name]]
            return self._same_shape_in_memory(v) if own or stays else self._copy(v)
        old = operand is not None and (operand.value in self._stored or operand.mode == CONSTANT)
        return self._copy(v) if old else self._same_shape_in_memory(v)
