"""Buffers for a plan in phases: which values may share one."""

from __future__ import annotations

from dataclasses import dataclass, replace

from clearprop.plan.cost import PerBatch, elements, size_in_bytes
from clearprop.plan.join import BY_ROWS
from clearprop.plan.operand import same_array
from clearprop.plan.phases import readers_of, reads
from clearprop.plan.plan import Plan, Step, Value
from clearprop.plan.state import may_write_over

_OWN_LAYOUT = frozenset({"find_changes"})  # its rows do not lie where those of other values of the same type do


def place(plan: Plan, reuse: bool = True) -> Plan:
    """Find a buffer for every value that needs one.

    Args:
        plan: fused and in phases, with steps that put new state in the place of the old.
        reuse: whether values whose lives do not overlap may share a buffer.
    """
    return _Placer(plan, reuse).run()


def room(value: Value) -> PerBatch:
    """Memory of a value; what is true or false is a number for the machine, 0 or 1."""
    return elements(value.type) * 8 if value.type.dtype == "bool" else size_in_bytes(value.type)


@dataclass(frozen=True, eq=False)
class _Free:
    """A buffer that may be used again.

    Attributes:
        slot: its number.
        phase: of the last step that used it.
        by_rows: the value that was in it, if all steps of that phase go through it row by row; else None.
    """

    slot: int
    phase: int
    by_rows: Value | None


class _Placer:
    """Linear scan: buffers are given as steps make values, and free again after the last step that reads them."""

    def __init__(self, plan: Plan, reuse: bool) -> None:
        self.plan, self.reuse = plan, reuse
        self.values = list(plan.values)
        self.slots: list[PerBatch] = []  # the size of each
        self.free: list[_Free] = []
        self.readers = readers_of(plan)
        self.own_layout = {step.output for step in plan.steps if step.kernel in _OWN_LAYOUT}
        self.kept = {self._same_array(v) for v in plan.outputs.values()} | self._fixed_for_rows()

    def run(self) -> Plan:
        for i, step in enumerate(self.plan.steps):
            if step.domain:
                self._place(i, step)
        return replace(self.plan, values=tuple(self.values), slots=tuple(self.slots))

    def _fixed_for_rows(self) -> set[int]:
        """What no row enters and rows read: predictions compute it once, and read it for every batch of rows."""
        read = (v for step in self.plan.steps if step.domain == "rows" for v in reads(step, self.plan))
        return {v for v in read if not self.values[v].is_batch}

    def _same_array(self, v: int) -> int:
        return same_array(v, self.plan.values, self.plan.views)

    def _last_reader(self, v: int) -> int:
        return max(self.readers.get(v, [-1]))

    def _place(self, i: int, step: Step) -> None:
        """Give what step i makes a place, and take back the places of what nobody reads after it."""
        for v in step.made:
            if self.values[v].place == "slot" and self.values[v].slot is None:
                slot = self._dying_operand(i, step, v) if step.epilogue and self.reuse else None
                self._give(v, slot, step)
        self._share_with_epilogue(step)
        for v in set(reads(step, self.plan)) | set(step.made):
            if self.values[v].place == "slot" and v not in self.kept and self._last_reader(v) <= i:
                self._release(v, i, step)

    # --- which buffer

    def _give(self, v: int, slot: int | None, step: Step) -> None:
        """Put a value into a slot, or into any that is free."""
        slot = self._free_slot(self.values[v], step) if slot is None else slot
        self.values[v] = replace(self.values[v], slot=slot)

    def _dying_operand(self, i: int, step: Step, v: int) -> int | None:
        """A slot whose value nobody reads after step i, and which that reads, element by element, before it makes v."""
        for old in set(reads(step, self.plan)):
            value = self.values[old]
            if value.place != "slot" or value.slot is None or value.type != self.values[v].type:
                continue
            if old in self.kept or self._last_reader(old) != i or self._read_meanwhile(i, step, old):
                continue
            shared = any(part.output != old and self.values[part.output].slot == value.slot for part in step.epilogue)
            if not shared and may_write_over(self.plan, step, old, v):
                return value.slot
        return None

    def _read_meanwhile(self, i: int, step: Step, v: int) -> bool:
        """Whether another step of the phase reads a value on another thread: by rows both would meet on their own."""
        others = [self.plan.steps[r] for r in self.readers.get(v, []) if r != i]
        return any(other.phase == step.phase and not (other.domain == step.domain == "rows") for other in others)

    def _free_slot(self, value: Value, step: Step) -> int:
        """A slot that no thread can still be reading; within a phase only one whose rows lie in the same places."""
        needed = room(value)
        for free in self.free if self.reuse else []:
            last = free.by_rows
            same_rows = last is not None and last.type == value.type and value.is_batch and step.domain == "rows"
            same_rows = same_rows and step.kernel not in _OWN_LAYOUT
            if (free.phase < step.phase or same_rows) and self.slots[free.slot].covers(needed):
                self.free.remove(free)
                return free.slot
        self.slots.append(needed)
        return len(self.slots) - 1

    def _share_with_epilogue(self, step: Step) -> None:
        """A product by rows writes where a result of its epilogue goes that comes after the last part that reads it."""
        z = step.output
        if self.values[z].place != "register" or step.kernel not in BY_ROWS:
            return
        if step.attrs.get("transpose_a"):
            return
        readers = [k for k, part in enumerate(step.epilogue) if z in map(self._same_array, part.inputs)]
        taken = {self.values[v].slot for v in reads(step, self.plan) if v != z}
        for part in step.epilogue[max(readers, default=0) :]:
            goal = self.values[part.output]
            if goal.place == "slot" and goal.type == self.values[z].type and goal.slot not in taken:
                self.values[z] = replace(self.values[z], slot=goal.slot)
                return
        self._give(z, None, step)

    # --- when it is free again

    def _release(self, v: int, i: int, step: Step) -> None:
        """Step i is the last that uses a value: its slot is free, unless another value in it is still needed."""
        slot = self.values[v].slot
        assert slot is not None
        needed = any(
            other.slot == slot and other.place == "slot" and (u in self.kept or self._last_reader(u) > i)
            for u, other in enumerate(self.values)
            if u != v
        )
        if not needed and all(free.slot != slot for free in self.free):
            self.free.append(_Free(slot, step.phase, self.values[v] if self._by_rows(v, step) else None))

    def _by_rows(self, v: int, step: Step) -> bool:
        """Whether every step of the phase that reads a value does so row by row, where other values have those rows."""
        if v in self.own_layout:
            return False
        readers = (self.plan.steps[r] for r in self.readers.get(v, []))
        return all(s.domain == "rows" for s in (step, *readers) if s.phase == step.phase)
