"""What was found about a table's files, in sentences: nothing of it is skipped or guessed without a word."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from clearprop.errors import listed
from clearprop.messages import Message
from clearprop.visible import shortened, shown_name

_SIGNS = {
    "\t": Message("reading.signs.tab"),
    " ": Message("reading.signs.blank"),
    ";": Message("reading.signs.semicolon"),
    "|": Message("reading.signs.bar"),
}
_LONGEST_LINE, _MOST_NAMES = 60, 5


def how_read(found: Mapping[str, Any]) -> list[Message]:
    """What is worth a word of how a table was read; nothing of a plain CSV file.

    Example:
        >>> [str(said) for said in how_read({"kind": "delimited text", "files": 2, "packed": "gzip", "delimiter": ";"})]
        ['2 files read as one table', 'packed by gzip, fields between semicolons']
    """
    lines = []
    if found.get("files", 1) > 1:
        lines.append(Message("reading.files", n=f"{found['files']:,}"))
    if found.get("columns_of_folders"):
        lines.append(Message("reading.folders", names=listed(found["columns_of_folders"], _MOST_NAMES)))
    if "sheet" in found:
        others = listed(map(repr, found["other_sheets"]), _MOST_NAMES)
        key = "reading.other_sheets" if others else "reading.sheet"
        lines.append(Message(key, name=shown_name(repr(found["sheet"])), others=others))
    if found.get("above"):
        text = repr(shortened(found["above"], _LONGEST_LINE))
        lines.append(Message("reading.skipped", n=found["skipped"], text=shown_name(text)))
    if found.get("renamed"):
        pairs = list(found["renamed"].items())
        named = [Message("reading.one_again", old=repr(old), new=repr(new)) for new, old in pairs]
        lines.append(Message("reading.again", names=named[:_MOST_NAMES] + ["…"] * (len(named) > _MOST_NAMES)))
    if "row_names" in found:
        lines.append(Message("reading.row_names", name=shown_name(repr(found["row_names"]))))
    written = _as_written(found)
    return lines + [Message("reading.written", parts=written)] * bool(written)


def _as_written(found: Mapping[str, Any]) -> list[Message]:
    words = []
    if "packed" in found:
        words.append(Message("reading.packed", how=found["packed"]))
    if found.get("encoding", "utf-8") not in ("utf-8", "utf-8-sig"):
        words.append(Message("reading.encoding", name=found["encoding"]))
    sign = found.get("delimiter", ",")
    if sign != ",":
        words.append(Message("reading.between", what=_SIGNS.get(sign) or shown_name(repr(sign))))
    if found.get("decimal") == ",":
        words.append(Message("reading.decimal"))
    if not found.get("header", True):
        words.append(Message("reading.no_header"))
    return words
