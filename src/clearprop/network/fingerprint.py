"""What decides a training run, in a few words and hashes: a checkpoint of another run is not taken for this one's.

Left out is what may change from one part of a run to the next without changing what it comes to: the number of epochs,
of threads, the executor, callbacks.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from hashlib import blake2b
from typing import Any

import numpy as np

from clearprop.execute import Array
from clearprop.network.hashed import hashed
from clearprop.nn import Architecture, Given, Parameter
from clearprop.train import Schedule, Training, schedules, step_graph
from clearprop.train.predict import Data

# name in the fingerprint → what is said of a checkpoint whose entry is another one
DIFFERENCES: Mapping[str, str] = {
    "rows": "another number of training rows",
    "X": "other training data (X)",
    "y": "other targets (y)",
    "weights": "other sample or class weights",
    "validation": "other validation rows",
    "architecture": "another network",
    "functions": "other activations, losses or update rules",
    "optimizer": "another optimizer, or other settings of it",
    "rates": "another schedule of the learning rate",
    "batch_size": "another batch size",
    "shuffle": "another order of the rows",
    "seed": "another seed",
    "start": "other weights to start from",
    "dtype": "another dtype",
    "early_stopping": "another rule for early stopping",
    "metrics": "other metrics",
    "trainings": "other networks, rows or epochs among those that are trained side by side",
}
PLAIN = frozenset({"rows", "batch_size", "shuffle", "seed", "dtype", "early_stopping"})  # can be read as they stand

MOST_STEPS = 10_000_000  # how far a schedule is looked at


def fingerprint(
    architecture: Architecture, seed: int, training: Training, data: Data, validation: Data | None
) -> dict[str, Any]:
    """The fingerprint of a run, as plain data.

    Args:
        architecture: of the network, its own functions included: as the graph they make, whatever they are called.
        seed: of the weights that the network was made with; those of now may be half trained.
        training: how it trains.
        data: training rows, after everything that was done to them.
        validation: held-out rows, which decide when the run ends.
    """
    step = step_graph(architecture, training.optimizer, training.dtype, data.form, data.weights is not None)
    return {
        "rows": len(data),
        "X": digest_of(data.X),
        "y": digest_of(data.y),
        "weights": None if data.w is None else digest_of(data.w),
        "validation": None if validation is None else digest_of(*validation.arrays().values()),
        "architecture": described(architecture),
        "functions": digest_of(repr(step.graph).encode()),
        "optimizer": described(training.optimizer),
        "rates": digest_of(*map(_sampled, schedules(architecture, training.optimizer).values())),
        "batch_size": min(training.batch_size, len(data)),
        "shuffle": training.shuffle,
        "seed": training.seed,
        "start": hashed((seed, [_start(p) for p in architecture.parameters.values()])),
        "dtype": training.dtype,
        "early_stopping": repr(training.early_stopping),
        "metrics": [f"{m.name} {hashed(m.function)} {m.higher_is_better}" for m in training.metrics],
    }


def difference(saved: Any, expected: Mapping[str, Any]) -> str | None:
    """In what a saved fingerprint differs from this run's; None if in nothing."""
    if not isinstance(saved, Mapping) or not set(expected) <= set(saved):
        return "a run of which it does not say on what data: an earlier version wrote it"
    for name, mine in expected.items():
        if saved[name] != mine:
            both = f" ({saved[name]}, here {mine})" if name in PLAIN else ""
            return f"a fit with {DIFFERENCES[name]}{both}"
    return None


def described(value: object) -> str:
    """What a thing is, in words that another process uses too: a function's address is left out."""
    return re.sub(r" at 0x[0-9a-fA-F]+", "", repr(value))


def _start(parameter: Parameter) -> object:
    """What a parameter starts from: the function that draws, or the digest of the numbers given."""
    start = parameter.initializer
    return (start.shape, start.digest) if isinstance(start, Given) else start.draw


def digest_of(*parts: Array | bytes) -> str:
    """A hash of the numbers, shapes and dtypes of arrays."""
    found = blake2b(digest_size=16)
    for part in parts:
        if isinstance(part, bytes):
            found.update(part)
        else:
            found.update(f"{part.dtype.str}{part.shape}".encode())
            found.update(np.ascontiguousarray(part).data)
    return found.hexdigest()


def _sampled(schedule: Schedule) -> Array:
    """A schedule's rates close together at first and far out at last; NaN where it has none, as a table may end."""
    far = np.rint(np.geomspace(1, MOST_STEPS, 200)).astype(np.int64)
    steps = np.unique(np.concatenate([np.arange(0, 10_000, 97), far]))
    rates = np.full(len(steps), np.nan)
    with np.errstate(all="ignore"):
        for i in range(len(steps)):
            with suppress(ArithmeticError, LookupError, ValueError):  # 2.0**10_000 overflows, say
                rates[i] = schedule.rates(steps[i : i + 1], MOST_STEPS, 100)[0]
    return rates
