"""What was found about a table's files, in sentences: nothing of it is skipped or guessed without a word."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from clearprop.errors import listed
from clearprop.messages import Language, Message, say
from clearprop.visible import shortened, shown_name

_SIGNS = {
    "\t": Message("reading.signs.tab"),
    " ": Message("reading.signs.blank"),
    ";": Message("reading.signs.semicolon"),
    "|": Message("reading.signs.bar"),
}
_LONGEST_LINE, _MOST_NAMES = 60, 5


def how_read(found: Mapping[str, Any], lang: Language) -> list[str]:
    """What is worth a word of how a table was read; nothing of a plain CSV file.

    Example:
        >>> how_read({"kind": "delimited text", "files": 2, "packed": "gzip", "delimiter": ";"}, "en")
        ['2 files read as one table', 'packed by gzip, fields between semicolons']
    """
    lines = []
    if found.get("files", 1) > 1:
        lines.append(say("reading.files", lang, n=f"{found['files']:,}"))
    if found.get("columns_of_folders"):
        lines.append(say("reading.folders", lang, names=listed(found["columns_of_folders"], _MOST_NAMES)))
    if "sheet" in found:
        others = listed(map(repr, found["other_sheets"]), _MOST_NAMES)
        key = "reading.other_sheets" if others else "reading.sheet"
        lines.append(say(key, lang, name=shown_name(repr(found["sheet"])), others=others))
    if found.get("above"):
        text = repr(shortened(found["above"], _LONGEST_LINE))
        lines.append(say("reading.skipped", lang, n=found["skipped"], text=shown_name(text)))
    if found.get("renamed"):
        pairs = list(found["renamed"].items())
        named = [say("reading.one_again", lang, old=repr(old), new=repr(new)) for new, old in pairs]
        lines.append(say("reading.again", lang, names=listed(named, _MOST_NAMES)))
    if "row_names" in found:
        lines.append(say("reading.row_names", lang, name=shown_name(repr(found["row_names"]))))
    written = _as_written(found, lang)
    return [*lines, *([("，" if lang == "zh" else ", ").join(written)] if written else [])]


def _as_written(found: Mapping[str, Any], lang: Language) -> list[str]:
    words = []
    if "packed" in found:
        words.append(say("reading.packed", lang, how=found["packed"]))
    if found.get("encoding", "utf-8") not in ("utf-8", "utf-8-sig"):
        words.append(say("reading.encoding", lang, name=found["encoding"]))
    sign = found.get("delimiter", ",")
    if sign != ",":
        words.append(
            say("reading.between", lang, what=_SIGNS[sign](lang) if sign in _SIGNS else shown_name(repr(sign)))
        )
    if found.get("decimal") == ",":
        words.append(say("reading.decimal", lang))
    if not found.get("header", True):
        words.append(say("reading.no_header", lang))
    return words
