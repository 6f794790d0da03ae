"""Lengths of time in text: 1:02:30, 2h 5m, 1 day, 2:03:04, 3 years 2 months, P1DT2H."""

from __future__ import annotations

import re
from collections.abc import Iterable

SECONDS = {
    "years": 365.25 * 86_400,
    "months": 365.25 / 12 * 86_400,
    "weeks": 7 * 86_400,
    "days": 86_400,
    "hours": 3_600,
    "minutes": 60,
    "seconds": 1,
}
_CLOCK = re.compile(
    r"(?:(?P<days>\d+)\s*d(?:ays?)?,?\s*)?(?:(?P<hours>\d+):(?P<minutes>\d\d)(?::(?P<seconds>\d\d(?:\.\d+)?))?"
    r"|(?P<laps>\d+):(?P<rest>\d\d\.\d+))"
)
_NAMES = {
    "years": "y|yrs?|years?|年",
    "months": "mos?|mths?|months?|个月|月",
    "weeks": "w|wks?|weeks?|周|星期",
    "days": "d|days?|天|日",
    "hours": "h|hrs?|hours?|小时|时",
    "minutes": "m|mins?|minutes?|分钟|分",
    "seconds": "s|secs?|seconds?|秒",
}
_ONE = r"(?:(?P<{part}>\d{{1,6}}(?:\.\d+)?)\s*(?:{name})\.?)?"
_WORDS = re.compile(
    r",?\s*(?:and\s*)?".join(_ONE.format(part=part, name=name) for part, name in _NAMES.items()), re.IGNORECASE
)
_ISO = re.compile(
    r"P(?:(?P<years>\d+)Y)?(?:(?P<months>\d+)M)?(?:(?P<weeks>\d+)W)?(?:(?P<days>\d+)D)?"
    r"(?:T(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+(?:\.\d+)?)S)?)?"
)
_MINUTES = re.compile(r"(\d+):(\d\d(?:\.\d+)?)")
_TIME = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d)?")
_A_DAY, _MOST_YEARS = 86_400, 200


def seconds_of(text: str, minutes: bool = False) -> float | None:
    """The length of a span of time; None for other text.

    Args:
        text: in plain characters.
        minutes: whether 1:30 is a minute and a half, and not an hour and a half.

    Example:
        >>> seconds_of("1:02:30"), seconds_of("2h 5m"), seconds_of("1 day, 2:03:04"), seconds_of("12")
        (3750.0, 7500.0, 93784.0, None)
    """
    if minutes and (short := _MINUTES.fullmatch(text)):
        return 60.0 * int(short[1]) + float(short[2])
    parts = _parts(text)
    return sum(float(n) * SECONDS[part] for part, n in parts.items()) if parts else None


def are_spans(texts: Iterable[str]) -> bool:
    """Whether texts that are spans each can be no times of a day, and no numbers with one unit, such as minutes."""
    texts = list(texts)
    if all(_CLOCK.fullmatch(text) for text in texts):
        if are_of_two_lengths(texts):
            return True
        below = all((seconds_of(text) or 0) < _A_DAY for text in texts)
        return not below or all("." in text and text.count(":") == 1 for text in texts)
    found = [_parts(text) for text in texts]
    dates = any(float(parts.get("years", 0)) > _MOST_YEARS for parts in found)  # 2024年1月5日
    return not dates and len({part for parts in found for part in parts}) > 1


def are_of_two_lengths(texts: Iterable[str]) -> bool:
    """Whether 58:10 stands beside 1:02:10, so that it is minutes and seconds; not 09:15 beside 09:15:30.

    The latter are times of the day, which are padded and end at 23:59.
    """
    clocks = [text for text in texts if ":" in text]
    return {text.count(":") for text in clocks} == {1, 2} and not all(_TIME.fullmatch(text) for text in clocks)


def _parts(text: str) -> dict[str, str]:
    """How many years, …, seconds a text says; empty for other text."""
    match = _CLOCK.fullmatch(text) or (text[:1].isdigit() and _WORDS.fullmatch(text)) or _ISO.fullmatch(text)
    found = {part: n for part, n in match.groupdict().items() if n} if match else {}
    if "laps" in found:
        return {"minutes": found["laps"], "seconds": found["rest"]}
    return found
