"""What became of a table's columns, in words: the table's own in English, and the same in Chinese."""

from __future__ import annotations

import re

from clearprop.messages.language import Language, Phrase
from clearprop.table import (
    BooleanColumn,
    CategoryColumn,
    Column,
    DateColumn,
    NumberColumn,
    NumberFormat,
    NumberTarget,
    SeveralColumn,
    log_formula,
)

KINDS = {
    "number": Phrase("number", "数值"),
    "numbers": Phrase("numbers", "多个数值"),
    "category": Phrase("category", "类别"),
    "boolean": Phrase("boolean", "布尔"),
    "date": Phrase("date", "日期"),
}
_PARTS = {"year": "年", "month": "月", "day": "日", "weekday": "星期", "hour": "时"}
_REASONS = {
    r"an identifier: .*": "标识符：每行各不相同的整数",
    r"an index: a column without a name that numbers or names the rows": "索引：没有列名，只为各行编号或命名",
    r"the same value in every row": "每行的值都相同",
    r"the same value in every training row, though not in all others": "训练集中每行的值都相同，其他行则不全相同",
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
        case SeveralColumn():
            return f"{len(column.parts)} 个数，由 {column.example!r} 这样的文本读出"


def set_aside(why: str, lang: Language) -> str:
    """Why a column is not used, as plain text."""
    if lang == "zh":
        for pattern, chinese in _REASONS.items():
            if match := re.fullmatch(pattern, why, re.DOTALL):
                return match.expand(chinese)
    return why


def done_to_target(target: NumberTarget, lang: Language) -> list[str]:
    """What `NumberTarget.describe` says."""
    if lang == "en":
        return target.describe()
    if target.dates is not None:
        return [f"日期{f'（按 {target.dates} 读取）' * bool(target.dates)}，以 1970-01-01 起的天数学习"]
    if target.log_unit is None:
        return ["从不为负，因此小于 0 的预测记为 0"] * (target.lowest is not None)
    logs = f"跨越多个数量级，因此学习其对数 {log_formula(target.log_unit, 'y')}"
    factor = [f"再乘以 {target.smear:.4g}，使预测为平均值"] * (f"{target.smear:.4g}" != "1")
    return [logs, *factor, f"预测限制在训练样本的范围 {target.lowest:,.6g} … {target.highest:,.6g} 之内"]


def _number(column: NumberColumn) -> str:
    parts = [f"{column.formula}，限制在 ±{column.bend:g} 以内", *["取中位数与四分位距"] * column.is_robust]
    if column.has_missing:
        parts.append(f"缺失 → {column.median:.4g}，另加一个标记")
    return "；".join(parts + (_text(column.text) if column.text is not None else []))


def _text(text: NumberFormat) -> list[str]:
    """What `NumberFormat.describe` says."""
    parts = [] if text.is_plain else [f"由 {text.example!r} 这样的文本读出"]
    parts += [f"以秒计{'，1:30 为一分半' * text.minutes}"] * text.spans
    parts += ["(5) 与 5- 表示 −5"] * text.brackets + ["范围取其中点"] * text.ranges
    parts += ["~5、<5 都按 5 读取"] * text.about + ["3/4 为 0.75"] * text.fractions
    parts += ["5% 为 0.05，与不带 % 的行一致"] * text.percent + ["数字后的记号或附注不计"] * text.notes
    parts += ["'.' 为千位分隔符"] * (text.thousands == ".")
    parts += [f"1 {unit} 为 {factor:.4g} {text.suffix}" for unit, factor in text.converted]
    if text.flagged:
        parts.append(f"{'、'.join(map(repr, text.others))} 与 {text.suffix!r} 并存：不换算，各加一个标记")
    return parts + _marks(text.marks, text.rows)


def _category(column: CategoryColumn) -> str:
    there = [level for level in column.levels if level is not None]
    shown = "、".join(there[:4]) + ("……" if len(there) > 4 else "")
    parts = [f"{len(there):,} 个取值各占一个 0/{column.size:.2g}：{shown}"] + ["缺失占一个"] * (None in column.levels)
    if column.pooled:
        how_many = f" {len(column.rare):,} 个" if column.rare else "所有"
        parts.append(f"其余{how_many}罕见取值合占一个" + f"（少于 {column.fewest:,} 行）" * (column.fewest > 1))
    return "；".join(parts)


def _date(column: DateColumn) -> str:
    parts = ["、".join(_PARTS[part] for part in column.parts)]
    parts += [column.learned.replace(" to ", " 至 ")] * (column.period is not None)
    parts += [] if column.form is None else [f"按 {column.form} 读取"]
    parts += [f"按 {column.other} 读取也可以"] if column.other else []
    parts += ["缺失 → 0，另加一个标记"] * column.has_missing
    return "；".join(parts + _marks(column.marks))


def _marks(marks: tuple[str, ...], rows: int = 0) -> list[str]:
    shown = "、".join(map(repr, marks[:3])) + ("……" if len(marks) > 3 else "")
    return [f"{shown} 视为缺失" + (f"（{rows} 行）" if rows else "")] if marks else []
