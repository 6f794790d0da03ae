"""Groups of steps that are to become one step each, and which group reads what another one makes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from clearprop.plan.plan import Step

K = TypeVar("K")


@dataclass(eq=False)
class StepGroup:
    """Steps that become one.

    Attributes:
        number: its own; groups that were begun later have larger ones.
        head: the step that may carry the chain, such as a product; None if the group is a chain alone.
        chain: elementwise steps, each behind those that it reads.
        needs: the numbers of the groups whose results it reads.
    """

    number: int
    head: Step | None
    chain: list[Step] = field(default_factory=list)
    needs: set[int] = field(default_factory=set)

    @property
    def steps(self) -> list[Step]:
        """The head, if there is one, and the chain."""
        return [self.head, *self.chain] if self.head else self.chain

    @property
    def made(self) -> list[int]:
        """The values that its steps make."""
        return [step.output for step in self.steps]


class StepGroups:
    """All groups of a plan. They never need each other in a circle: `may_merge` says what keeps it so."""

    def __init__(self) -> None:
        self._groups: dict[int, StepGroup] = {}  # by number, which is the order in which they were begun
        self._begun = 0
        self._of: dict[int, int] = {}  # value → the group that makes it

    def __iter__(self) -> Iterator[StepGroup]:
        return iter(list(self._groups.values()))

    def __getitem__(self, number: int) -> StepGroup:
        return self._groups[number]

    def maker(self, v: int) -> int | None:
        """The number of the group that makes a value; None for an input, a constant or a number known beforehand."""
        return self._of.get(v)

    def makers(self, values: Iterable[int]) -> set[int]:
        """The numbers of the groups that make some values."""
        return {self._of[v] for v in values if v in self._of}

    def begin(self, head: Step | None = None) -> StepGroup:
        """A new group, of a head or still empty."""
        self._begun += 1
        group = self._groups[self._begun] = StepGroup(self._begun, head)
        if head:
            self._of[head.output] = group.number
        return group

    def reaches(self, start: int, goal: int) -> bool:
        """Whether a group needs another one, directly or through others; each reaches itself."""
        seen: set[int] = set()
        waiting = [start]
        while waiting:
            number = waiting.pop()
            if number == goal:
                return True
            if number not in seen:
                seen.add(number)
                waiting.extend(self._groups[number].needs)
        return False

    def may_merge(self, a: int, b: int) -> bool:
        """Whether two groups can become one step: no third one must run after the one and before the other."""
        return not any(
            self.reaches(third, earlier)
            for later, earlier in ((a, b), (b, a))
            for third in self._groups[later].needs
            if third != earlier
        )

    def append(self, step: Step, group: StepGroup, needs: set[int]) -> None:
        """Put a step at the end of a group's chain; `needs` are the groups whose results the step reads."""
        group.chain.append(step)
        self._of[step.output] = group.number
        group.needs |= needs - {group.number}

    def move(self, step: Step, start: StepGroup, goal: StepGroup, needs: set[int]) -> None:
        """Put a step of one chain at the beginning of another one that reads it."""
        start.chain.remove(step)
        goal.chain.insert(0, step)
        self._of[step.output] = goal.number
        goal.needs |= needs - {goal.number}

    def merge(self, kept: StepGroup, gone: StepGroup, chain: list[Step]) -> None:
        """Make one group of two; `chain` is the chain of both, in order."""
        kept.chain = chain
        kept.needs = (kept.needs | gone.needs) - {kept.number, gone.number}
        self._of |= dict.fromkeys(gone.made, kept.number)
        del self._groups[gone.number]
        for group in self._groups.values():
            if gone.number in group.needs:
                group.needs = (group.needs - {gone.number}) | {kept.number}

    def cut(self, group: StepGroup, chain: list[Step], length: int) -> StepGroup:
        """Leave a group the first steps of its chain, given in order, and make a new group of the others."""
        rest = self.begin()
        group.chain, rest.chain = chain[:length], chain[length:]
        rest.needs = group.needs | {group.number}
        self._of |= dict.fromkeys(rest.made, rest.number)
        for other in self._groups.values():
            if group.number in other.needs and other is not rest:
                other.needs.add(rest.number)
        return rest

    def remove(self, empty: StepGroup) -> None:
        """Forget a group whose steps have all moved elsewhere."""
        del self._groups[empty.number]
        for group in self._groups.values():
            group.needs.discard(empty.number)

    def in_order(self) -> list[StepGroup]:
        """The groups as they can run: each behind those it needs, otherwise as they were begun."""
        return [self._groups[n] for n in in_order(self._groups, lambda n: sorted(self._groups[n].needs))]


def in_order(items: Iterable[K], needs: Callable[[K], Iterable[K]]) -> list[K]:
    """Items in the order given, but each behind those it needs. None may need itself, through others neither."""
    placed: dict[K, None] = {}
    for item in items:
        waiting = [item]
        while waiting:
            missing = next((need for need in needs(waiting[-1]) if need not in placed), None)
            if missing is None:
                placed.setdefault(waiting.pop())
            else:
                waiting.append(missing)
    return list(placed)
