"""File to arrays; knows nothing of networks."""

from clearprop.table.columns import CategoryColumn, NumberColumn
from clearprop.table.demo import DEMOS, TARGET, load_demo
from clearprop.table.encoder import TableEncoder, as_frame
from clearprop.table.read import MISSING_MARKS, read_table
from clearprop.table.split import Split, split_rows
from clearprop.table.target import (
    ClassTarget,
    NumberTarget,
    Target,
    drop_missing_target,
    fit_target,
    target_from_dict,
    target_to_dict,
)

__all__ = [
    "DEMOS",
    "MISSING_MARKS",
    "TARGET",
    "CategoryColumn",
    "ClassTarget",
    "NumberColumn",
    "NumberTarget",
    "Split",
    "TableEncoder",
    "Target",
    "as_frame",
    "drop_missing_target",
    "fit_target",
    "load_demo",
    "read_table",
    "split_rows",
    "target_from_dict",
    "target_to_dict",
]
