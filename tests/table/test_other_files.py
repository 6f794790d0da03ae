"""Files of other kinds than plain CSV: packed, with something above the header, of other libraries; each as the CSV."""

from __future__ import annotations

import bz2
import gzip
import importlib.util
import io
import json
import lzma
import tarfile
import zipfile

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clearprop.errors import FileError, InvalidValueError, TableError
from clearprop.report.reading import how_read
from clearprop.table import kinds, packed, read, read_batches, read_table
from clearprop.table.encoder import TableEncoder
from clearprop.table.look import how_it_is_written
from clearprop.table.options import ReadOptions
from clearprop.table.sample import sample_table

FRAME = pl.DataFrame({"a": [i % 7 + 0.5 for i in range(60)], "b": [i % 5 for i in range(60)], "y": ["u", "v"] * 30})
CSV = FRAME.write_csv().encode()


def zipped(content, *names):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names or ("t.csv",):
            archive.writestr(name, content)
    return file.getvalue()


def encrypted():
    content = bytearray(zipped(CSV))
    for magic, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(magic) + at] |= 1
    return bytes(content)


def tarred():
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("t.csv"), io.BytesIO())
    return file.getvalue()


def stored(write):
    file = io.BytesIO()
    write(file)
    return file.getvalue()


ORIENTS = ("split", "columns", "index")
FILES = {
    "gzip": gzip.compress(CSV),
    "bzip2": bz2.compress(CSV),
    "xz": lzma.compress(CSV),
    "zip": zipped(CSV),
    "zip of a Mac": zipped(CSV, "t.csv", "__MACOSX/._t.csv"),
    "zip of Parquet": zipped(stored(FRAME.write_parquet)),
    "Feather": stored(FRAME.write_ipc),
    "Arrow stream": stored(FRAME.write_ipc_stream),
    "Parquet by another name": stored(FRAME.write_parquet),
    "JSON lines": FRAME.write_ndjson().encode(),
    "packed JSON lines": gzip.compress(FRAME.write_ndjson().encode()),
    "JSON": FRAME.write_json().encode(),
    **{f"JSON of pandas, {orient}": FRAME.to_pandas().to_json(orient=orient).encode() for orient in ORIENTS},
    "JSON by column": json.dumps(FRAME.to_dict(as_series=False)).encode(),
    "an answer of a server": json.dumps({"count": 60, "rows": FRAME.to_dicts()}, indent=1).encode(),
    "sep=": b"sep=;\n" + CSV.replace(b",", b";"),
    "comments": b"# from the lab\n# units: cm\n" + CSV,
    "a title": b"Sales report\n\n" + CSV,
    "a title of several lines": b"Sales report\nof the year\n\n\n" + CSV,
    "a title of a spreadsheet": b"Sales report,,\n,,\n" + CSV,
    "names in a comment": b"# made, by, me\n# " + CSV,
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
        (zipped(CSV, "a.csv", "b.csv"), TableError, "t.csv is an archive of 2 files: a.csv, b.csv; expected one table"),
        (gzip.compress(gzip.compress(CSV)), TableError, "holds another packed file"),
        (zipped(zipped(CSV), "t.zip"), TableError, "holds another packed file"),
        (encrypted(), TableError, "an encrypted archive"),
        (tarred(), TableError, "a tar archive"),
        (gzip.compress(tarred()), TableError, "a tar archive"),
        (b"[[1, 2], [3, 4]]", TableError, "a JSON list without names"),
        (b'[{"a": 1}, {"a": ', TableError, "is no JSON file"),
        (b'{"columns": ["a"], "data": [[1, 2]]}', TableError, "is no regular table"),
        (b"[" * 100_000, TableError, "JSON"),
        (b'{"a": ' * 100_000, TableError, "JSON"),
        (b"\xff\xff\xff\xff\x10\x00\x00\x00" + bytes(9), TableError, "is no Arrow IPC stream file"),
        (b"1 1:0.5 3:2\n0 2:1e-3 3:1\n" * 4, TableError, "in the format of LIBSVM"),
        (b"@relation t\n@data\n1,2\n", TableError, "an ARFF file"),
        (b"SQLite format 3\x00" + bytes(90), TableError, "is an SQLite database"),
        (b"<!DOCTYPE html>\n<p>404", TableError, "is a web page"),
        (b"\x80\x04\x95" + bytes(20), TableError, "a pickle"),
        (b'{"a": 1}\n{"a": ', TableError, "is no JSON lines file"),
        (b"ARROW1\x00\x00" + bytes(20), TableError, "is no Arrow IPC file"),
        (gzip.compress(b""), TableError, "is empty"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",  # packed files hold the time
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


values = {
    "int": st.integers(-(2**53), 2**53),
    "float": st.floats(allow_nan=False, allow_infinity=False, width=32).map(lambda x: x + 0.0),
    "text": st.text("abcß名 ,;|\t\"'#:", min_size=1, max_size=6).map(lambda x: f"x{x}x"),
}
tables = st.integers(1, 12).flatmap(
    lambda n: st.fixed_dictionaries({k: st.lists(v | st.none(), min_size=n, max_size=n) for k, v in values.items()})
)
TYPES = {"int": pl.Int64, "float": pl.Float64, "text": pl.String}


def in_every_kind(frame):
    """Name of a file, its bytes, and how to read it."""
    whole = frame.with_columns(pl.lit(0.5).alias("end"))  # so that no line is all gaps
    for sign, name in ((",", None), (";", None), ("\t", "tab"), ("|", None), (":", ":"), ("~", "~")):
        yield f"csv {sign!r}", whole.write_csv(separator=sign).encode(), {"delimiter": name} if name else {}
    text = whole.write_csv().encode()
    for pack in (gzip.compress, bz2.compress, lzma.compress, zipped):
        yield pack.__name__, pack(text), {"delimiter": ","}
    if importlib.util.find_spec("zstandard"):
        yield "zstd", importlib.import_module("zstandard").compress(text), {"delimiter": ","}
    for write in (whole.write_parquet, whole.write_ipc, whole.write_ipc_stream):
        yield write.__name__, stored(write), {}
    yield "lines", whole.write_ndjson().encode(), {}
    yield "json", whole.write_json().encode(), {}
    yield "split", json.dumps({"columns": whole.columns, "data": whole.rows()}).encode(), {}


@settings(max_examples=10)  # of sixteen files each
@given(tables)
def test_a_table_is_read_back_from_every_kind(tmp_path_factory, table):
    frame, path = pl.DataFrame(table, TYPES), tmp_path_factory.getbasetemp() / "kinds"
    full = {name: dtype for name, dtype in TYPES.items() if frame[name].null_count() < frame.height}
    for kind, content, options in in_every_kind(frame):
        path.write_bytes(content)
        try:
            found = read_table(path, **options).drop("end")
        except TableError as error:
            raise AssertionError(f"{kind}: {error}") from error
        assert found.columns == list(TYPES), kind
        for name, dtype in full.items():
            assert found[name].cast(dtype).equals(frame[name]), kind


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


def test_names_that_stand_again_are_as_pandas_calls_them(tmp_path):
    (tmp_path / "t.csv").write_text("a,a,a.1,b,a\n" + "1,2,3,4,5\n" * 3)
    ours = read_table(tmp_path / "t.csv")
    assert ours.columns == list(pd.read_csv(tmp_path / "t.csv").columns) == ["a", "a.2", "a.1", "b", "a.3"]
    found = how_it_is_written(tmp_path / "t.csv", ReadOptions())
    assert found["renamed"] == {"a.2": "a", "a.3": "a"}


@pytest.mark.parametrize("text", ["0,0,y\n1,2,3\n", "u,u,y\n1,2,3\nv,u,2\n", "?,?,y\n1,2,3\n"])
def test_names_twice_that_may_be_data_are_refused(text, tmp_path):
    (tmp_path / "t.csv").write_text(text)
    with pytest.raises(TableError, match=r"twice.*is it data\? --no-header"):
        read_table(tmp_path / "t.csv")


def test_what_is_skipped_and_guessed_is_said(tmp_path):
    path = tmp_path / "t.csv.gz"
    path.write_bytes(gzip.compress("Größen, 2024\n# cm\na;b\n1,5;2\n2,5;3\n3,5;4\n".encode("utf-16")))
    with pytest.raises(TableError, match="--skip N"):
        read_table(path, delimiter=",")
    found = how_it_is_written(path, ReadOptions.of(skip=2))
    assert (found["packed"], found["skipped"], found["above"]) == ("gzip", 2, "Größen, 2024")
    assert (found["delimiter"], found["decimal"], found["encoding"]) == (";", ",", "utf-16")
    assert read_table(path, skip=2).rows() == [(1.5, 2), (2.5, 3), (3.5, 4)]
    for lang in ("en", "zh"):
        said = " ".join(words(lang) for words in how_read(found))
        assert all(word in said for word in ("2", "Größen", "gzip", "utf-16"))


def test_a_header_that_begins_with_a_sign_of_comments(tmp_path):
    path = tmp_path / "t.vcf"
    path.write_text("##fileformat=VCFv4.3\n##source=x\n#CHROM\tPOS\ty\n" + "1\t5\ta\n" * 5)
    assert read_table(path).columns == ["#CHROM", "POS", "y"]
    path.write_text("# x y\n1 2\n3 4\n5 6\n")
    assert read_table(path).to_dict(as_series=False) == {"x": [1, 3, 5], "y": [2, 4, 6]}


def test_a_title_of_a_spreadsheet_is_no_header_without_names(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("a,,\n1,2,3\n4,5,6\n7,8,9\n")
    assert read_table(path).columns == ["a", "unnamed 1", "unnamed 2"]


@pytest.mark.parametrize("name", ["PAR1", "ARROW1", "ORC", "FEA1", "RDX", "BZh9", "Obj"])
def test_a_column_may_be_called_as_other_files_begin(name, tmp_path):
    (tmp_path / "t.csv").write_text(f"{name};y\n" + "1;2\n" * 9)
    assert read_table(tmp_path / "t.csv").columns == [name, "y"]


def test_structures_and_types_that_change_between_blocks_of_lines(tmp_path, monkeypatch):
    monkeypatch.setattr(kinds, "_LINES", 40)
    rows = [{"a": 1, "s": {"x": 1}}] * 5 + [{"a": 2.5, "s": {"x": 2, "z": "u"}, "late": True}] * 5
    (tmp_path / "t.jsonl").write_text("\ufeff" + "\n".join(map(json.dumps, rows)))
    expected = {
        "a": [1.0] * 5 + [2.5] * 5,
        "late": [None] * 5 + [True] * 5,
        "s.x": [1] * 5 + [2] * 5,
        "s.z": [None] * 5 + ["u"] * 5,
    }
    assert read_table(tmp_path / "t.jsonl").to_dict(as_series=False) == expected
    batches = list(read_batches(tmp_path / "t.jsonl"))
    assert len(batches) > 3
    assert pl.concat(batches).to_dict(as_series=False) == expected


def test_a_delimiter_and_lines_to_skip_by_hand(tmp_path):
    path = tmp_path / "t.csv"
    for sign in (":", "§", "^", "\x01", " "):
        path.write_text(f"x{sign}y\n1{sign}a\n2{sign}b\n")
        assert read_table(path, delimiter="space" if sign == " " else sign).rows() == [(1, "a"), (2, "b")]
    path.write_text("one,\n\nx,y\n1,a\n2,b\n")
    assert read_table(path, skip=1).rows() == read_table(path, skip=2).rows() == [(1, "a"), (2, "b")]
    assert read_table(path, skip=4, header=False).rows() == [(2, "b")]
    for options in ({"delimiter": "::"}, {"delimiter": ""}, {"skip": -1}, {"sheet": "1"}):
        with pytest.raises(InvalidValueError):
            read_table(path, **options)
