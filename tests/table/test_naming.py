"""Names of features: each its own, whatever columns and levels are called, from the table to what is shown."""

from __future__ import annotations

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

import clearprop as cp
from clearprop.estimators.curves import DependencePlot
from clearprop.messages import spoken
from clearprop.table.categories import BooleanColumn, CategoryColumn
from clearprop.table.codes import CodedColumn
from clearprop.table.dates import PARTS, DateColumn
from clearprop.table.encoder import TableEncoder
from clearprop.table.naming import distinct_names
from clearprop.table.numbers import NumberColumn
from clearprop.table.several import SeveralColumn
from clearprop.table.written import NumberFormat
from commands import run

LEVELS = ["missing", "other", "'missing'", "'other'", "'''missing'''", '"a"', "a", "", "=", "a=b", "b"]
PARTS_OF_NAMES = ["a", "b", "'", '"', "=", " ", " is missing", " in ", "kg", " 1", " year", " month sin", "missing"]
names = st.lists(st.sampled_from([*PARTS_OF_NAMES, *LEVELS]), max_size=4).map("".join)
levels = st.lists(st.sampled_from([None, *LEVELS]), unique=True)


def number(name, has_missing, units):
    form = NumberFormat("1 g", suffix="g", others=tuple(units)) if units else None
    return NumberColumn(name, 0.0, 1.0, 0.0, 5.0, has_missing, form)


@st.composite
def columns(draw):
    made = []
    for name in draw(st.lists(names, min_size=1, max_size=6, unique=True)):
        units = st.lists(st.sampled_from(["kg", "kg is missing", "", "'"]), unique=True, max_size=2)
        match draw(st.sampled_from(["number", "levels", "codes", "yes", "date", "numbers"])):
            case "number":
                made.append(number(name, draw(st.booleans()), draw(units)))
            case "levels":
                made.append(CategoryColumn(name, tuple(draw(levels)) or ("a",), draw(st.booleans())))
            case "codes":
                made.append(CodedColumn(name, ("a",)))
            case "yes":
                made.append(BooleanColumn(name, "no", draw(st.sampled_from(LEVELS))))
            case "date":
                parts = draw(st.lists(st.sampled_from(PARTS), min_size=1, unique=True))
                made.append(DateColumn(name, None, dict.fromkeys(parts, (0.0, 1.0)), draw(st.booleans())))
            case "numbers":
                parts = [number(f"{name} {k}", draw(st.booleans()), draw(units)) for k in (1, 2)]
                made.append(SeveralColumn(name, "/", tuple(parts), "1/2"))
    return made


@given(columns())
def test_every_feature_has_a_name_of_its_own(columns):
    found = distinct_names(columns)
    assert len(set(found)) == len(found)
    usual = [name for column in columns for name in column.feature_names]
    assert len(found) == len(usual)
    if len(set(usual)) == len(usual):  # where nothing collides nothing stands in quotes
        assert found == usual


def test_what_collides_stands_in_quotes():
    frame = pl.DataFrame(
        {
            "port": ["missing", None, "a", "b"] * 5,
            "x": [1.0, None, 2.0, 3.0] * 5,
            "x is missing": [0.5, 0.1, 0.2, 0.3] * 5,
            "port=a": [1.5, 2.0, 3.0, 4.0] * 5,
        }
    )
    assert TableEncoder.fit(frame).feature_names == [
        "'port'='a'",
        "port=b",
        "'port'='missing'",
        "'port'=missing",
        "x",
        "'x' is missing",
        "'x is missing'",
        "'port=a'",
    ]


def test_a_level_called_as_a_gap_from_training_to_what_is_shown_and_written(tmp_path):
    rows = ["missing", None, "a", "b", None, "a"] * 30
    y = ["yes" if value is None else "no" for value in rows]
    frame = pl.DataFrame({"port": rows, "x": np.arange(180) % 7 / 7, "y": y})
    model = cp.TableModel.train(frame, "y", epochs=2, hidden=[2]).model
    path = tmp_path / "m.clearprop"
    model.save(path)
    expected = ["port=a", "port=b", "'port'='missing'", "'port'=missing", "x"]
    assert cp.load(path).encoder.feature_names == expected

    assert run("draw", path, "--out", tmp_path / "net.svg").returncode == 0
    shown = (tmp_path / "net.svg").read_text(encoding="utf-8")
    assert shown.count("port") == len(expected) - 1
    plot = DependencePlot(model.dependence(frame, "port"))
    for lang, gap in (("en", "missing"), ("zh", "缺失")):
        assert sorted(spoken(name, lang) for name in plot.level_names()) == ["'missing'", "a", "b", gap]

    row = {"port": "missing", "x": 0.5}
    space = {}
    exec(model.to_numpy_source(), space)
    assert space["features"](row)[0, :4].tolist() == [0, 0, 1, 0]
    assert space["features"](row | {"port": None})[0, :4].tolist() == [0, 0, 0, 1]
