"""Where a line of text may end: behind a space, and beside a Chinese letter, so that no number is cut in two."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

_EAST = "\u2e80"  # the scripts of East Asia begin here
_NEVER_FIRST = frozenset("，。；：、）！？”》")  # on a line
_NEVER_LAST = frozenset("（“《")


def pieces(text: str) -> Iterator[str]:
    """What stands together on a line: words with the spaces behind them, single Chinese letters with their marks.

    Example:
        >>> list(pieces("损失更低（0.1284）, as said"))
        ['损', '失', '更', '低', '（0.1284）', ', ', 'as ', 'said']
    """
    piece = ""
    for sign in text:
        may_break = piece and (piece[-1] == " " or sign >= _EAST or piece[-1] >= _EAST)
        if may_break and sign != " " and sign not in _NEVER_FIRST and piece[-1] not in _NEVER_LAST:
            yield piece
            piece = ""
        piece += sign
    yield piece


def in_lines(parts: Iterable[str], fits: Callable[[str], bool], indent: str = "") -> Iterator[str]:
    """The parts in lines that fit, each as full as can be; a part that fits on no line has one of its own.

    Example:
        >>> list(in_lines(pieces("a word and another"), lambda line: len(line) <= 8))
        ['a word', 'and', 'another']
    """
    line = ""
    for part in parts:
        if line.strip() and not fits((line + part).rstrip()):
            yield line.rstrip()
            line = indent + part.lstrip()
        else:
            line += part
    yield line.rstrip()
