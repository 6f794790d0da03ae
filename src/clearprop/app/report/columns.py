"""What became of a table's columns, in words: the table's own in English, and the same in Chinese."""

from __future__ import annotations

import re

from clearprop.explain.language import Language, Phrase
from clearprop.table import BooleanColumn, CategoryColumn, Column, DateColumn, NumberColumn

KINDS = {
    "number": Phrase("number", "数值"),
    "category": Phrase("category", "类别"),
    "boolean": Phrase("boolean", "布尔"),
    "date": Phrase("date", "日期"),
}
_PARTS = {"year": "年", "month": "月", "day": "日", "weekday": "星期", "hour": "时"}
_REASONS = {
    r"an identifier: .*": "标识符：每行各不相同的整数",
    r"the same value in every row": "每行的值都相同",
    r"the same date in every row": "每行的日期都相同",
    r"all values are missing": "全部缺失",
    r"text that is different in nearly every row": "几乎每行都不同的文本",
    r"lists or structures, .*": "列表或结构，既非数值也非文本",
    r"values of type (.*), which are no numbers and no text": r"类型为 \1，既非数值也非文本",
    r"numbers, but (.*) in (\d+) rows: .*": r"数值，但有 \2 行是 \1：如果它表示缺失，请用 --na 说明",
}


def done_to(column: Column, lang: Language) -> str:
    """How a column becomes features, as plain text."""
    if lang == "en":
        return column.describe()
    match column:
        case NumberColumn():
            return _number(column)
        case CategoryColumn():
            return _category(column)
        case BooleanColumn():
            return f"{column.true} → 1，{column.false} → −1，缺失 → 0"
        case DateColumn():
            return _date(column)


def set_aside(why: str, lang: Language) -> str:
    """Why a column is not used, as plain text."""
    if lang == "zh":
        for pattern, chinese in _REASONS.items():
            if match := re.fullmatch(pattern, why, re.DOTALL):
                return match.expand(chinese)
    return why


def _number(column: NumberColumn) -> str:
    sign = "−" if column.center >= 0 else "+"
    parts = [f"(x {sign} {abs(column.center):.4g}) / {column.scale:.4g}，限制在 ±{column.bend:g} 以内"]
    if column.has_missing:
        parts.append(f"缺失 → {column.median:.4g}，另加一个标记")
    if column.text is not None and not column.text.is_plain:
        parts.append(f"由 {column.text.example!r} 这样的文本读出")
    return "；".join(parts + _marks(column.text.marks if column.text is not None else ()))


def _category(column: CategoryColumn) -> str:
    there = [level for level in column.levels if level is not None]
    shown = "、".join(there[:4]) + ("……" if len(there) > 4 else "")
    parts = [f"{len(there)} 个取值各占一个 0/1：{shown}"]
    parts += ["缺失占一个"] * (None in column.levels) + ["所有罕见取值合占一个"] * column.pooled
    return "；".join(parts)


def _date(column: DateColumn) -> str:
    parts = ["、".join(_PARTS[part] for part in column.parts)]
    parts += [] if column.form is None else [f"按 {column.form} 读取"]
    parts += ["缺失 → 0，另加一个标记"] * column.has_missing
    return "；".join(parts + _marks(column.marks))


def _marks(marks: tuple[str, ...]) -> list[str]:
    return ["、".join(map(repr, marks)) + " 视为缺失"] if marks else []
