"""Several files as one table: a folder, a pattern, folders that name a column; against Polars' own reading of them."""

from __future__ import annotations

import json

import polars as pl
import pytest

from clearprop.errors import FileError, TableError
from clearprop.table import read_batches, read_table
from clearprop.table.look import files_of_table, how_it_is_written
from clearprop.table.options import ReadOptions
from clearprop.table.sample import sample_table

FRAME = pl.DataFrame({"a": [0.5, 1.5, 2.5, 3.5], "b": ["x", "y", "x", None], "y": [1, 0, 1, 0]})
WRITERS = {
    "csv": pl.DataFrame.write_csv,
    "parquet": pl.DataFrame.write_parquet,
    "jsonl": pl.DataFrame.write_ndjson,
    "arrow": pl.DataFrame.write_ipc,
}


def written(folder, name, frame=FRAME):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    WRITERS[path.suffix[1:]](frame, path)
    return path


@pytest.mark.parametrize("ending", WRITERS)
def test_a_folder_is_one_table(ending, tmp_path):
    for k in (10, 2, 1):
        written(tmp_path, f"part-{k}.{ending}", FRAME.with_columns(pl.lit(k).alias("k")).select("k", *FRAME.columns))
    written(tmp_path, "part-3." + ending, FRAME.with_columns(pl.lit(3).alias("k")))  # in another order
    (tmp_path / "_SUCCESS").touch()
    (tmp_path / ".part-1.crc").write_bytes(b"crc")
    whole = read_table(tmp_path)
    assert whole["k"].to_list() == [1] * 4 + [2] * 4 + [3] * 4 + [10] * 4
    assert whole.columns == ["k", "a", "b", "y"]
    assert whole.drop("k").equals(pl.concat([FRAME] * 4))
    together = pl.concat(read_batches(tmp_path))
    assert together.cast(pl.String).rows() == whole.cast(pl.String).rows()
    sample = sample_table(tmp_path, 5, seed=1)
    assert (sample.total, sample.frame.height) == (16, 5)
    assert sample.frame.equals(whole[sample.rows])
    assert read_table(f"{tmp_path}/part-1*.{ending}")["k"].unique(maintain_order=True).to_list() == [1, 10]
    assert how_it_is_written(tmp_path, ReadOptions())["files"] == 4


def test_folders_that_name_a_column_are_as_polars_reads_them(tmp_path):
    for year in (2024, 2023):
        for region in ("EU", "a b%2Fc"):
            written(tmp_path, f"year={year}/region={region}/part-0.parquet")
    theirs = pl.read_parquet(tmp_path, hive_partitioning=True)
    for name in (tmp_path, f"{tmp_path}/*/*/*.parquet", f"{tmp_path}/year=*"):
        ours = read_table(name)
        columns = theirs.columns if name == tmp_path else ours.columns
        assert ours.select(columns).sort(columns).equals(theirs.select(columns).sort(columns))
    assert {"year", "region"} <= set(read_table(tmp_path).columns)
    assert pl.concat(read_batches(tmp_path)).equals(read_table(tmp_path))


def test_folders_name_columns_of_text_too(tmp_path):
    written(tmp_path, "day=01/t.csv")
    written(tmp_path, "day=__HIVE_DEFAULT_PARTITION__/t.csv")
    assert read_table(tmp_path)["day"].to_list() == ["01"] * 4 + [None] * 4
    assert next(iter(read_batches(f"{tmp_path}/day=01")))["a"].to_list() == ["0.5", "1.5", "2.5", "3.5"]


def test_numbers_of_several_types_and_decimal_signs(tmp_path):
    written(tmp_path / "p", "a.parquet")
    written(tmp_path / "p", "b.parquet", FRAME.with_columns(pl.col("y") + 0.5))
    assert read_table(tmp_path / "p")["y"].to_list() == [1, 0, 1, 0, 1.5, 0.5, 1.5, 0.5]
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "a.csv").write_text("x;y\n1;2\n")
    (tmp_path / "c" / "b.csv").write_text("x;y\n1,5;2\n")
    assert read_table(tmp_path / "c").rows() == [(1.0, 2), (1.5, 2)]
    (tmp_path / "c" / "c.csv").write_text("x;y\n1.5;2\n")
    with pytest.raises(TableError, match="c.csv has decimal points, and another file commas"):
        read_table(tmp_path / "c")


def refused(path, words):
    for reading in (lambda: read_table(path), lambda: list(read_batches(path)), lambda: sample_table(path, 3)):
        with pytest.raises((TableError, FileError), match=words) as caught:
            reading()
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("ending", WRITERS)
def test_files_of_several_tables_are_refused(ending, tmp_path):
    written(tmp_path, f"a.{ending}")
    written(tmp_path, f"b.{ending}", FRAME.rename({"b": "c"}))
    refused(tmp_path, "b.* has other columns than .*a.*: only one has 'b', 'c'.*by a pattern in quotes")


def test_what_is_no_table_of_files(tmp_path):
    refused(tmp_path, "holds no file of a table")
    refused(f"{tmp_path}/*.csv", r"no file is called .*\*\.csv")
    written(tmp_path, "a.csv")
    written(tmp_path, "b.parquet")
    refused(tmp_path, "b.parquet is Parquet, and .*a.csv delimited text; expected files of one kind")
    written(tmp_path / "h", "year=1/a.csv")
    written(tmp_path / "h", "a.csv")
    refused(tmp_path / "h", "in folders of other names")
    written(tmp_path / "lake", "a.parquet")
    (tmp_path / "lake" / "_delta_log").mkdir()
    refused(tmp_path / "lake", "a table of Delta Lake")
    written(tmp_path / "t", "a.parquet")
    written(tmp_path / "t", "b.parquet", FRAME.with_columns(pl.concat_list("y")))
    with pytest.raises(TableError, match="other types"):
        read_table(tmp_path / "t")


def test_a_name_with_the_signs_of_a_pattern_is_a_file(tmp_path):
    path = written(tmp_path, "a[1]*.csv")
    assert [part.path for part in files_of_table(path)] == [path]
    assert read_table(path).equals(FRAME)


def test_structures_become_columns(tmp_path):
    (tmp_path / "t.json").write_text(json.dumps([{"id": 1, "at": {"city": "B", "geo": {"lat": 1.5}}, "at.city": 2}]))
    expected = {"id": 1, "at.city": 2, "at.city_": "B", "at.geo.lat": 1.5}
    assert read_table(tmp_path / "t.json").to_dicts() == [expected]
