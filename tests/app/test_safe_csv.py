"""`predict --safe-csv`: no text is computed by a spreadsheet, and numbers stay numbers."""

from __future__ import annotations

import csv
import io
import re

import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from clearprop.app.files import without_formulas
from commands import run

STARTS = "=+-@＝＋－＠\t\r\n"


def is_computed(cell):
    """Whether a spreadsheet might take a cell for a formula: OWASP's signs, but for plain numbers."""
    if not cell or cell[0] not in STARTS:
        return False
    try:
        float(cell)
    except ValueError:
        return True
    return "_" in cell or cell != cell.strip()  # which Python reads as a number, and a spreadsheet does not


@given(
    st.lists(st.text(st.sampled_from([*STARTS, "1", ".", "e", "A", " ", "'", '"', ",", "名"]), max_size=6), min_size=1)
)
@example(["a;=1+1", "x\n-1", "\ufeff=1+1", "\u200b=1+1", "a;b"])
@example(["=1+1", "+1", "-5", "-5.5e-3", "+A1", "-1+2", "@SUM(A1)", "＝1", " =1", "\t=1", "", "'=1", "-", "1_0"])
def test_no_text_is_computed_and_plain_numbers_stay(texts):
    frame = without_formulas(pl.DataFrame({"t": texts, "c": pl.Series(texts, dtype=pl.Categorical)}))
    rows = list(csv.reader(io.StringIO(frame.write_csv(), newline="")))[1:]
    for text, row in zip(texts, rows, strict=True):
        assert row[0] == row[1]
        assert not is_computed(row[0])
        assert row[0].replace("'", "") == text.replace("'", "")
        assert row[0] == text or any(sign in text for sign in STARTS)
        assert is_computed(text) <= (row[0] != text)
        assert not any(map(is_computed, re.split("[;\t\r\n|]", row[0].strip("\t\r\n"))))


def test_numbers_and_missing_values_stay():
    frame = pl.DataFrame({"x": [-1.5, None], "n": [-3, 4], "b": [True, None], "t": ["-3", None]})
    assert without_formulas(frame).equals(frame)
    assert without_formulas(pl.DataFrame({"x": [-1.0]})).equals(pl.DataFrame({"x": [-1.0]}))


def test_names_of_columns_stay_apart():
    made = without_formulas(pl.DataFrame({"'=a": [1], "=a": [2], "-1": [3], "@b": [4]}))
    assert made.columns == ["'=a", "''=a", "-1", "'@b"]


@pytest.mark.parametrize("safe", [True, False])
def test_predict(tmp_path, safe):
    frame = pl.DataFrame(
        {"x": [float(i) for i in range(60)], "@note": ["=HYPERLINK(1)", "-2"] * 30, "y": ["=a", "b"] * 30}
    )
    frame.write_csv(tmp_path / "t.csv")
    assert run("train", "t.csv", "--target", "y", "--epochs", 1, "--drop", "@note", "-q", cwd=tmp_path).returncode == 0
    more = ["--safe-csv"] if safe else []
    model = "clearprop-out/model.clearprop"
    done = run("predict", model, "t.csv", "--out", "p.csv", "--keep", "@note", "--keep", "x", *more, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    text = (tmp_path / "p.csv").read_text(encoding="utf-8")
    head, first, second = list(csv.reader(io.StringIO(text)))[:3]
    assert head == ["'@note" if safe else "@note", "x", "prediction", "probability of =a", "probability of b"]
    assert first[:2] == ["'=HYPERLINK(1)" if safe else "=HYPERLINK(1)", "0.0"]
    assert second[0] == "-2"
    assert {row[2] for row in csv.reader(io.StringIO(text))} - {"prediction"} <= ({"'=a", "b"} if safe else {"=a", "b"})
    if not safe:  # read back unchanged
        assert pl.read_csv(tmp_path / "p.csv", infer_schema=False)["@note"].to_list() == frame["@note"].to_list()
