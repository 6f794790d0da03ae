"""What is said of values: those that were never seen in training, and the marks for missing ones in the target."""

from __future__ import annotations

import warnings

from clearprop.errors import DataWarning
from clearprop.messages.language import Language, Phrase, said
from clearprop.table import TargetMarks, Unseen

_UNSEEN = Phrase(
    "{rows:,} values of {column} were not there in training ({examples}): answered as if the column said nothing",
    "{column} 有 {rows:,} 个取值在训练时没有出现过（{examples}）：预测时视为该列没有提供信息",
)
_FAR = Phrase(
    "{rows:,} values of {column} lie far outside of the time that was learned, {learned} ({examples}): what changes "
    "with time is not known there",
    "{column} 有 {rows:,} 个取值远在所学时间（{learned}）之外（{examples}）：那里随时间变化的情况是未知的",
)
_COUNTED = Phrase(
    "{rows:,} rows are left out because their {target} is missing: {marks}. If one is a class: --keep-na {first} "
    "(keep_na= in Python)",
    "{rows:,} 行因 {target} 缺失而被排除：{marks}。如果其中某个是一个类别：--keep-na {first}（Python 中为 keep_na=）",
)
_KEPT = Phrase(
    "{marks} of {target} is a class, as its other classes show. If it stands for a missing value: --na {first} "
    "(na= in Python)",
    "从其他类别来看，{target} 的 {marks} 也是一个类别。如果它表示缺失：--na {first}（Python 中为 na=）",
)


def unseen_lines(unseen: Unseen, lang: Language = "en") -> list[str]:
    """A line on each column that holds what it did not in training."""
    between = "、" if lang == "zh" else ", "
    return [
        _UNSEEN(
            lang,
            column=column,
            rows=rows,
            examples=between.join(f"{value[:40]!r}" for value in unseen.examples[column]),
        )
        for column, rows in unseen.rows.items()
    ] + [
        _FAR(lang, column=column, rows=far.rows, learned=far.learned, examples=" – ".join(far.examples))
        for column, far in unseen.far.items()
    ]


def warn_of(unseen: Unseen, stacklevel: int) -> None:
    """One warning of all that was not seen in training."""
    if unseen:
        warnings.warn("; ".join(unseen_lines(unseen)), DataWarning, stacklevel=stacklevel + 1)


def marks_in_target(target: str, marks: TargetMarks) -> list[Phrase]:
    """A word on the marks that were counted as missing, and on those that were taken for classes."""
    words = ((_COUNTED, marks.counted), (_KEPT, marks.kept))
    return [
        said(
            phrase,
            target=target,
            rows=sum(found.values()),
            marks=", ".join(f"{mark!r} ({n:,})" for mark, n in found.items()),
            first=repr(next(iter(found))),
        )
        for phrase, found in words
        if found
    ]
