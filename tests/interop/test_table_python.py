"""Models of tables as one file of Python: features to the bit, answers as the model's."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl
import pytest

import clearprop as cp
from clearprop.table.one_row import RowEncoder
from tables_to_write import models, special_models

pytestmark = pytest.mark.filterwarnings("ignore::clearprop.errors.DataWarning")


def compare(model, rows, text):
    space = {}
    exec(text, space)
    X, encode = space["features"](rows), RowEncoder(model.encoder)
    ours = np.concatenate([encode(row, str(X.dtype)) for row in rows])
    assert X.dtype == model.network.dtype.replace("f", "float")
    assert np.array_equal(X, ours)
    found, wanted = space["predict"](rows), [model.predict(row)[0] for row in rows]
    if isinstance(wanted[0], float):
        scale = np.maximum(model.target.std, np.abs(wanted))
        assert (np.abs(found - wanted) <= 1e-6 * scale).all()
    elif isinstance(wanted[0], date):
        assert found == wanted
    else:
        p = np.concatenate([model.predict_proba(row) for row in rows])
        assert np.abs(space["probabilities"](rows) - p).max() <= 1e-6
        sure = np.diff(np.sort(p / (space["CUTS"] or 1.0))[:, -2:])[:, 0] > 1e-5
        assert [a for a, s in zip(found, sure, strict=True) if s] == [a for a, s in zip(wanted, sure, strict=True) if s]


def test_rows_in_any_spelling_are_answered_as_by_the_model():
    for i, (model, rows) in enumerate(models(range(1))):
        compare(model, rows, model.to_numpy_source(lang="zh" if i else "en"))


def test_many_levels_counted_days_members_logarithms_dates_and_a_rule_for_rare_classes():
    for model, rows in special_models():
        compare(model, rows, model.to_numpy_source())


@pytest.mark.long
def test_many_models_and_rows_in_any_spelling():
    for model, rows in models(range(25)):
        compare(model, rows, model.to_numpy_source())


def test_rows_come_one_by_one_as_lists_columns_or_data_frames():
    frame = pl.DataFrame(
        {"n": [1.5, None, 3.5] * 9, "day": [date(2024, 1, k) for k in (1, 2, 7)] * 9, "y": [1, 2, 3] * 9}
    )
    model, space = cp.TableModel.train(frame, "y", epochs=1, task="regression").model, {}
    exec(model.to_numpy_source(), space)
    wanted = space["features"](frame.to_dicts())
    assert np.array_equal(wanted, model.encoder.transform(frame, "float32"))
    for given in (
        frame,
        frame.to_pandas(),
        frame.to_dict(as_series=False),
        {n: frame[n].to_numpy() for n in frame.columns},
    ):
        assert np.array_equal(space["features"](given), wanted)
    zoned = frame.with_columns(pl.col("day").cast(pl.Datetime("us", "UTC")))
    for given in (zoned, zoned.to_pandas()):
        assert np.array_equal(space["features"](given), wanted)
    assert np.array_equal(space["features"](frame.row(1, named=True)), wanted[1:2])
    assert len(space["predict"]([])) == 0


@pytest.mark.parametrize(
    ("row", "said"),
    [({}, "no column 'n'"), ({"n": "many"}, "'n' holds 'many', expected a number"), ({"n": 1e200}, "below")],
)
def test_what_a_row_must_have_and_hold(row, said):
    model = cp.TableModel.train(pl.DataFrame({"n": [1.5, 2.5, 3.5] * 9, "y": [1.0, 2.0, 3.0] * 9}), "y", epochs=1).model
    space = {}
    exec(model.to_numpy_source(), space)
    with pytest.raises((KeyError, ValueError), match=said):
        space["predict"](row)


def test_text_that_reads_as_numbers_is_refused_by_the_name_of_its_column():
    frame = pl.DataFrame({"price": [f"${i}.50" for i in range(30)], "y": [float(i) for i in range(30)]})
    model = cp.TableModel.train(frame, "y", epochs=1).model
    with pytest.raises(cp.errors.InvalidValueError, match="'price' in Python source"):
        model.to_numpy_source()


def test_a_model_that_pytorch_has_no_layers_for_says_how_to_train_one_that_it_has():
    frame = pl.DataFrame({"a": [float(k) for k in range(40)], "y": ["no", "yes"] * 20})
    with pytest.raises(cp.errors.InvalidValueError, match="pieces=0, members=1"):
        cp.TableModel.train(frame, "y", epochs=1, pieces=8).model.to_torch_source()
    text = cp.TableModel.train(frame, "y", epochs=1, pieces=0, members=1).model.to_torch_source()
    assert "net = nn.Sequential(" in text
    assert text.index("usual = torch.get") < text.index("set_default_dtype(torch.float32)") < text.index("dtype(usual)")


def test_files_that_only_answer_say_nothing_of_gradients():
    frame = pl.DataFrame({"a": [float(k) for k in range(40)], "y": ["no", "yes"] * 20})
    model = cp.TableModel.train(frame, "y", epochs=1, pieces=8).model
    net = model.network
    assert "without a gradient" in net.to_numpy_source()
    for text in (model.to_numpy_source(), model.to_c(), model.to_javascript(), net.to_c(), net.to_javascript()):
        assert "without a gradient" not in text
