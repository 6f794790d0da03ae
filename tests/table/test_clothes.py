"""The same value in other clothes: other types, widths, capitals, blanks and words, and values that were never seen."""

from __future__ import annotations

import json
import warnings

import narwhals.stable.v1 as nw
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from clearprop import TableModel
from clearprop.errors import DataWarning, TableError
from clearprop.table.categories import MOST_REMEMBERED, CategoryColumn, fewest_rows
from clearprop.table.encoder import TableEncoder, as_frame
from clearprop.table.lookup import MISSING, NEVER_SEEN, Lookup
from clearprop.table.target import ClassTarget, fit_target, target_from_dict, target_to_dict
from clearprop.table.unseen import Unseen
from clearprop.table.values import count_values, unboxed


def encoded(train, later, kind=None):
    frames = [x if hasattr(x, "columns") else pd.DataFrame({"a": x}) for x in (train, later)]
    encoder = TableEncoder.fit(frames[0], kinds={"a": kind} if kind else None)
    unseen = Unseen()
    return encoder.transform(frames[1], unseen=unseen), unseen.to_dict(), encoder


TRUTH = [True, False, True, True, False]
DRESSES = [
    TRUTH,
    [int(t) for t in TRUTH],
    [float(t) for t in TRUTH],
    [np.int8(t) for t in TRUTH],
    *(
        [yes if t else no for t in TRUTH]
        for yes, no in [
            *(("yes", "no"), ("Y", "n"), ("t", "F"), ("ON", "off"), (" TRUE ", "False"), ("1", "0"), ("1.0", "0.0")),
            *(("是", "否"), ("\u00a0Yes", "NO\u3000"), ("ｙｅｓ", "ｎｏ"), ("ja", "nein")),
        ]
    ),
]


@pytest.mark.parametrize("train", DRESSES, ids=str)
def test_a_truth_value_in_every_dress(train):
    expected = [[1.0], [-1.0], [1.0], [1.0], [-1.0]]
    for later in DRESSES:
        X, unseen, _ = encoded(train, pd.DataFrame({"a": pd.Series(later, dtype=object)}), "boolean")
        assert (X.tolist(), unseen) == (expected, {}), later
    as_frames = [pl.DataFrame({"a": TRUTH}), pa.table({"a": TRUTH}), pd.DataFrame({"a": pd.array(TRUTH, "boolean")})]
    for frame in [*as_frames, pl.DataFrame({"a": ["T", "f", "t", "T", "F"]}, {"a": pl.Categorical})]:
        assert encoded(train, frame, "boolean")[0].tolist() == expected


@pytest.mark.parametrize("train", [[1, 0, 1, 1, 0], [1.0, 0.0, None, 1.0, 0.0]])
def test_numbers_0_and_1_asked_in_words(train):
    encoder = TableEncoder.fit(pd.DataFrame({"a": train}))
    expected = encoder.transform(pd.DataFrame({"a": [int(t) for t in TRUTH]}))
    again = TableEncoder.from_dict(json.loads(json.dumps(encoder.to_dict())))
    for later in DRESSES:
        np.testing.assert_array_equal(again.transform(pd.DataFrame({"a": pd.Series(later, dtype=object)})), expected)
    with pytest.raises(TableError, match="holds 'maybe' in row 1"):
        encoder.transform(pl.DataFrame({"a": ["yes", "maybe"]}))
    with pytest.raises(TableError, match="holds 'yes'"):
        TableEncoder.fit(pd.DataFrame({"a": [0, 1, 2]})).transform(pl.DataFrame({"a": ["yes", "no"]}))


def test_what_is_neither_of_two_values_is_counted():
    X, unseen, _ = encoded(["yes", "no"], ["yes", "maybe", None, "NO", "?", "2", "maybe"])
    assert X[:, 0].tolist() == [1, 0, 0, -1, 0, 0, 0]
    assert unseen == {"a": {"rows": 3, "examples": ["maybe", "2"]}}, "? counts as missing"
    X, unseen, _ = encoded(["female", "male"], ["f", "yes", "1", "Female"])
    assert X[:, 0].tolist() == [0, 0, 0, -1], "no word for yes and no is meant where none was"
    assert unseen["a"]["rows"] == 3


CODES = ["01234", "02139", "10001", "94103"]


@pytest.mark.parametrize(
    "later",
    [
        [1234, 2139, 10001, 94103],
        [1234.0, 2139.0, 10001.0, 94103.0],
        np.array([1234, 2139, 10001, 94103], np.int32),
        ["1234", "2139", "10001", "94103"],
        ["1234.0", "2139.0", "10001.0", "94103.0"],
        [" 01234", "０２１３９", "10001\u00a0", "94103"],
        [b"01234", b"02139", b"10001", b"94103"],
        pd.Categorical(CODES),
        pd.array(CODES, "string"),
    ],
    ids=str,
)
def test_codes_that_lost_their_zeros(later):
    for train in (CODES, [1234, 2139, 10001, 94103]):
        X, unseen, encoder = encoded(train, pd.DataFrame({"a": later}), "category")
        assert X.sum() == 4
        np.testing.assert_array_equal(X, encoder.transform(pd.DataFrame({"a": train})))
        assert unseen == {}


def test_zeros_that_tell_two_levels_apart_are_never_dropped():
    find = Lookup(["007", "07", "1234", "01234"])
    assert [find(value) for value in ("007", "07", "1234", 1234, "01234")] == [0, 1, 2, 2, 3]
    assert [find(value) for value in (7, "7", "0007", 1234.5)] == [NEVER_SEEN] * 4


def test_versions_are_levels_where_they_are_text():
    versions = ["1.1", "1.10", "2.0"] * 10
    X, unseen, encoder = encoded(versions, ["1.10", "1.1", "2.0", "1.100", "2.00", 1.1], "category")
    assert encoder.feature_names == ["a=1.1", "a=1.10", "a=2.0"]
    assert X.argmax(1)[[0, 1, 2, 4, 5]].tolist() == [1, 0, 2, 2, 0]
    assert unseen == {"a": {"rows": 1, "examples": ["1.100"]}}
    X, unseen, encoder = encoded(np.array([1.1, 1.1, 2.0] * 10), ["1.10", "1.1", "2", "02.0"], "category")
    assert encoder.feature_names == ["a=1.1", "a=2"]
    assert (X.argmax(1).tolist(), unseen) == ([0, 0, 1, 1], {})


def test_another_width_of_numbers():
    numbers = np.array([0.1, 0.25, 1e6 + 0.1, 3])
    for train, later in [(np.float64, np.float32), (np.float32, np.float64)]:
        X, unseen, _ = encoded(numbers.astype(train), pd.DataFrame({"a": numbers.astype(later)}), "category")
        assert (X.sum(0).tolist(), unseen) == ([1] * 4, {})


words = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), min_size=1, max_size=6)


@given(st.lists(words, min_size=2, max_size=8, unique=True), st.data())
def test_the_level_itself_always_comes_first(levels, data):
    levels = [level.strip() for level in levels]
    assume(all(levels) and len(set(levels)) == len(levels))
    assume(not any(level.lower() in ("true", "false") for level in levels))
    find = Lookup(levels)
    assert [find(level) for level in levels] == list(range(len(levels)))
    assert find("  " + levels[0] + "\t") == 0
    assert find(None) == find(" ") == MISSING
    one = data.draw(st.sampled_from(levels))
    for other in (one.upper(), one.swapcase(), one.casefold()):
        found = find(other)
        alike = [level for level in levels if level.casefold() == one.casefold()]
        assert found in (*map(levels.index, alike), NEVER_SEEN), "never another level"


cells = st.sampled_from(
    ["a", "A", " a", "b", "01", "1", 1, 1.0, 0.5, True, "yes", "no", "-", "NA", "", None, "never", "x y"]
)


@given(st.lists(cells, min_size=4, max_size=30), st.lists(cells, min_size=1, max_size=12))
def test_a_frame_is_its_rows_one_by_one(train, later):
    frame = pd.DataFrame({"a": pd.Series(train, dtype=object), "n": range(len(train))})
    new = pd.DataFrame({"a": pd.Series(later, dtype=object), "n": range(len(later))})
    encoder = TableEncoder.fit(frame, kinds={"n": "number"})
    together, each = Unseen(), Unseen()
    try:
        X = encoder.transform(new, unseen=together)
    except TableError:
        return
    rows = [encoder.transform(new.iloc[[i]], unseen=each) for i in range(len(new))]
    np.testing.assert_array_equal(np.concatenate(rows), X)
    assert together.to_dict() == each.to_dict()
    again = TableEncoder.from_dict(json.loads(json.dumps(encoder.to_dict())))
    assert again == encoder
    np.testing.assert_array_equal(again.transform(new), X)


@given(st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=50), st.sets(st.sampled_from("abcdefgh"), min_size=3))
def test_unseen_values_are_counted_exactly(later, levels):
    train = pl.DataFrame({"a": sorted(levels) * 3})
    unseen = Unseen()
    TableEncoder.fit(train).transform(pl.DataFrame({"a": later}), unseen=unseen)
    gone = [value for value in later if value not in levels]
    assert unseen.rows.get("a", 0) == len(gone)
    assert unseen.examples.get("a", []) == list(dict.fromkeys(gone))[:3]


def test_rare_levels_are_known_again():
    train = ["often"] * 300 + ["also"] * 300 + ["once"]
    X, unseen, encoder = encoded(train, ["once", "ONCE ", "never", None])
    assert encoder.feature_names == ["a=also", "a=often", "a=other"]
    assert X.tolist() == [[0, 0, 1]] * 4
    assert unseen == {"a": {"rows": 1, "examples": ["never"]}}
    (column,) = encoder.columns
    assert "one for the rarer one (fewer than 2 rows)" in str(column.describe())
    many = [f"n{i}" for i in range(MOST_REMEMBERED + 1)] + ["often"] * 20_000 + ["also"] * 20_000
    _, unseen, _ = encoded(many, ["never", "n7"], "category")
    assert unseen == {}, "new ones are nothing special there"


def test_as_many_levels_as_rows_can_teach():
    shops = [f"s{i:03}" for i in range(500)]
    column = CategoryColumn.fit(as_frame(pl.DataFrame({"a": shops * 20}))["a"])
    assert (len(column.levels), column.pooled, column.size) == (500, False, 20 / 50)
    assert "one 0/0.4 each for 500 levels" in str(column.describe())
    assert fewest_rows(10_000) == 4
    assert [fewest_rows(n) for n in (10, 499, 500, 2000, 8000, 10**7)] == [1, 1, 2, 3, 4, 4]


def test_levels_are_pooled_where_memory_is_short(monkeypatch):
    from clearprop.table import memory

    rng = np.random.default_rng(0)
    often = np.minimum(rng.geometric(0.01, 4000), 900)
    frame = pl.DataFrame({"a": [f"w{i}" for i in often]})
    wide = len(TableEncoder.fit(frame).feature_names)
    monkeypatch.setattr(memory, "available_memory", lambda: 4000 * 60 * 4 * memory.COPIES)
    encoder = TableEncoder.fit(frame)
    assert 2 < len(encoder.feature_names) < 60 < wide
    (column,) = encoder.columns
    assert isinstance(column, CategoryColumn)
    counts = frame["a"].value_counts().filter(pl.col("count") >= column.fewest)["a"]
    assert set(column.levels) == set(counts), "and the number that is said is the one that counts"
    assert f"fewer than {column.fewest} rows" in str(column.describe())


def test_as_many_classes_as_rows_to_learn_from(monkeypatch):
    from clearprop.table import memory

    labels = as_frame(pl.DataFrame({"y": [f"c{i % 12_000}" for i in range(24_000)]}))["y"]
    assert len(fit_target(labels).classes) == 12_000
    with pytest.raises(TableError, match=r"24,000 classes in 24,000 rows; expected two rows or more"):
        fit_target(as_frame(pl.DataFrame({"y": [f"c{i}" for i in range(24_000)]}))["y"])
    monkeypatch.setattr(memory, "available_memory", lambda: 10**8)
    with pytest.raises(TableError, match="memory"):
        fit_target(labels)


@pytest.mark.parametrize(
    ("classes", "given", "codes"),
    [
        (("no", "yes"), [True, 0, "Y", "NO ", "ｎ"], [1, 0, 1, 0, 0]),
        ((False, True), ["yes", "no", 1, "0", "TRUE"], [1, 0, 1, 0, 1]),
        ((0, 1), ["1.0", True, "no", 0.0, "1"], [1, 1, 0, 0, 1]),
        (("01", "02"), [1, "2", 2.0, "01"], [0, 1, 1, 0]),
        (("1.1", "1.10"), ["1.10", "1.1"], [1, 0]),
    ],
)
def test_labels_in_other_clothes(classes, given, codes):
    series = as_frame(pd.DataFrame({"y": pd.Series(given, dtype=object)}))["y"]
    assert ClassTarget("y", classes).encode(series).tolist() == codes
    with pytest.raises(TableError, match="'other' in row 0"):
        ClassTarget("y", classes).encode(as_frame(pl.DataFrame({"y": ["other"]}))["y"])


def test_a_prediction_tells_of_what_it_never_saw():
    rng = np.random.default_rng(0)
    shop = rng.choice(["a", "b", "c"], 200)
    frame = pd.DataFrame({"shop": shop, "x": rng.normal(size=200), "y": np.where(shop == "a", "p", "q")})
    model = TableModel.train(frame, "y", epochs=2, drop="x").model
    new = frame.assign(shop=["z"] * 2 + ["A "] + list(shop[3:]))
    for ask in (model.predict, model.predict_proba, model.outputs, model.score, model.evaluate):
        with pytest.warns(DataWarning, match=r"2 values of shop were not there in training \('z'\)") as told:
            ask(new)
        assert [warning.filename for warning in told] == [__file__], "where it was asked"
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            ask(frame)
    with pytest.warns(DataWarning) as told:
        found = model.evaluate([new, new])
    assert len(told) == 1
    assert found.to_dict()["unseen"] == {"shop": {"rows": 4, "examples": ["z"]}}


def test_old_files_know_less_and_answer_as_before():
    frame = pl.DataFrame({"n": [1.5, 2.0, 1.5] * 4, "b": ["no", "yes", "no"] * 4, "w": ["u", "v", "w"] * 4})
    encoder = TableEncoder.fit(frame, kinds={"n": "category"})
    old = json.loads(json.dumps(encoder.to_dict()))
    del old["missing"], old["values"], old["truths"]
    for column in old["columns"]:
        for name in ("holds_numbers", "rare", "fewest", "size"):
            column.pop(name, None)
    again = TableEncoder.from_dict(old)
    assert again == encoder
    new = pl.DataFrame({"n": ["1.50", "2", "NA"], "b": ["yes", "-", "no"], "w": ["u", "?", "w"]})
    assert again.transform(new).tolist() == [[1, 0, 1, 1, 0, 0], [0, 1, 0, 0, 0, 0], [0, 0, -1, 0, 0, 1]]
    data = target_to_dict(ClassTarget("y", ("NA", "no")))
    for name in ("missing", "holds_numbers"):
        del data[name]
    target = target_from_dict(data)
    assert "NA" not in target.missing
    assert "?" in target.missing


@pytest.mark.parametrize(
    "damage",
    [
        {"rare": [1]},
        {"rare": ["u"]},
        {"rare": ["x", "x"]},
        {"fewest": 0},
        {"fewest": True},
        {"size": 0.0},
        {"holds_numbers": 1},
    ],
)
def test_damaged_columns_are_refused(damage):
    data = TableEncoder.fit(pl.DataFrame({"w": ["u", "v", "w"]})).to_dict()
    data["columns"][0] |= {"pooled": True, **damage}
    with pytest.raises(TableError, match="damaged"):
        TableEncoder.from_dict(data)


def test_values_are_counted_without_the_missing_ones():
    masked = pd.Series(["a", None, float("nan"), pd.NA, pd.NaT, np.ma.masked, "a", "b"], dtype=object)
    plain = pd.Series(["a", None, "a", "b"], dtype="string")
    for series in (masked, plain, pl.Series(["a", None, "a", "b"])):
        assert count_values(nw.from_native(series, series_only=True)) == {"a": 2, "b": 1}


def test_columns_that_are_no_objects_are_left_as_they_are():
    """To look at each value of a long column of numbers would take longer than to train on it."""
    for values in ([1.0, None], ["a", "b"], [True, False]):
        series = nw.from_native(pl.Series(values), series_only=True)
        assert unboxed(series) is series
