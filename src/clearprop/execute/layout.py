"""The records that the native machine reads: field for field the structs of native/program.hpp and machine.hpp.

Indices count the program's values, operands and micro-operations; −1 stands for none.
"""

from __future__ import annotations

from typing import NamedTuple


class ValueRecord(NamedTuple):
    """A value as a matrix.

    Attributes:
        rows: −1 for the batch size.
        cols: columns.
        buffer: where it is; −1 where the caller's array is read.
    """

    rows: int
    cols: int
    buffer: int


class BufferRecord(NamedTuple):
    """Bytes of memory: so many, and so many more for each row of the batch."""

    fixed: int
    per_row: int


class OperandRecord(NamedTuple):
    """What a chain reads from outside.

    Attributes:
        mode: how, one of the modes of `plan.operand`.
        value: which value, or which index in the file of scalars.
        scratch: where it is written out before it is read.
        number: a constant; the stream of random numbers.
    """

    mode: int
    value: int
    scratch: int
    number: float


class MicroRecord(NamedTuple):
    """One operation of a chain: result = op(registers).

    Attributes:
        op: what it computes.
        inputs: seven registers, more than any op reads; the first is repeated.
        value: which value the result is stored to.
        scratch: where the result is if it is not stored.
        number: the exponent of a power.
    """

    op: int
    inputs: tuple[int, int, int, int, int, int, int]
    value: int
    scratch: int
    number: float


class ChainRecord(NamedTuple):
    """The operands and micro-operations of a chain, which follow one another in their tables."""

    first_operand: int
    n_operands: int
    first_micro: int
    n_micro: int


class InstructionRecord(NamedTuple):
    """A step of the plan.

    Attributes:
        code: what it computes.
        domain: how its work is divided among threads.
        phase: threads meet when it ends.
        a, b, c: values that are read; c is a bias or an index.
        out: the value that is made.
        twin: the value that receives the transpose of the last stored result.
        start: of a slice, and of a part that is pasted; where among `indices` its column numbers begin.
        chain: its epilogue, or the chain that it is.
        head: the operand of the chain that is the instruction's own result.
    """

    code: int
    domain: int
    phase: int
    a: int
    b: int
    c: int
    out: int
    twin: int
    start: int
    chain: int
    head: int


class ScalarRecord(NamedTuple):
    """file[to] = op(file[a], file[b], file[c]) in the file of scalars, rounded to float32 if asked."""

    op: int
    a: int
    b: int
    c: int
    to: int
    is_f32: bool
    number: float
