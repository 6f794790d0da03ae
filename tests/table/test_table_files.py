"""Files that are not quite ordinary: line ends, blank lines, quotes, ragged lines, damage; against csv and pandas."""

from __future__ import annotations

import builtins
import csv
import io
import os
import random

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearprop.errors import ClearpropError, DTypeError, FileError, MissingDependencyError, TableError
from clearprop.table import load_demo, read_batches, read_table
from clearprop.table.demo import DEMOS
from clearprop.table.marks import MISSING_MARKS


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    return tmp_path_factory.mktemp("files") / "t.csv"


def read(file, text, **options):
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_table(file, **options).to_dict(as_series=False)


def outcome(path, **options):
    """A table, or an error of ours; any other error is let through."""
    try:
        return "table" if read_table(path, **options).height else "no rows"
    except ClearpropError as error:
        return "more lines" if "\n" in str(error) else "one line"


TABLE = {"a": [1, 3], "b": [2, 4]}


@pytest.mark.parametrize(
    "text",
    [
        "a,b\r\n1,2\r\n3,4\r\n",
        "a,b\r1,2\r3,4\r",
        "a,b\r\n1,2\n3,4",
        "\n\na,b\n1,2\n3,4\n",
        "a,b\n1,2\n\n3,4\n\n\n",
        "a,b\n1,2\n  \n3,4\n",
        " a , b \n 1 , 2 \n 3 , 4 \n",
        '"a","b"\n"1","2"\n"3","4"\n',
    ],
)
def test_the_same_table_in_other_dress(file, text):
    assert read(file, text) == TABLE


def test_a_blank_line_is_a_missing_value_only_where_there_is_one_column(file):
    assert read(file, "a\n1\n\n3\n") == {"a": [1, None, 3]}
    assert read(file, "a,b\n1,2\n,\n3,4\n") == {"a": [1, None, 3], "b": [2, None, 4]}, "a row of gaps is a row"


@pytest.mark.parametrize(
    ("text", "line", "got", "width"),
    [
        ("a,b\n1,2\n3\n", 3, 1, 2),
        ("a,b\n1,2\n3,4,5\n", 3, 3, 2),
        ("a,b,c\n1,2\n", 2, 2, 3),
        ("a\n1\n2,3\n", 3, 2, 1),
        ('a,b\n"x\ny",2\n3\n', 4, 1, 2),
    ],
)
def test_ragged_lines_are_named(file, text, line, got, width):
    with pytest.raises(TableError, match=rf"fields in line {line} is {got}; expected {width}"):
        read(file, text)


def test_quoted_delimiters_do_not_decide(file):
    assert read(file, '"a, b, c";1\n"d, e, f";2\n', header=False) == {"c0": ["a, b, c", "d, e, f"], "c1": [1, 2]}


def test_columns_without_a_name_are_called_by_their_place(file):
    assert read(file, ",a,\n0,1,2\n") == {"unnamed 0": [0], "a": [1], "unnamed 2": [2]}


@pytest.mark.parametrize("na", ["-9", ["-9"], [-9], (" -9 ",)])
def test_a_mark_of_ones_own(file, na):
    assert read(file, "a,b\n-9,2\n1,-9\n", na=na) == {"a": [None, 1], "b": [2, None]}


@pytest.mark.parametrize("mark", [*MISSING_MARKS, "NAN"])
def test_usual_marks_leave_a_number_column_one(file, mark):
    frame = read(file, f"a,b\n{mark},1\n1.5,2\n")
    assert frame["a"] == [None, 1.5]


cells = st.text(alphabet='ab,"\n é', max_size=6)


@given(st.integers(2, 4).flatmap(lambda k: st.lists(st.lists(cells, min_size=k, max_size=k), min_size=1, max_size=6)))
def test_what_the_csv_module_writes_is_read_back(file, rows):
    with file.open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows([[f"x{i}" for i in range(len(rows[0]))], *rows])
    expected = [tuple(cell.strip() or None for cell in row) for row in rows]
    assert read_table(file).rows() == expected


@given(st.binary(max_size=60) | st.text(alphabet='ab1,;"\n\r \t|.-?', max_size=60).map(str.encode), st.booleans())
def test_any_bytes_are_a_table_or_one_clear_line(file, content, header):
    file.write_bytes(content)
    assert outcome(file, header=header) in ("table", "one line")


@pytest.mark.parametrize("write", [pl.DataFrame.write_parquet, pl.DataFrame.write_ipc])
@pytest.mark.parametrize("name", [os.fsdecode(b"caf\xe9.parquet"), "a*.parquet", "[x].parquet", "a\nb.parquet"])
def test_odd_names_of_files(tmp_path, name, write):
    path = tmp_path / name
    try:
        with path.open("wb") as file:
            write(pl.DataFrame({"x": [1.5, 2.5]}), file)
    except OSError:
        pytest.skip("this file system takes no such name")
    assert read_table(path)["x"].to_list() == [1.5, 2.5]
    assert [batch["x"].to_list() for batch in read_batches(path)] == [[1.5, 2.5]]


def test_damaged_parquet(tmp_path):
    stream = io.BytesIO()
    pl.DataFrame({"a": list(range(50)), "b": [str(i) for i in range(50)]}).write_parquet(stream)
    whole, rng, path = stream.getvalue(), random.Random(0), tmp_path / "t.PARQUET"
    path.write_bytes(whole)
    assert read_table(path).height == 50
    outcomes = []
    for _ in range(150):
        content = bytearray(whole[: rng.choice([len(whole), rng.randrange(len(whole))])])
        for _ in range(min(3, len(content))):
            content[rng.randrange(len(content))] = rng.randrange(256)
        path.write_bytes(content)
        outcomes.append(outcome(path))
    assert set(outcomes) <= {"table", "one line"}
    assert outcomes.count("one line") > 100


def test_a_panic_inside_polars_is_a_table_error(tmp_path, monkeypatch):
    def panic(*_, **__):
        raise pl.exceptions.PanicException("index out of bounds")

    (tmp_path / "t.parquet").write_bytes(b"x")
    monkeypatch.setattr(pl, "scan_parquet", panic)
    with pytest.raises(TableError, match="no Parquet file: index out of bounds"):
        read_table(tmp_path / "t.parquet")


def without(monkeypatch, package):
    def importing(name, *args, **kwargs):
        if name.split(".")[0] == package:
            raise ImportError(name)
        return original(name, *args, **kwargs)

    original = builtins.__import__
    monkeypatch.setattr(builtins, "__import__", importing)


def test_without_polars(file, monkeypatch):
    file.write_text("a\n1\n")
    without(monkeypatch, "polars")
    with pytest.raises(MissingDependencyError, match=r'pip install "clearprop\[tables\]"'):
        read_table(file)


def test_without_scikit_learn_the_drawn_tables_remain(monkeypatch):
    without(monkeypatch, "sklearn")
    assert load_demo("spiral").columns == ["x1", "x2", "target"]
    with pytest.raises(MissingDependencyError, match="ships with scikit-learn"):
        load_demo("iris")


def test_no_such_file_is_an_os_error_too(tmp_path):
    with pytest.raises(OSError) as caught:
        read_table(tmp_path / "none.csv")
    assert isinstance(caught.value, FileError)


@pytest.mark.parametrize("name", ["iris", "wine", "breast_cancer", "digits", "diabetes"])
def test_shipped_demos_are_scikit_learns(name):
    from sklearn import datasets

    bunch, frame = getattr(datasets, f"load_{name}")(), load_demo(name)
    np.testing.assert_array_equal(frame.drop("target").to_numpy(), bunch.data)
    labels = bunch.target if name == "diabetes" else np.array(bunch.target_names).astype(str)[bunch.target]
    np.testing.assert_array_equal(frame["target"].to_numpy(), labels)


@pytest.mark.parametrize("name", [n for n in DEMOS if n in ("moons", "xor", "spiral")])
def test_drawn_demos_have_no_linear_answer(name):
    from sklearn.linear_model import LogisticRegression
    from sklearn.neighbors import KNeighborsClassifier

    frame = load_demo(name)
    X, y = frame.select("x1", "x2").to_numpy(), frame["target"].to_list()
    assert 400 <= len(y) <= 600
    half = len(y) // 2
    near = KNeighborsClassifier(5).fit(X[:half], y[:half]).score(X[half:], y[half:])
    assert near > 0.95
    assert LogisticRegression().fit(X[:half], y[:half]).score(X[half:], y[half:]) < near - 0.05


@pytest.mark.parametrize("name", ["penguins", "titanic", "california_housing", "abalone", "adult-train"])
def test_real_tables_as_pandas_reads_them(data, name):
    header = None if name == "adult-train" else 0
    path = data / f"{name}.csv"
    ours = read_table(path, header=header == 0, na=MISSING_MARKS).to_pandas()
    theirs = pd.read_csv(path, header=header, skipinitialspace=True, na_values=list(MISSING_MARKS))
    assert ours.shape == theirs.shape
    for i in range(ours.shape[1]):
        a, b = ours.iloc[:, i], theirs.iloc[:, i]
        np.testing.assert_array_equal(a.isna(), b.isna())
        if pd.api.types.is_numeric_dtype(b) and b.dtype != bool:
            np.testing.assert_allclose(a[a.notna()].astype(float), b[b.notna()].astype(float), rtol=1e-12)
        else:
            there = a.notna()
            assert a[there].astype(str).str.lower().tolist() == b[there].astype(str).str.lower().tolist()


@pytest.mark.parametrize("mark", ["-200", "-200.0"])
def test_a_mark_that_is_a_number_is_found_however_it_is_written(file, mark):
    file.write_text("x,y\n-200,a\n-200.0,b\n-2e2,c\n3,-200\n")
    expected = {"x": [None, None, None, 3], "y": ["a", "b", "c", None]}
    assert read_table(file, na=[mark]).to_dict(as_series=False) == expected
    assert pl.concat(read_batches(file, na=[mark]))["x"].null_count() == 3


def test_paths_of_bytes_and_what_is_no_path(tmp_path):
    (tmp_path / "t.csv").write_text("x,y\n1,2\n")
    assert read_table(os.fsencode(tmp_path / "t.csv")).rows() == [(1, 2)]
    with pytest.raises(FileError, match="cannot read a.*Invalid argument"):
        read_table("a\0b")
    with pytest.raises(DTypeError, match="a path of type int"):
        read_table(5)
