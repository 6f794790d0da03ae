"""What becomes of a value in a column: written into the files of `table_numpy`, whose data stand in place of these."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any

import numpy as np

COLUMNS: list[dict[str, Any]] = []
YES: set[str] = set()
NO: set[str] = set()
DTYPE: Any = np.float64

# --- what stands in the files


def features(given: Any) -> Any:
    """The inputs of the network (N, n) that rows become: a row {column: value}, a list of them, or columns of values,
    as a mapping or a data frame. Missing is None, NaN, "" or one of the marks of a column."""
    table = columns_of(given)
    for column in COLUMNS:
        if column["name"] not in table:
            raise KeyError(f"no column {column['name']!r}")
    parts = [ENCODERS[column["kind"]](column, table[column["name"]]) for column in COLUMNS]
    return np.concatenate(parts, axis=1).astype(DTYPE)


def columns_of(given: Any) -> dict[str, list[Any]]:
    """Column → its values, as plain ones of Python."""
    if hasattr(given, "columns"):
        return {str(name): plain(given[name]) for name in given.columns}
    if not isinstance(given, Mapping):
        rows = list(given)
        names = [column["name"] for column in COLUMNS]
        return {name: [row[name] for row in rows] for name in names if all(name in row for row in rows)}
    is_table = bool(given) and all(isinstance(v, list | tuple | np.ndarray) for v in given.values())
    return {name: plain(values) if is_table else plain([values]) for name, values in given.items()}


def plain(values: Any) -> list[Any]:
    """Values as Python has them."""
    dtype = getattr(values, "dtype", None)
    if isinstance(dtype, np.dtype) and dtype.kind == "M":  # dates, which may be of nanoseconds
        values = np.asarray(values).astype("datetime64[us]")
    for name in ("to_list", "tolist"):
        if hasattr(values, name):
            values = getattr(values, name)()
    return [value.item() if isinstance(value, np.generic) else value for value in values]


def is_gone(value: Any) -> bool:
    """Whether a value is missing; some libraries have a mark of their own."""
    return value is None or type(value).__name__ in ("NAType", "NaTType") or bool(value != value)


def is_mark(column: dict[str, Any], value: Any) -> bool:
    """Whether a value is one that stands for a missing one."""
    if isinstance(value, str):
        text, gone = value.strip(), column["gone"]
        is_number = bool(gone) and re.fullmatch(r"[+-]?\d+(\.\d*)?", text) is not None
        return text in column["marks"] or (is_number and float(text) in gone)
    return not isinstance(value, bool) and value in column["gone"]


def wrong(column: dict[str, Any], value: Any, expected: str) -> ValueError:
    """What to raise."""
    return ValueError(f"column {column['name']!r} holds {str(value)[:40]!r}, expected {expected}")


# --- numbers


def number_of(column: dict[str, Any], value: Any) -> float:
    """A value as a number, NaN where it is missing."""
    if is_gone(value) or is_mark(column, value) or (isinstance(value, str) and not value.strip()):
        return float("nan")
    truth = truth_of(value) if column["truth"] and isinstance(value, str) else None
    try:
        number = float(value if truth is None else truth)
    except (TypeError, ValueError, OverflowError):
        raise wrong(column, value, "a number") from None
    if abs(number) > 1e150:
        raise wrong(column, value, "a number below 1e150")
    return number


def numbers(column: dict[str, Any], values: list[Any]) -> Any:
    """(x − center)/scale, bent far out; of x or its logarithm, with the median in the gaps."""
    found = np.array([number_of(column, value) for value in values], np.float64)
    gone = np.isnan(found)
    x = np.where(gone, column["median"], found)
    if column["unit"] is not None:
        x = np.sign(x) * np.log1p(np.abs(x) / column["unit"])
    x = bent((x - column["center"]) / column["scale"], column["bend"])
    return np.stack([x, gone], 1) if column["gap"] else x[:, None]


def bent(x: Any, limit: float) -> Any:
    """x near 0, within ± the limit far from it."""
    return x / np.sqrt(1 + (x / limit) ** 2)


# --- levels


def level_of(value: Any) -> str | None:
    """A value as the name of a level, None where it is missing."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return number_text(value)
    text = (value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)).strip()
    return text.lower() if text.lower() in ("true", "false") else text or None


def number_text(value: float) -> str:
    """2.0 is 2."""
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)


def normalised(text: str) -> str:
    """Without capitals, width, and blanks around or of another kind."""
    seen = unicodedata.normalize("NFKC", text).translate(dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff")))
    return " ".join(seen.casefold().split())


def whole(text: str) -> str | None:
    """A whole number without the zeros that a column of numbers drops; None for other text."""
    match = re.fullmatch(r"([+-]?)0*(\d+)(?:\.0*)?", normalised(text))
    return (match[1].replace("+", "") if match[2] != "0" else "") + match[2] if match else None


def decimal(text: str) -> float | None:
    """A text as a number."""
    return float(text) if re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?", text) else None


def short(text: str) -> float | None:
    """A number with a fraction in the digits of a float32."""
    number = decimal(text)
    is_plain = number is None or number.is_integer() or not abs(number) < 3e38
    return None if is_plain else float(np.float32(number))


def truth_of(text: str) -> bool | None:
    """Whether a word says yes or no; None for neither."""
    word = whole(text) or normalised(text)
    return True if word in YES else False if word in NO else None


def place_of(column: dict[str, Any], value: Any) -> int:
    """The place of a value among the levels: the very same, or the only one that it can be in other clothes; −1 where
    it is none of them, −2 where it is missing."""
    level = None if is_gone(value) or is_mark(column, value) else level_of(value)
    if level is None:
        return -2
    if column["numbers"] and re.fullmatch(r"[+-]?(0|[1-9]\d*)(\.\d*)?([eE][+-]?\d+)?", level) and not level.isdigit():
        level = number_text(float(level))
    if level in column["places"]:
        return int(column["places"][level])
    keys: list[Callable[[str], Any]] = [normalised, whole]
    if column["numbers"] or (isinstance(value, int | float) and not isinstance(value, bool)):
        keys += [decimal, short]
    for key, known in zip(keys, column["looser"], strict=False):
        place = known.get(key(level), -1)
        if place >= 0:
            return int(place)
    truth = truth_of(level) if column["truths"] else None
    return -1 if truth is None else int(column["truths"].index(truth))


def levels(column: dict[str, Any], values: list[Any]) -> Any:
    """A one (or less) in the place of the level; or the number of the level, where there are very many."""
    length, own = column["length"], column["own"]
    out = np.zeros((len(values), 1 if column["coded"] else length + column["pooled"]))
    for row, value in enumerate(values):
        place = place_of(column, value)
        if place >= own or (place == -1 and column["pooled"]):
            place = length
        elif place == -2:
            place = own if column["missing"] else length if column["pooled"] else -1
        if column["coded"]:
            out[row, 0] = place + 1 if 0 <= place < length else 0
        elif place >= 0:
            out[row, place] = column["size"]
    return out


def truths(column: dict[str, Any], values: list[Any]) -> Any:
    """+1 for true, −1 for false, 0 for neither."""
    places = [place_of(column, value) for value in values]
    return np.array([[0 if place < 0 else 2 * place - 1] for place in places], np.float64).reshape(-1, 1)


# --- dates: of Python, text of ISO 8601 or in figures as in training, or numbers where the column counted

ISO = re.compile(r"(\d{4}-\d\d-\d\d)([ T]\d\d:\d\d(:\d\d(\.\d{1,6})?)?)?(\d{0,3})(Z| UTC|[+-]\d\d:?\d\d)?")


def microseconds_of(column: dict[str, Any], value: Any) -> float:
    """Since 1970-01-01 in UTC; NaN where the date is missing."""
    if is_gone(value) or is_mark(column, value) or (isinstance(value, str) and not value.strip()):
        return float("nan")
    if isinstance(value, date):
        value = value if isinstance(value, datetime) else datetime(value.year, value.month, value.day)
        return float((value if value.tzinfo else value.replace(tzinfo=UTC)).timestamp() * 1e6)
    if column["counted"]:
        unit, start = column["counted"]
        return float(number_of({**column, "truth": False}, value) * unit + start)
    text = str(int(value)) if isinstance(value, int | float) and column["digits"] else str(value).strip()
    try:
        return date_in(text, column).timestamp() * 1e6
    except ValueError:
        raise wrong(column, value, "a date such as 2024-12-31 or 2024-12-31T23:59:59") from None


def date_in(text: str, column: dict[str, Any]) -> datetime:
    """A text as a date in UTC."""
    if column["digits"] and re.fullmatch(r"\d{8}", text):
        text = f"{text[:4]}-{text[4:6]}-{text[6:]}"
    if column["form"]:
        try:
            return datetime.strptime(text, column["form"]).replace(tzinfo=UTC)
        except ValueError:
            pass  # the same column, written as a data frame has it
    match = ISO.fullmatch(text)
    if match is None or (match[5] and not match[4]):
        raise ValueError(text)
    zone = (match[6] or "").replace(" UTC", "Z")
    found = datetime.fromisoformat(match[1] + (match[2] or "") + (zone if match[2] else ""))
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def dates(column: dict[str, Any], values: list[Any]) -> Any:
    """The parts that vary: year and day scaled, month, weekday and hour as points on a circle; 0 where missing."""
    us = np.array([microseconds_of(column, value) for value in values], np.float64)
    gone = np.isnan(us)
    t = np.where(gone, 0, us).astype(np.int64).astype("datetime64[us]")
    days, months, years = (t.astype(f"datetime64[{unit}]") for unit in "DMY")
    day_of_year = (t - years.astype("datetime64[us]")).astype(np.float64) / 86.4e9
    found = {
        "year": years.astype(np.float64) + 1970 + day_of_year / 366,
        "month": months.astype(np.float64) % 12,
        "day": (days - months.astype("datetime64[D]")).astype(np.float64) + 1,
        "weekday": (days.astype(np.float64) + 3) % 7,
        "hour": (t - days.astype("datetime64[us]")).astype(np.float64) / 3.6e9,
    }
    out = []
    for part, center, scale in column["parts"]:
        if part in ("year", "day"):
            out.append(bent((found[part] - center) / scale, 5.0))
        else:
            angle = 2 * np.pi * found[part] / scale
            out += [np.sin(angle), np.cos(angle)]
    result = np.where(gone[:, None], 0.0, np.stack(out, 1))
    return np.column_stack([result, gone]) if column["gap"] else result


ENCODERS: dict[str, Callable[[dict[str, Any], list[Any]], Any]] = {
    "number": numbers,
    "category": levels,
    "boolean": truths,
    "date": dates,
}
