"""Fusion: elementwise steps join the step that makes what they read, and run on it while it is in cache.

A product, a sum over rows or another elementwise step may carry a chain of elementwise steps as its *epilogue*. What
only the chain reads never reaches memory. Scalars that follow from inputs alone (1 − β₁) are set apart:
they are a few numbers that every thread can compute for itself.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace

from clearprop.graph import N
from clearprop.plan.cost import Linear, size_in_bytes
from clearprop.plan.operand import CONSTANT, FILE, FULL, WRITTEN_OUT, Source, in_memory, source_of
from clearprop.plan.plan import Plan, Step, Value

HEADS = frozenset({"matmul", "affine", "sum", "max"})  # besides chains: what can carry an epilogue
SPREAD = frozenset({"identity", "stop_gradient", "broadcast", "one_hot", "uniform"})  # read through, not stored


@dataclass(frozen=True)
class Limits:
    """What a chain may hold: operands and operations, and pieces of scratch at one time."""

    registers: int
    scratch: int


UNLIMITED = Limits(10**9, 10**9)


@dataclass(eq=False)
class _Group:
    """Steps that become one."""

    number: int
    head: Step | None
    chain: list[Step] = field(default_factory=list)
    needs: set[int] = field(default_factory=set)  # groups whose results it reads

    @property
    def made(self) -> list[int]:
        return [s.output for s in ([self.head] if self.head else []) + self.chain]


class _Fusion:
    def __init__(self, plan: Plan, elementwise: frozenset[str], limits: Limits) -> None:
        self.plan, self.elementwise, self.limits = plan, elementwise, limits
        self.values = [replace(v, slot=None) for v in plan.values]  # memory is found at the end
        self.makers = {s.output: s for s in plan.steps}
        self.groups: dict[int, _Group] = {}
        self.count = 0
        self.home: dict[int, int] = {}  # value → group that makes it
        self.scalars: list[Step] = []
        self.copies: dict[int, int] = {}  # view → the copy that had to be made of it
        stored = {plan.inputs[name] for name in plan.stored.values()}
        for v in plan.inputs.values():
            if self.values[v].type.shape == () and v not in stored:
                self.values[v] = replace(self.values[v], place="scalar")

    # --- which groups depend on which

    def _reaches(self, start: int, goal: int) -> bool:
        """Whether group `start` needs group `goal`, directly or not."""
        seen, stack = set(), [start]
        while stack:
            g = stack.pop()
            if g == goal:
                return True
            if g not in seen:
                seen.add(g)
                stack.extend(self.groups[g].needs)
        return False

    def _apart(self, a: int, b: int) -> bool:
        """Whether two groups may become one: no way from one to the other through a third."""
        ways = ((n, y) for x, y in ((a, b), (b, a)) for n in self.groups[x].needs if n != y)
        return not any(self._reaches(n, y) for n, y in ways)

    # --- building

    def run(self) -> Plan:
        for step in self.plan.steps:
            self._add(step)
        self.plan = replace(self.plan, outputs={name: self._output(name, v) for name, v in self.plan.outputs.items()})
        for g in sorted(self.groups, reverse=True):
            self._sink(self.groups[g])
        for g in sorted(self.groups):
            self._split(self.groups[g])
        order = self._in_order()
        read = self._read_elsewhere()
        steps = [self._fused(self.groups[g], read) for g in order]
        views = {v: s for v, s in self.makers.items() if self.values[v].place == "view"}
        return replace(self.plan, steps=(*self.scalars, *steps), values=tuple(self.values), slots=(), views=views)

    def _add(self, step: Step) -> None:
        v = step.output
        if self._is_scalar(step):
            self.values[v] = replace(self.values[v], place="scalar", source=None)
            self.scalars.append(step)
        elif step.kernel in SPREAD:
            if self.values[v].place != "view":
                self.values[v] = replace(self.values[v], place="view", source=None)
            if source_of(v, self.values, self.makers) is None:  # spread from what is spread itself: that is written out
                self.makers[v] = replace(step, inputs=(self._settle(step.inputs[0]),))
        elif self.values[v].place == "view":
            pass
        elif step.kernel in self.elementwise:
            self._add_elementwise(step)
        else:
            reads = [
                self._settle(i, labels=step.kernel == "softmax_cross_entropy" and k == 1)
                for k, i in enumerate(step.inputs)
            ]
            group = self._new(replace(step, inputs=tuple(reads)))
            group.needs |= {self.home[i] for i in map(self._root, reads) if i in self.home}

    def _is_scalar(self, step: Step) -> bool:
        """Whether a step makes a number from numbers that are known before the step begins."""
        made = self.values[step.output]
        if made.type.shape != () or step.kernel not in self.elementwise | {"size", "identity", "stop_gradient"}:
            return False
        return all(self.values[i].place in ("constant", "scalar") for i in step.inputs)

    def _new(self, head: Step | None) -> _Group:
        self.count += 1
        group = self.groups[self.count] = _Group(self.count, head)
        if head:
            self.home[head.output] = group.number
        return group

    def _settle(self, v: int, labels: bool = False) -> int:
        """The index of a value of the same shape whose numbers are in memory; what is only spread is written out."""
        source = source_of(v, self.values, self.makers)
        if source is not None and source.mode == FULL:
            return source.value if self.values[source.value].type.shape == self.values[v].type.shape else v
        if labels and source is not None and self.makers[self._plain(v)].kernel == "one_hot":
            return self._plain(v)
        if source is not None and source.mode in (FILE, CONSTANT) and self.values[v].type.shape == ():
            return v
        return self._copy(v)

    def _output(self, name: str, v: int) -> int:
        """The value that an output is read from when the run is over, when new state has replaced the old."""
        source = source_of(v, self.values, self.makers)
        stored = {self.plan.inputs[old] for old in self.plan.stored.values()}
        if name in self.plan.stored:  # a place of its own, if it is not what was there before
            own = source is not None and source.mode == FULL and source.value not in self.plan.inputs.values()
            stays = source is not None and source.value == self.plan.inputs[self.plan.stored[name]]
            return self._settle(v) if own or stays else self._copy(v)
        old = source is not None and (source.value in stored or source.mode == CONSTANT)
        return self._copy(v) if old else self._settle(v)

    def _copy(self, v: int) -> int:
        """A value of its own with the numbers of another one."""
        if v in self.copies:
            return self.copies[v]
        copied = self.copies[v] = len(self.values)
        self.values.append(replace(self.values[v], label=f"copy of {self.values[v].label}", place="slot", source=None))
        step = Step("identity", (v,), copied, {}, Linear(), size_in_bytes(self.values[v].type))
        self.makers[copied] = step
        self._add_elementwise(step)
        return copied

    def _root(self, v: int) -> int:
        return in_memory(v, self.values, self.makers)

    def _plain(self, v: int) -> int:
        while v in self.makers and self.makers[v].kernel in ("identity", "stop_gradient"):
            v = self.makers[v].inputs[0]
        return v

    def _source(self, v: int) -> Source:
        source = source_of(v, self.values, self.makers)
        assert source is not None, "what takes a step to spread was written out when it was added"
        return source

    def _add_elementwise(self, step: Step) -> None:
        step = self._gate_on_relu(step)
        sources = [self._source(i) for i in step.inputs]
        joined: int | None = None
        for s in sources:
            g = self.home.get(s.value) if s.mode == FULL else None
            if g is None or g == joined or not self._can_join(step, sources, g):
                continue
            if any(self._reaches(other, g) for other in self._homes(sources) - {g}):
                continue
            joined = g if joined is None else self._merged(joined, g)
        group = self.groups[joined] if joined is not None else self._new(None)
        group.chain.append(step)
        self.home[step.output] = group.number
        group.needs |= self._homes(sources) - {group.number}

    def _homes(self, sources: list[Source]) -> set[int]:
        return {self.home[s.value] for s in sources if s.mode != CONSTANT and s.value in self.home}

    def _gate_on_relu(self, step: Step) -> Step:
        """[z > 0] g is [relu(z) > 0] g: then z itself need not be kept for the backward pass."""
        if step.kernel == "gate":
            for other in self.plan.steps:
                if other.kernel == "relu" and other.inputs[0] == step.inputs[0] and other.output in self.home:
                    return replace(step, inputs=(other.output, step.inputs[1]))
        return step

    def _can_join(self, step: Step, sources: list[Source], g: int) -> bool:
        group = self.groups[g]
        if self.values[group.made[0]].type.shape != self.values[step.output].type.shape:
            return False
        if group.head is not None and not self._carries(group.head):
            return False
        return all(s.mode == FULL for s in sources if self.home.get(s.value) == g and s.mode != CONSTANT)

    def _carries(self, head: Step) -> bool:
        """Whether a step can have an epilogue: products of matrices and sums over the rows of one."""
        ranks = [self.values[i].type.rank for i in head.inputs]
        if head.kernel in ("matmul", "affine"):
            return ranks[:2] == [2, 2]
        batch = is_batch(self.values[head.inputs[0]])
        return head.kernel in HEADS and head.attrs["axis"] == 0 and (ranks == [2] or batch)

    def _merged(self, a: int, b: int) -> int:
        """Make one of two groups that a step reads, if that is possible; returns the one it may join."""
        first, second = self.groups[a], self.groups[b]
        heads = first.head is not None and second.head is not None
        if heads or not self._apart(a, b):
            return max(a, b)
        keep, gone = (first, second) if first.head else (second, first)
        chain = {s.output: s for s in keep.chain + gone.chain}
        keep.chain = self._sorted(chain)
        keep.needs = (keep.needs | gone.needs) - {keep.number, gone.number}
        for v in gone.made:
            self.home[v] = keep.number
        del self.groups[gone.number]
        for group in self.groups.values():
            if gone.number in group.needs:
                group.needs = (group.needs - {gone.number}) | {keep.number}
        return keep.number

    def _sorted(self, chain: dict[int, Step]) -> list[Step]:
        done: list[Step] = []
        seen: set[int] = set()

        def visit(v: int) -> None:
            if v in seen or v not in chain:
                return
            seen.add(v)
            for i in chain[v].inputs:
                visit(self._root(i))
            done.append(chain[v])

        for v in chain:
            visit(v)
        return done

    def _sink(self, group: _Group) -> None:
        """Move what only one later group reads to that group, if what it is made from is in memory anyway.

        1 − a², say, is read by the backward pass only: computed there it need not be kept.
        """
        for step in reversed(group.chain[:]):
            readers = self._readers(step.output)
            if len(readers) != 1 or group.number in readers or step.output in self.plan.outputs.values():
                continue
            later = self.groups[readers.pop()]
            shape = self.values[step.output].type.shape
            same = self.values[later.made[0]].type.shape == shape and (later.head is None or self._carries(later.head))
            full = later.head is None or step.output not in map(self._root, later.head.inputs)
            spread = any(
                s.value == step.output and s.mode != FULL
                for part in later.chain
                for s in map(self._source, part.inputs)
            )
            inputs = {s.value for s in map(self._source, step.inputs) if self.home.get(s.value) == group.number}
            if not (same and full) or spread or len(inputs) > 1:
                continue
            group.chain.remove(step)
            later.chain.insert(0, step)
            self.home[step.output] = later.number
            later.needs |= self._homes([self._source(v) for v in step.inputs]) - {later.number}
        if not group.chain and group.head is None:
            del self.groups[group.number]
            for other in self.groups.values():
                other.needs.discard(group.number)

    def _readers(self, v: int) -> set[int]:
        """Groups that read a value."""
        found = set()
        for group in self.groups.values():
            if group.head and v in map(self._root, group.head.inputs):
                found.add(group.number)
            if any(s.value == v and s.mode != CONSTANT for part in group.chain for s in map(self._source, part.inputs)):
                found.add(group.number)
        return found

    # --- chains that are too long

    def _split(self, group: _Group) -> None:
        """Cut a chain that needs more than a chain may hold in two, until each part fits."""
        if len(group.chain) < 2 or self._fits(group.chain):
            return
        chain = self._sorted({part.output: part for part in group.chain})
        half = len(chain) // 2
        rest = self._new(None)
        group.chain, rest.chain = chain[:half], chain[half:]
        rest.needs = group.needs | {group.number}
        self.home |= {part.output: rest.number for part in rest.chain}
        for other in self.groups.values():
            if group.number in other.needs and other is not rest:
                other.needs.add(rest.number)
        self._split(group)
        self._split(rest)

    def _fits(self, chain: list[Step]) -> bool:
        made = {part.output: k for k, part in enumerate(chain)}
        read = [[self._source(v) for v in part.inputs] for part in chain]
        outside = {s for sources in read for s in sources if s.mode != FULL or s.value not in made}
        last = {s.value: k for k, sources in enumerate(read) for s in sources if s.mode == FULL and s.value in made}
        spread = len([s for s in outside if s.mode in WRITTEN_OUT])
        alive = [len([v for v, k in made.items() if k <= now <= last.get(v, k)]) for now in range(len(chain))]
        return len(outside) + len(chain) <= self.limits.registers and spread + max(alive) <= self.limits.scratch

    # --- the result

    def _in_order(self) -> list[int]:
        """Groups after what they need, otherwise in the order of their first step."""
        done: list[int] = []
        seen: set[int] = set()
        for start in sorted(self.groups):
            stack = [(start, iter(sorted(self.groups[start].needs)))]
            if start in seen:
                continue
            seen.add(start)
            while stack:
                g, rest = stack[-1]
                for n in rest:
                    if n not in seen:
                        seen.add(n)
                        stack.append((n, iter(sorted(self.groups[n].needs))))
                        break
                else:
                    done.append(g)
                    stack.pop()
        return done

    def _read_elsewhere(self) -> set[int]:
        """Values that must be in memory: outputs, and what another group reads."""
        read = {self._root(v) for v in self.plan.outputs.values()}
        for group in self.groups.values():
            own = set(group.made)
            if group.head:
                read |= set(map(self._root, group.head.inputs)) - own
            for step in group.chain:
                read |= {s.value for s in map(self._source, step.inputs) if s.mode != CONSTANT} - own
        return read

    def _fused(self, group: _Group, read: set[int]) -> Step:
        for v in group.made:
            kept = v in read or (group.head is not None and not group.chain)
            if not kept:
                self.values[v] = replace(self.values[v], place="register")
        if not group.chain:
            assert group.head is not None
            return group.head
        parts = ([group.head] if group.head else []) + group.chain
        moved = self._moved(group)
        work = sum((s.flops for s in parts), Linear())
        if group.head:
            return replace(group.head, flops=work, bytes=moved, epilogue=tuple(group.chain))
        stored = [s.output for s in group.chain if s.output in read]
        return Step("chain", (), stored[-1], {}, work, moved, tuple(group.chain))

    def _moved(self, group: _Group) -> Linear:
        """Bytes read and written by a group as a whole."""
        own = set(group.made)
        touched = set(map(self._root, group.head.inputs)) if group.head else set()
        for step in group.chain:
            touched |= {s.value for s in map(self._source, step.inputs) if s.mode not in (CONSTANT, FILE)} - own
        touched |= {v for v in own if self.values[v].place == "slot"}
        return sum((size_in_bytes(self.values[v].type) for v in touched), Linear())


def is_batch(value: Value) -> bool:
    """Whether a value has a row for each sample."""
    return value.type.shape[:1] == (N,)


def fuse(plan: Plan, elementwise: Collection[str], limits: Limits = UNLIMITED) -> Plan:
    """Join elementwise steps to what they read.

    Args:
        plan: one step per node, nothing sharing memory (`build_plan(..., reuse=False)`).
        elementwise: kernels that may be part of a chain.
        limits: what a chain may hold.
    """
    return _Fusion(plan, frozenset(elementwise), limits).run()
