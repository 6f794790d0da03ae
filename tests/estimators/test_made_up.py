"""Rows that are made up from what a model knows of its columns."""

from __future__ import annotations

from datetime import date

import polars as pl

from clearprop.estimators.made_up import made_up_rows
from clearprop.table.encoder import TableEncoder


def test_dates_stay_within_the_calendar():
    days = [date(1, 1, 1), date(1969, 12, 31), date(9999, 12, 31)]
    encoder = TableEncoder.fit(pl.DataFrame({"day": days * 4}))
    made = made_up_rows(encoder, 400)["day"]
    assert made.min().date() == days[0]
    assert made.max().date() == days[2]
    encoder.transform(made.to_frame())
