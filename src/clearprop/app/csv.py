"""CSV for spreadsheets: no cell of it is taken for a formula."""

from __future__ import annotations

import re
from typing import Any

from clearprop.table import import_polars

# What begins a formula, also behind blanks; the wide forms are those of East Asian keyboards. A tab, a carriage return
# or a line's end in the first place makes some spreadsheets look at what follows.
_FORMULA = "^\\s*[=+\\-@＝＋－＠]|^[\t\r\n]"
_NUMBER = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$"  # a sign before nothing but a number is no formula


def without_formulas(frame: Any) -> Any:
    """The frame with an apostrophe before each text, and each column's name, that a spreadsheet would compute.

    A spreadsheet takes such a cell for text. Numbers, and texts that are nothing but a number, stay as they are.
    """
    pl = import_polars()
    texts = pl.col(pl.String, pl.Categorical, pl.Enum).cast(pl.String)
    acts = texts.str.contains(_FORMULA) & ~texts.str.contains(_NUMBER)
    names: dict[str, str] = {}
    for name in frame.columns:
        safe = f"'{name}" if re.search(_FORMULA, name) and not re.search(_NUMBER, name) else name
        while safe in names.values():
            safe = f"'{safe}"
        names[name] = safe
    return frame.with_columns(pl.when(acts).then("'" + texts).otherwise(texts).name.keep()).rename(names)
