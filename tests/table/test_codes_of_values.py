"""Columns of categories are read by their distinct values: the same as row by row."""

import narwhals.stable.v1 as nw
import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearprop.errors import TableError
from clearprop.table.marks import without_marks
from clearprop.table.values import as_codes, as_levels, as_values, each_value

TEXTS = st.lists(st.sampled_from(["a", "b", "", "NA", "true", "1.0", None]), min_size=1, max_size=20)


def of_pandas(values):
    return nw.from_native(
        pd.Series(pd.Categorical(values, ["never", "b", "a", "", "NA", "true", "1.0"])), series_only=True
    )


def of_polars(values):
    return nw.from_native(pl.Series(values, dtype=pl.Categorical), series_only=True)


def of_enum(values):
    return nw.from_native(
        pl.Series(values, dtype=pl.Enum(["never", "b", "a", "", "NA", "true", "1.0"])), series_only=True
    )


@pytest.mark.parametrize("make", [of_pandas, of_polars, of_enum])
@given(values=TEXTS)
def test_codes_stand_for_the_values(make, values):
    series = make(values)
    distinct, codes = as_codes(series)
    assert [distinct[code] for code in codes] == as_values(series) == values
    assert distinct[-1] is None
    assert as_levels(series) == [v or None for v in values]
    assert as_values(without_marks(series, ["NA"])) == [None if v == "NA" else v for v in values]


def test_numbers_as_categories_and_the_row_of_an_error():
    series = nw.from_native(pd.Series(pd.Categorical([3, None, 1, 3])), series_only=True)
    assert each_value(series, lambda value: value) == [3, None, 1, 3]
    assert as_codes(nw.from_native(pd.Series([1.0, np.nan]), series_only=True)) is None

    def refuse(value):
        if value == 1:
            raise TableError("one", "another")

    with pytest.raises(TableError) as error:
        each_value(series, refuse)
    assert error.value.row == 2
