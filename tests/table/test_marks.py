"""Marks for missing values: which are values, as their column or the target shows."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import polars as pl
import pytest
from typer.testing import CliRunner

from clearprop import TableModel, load
from clearprop.app.cli import app
from clearprop.errors import DataWarning, InvalidValueError, TableError
from clearprop.table import read_batches, read_table
from clearprop.table.encoder import TableEncoder, as_frame
from clearprop.table.marks import Marks
from clearprop.table.target import TargetMarks

YES_OR_NO = ["yes", "no"]


@pytest.mark.parametrize(
    ("levels", "values"),
    [
        (["+", "-"], ["-"]),
        (["++", "+", "-", "--"], ["-", "--"]),
        (["+", "-", "?"], ["-"]),
        (["!", "?", "..."], ["?"]),
        (["Apnea", "Insomnia", "None"], ["None"]),
        (["BrkFace", "Stone", "None", "NA"], ["None"]),
        (["DE", "FR", "NA", "GB"], ["NA"]),
        (["高血压", "糖尿病", "无"], ["无"]),
        (["有", "无"], ["无"]),
        (["low", "high", "-"], []),
        (["apnea", "None"], []),
        (["Male", "Female", "?"], []),
        ([*YES_OR_NO, "None"], []),
        (["Yes", "No", "None"], []),
        (["是", "否", "无"], []),
        (["Y", "N", "NA"], []),
        (["red", "green", "NA", "N/A", "null"], []),
        (["1", "2", "NA"], []),
        (["-"], []),
    ],
)
def test_what_shows_that_a_mark_is_a_value(levels, values):
    assert sorted(Marks().values_among(levels)) == sorted(values)
    frame = pl.DataFrame({"a": levels * 5})
    if values:
        encoder = TableEncoder.fit(frame)
        assert encoder.values == {"a": tuple(m for m in Marks().perhaps if m in values)}
        assert TableEncoder.from_dict(json.loads(json.dumps(encoder.to_dict()))) == encoder


def test_among_numbers_and_dates_every_mark_is_missing(tmp_path):
    days = ["2024-01-05", "2024-02-06", "2024-03-07", "2024-04-08"] * 10
    text = [["1.5", "-", "2", "NA", "3.5"] * 8, [*days[:38], "-", "None"], ["$1", "$2", "?", "$1,000"] * 10]
    frame = pd.DataFrame(dict(zip(["n", "d", "m"], text, strict=True)))
    gaps = frame.replace(dict.fromkeys(["-", "NA", "?", "None"]))
    assert TableEncoder.fit(frame).columns == TableEncoder.fit(gaps).columns
    np.testing.assert_array_equal(TableEncoder.fit(frame).transform(frame), TableEncoder.fit(gaps).transform(gaps))
    frame.to_csv(tmp_path / "t.csv", index=False)
    read = read_table(tmp_path / "t.csv")
    assert read["n"].to_list()[:5] == [1.5, None, 2, None, 3.5]
    encoder = TableEncoder.fit(read)
    assert [c.kind for c in encoder.columns] == ["number", "date", "number"]
    batches = [encoder.transform(batch) for batch in read_batches(tmp_path / "t.csv")]
    np.testing.assert_array_equal(np.concatenate(batches), encoder.transform(read))


@pytest.mark.parametrize("values", [["+", "-", "+", None], ["DE", "NA", "FR", "?"], ["red", "NA", "blue", "-"]])
def test_a_file_a_frame_and_batches_are_read_alike(tmp_path, values):
    frame = pd.DataFrame({"a": values * 10, "b": ["u", "v", "w", "u"] * 10})
    frame.to_csv(tmp_path / "t.csv", index=False)
    read = read_table(tmp_path / "t.csv")
    encoder = TableEncoder.fit(frame)
    assert TableEncoder.fit(read) == encoder
    X = encoder.transform(frame)
    np.testing.assert_array_equal(encoder.transform(read), X)
    np.testing.assert_array_equal(np.concatenate([encoder.transform(b) for b in read_batches(tmp_path / "t.csv")]), X)
    np.testing.assert_array_equal(np.concatenate([encoder.transform(frame.iloc[[i]]) for i in range(len(frame))]), X)


def test_what_someone_says_of_marks_counts(tmp_path):
    (tmp_path / "t.csv").write_text("a,n\n" + "red,1\nNA,2\nnull,absent\nabsent,-\n" * 6)
    assert read_table(tmp_path / "t.csv")["a"].to_list()[:4] == ["red", "NA", None, "absent"]
    kept = read_table(tmp_path / "t.csv", keep_na=["NA", "null"], na="absent")
    assert kept["a"].to_list()[:4] == ["red", "NA", "null", None]
    assert kept["n"].to_list()[:4] == [1, 2, None, None]
    plain = read_table(tmp_path / "t.csv", default_na=False)
    assert plain["n"].to_list()[:4] == ["1", "2", "absent", "-"]
    marks = Marks.of(default_na=False)
    assert TableEncoder.fit(plain, marks=marks).feature_names[:4] == ["a=NA", "a=absent", "a=null", "a=red"]
    marks = Marks.of("absent", ["NA", "null"])
    assert TableEncoder.fit(plain, "n", marks=marks).feature_names == ["a=NA", "a=null", "a=red", "a=missing"]
    with pytest.raises(InvalidValueError, match="'NA' as a missing value and as a value"):
        read_table(tmp_path / "t.csv", na="NA", keep_na="NA")


def test_a_number_as_a_mark_in_a_frame():
    frame = pd.DataFrame({"x": [1.0, -200, 3, -200.0], "i": [1, -200, 3, 4], "t": ["1.5", "-200.0", "7", "8"]})
    gaps = frame.replace([-200, "-200.0"], [None, None])
    ours = TableEncoder.fit(frame, marks=Marks.of("-200")).transform(frame)
    np.testing.assert_array_equal(ours, TableEncoder.fit(gaps).transform(gaps))


@pytest.mark.parametrize(
    ("labels", "counted", "kept"),
    [
        (["+", "-", "+"], {}, {"-": 1}),
        (["Apnea", "None", "Insomnia", "NA", "null"], {"NA": 1, "null": 1}, {"None": 1}),
        (["x", "-", "-", "x"], {}, {"-": 2}),
        (["good", "bad", "?", None], {"?": 1}, {}),
        (["1.5", "NA", "2.5"], {"NA": 1}, {}),
        ([1.5, None, 2.5], {}, {}),
    ],
)
def test_marks_in_the_target(labels, counted, kept):
    found = TargetMarks.find(as_frame(pd.DataFrame({"y": pd.Series(labels, dtype=object)}))["y"], Marks())
    assert (found.counted, found.kept) == (counted, kept)
    assert not set(found.missing) & set(kept)


def sleep(none="None"):
    labels = [none, "Insomnia", "Apnea"]
    return pd.DataFrame({"x": [float(i % 30) for i in range(300)], "y": [labels[i % 30 // 10] for i in range(300)]})


def test_the_target_says_what_became_of_its_marks():
    frame = sleep()
    frame.loc[:4, "y"] = "?"
    with pytest.warns(DataWarning) as told:
        fit = TableModel.train(frame, "y", epochs=20)
    said = [str(warning.message) for warning in told]
    assert any(
        "5 rows are left out because their y is missing: '?' (5)" in line and "--keep-na" in line for line in said
    )
    assert any("'None' (95) of y is a class" in line and "--na" in line for line in said)
    assert (fit.marks.counted, fit.marks.kept, fit.without_target) == ({"?": 5}, {"None": 95}, 5)
    assert fit.model.target.classes == ("Apnea", "Insomnia", "None")
    assert any("None" in line for line in fit.verdict_in("zh"))
    assert fit.model.evaluate(frame).without_target == 5
    assert len(fit.model.arrays(frame)[0]) == 295
    with pytest.warns(DataWarning, match="100 rows are left out"):
        fit = TableModel.train(sleep(), "y", epochs=2, na="None")
    assert fit.model.target.classes == ("Apnea", "Insomnia")
    fit = TableModel.train(sleep("?"), "y", epochs=2, keep_na="?")
    assert fit.model.target.classes == ("?", "Apnea", "Insomnia")
    with pytest.raises(TableError, match="one class only"):
        TableModel.train(sleep().assign(y="-"), "y", keep_na="-")


def run(*arguments):
    result = CliRunner().invoke(app, list(map(str, arguments)), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result


def test_the_command_line_keeps_marks_and_remembers_them(tmp_path):
    table, out = tmp_path / "t.csv", tmp_path / "out"
    frame = sleep("?").assign(c=["red", "NA", "blue"] * 100)
    frame.to_csv(table, index=False)
    result = run("train", table, "--target", "y", "--out", out, "--epochs", 5)
    page = " ".join(result.output.split())
    assert "100 rows are left out because their y is missing: '?' (100)" in page
    summary = json.loads((out / "summary.json").read_text())
    assert summary["target"]["counted_as_missing"] == {"?": 100}
    assert "because their y is missing" in (out / "report.html").read_text()
    run("train", table, "--target", "y", "--out", out, "--epochs", 5, "--keep-na", "?", "--keep-na", "NA", "-q")
    summary = json.loads((out / "summary.json").read_text())
    assert summary["table"]["without_target"] == 0
    assert summary["options"]["keep_na"] == ["?", "NA"]
    model = load(out / "model.clearprop")
    assert "c=NA" in model.encoder.feature_names
    found = json.loads(run("evaluate", out / "model.clearprop", table, "--json").stdout)
    assert (found["rows"], found["without_target"]) == (300, 0)
    run("train", table, "--target", "y", "--out", out, "--epochs", 5, "--no-default-na", "-q")
    assert "c=NA" in load(out / "model.clearprop").encoder.feature_names


def test_the_command_line_says_what_was_never_seen(tmp_path):
    table, later, out = tmp_path / "t.csv", tmp_path / "later.csv", tmp_path / "out"
    frame = sleep().assign(c=["red", "green", "blue"] * 100)
    frame.to_csv(table, index=False)
    frame.assign(c=["RED", "mauve", "blue"] * 100).to_csv(later, index=False)
    run("train", table, "--target", "y", "--out", out, "--epochs", 2, "-q")
    words = "100 values of c were not there in training ('mauve')"
    predicted = run("predict", out / "model.clearprop", later, "--out", tmp_path / "p.csv")
    assert words in predicted.stderr
    assert not run("predict", out / "model.clearprop", later, "--out", tmp_path / "p.csv", "-q").stderr
    assert words in " ".join(run("evaluate", out / "model.clearprop", later).stdout.split())
    found = json.loads(run("evaluate", out / "model.clearprop", later, "--json").stdout)
    assert found["unseen"] == {"c": {"rows": 100, "examples": ["mauve"]}}
