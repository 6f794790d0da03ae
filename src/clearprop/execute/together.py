"""Steps of several sessions in one call, each on one thread at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from clearprop.execute.batches import Batches, Outcome
from clearprop.execute.executor import Session
from clearprop.execute.reference import Array
from clearprop.execute.threads import MOST, available
from clearprop.execute.validation import Validation

MOST_TOGETHER = 200  # sessions in one call: each lock that is held is a call within a call

Made = TypeVar("Made")


@dataclass(frozen=True, eq=False)
class Steps:
    """Training steps that a session is to run: what `Session.run` is given but `stop`."""

    session: Session
    data: Mapping[str, Array]
    batches: Batches
    table: Mapping[str, Array]
    report: Sequence[str]
    validation: Validation | None = None

    def run(self, stop: Callable[[], bool]) -> Outcome:
        """Run them, and nothing beside."""
        return self.session.run(self.data, self.batches, self.table, self.report, stop, self.validation)

    @property
    def flops(self) -> int:
        """About how much work they are."""
        return len(self.batches) * self.session.program.plan.flops(self.batches.size)


def run_together(work: Sequence[Steps], threads: int | None, stop: Callable[[Sequence[int]], bool]) -> list[Outcome]:
    """Run the steps of sessions that have nothing in common, to the bits of each alone on one thread.

    Args:
        work: of each session, which may be here once.
        threads: how many are run at once, where the executor has threads; the longest are begun first.
        stop: asked now and then on the calling thread whether all are to leave, and told how many epochs each has done.

    Returns:
        What each came to. One that diverges ends alone.

    Raises:
        ForkedError: in a child that was forked while steps ran.
    """
    done, outcomes = [0] * len(work), dict[int, Outcome]()
    order = sorted(range(len(work)), key=lambda i: -work[i].flops)
    for kind in dict.fromkeys(type(steps.session) for steps in work):
        mine = [i for i in order if type(work[i].session) is kind]
        for start in range(0, len(mine), MOST_TOGETHER):
            some = mine[start : start + MOST_TOGETHER]

            def told(epochs: Sequence[int], some: list[int] = some) -> bool:
                for i, n in zip(some, epochs, strict=True):
                    done[i] = n
                return stop(done)

            at_once = min(threads or available(), MOST, len(some))
            made = kind.run_together([work[i] for i in some], at_once, told)
            outcomes |= dict(zip(some, made, strict=True))
    return [outcomes[i] for i in range(len(work))]


def one_after_another(work: Sequence[Steps], stop: Callable[[Sequence[int]], bool]) -> list[Outcome]:
    """`run_together` for an executor that runs one session at a time."""
    done, outcomes = [0] * len(work), []
    for i, steps in enumerate(work):
        outcomes.append(steps.run(lambda: stop(done)))
        done[i] = len(outcomes[i].seconds)
    return outcomes


def holding(locks: Sequence[threading.Lock], body: Callable[[], Made]) -> Made:
    """What the body returns, with all locks held; they are let go of however that ends.

    One `with` within another, because Ctrl-C may come between any two lines of Python, but not into that.
    """
    if not locks:
        return body()
    with locks[0]:
        return holding(locks[1:], body)
