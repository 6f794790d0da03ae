"""Write a plan as tables of numbers for the native machine; `layout` describes their records."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import accumulate
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
from clearprop.plan import PerBatch, Pieces, Plan, Step, operand_of
from clearprop.plan.operand import FILE, ONE_HOT, UNIFORM, in_memory


@dataclass
class Encoded:
    """A plan as tables for the native machine, and where in them the plan's inputs are.

    A "value" here is an index into `values`. The *file of scalars* is a list of float64 numbers in the machine (as in
    "register file"; no file on disk): the batch size, constants, and the learning rate and other numbers of a step.

    Attributes:
        is_f64: whether arrays are float64, else float32.
        values, buffers, operands, micros, chains, instructions, scalar_steps: the tables; `layout` has their records.
        indices: numbers of columns, for the instructions that take or add them.
        file: the file of scalars as it is before the first step: constants are there, everything else is 0.
        arrays: name of an input that is an array of fixed shape → its value.
        gathered: name of an input with a row per sample → the value that is the caller's array; each batch's rows are
            copied from it.
        scalars: name of an input that is one number → its index in the file of scalars.
        twins: value → the value that holds its transpose.
        file_of: value → its index in the file of scalars, for numbers.
        counter: name of the input that random numbers are drawn from, if there is one.
        owners: for each instruction the index of the plan's step it belongs to; −1 for the gathering of rows.
    """

    is_f64: bool
    values: list[ValueRecord] = field(default_factory=list)
    buffers: list[BufferRecord] = field(default_factory=list)
    operands: list[OperandRecord] = field(default_factory=list)
    micros: list[MicroRecord] = field(default_factory=list)
    chains: list[ChainRecord] = field(default_factory=list)
    instructions: list[InstructionRecord] = field(default_factory=list)
    scalar_steps: list[ScalarRecord] = field(default_factory=list)
    indices: list[int] = field(default_factory=list)
    file: list[float] = field(default_factory=lambda: [0.0])  # the first is the batch size
    arrays: dict[str, int] = field(default_factory=dict)
    gathered: dict[str, int] = field(default_factory=dict)
    scalars: dict[str, int] = field(default_factory=dict)
    twins: dict[int, int] = field(default_factory=dict)
    file_of: dict[int, int] = field(default_factory=dict)
    counter: str | None = None
    owners: list[int] = field(default_factory=list)

    def tables(self) -> dict[str, Any]:
        """The tables by name."""
        names = ("values", "buffers", "operands", "micros", "chains", "instructions", "scalar_steps", "indices", "file")
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


def _by_target(index: Sequence[int], columns: int) -> list[int]:
    """Which columns are added to each of `columns` others, as one list: columns + 1 places, then the column numbers.

    Those added to k are the ones from place k to place k + 1, in increasing order.

    Example:
        >>> _by_target([1, 0, 1], 2)
        [0, 1, 3, 1, 0, 2]
    """
    sources = sorted(range(len(index)), key=lambda j: index[j])
    counts = [0] * columns
    for k in index:
        counts[k] += 1
    return [0, *accumulate(counts), *sources]


def _only_searched(plan: Plan) -> set[int]:
    """The inputs that are read for nothing but the search for changes in them."""
    found = set(plan.inputs.values()) - set(plan.outputs.values())
    for step in plan.views.values():
        found.difference_update(step.inputs)
    for step in plan.steps:
        only_searches = step.kernel == "find_changes" and not any(isinstance(p, Pieces) for p in step.attrs["parts"])
        if not only_searches:
            found.difference_update(v for part in (step, *step.epilogue) for v in part.inputs)
    return found


class _Encoder:
    """Fills the tables of an `Encoded`, value by value and step by step."""

    def __init__(self, plan: Plan) -> None:
        self.plan, self.views = plan, plan.views
        self.dtype = self._dtype()
        self.step_index = -1  # of the plan's step that is being written; −1 before the first
        self.out = Encoded(self.dtype == "f64")
        self.marks: dict[tuple[int, ...], int] = {}  # blocks of columns → where their marks are among the indices
        self.counters = {step.inputs[0] for step in self.views.values() if step.kernel == "uniform"}
        self.searched = _only_searched(plan)
        self.sources: dict[int, int] = {}  # those of them that have a row per sample → the caller's array

    def _dtype(self) -> str:
        """The floating-point type of all values but numbers known beforehand; `takes.why_not` refuses more than one."""
        found = {
            v.type.dtype
            for v in self.plan.values
            if v.type.dtype not in ("i64", "bool")
            and v.place != "scalar"
            and not (v.place == "constant" and v.type.shape == ())
        }
        return found.pop() if found else "f64"

    def run(self) -> Encoded:
        """Fill all tables; the instructions end up sorted by phase."""
        self._values()
        for name, v in self.plan.inputs.items():
            self._input(name, v)
        for i, step in enumerate(self.plan.steps):
            self.step_index = i
            if self.plan.values[step.output].place == "scalar":
                self._scalar_step(step)
            else:
                self._step(step)
        order = sorted(range(len(self.out.owners)), key=lambda i: self.out.instructions[i].phase)
        self.out.instructions = [self.out.instructions[i] for i in order]
        self.out.owners = [self.out.owners[i] for i in order]
        return self.out

    # --- values

    def _values(self) -> None:
        """Write a record for each value of the plan, and a buffer for each that is not in one of the plan's slots.

        Integers that have no row per sample get none: they are read where the caller has them.
        """
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
        """The number of a new buffer for a value that is in none of the plan's slots."""
        rows, cols = _extent(type)
        bytes = 8 if type.dtype == "i64" else ITEM_SIZES[self.dtype]
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
        """Enter an input of the plan: as a number, as the random counter, as rows to gather, or as a fixed array.

        Rows get a second value, `source`: the caller's whole array, from which an instruction that is added here copies
        the rows of each batch to v.
        """
        value, out = self.plan.values[v], self.out
        if value.place == "scalar":
            out.scalars[name] = self._file_place(v)
        elif v in self.counters:
            out.counter = name
        elif value.type.shape[:1] == (N,):
            out.values.append(out.values[v]._replace(buffer=-1))
            source = len(out.values) - 1
            out.gathered[name] = source
            if v in self.searched:  # the search reads the rows where they are
                self.sources[v] = source
                return
            code = "gather_labels" if value.type.dtype == "i64" else "gather"
            self._emit(code, Step(code, (source,), v, {}, PerBatch(), PerBatch(), domain="rows"), [source])
        else:
            out.arrays[name] = v

    # --- scalars

    def _file_place(self, v: int) -> int:
        """The index of a number in the file of scalars; it gets one when it is first asked for."""
        index_of = self.out.file_of
        if v not in index_of:
            value = self.plan.values[v]
            index_of[v] = len(self.out.file)
            number = value.number if value.place == "constant" and value.number is not None else 0.0
            self.out.file.append(float(number))
        return index_of[v]

    def _scalar_step(self, step: Step) -> None:
        """Write a step that computes one number from others. An op of fewer than three inputs repeats the first."""
        if step.kernel == "size":
            self.out.file_of[step.output] = 0  # the first number of the file is the batch size
            return
        reads = [self._file_place(self._through(v)) for v in step.inputs]
        a, b, c = reads + [reads[0]] * (3 - len(reads))
        to = self._file_place(step.output)
        op = OPS[SAME.get(step.kernel, step.kernel)]
        is_f32 = self.plan.values[step.output].type.dtype == "f32"
        self.out.scalar_steps.append(ScalarRecord(op, a, b, c, to, is_f32, float(step.attrs.get("exponent", 0.0))))

    def _through(self, v: int) -> int:
        """The value that a view, of a view perhaps, is made from."""
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
        """Append an instruction.

        Args:
            code: its name in `CODES`.
            step: the step that it belongs to, for its domain, phase and twin.
            reads: at most three values.
            out: the value that is made; by default the step's.
            start: where a slice, or a part of a concatenation, begins, or its column numbers among `indices`.
            chain: number of the epilogue, and the register of the instruction's own result; −1 for none.
        """
        a, b, c = (*reads, -1, -1, -1)[:3]
        out = step.output if out is None else out
        twin = -1 if step.twin is None else step.twin
        self.out.owners.append(self.step_index)
        self.out.instructions.append(
            InstructionRecord(CODES[code], DOMAINS[step.domain], step.phase, a, b, c, out, twin, start, *chain)
        )

    def _step(self, step: Step) -> None:
        """Write a step on arrays as an instruction; a concatenation as one for each part."""
        values = self.out.values
        out, reads = step.output, list(step.inputs)
        chain = self._chain(step) if step.epilogue else (-1, -1)
        code, start = step.kernel, 0
        match step.kernel:
            case "matmul" | "affine":
                a, b, out, code = self._product(step)
                reads[:2] = a, b
                if "blocks" in step.attrs:
                    code = {"product_nn": "product_of_changes", "product_tn": "gradient_of_changes"}[code]
                    start = self._marks(step.attrs["blocks"])
            case "find_changes":
                self._find_changes(step)
                return
            case "sums_of_blocks":
                start = self._marks(step.attrs["blocks"])
            case "sum" | "max":
                rank = self.plan.values[reads[0]].type.rank
                batch = values[reads[0]].rows == -1
                by_columns = step.attrs["axis"] == 0 and (rank == 2 or batch)  # a vector without batch axis is a row
                code += "_squares" if step.attrs.get("squares") else ""
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
            case "take_columns":
                start = self._indices(step.attrs["index"])
            case "add_columns":
                start = self._indices(_by_target(step.attrs["index"], step.attrs["columns"]))
            case "concat":
                self._concat(step)
                return
        self._emit(code, step, reads, out, start, chain)

    def _find_changes(self, step: Step) -> None:
        """Write the search for changes: an instruction for each part, which goes on in the rows of the one before."""
        marks = [int(k == 0) for n in step.attrs["blocks"] for k in range(n)]
        reads, begin = iter(step.inputs), 0
        for part in step.attrs["parts"]:
            if isinstance(part, Pieces):
                count = len(part.index)
                numbers = [self._number(part.scale), self._number(part.less)]
                start = self._indices([begin, *numbers, count, *part.index])
                self._emit("find_pieces", step, [next(reads), next(reads), next(reads)], start=start)
            else:
                count, v = part, next(reads)
                start = self._indices([begin, *marks[begin : begin + count]])
                code = "find_changes_of_rows" if v in self.sources else "find_changes"
                self._emit(code, step, [self.sources.get(v, v)], start=start)
            begin += count

    def _number(self, number: float) -> int:
        """The index of a constant in the file of scalars."""
        self.out.file.append(number)
        return len(self.out.file) - 1

    def _marks(self, blocks: tuple[int, ...]) -> int:
        """Write for each column whether it is the first of a block, once for all steps; returns where that begins."""
        if blocks not in self.marks:
            self.marks[blocks] = self._indices([int(k == 0) for n in blocks for k in range(n)])
        return self.marks[blocks]

    def _indices(self, numbers: Sequence[int]) -> int:
        """Write column numbers behind those that are there; returns where they begin."""
        self.out.indices.extend(numbers)
        return len(self.out.indices) - len(numbers)

    def _product(self, step: Step) -> tuple[int, int, int, str]:
        """The matrices of a product and the instruction that multiplies them: (a, b, result, code).

        A vector is taken as a matrix of one row or of one column. `product_tn` is aᵀ·b: for a transposed a, and for a
        vector a with one number per row of the batch.
        """
        a, b, out = step.inputs[0], step.inputs[1], step.output
        ranks = [self.plan.values[v].type.rank for v in (a, b)]
        rows, cols, _ = self.out.values[a]
        over_rows = ranks[0] == 1 and rows == -1  # one number per row of the batch lies in a column
        transposed = over_rows or (bool(step.attrs.get("transpose_a")) and ranks[0] == 2)
        if ranks[1] == 1:  # a vector b is a column, and so is the result
            inner, outer = (rows, cols) if transposed else (cols, rows)
            b = self._shaped(b, inner, 1)
            out = self._shaped(out, outer, 1)
        return a, b, out, "product_tn" if transposed else "product_nn"

    def _concat(self, step: Step) -> None:
        """Write a concatenation: an instruction for each part, which pastes it where it begins."""
        by_rows = step.attrs["axis"] == 0 and self.plan.values[step.output].type.rank == 2
        start = 0
        for v in step.inputs:
            rows, cols, _ = self.out.values[v]
            code = "paste_rows" if by_rows else "paste_columns"
            self._emit(code, step, [v], start=start)
            start += rows if by_rows else cols

    def _chain(self, step: Step) -> tuple[int, int]:
        """Write a step's epilogue, the elementwise steps behind it.

        Returns:
            The number of the chain, and the register where it finds the step's own result; −1 if it does not read it.
        """
        out, chain = self.out, Chain(self.plan, step)
        out.chains.append(ChainRecord(len(out.operands), len(chain.operands), len(out.micros), len(chain.micros)))
        for source, scratch in chain.operands:
            value = self._file_place(source.value) if source.mode == FILE else source.value
            value = -1 if source.mode == UNIFORM else value
            out.operands.append(OperandRecord(source.mode, value, scratch, float(source.number)))
        out.micros.extend(chain.micros)
        return len(out.chains) - 1, chain.head


def encode(plan: Plan) -> Encoded:
    """The tables for a plan of `passes`, of a graph that the machine can run (`takes.why_not` gives no reason)."""
    return _Encoder(plan).run()
