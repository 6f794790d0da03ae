"""File to arrays; knows nothing of networks."""

from clearprop.table.categories import BooleanColumn, CategoryColumn
from clearprop.table.columns import IDENTIFIER, INDEX, KINDS, SEASON, Column, called_identifier
from clearprop.table.dates import DateColumn
from clearprop.table.demo import DEMOS, TARGET, load_demo
from clearprop.table.encoder import TableEncoder, as_frame
from clearprop.table.given import given_frame, given_rows
from clearprop.table.kinds import kind_of
from clearprop.table.library import import_polars
from clearprop.table.look import files_of_table, how_it_is_written
from clearprop.table.marks import MISSING_MARKS, Marks
from clearprop.table.number_target import NumberTarget
from clearprop.table.numbers import SCALINGS, NumberColumn, Scaling
from clearprop.table.one_row import RowEncoder, frame_of
from clearprop.table.options import ReadOptions
from clearprop.table.plain import Positive, exactly, finite, record, texts
from clearprop.table.read import read_batches, read_table
from clearprop.table.rows import Targeted, rows_counted, target_column, with_target
from clearprop.table.sample import rows_that_fit, sample_table
from clearprop.table.several import SeveralColumn
from clearprop.table.split import Split, dates_in, orders_rows, split_by_group, split_by_time, split_rows, time_of
from clearprop.table.tails import log_formula
from clearprop.table.target import (
    OPTIMIZABLE,
    ClassTarget,
    Decision,
    Target,
    TargetMarks,
    fit_target,
    target_from_dict,
    target_to_dict,
)
from clearprop.table.unseen import Unseen
from clearprop.table.values import as_levels, as_numbers
from clearprop.table.written import NumberFormat

__all__ = [
    "DEMOS",
    "IDENTIFIER",
    "INDEX",
    "KINDS",
    "MISSING_MARKS",
    "OPTIMIZABLE",
    "SCALINGS",
    "SEASON",
    "TARGET",
    "BooleanColumn",
    "CategoryColumn",
    "ClassTarget",
    "Column",
    "DateColumn",
    "Decision",
    "Marks",
    "NumberColumn",
    "NumberFormat",
    "NumberTarget",
    "Positive",
    "ReadOptions",
    "RowEncoder",
    "Scaling",
    "SeveralColumn",
    "Split",
    "TableEncoder",
    "Target",
    "TargetMarks",
    "Targeted",
    "Unseen",
    "as_frame",
    "as_levels",
    "as_numbers",
    "called_identifier",
    "dates_in",
    "exactly",
    "files_of_table",
    "finite",
    "fit_target",
    "frame_of",
    "given_frame",
    "given_rows",
    "how_it_is_written",
    "import_polars",
    "kind_of",
    "load_demo",
    "log_formula",
    "orders_rows",
    "read_batches",
    "read_table",
    "record",
    "rows_counted",
    "rows_that_fit",
    "sample_table",
    "split_by_group",
    "split_by_time",
    "split_rows",
    "target_column",
    "target_from_dict",
    "target_to_dict",
    "texts",
    "time_of",
    "with_target",
]
