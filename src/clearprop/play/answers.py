"""How good the answers are: accuracy and the confusion of classes, or R² of numbers, of training and test rows."""

from __future__ import annotations

from typing import Any

import numpy as np

from clearprop.execute import Array
from clearprop.play.bench import Bench
from clearprop.play.scene import plain
from clearprop.train import r2

_MOST_CLASSES = 10  # of which the confusion is shown


def scores(bench: Bench) -> dict[str, Any]:
    """The score of both parts, and how often each class was taken for which, of the test rows where there are any.

    A score of the training rows says how well they are remembered; that of the test rows is the one that holds.
    """
    samples = bench.samples
    parts = {name: rows for name, rows in (("train", samples.train), ("test", samples.test)) if len(rows)}
    outputs = {name: np.asarray(bench.network.predict(samples.X[rows])) for name, rows in parts.items()}
    judged = "test" if "test" in parts else "train"
    if not samples.classes:
        found = {name: plain(np.float64(r2(samples.y[parts[name]], a))) for name, a in outputs.items()}
        return {"what": "r2", **found, "of": judged, "confusion": None}
    answered = {name: _classes(a) for name, a in outputs.items()}
    right = {name: float((answered[name] == samples.y[rows]).mean()) for name, rows in parts.items()}
    k = len(samples.classes)
    confusion = None
    if k <= _MOST_CLASSES:
        pairs = samples.y[parts[judged]] * k + answered[judged]
        confusion = np.bincount(pairs, minlength=k * k).reshape(k, k).tolist()
    return {"what": "accuracy", **right, "of": judged, "confusion": confusion}


def _classes(outputs: Array) -> Array:
    return (outputs[:, 0] > 0.5).astype(np.int64) if outputs.shape[1] == 1 else outputs.argmax(axis=1)
