"""Files in batches, and files of other encodings and dialects: against the whole, and against pandas and csv."""

from __future__ import annotations

import csv
import io
import os

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearprop.errors import ClearpropError, FileError, TableError
from clearprop.table import read as reading
from clearprop.table import read_batches, read_table
from clearprop.table import sample as sampling
from clearprop.table.decode import Text
from clearprop.table.delimited import find_dialect
from clearprop.table.encoder import TableEncoder
from clearprop.table.options import ReadOptions
from clearprop.table.records import text_blocks
from clearprop.table.sample import rows_that_fit, sample_table


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    return tmp_path_factory.mktemp("batches") / "t.csv"


TEXT = "名;Größe;x\n李;1,5;2\nÅse;2,75;3\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_encodings_are_found(file, encoding, end):
    file.write_bytes(TEXT.replace("\n", end).encode(encoding))
    frame = read_table(file)
    assert frame.to_dict(as_series=False) == {"名": ["李", "Åse"], "Größe": [1.5, 2.75], "x": [2, 3]}


def test_other_encodings_are_named(file):
    file.write_bytes("城市,x\n北京,1\n".encode("gb18030"))
    with pytest.raises(TableError, match=r"not UTF-8 \(byte 0\).*--encoding gb18030"):
        read_table(file)
    assert read_table(file, encoding="gb18030").columns == ["城市", "x"]
    with pytest.raises(TableError, match="unknown encoding 'klingon'"):
        read_table(file, encoding="klingon")
    with pytest.raises(TableError, match="unknown encoding 'zip'"):
        read_table(file, encoding="zip")


def test_binary_is_no_text(file):
    file.write_bytes(b"MZ\x03\x04\x00\x00a,b\n\x00")
    with pytest.raises(TableError, match="NUL"):
        read_table(file)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a;b\n1,5;2\n2,25;3\n", {"a": [1.5, 2.25], "b": [2, 3]}),
        ("a;b\n1.234,5;2\n2,25;3\n", {"a": [1234.5, 2.25], "b": [2, 3]}),
        ("a\tb\n1,5\t2,5\n2,25\t3,5\n", {"a": [1.5, 2.25], "b": [2.5, 3.5]}),
        ("a;b\n1,5;2,5\n2,25;3,5\n", {"a": [1.5, 2.25], "b": [2.5, 3.5]}),
        ("a;b\n1,5;x\n2.5;y\n", {"a": ["1,5", "2.5"], "b": ["x", "y"]}),
        ('a,b\n"1,5",2\n"2,25",3\n', {"a": ["1,5", "2,25"], "b": [2, 3]}),
        ("d;x\n31.12.2024;1,5\n1.2.2023;?\n", {"d": ["31.12.2024", "1.2.2023"], "x": [1.5, None]}),
    ],
)
def test_decimal_commas(file, text, expected):
    file.write_text(text)
    assert read_table(file).to_dict(as_series=False) == expected


def test_decimal_commas_against_pandas(file):
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"a": rng.normal(size=50), "b": rng.integers(0, 9, 50), "c": rng.choice(["u", "v,w"], 50)})
    frame.to_csv(file, sep=";", decimal=",", index=False)
    pd.testing.assert_frame_equal(
        read_table(file).to_pandas(), pd.read_csv(file, sep=";", decimal=","), check_dtype=False
    )


@pytest.mark.parametrize("size", [1, 7, 64, 1 << 20])
@pytest.mark.parametrize("header", [True, False])
def test_batches_are_the_table(file, monkeypatch, size, header):
    rows = [["a", "b c", "d"], *([str(i), f"x{i % 3}", ["", "?", 'say "hi",\nhe said'][i % 3]] for i in range(40))]
    with file.open("w", newline="", encoding="utf-8") as stream:
        stream.write("\n\n")
        csv.writer(stream).writerows(rows)
    monkeypatch.setattr(reading, "BATCH_BYTES", size)
    batches = list(read_batches(file, header=header))
    whole = read_table(file, header=header)
    assert sum(batch.height for batch in batches) == whole.height
    assert len(batches) > 5 or size > 64
    together = pl.concat(batches)
    assert together.columns == whole.columns
    assert together.rows() == whole.cast(pl.String).rows()


cells = st.text(alphabet='ab,"\n é', max_size=6)


@given(
    st.integers(2, 4).flatmap(lambda k: st.lists(st.lists(cells, min_size=k, max_size=k), min_size=1, max_size=8)),
    st.integers(1, 40),
)
def test_blocks_hold_whole_records(file, rows, size):
    with file.open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows([[f"x{i}" for i in range(len(rows[0]))], *rows])
    blocks = [text for _, text in text_blocks(find_dialect(Text(file), ReadOptions()), size)]
    assert [fields for block in blocks for fields in csv.reader(io.StringIO(block, newline=""))] == rows


def test_blank_lines_anywhere(file, monkeypatch):
    file.write_text("\n\na,b\n\n  \n1,2\n\n3,4\n\n")
    assert read_table(file).rows() == [(1, 2), (3, 4)]
    monkeypatch.setattr(reading, "BATCH_BYTES", 3)
    assert [row for batch in read_batches(file) for row in batch.rows()] == [("1", "2"), ("3", "4")]


@given(st.binary(max_size=60) | st.text(alphabet='ab1,;"\n\r \t|.-?é', max_size=60).map(str.encode), st.booleans())
def test_batches_of_any_bytes(file, content, header):
    file.write_bytes(content)

    def rows(read):
        try:
            return read()
        except ClearpropError:
            return None

    whole = rows(lambda: read_table(file, header=header).height)
    assert rows(lambda: sum(batch.height for batch in read_batches(file, header=header))) == whole


def test_a_ragged_line_is_named_by_its_place_in_the_file(file, monkeypatch):
    monkeypatch.setattr(reading, "BATCH_BYTES", 16)
    file.write_text("\na,b\n" + "1,2\n" * 50 + "3\n" + "1,2\n" * 9)
    with pytest.raises(TableError, match="fields in line 53 is 1; expected 2"):
        list(read_batches(file))
    file.write_text('a,b\n"x\ny",2\n' + "1,2\n" * 50 + "3,4,5\n")
    with pytest.raises(TableError, match="fields in line 54 is 3; expected 2"):
        list(read_batches(file))


def test_quotes_that_do_not_pair_do_not_fill_the_memory(file, monkeypatch):
    from clearprop.table import records

    monkeypatch.setattr(records, "_LONGEST_RECORD", 1000)
    monkeypatch.setattr(reading, "BATCH_BYTES", 100)
    file.write_text('a,b\n"x,2\n' + "1,2\n" * 5000)
    with pytest.raises(TableError, match="quotes that do not pair"):
        list(read_batches(file))


def test_parquet_in_batches(tmp_path, monkeypatch):
    monkeypatch.setattr(reading, "BATCH_ROWS", 30)
    frame = pl.DataFrame({"x": range(100), "c": [f"{i % 7}" for i in range(100)]})
    frame.write_parquet(tmp_path / "t.parquet")
    batches = list(read_batches(tmp_path / "t.parquet"))
    assert [batch.height for batch in batches] == [30, 30, 30, 10]
    assert pl.concat(batches).equals(frame)
    (tmp_path / "bad.parquet").write_bytes(b"no")
    with pytest.raises(TableError, match="no Parquet file"):
        list(read_batches(tmp_path / "bad.parquet"))


def test_no_rows(file, tmp_path):
    file.write_text("a,b\n")
    with pytest.raises(TableError, match="no rows"):
        list(read_batches(file))
    pl.DataFrame({"a": []}).write_parquet(tmp_path / "t.parquet")
    with pytest.raises(TableError, match="no rows"):
        list(read_batches(tmp_path / "t.parquet"))


def test_features_of_batches_are_those_of_the_table(data, monkeypatch):
    for name, header, size in (("titanic.csv", True, 10_000), ("adult-train.csv", False, 200_000)):
        monkeypatch.setattr(reading, "BATCH_BYTES", size)
        frame = read_table(data / name, header=header)
        encoder = TableEncoder.fit(frame)
        batches = read_batches(data / name, header=header, numbers=encoder.number_columns)
        parts = [encoder.transform(batch) for batch in batches]
        assert len(parts) > 5
        X = np.concatenate(parts)
        np.testing.assert_array_equal(X, encoder.transform(frame))


def test_features_of_batches_with_decimal_commas(file, monkeypatch):
    monkeypatch.setattr(reading, "BATCH_BYTES", 30)
    file.write_text("a;c\n" + "".join(f"{i},{i};{'uvw'[i % 3]},1\n" for i in range(20)))
    frame = read_table(file)
    encoder = TableEncoder.fit(frame)
    X = np.concatenate([encoder.transform(b) for b in read_batches(file, numbers=encoder.number_columns)])
    np.testing.assert_array_equal(X, encoder.transform(frame))


# --- tables that are too long


def test_a_sample_is_rows_of_the_table_in_their_order(file, monkeypatch):
    monkeypatch.setattr(reading, "BATCH_BYTES", 500)
    file.write_text(
        "i;x;c\n" + "".join(f"{i};{i / 4:.2f}".replace(".", ",") + f";{'uvw'[i % 3]}\n" for i in range(1000))
    )
    whole = read_table(file)
    frame, total, rows = sample_table(file, 100, seed=1)
    assert frame.equals(whole[rows])
    assert (frame.height, total) == (100, 1000)
    assert frame.schema == whole.schema
    assert frame["i"].is_sorted()
    assert frame.equals(whole.filter(pl.col("i").is_in(frame["i"].to_list())))
    assert frame.equals(sample_table(file, 100, seed=1)[0])
    assert not frame.equals(sample_table(file, 100, seed=2)[0])
    assert sample_table(file, 5000)[0].equals(whole)


@pytest.mark.long
def test_every_row_is_as_likely(file, monkeypatch):
    monkeypatch.setattr(reading, "BATCH_BYTES", 100)
    file.write_text("i\n" + "".join(f"{i}\n" for i in range(200)))
    counts = np.zeros(200)
    for seed in range(150):
        counts[sample_table(file, 40, seed=seed)[0]["i"].to_numpy()] += 1
    assert abs(counts[:100].sum() - counts[100:].sum()) < 4 * np.sqrt(150 * 40)
    assert counts.min() > 10
    assert counts.max() < 55


def test_a_sample_of_parquet(tmp_path, monkeypatch):
    monkeypatch.setattr(reading, "BATCH_ROWS", 30)
    pl.DataFrame({"x": range(100), "b": [True, False] * 50}).write_parquet(tmp_path / "t.parquet")
    frame, total, _ = sample_table(tmp_path / "t.parquet", 20)
    assert (frame.height, total) == (20, 100)
    assert frame.schema["b"] == pl.Boolean


def test_what_fits_into_memory(file, monkeypatch):
    file.write_text("x\n" + "1.25\n" * 10_000)
    assert rows_that_fit(file) is None
    monkeypatch.setattr(sampling, "available_memory", lambda: 50_000 * 4)
    assert 1000 <= rows_that_fit(file) < 10_000
    monkeypatch.setattr(sampling, "available_memory", lambda: None)
    assert rows_that_fit(file) is None


def test_the_share_that_was_read(file, monkeypatch):
    monkeypatch.setattr(reading, "BATCH_BYTES", 100)
    file.write_text("x\n" + "1.25\n" * 100)
    shares = []
    assert len(list(read_batches(file, seen=shares.append))) > 3
    assert shares == sorted(shares)
    assert shares[-1] == 1


# --- the same numbers, whatever the batch and whoever reads


def features_both_ways(file, text, **options):
    """Features of the table read whole, and read in batches."""
    file.write_text(text, encoding="utf-8")
    frame = read_table(file)
    encoder = TableEncoder.fit(frame, **options)
    batches = read_batches(file, numbers=encoder.number_columns)
    return encoder.transform(frame), np.concatenate([encoder.transform(batch) for batch in batches])


@pytest.mark.parametrize(
    ("rows", "options"),
    [
        ([f"{i % 9 + 1}.{i % 900 + 100},50 €;{i},5" for i in range(40)], {}),
        ([f"{i % 3},5;{i},25" for i in range(40)], {"kinds": {"a": "category"}}),
        ([f"{['St. A', 'St. B', 'C'][i % 3]};{i},25" for i in range(40)], {}),
        ([f"{i * 111 if i < 9 else f'{i}.000'};{i},25" for i in range(40)], {}),
    ],
)
def test_decimal_commas_are_read_the_same_way_in_batches(file, monkeypatch, rows, options):
    monkeypatch.setattr(reading, "BATCH_BYTES", 60)
    whole, batched = features_both_ways(file, "a;b\n" + "\n".join(rows) + "\n", **options)
    np.testing.assert_array_equal(batched, whole)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a;b\n1.234;3,5\n5.678;4,5\n950;1,5\n", {"a": [1234, 5678, 950], "b": [3.5, 4.5, 1.5]}),
        ("1,5\t2,5\t3,5\n2,5\t3,5\t4,5\n", {"1,5": [2.5], "2,5": [3.5], "3,5": [4.5]}),
        ("a,,c1\n1,2,3\n", {"a": [1], "unnamed 1": [2], "c1": [3]}),
        ('name,size\npipe,5"\nrod,6"\nx,7\n', {"name": ["pipe", "rod", "x"], "size": ['5"', '6"', "7"]}),
        ('a,b\n"' + "x" * 200_000 + '",\n"p",q\n', {"a": ["x" * 200_000, "p"], "b": [None, "q"]}),
    ],
)
def test_files_that_were_misread(file, text, expected):
    file.write_text(text)
    assert read_table(file).to_dict(as_series=False) == expected


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "gb18030"])
def test_a_mark_before_text_whose_encoding_was_given(file, encoding):
    file.write_bytes("\ufeffa,b\n1,2\n".encode(encoding))
    assert read_table(file, encoding=encoding).columns == ["a", "b"]


@pytest.mark.parametrize("encoding", ["punycode", "undefined", "unicode_escape", "raw_unicode_escape"])
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_encodings_nobody_writes_tables_in(file, encoding):
    file.write_bytes(b"a,b\n\\ud800,\xff\n1,2\n")
    try:
        assert read_table(file, encoding=encoding).height
    except ClearpropError as error:
        assert "\n" not in str(error)  # noqa: PT017


def test_a_later_file_has_the_decimal_sign_of_the_first_if_nothing_speaks_against_it(file):
    file.write_text("a;b\n1.234;3\n")
    (batch,) = read_batches(file, decimal=",", numbers=["a", "b"])
    assert batch.rows() == [("1234", "3")]
    file.write_text("a;b\n1.5;3\n")
    (batch,) = read_batches(file, decimal=",", numbers=["a", "b"])
    assert batch.rows() == [("1.5", "3")]


def test_pipes_are_refused(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(FileError, match="no ordinary file.*save a pipe to a file first"):
        read_table(tmp_path / "pipe")


def test_marks_of_ones_own_in_parquet(tmp_path):
    pl.DataFrame({"x": [1.0, -999.0], "i": [-999, 2], "c": ["u", "-999"]}).write_parquet(tmp_path / "t.parquet")
    assert read_table(tmp_path / "t.parquet", na=["-999"]).rows() == [(1.0, None, "u"), (None, 2, None)]
    (batch,) = read_batches(tmp_path / "t.parquet", na=["-999"])
    assert batch.rows() == [(1.0, None, "u"), (None, 2, None)]
    assert read_table(tmp_path / "t.parquet").rows() == [(1.0, -999, "u"), (-999.0, 2, "-999")]


def test_blank_lines_make_no_batch(file, monkeypatch):
    monkeypatch.setattr(reading, "BATCH_BYTES", 10)
    file.write_text("a,b\n" + "\n" * 100 + "1,2\n")
    assert [batch.height for batch in read_batches(file)] == [1]


@pytest.mark.parametrize("mark", ["-", "--", "#N/A", "<NA>", "N.A.", "无", "缺失"])
def test_usual_marks(file, mark):
    file.write_text(f"a,b\n{mark},1\n1.5,2\n")
    assert read_table(file)["a"].to_list() == [None, 1.5]


def test_codes_too_large_to_be_numbers(file):
    file.write_text("c,x\n1e1000,1\n2e2000,2\n123456,3\ninf,4\n")
    assert read_table(file)["c"].to_list() == ["1e1000", "2e2000", "123456", "inf"]


def test_thousands_in_a_file_with_semicolons(file):
    file.write_text("a;y\n7,311;0\n466;3\n")
    frame = read_table(file)
    assert frame["a"].to_list() == ["7,311", "466"]
    (column,) = TableEncoder.fit(frame, ignore="y").columns
    assert (column.center, column.text.thousands) == (pytest.approx((7311 + 466) / 2), ",")
