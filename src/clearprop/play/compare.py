"""Runs side by side: other first weights, or other optimizers, on the same data for the same number of steps."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from clearprop.errors import ClearpropError, DivergenceError, InvalidValueError, checked_integer, plural
from clearprop.messages import Message
from clearprop.play.answers import scores
from clearprop.play.bench import Bench
from clearprop.play.scene import plain
from clearprop.play.state import Position, State

MOST_RUNS, MOST_SECONDS, MOST_STEPS = 8, 3.0, 100_000
_ON_CURVE = 100  # points of each loss curve
INITS = ("zeros", "small", "glorot", "he")


@dataclass
class Run:
    """One of the runs: what it is called, where it is, and whether its loss is no longer a number."""

    name: str
    bench: Bench
    diverged: bool = False


@dataclass(frozen=True)
class Comparison:
    """All of them, with the steps that each has taken of those that were asked for."""

    runs: tuple[Run, ...]
    taken: int
    asked: int


def compare(bench: Bench, what: str, names: list[str], steps: int) -> Comparison:
    """Train a network for each name, all from the same samples, and in turn, so that none has more steps.

    Args:
        bench: whose data, network and training; it stays as it is.
        what: "init": other weights to begin with, drawn by the same seed; "optimizer": the same weights to begin with.
        names: of initialisations or optimizers.
        steps: for each; fewer are taken where that lasts longer than 3 seconds.

    Raises:
        ClearpropError: for less than two names, or one that there is not.
    """
    if what not in ("init", "optimizer"):
        raise InvalidValueError(f"{what!r:.40} to compare", "init or optimizer")
    if not 2 <= len(dict.fromkeys(names)) <= MOST_RUNS:
        raise InvalidValueError(f"{plural(len(names), 'run')} to compare", f"2 … {MOST_RUNS} that differ")
    steps = min(checked_integer("steps", steps), MOST_STEPS)
    state, begun = bench.current(), time.perf_counter()
    runs = tuple(Run(name, bench.beside(_other(state, what, name))) for name in dict.fromkeys(names))
    taken, each = 0, -(-steps // _ON_CURVE)
    while taken < steps and (not taken or time.perf_counter() - begun < MOST_SECONDS):
        more = min(each, steps - taken)
        for run in runs:
            _advance(run, more)
        taken += more
    return Comparison(runs, taken, steps)


def _other(state: State, what: str, name: str) -> State:
    """Before the first step, with another initialisation or another optimizer."""
    first = replace(state, now={}, slots={}, position=Position())
    if what == "optimizer":
        return first.changed("training", {"optimizer": name})
    return replace(first, start={}).changed("network", {"init": name})


def _advance(run: Run, steps: int) -> None:
    try:
        if not run.diverged:
            run.bench.step(steps)
    except DivergenceError:
        run.diverged = True


def described(found: Comparison, bench: Bench) -> dict[str, Any]:
    """What the page shows of it: curves, final losses and scores, and what was bounded."""
    said = []
    if found.taken < found.asked:
        said.append(Message("play.compared_bounded", n=f"{found.taken:,}", steps=f"{found.asked:,}", s=MOST_SECONDS))
    return {
        "taken": found.taken,
        "runs": [_run(run) for run in found.runs],
        "said": [one(bench.lang) for one in said],
    }


def _run(run: Run) -> dict[str, Any]:
    points, score = run.bench.way.points, scores(run.bench)
    train, test = run.bench.losses()
    return {
        "name": run.name,
        "diverged": run.diverged,
        "curve": {"step": [p.snapshot.step for p in points], "train": [plain(p.train) for p in points]},
        "losses": {"train": plain(train), "test": None if test is None else plain(test)},
        "score": {name: score[name] for name in ("train", "test") if name in score},
    }


def asked(bench: Bench, message: Mapping[str, Any]) -> Comparison:
    """{"what": "init", "of": […], "steps": 500}.

    Raises:
        ClearpropError: for a message that asks for none.
    """
    names = message.get("of", list(INITS))
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise InvalidValueError(f"{names!r:.40} to compare", "a list of names")
    return compare(bench, str(message.get("what")), names, message.get("steps", 500))


def taken(found: Comparison | None, place: int, bench: Bench) -> State:
    """The state at the end of one of the runs, shown as the bench is shown now.

    Raises:
        ClearpropError: if there is no such run.
    """
    if found is None or not 0 <= place < len(found.runs):
        raise ClearpropError("there is no such run to take: compare again")
    return replace(found.runs[place].bench.current(), view=replace(bench.state.view, row=0, shown=-1))
