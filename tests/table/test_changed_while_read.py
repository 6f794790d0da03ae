"""A table, or any file, that is written over while it is read: one clear error, never a mixture."""

from __future__ import annotations

import polars as pl
import pytest

from clearprop.app.cli import app
from clearprop.errors import FileError, TableError
from clearprop.estimators import TableModel
from clearprop.files import unchanged, write_atomically
from clearprop.table import look, read_batches, read_table


def test_a_file_that_changes_or_goes_while_it_is_read(tmp_path):
    path = tmp_path / "t"
    for change in (lambda: path.write_bytes(b"longer"), lambda: write_atomically(path, b"old"), path.unlink):
        path.write_bytes(b"old")
        with pytest.raises(FileError, match="changed while it was read"), unchanged(path):
            change()


def ragged(path, content):
    path.write_bytes(content)
    raise TableError("a ragged line")


def test_what_goes_wrong_because_a_file_changed_is_not_blamed_on_it(tmp_path):
    (tmp_path / "t").write_bytes(b"old")
    with pytest.raises(FileError, match="changed while it was read"), unchanged(tmp_path / "t"):
        ragged(tmp_path / "t", b"longer")
    with pytest.raises(TableError, match="ragged"), unchanged(tmp_path / "t"):
        ragged(tmp_path / "other", b"longer")


def table_of(rows, start=0):
    return pl.DataFrame({"x": range(start, start + rows), "y": ["a" * 50, "b" * 50] * (rows // 2)})


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_a_table_written_over_between_two_batches(ending, tmp_path):
    path, rows = tmp_path / f"t.{ending}", 200_000
    write = pl.DataFrame.write_csv if ending == "csv" else pl.DataFrame.write_parquet
    write(table_of(rows), path)
    batches = read_batches(path)
    next(batches)
    write(table_of(rows, 9 * 10**6), path)
    with pytest.raises(FileError, match="changed while it was read"):
        list(batches)
    assert sum(batch.height for batch in read_batches(path)) == rows


def test_a_table_written_over_while_it_is_parsed(tmp_path, monkeypatch):
    path = tmp_path / "t.csv"
    table_of(100).write_csv(path)
    real = look.find_dialect

    def found(*given):
        dialect = real(*given)
        table_of(90).rename({"x": "z"}).write_csv(path)
        return dialect

    monkeypatch.setattr(look, "find_dialect", found)
    with pytest.raises(FileError, match="changed while it was read"):
        read_table(path)


def test_a_table_that_is_gone_when_its_training_ends_costs_no_model(tmp_path, monkeypatch):
    path = tmp_path / "t.csv"
    table_of(60).write_csv(path)
    train = TableModel.train

    def trained(*given, **named):
        path.unlink()
        return train(*given, **named)

    monkeypatch.setattr("clearprop.estimators.TableModel.train", staticmethod(trained))
    app(
        ["train", str(path), "--target", "y", "--epochs", "1", "--out", str(tmp_path / "o"), "--quiet"],
        standalone_mode=False,
    )
    assert (tmp_path / "o" / "model.clearprop").exists()
