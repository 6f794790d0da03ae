"""A plan as the records that the native machine reads (`layout`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from clearprop.execute.chain import Chain
from clearprop.execute.codes import CODES, DOMAINS, OPS, SAME
from clearprop.execute.layout import (
    BufferRecord,
    ChainRecord,
    InstructionRecord,
    MicroRecord,
    OperandRecord,
    ScalarRecord,
    ValueRecord,
)
from clearprop.graph import ITEM_SIZES, N, Type
from clearprop.plan import PerBatch, Plan, Step, operand_of
from clearprop.plan.operand import FILE, ONE_HOT, UNIFORM, in_memory


@dataclass
class Encoded:
    """Tables of records, and where inputs and outputs are.

    Attributes:
        is_f64: whether numbers are float64, else float32.
        values, buffers, operands, micros, chains, instructions, scalar_steps: the tables.
        file: the scalars at the start of a step.
        place: input name → value (or place in the file of scalars).
        gathered: input name → value that points to the caller's rows.
        scalars: input name → place in the file.
        twins: value → value of its transpose.
        file_of: value → place in the file.
        counter: name of the input with the random counter.
        owners: for each instruction the plan's step it belongs to; −1 for the gathering of rows.
    """

    is_f64: bool
    values: list[ValueRecord] = field(default_factory=list)
    buffers: list[BufferRecord] = field(default_factory=list)
    operands: list[OperandRecord] = field(default_factory=list)
    micros: list[MicroRecord] = field(default_factory=list)
    chains: list[ChainRecord] = field(default_factory=list)
    instructions: list[InstructionRecord] = field(default_factory=list)
    scalar_steps: list[ScalarRecord] = field(default_factory=list)
    file: list[float] = field(default_factory=lambda: [0.0])  # the first is the batch size
    place: dict[str, int] = field(default_factory=dict)
    gathered: dict[str, int] = field(default_factory=dict)
    scalars: dict[str, int] = field(default_factory=dict)
    twins: dict[int, int] = field(default_factory=dict)
    file_of: dict[int, int] = field(default_factory=dict)
    counter: str | None = None
    owners: list[int] = field(default_factory=list)

    def tables(self) -> dict[str, Any]:
        """The tables by name."""
        names = ("values", "buffers", "operands", "micros", "chains", "instructions", "scalar_steps", "file")
        return {name: getattr(self, name) for name in names}


def _extent(type: Type) -> tuple[int, int]:
    """Rows (−1 for the batch size) and columns of a value as a matrix."""
    shape = type.shape
    dims = [-1 if d is N else d for d in shape]
    numbers = [d for d in dims if isinstance(d, int)]
    if len(numbers) == 2:
        return numbers[0], numbers[1]
    if not numbers:
        return 1, 1
    return (-1, 1) if numbers[0] == -1 else (1, numbers[0])


class _Encoder:
    def __init__(self, plan: Plan) -> None:
        self.plan, self.views = plan, plan.views
        self.T = self._dtype()
        self.now = -1  # the step that is being written
        self.out = Encoded(self.T == "f64")
        self.file = self.out.file_of
        self.counters = {step.inputs[0] for step in self.views.values() if step.kernel == "uniform"}

    def _dtype(self) -> str:
        """The one element type of everything that is larger than a number."""
        found = {
            v.type.dtype
            for v in self.plan.values
            if v.type.dtype not in ("i64", "bool")
            and v.place != "scalar"
            and not (v.place == "constant" and v.type.shape == ())
        }
        return found.pop() if found else "f64"

    def run(self) -> Encoded:
        self._values()
        for name, v in self.plan.inputs.items():
            self._input(name, v)
        for i, step in enumerate(self.plan.steps):
            self.now = i
            if self.plan.values[step.output].place == "scalar":
                self._scalar_step(step)
            elif step.domain:
                self._step(step)
        order = sorted(range(len(self.out.owners)), key=lambda i: self.out.instructions[i].phase)
        self.out.instructions = [self.out.instructions[i] for i in order]
        self.out.owners = [self.out.owners[i] for i in order]
        return self.out

    # --- values

    def _values(self) -> None:
        out = self.out
        out.buffers.extend(BufferRecord(s.fixed, s.per_row) for s in self.plan.slots)
        for value in self.plan.values:
            rows, cols = _extent(value.type)
            buffer = -1
            if value.slot is not None and value.place in ("slot", "register"):
                buffer = value.slot
            elif value.place in ("input", "copy") and not (value.type.dtype == "i64" and rows >= 0):
                buffer = self._own_buffer(value.type)
            out.values.append(ValueRecord(rows, cols, buffer))
        for v, value in enumerate(self.plan.values):
            if value.place == "state" and value.source is not None:
                out.values[v] = out.values[v]._replace(buffer=out.values[value.source].buffer)
            if value.place == "copy" and value.source is not None:
                out.twins[value.source] = v
        for v, value in enumerate(self.plan.values):
            if value.place == "view":  # another shape of what is in memory
                root = in_memory(v, self.plan.values, self.views)
                out.values[v] = out.values[v]._replace(buffer=out.values[root].buffer)

    def _own_buffer(self, type: Type) -> int:
        rows, cols = _extent(type)
        bytes = 8 if type.dtype == "i64" else ITEM_SIZES[self.T]
        made = BufferRecord(0, cols * bytes) if rows < 0 else BufferRecord(rows * cols * bytes, 0)
        self.out.buffers.append(made)
        return len(self.out.buffers) - 1

    def _shaped(self, v: int, rows: int, cols: int) -> int:
        """The same memory with another extent: a vector as a column."""
        value = self.out.values[v]
        if (value.rows, value.cols) == (rows, cols):
            return v
        self.out.values.append(value._replace(rows=rows, cols=cols))
        return len(self.out.values) - 1

    def _input(self, name: str, v: int) -> None:
        value, out = self.plan.values[v], self.out
        if value.place == "scalar":
            out.scalars[name] = self._file_place(v)
        elif v in self.counters:
            out.counter = name
        elif value.type.shape[:1] == (N,):
            out.values.append(out.values[v]._replace(buffer=-1))
            source = len(out.values) - 1
            out.gathered[name] = source
            code = "gather_labels" if value.type.dtype == "i64" else "gather"
            self._emit(code, Step(code, (source,), v, {}, PerBatch(), PerBatch(), domain="rows"), [source])
        else:
            out.place[name] = v

    # --- scalars

    def _file_place(self, v: int) -> int:
        if v not in self.file:
            value = self.plan.values[v]
            self.file[v] = len(self.out.file)
            number = value.number if value.place == "constant" and value.number is not None else 0.0
            self.out.file.append(float(number))
        return self.file[v]

    def _scalar_step(self, step: Step) -> None:
        if step.kernel == "size":
            self.file[step.output] = 0
            return
        reads = [self._file_place(self._through(v)) for v in step.inputs]
        a, b, c = reads + [reads[0]] * (3 - len(reads))
        to = self._file_place(step.output)
        op = OPS[SAME.get(step.kernel, step.kernel)]
        is_f32 = self.plan.values[step.output].type.dtype == "f32"
        self.out.scalar_steps.append(ScalarRecord(op, a, b, c, to, is_f32, float(step.attrs.get("exponent", 0.0))))

    def _through(self, v: int) -> int:
        while v in self.views and self.plan.values[v].place == "view":
            v = self.views[v].inputs[0]
        return v

    # --- steps

    def _emit(
        self,
        code: str,
        step: Step,
        reads: Sequence[int] = (),
        out: int | None = None,
        start: int = 0,
        chain: tuple[int, int] = (-1, -1),
    ) -> None:
        a, b, c = (*reads, -1, -1, -1)[:3]
        out = step.output if out is None else out
        twin = -1 if step.twin is None else step.twin
        self.out.owners.append(self.now)
        self.out.instructions.append(
            InstructionRecord(CODES[code], DOMAINS[step.domain], step.phase, a, b, c, out, twin, start, *chain)
        )

    def _step(self, step: Step) -> None:
        values = self.out.values
        out, reads = step.output, list(step.inputs)
        chain = self._chain(step) if step.epilogue else (-1, -1)
        code, start = step.kernel, 0
        match step.kernel:
            case "matmul" | "affine":
                a, b, out, code = self._product(step)
                reads[:2] = a, b
            case "sum" | "max":
                rank = self.plan.values[reads[0]].type.rank
                batch = values[reads[0]].rows == -1
                by_columns = step.attrs["axis"] == 0 and (rank == 2 or batch)
                code += "_columns" if by_columns else "_rows"
            case "softmax_cross_entropy":
                source = operand_of(reads[1], self.plan.values, self.views)
                if source is not None and source.mode == ONE_HOT:
                    code, reads[1] = "softmax_cross_entropy_labels", source.value
            case "slice":
                start = step.attrs["start"]
                code = (
                    "slice_rows"
                    if step.attrs["axis"] == 0 and self.plan.values[out].type.rank == 2
                    else "slice_columns"
                )
            case "concat":
                self._concat(step)
                return
        self._emit(code, step, reads, out, start, chain)

    def _product(self, step: Step) -> tuple[int, int, int, str]:
        """Vectors become matrices of one row or one column, as the product needs them."""
        a, b, out = step.inputs[0], step.inputs[1], step.output
        ranks = [self.plan.values[v].type.rank for v in (a, b)]
        rows, cols, _ = self.out.values[a]
        over_rows = ranks[0] == 1 and rows == -1  # one number per row of the batch lies in a column
        turned = over_rows or (bool(step.attrs.get("transpose_a")) and ranks[0] == 2)
        if ranks[1] == 1:
            length, made = (rows, cols) if turned else (cols, rows)
            b = self._shaped(b, length, 1)
            out = self._shaped(out, made, 1)
        return a, b, out, "product_tn" if turned else "product_nn"

    def _concat(self, step: Step) -> None:
        by_rows = step.attrs["axis"] == 0 and self.plan.values[step.output].type.rank == 2
        start = 0
        for v in step.inputs:
            rows, cols, _ = self.out.values[v]
            code = "paste_rows" if by_rows else "paste_columns"
            self._emit(code, step, [v], start=start)
            start += rows if by_rows else cols

    def _chain(self, step: Step) -> tuple[int, int]:
        """Write the epilogue of a step; returns its number and the register of the step's own result."""
        out, chain = self.out, Chain(self.plan, step)
        out.chains.append(ChainRecord(len(out.operands), len(chain.operands), len(out.micros), len(chain.micros)))
        for source, scratch in chain.operands:
            value = self._file_place(source.value) if source.mode == FILE else source.value
            value = -1 if source.mode == UNIFORM else value
            out.operands.append(OperandRecord(source.mode, value, scratch, float(source.number)))
        out.micros.extend(chain.micros)
        return len(out.chains) - 1, chain.head


def encode(plan: Plan) -> Encoded:
    """Write the plan of a graph that the machine takes as numbers."""
    return _Encoder(plan).run()
