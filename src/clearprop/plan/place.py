"""Memory for a plan in phases: what is updated in place, which values share a buffer, which matrices are kept twice."""

from __future__ import annotations

from dataclasses import replace

from clearprop.plan.cost import Linear, elements, size_in_bytes
from clearprop.plan.fuse import is_batch
from clearprop.plan.operand import CONSTANT, FULL, source_of
from clearprop.plan.phases import reads
from clearprop.plan.plan import Plan, Step, Value


def with_twins(plan: Plan) -> Plan:
    """Give a product by a transposed matrix the transpose itself.

    A weight matrix that the plan updates is kept in both orders; any other is transposed by a step of its own.
    """
    stored = {plan.inputs[name] for name in plan.stored.values()}
    values = list(plan.values)
    steps: list[Step] = []
    twins: dict[int, int] = {}
    for step in plan.steps:
        if step.kernel == "matmul" and step.attrs.get("transpose_b") and values[step.inputs[0]].type.rank == 1:
            # A vector from the left is one from the right of the matrix as it stands.
            step = replace(step, inputs=step.inputs[::-1], attrs={})
        elif step.kernel == "matmul" and step.attrs.get("transpose_b"):
            v, flags = step.inputs[1], {k: on for k, on in step.attrs.items() if k != "transpose_b"}
            if values[v].type.rank == 2 and v not in twins:
                twins[v] = len(values)
                type = values[v].type.with_shape(values[v].type.shape[::-1])
                kept = v in stored
                values.append(
                    Value(f"{values[v].label}ᵀ", type, "copy" if kept else "slot", source=v, name=values[v].name)
                )
                if not kept:
                    size = size_in_bytes(type)
                    steps.append(Step("transpose", (v,), twins[v], {}, Linear(), size + size))
            step = replace(step, inputs=(step.inputs[0], twins.get(v, v)), attrs=flags)
        steps.append(step)
    return replace(plan, values=tuple(values), steps=tuple(steps))


def room(value: Value) -> Linear:
    """Memory of a value; what is true or false is a number for the machine, 0 or 1."""
    return elements(value.type) * 8 if value.type.dtype == "bool" else size_in_bytes(value.type)


class _Placer:
    """Linear scan over the steps, with the rules that threads impose."""

    def __init__(self, plan: Plan, reuse: bool) -> None:
        self.plan, self.reuse = plan, reuse
        self.values = list(plan.values)
        self.steps = list(plan.steps)
        self.slots: list[Linear] = []
        self.readers: dict[int, list[int]] = {}  # value → steps that read it
        for i, step in enumerate(self.steps):
            for v in set(reads(step, plan)) - {p.output for p in (step, *step.epilogue)}:
                self.readers.setdefault(v, []).append(i)
        self.kept = {self._plain(v) for v in plan.outputs.values()} | self._fixed_for_rows()
        self.free: list[tuple[int, int, Value | None]] = []  # slot, phase it became free in, for which values in it

    def run(self) -> Plan:
        moved = self._store()
        for i, step in enumerate(self.steps):
            if step.domain:
                self._place(i, step)
        return replace(self.plan, steps=(*self.steps, *moved), values=tuple(self.values), slots=tuple(self.slots))

    def _fixed_for_rows(self) -> set[int]:
        """What no row enters and rows read: predictions compute it once, and read it for every batch of rows."""
        read = (v for step in self.steps if step.domain == "rows" for v in reads(step, self.plan))
        return {v for v in read if not is_batch(self.values[v])}

    def _plain(self, v: int) -> int:
        source = source_of(v, self.plan.values, self.plan.views)
        return source.value if source is not None and source.mode == FULL else v

    # --- state that the plan carries from run to run

    def _store(self) -> list[Step]:
        """Let W′ overwrite W where nothing reads W later; otherwise add a step that copies it at the end."""
        end = 1 + max((s.phase for s in self.steps), default=0)
        moved = []
        for output, name in self.plan.stored.items():
            new, old = self._plain(self.plan.outputs[output]), self.plan.inputs[name]
            if new == old:
                continue
            if self._may_overwrite(new, old):
                self.values[new] = replace(self.values[new], place="state", source=old)
                continue
            size = size_in_bytes(self.values[old].type)
            moved.append(Step("copy", (new,), old, {}, Linear(), size + size, domain="tiles", phase=end))
        return moved + self._refresh_twins(end)

    def _refresh_twins(self, end: int) -> list[Step]:
        """Let the product that makes W′ write its transpose too, block by block; or add a step that does."""
        new_of = {self.plan.inputs[name]: self._plain(self.plan.outputs[out]) for out, name in self.plan.stored.items()}
        added = []
        for t, value in enumerate(self.values):
            if value.place != "copy" or value.source is None or new_of[value.source] == value.source:
                continue
            new = new_of[value.source]
            for i, step in enumerate(self.steps):
                last = step.epilogue[-1].output if step.epilogue and step.attrs.get("transpose_a") else None
                if last == new and all(self.steps[r].phase < step.phase for r in self.readers.get(t, [])):
                    self.steps[i] = replace(step, twin=t)
                    break
            else:
                size = size_in_bytes(value.type)
                added.append(Step("transpose", (new,), t, {}, Linear(), size + size, domain="tiles", phase=end))
        return added

    def _may_overwrite(self, new: int, old: int) -> bool:
        writer = next((s for s in self.steps if new in {p.output for p in (s, *s.epilogue)}), None)
        if writer is None or self.values[old].place != "input" or self.values[new].place != "slot":
            return False
        if any(self.steps[i] is not writer and self.steps[i].phase >= writer.phase for i in self.readers.get(old, [])):
            return False
        return self._read_before(writer, old, new)

    def _read_before(self, step: Step, old: int, new: int) -> bool:
        """Whether, inside a step, no part reads `old` after the part that makes `new`, and none reads it spread."""
        if old in map(self._plain, step.inputs) or (new == step.output and step.kernel != "chain"):
            return False
        made = False
        for part in step.epilogue:
            for v in part.inputs:
                source = source_of(v, self.plan.values, self.plan.views)
                if (
                    source is not None
                    and source.mode != CONSTANT
                    and source.value == old
                    and (made or source.mode != FULL)
                ):
                    return False
            made = made or part.output == new
        return True

    # --- buffers

    def _place(self, i: int, step: Step) -> None:
        made = (
            [p.output for p in (step, *step.epilogue)] if step.kernel != "chain" else [p.output for p in step.epilogue]
        )
        for v in made:
            if self.values[v].place == "slot" and self.values[v].slot is None:
                self._give(v, self._in_place(i, step, v) if step.epilogue and self.reuse else None, step)
        self._share_head(step)
        for v in set(reads(step, self.plan)) | set(made):
            if self.values[v].place == "slot" and v not in self.kept and self._last_reader(v) <= i:
                self._release(v, step)

    def _last_reader(self, v: int) -> int:
        return max(self.readers.get(v, [-1]))

    def _in_place(self, i: int, step: Step, v: int) -> int | None:
        """A slot whose value dies here and is read, element by element, before v is written."""
        for old in set(reads(step, self.plan)):
            value = self.values[old]
            if (
                value.place != "slot"
                or value.type != self.values[v].type
                or old in self.kept
                or self._last_reader(old) != i
                or self._read_meanwhile(i, step, old)
            ):
                continue
            sharing = any(self.values[u].slot == value.slot and u != old for u in (p.output for p in step.epilogue))
            if value.slot is not None and not sharing and self._read_before(step, old, v):
                return value.slot
        return None

    def _read_meanwhile(self, i: int, step: Step, v: int) -> bool:
        """Whether another step of the phase reads a value on another thread: by rows both would meet on their own."""
        others = [self.steps[r] for r in self.readers.get(v, []) if r != i]
        return any(s.phase == step.phase and not (s.domain == step.domain == "rows") for s in others)

    def _give(self, v: int, slot: int | None, step: Step) -> None:
        value = self.values[v]
        if slot is None:
            slot = self._free_slot(value, step)
        self.values[v] = replace(value, slot=slot)

    def _free_slot(self, value: Value, step: Step) -> int:
        """A slot that no thread can still be reading; within a phase only one whose rows lie in the same places."""
        needed = room(value)
        for entry in self.free if self.reuse else []:
            slot, phase, last = entry
            same = last is not None and last.type == value.type and is_batch(value) and step.domain == "rows"
            if (phase < step.phase or same) and self.slots[slot].covers(needed):
                self.free.remove(entry)
                return slot
        self.slots.append(needed)
        return len(self.slots) - 1

    def _release(self, v: int, step: Step) -> None:
        slot = self.values[v].slot
        assert slot is not None
        living = any(
            u != v
            and value.slot == slot
            and value.place == "slot"
            and (u in self.kept or self._last_reader(u) > self.steps.index(step))
            for u, value in enumerate(self.values)
        )
        if not living and all(slot != entry[0] for entry in self.free):
            self.free.append((slot, step.phase, self.values[v] if self._by_rows(v, step) else None))

    def _by_rows(self, v: int, step: Step) -> bool:
        """Whether every step of the phase that reads a value does so row by row."""
        readers = (self.steps[r] for r in self.readers.get(v, []))
        return all(s.domain == "rows" for s in (step, *readers) if s.phase == step.phase)

    def _share_head(self, step: Step) -> None:
        """A product by rows writes where a result of its epilogue goes that comes after the last look at it."""
        z = step.output
        if (
            self.values[z].place != "register"
            or step.kernel not in ("matmul", "affine")
            or step.attrs.get("transpose_a")
        ):
            return
        looks = [k for k, part in enumerate(step.epilogue) if z in map(self._plain, part.inputs)]
        last = max(looks, default=0)
        taken = {self.values[v].slot for v in reads(step, self.plan) if v != z}
        for part in step.epilogue[last:]:
            home = self.values[part.output]
            if home.place == "slot" and home.type == self.values[z].type and home.slot not in taken:
                self.values[z] = replace(self.values[z], slot=home.slot)
                return
        self._give(z, None, step)


def place(plan: Plan, reuse: bool = True) -> Plan:
    """Find a buffer for every value that needs one.

    Args:
        plan: fused and in phases.
        reuse: whether values whose lives do not overlap may share a buffer.
    """
    return _Placer(plan, reuse).run()
