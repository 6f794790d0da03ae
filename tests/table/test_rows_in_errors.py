"""The row that an error names is the table's own: behind batches, rows without a target, and samples."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pytest

import clearprop as cp
from clearprop.app.source import TablePlace, TableSource
from clearprop.table import read
from clearprop.table.rows import rows_counted, with_target


@pytest.fixture(scope="module")
def model():
    frame = pl.DataFrame({"x": np.arange(60) % 7 + 0.5, "d": ["2024-01-02", "2024-03-04"] * 30, "y": ["a", "b"] * 30})
    return cp.TableModel.train(frame, "y", epochs=1).model


def table(rows=100, without=30, **bad):
    """A table whose first rows have no target, with bad values: column → (row, value)."""
    columns = {"x": [1.5] * rows, "d": ["2024-01-02"] * rows, "y": [None] * without + ["a"] * (rows - without)}
    for name, (row, value) in bad.items():
        columns[name][row] = value
    return pd.DataFrame(columns)


BAD = {"x": (50, np.inf), "d": (77, "soon"), "y": (61, "z")}


@pytest.mark.parametrize("name", BAD)
@pytest.mark.parametrize("library", [pd.DataFrame, pl.from_pandas])
def test_rows_without_a_target_are_counted(model, name, library):
    frame = library(table(**{name: BAD[name]}))
    for work in (model.arrays, model.evaluate, model.score):
        with pytest.raises(cp.TableError, match=rf"in row {BAD[name][0]} \(counted from 0\)") as caught:
            work(frame)
        assert caught.value.row == BAD[name][0]


def test_so_are_they_in_training():
    frame = table(x=(50, np.inf))
    frame.loc[40:90, "y"] = "b"
    with pytest.raises(cp.TableError, match="'x' is infinite in row 50 "):
        cp.TableModel.train(frame, "y")
    good = table().assign(x=np.arange(100) % 7)
    good["y"] = ["a", "b"] * 50
    with pytest.raises(cp.TableError, match="the validation table: column 'x' is infinite in row 50 "):
        cp.TableModel.train(good, "y", validation=table(x=(50, np.inf)), epochs=1)


def test_batches_are_counted(model):
    with pytest.raises(cp.TableError, match="in row 350 "):
        model.evaluate([table(), table(150), table(x=(99, 1.0)), table(x=(0, np.inf), without=0)])


def test_the_commands_count_all_rows(model, tmp_path, monkeypatch):
    from commands import run

    monkeypatch.setattr(read, "BATCH_BYTES", 200)
    model.save(tmp_path / "m")
    table(300, x=(250, "red")).to_csv(tmp_path / "t.csv", index=False)
    commands = {
        "predict": ("predict", "m", "t.csv", "--out", "p.csv"),
        "evaluate": ("evaluate", "m", "t.csv"),
        "explain": ("explain", "m", "t.csv", "--row", "251"),
        "check": ("check", "m", "t.csv", "--rows", "299", "--seed", "2"),
    }
    for name, command in commands.items():
        done = run(*command, cwd=tmp_path)
        assert done.returncode == 2, name
        assert "column 'x' holds 'red' in row 250 (counted from 0)" in done.stderr, name
    assert not (tmp_path / "p.csv").exists()
    table(60, 10, x=(50, "red")).to_csv(tmp_path / "t.csv", index=False)
    assert "column 'x' holds 'red' in row 50 (counted from 0)" in run("doctor", "m", "t.csv", cwd=tmp_path).stderr


def test_a_sample_counts_the_rows_of_the_file(model, tmp_path):
    table(300, x=(250, np.inf)).to_csv(tmp_path / "t.csv", index=False)
    rows = next(
        rows
        for rows in (TableSource(TablePlace(str(tmp_path / "t.csv"))).read(150, seed) for seed in range(9))
        if 250 in rows.numbers
    )
    with pytest.raises(cp.TableError, match="in row 250 "), rows.counted():
        model.arrays(rows.frame)


def test_rows_with_a_target_are_those_that_pandas_keeps():
    frame = pd.DataFrame({"y": [None, "a", " ", "b", None, "c"]})
    assert with_target(frame, "y").numbers.tolist() == [1, 3, 5]
    numbers = pd.DataFrame({"y": [np.nan, 1.0, 2.0]})
    assert with_target(numbers, "y").numbers.tolist() == list(numbers.dropna().index)


def test_an_error_without_a_row_stays_as_it_is():
    with pytest.raises(cp.TableError) as caught, rows_counted(7):
        raise cp.TableError("no column", "one")
    assert str(caught.value) == "no column; expected one"
