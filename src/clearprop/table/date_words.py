"""Dates in plain words: 5th of January, 5 janvier, Sept. 5, 2021年1月5日 13时, all as strptime knows them."""

from __future__ import annotations

import re
from functools import cache

_ENGLISH = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
# Names of the months; shorter forms are found by their first letters where these tell them apart.
_MONTHS = """
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


@cache
def _words() -> dict[str, str]:
    """Word in small letters → what strptime knows."""
    rows = [line.split() for line in _MONTHS.strip().splitlines()]
    found = {name.lower(): month for row in rows for name, month in zip(row, _ENGLISH, strict=True)}
    ends = {"Tue": "tuesday tues", "Wed": "wednesday", "Thu": "thursday thur thurs", "Sat": "saturday"}
    for day in _WEEKDAYS:
        found |= dict.fromkeys([day.lower(), *ends.get(day, f"{day}day").lower().split()], day)
    return found | dict.fromkeys(_FILLERS, "")


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
    return _WORD.sub(_known, text).strip()


def plain_form(form: str) -> str:
    """A strptime format for texts that are plain."""
    return form.replace("%B", "%b").replace("%b.", "%b").replace("%A", "%a").replace(", %H", " %H")


def _known(match: re.Match[str]) -> str:
    word = _words().get(match[1].lower())
    if word is None:
        return match[0]
    blank = match[0][: match.start(1) - match.start()]
    return blank + word if word else ""
