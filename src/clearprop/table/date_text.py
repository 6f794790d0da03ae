"""Dates in text and numbers: the form in which a column has them, and a date out of one."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cache, lru_cache
from itertools import islice
from typing import Annotated, Any

import numpy as np

from clearprop.errors import TableError
from clearprop.table.values import (
    LEAST_READABLE,
    MOST_MARKS,
    Numbers,
    Series,
    as_numbers,
    as_values,
    count_values,
    each_value,
    is_date,
    is_number,
    is_text,
    microseconds,
)


def _forms(table: str) -> tuple[str, ...]:
    return tuple(form.strip() for form in re.split(r"[|\n]", table.strip()))


_ISO = "ISO 8601"
_ISO_TEXT = re.compile(r"(\d{4}-\d\d-\d\d)([ T]\d\d:\d\d(:\d\d(\.\d{1,6})?)?)?(\d{0,3})(Z| UTC|[+-]\d\d:?\d\d)?")
# The day before the month where both would do.
_DAYS = _forms("""
%Y-%m-%d | %Y/%m/%d | %Y.%m.%d | %d.%m.%Y | %d/%m/%Y | %m/%d/%Y | %d-%m-%Y | %m-%d-%Y | %Y年%m月%d日
%d %b %Y | %d %B %Y | %d. %B %Y | %d. %m. %Y | %b %d, %Y | %B %d, %Y | %b %d %Y | %B %d %Y | %b. %d, %Y
%d-%b-%Y | %d-%B-%Y | %d-%b-%y | %d %b %y | %b %d, %y | %d/%b/%Y | %Y-%b-%d | %Y %b %d | %Y/%b/%d
%d/%m/%y | %m/%d/%y | %d.%m.%y | %d-%m-%y | %m-%d-%y | %y/%m/%d | %y-%m-%d
%a, %d %b %Y | %a %d %b %Y | %A, %d %B %Y | %A %d %B %Y | %a, %b %d, %Y | %a %b %d %Y | %A, %B %d, %Y
%Y%m%d
""")
_OF_DAY = _forms("%H:%M | %H:%M:%S | %I:%M %p | %I:%M:%S %p | %I:%M%p | %H:%M:%S.%f | %H")
_TIMES = ("", *(f" {time}" for time in _OF_DAY), "T%H:%M:%S", ", %H:%M")
_WHOLE = _forms("""
%a, %d %b %Y %H:%M:%S %z | %a, %d %b %Y %H:%M:%S GMT | %Y%m%dT%H%M%S%z | %d/%b/%Y:%H:%M:%S %z
%a %b %d %H:%M:%S %Y | %Y%m%dT%H%M%S | %Y%m%d%H%M%S
""")
_MONTHS = _forms("%Y-%m | %Y年%m月 | %Y/%m | %m/%Y | %b-%y | %b %y | %b-%Y | %b %Y | %B %Y | %Y-%b | %Y %B | %b, %Y")
_WITHOUT_YEAR = _forms("%d %b | %b %d | %d-%b | %b-%d | %d. %b")
_CLOCK = _forms("%H:%M | %H:%M:%S | %I:%M %p | %I:%M%p | %I:%M:%S %p")
_EIGHT_DIGITS, _MINUTES = re.compile(r"\d{8}(\D|\d{6}$|$)"), re.compile(r"\d{1,2}:\d\d")
_QUARTER, _WEEK = "the first day of a quarter", "the Monday of a week"
_QUARTER_TEXT = re.compile(r"(?P<year>\d{4})[-/ ]?Q(?P<n>[1-4])|Q(?P<n2>[1-4])[-/ ]?(?P<year2>\d{4})", re.IGNORECASE)
_WEEK_TEXT = re.compile(r"(\d{4})-?W(\d\d)(?:-?([1-7]))?")
# Numbers that count from some day: what one is in microseconds, and their 0.
COUNTED = {
    "seconds since 1970": (1e6, 0.0),
    "milliseconds since 1970": (1e3, 0.0),
    "microseconds since 1970": (1.0, 0.0),
    "nanoseconds since 1970": (1e-3, 0.0),
    "days since 1899-12-30, as in Excel": (86.4e9, -25_569 * 86.4e9),
}
_EXCEL, _LAST_MICROSECOND = tuple(COUNTED)[-1], 9.2e18
_NINETIES, _THIRTIES = 631_152_000.0, 2_051_222_400.0  # 1990 and 2035 in seconds
_FIRST_SERIAL, _LAST_SERIAL = 20_000, 60_000  # 1954 and 2064 in Excel
_CALLED_TIME = re.compile(
    r"(?i)(.*[\W_])?(date|datum|day|time|timestamp|datetime|ts|epoch|created|updated|modified|published|at)"
    r"([\W_].*)?|.*(Date|Time|Timestamp|At)|.*(时间|日期)"
)
FORMATS = (
    *(_ISO, *(day + time for day in _DAYS for time in _TIMES), *_WHOLE, *_MONTHS, *_WITHOUT_YEAR, *_CLOCK),
    *(_QUARTER, _WEEK),
)
_TWO_DIGITS = ("%b-%y", "%b %y")
_MONTHS_A_YEAR, _EARLY, _LATE, _LAST_DAY = 12, 5, 27, 31
_FEWEST_DATES = 5
_ENGLISH = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
# Names of the months; shorter forms are found by their first letters where these tell them apart.
_MONTH_NAMES = """
January February March April May June July August September October November December
Jan Feb Mar Apr May Jun Jul Aug Sept Oct Nov Dec
Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec
Januar Februar März April Mai Juni Juli August September Oktober November Dezember
Jänner Feber Mär Apr Mai Jun Jul Aug Sep Okt Nov Dez
janvier février mars avril mai juin juillet août septembre octobre novembre décembre
janv févr mars avr mai juin juil août sept oct nov déc
enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre
ene feb mar abr may jun jul ago sept oct nov dic
gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre
gen feb mar apr mag giu lug ago set ott nov dic
janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro
jan fev mar abr mai jun jul ago set out nov dez
januari februari maart april mei juni juli augustus september oktober november december
jan feb mrt apr mei jun jul aug sep okt nov dec
"""
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_FILLERS = {"of", "de", "del", "do", "the", "den", "le", "uhr"}
_ZONES = {"EST": "-0500", "EDT": "-0400", "CST": "-0600", "CDT": "-0500", "MST": "-0700", "MDT": "-0600"}
_ZONES |= {"PST": "-0800", "PDT": "-0700", "CET": "+0100", "CEST": "+0200"}
_WORD = re.compile(r"\s*([^\W\d_]+)(\.?)")
_ORDINAL = re.compile(r"(?<=\d)(?:st|nd|rd|th|er|º|ª)\b", re.IGNORECASE)
_CHINESE_TIME = re.compile(r"\s*(\d{1,2})[时点](\d{1,2})分(?:(\d{1,2})秒)?")
_COMMA_BEFORE_TIME = re.compile(r",\s*(?=\d{1,2}:\d\d)")
_ZONE = re.compile(rf"\s*\b({'|'.join(_ZONES)})$")


def parse_date(text: str, form: str) -> datetime:
    """A date in UTC, or of no time zone.

    Raises:
        ValueError: for text of another form.
    """
    text = plain_date(text)
    if form in (_QUARTER, _WEEK):
        return _first_day(text, form)
    if form in _WITHOUT_YEAR:
        text, form = f"{text} 2000", f"{form} %Y"  # which has a 29th of February
    if form != _ISO:
        if (form.startswith("%Y%m%d") and not _EIGHT_DIGITS.match(text)) or (
            form in _CLOCK and not _MINUTES.match(text)
        ):
            raise ValueError(text)  # strptime takes 2024111 and 2:1
        found = datetime.strptime(text, _plain_form(form))
        return found.astimezone(UTC).replace(tzinfo=None) if found.tzinfo else found
    match = _ISO_TEXT.fullmatch(text)
    if match is None or (match[5] and not match[4]):
        raise ValueError(text)
    zone = (match[6] or "").replace(" UTC", "Z")
    found = datetime.fromisoformat(match[1] + (match[2] or "") + (zone if match[2] else ""))  # to the microsecond
    return found.astimezone(UTC).replace(tzinfo=None) if found.tzinfo else found


def _first_day(text: str, form: str) -> datetime:
    """The first day of a quarter or a week, or the day of a week that is named."""
    match = (_QUARTER_TEXT if form == _QUARTER else _WEEK_TEXT).fullmatch(text)
    if match is None:
        raise ValueError(text)
    if form == _QUARTER:
        return datetime(int(match["year"] or match["year2"]), 3 * int(match["n"] or match["n2"]) - 2, 1)
    return datetime.fromisocalendar(int(match[1]), int(match[2]), int(match[3] or 1))


def find_dates(series: Series, asked: bool = False) -> tuple[str | None, tuple[str, ...]] | None:
    """The form in which a column holds dates (None for one of dates), and its marks; None if it holds no dates."""
    if is_date(series):
        return None, ()
    form, marks = find_date_format(series)
    if is_number(series):
        form = "%Y%m%d" if in_digits(series) else find_counted(series, asked)
    return None if form is None else (form, marks)


def find_date_format(series: Series) -> tuple[str | None, tuple[str, ...]]:
    """The one format in which the texts of a column are dates, and texts among them that stand for a missing one.

    Of two formats (01/02/2024) it is the one with the day first. At most three texts may be none, in at most 5% of the
    rows. Without a format the first result is None.
    """
    if not is_text(series):
        return None, ()
    counts = count_values(series)
    if not counts or not all(isinstance(value, str) for value in counts):
        return None, ()
    if not any(c.isdigit() for value in counts for c in plain_date(value)):
        return None, ()  # every format has a number in it, and strptime is slow to say no
    numbered = [value for value in counts if any(c.isdigit() for c in value)]
    for form in FORMATS if len(counts) - len(numbered) <= MOST_MARKS else ():
        marks = list(islice((value for value in counts if not _fits(value, form)), MOST_MARKS + 1))
        rows = sum(counts[value] for value in marks)
        few = len(marks) <= MOST_MARKS and rows <= (1 - LEAST_READABLE) * counts.total() and len(marks) < len(counts)
        if few and not (form in _TWO_DIGITS and _are_days(counts)):
            return form, tuple(sorted(value.strip() for value in marks))
    return None, ()


def _are_days(texts: Iterable[str]) -> bool:
    """Whether the numbers in texts such as Jan 15 look like days of a month, and not like years."""
    found = {int("".join(c for c in text if c.isdigit()) or 0) for text in texts}
    return len(found) > _MONTHS_A_YEAR and min(found) <= _EARLY <= _LATE <= max(found) <= _LAST_DAY


def other_reading(series: Series, form: str | None) -> str:
    """The form in which day and month change places, if all texts could be read in it, too; else nothing."""
    other = (form or "").replace("%d", "%-").replace("%m", "%d").replace("%-", "%m")
    other = form.replace("%y", "%d") if form in _TWO_DIGITS else other
    if form is None or other == form or other not in FORMATS:
        return ""
    return other if all(_fits(value, other) for value in set(as_values(series)) - {None}) else ""


def in_digits(series: Series) -> bool:
    """Whether whole numbers are dates such as 20241231: all of them, and not in one or two years before 1900."""
    values = as_numbers(series)
    values = values[~np.isnan(values)]
    if not len(values) or values.min() < 19_000_101 or values.max() > 21_001_231 or (values % 1).any():
        return False
    values = np.unique(values)
    return len(values) >= _FEWEST_DATES and all(_fits(str(int(value)), "%Y%m%d") for value in values)


def find_counted(series: Series, asked: bool = False) -> str | None:
    """What numbers count if they are dates: seconds or milliseconds since 1970, or Excel's days.

    Nobody sees that in the numbers alone, so the column must be called a date or a time, or be asked for as one.
    """
    values = as_numbers(series)
    values = values[~np.isnan(values)]
    if not len(values) or not (asked or (_CALLED_TIME.fullmatch(series.name) and len(values) >= _FEWEST_DATES)):
        return None
    low, high = float(values.min()), float(values.max())
    for form, (unit, _) in COUNTED.items():
        if form != _EXCEL and low * unit / 1e6 >= _NINETIES and high * unit / 1e6 <= _THIRTIES:
            return form
    return _EXCEL if low >= _FIRST_SERIAL and high <= _LAST_SERIAL else None


@cache
def _literals(form: str) -> frozenset[str]:
    """The characters of a strptime format that stand in every text of that form, but for letters and blanks."""
    return frozenset(c for c in re.sub("%.", "", form) if not c.isalpha() and not c.isspace())


def _fits(text: str, form: str) -> bool:
    if form not in (_ISO, _QUARTER, _WEEK) and not _literals(_plain_form(form)) <= set(plain_date(text)):
        return False  # strptime is slow to say no: it translates each format anew
    try:
        parse_date(text, form)
    except (ValueError, OverflowError):  # the year 1 in another time zone
        return False
    return True


def checked_form(form: Any) -> str:
    """A form of dates out of a file, if there is such a one."""
    if form not in FORMATS and form not in COUNTED:
        raise ValueError(f"a form of dates {form!r:.40}")
    return str(form)


Form = Annotated[str, checked_form]


def parts_in(form: str | None) -> tuple[str, ...]:
    """The parts of a date that a form tells."""
    if form in _CLOCK:
        return ("hour",)
    if form in _WITHOUT_YEAR:
        return ("month", "day")
    return ("year", "month") if form in (*_MONTHS, _QUARTER) else ("year", "month", "day", "weekday", "hour")


def is_clock(form: str | None) -> bool:
    """Whether a form has a time of day and no day, or a day and no year."""
    return form in (*_CLOCK, *_WITHOUT_YEAR)


def as_microseconds(series: Series, form: str | None, marks: tuple[str, ...] = ()) -> Numbers:
    """Dates as microseconds since 1970-01-01, (N,), NaN where missing; text is read in the form.

    Raises:
        TableError: for a value that is no date, or counts further than 292,000 years.
    """
    if is_date(series):
        return microseconds(series)
    if form in COUNTED:
        return _counted(series, form)
    name = series.name

    def convert(value: Any) -> float:
        if value is None:
            return float("nan")
        if isinstance(value, int | float) and (form or "").startswith("%Y%m%d"):
            value = str(int(value))
        if isinstance(value, datetime):
            return value.replace(tzinfo=UTC).timestamp() * 1e6
        return microseconds_of_text(value, name, form, marks)

    return np.array(each_value(series, convert), np.float64)


def _counted(series: Series, form: str) -> Numbers:
    """Numbers that count from some day; microseconds in whole numbers end 292,271 years from 1970."""
    (unit, start), expected = COUNTED[form], f"dates, as in training ({form})"
    values = as_numbers(series, expected=expected)
    us = values * unit + start
    if (np.abs(us) > _LAST_MICROSECOND).any():
        row = int(np.argmax(np.abs(us) > _LAST_MICROSECOND))
        raise TableError(f"column {series.name!r} holds {values[row]:g}", expected, row=row)
    return us


def microseconds_of_text(value: Any, column: str, form: str | None, marks: tuple[str, ...] = ()) -> float:
    """A text of a column as microseconds since 1970-01-01, NaN for a mark."""
    try:
        if isinstance(value, str):
            return float("nan") if value.strip() in ("", *marks) else _timestamp(value, form)
    except (ValueError, OverflowError):
        pass
    raise TableError(f"column {column!r} holds {str(value)[:40]!r}", f"dates, as in training ({form or _ISO})")


def _timestamp(text: str, form: str | None) -> float:
    try:
        found = parse_date(text, form or _ISO)
    except ValueError:
        if form in (None, _ISO):
            raise
        found = parse_date(text, _ISO)  # the same column from a data frame, written as text
    return found.replace(tzinfo=UTC).timestamp() * 1e6


@cache
def _words() -> dict[str, str]:
    """Word in small letters → what strptime knows."""
    rows = [line.split() for line in _MONTH_NAMES.strip().splitlines()]
    found = {name.lower(): month for row in rows for name, month in zip(row, _ENGLISH, strict=True)}
    ends = {"Tue": "tuesday tues", "Wed": "wednesday", "Thu": "thursday thur thurs", "Sat": "saturday"}
    for day in _WEEKDAYS:
        found |= dict.fromkeys([day.lower(), *ends.get(day, f"{day}day").lower().split()], day)
    return found | dict.fromkeys(_FILLERS, "")


@lru_cache(maxsize=1024)  # each text of a column is held to many formats
def plain_date(text: str) -> str:
    """A text with the months and weekdays in it as Jan … Dec and Mon … Sun, and no ordinals or words between.

    Example:
        >>> [plain_date(text) for text in ("5th of January 2021", "5 janvier 2021", "Sept. 5, 2021, 13:00")]
        ['5 Jan 2021', '5 Jan 2021', 'Sep 5, 2021 13:00']
    """
    text = text.strip()
    if text.replace("-", "").replace("/", "").replace(".", "").isdigit():
        return text
    text = _ZONE.sub(lambda match: _ZONES[match[1]], text)
    text = _CHINESE_TIME.sub(lambda m: f" {m[1]}:{m[2]}" + (f":{m[3]}" if m[3] else ""), text)
    text = _ORDINAL.sub("", _COMMA_BEFORE_TIME.sub(" ", text))
    return _WORD.sub(_known_word, text).strip()


def _plain_form(form: str) -> str:
    """A strptime format for texts that are plain."""
    return form.replace("%B", "%b").replace("%b.", "%b").replace("%A", "%a").replace(", %H", " %H")


def _known_word(match: re.Match[str]) -> str:
    word = _words().get(match[1].lower())
    if word is None:
        return match[0]
    blank = match[0][: match.start(1) - match.start()]
    return blank + word if word else ""
