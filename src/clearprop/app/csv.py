"""CSV for spreadsheets: no cell of it is taken for a formula."""

from __future__ import annotations

import re
from typing import Any

from clearprop.table.library import import_polars

# What begins a formula, also behind blanks and what does not show; the wide forms are those of East Asian keyboards. A
# tab, a carriage return or a line's end in the first place makes some spreadsheets look at what follows.
_UNSEEN = "\\s\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2064\u2066-\u2069\ufeff"
_FORMULA = f"^[{_UNSEEN}]*[=+\\-@＝＋－＠]|^[\t\r\n]"
# Where a spreadsheet cuts lines at semicolons or tabs, or cells into lines, a formula may begin inside of a text.
_INSIDE = f"([;|\t\r\n][{_UNSEEN}]*)([=+\\-@＝＋－＠])"
_NUMBER = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$"  # a sign before nothing but a number is no formula


def without_formulas(frame: Any) -> Any:
    """The frame with an apostrophe before each text, and each column's name, that a spreadsheet would compute.

    So, too, inside of a text behind what a spreadsheet may cut it at. It takes such a cell for text. Numbers, and texts
    that are nothing but a number, stay as they are.
    """
    pl = import_polars()
    texts = pl.col(pl.String, pl.Categorical, pl.Enum).cast(pl.String)
    inside = texts.str.replace_all(_INSIDE, "$1'$2")
    acts = texts.str.contains(_FORMULA) & ~texts.str.contains(_NUMBER)
    names: dict[str, str] = {}
    for name in frame.columns:
        safe = re.sub(_INSIDE, r"\1'\2", name)
        safe = f"'{safe}" if re.search(_FORMULA, name) and not re.search(_NUMBER, name) else safe
        while safe in names.values():
            safe = f"'{safe}"
        names[name] = safe
    return frame.with_columns(pl.when(acts).then("'" + inside).otherwise(inside).name.keep()).rename(names)
