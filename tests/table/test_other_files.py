"""Files of other kinds than plain CSV: packed, with something above the header, of other libraries; each as the CSV."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zipfile

import numpy as np
import pandas as pd
import polars as pl
import pytest

from clearprop.errors import FileError, TableError
from clearprop.table import TableEncoder, packed, read, read_batches, read_table, sample_table

FRAME = pl.DataFrame({"a": [i % 7 + 0.5 for i in range(60)], "b": [i % 5 for i in range(60)], "y": ["u", "v"] * 30})
CSV = FRAME.write_csv().encode()


def zipped(content, *names):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names or ("t.csv",):
            archive.writestr(name, content)
    return file.getvalue()


def stored(write):
    file = io.BytesIO()
    write(file)
    return file.getvalue()


FILES = {
    "gzip": gzip.compress(CSV),
    "bzip2": bz2.compress(CSV),
    "xz": lzma.compress(CSV),
    "zip": zipped(CSV),
    "zip of a Mac": zipped(CSV, "t.csv", "__MACOSX/._t.csv"),
    "Feather": stored(FRAME.write_ipc),
    "Parquet by another name": stored(FRAME.write_parquet),
    "JSON lines": FRAME.write_ndjson().encode(),
    "JSON": FRAME.write_json().encode(),
    "sep=": b"sep=;\n" + CSV.replace(b",", b";"),
    "comments": b"# from the lab\n# units: cm\n" + CSV,
    "a title": b"Sales report\n\n" + CSV,
    "a title of several lines": b"Sales report\nof the year\n\n\n" + CSV,
    "blanks": b"  a b    y\n" + CSV.partition(b"\n")[2].replace(b",", b"   "),
}


@pytest.mark.parametrize("kind", FILES)
def test_every_kind_is_the_same_table(kind, tmp_path, monkeypatch):
    path = tmp_path / "t.csv"
    path.write_bytes(FILES[kind])
    assert read_table(path).select(FRAME.columns).equals(FRAME)
    monkeypatch.setattr(read, "BATCH_BYTES", 50)
    encoder = TableEncoder.fit(FRAME, "y")
    batches = [encoder.transform(batch) for batch in read_batches(path)]
    np.testing.assert_array_equal(np.concatenate(batches), encoder.transform(FRAME))
    sample, rows, _ = sample_table(path, 20)
    assert (sample.height, rows) == (20, 60)


@pytest.mark.parametrize(
    ("content", "error", "words"),
    [
        (gzip.compress(CSV)[:-20], TableError, "is damaged: gzip cannot be unpacked"),
        (b"\x1f\x8b" + bytes(40), TableError, "is damaged: gzip cannot be unpacked"),
        (zipped(CSV)[:60], TableError, "is damaged: zip cannot be unpacked"),
        (zipped(CSV, "a.csv", "b.csv"), TableError, "an archive of 2 files: a.csv, b.csv; expected one table"),
        (b"SQLite format 3\x00" + bytes(90), TableError, "is an SQLite database"),
        (b"<!DOCTYPE html>\n<p>404", TableError, "is a web page"),
        (b"\x80\x04\x95" + bytes(20), TableError, "a pickle"),
        (b'{"a": 1}\n{"a": ', TableError, "is no JSON lines file"),
        (b"ARROW1\x00\x00" + bytes(20), TableError, "is no Arrow IPC file"),
        (gzip.compress(b""), TableError, "is empty"),
    ],
    ids=range(10),  # packed files hold the time
)
def test_what_is_no_table_is_a_line(content, error, words, tmp_path):
    path = tmp_path / "t.csv"
    path.write_bytes(content)
    for reading in (lambda: read_table(path), lambda: list(read_batches(path))):
        with pytest.raises(error, match=words) as caught:
            reading()
        assert "\n" not in str(caught.value)


def test_a_bomb_is_bounded(tmp_path, monkeypatch):
    monkeypatch.setattr(packed, "LEAST", 10_000)
    path = tmp_path / "t.csv"
    path.write_bytes(gzip.compress(b"a,b\n" + b"1,2\n" * 1_000_000))
    with pytest.raises(TableError, match="unpacks to more than"):
        read_table(path)


def test_an_address_is_a_line():
    with pytest.raises(FileError, match="https://example.com/a.csv is an address.*nothing is fetched"):
        read_table("https://example.com/a.csv")


def test_names_of_rows_as_r_writes_them(tmp_path):
    path = tmp_path / "r.txt"
    lines = CSV.decode().splitlines()
    path.write_text("\n".join([lines[0], *(f"{i + 1},{line}" for i, line in enumerate(lines[1:]))]))
    frame = read_table(path)
    assert frame.columns == ["unnamed 0", *FRAME.columns]
    assert set(TableEncoder.fit(frame, "y").ignored) == {"unnamed 0"}


def test_an_index_of_pandas_is_set_aside_with_gaps_and_shuffled(tmp_path):
    frame = FRAME.to_pandas().sample(frac=0.7, random_state=0)
    frame.to_parquet(tmp_path / "i.parquet")
    frame.rename_axis("customer").to_parquet(tmp_path / "n.parquet")
    frame.to_csv(tmp_path / "i.csv")
    for name, column in (("i.parquet", "__index_level_0__"), ("n.parquet", "index: customer"), ("i.csv", "unnamed 0")):
        assert set(TableEncoder.fit(read_table(tmp_path / name), "y").ignored) == {column}
    assert set(TableEncoder.fit(pd.read_csv(tmp_path / "i.csv"), "y").ignored) == {"Unnamed: 0"}


def test_a_column_without_a_name_that_is_data_is_used(tmp_path):
    (tmp_path / "t.csv").write_text("a,,y\n" + "".join(f"{i % 7},{i % 3 + 0.5},{i % 2}\n" for i in range(60)))
    assert TableEncoder.fit(read_table(tmp_path / "t.csv"), "y").ignored == {}
