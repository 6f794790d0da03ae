"""What was found about a table's files, in sentences: nothing of it is skipped or guessed without a word."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from clearprop.errors import listed
from clearprop.messages.language import Language, Phrase
from clearprop.visible import shortened, shown_name

_FILES = Phrase("{n} files read as one table", "{n} 个文件作为一张表读入")
_FOLDERS = Phrase("columns from the names of folders: {names}", "由文件夹名得到的列：{names}")
_SHEET = Phrase("sheet {name}", "工作表 {name}")
_OTHER_SHEETS = Phrase("sheet {name}; not read: {others} (--sheet)", "工作表 {name}；未读取：{others}（--sheet）")
_SKIPPED = Phrase("lines above the table that were skipped: {n}, {text}", "跳过了表格上方的 {n} 行：{text}")
_AGAIN = Phrase("names that stand in the header again: {names}", "表头中重复的列名：{names}")
_ONE_AGAIN = Phrase("{old} is read as {new}", "{old} 读作 {new}")
_ROW_NAMES = Phrase(
    "each line begins with one field more than the header has: {name}", "每行开头比表头多一个字段：{name}"
)
_NO_HEADER = Phrase("no header", "无表头")
_PACKED = Phrase("packed by {how}", "压缩格式 {how}")
_ENCODING = Phrase("encoding {name}", "编码 {name}")
_BETWEEN = Phrase("fields between {what}", "分隔符为{what}")
_DECIMAL = Phrase("decimal commas", "小数逗号")
_SIGNS = {
    "\t": Phrase("tabs", "制表符"),
    " ": Phrase("blanks", "空格"),
    ";": Phrase("semicolons", "分号"),
    "|": Phrase("vertical bars", "竖线"),
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
        lines.append(_FILES(lang, n=f"{found['files']:,}"))
    if found.get("columns_of_folders"):
        lines.append(_FOLDERS(lang, names=listed(found["columns_of_folders"], _MOST_NAMES)))
    if "sheet" in found:
        others = listed(map(repr, found["other_sheets"]), _MOST_NAMES)
        phrase = _OTHER_SHEETS if others else _SHEET
        lines.append(phrase(lang, name=shown_name(repr(found["sheet"])), others=others))
    if found.get("above"):
        text = repr(shortened(found["above"], _LONGEST_LINE))
        lines.append(_SKIPPED(lang, n=found["skipped"], text=shown_name(text)))
    if found.get("renamed"):
        pairs = list(found["renamed"].items())
        named = [_ONE_AGAIN(lang, old=repr(old), new=repr(new)) for new, old in pairs]
        lines.append(_AGAIN(lang, names=listed(named, _MOST_NAMES)))
    if "row_names" in found:
        lines.append(_ROW_NAMES(lang, name=shown_name(repr(found["row_names"]))))
    written = _as_written(found, lang)
    return [*lines, *([("，" if lang == "zh" else ", ").join(written)] if written else [])]


def _as_written(found: Mapping[str, Any], lang: Language) -> list[str]:
    words = []
    if "packed" in found:
        words.append(_PACKED(lang, how=found["packed"]))
    if found.get("encoding", "utf-8") not in ("utf-8", "utf-8-sig"):
        words.append(_ENCODING(lang, name=found["encoding"]))
    sign = found.get("delimiter", ",")
    if sign != ",":
        words.append(_BETWEEN(lang, what=_SIGNS[sign](lang) if sign in _SIGNS else shown_name(repr(sign))))
    if found.get("decimal") == ",":
        words.append(_DECIMAL(lang))
    if not found.get("header", True):
        words.append(_NO_HEADER(lang))
    return words
