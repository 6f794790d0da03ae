"""The names that every network's graphs have: input, target, loss. Those of its layers are made by `Scope`."""

from __future__ import annotations

from typing import Final

from clearprop.graph import Name

X: Final = Name("input", "X")  # (N, n_inputs)
A0: Final = Name.value("a", 0)  # a[0], which is X
TARGET: Final = Name("target", "y")
SAMPLE_WEIGHT: Final = Name("input", "w")
COUNTER: Final = Name("input", "counter")  # epoch, step and row: where random numbers begin
DATA_LOSS: Final = Name("loss", "loss")  # without penalties
LOSS: Final = Name("loss", "L")
