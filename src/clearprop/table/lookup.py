"""Which of a column's levels a value means: the same, or the only one that it can be in other clothes."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Hashable, Sequence
from functools import cached_property
from typing import Any

import narwhals.stable.v1 as nw
import numpy as np

from clearprop.table.values import FALSE, TRUE, Series, as_level, as_number_level, as_values, is_number, is_text

NEVER_SEEN, MISSING = -1, -2
_WHOLE = re.compile(r"([+-]?)0*(\d+)(?:\.0*)?")
_DECIMAL = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?")
_UNSEEN_CHARACTERS = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff"))  # of no width


class Lookup:
    """The place of a value's level among some levels, NEVER_SEEN, or MISSING.

    The level itself comes first. Then, each only where it fits one level and no other: other capitals, width, blanks
    (`"  ＡＢ c"` is `"ab C"`); zeros that a number drops (`1234` and `1234.0` are `"01234"`); a number as text, or in
    fewer digits; and where there are two levels, a yes and a no in any words, another yes or no.

    Args:
        levels: without the missing one.
        numbers: whether the column holds numbers, so that `"1.10"` is 1.1.

    Example:
        >>> find = Lookup(["01234", "no"])
        >>> find("01234"), find(1234.0), find("NO "), find("other"), find(None)
        (0, 0, 1, -1, -2)
    """

    def __init__(self, levels: Sequence[str], numbers: bool = False) -> None:
        self.levels, self._numbers = levels, numbers
        self._place = {level: i for i, level in enumerate(levels)}

    def __call__(self, value: Any) -> int:
        """The place of a value's level."""
        level = as_level(value)
        if level is None:
            return MISSING
        level = as_number_level(level) if self._numbers else level
        place = self._place.get(level)
        if place is not None:
            return place
        is_number = self._numbers or (isinstance(value, int | float | np.number) and not isinstance(value, bool))
        for key, known in self.looser if is_number else self.looser[:2]:
            found = known.get(key(level), NEVER_SEEN)
            if found >= 0:
                return found
        return self._said_otherwise(level) if len(self.levels) == 2 else NEVER_SEEN

    @cached_property
    def looser(self) -> list[tuple[Callable[[str], Hashable], dict[Hashable, int]]]:
        """Ways to look at a level, two of them for numbers only, with the levels that each shows to be alone."""
        return [(key, _alone(self.levels, key)) for key in (_normalised, _whole, _value, _short)]

    def _said_otherwise(self, level: str) -> int:
        """Of two levels, the yes or the no that another yes or no means."""
        truth = [truth_of(known) for known in self.levels]
        meant = truth_of(level)
        return truth.index(meant) if meant is not None and set(truth) == {True, False} else NEVER_SEEN


def truth_of(text: str) -> bool | None:
    """Whether a word says yes or no; None for neither."""
    word = _normalised(text)
    word = _whole(text) or word
    return True if word in TRUE else False if word in FALSE else None


def holds_truth(series: Series) -> bool:
    """Whether a column of numbers holds 0 and 1 and nothing else."""
    if not is_number(series):
        return False
    different = series.unique()
    return len(different) <= 4 and set(as_values(different)) - {None} == {0, 1}  # a null and a NaN beside them


def truth_as_numbers(series: Series) -> Series:
    """A column with yes and no, in any words, as 1 and 0; what is neither stays."""
    if not is_text(series):
        return series
    values = as_values(series)
    meant = [truth_of(value) if isinstance(value, str) else None for value in values]
    changed = [value if truth is None else str(int(truth)) for value, truth in zip(values, meant, strict=True)]
    is_plain = all(value is None or isinstance(value, str) for value in changed)
    dtype: Any = nw.String() if is_plain else nw.Object()
    return nw.new_series(series.name, changed, dtype, backend=series.implementation)


def _alone(levels: Sequence[str], key: Callable[[str], Hashable]) -> dict[Hashable, int]:
    """Key → place of the level, for keys that one level has."""
    found: dict[Hashable, int] = {}
    for place, level in enumerate(levels):
        it = key(level)
        if it is not None:
            found[it] = NEVER_SEEN if it in found else place
    return found


def _normalised(text: str) -> str:
    """Without capitals, width, and blanks around or of another kind."""
    return " ".join(unicodedata.normalize("NFKC", text).translate(_UNSEEN_CHARACTERS).casefold().split())


def _whole(text: str) -> str | None:
    """A whole number without the zeros that a column of numbers drops."""
    match = _WHOLE.fullmatch(_normalised(text))
    return (match[1].replace("+", "") if match[2] != "0" else "") + match[2] if match else None


def _value(text: str) -> float | None:
    """A text as a number."""
    return float(text) if _DECIMAL.fullmatch(text) else None


def _short(text: str) -> float | None:
    """A number with a fraction in the digits of a float32, which a column of that width keeps."""
    number = _value(text)
    if number is None or number.is_integer() or not abs(number) < 3e38:
        return None
    return float(np.float32(number))
