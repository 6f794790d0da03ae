"""Products by rows that change in few places, such as numbers encoded piece by piece: only the changes are multiplied.

The columns of such a matrix a come in blocks. Within one, Σₖ aₖ·Wₖ = Σₖ (aₖ − aₖ₋₁)·Sₖ with Sₖ = Wₖ + Wₖ₊₁ + … to the
end of the block; and dWₖ is the sum of Gⱼ over the block's j ≤ k, with Gⱼ = Σ over the rows of (aⱼ − aⱼ₋₁)·dz. A number
that is encoded by 64 intervals changes in about three places. That holds for any finite numbers, and infinite ones do
not come out of what is cut off; only how long it takes depends on how many of them change, so that the plan needs to
know no more than that they are few. An encoding that nobody else reads is never in memory: `pieces` says what it is,
and its changes are found as it is computed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Any

from clearprop.graph import N, Shape
from clearprop.plan.cost import PerBatch, elements, size_in_bytes
from clearprop.plan.operand import same_array
from clearprop.plan.phases import readers_of
from clearprop.plan.pieces import pieces
from clearprop.plan.plan import Plan, Step, Value

_MOST_COLUMNS = 4096  # of which the machine looks for changes
_WORD = 64  # columns; as in native/changes.hpp
_LEAST_UNITS = 16  # a narrower product has no vectors to fill
_PER_BLOCK = 3  # changes of a number in a block of intervals
_ZEROS = 2  # of so many columns beside encoded numbers one is not 0: most stand for levels
_WORTH = 3  # columns per change, on average


def by_changes(plan: Plan, zeros: Collection[str] = ()) -> Plan:
    """Let products by a matrix that changes in few places read its changes.

    Args:
        plan: fused.
        zeros: inputs that are mostly 0: each of their columns is a block, and what is not 0 a change.
    """
    return _Changes(plan, {plan.inputs[name] for name in zeros if name in plan.inputs}).run()


@dataclass(eq=False)
class _Changes:
    """The plan as it becomes: values and steps that are added, and what was added already."""

    plan: Plan
    zeros: Collection[int]  # values that are mostly 0
    values: list[Value] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    found: dict[int, int] = field(default_factory=dict)  # value → the value that holds its changes
    sums: dict[tuple[int, tuple[int, ...]], int] = field(default_factory=dict)  # weights and blocks → their sums

    def run(self) -> Plan:
        self.values = list(self.plan.values)
        self.makers = {v: step for step in self.plan.steps for v in step.made}
        for step in self.plan.steps:
            self.steps.append(self._changed(step))
        return _without_unread(replace(self.plan, steps=tuple(self.steps), values=tuple(self.values)))

    def _changed(self, step: Step) -> Step:
        """The step itself, or the product by changes in its place, behind what that reads."""
        if step.kernel not in ("matmul", "affine") or step.attrs.get("transpose_b"):
            return step
        a, b = self._same(step.inputs[0]), step.inputs[1]
        right = self.plan.values[b].type
        if right.rank != 2 or not isinstance(right.shape[1], int) or right.shape[1] < _LEAST_UNITS:
            return step
        lengths = self._blocks(a)
        if lengths is None or self.plan.values[b].is_batch != bool(step.attrs.get("transpose_a")):
            return step
        if sum(lengths) < _WORTH * (changes := _expected(lengths, a in self.zeros)) or sum(lengths) > _MOST_COLUMNS:
            return step
        if a not in self.found:
            self.found[a] = self._find(a, lengths)
        attrs = {**step.attrs, "blocks": lengths}
        alone = self.plan.values[b].is_batch or max(lengths) == 1  # sums of one are what is there
        read = b if alone else self._sums(b, lengths)
        work = PerBatch(0, 2 * changes * right.shape[1])
        return replace(step, inputs=(self.found[a], read, *step.inputs[2:]), attrs=attrs, flops=work)

    def _sums(self, w: int, lengths: tuple[int, ...]) -> int:
        key = (self._same(w), lengths)
        if key not in self.sums:
            attrs = {"blocks": lengths}
            self.sums[key] = self._add("sums_of_blocks", (w,), attrs, "Σ", w, self.plan.values[w].type.shape)
        return self.sums[key]

    def _find(self, a: int, lengths: tuple[int, ...]) -> int:
        """The step that finds the changes of a value: of each part of it, which lies in memory or is encoded."""
        inputs, parts = [], []
        for v in self._parts(a):
            step = self.makers.get(v)
            made = pieces(self.plan, step) if step is not None and step.made[-1] == v else None
            inputs += [made.x, made.t, made.h] if made else [v]
            parts.append(made or elements(self.plan.values[v].type).per_row)
        columns = sum(lengths)
        columns = 2 * (1 + -(-columns // _WORD) + columns)  # where they are, where those of each word end, each change
        return self._add("find_changes", inputs, {"blocks": lengths, "parts": tuple(parts)}, "Δ", a, (N, columns))

    def _parts(self, v: int) -> Iterator[int]:
        """The values that stand side by side in v; v itself if it is no concatenation."""
        step = self.makers.get(v)
        if step is not None and step.kernel == "concat" and step.attrs["axis"] == 1:
            for part in step.inputs:
                yield from self._parts(self._same(part))
        else:
            yield v

    def _add(self, kernel: str, inputs: Iterable[int], attrs: dict[str, Any], sign: str, of: int, shape: Shape) -> int:
        """A step that makes something of a value, of a shape of its own; returns what it makes."""
        source = self.plan.values[of]
        self.values.append(Value(sign + source.label, source.type.with_shape(shape), "slot", name=source.name))
        traffic = size_in_bytes(source.type)
        self.steps.append(Step(kernel, tuple(inputs), len(self.values) - 1, attrs, PerBatch(), traffic + traffic))
        return len(self.values) - 1

    def _same(self, v: int) -> int:
        return same_array(v, self.plan.values, self.plan.views)

    def _blocks(self, v: int) -> tuple[int, ...] | None:
        """How many columns each block has; None for a value of which nothing is known.

        Columns that are copies of one, each cut off at both ends, make a block. Columns beside such are blocks each.
        """
        if v in self.zeros:
            return (1,) * elements(self.plan.values[v].type).per_row
        step = self.makers.get(v)
        if step is None or not self.plan.values[v].is_batch:
            return None
        if step.kernel == "take_columns" and _is_cut_off(step, v):
            return tuple(len(list(run)) for _, run in groupby(step.attrs["index"]))
        if step.kernel == "concat" and step.attrs["axis"] == 1:
            parts = [self._blocks(self._same(part)) for part in step.inputs]
            widths = [elements(self.plan.values[part].type).per_row for part in step.inputs]
            if any(parts):
                return tuple(n for part, m in zip(parts, widths, strict=True) for n in part or (1,) * m)
        return None


def _without_unread(plan: Plan) -> Plan:
    """A plan without the columns that are taken and put together for nobody."""
    kept = {same_array(v, plan.values, plan.views) for v in plan.outputs.values()}
    while True:
        readers = readers_of(plan)
        unread = [
            step
            for step in plan.steps
            if step.kernel in ("take_columns", "concat") and not any(v in kept or readers.get(v) for v in step.made)
        ]
        if not unread:
            return plan
        plan = replace(plan, steps=tuple(step for step in plan.steps if step not in unread))


def _expected(lengths: tuple[int, ...], zeros: bool) -> int:
    """How many changes a row may have: of each encoded number, of the number itself, and of what is beside them."""
    if zeros:
        return len(lengths) // _WORTH
    encoded = sum(n > 1 for n in lengths)
    plain = lengths.count(1)
    numbers = min(encoded, plain)
    return _PER_BLOCK * encoded + numbers + (plain - numbers) // _ZEROS


def _is_cut_off(step: Step, v: int) -> bool:
    """Whether the chain behind columns makes a value by nothing but arithmetic, min and max, both of which occur."""
    used = {part.kernel for part in step.epilogue}
    made = v in (part.output for part in step.epilogue)
    return made and "minimum" in used and bool(used & {"relu", "maximum"}) and used <= _STRAIGHT


_STRAIGHT = frozenset({"add", "subtract", "multiply", "divide", "relu", "maximum", "minimum"})
