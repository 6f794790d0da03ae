"""A data frame in, answers out: the whole way, and what it refuses."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pytest

import clearprop as cp
from clearprop.table import load_demo, read_batches, read_table
from clearprop.table.split import split_rows

rng = np.random.default_rng(0)


@pytest.fixture(scope="module")
def mixed():
    """300 rows: the label depends on a number and on a category, with gaps in both."""
    x, c = rng.normal(size=300), rng.choice(["red", "blue", "green"], 300)
    label = np.where((x > 0) ^ (c == "red"), "yes", "no")
    frame = pl.DataFrame({"x": x, "c": c, "label": label})
    gaps = pl.Series(rng.random(300) < 0.05)
    return frame.with_columns(x=pl.when(gaps).then(None).otherwise(pl.col("x")))


def test_classification_of_a_mixed_table(mixed):
    fit = cp.TableModel.train(mixed, "label", epochs=60, learning_rate=0.01)
    assert fit.rows == {"train": 210, "validation": 45, "test": 45}
    assert fit.scores["test"]["accuracy"] > 0.85
    answers = fit.model.predict(mixed.drop("label"))
    assert len(answers) == 300
    assert set(answers) == {"yes", "no"}
    p = fit.model.predict_proba(mixed)
    np.testing.assert_allclose(p.sum(1), 1, rtol=1e-6)
    assert [fit.model.target.classes[k] for k in p.argmax(1)] == answers


def test_regression_is_restored_to_its_unit():
    x = rng.uniform(-2, 2, 400)
    frame = pd.DataFrame({"x": x, "price": 50_000 + 10_000 * x + rng.normal(0, 500, 400)})
    fit = cp.TableModel.train(frame, "price", epochs=100, learning_rate=0.01)
    assert fit.scores["test"]["r2"] > 0.98
    assert 300 < fit.scores["test"]["rmse"] < 1500
    assert fit.model.predict(pd.DataFrame({"x": [1.0]}))[0] == pytest.approx(60_000, abs=1500)
    with pytest.raises(cp.InvalidValueError, match="use predict"):
        fit.model.predict_proba(frame)


def test_scores_are_those_of_the_saved_model(mixed, tmp_path):
    fit = cp.TableModel.train(mixed, "label", epochs=5)
    fit.model.save(tmp_path / "m")
    loaded = cp.load(tmp_path / "m")
    assert loaded.predict(mixed) == fit.model.predict(mixed)
    assert loaded.score(mixed) == fit.model.score(mixed)


def test_same_seed_same_model(mixed):
    one, two = (cp.TableModel.train(mixed, "label", epochs=3, seed=4).model.predict_proba(mixed) for _ in range(2))
    np.testing.assert_array_equal(one, two)


def test_numpy_integers_can_be_saved(mixed, tmp_path):
    fit = cp.TableModel.train(mixed, "label", epochs=1, seed=np.int64(3), batch_size=np.int64(8))
    fit.model.save(tmp_path / "m")
    assert cp.load(tmp_path / "m").about["seed"] == 3


def test_the_encoding_is_learned_from_training_rows_alone(mixed):
    fit = cp.TableModel.train(mixed, "label", epochs=1, seed=1)
    x = fit.model.encoder.columns[0]
    assert x.center != pytest.approx(mixed["x"].fill_null(mixed["x"].median()).mean(), abs=1e-6)


def test_binary_and_many_classes_get_the_output_that_suits():
    def last(name):
        fit = cp.TableModel.train(load_demo(name), "target", epochs=1)
        return fit.model.network.architecture.layers[-1]

    assert last("moons") == cp.Dense(1, "sigmoid")
    assert last("spiral") == cp.Dense(3, "softmax")
    assert last("diabetes") == cp.Dense(1)


@pytest.mark.parametrize(
    ("change", "options", "words"),
    [
        (lambda f: f, {"target": "lable"}, "did you mean 'label'"),
        (lambda f: f.with_columns(label=pl.lit("yes")), {}, "one class only"),
        (lambda f: f.select("label"), {}, "no column to learn from"),
        (lambda f: f, {"drop": ["z"]}, "no column 'z' to drop"),
        (lambda f: f, {"task": "clustering"}, "unknown task"),
        (lambda f: f, {"task": "regression"}, "'label' holds"),
        (lambda f: f, {"hidden": [0]}, "units 0"),
        (lambda f: f, {"activation": "rleu"}, "did you mean 'relu'"),
        (lambda f: f, {"optimizer": "adm"}, "did you mean 'adam'"),
        (lambda f: f, {"learning_rate": -1.0}, "learning_rate"),
        (lambda f: f, {"validation": 0.6, "test": 0.5}, "less than 1 together"),
        (lambda f: f, {"seed": -1}, "seed"),
        (lambda f: f, {"batch_size": 2.5}, "batch_size 2.5"),
        (lambda f: f, {"validation": None}, "validation share None"),
        (lambda f: f.head(0), {}, "missing in every row"),
        (lambda f: [1], {}, "a table of type list"),
    ],
)
def test_mistakes_are_named(mixed, change, options, words):
    arguments = {"target": "label", "epochs": 1} | options
    with pytest.raises(cp.ClearpropError, match=words):
        cp.TableModel.train(change(mixed), arguments.pop("target"), **arguments)


def test_tiny_tables_do_not_crash():
    frame = pl.DataFrame({"x": [0.0, 1.0, 2.0, 3.0], "y": ["a", "b", "a", "b"]})
    fit = cp.TableModel.train(frame, "y", epochs=3)
    assert len(fit.model.predict(frame)) == 4


def test_one_column_and_one_layer_need_no_list(mixed):
    fit = cp.TableModel.train(mixed, "label", epochs=1, hidden=7, drop=mixed.columns[0])
    assert fit.model.network.architecture.layers[0] == cp.Dense(7, "relu")
    assert mixed.columns[0] not in [column.name for column in fit.model.encoder.columns]


def test_evaluation_in_batches_is_that_of_the_whole(mixed, tmp_path):
    fit = cp.TableModel.train(mixed, "label", epochs=5)
    whole = fit.model.evaluate(mixed)
    assert whole.scores == fit.model.score(mixed)
    assert whole.confusion.sum() == whole.rows == 300
    assert np.trace(whole.confusion) / 300 == whole.scores["accuracy"]
    gaps = pl.concat([mixed, mixed.head(20).with_columns(label=pl.lit(None, pl.String))])
    gaps.write_csv(tmp_path / "t.csv")
    for frames in (gaps, [gaps.head(100), gaps.slice(100)], read_batches(tmp_path / "t.csv")):
        found = fit.model.evaluate(frames)
        assert (found.rows, found.without_target) == (300, 20)
        assert found.scores == pytest.approx(whole.scores)
        assert all(found.intervals[name] == pytest.approx(whole.intervals[name]) for name in whole.intervals)
    with pytest.raises(cp.TableError, match="missing in every row"):
        fit.model.evaluate(gaps.tail(20))


def test_what_a_model_says_about_itself(mixed, tmp_path):
    fit = cp.TableModel.train(mixed, "label", epochs=5, seed=3)
    fit.model.save(tmp_path / "m")
    about = cp.load(tmp_path / "m").about
    assert about["seed"] == 3
    assert about["parts"]["test"]["scores"]["accuracy"] == fit.scores["test"]["accuracy"]
    assert sum(fit.model.target.shares) == pytest.approx(1)


@pytest.mark.parametrize("dtype", [pl.String, pl.Int64, pl.Boolean])
def test_labels_are_found_again_in_text(tmp_path, dtype):
    labels = {pl.String: ["no", "yes"], pl.Int64: [3, 4], pl.Boolean: [False, True]}[dtype]
    frame = pl.DataFrame({"x": np.arange(60.0) / 7, "y": pl.Series(labels * 30, dtype=dtype)})
    model = cp.TableModel.train(frame, "y", epochs=2).model
    frame.write_csv(tmp_path / "t.csv")
    assert list(model.target.classes) == labels
    assert model.score(read_table(tmp_path / "t.csv")) == model.score(frame)
    assert model.evaluate(read_batches(tmp_path / "t.csv")).scores == pytest.approx(model.score(frame))


def test_a_target_hidden_in_text():
    x = rng.uniform(1, 2, 200)
    frame = pl.DataFrame({"x": x, "price": [f"${1000 * v:,.2f}" for v in x]})
    fit = cp.TableModel.train(frame, "price", epochs=60, learning_rate=0.01)
    assert fit.scores["test"]["r2"] > 0.9
    assert 1400 < fit.model.predict(pl.DataFrame({"x": [1.5]}))[0] < 1600
    marked = frame.with_columns(price=pl.when(pl.col("x") > 1.99).then(pl.lit("ask")).otherwise("price"))
    with pytest.raises(cp.TableError, match="target 'price' holds 'ask'.*na='ask'"):
        cp.TableModel.train(marked, "price", epochs=1)


def test_a_target_of_nothing_but_classes_is_refused():
    frame = pl.DataFrame({"x": range(100), "y": [f"name {i}" for i in range(100)]})
    with pytest.raises(cp.TableError, match="100 classes in 100 rows.*another column"):
        cp.TableModel.train(frame, "y")


def test_training_goes_on_from_a_checkpoint(mixed, tmp_path):
    options = {"seed": 1, "patience": 1000}
    whole = cp.TableModel.train(mixed, "label", epochs=12, **options)
    stop = [lambda event: event.number == 5]
    cp.TableModel.train(mixed, "label", epochs=12, checkpoint=tmp_path / "c", callbacks=stop, **options)
    again = cp.TableModel.train(mixed, "label", epochs=12, checkpoint=tmp_path / "c", resume=True, **options)
    assert again.history.epochs == 12
    np.testing.assert_array_equal(again.model.predict_proba(mixed), whole.model.predict_proba(mixed))


def test_a_wild_target_in_a_held_out_row_does_not_spoil_the_scale():
    x = np.random.default_rng(0).normal(size=400)
    split = cp.TableModel.train(pl.DataFrame({"x": x, "y": x}), "y", epochs=1).model.target
    rows = split_rows(400, seed=0, fractions=(0.15, 0.15))
    y = x.copy()
    y[rows.test[0]] = 1e20
    assert cp.TableModel.train(pl.DataFrame({"x": x, "y": y}), "y", epochs=1).model.target == split


def test_sizes_in_an_array(mixed):
    fit = cp.TableModel.train(mixed, "label", epochs=1, hidden=np.array([8, 4]))
    assert [layer.units for layer in fit.model.network.architecture.layers] == [8, 4, 1]
