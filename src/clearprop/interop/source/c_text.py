"""Text in C: literals, and the spellings of a level that C finds without tables of Unicode."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from clearprop.errors import InvalidValueError
from clearprop.interop.source.table_description import Described
from clearprop.table.values import FALSE, TRUE

LONGEST = 4095  # bytes of a literal that every compiler of C99 takes
_BLANKS = "\t\n\v\f\r\x1c\x1d\x1e\x1f "
_CASES: tuple[Callable[[str], str], ...] = (str, str.lower, str.upper, str.casefold, str.title, str.swapcase)


def string(text: str, of: str = "a level") -> str:
    """A text as a literal in UTF-8.

    Raises:
        InvalidValueError: for more than 4,095 bytes, which C99 does not promise to take.

    Example:
        >>> print(string('a "b"\\n??'))
        "a \\"b\\"\\012?\\?"
    """
    if len(text.encode(errors="surrogatepass")) > LONGEST:
        raise InvalidValueError(f"{of} of {len(text):,} characters in C, {text[:20]!r}", f"{LONGEST:,} bytes at most")
    return '"' + "".join(map(_character, text)).replace("??", "?\\?") + '"'


def _character(ch: str) -> str:
    if ch in '"\\':
        return "\\" + ch
    return ch if ch.isprintable() else "".join(f"\\{byte:03o}" for byte in ch.encode(errors="surrogatepass"))


@dataclass(frozen=True)
class Spellings:
    """Of the levels of a column: what `place_of_text` of table.c looks up, in the order of bytes.

    Attributes:
        lists: keys (lower case, single blanks), exact spellings where keys do not do, whole numbers, yes and no.
        marks, gone: texts, and digits of numbers, that stand for a missing value.
    """

    lists: dict[str, list[tuple[str, int]]]
    marks: list[str]
    gone: list[str]

    @property
    def longest(self) -> int:
        """The bytes of the longest of them."""
        every = [*self.marks, *self.gone, *(text for known in self.lists.values() for text, _ in known)]
        return max((len(text.encode(errors="surrogatepass")) for text in every), default=0)


def spellings(told: Described) -> Spellings:
    """Those of a described column of text.

    A text whose letters of ASCII alone are changed, or its blanks, is another one in Unicode's sense only if the level
    is: so what is found here, Python finds, too.
    """
    normal, whole = told["looser"][:2]
    alone = {place: text for text, place in normal.items() if place >= 0}
    keys: dict[str, int] = {}
    for level, place in told["places"].items():
        if place in alone:
            keys |= dict.fromkeys(_keys(level), place)
    exact = {level: place for level, place in told["places"].items() if keys.get(_key(level)) != place}
    words: dict[str, int] = {}
    for truth, known in ((True, TRUE), (False, FALSE)) if told["truths"] else ():
        for word in known:
            words |= dict.fromkeys(_keys(word), told["truths"].index(truth))
    wholes = {text: place for text, place in whole.items() if place >= 0 and text.isascii()}
    lists = {"keys": keys, "exact": exact, "wholes": wholes, "words": words}
    marks = [mark for mark in told["marks"] if mark and "\0" not in mark]
    return Spellings({kind: _sorted(known) for kind, known in lists.items()}, marks, list(map(_digits, told["gone"])))


def _sorted(known: Mapping[str, int]) -> list[tuple[str, int]]:
    there = [(text, place) for text, place in known.items() if "\0" not in text]
    return sorted(there, key=lambda pair: pair[0].encode(errors="surrogatepass"))


def _keys(text: str) -> Iterable[str]:
    """The keys of a text in the usual cases, composed or not."""
    cases = {case(text) for case in _CASES if case(text).casefold() == text.casefold()}
    forms = (
        {text} if text.isascii() else {unicodedata.normalize(form, each) for each in cases for form in ("NFC", "NFD")}
    )
    return {_key(each) for each in {*cases, *forms}}


def _key(text: str) -> str:
    """As `key_of` of table.c: without ASCII's capitals, and its blanks single."""
    lower = re.sub("[A-Z]", lambda match: match[0].lower(), text)
    return " ".join(part for part in re.split(f"[{_BLANKS}]+", lower) if part)


def _digits(number: float) -> str:
    """As `digits_of` of table.c."""
    text = repr(number) if "e" not in repr(number) else f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
