"""Text of other people on a screen or a page: what would not be seen, or would move what is seen, is written out.

A name out of a table or a model file may hold an escape sequence that clears a terminal, or a mark that turns the
reading direction of what follows. Such characters are shown as Python writes them: \\x1b, \\u202e.
"""

from __future__ import annotations

import unicodedata

UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})  # control, format, half of a pair, ends of lines and paragraphs
# Format characters that have a shape of their own (Arabic and other signs of numbers and verses), and the invisible
# operators of MathML.
SEEN = frozenset("\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\u2061\u2062\u2063\u2064")
JOINERS = frozenset("\u200c\u200d")  # needed within Persian and Indic words and within many emoji


def visible(text: str, keep: str = "") -> str:
    """Text in which nothing hides.

    Args:
        text: anything.
        keep: characters that stay as they are, such as the line's end where there are lines.

    Example:
        >>> print(visible("yes\\x1b[2J\\u202eno"))
        yes\\x1b[2J\\u202eno
    """
    if text.isprintable():
        return text
    return "".join(
        letter if letter in keep or not _hides(text, i, letter) else _written(letter) for i, letter in enumerate(text)
    )


def _hides(text: str, i: int, letter: str) -> bool:
    if letter.isprintable() or unicodedata.category(letter) not in UNSEEN or letter in SEEN:
        return False
    if letter in JOINERS:
        around = text[i - 1 : i] + text[i + 1 : i + 2]
        return len(around) < 2 or any(c.isspace() or ord(c) < 0x300 for c in around)
    return True


def _written(letter: str) -> str:
    number = ord(letter)
    return f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"
