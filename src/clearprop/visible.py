"""Text on its way to people: nothing in a name stays unseen, or acts on the screen or page it is shown on.

Names come from tables, model files and file systems, and anyone may have written those. An escape sequence in one
clears a terminal, a right-to-left override turns a line round, and a character without width makes two names look the
same. Wherever text leaves (the terminal, an error, a page, a picture, a formula) it goes through `visible`.
`shown_json` does the same to JSON, whose readers get the very text back.
"""

from __future__ import annotations

import json
import re
from typing import Any
from unicodedata import bidirectional, category, combining, east_asian_width

LONGEST_NAME, LONGEST_TEXT = 60, 1000  # letters of a name, and of a sentence with names in it, on a screen
_NOT_PLAIN = re.compile(r"[^ -~]")
# Controls, formats (directions and joiners among them), halves of pairs, private and unassigned characters, and what
# separates lines and paragraphs. Spaces of every width stay: they are seen as spaces.
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
# Format characters with a shape of their own: Arabic and other signs of numbers and verses.
_SHAPED = frozenset("\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd")
# Letters, marks and symbols that nevertheless show nothing.
_BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
_VARIANTS = re.compile(
    "[\u180b-\u180d\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef]"
)  # they choose a glyph of the one before
_JOINERS = frozenset("\u200c\u200d")
_VIRAMA = 9  # the combining class of the marks that bind Indic consonants


def visible(text: str, keep: str = "") -> str:
    r"""The text with every character that is not seen, or acts on a screen, written as in a Python string.

    What makes real writing right stays: a joiner between Arabic letters, behind an Indic virama or between emoji, and
    the variant of a symbol or a Chinese character. Anywhere else these are shown as well.

    Args:
        text: any text.
        keep: control characters that are meant, such as "\n" between the lines of a page.

    Example:
        >>> print(visible("yes\x1b[2J, \u202eon\u200b"))
        yes\x1b[2J, \u202eon\u200b
    """
    if text.isascii() and text.isprintable():
        return text
    return _NOT_PLAIN.sub(lambda found: found[0] if found[0] in keep or _is_seen(found) else _written(found[0]), text)


def shortened(text: str, most: int = LONGEST_NAME) -> str:
    """A text of at most so many letters: of a longer one the middle is left out, because names often differ at the end.

    Example:
        >>> shortened("a_very_long_name", 8)
        'a_ver…me'
    """
    if len(text) <= most:
        return text
    tail = (most - 1) // 3
    return f"{text[: most - 1 - tail]}…{text[len(text) - tail :]}"


def shown_name(value: object, most: int = LONGEST_NAME) -> str:
    r"""A name or a value out of someone's table, as it is shown on a screen: visible, in one line, and not too long.

    Example:
        >>> print(shown_name("two\nlines"))
        two\nlines
    """
    return shortened(visible(str(value)), most)


def visible_data(data: Any) -> Any:
    r"""Plain data (texts, numbers, lists, mappings) with every text in it visible.

    Example:
        >>> visible_data({"say": ["a\x07", 1]})
        {'say': ['a\\x07', 1]}
    """
    if isinstance(data, str):
        return visible(data)
    if isinstance(data, dict):
        return {visible_data(key): visible_data(value) for key, value in data.items()}
    return [visible_data(value) for value in data] if isinstance(data, list | tuple) else data


def shown_json(data: Any, **options: Any) -> str:
    r"""Plain data as JSON that a terminal can print: letters of every language as they are, what is not seen escaped.

    Whoever reads the JSON gets the very text back. The options are those of `json.dumps`.

    Example:
        >>> shown_json({"名": "\x9b\u202e"})
        '{"名": "\\u009b\\u202e"}'
    """
    written = json.dumps(data, ensure_ascii=False, **options)
    return _NOT_PLAIN.sub(lambda f: f[0] if f[0] == "\n" or _is_seen(f) else json.dumps(f[0])[1:-1], written)


def _is_seen(found: re.Match[str]) -> bool:
    """Whether a character of a text shows itself where it stands."""
    sign = found[0]
    if sign in _JOINERS:
        return _joins(*_neighbours(found))
    if _VARIANTS.match(sign):
        before, _ = _neighbours(found)
        return category(before) in ("So", "Sm", "Po", "Lo") or before.isdigit()
    return sign in _SHAPED or (category(sign) not in _UNSEEN and sign not in _BLANK)


def _neighbours(found: re.Match[str]) -> tuple[str, str]:
    """The characters before and after, or a space where the text ends."""
    at, text = found.start(), found.string
    return text[at - 1] if at else " ", text[at + 1] if at + 1 < len(text) else " "


def _joins(before: str, after: str) -> bool:
    """Whether a joiner has something to do: Arabic letters, a virama and what it binds, or two emoji."""
    if category(after) in ("Lo", "Lm"):
        return bidirectional(before) in ("AL", "NSM") or combining(before) == _VIRAMA
    return category(after) == "So" and (category(before) in ("So", "Sk") or before == "\ufe0f")


def _written(sign: str) -> str:
    return sign.encode("unicode_escape").decode("ascii")


def columns_of(text: str) -> int:
    """Columns that a text takes on a terminal, where a Chinese character takes two.

    Example:
        >>> columns_of("损失 L")
        6
    """
    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in text)
