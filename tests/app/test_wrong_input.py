"""Every sort of wrong input: one clear line, exit code 2, nothing half-written; and odd input that is fine."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest

import clearprop as cp
from long import first
from wrong_input import GOOD, GROUPS, TRAIN, Case, answer, document, prepare

CASES = [case for cases in GROUPS.values() for case in cases]


@pytest.fixture
def folder(tmp_path):
    prepare(tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    path = tmp_path_factory.mktemp("wrong")
    prepare(path)
    return path


@pytest.fixture(scope="module")
def answered(shared):
    """A case → its answer; each is asked for once, for its own test and for the page."""
    known = {}

    def answer_of(case):
        if case.title not in known:
            known[case.title] = answer(case, shared)
        return known[case.title]

    return answer_of


@pytest.mark.parametrize("case", CASES, ids=[case.title for case in CASES])
def test_one_line_and_exit_code_two(case, shared, answered):
    before = {path.name for path in shared.iterdir()}
    code, out, err = answered(case)
    assert code == 2
    assert out == ""
    assert err.startswith("Error: ")
    assert len(err.strip().splitlines()) == 1
    assert "Traceback" not in err
    assert len(err) < 700
    assert {path.name for path in shared.iterdir()} == before, "nothing is left behind"


def test_the_page_that_lists_them_is_true(answered):
    page = Path(__file__).parents[2] / "docs" / "wrong-input.md"
    assert page.read_text(encoding="utf-8") == document(answered)


def wide(columns):
    header = ",".join([*(f"n{i}" for i in range(columns)), "y"])
    rows = (",".join([*(str((i * j) % 7) for i in range(columns)), "ab"[j % 2]]) for j in range(12))
    return "\n".join([header, *rows, ""]).encode()


ODD = {
    "a byte order mark": GOOD.encode("utf-8-sig"),
    "UTF-16": GOOD.encode("utf-16"),
    "mixed line ends": GOOD.replace("\n", "\r\n", 9).replace("\n", "\r", 3).encode(),
    "blank lines": GOOD.replace("\n", "\n\n", 5).encode(),
    "semicolons and decimal commas": GOOD.replace(",", ";").replace(".", ",").encode(),
    "tabs": GOOD.replace(",", "\t").encode(),
    "a column that is all missing": "\n".join(
        line + (",z" if i == 0 else ",?") for i, line in enumerate(GOOD.split())
    ).encode(),
    "a target that is missing in some rows": GOOD.replace("a\n", "NA\n", 5).encode(),
    "three hundred columns": wide(300),
    "ten thousand columns": wide(10_000),
}


@pytest.mark.parametrize("name", first(ODD, len(ODD) - 1))
def test_odd_but_fine(name, folder):
    code, _, err = answer(Case(name, (*TRAIN, "--preset", "single"), ODD[name]), folder)
    assert (code, err) == (0, "")
    code, _, err = answer(
        Case(name, ("predict", "out/model.clearprop", "t.csv", "--out", "p.csv", "-q"), ODD[name]), folder
    )
    assert (code, err) == (0, "")


@pytest.mark.parametrize(
    ("frame", "words"),
    [
        (
            pd.DataFrame({"x": [[1], [2]] * 10, "y": ["a", "b"] * 10}),
            r"no column to learn from \(x: lists or structures",
        ),
        (
            pl.DataFrame({"x": [{"a": 1}, {"a": 2}] * 10, "y": ["a", "b"] * 10}),
            r"no column to learn from \(x: values of type struct",
        ),
        (pd.DataFrame({"x": [1 + 2j, 3j] * 10, "y": ["a", "b"] * 10}), r"no column to learn from \(x: values of type"),
        (pl.DataFrame({"x": [1.0, float("inf")] * 10, "y": ["a", "b"] * 10}), "column 'x' is infinite in row"),
        (pd.DataFrame([[1, 2, "a"], [3, 4, "b"]] * 10, columns=["x", "x", "y"]), "two columns of one name"),
        (np.zeros((3, 2)), "a table of type ndarray"),
        (pl.DataFrame({"x": [1.0, 2.0], "y": ["a", "b"]}).lazy(), "a table of type LazyFrame"),
        (pl.DataFrame({"x": [1.0] * 20, "y": ["a", "b"] * 10}), "no column to learn from"),
    ],
)
def test_the_same_in_python(frame, words):
    with pytest.raises(cp.ClearpropError, match=words):
        cp.TableModel.train(frame, "y", epochs=1)


@pytest.mark.parametrize("rows", first([30_000, 300_000], 1))
def test_very_many_categories(rows):
    frame = pl.DataFrame(
        {"word": [f"w{i}" for i in range(rows)], "x": np.arange(rows) % 13, "y": ["a", "b"] * (rows // 2)}
    )
    fit = cp.TableModel.train(frame, "y", epochs=1)
    assert {name: str(why) for name, why in fit.model.encoder.ignored.items()} == {
        "word": "text that is different in nearly every row"
    }
