"""Tables of any columns and targets, a model of each, by a seed; and what C, NumPy and Node make of them."""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta

import numpy as np
import polars as pl

import clearprop as cp

WORDS = [
    "Bern",
    "oslo",
    "ROME",
    "São Paulo",
    "München",
    "北京",
    "Straße",
    "a  b",
    "ﬁne",
    "x*/y",
    '"q"',
    "N\\A",
    "什么?？",
]
NAMES = [
    "x",
    "double",
    "class",
    "row",
    "a b",
    "A-B",
    "城市",
    "i",
    "NAN",
    "l",
    "1st",
    "*/",
    "l_2",
    "value",
    "é",
    "\n",
    "\0\x1b\u202e",
]


def _column(kind, n, rng):
    """Values of a column, and the kind that has to be asked for, if any."""
    gap = rng.choice([0, 0, 0.1])

    def gaps(values):
        return [None if rng.random() < gap else value for value in values]

    def drawn(levels):
        return gaps([rng.choice(levels) for _ in range(n)]), None

    match kind:
        case "normal":
            size, mean = 10 ** rng.uniform(-6, 6), rng.choice([0, 1, 100])
            return gaps([size * rng.gauss(mean, 1) for _ in range(n)]), None
        case "heavy":
            return gaps([rng.lognormvariate(3, 2) * rng.choice([1, -1]) for _ in range(n)]), None
        case "whole":
            return gaps([rng.randrange(50) for _ in range(n)]), None
        case "bit":
            return gaps([rng.randrange(2) for _ in range(n)]), None
        case "text":
            return drawn(rng.sample(WORDS, rng.randrange(3, 8)))
        case "alike":
            return drawn(["a", "A", "B", "c", " d", "É", "e\u0301f"])
        case "codes":
            return drawn(["007", "12", "0012", "x", "-3", "1.0"])
        case "many":
            return drawn([f"Level {k}" for k in range(60)])
        case "numbers":
            return drawn([1.5, 2.0, -3.0, 0.1, 1e15])[0], "category"
        case "yes":
            return drawn(rng.choice([["yes", "no"], ["是", "否"], ["male", "female"], ["Y", "n"]]))
        case "bool":
            return drawn([True, False])
        case "twice":
            return drawn([3, 7])[0], "boolean"
        case "day":
            return gaps([date(1990, 1, 1) + timedelta(days=rng.randrange(9000)) for _ in range(n)]), None
        case "time":
            return gaps([datetime(1960, 1, 1) + timedelta(seconds=rng.randrange(10**9)) for _ in range(n)]), None
        case "dotted":
            return [
                f"{rng.randrange(13, 29)}.{rng.randrange(1, 13):02}.{rng.randrange(1950, 2030)}" for _ in range(n)
            ], None
        case "timestamp":
            return [1.5e9 + rng.randrange(10**8) for _ in range(n)], "date"
    raise ValueError(kind)


KINDS = ["normal", "heavy", "whole", "bit", "text", "alike", "codes", "many"]
KINDS += ["numbers", "yes", "bool", "twice", "day", "time", "dotted", "timestamp"]


def any_model(seed):
    """A model of some columns, trained for an epoch, and the table that it was trained on without its target."""
    rng = random.Random(seed)
    n = rng.choice([60, 150, 400])
    kinds = ["normal", *rng.sample(KINDS, rng.randrange(1, 6))]
    names = rng.sample(NAMES, len(kinds))
    made = {name: _column(kind, n, rng) for name, kind in zip(names, kinds, strict=True)}
    frame = pl.DataFrame({name: pl.Series(name, values, strict=False) for name, (values, _) in made.items()})
    x = np.nan_to_num(frame[names[0]].cast(pl.Float64).fill_null(0).to_numpy())
    z = (x - x.mean()) / (x.std() or 1) + np.random.default_rng(seed).normal(0, 0.3, n)
    z = 3.4 * np.argsort(np.argsort(z)) / n - 1.7
    target = rng.choice(["two", "three", "truth", "numbers", "rare", "number", "price", "due"])
    y = {
        "two": [("up" if v > 0 else "down") for v in z],
        "three": [("hi" if v > 0.5 else "lo" if v < -0.5 else '中 "m"') for v in z],
        "truth": [bool(v > 0) for v in z],
        "numbers": [int(v > 0) + int(v > 1) for v in z],
        "rare": [("ill" if v > 1.2 else "well") for v in z],
        "number": [float(1e3 * v) for v in z],
        "price": [float(np.exp(2 * v + 3)) for v in z],
        "due": [date(2020, 1, 1) + timedelta(days=round(100 * v)) for v in z],
    }[target]
    options = {
        "hidden": [rng.choice([3, 8])],
        "epochs": 2,
        "seed": seed,
        "kinds": {k: v for k, (_, v) in made.items() if v},
    }
    options |= {"members": rng.choice([1, 1, 2, 3])}
    options |= {"kernel": options["members"] == 3}
    options |= {"optimize": "f1"} if target == "rare" else {}
    options |= {"scaling": rng.choice(["auto", "standard", "robust", "log"])}
    return cp.TableModel.train(frame.with_columns(pl.Series("target", y)), "target", **options).model, frame
