"""The elementwise operations that are fused onto a step, as a chain of micro-operations on registers."""

from __future__ import annotations

from clearprop.execute.codes import MAX_SCRATCH, OPS, SAME
from clearprop.execute.layout import MicroRecord
from clearprop.plan import Operand, Plan, Step, operand_of
from clearprop.plan.operand import CONSTANT, FULL, SCALAR, WRITTEN_OUT

_SHORTCUTS = {2.0: "square", 0.5: "sqrt", -1.0: "reciprocal"}  # powers with a kernel of their own


class Chain:
    """The chain of one fused step. Its registers are what it reads from outside, then the result of each operation.

    Scratch is a few small buffers, by number: for what must be spread before it is read, and for results not stored.

    Attributes:
        made: value → which operation makes it.
        sources: what it reads from outside → its register.
        operands: source and scratch of each register that is read from outside; −1 where it is read in place.
        micros: its operations.
    """

    def __init__(self, plan: Plan, step: Step) -> None:
        self.plan, self.step = plan, step
        self.made = {part.output: k for k, part in enumerate(step.epilogue)}
        self.sources: dict[Operand, int] = {}
        for part in step.epilogue:
            for v in part.inputs:
                source = self._source(v, part)
                if not self._inside(source):
                    self.sources.setdefault(source, len(self.sources))
        self._free = list(range(MAX_SCRATCH))
        self._taken: dict[int, int] = {}  # register → scratch
        self.operands = [
            (source, self._take(r) if source.mode in WRITTEN_OUT else -1) for source, r in self.sources.items()
        ]
        self.micros = [self._micro(k, part) for k, part in enumerate(step.epilogue)]

    @property
    def head(self) -> int:
        """The register of the step's own result, −1 if the chain does not read it."""
        return self.sources.get(Operand(FULL, self.step.output), -1)

    def _source(self, v: int, part: Step) -> Operand:
        """How one elementwise step of the chain reads a value."""
        source = operand_of(v, self.plan.values, self.plan.views)
        assert source is not None
        if source.mode == CONSTANT:  # one register for one number, whatever it is called
            return Operand(CONSTANT, -1, source.number)
        is_number = self.plan.values[source.value].type.shape == ()
        if source.mode == FULL and is_number and self.plan.values[part.output].type.shape != ():
            return Operand(SCALAR, source.value)
        return source

    def _inside(self, source: Operand) -> bool:
        return source.mode == FULL and source.value in self.made

    def _register(self, v: int, part: Step) -> int:
        source = self._source(v, part)
        return len(self.sources) + self.made[source.value] if self._inside(source) else self.sources[source]

    def _take(self, register: int) -> int:
        self._taken[register] = self._free.pop(0)  # there is one: `fuse` cuts chains that need more
        return self._taken[register]

    def _micro(self, k: int, part: Step) -> MicroRecord:
        registers = [self._register(v, part) for v in part.inputs]
        result = len(self.sources) + k
        stored = self.plan.values[part.output].place != "register"
        scratch = -1 if stored else self._take(result)
        number = float(part.attrs.get("exponent", 0.0))
        name = _SHORTCUTS.get(number, "power") if part.kernel == "power" else SAME.get(part.kernel, part.kernel)
        a, b, c, d, e, f, g = registers + [registers[0]] * (7 - len(registers))  # a record has seven; ops read fewer
        for r in {*registers, result} & set(self._taken):
            if r >= len(self.sources) and self._last_use(r) <= k:  # what is read from outside keeps its scratch
                self._free.insert(0, self._taken.pop(r))
        return MicroRecord(OPS[name], (a, b, c, d, e, f, g), part.output if stored else -1, scratch, number)

    def _last_use(self, register: int) -> int:
        uses = [
            k for k, part in enumerate(self.step.epilogue) for v in part.inputs if self._register(v, part) == register
        ]
        return max(uses, default=-1)
