"""A column of very many levels: codes in the features, a learned table in the network, one column in what is said."""

import numpy as np
import pandas as pd
import pytest

import clearprop as cp
from clearprop.estimators import gradient_times_input, permutation_importance
from clearprop.messages import Message
from clearprop.table.codes import FEWEST, MOST_ONE_HOT, CodedColumn
from clearprop.table.encoder import TableEncoder
from clearprop.table.one_row import RowEncoder

LEVELS = 400
rng = np.random.default_rng(0)
LEVEL = np.concatenate([np.repeat(np.arange(LEVELS), 5), LEVELS + np.arange(40)])  # 40 of one row each
ROWS = len(LEVEL)
EFFECT = rng.normal(size=LEVELS + 40)
FRAME = pd.DataFrame({"x": rng.normal(size=ROWS), "shop": [f"s{k}" for k in LEVEL], "w": rng.normal(size=ROWS)})
Y = 2 * EFFECT[LEVEL] + FRAME.x.to_numpy()


@pytest.fixture(scope="module")
def encoder():
    return TableEncoder.fit(FRAME)


@pytest.fixture(scope="module")
def model():
    options = {"members": 2, "epochs": 12, "hidden": 16, "learning_rate": 0.01, "random_state": 0, "n_threads": 1}
    return cp.TabularRegressor("fast", **options).fit(FRAME, Y)


def test_each_level_has_a_code_and_the_rare_and_new_ones_share_one(encoder):
    assert encoder.feature_names == ["x", "shop", "w"]
    assert encoder.codes == {1: LEVELS + 1}
    codes = encoder.transform(FRAME)[:, 1]
    own = LEVEL < LEVELS
    assert len(np.unique(codes[own])) == LEVELS
    assert codes[own].min() == 1
    assert not codes[~own].any()
    new = FRAME.head(2).assign(shop=["never", None])
    assert encoder.transform(new)[:, 1].tolist() == [0, 0]


def test_rows_one_by_one_and_a_copy_from_a_file_are_the_same(encoder):
    again, rows = TableEncoder.from_dict(encoder.to_dict()), RowEncoder(encoder)
    assert again == encoder
    table = pd.concat([FRAME.iloc[::500], FRAME.tail(2), FRAME.head(1).assign(shop="never")])
    expected = encoder.transform(table)
    found = np.concatenate([rows(row) for row in table.to_dict("records")])
    np.testing.assert_allclose(found, expected)
    assert np.array_equal(again.transform(table), expected)


def test_missing_values_are_a_level_where_there_are_some():
    frame = FRAME.assign(shop=FRAME.shop.where(LEVEL % 50 > 0))
    encoder = TableEncoder.fit(frame)
    codes = encoder.transform(frame)[:, 1]
    assert len(set(codes[LEVEL % 50 == 0])) == 1
    assert codes[0] > 0
    np.testing.assert_allclose(RowEncoder(encoder)({"x": 0.0, "shop": None, "w": 0.0})[0, 1], codes[0])


def test_fewer_levels_are_one_hot():
    frame = FRAME[LEVEL < MOST_ONE_HOT // 2]
    encoder = TableEncoder.fit(frame)
    assert not encoder.codes
    assert not isinstance(encoder.columns[1], CodedColumn)
    assert FEWEST > 1


def test_the_effects_of_levels_are_learned(model, tmp_path):
    again = FRAME.assign(x=0.0, w=0.0)[LEVEL < LEVELS].drop_duplicates("shop")
    assert np.corrcoef(model.predict(again), EFFECT[:LEVELS])[0, 1] > 0.9
    model.save(tmp_path / "model")
    assert np.array_equal(cp.load(tmp_path / "model").predict(FRAME), model.predict(FRAME))
    assert "shop" in str(model.explain(FRAME, 3))


def test_a_new_level_is_answered_with_what_the_others_have_in_common(model):
    with pytest.warns(UserWarning, match="not there in training"):
        answers = model.predict(FRAME.head(50).assign(shop="never"))
    assert np.abs(answers - FRAME.x.head(50)).mean() < 1.5


def test_the_column_is_one_in_the_importances(model):
    table = FRAME.assign(target=Y)
    names = [name for name, _, _ in permutation_importance(model.model_, table, n_repeats=1).ranked()]
    assert names == ["shop", "x", "w"]


def test_contributions_of_codes_are_those_of_their_rows():
    """Without hidden layers the answer is linear in x and in the row of the table: the parts add up to it."""
    options = {"members": 2, "epochs": 3, "hidden": [], "pieces": 0, "random_state": 0, "n_threads": 1}
    linear = cp.TabularRegressor("fast", **options).fit(FRAME, Y).model_
    some = FRAME.head(40)
    parts = gradient_times_input(linear, some)
    bias = np.mean([member.parameters["b1"][0] for member in linear.members])
    np.testing.assert_allclose(parts.sum(axis=1) + bias, linear.outputs(some)[:, 0], atol=1e-5)
    assert np.abs(parts[:, 1]).max() > 0


def test_what_is_done_is_said_in_both_languages(encoder):
    column = encoder.columns[1]
    assert "learned table for each of 400 levels" in column.describe()("en")
    for lang in ("en", "zh"):
        assert Message(f"table.kinds.{column.kind}")(lang)
