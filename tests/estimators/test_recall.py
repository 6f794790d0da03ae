"""What a model file remembers of its training, and what of it is believed."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

import clearprop as cp
from clearprop.errors import ModelFileError
from clearprop.estimators.about import MOST_POINTS, checked_about, history_of, optimizer_of, split_again, training_facts
from clearprop.table.encoder import as_frame
from clearprop.train import History

rng = np.random.default_rng(0)


def frame_of(target):
    x = rng.normal(size=(130, 2))
    y = {"classes": np.where(x[:, 0] > 0, "a", "b"), "numbers": x[:, 0] + 0.1 * x[:, 1]}[target]
    return pl.DataFrame({"x": x[:, 0], "z": x[:, 1], "y": y})


@pytest.mark.parametrize("target", ["classes", "numbers"])
@pytest.mark.parametrize("shares", [(0.15, 0.15), (0.2, 0.0), (0.0, 0.0)], ids=str)
def test_the_split_is_found_again_after_saving(tmp_path, target, shares):
    frame = frame_of(target)
    fit = cp.TableModel.train(
        frame, "y", seed=3, epochs=12, optimizer="sgd", learning_rate=0.02, validation=shares[0], test=shares[1]
    )
    fit.model.save(tmp_path / "m")
    model = cp.load(tmp_path / "m")
    X, y = model.arrays(frame)
    table = as_frame(frame)
    again = split_again(model.about, model.target, table, y, model.network.predict(X))
    for name in ("train", "validation", "test"):
        np.testing.assert_array_equal(getattr(again, name), getattr(fit.split, name))
    assert optimizer_of(model.about) == cp.SGD(0.02)
    assert history_of(model.about).loss == pytest.approx(fit.history.loss, rel=1e-4)
    assert model.about["training"]["batch_size"] == 32


def test_another_table_is_not_taken_for_the_training_table():
    frame = frame_of("classes")
    model = cp.TableModel.train(frame, "y", epochs=5).model
    for other in (frame.head(100), frame.reverse(), frame.with_columns(y=frame["y"].shuffle(seed=1))):
        X, y = model.arrays(other)
        assert split_again(model.about, model.target, as_frame(other), y, model.network.predict(X)) is None


def test_long_curves_are_shortened():
    history = History({"loss": [1 / (i + 1) for i in range(1234)]}, [1.23456789, 2.0, 3.0, 4.0])
    facts = training_facts(history, cp.Adam(), 32)
    curve = facts["curves"]["loss"]
    assert MOST_POINTS / 2 < len(curve) <= MOST_POINTS
    assert curve[0] == 1.0
    assert facts["first_losses"] == [1.2346, 2.0, 3.0]
    recalled = history_of({"training": facts, "epochs": 1234})
    assert (recalled.epochs, len(recalled.loss), list(recalled.numbered)[:2]) == (1234, 95, [1, 14])
    np.testing.assert_allclose(recalled.loss, [1 / number for number in recalled.numbered], rtol=1e-4)
    whole = history_of({"training": training_facts(history, cp.Adam(), 32) | {"curves": {}}, "epochs": 1234})
    assert whole.epochs == 0, "a file that somebody changed"


@pytest.mark.parametrize(
    "optimizer",
    [
        cp.SGD(0.02, 0.8, nesterov=True),
        cp.AdamW(0.02, beta1=0.5, weight_decay=0.3, clip_norm=2.0),
        cp.GradientDescent(0.02),
    ],
    ids=str,
)
def test_an_optimizer_is_recalled_with_all_that_it_was_given(tmp_path, optimizer):
    cp.TableModel.train(frame_of("numbers"), "y", epochs=2, optimizer=optimizer).model.save(tmp_path / "m")
    assert optimizer_of(cp.load(tmp_path / "m").about) == optimizer


def test_of_a_schedule_the_first_value_is_recalled():
    decay = cp.StepDecay(0.2, factor=0.5, every=1)
    facts = training_facts(History({"loss": [1.0], "learning_rate": [0.1]}), cp.AdamW(0.1, weight_decay=decay), 8)
    assert optimizer_of({"training": facts}) == cp.AdamW(0.1, weight_decay=0.2)


def test_a_model_that_remembers_nothing():
    assert history_of({}) is None
    assert optimizer_of({}) is None
    model = cp.TableModel.train(frame_of("classes"), "y", epochs=1).model
    frame = frame_of("classes")
    X, y = model.arrays(frame)
    for about in ({}, {"parts": {}}, {"parts": model.about["parts"]}):
        assert split_again(about, model.target, as_frame(frame), y, model.network.predict(X)) is None


GOOD = {
    "optimizer": "adam",
    "batch_size": 32,
    "curves": {"loss": [1.0, 0.5], "learning_rate": [0.1, 0.1]},
    "first_losses": [1.0],
    "stopped_by": "epochs",
}


@pytest.mark.parametrize(
    "damage",
    [
        {"optimizer": "os.system"},
        {"optimizer": ["adam"]},
        {"batch_size": 0},
        {"batch_size": True},
        {"batch_size": 10**400},
        {"curves": {"loss": [float("nan")]}},
        {"curves": {"loss": [1.0], "learning_rate": [1.0, 2.0]}},
        {"curves": {"loss": [1.0], "learning_rate": [0.0]}},
        {"curves": {"anything": [1.0]}},
        {"curves": {"loss": "1.0"}},
        {"curves": []},
        {"first_losses": [10**400]},
        {"first_losses": None},
        {"stopped_by": 3},
        {"stopped_by": "boredom"},
    ],
    ids=str,
)
def test_damaged_facts_are_not_believed(damage):
    assert checked_about("m", {"training": GOOD}) == {"training": GOOD}
    without = {name: value for name, value in GOOD.items() if name not in damage}
    for facts in ({**GOOD, **damage}, without):
        with pytest.raises(ModelFileError, match="m is damaged: what it says of 'training'"):
            checked_about("m", {"training": facts})
