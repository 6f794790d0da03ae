"""Tables to arrays, against scikit-learn, pandas and small tables worked out by hand."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from clearprop.errors import DTypeError, FileError, InvalidValueError, TableError, UnknownNameError
from clearprop.table import load_demo, read_table
from clearprop.table.demo import DEMOS
from clearprop.table.encoder import TableEncoder, as_frame
from clearprop.table.number_target import NumberTarget
from clearprop.table.rows import with_target
from clearprop.table.split import split_by_group, split_by_time, split_rows
from clearprop.table.target import ClassTarget, fit_target, target_from_dict, target_to_dict

FRAME = pl.DataFrame({"x": [1.0, 2.0, None, 5.0], "c": ["a", None, "b", "a"], "k": [7, 7, 7, 7], "n": [None] * 4})


# --- reading


def written(tmp_path, text, name="t.csv"):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters_blanks_and_missing_marks(tmp_path, delimiter):
    lines = [["x", " name ", "code"], ["1", " a b ", "007"], ["?", "NA", "12"], ["2.5", "c", ""]]
    text = "\n".join(delimiter.join(line) for line in lines)
    frame = read_table(written(tmp_path, text))
    assert frame.columns == ["x", "name", "code"]
    assert frame["x"].to_list() == [1.0, None, 2.5]
    assert frame["name"].to_list() == ["a b", "NA", "c"], "whether that is missing, the column decides later"
    assert frame["code"].to_list() == ["007", "12", None], "codes with leading zeros are no numbers"


def test_no_header_own_marks_quotes_and_bom(tmp_path):
    frame = read_table(written(tmp_path, b'\xef\xbb\xbf1,"a, b"\n-99,c\n'), header=False, na=["-99"])
    assert frame.columns == ["c0", "c1"]
    assert frame["c0"].to_list() == [1, None]
    assert frame["c1"].to_list() == ["a, b", "c"]


def test_a_late_text_value_makes_the_column_text(tmp_path):
    frame = read_table(written(tmp_path, "x\n" + "1\n" * 5000 + "late\n"))
    assert frame["x"][5000] == "late"


def test_parquet(tmp_path):
    FRAME.write_parquet(tmp_path / "t.parquet")
    assert read_table(tmp_path / "t.parquet").equals(FRAME)
    with pytest.raises(TableError, match="no Parquet"):
        read_table(written(tmp_path, "x,y", "u.parquet"))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty"),
        ("  \n \n", "is empty"),
        ("a,b\n", "no rows"),
        ("a,a\na,2\n", "column 'a' twice"),
        ("a,b\n1,2\n1,2,3\n", "no regular table"),
        (b"a,b\n\xff\xfe,2\n", "not UTF-8"),
    ],
)
def test_files_that_are_no_tables(tmp_path, text, words):
    with pytest.raises(TableError, match=words):
        read_table(written(tmp_path, text))


def test_files_that_cannot_be_read(tmp_path):
    with pytest.raises(FileError, match="No such file"):
        read_table(tmp_path / "none.csv")
    with pytest.raises(FileError, match="holds no file of a table"):
        read_table(tmp_path)


@given(
    st.lists(
        st.tuples(st.floats(-1e6, 1e6) | st.none(), st.sampled_from(["red", "a,b", 'say "x"', "ä", None])),
        min_size=2,
        max_size=20,
    )
)
def test_what_polars_writes_is_read_back(tmp_path_factory, rows):
    frame = pl.DataFrame({"x": [r[0] for r in rows], "c": [r[1] for r in rows]}, {"x": pl.Float64, "c": pl.String})
    path = tmp_path_factory.mktemp("csv") / "t.csv"
    frame.write_csv(path)
    again = read_table(path)
    assert again["c"].to_list() == frame["c"].to_list()
    assert again["x"].cast(pl.Float64).to_list() == pytest.approx(frame["x"].to_list())


@pytest.mark.parametrize("name", DEMOS)
def test_demos(name):
    frame = load_demo(name)
    assert frame.columns[-1] == "target"
    assert load_demo(name).equals(frame)
    task = "regression" if name == "diabetes" else "classification"
    assert fit_target(as_frame(frame)["target"]).task == task


def test_unknown_demo():
    with pytest.raises(UnknownNameError, match="did you mean 'iris'"):
        load_demo("iriss")


# --- encoding


def test_encoding_by_hand():
    encoder = TableEncoder.fit(FRAME)
    assert encoder.feature_names == ["x", "x is missing", "c=b"]
    assert {name: str(why) for name, why in encoder.ignored.items()} == {
        "k": "the same value in every row",
        "n": "all values are missing",
    }
    filled = np.array([1.0, 2.0, 2.0, 5.0])  # the median for the missing one
    expected = (filled - 2.5) / np.sqrt(np.mean((filled - 2.5) ** 2))
    X = encoder.transform(FRAME)
    np.testing.assert_allclose(X[:, 0], expected / np.sqrt(1 + (expected / 5) ** 2))
    assert X[:, 1:].tolist() == [[0, -1], [0, 0], [1, 1], [0, -1]]


@pytest.mark.parametrize("convert", [lambda f: f, lambda f: f.to_pandas(), lambda f: f.to_arrow()])
def test_polars_pandas_and_arrow_give_the_same(convert):
    np.testing.assert_array_equal(
        TableEncoder.fit(FRAME).transform(convert(FRAME)), TableEncoder.fit(FRAME).transform(FRAME)
    )
    assert TableEncoder.fit(convert(FRAME)) == TableEncoder.fit(FRAME)


def test_against_scikit_learn():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"x": rng.normal(3, 2, 200), "i": rng.integers(0, 50, 200), "c": rng.choice(list("abc"), 200)})
    X = TableEncoder.fit(frame).transform(frame)
    scaled = StandardScaler().fit_transform(frame[["x", "i"]])
    np.testing.assert_allclose(X[:, :2], scaled / np.sqrt(1 + (scaled / 5) ** 2), rtol=1e-12)
    np.testing.assert_array_equal(X[:, 2:], OneHotEncoder().fit_transform(frame[["c"]]).toarray())


def test_pandas_categories_and_truth_values():
    frame = pd.DataFrame({"c": pd.Categorical(["u", "v", None, "u"]), "b": [True, False, True, True]})
    encoder = TableEncoder.fit(frame)
    assert encoder.feature_names == ["c=v", "b=true"]


def test_new_levels_and_new_gaps_at_prediction():
    encoder = TableEncoder.fit(pl.DataFrame({"x": [1.0, 3.0, 2.0], "c": ["a", "b", "c"], "b": ["no", "yes", "no"]}))
    later = {"x": [None, 2.0], "c": ["z", None], "b": ["perhaps", None]}
    X = encoder.transform(pl.DataFrame(later, {"x": pl.Float64, "c": pl.String, "b": pl.String}))
    assert X.tolist() == [[0] * 5] * 2, "the median for a gap, zeros for an unknown level"


def test_many_levels_are_pooled_and_identifiers_set_aside():
    words = [f"w{i % 150}" for i in range(450)] + [f"rare{i}" for i in range(50)] + ["w0"] * 100
    frame = pl.DataFrame({"w": words, "id": [f"id{i}" for i in range(600)], "n": range(600)})
    encoder = TableEncoder.fit(frame)
    assert "nearly every row" in str(encoder.ignored["id"])
    assert "identifier" in str(encoder.ignored["n"])
    assert len(encoder.feature_names) == 151
    assert encoder.feature_names[-1] == "w=other"
    X = encoder.transform(frame)
    assert ((X > 0).sum(1) == 1).all()
    assert np.unique(X).tolist() == pytest.approx([0, 0.1]), "4 rows a level are believed less"
    assert (X[:, -1] > 0).sum() == 50


def test_text_that_reads_as_numbers_is_accepted_at_prediction():
    encoder = TableEncoder.fit(pl.DataFrame({"x": [1.0, 3.0]}))
    np.testing.assert_array_equal(
        encoder.transform(pl.DataFrame({"x": ["3", None]}))[:, 0],
        encoder.transform(pl.DataFrame({"x": [3.0, None]}))[:, 0],
    )


@pytest.mark.parametrize(
    ("frame", "words"),
    [
        (pl.DataFrame({"y": [1.0]}), "no column 'x'"),
        (pl.DataFrame({"x": ["blue"]}), "column 'x' holds 'blue'"),
        (pl.DataFrame({"x": [float("inf")]}), "infinite in row 0"),
    ],
)
def test_tables_that_do_not_fit(frame, words):
    encoder = TableEncoder.fit(pl.DataFrame({"x": [1.0, 3.0]}))
    with pytest.raises(TableError, match=words):
        encoder.transform(frame)


def test_nothing_to_learn_from_and_no_table():
    with pytest.raises(TableError, match="no column to learn from"):
        TableEncoder.fit(pl.DataFrame({"k": [1, 1]}))
    with pytest.raises(DTypeError, match="a table of type list"):
        TableEncoder.fit([1, 2])


def test_encoders_and_targets_survive_json():
    for frame in (FRAME, load_demo("wine")):
        encoder = TableEncoder.fit(frame)
        assert TableEncoder.from_dict(json.loads(json.dumps(encoder.to_dict()))) == encoder
    for target in (ClassTarget("y", (1, 2)), ClassTarget("y", ("a", "b")), NumberTarget("y", 1.0, 2.0)):
        assert target_from_dict(json.loads(json.dumps(target_to_dict(target)))) == target
    for bad in (None, {}, {"columns": [{"kind": "number"}], "ignored": {}}, {"columns": 3, "ignored": 4}):
        with pytest.raises(TableError, match="damaged"):
            TableEncoder.from_dict(bad)
        with pytest.raises(TableError, match="damaged"):
            target_from_dict(bad)


# --- targets


def series(values):
    return as_frame(pl.DataFrame({"y": values}, strict=False))["y"]


@pytest.mark.parametrize(
    ("values", "task", "classes"),
    [
        (["b", "a", "b"], "classification", ("a", "b")),
        ([True, False, True], "classification", (False, True)),
        ([3, 1, 3, 1, 2], "classification", (1, 2, 3)),
        ([0.0, 1.0, 1.0], "classification", (0, 1)),
        ([0.5, 1.5, 1.5], "regression", None),
        (list(range(30)), "regression", None),
    ],
)
def test_the_task_is_found_out(values, task, classes):
    target = fit_target(series(values))
    assert target.task == task
    if classes is not None:
        assert target.classes == classes
        assert target.decode(target.encode(series(values))) == [target.classes[target.classes.index(v)] for v in values]


def test_numbers_are_standardised_and_restored():
    y = [1.0, 2.0, 6.0]
    target = fit_target(series(y), "regression")
    assert target.encode(series(y)).std() == pytest.approx(1)
    assert target.decode(target.encode(series(y))) == pytest.approx(y)


@pytest.mark.parametrize(
    ("values", "task", "words"),
    [
        (["a", "a"], None, "one class only"),
        ([2.0, 2.0], "regression", "same in every row"),
        (["a", "b"], "regression", "'a'"),
    ],
)
def test_targets_with_nothing_to_learn(values, task, words):
    with pytest.raises(TableError, match=words):
        fit_target(series(values), task)


def test_rows_without_target_are_dropped():
    kept, dropped, _ = with_target(pa.table({"x": [1, 2, 3], "y": ["a", None, "b"]}), "y")
    assert (len(kept), dropped) == (2, 1)
    kept, dropped, _ = with_target(pd.DataFrame({"x": [1, 2], "y": [float("nan"), 1.0]}), "y")
    assert (len(kept), dropped) == (1, 1)
    with pytest.raises(UnknownNameError, match="unknown target column 'z'"):
        with_target(FRAME, "z")
    with pytest.raises(TableError, match="missing in every row"):
        with_target(FRAME, "n")


def test_unknown_labels():
    with pytest.raises(TableError, match="target 'y' is 'z' in row 1"):
        ClassTarget("y", ("a", "b")).encode(series(["a", "z"]))


# --- splitting


@given(st.integers(1, 300), st.integers(0, 5), st.floats(0, 0.4), st.floats(0, 0.4), st.integers(0, 4))
def test_every_row_is_in_exactly_one_part(n, seed, validation, test, classes):
    labels = np.random.default_rng(n).integers(0, classes, n) if classes else None
    split = split_rows(n, seed=seed, fractions=(validation, test), stratify=labels)
    parts = [split.train, split.validation, split.test]
    assert sorted(np.concatenate(parts)) == list(range(n))
    assert len(split.train) >= 1
    assert all((np.diff(part) > 0).all() for part in parts)
    if labels is not None:
        assert set(labels[split.train]) == set(labels), "every class is in the training part"
    again = split_rows(n, seed=seed, fractions=(validation, test), stratify=labels)
    assert all((a == b).all() for a, b in zip(parts, [again.train, again.validation, again.test], strict=True))


def test_stratified_parts_keep_the_proportions():
    labels = np.repeat([0, 1, 2], [600, 300, 100])
    split = split_rows(1000, seed=0, fractions=(0.2, 0.1), stratify=labels)
    assert np.bincount(labels[split.validation]) == pytest.approx([120, 60, 20], abs=3)
    assert np.bincount(labels[split.test]) == pytest.approx([60, 30, 10], abs=3)
    assert (len(split.validation), len(split.test)) == (200, 100)


@given(
    time=st.lists(st.one_of(st.integers(0, 30), st.just(float("nan"))), min_size=2, max_size=60),
    shares=st.tuples(st.floats(0, 0.4), st.floats(0, 0.5)),
    seed=st.integers(0, 5),
)
def test_a_split_by_time_has_the_past_before_the_future(time, shares, seed):
    time = np.array(time, np.float64)
    try:
        split = split_by_time(time, seed=seed, fractions=shares)
    except InvalidValueError:
        assert len(np.unique(time)) == 1 or shares[1] > 0  # rows of one time, or of one but for a few
        return
    everyone = np.sort(np.concatenate([split.train, split.validation, split.test]))
    np.testing.assert_array_equal(everyone, np.arange(len(time)))
    assert len(split.train)
    past = np.nan_to_num(time, nan=-np.inf, neginf=-np.inf)
    if len(split.test):
        assert past[split.test].min() > past[np.r_[split.train, split.validation]].max()


@given(groups=st.lists(st.integers(0, 12), min_size=3, max_size=80), seed=st.integers(0, 5))
def test_a_split_by_group_parts_no_group(groups, seed):
    groups = np.array(groups)
    if len(np.unique(groups)) < 3:
        with pytest.raises(InvalidValueError, match="groups? for 3 parts"):
            split_by_group(groups, seed=seed, fractions=(0.2, 0.2))
        return
    split = split_by_group(groups, seed=seed, fractions=(0.2, 0.2))
    parts = [split.train, split.validation, split.test]
    np.testing.assert_array_equal(np.sort(np.concatenate(parts)), np.arange(len(groups)))
    assert all(len(part) for part in parts)
    assert sum(len(np.unique(groups[part])) for part in parts) == len(np.unique(groups))
