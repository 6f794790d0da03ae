"""Models of tables to be written in other languages, and rows for them in whatever spelling."""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta
from functools import cache

import numpy as np
import polars as pl

import clearprop as cp


def a_table(seed: int, rows: int = 120) -> pl.DataFrame:
    """Numbers with and without gaps and far out, text, codes, truth values, dates, and three targets."""
    rng = random.Random(seed)
    x = [rng.gauss(0, 1) for _ in range(rows)]
    return pl.DataFrame(
        {
            "x": x,
            "gappy": [None if rng.random() < 0.1 else 10 * v + rng.random() for v in x],
            "wild": [rng.lognormvariate(3, 2) * rng.choice([1, -1]) for _ in range(rows)],
            "city": [rng.choice(["Berlin", "München", "北京", "", "São Paulo", 'a "b"</script>']) for _ in range(rows)],
            "zip": [rng.choice(["01234", "00012", "90210"]) for _ in range(rows)],
            "stars": [rng.choice([1.5, 2.0, 3.0]) for _ in range(rows)],
            "rare": [f"level {min(rng.randrange(60), rng.randrange(60))}" for _ in range(rows)],
            "flag": [rng.choice(["yes", "no"]) for _ in range(rows)],
            "bool": [rng.random() < 0.5 for _ in range(rows)],
            "bit": [rng.choice([0, 1]) for _ in range(rows)],
            "day": [date(2019, 1, 1) + timedelta(days=rng.randrange(900)) for _ in range(rows)],
            "at": [(datetime(2020, 1, 1) + timedelta(minutes=rng.randrange(10**6))).isoformat() for _ in range(rows)],
            "class": [("up" if v > 0.5 else "down" if v < -0.5 else "level") for v in x],
            "sign": ["+" if v > 0 else "-" for v in x],
            "amount": [20 * v + rng.random() for v in x],
        }
    )


SPELLINGS = {
    "city": [" berlin ", "ＢＥＲＬＩＮ", "MÜNCHEN", "são  paulo", "Atlantis", None, "NA", "?"],
    "zip": [1234, "1234", "12", 90210, "90210.0", "90210 ", "x"],
    "stars": ["1.5", 1.5, "2.0", 2, "3", "1.50"],
    "flag": ["Y", "ja", "NEIN", "0", "True", "maybe", None, True],
    "bool": [True, False, "true", "no", "1", None],
    "bit": [0, 1, "yes", "no", "1", None, True],
    "x": [1e9, "2.5", " -3e2 ", 0, None, "nan", -0.0, 5e-324],
    "gappy": [None, "", "N/A", "7", 1e-7],
    "day": ["2020-02-29", "1890-12-31", "2400-01-01T12:00:00", None, "", "2021-06-01 10:30"],
    "at": ["2020-02-29", "2020-12-31T23:59:59.123456Z", "2020-12-31T23:59:59+05:30", None],
}


def rows_of(frame, seed):
    """Rows of the table as JSON has them, some of them spelled otherwise."""
    rng = random.Random(seed)
    rows = frame.sample(40, seed=seed).to_dicts()
    for row in rows:
        for name in rng.sample(sorted(SPELLINGS), 4):
            row[name] = rng.choice(SPELLINGS[name])
    return rows


def models(seeds):
    """Three models of each seed, with rows for them."""
    for seed in seeds:
        yield from _models(seed)


@cache
def _models(seed):
    frame, found = a_table(seed), []
    for target in ("class", "sign", "amount"):
        others = [name for name in ("class", "sign", "amount") if name != target]
        model = cp.TableModel.train(frame.drop(others), target, epochs=2, seed=seed).model
        found.append((model, rows_of(frame.drop([*others, target]), seed)))
    return found


@cache
def special_models():
    """Very many levels, counted days, members, logarithms, dates as the target, a rule for rare classes."""
    rng = random.Random(0)
    n = 3000
    frame = pl.DataFrame(
        {
            "who": [f"Person {rng.randrange(400)}" for _ in range(n)],
            "x": [rng.gauss(0, 1) for _ in range(n)],
            "timestamp": [1.5e9 + 1e4 * rng.randrange(10**4) for _ in range(n)],
            "digits": [
                int(f"20{rng.randrange(10, 24)}{rng.randrange(1, 13):02}{rng.randrange(1, 29):02}") for _ in range(n)
            ],
        }
    )
    x = frame["x"].to_list()
    targets = {
        "price": [float(np.exp(2 * v + rng.random())) for v in x],
        "due": [date(2020, 1, 1) + timedelta(days=round(100 * v)) for v in x],
        "ill": ["ill" if v > 1.5 else "well" for v in x],
    }
    cases = []
    for name, values in targets.items():
        options = {"optimize": "f1"} if name == "ill" else {"members": 2}
        made = cp.TableModel.train(frame.with_columns(pl.Series(name, values)), name, epochs=1, **options).model
        rows = frame.sample(20, seed=1).to_dicts()
        rows[0]["who"], rows[1]["who"], rows[2]["who"] = "PERSON 7", "nobody", None
        cases.append((made, rows))
    return cases
