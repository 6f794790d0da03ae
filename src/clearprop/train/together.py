"""Several trainings side by side: members of an ensemble, folds, candidates of a search."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from clearprop.errors import DivergenceError
from clearprop.execute import run_together
from clearprop.nn import Architecture
from clearprop.train.history import History
from clearprop.train.interrupt import Interrupt, interruptible
from clearprop.train.loop import Loop, Training
from clearprop.train.predict import Data
from clearprop.train.run import Run


@dataclass(frozen=True)
class Fit:
    """One training: what `train` is given."""

    architecture: Architecture
    training: Training
    run: Run
    data: Data
    validation: Data | None = None


def train_together(
    fits: Sequence[Fit], threads: int | None = None, progress: Callable[[Sequence[int]], object] | None = None
) -> list[History | DivergenceError]:
    """Train the parameters of each run in place, to the bits of each trained alone on one thread.

    All go on in one call of the executor, unless something is to happen between the epochs of one of them (a callback,
    metrics, a plateau): then the calls are as long as that one's.

    Args:
        fits: the trainings, which have nothing in common but data that they only read. Their executors run one thread.
        threads: how many are trained at once; by default as many as there are processors.
        progress: told now and then, on this thread, how many epochs each has done; returning True stops all.

    Returns:
        The history of each, or the error of one that diverged, which disturbs no other.

    Raises:
        InvalidValueError, UnknownNameError: as of `train`, before any of them begins.
    """
    loops = [Loop(fit.architecture, fit.training, fit.run, fit.data, fit.validation) for fit in fits]
    found: list[History | DivergenceError] = [loop.run.history for loop in loops]
    try:
        with interruptible() as interrupt:
            left = [i for i, loop in enumerate(loops) if loop.goes_on]
            while left:
                left = _round(loops, left, found, threads, interrupt, progress)
    finally:
        for loop in loops:
            loop.session.free_buffers()
    for loop, result in zip(loops, found, strict=True):
        if isinstance(result, History):
            loop.finish()
    return found


def _round(
    loops: Sequence[Loop],
    left: Sequence[int],
    found: list[History | DivergenceError],
    threads: int | None,
    interrupt: Interrupt,
    progress: Callable[[Sequence[int]], object] | None,
) -> list[int]:
    """One call for each training that is left; returns those that are then left."""
    done = [loop.run.done for loop in loops]
    before = [done[i] for i in left]

    def stop(epochs: Sequence[int]) -> bool:
        for i, start, n in zip(left, before, epochs, strict=True):
            done[i] = start + n
        if progress is not None and progress(tuple(done)):
            interrupt.stop_by("callback")
        return interrupt.requested

    outcomes = run_together([loops[i].begin() for i in left], threads, stop)
    stop([len(outcome.seconds) for outcome in outcomes])
    still = []
    for i, outcome in zip(left, outcomes, strict=True):
        try:
            if loops[i].end(outcome, interrupt) and loops[i].goes_on:
                still.append(i)
        except DivergenceError as error:
            found[i] = error
    return still
