"""Random tables with every kind of column and target, and what to train on them, for tests of what a model becomes."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple

import numpy as np
import polars as pl

import clearprop as cp

Rows = list[Any]
NAMES = (
    "X",
    "W1",
    "value",
    "label",
    "probabilities",
    "features",
    "a b",
    "größe",
    "年龄",
    "x/y",
    "value_a",
    "unit",
    "Cast_1",
)


class ToExport(NamedTuple):
    """A table to learn from, rows that were not seen, and how to train."""

    table: pl.DataFrame
    new: pl.DataFrame
    target: str | list[str]
    recipe: cp.Recipe


class _Maker:
    """The values of columns that say something of a hidden z; the last rows have what the others lack."""

    def __init__(self, rng: np.random.Generator, n: int, m: int) -> None:
        self.rng, self.size = rng, n + m
        self.z = rng.normal(size=self.size)
        self.is_new = np.arange(self.size) >= n
        self.place = rng.integers(0, 5, self.size)

    # --- numbers

    def normal(self) -> Rows:
        scale, shift = 10.0 ** self.rng.integers(-9, 10), float(self.rng.choice([0.0, 3.0, 1e6]))
        return list((self.z + self.rng.normal(size=self.size) + shift) * scale * self._far())

    def small(self) -> Rows:
        return list((self.z * self._far()).astype(np.float32).astype(float))

    def lognormal(self) -> Rows:
        return list(np.exp(2 * self.z + self.rng.normal(size=self.size)) * self.rng.choice([1.0, -1.0, 1e-5]))

    def wild(self) -> Rows:
        return list(self.rng.standard_cauchy(self.size) + self.z)

    def whole(self) -> Rows:
        return [int(x) for x in np.round(7 * self.z * self._far())]

    def _far(self) -> Any:
        return np.where(self.is_new & (self.rng.random(self.size) < 0.05), 1000.0, 1.0)

    # --- levels

    def colour(self) -> Rows:
        return self._levels(["red", "Green", "blå", "violet ", "-"], "never seen")

    def digits(self) -> Rows:
        return self._levels(["01", "02", "3", "4.0", "5"], "77")

    def numbered(self) -> Rows:
        return self._levels([1, 2, 3, 5, 8], 13)

    def large(self) -> Rows:
        return self._levels([2**53, 2**53 + 1, 2**53 + 2, 7, 8], 2**53 + 3)

    def many(self) -> Rows:
        codes = self.rng.integers(0, 380, self.size)
        return [f"k{code + 1000 * new}" for code, new in zip(codes, self._unseen(), strict=True)]

    def some(self) -> Rows:
        codes = np.floor(30 * np.abs(self.rng.normal(size=self.size))).astype(int)
        return [f"shop {code + 1000 * new}" for code, new in zip(codes, self._unseen(), strict=True)]

    def truth(self) -> Rows:
        return [bool(x) for x in self.z > 0]

    def yes(self) -> Rows:
        return self._levels(["yes", "no", "Yes", "no", "no"], "perhaps")

    def bit(self) -> Rows:
        return [int(x) for x in self.z > 0.3]

    def clock_time(self) -> Rows:
        return [time(int(8 + place), 30) for place in self.place]

    def _levels(self, levels: Rows, other: Any) -> Rows:
        return [other if new else levels[k] for k, new in zip(self.place, self._unseen(), strict=True)]

    def _unseen(self) -> Any:
        return self.is_new & (self.rng.random(self.size) < 0.1)

    # --- dates

    def moments(self) -> list[datetime]:
        start = datetime(int(self.rng.choice([1, 1890, 1969, 1999, 2023, 9000])), 1, 5)
        seconds = np.abs(self.z) * float(self.rng.choice([3e4, 3e6, 1e8, 3e9])) * np.where(self.is_new, 1.5, 1.0)
        return [start + timedelta(seconds=float(s)) for s in seconds]

    def days(self) -> Rows:
        return [moment.date() for moment in self.moments()]

    def written_days(self) -> Rows:
        form = str(self.rng.choice(["%d.%m.%Y", "%Y-%m-%d", "%b %d, %Y", "%m/%d/%Y %H:%M", "%Y-%m-%d %H:%M:%S"]))
        return [f"{moment:{form}}" for moment in self._late()]

    def months(self) -> Rows:
        return [f"{moment:%Y-%m}" for moment in self._late()]

    def quarters(self) -> Rows:
        return [f"{moment.year}-Q{(moment.month + 2) // 3}" for moment in self._late()]

    def weeks(self) -> Rows:
        return ["{}-W{:02d}".format(*moment.isocalendar()) for moment in self._late()]

    def clock(self) -> Rows:
        return [f"{moment:%H:%M}" for moment in self._late()]

    def birthday(self) -> Rows:
        return [f"{moment:%b %d}" for moment in self._late()]

    def eight_digits(self) -> Rows:
        return [int(f"{moment:%Y%m%d}") for moment in self._late()]

    def counted(self) -> Rows:
        unit = int(self.rng.choice([1, 1000]))
        return [int((moment - datetime(1970, 1, 1)).total_seconds() * unit) for moment in self._late()]

    def lasted(self) -> Rows:
        return [timedelta(seconds=round(float(s), 3)) for s in np.exp(self.z + 5)]

    def _late(self) -> list[datetime]:
        return [datetime(2005, 1, 1, 7) + timedelta(hours=float(h)) for h in np.abs(self.z + self._tired()) * 15_000]

    def _tired(self) -> Any:
        return self.rng.normal(size=self.size)

    # --- numbers in text

    def money(self) -> Rows:
        return [f"${x:,.2f}" for x in np.exp(self.z + 6)]

    def weights(self) -> Rows:
        return [f"{x:.1f} {unit}" for x, unit in zip(np.exp(self.z), self._one_of(["kg", "g", "kg"]), strict=True)]

    def rates(self) -> Rows:
        units = self._one_of(["EUR/m", "EUR/h", "EUR/m"])
        return [f"{x:.1f} {unit}" for x, unit in zip(np.exp(self.z), units, strict=True)]

    def percents(self) -> Rows:
        return [f"{50 + 10 * x:.1f} %" for x in self.z]

    def spans(self) -> Rows:
        return [f"{int(x) // 3600}:{int(x) // 60 % 60:02d}:{int(x) % 60:02d}" for x in 300_000 * np.exp(self.z)]

    def pressure(self) -> Rows:
        return [f"{120 + int(9 * x)}/{80 + int(5 * x)}" for x in self.z]

    def box(self) -> Rows:
        return [f"{20 + int(5 * x)}x{30 - int(4 * x)}x{5 + k}" for x, k in zip(self.z, self.place, strict=True)]

    def _one_of(self, texts: list[str]) -> Rows:
        return [texts[k] for k in self.rng.integers(0, len(texts), self.size)]

    # --- targets

    def score(self) -> Any:
        return self.z + 0.3 * self.rng.normal(size=self.size) + 0.2 * self.place

    def two(self) -> Rows:
        return [
            str(self.rng.permutation(["b", "a"])[0]) if abs(s) < 0.05 else "b" if s > 0.6 else "a" for s in self.score()
        ]

    def three(self) -> Rows:
        return np.digitize(self.score(), [0, 1]).tolist()

    def right(self) -> Rows:
        return [bool(s) for s in self.score() > 0]

    def amount(self) -> Rows:
        return list(self.score() * 10.0 ** self.rng.integers(-6, 7))

    def positive(self) -> Rows:
        return list(np.exp(1.5 * self.score() + 3))

    def due(self) -> Rows:
        return [date(2020, 1, 1) + timedelta(days=int(500 * s)) for s in self.score()]

    def done_at(self) -> Rows:
        return [datetime(2020, 1, 1) + timedelta(hours=float(5000 * s)) for s in self.score()]

    def price(self) -> Rows:
        return [f"{1000 * np.exp(s):,.0f} €" for s in self.score()]


COLUMNS: dict[str, str | None] = {  # column → the kind that is asked for
    **dict.fromkeys(["normal", "small", "lognormal", "wild", "whole", "colour", "many", "some", "truth", "yes", "bit"]),
    **dict.fromkeys(
        ["clock_time", "moments", "days", "written_days", "months", "quarters", "weeks", "clock", "lasted"]
    ),
    **dict.fromkeys(["birthday", "eight_digits", "counted", "money", "weights", "rates", "percents", "spans", "box"]),
    **dict.fromkeys(["pressure"]),
    **dict.fromkeys(["digits", "numbered", "large"], "category"),
}
TARGETS = ("two", "three", "right", "amount", "positive", "due", "done_at", "price")
_NUMBERS = ("amount", "positive", "price")


def table_to_export(seed: int) -> ToExport:
    """A table, rows that were not seen, and a recipe, all of them found by the seed."""
    rng = np.random.default_rng(seed)
    kinds = [str(kind) for kind in rng.choice(list(COLUMNS), int(rng.integers(1, 8)), replace=False)]
    n, m = int(rng.integers(1500, 2500) if "many" in kinds else rng.integers(120, 500)), 150
    make = _Maker(rng, n, m)
    columns, asked = {}, {}
    for kind in kinds:
        name = str(rng.choice(NAMES)) if rng.random() < 0.4 and kind != "counted" else f"{kind}_at"
        if name in columns:
            continue
        columns[name] = _with_gaps(rng, getattr(make, kind)(), make.is_new)
        if COLUMNS[kind] is not None:
            asked[name] = COLUMNS[kind]
        elif kind in ("moments", "days") and rng.random() < 0.3:
            asked[name] = "season"
    several = rng.random() < 0.25
    targets = [str(each) for each in rng.choice(TARGETS, int(rng.integers(2, 4)) if several else 1, replace=False)]
    answers = {f"y {each}" if rng.random() < 0.5 else f"{each}_y": getattr(make, each)() for each in targets}
    table = pl.DataFrame({name: pl.Series(values, strict=False) for name, values in (columns | answers).items()})
    recipe = _recipe(rng, targets, asked)
    names = list(answers)
    return ToExport(table[:n], table[n:].drop(names), names if several else names[0], recipe)


def _with_gaps(rng: np.random.Generator, values: Rows, is_new: Any) -> Rows:
    share = np.where(is_new, 0.08, float(rng.choice([0.0, 0.0, 0.1])))
    return [None if gone else value for value, gone in zip(values, rng.random(len(values)) < share, strict=True)]


def _recipe(rng: np.random.Generator, targets: list[str], kinds: dict[str, Any]) -> cp.Recipe:
    def one_of(*choices: Any) -> Any:
        return choices[int(rng.integers(len(choices)))]

    preset = one_of("single", "single", "fast", "default")
    options: dict[str, Any] = {"epochs": int(rng.integers(1, 5)), "kinds": kinds, "seed": int(rng.integers(1000))}
    if preset == "single":
        options |= {"hidden": one_of(None, 8, (16, 8), ()), "pieces": one_of(0, 4, None)}
        options |= {"activation": one_of("relu", "tanh", "mish", "gelu", "selu", "elu", "sigmoid", "softplus")}
        options |= {"members": one_of(1, 1, 3), "dropout": one_of(0.0, 0.2)}
    options["kernel"] = preset == "default" or options.get("members") == 3
    options["scaling"] = one_of("auto", "auto", "auto", "standard", "robust", "log")
    if len(targets) == 1 and targets[0] in ("two", "right"):
        options |= one_of({}, {"optimize": "f1"}, {"class_weight": "balanced"})
    if len(targets) == 1 and targets[0] in _NUMBERS:
        options |= one_of({}, {}, {"quantile": 0.9})
    return cp.Recipe.preset(preset, **options)
