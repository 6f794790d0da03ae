"""Whether numbers are encoded piece by piece, as the first members' held-out rows have it."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

import clearprop as cp
from clearprop.interop import read_model
from clearprop.nn import PiecewiseLinear
from clearprop.report.overview import ended_and_calibrated
from commands import run

rng = np.random.default_rng(3)
N = 900
x, z = rng.uniform(-1, 1, N), rng.normal(size=N)
SMOOTH = pl.DataFrame({"x": x, "z": z, "y": 2 * x + z + 2 * rng.normal(size=N)})
STEPS = pl.DataFrame({"x": x, "z": z, "y": np.sign(np.sin(25 * x)) + 0.1 * rng.normal(size=N)})
SMALL = {"members": 4, "hidden": 32, "epochs": 25, "learning_rate": 0.01, "pieces": None, "test": 0.1, "n_threads": 1}


def train(table, **options):
    return cp.TableModel.train(table, "y", **{**SMALL, **options})


def encoded(model):
    return {any(isinstance(layer, PiecewiseLinear) for layer in net.architecture.layers) for net in model.members}


def test_a_smooth_noisy_target_is_learned_without_pieces_and_steps_with_them():
    smooth, steps = train(SMOOTH).model, train(STEPS).model
    assert (encoded(smooth), encoded(steps)) == ({False}, {True})
    assert smooth.about["race"]["pieces"] is False
    assert steps.about["race"]["pieces"] is True
    with_pieces, without = smooth.about["race"]["losses"]
    assert without < with_pieces
    with_pieces, without = steps.about["race"]["losses"]
    assert with_pieces < without


def test_there_is_no_race_where_pieces_are_given_or_nothing_is_cut_or_members_are_few():
    assert "race" not in train(SMOOTH, pieces=8).model.about
    assert "race" not in train(SMOOTH, pieces=0).model.about
    assert "race" not in train(SMOOTH, members=3).model.about
    flags = SMOOTH.with_columns(x=pl.col("x") > 0, z=pl.col("z") > 0)
    assert "race" not in train(flags).model.about


def test_members_are_those_of_a_training_without_the_race():
    raced, alone = train(SMOOTH), train(SMOOTH, pieces=0)
    for ours, theirs in zip(raced.model.members, alone.model.members, strict=True):
        assert all(np.array_equal(ours.arrays()[name], theirs.arrays()[name]) for name in ours.arrays())
    assert raced.scores == alone.scores
    assert raced.model.members[2].seed == alone.model.members[2].seed
    again = train(SMOOTH, n_threads=3)
    assert again.model == raced.model


def test_a_model_in_a_file_remembers_the_race(tmp_path):
    model = train(STEPS, epochs=4).model
    model.save(tmp_path / "m")
    assert cp.load(tmp_path / "m").about["race"] == model.about["race"]


@pytest.mark.parametrize("when", ["in the race", "after it"])
def test_a_stopped_training_goes_on_to_the_same_model(tmp_path, when):
    path = tmp_path / "checkpoint"

    def stop(done):
        assert len(done) == 4
        return done[0] > 12 if when == "in the race" else done[2] > 12

    stopped = train(SMOOTH, checkpoint=path, progress=stop)
    assert stopped.folds == 0
    assert ("race" in stopped.model.about) == (when == "after it")
    again, whole = train(SMOOTH, checkpoint=path, resume=True), train(SMOOTH)
    assert again.model == whole.model
    assert again.model.about["race"] == whole.model.about["race"]
    assert set(read_model(tmp_path / "checkpoint.first")[0]["ended"]) == {*"0123"}


def test_progress_goes_from_nothing_to_all_epochs_of_all_members():
    told = []
    train(STEPS, progress=told.append)
    sums = [sum(done) for done in told]
    assert sums == sorted(sums)
    assert told[-1] == (25, 25, 25, 25)


def test_a_kind_that_diverges_has_lost(tmp_path):
    """At this rate the members without pieces diverge, and those with pieces do not."""
    asked = {"optimizer": "sgd", "learning_rate": 0.25, "epochs": 6}
    fit = train(SMOOTH, **asked)
    assert fit.model.about["race"]["pieces"] is True
    assert fit.model.about["race"]["losses"][1] is None
    (said,) = ended_and_calibrated({"race": fit.model.about["race"]})
    assert said("en") == "numbers encoded piece by piece: without, the training diverged"
    fit.model.save(tmp_path / "m")
    assert cp.load(tmp_path / "m").about["race"] == fit.model.about["race"]
    with pytest.raises(cp.DivergenceError):
        train(SMOOTH, **{**asked, "learning_rate": 1e20})


def test_the_command_leaves_no_checkpoint_behind(tmp_path):
    SMOOTH[:200].write_csv(tmp_path / "t.csv")
    for epochs in (1, 2):  # what the first one left would refuse the second
        asked = ("train", tmp_path / "t.csv", "--target", "y", "--out", tmp_path / "o", "--checkpoint")
        done = run(*asked, "--preset", "fast", "--epochs", epochs, "--quiet")
        assert done.returncode == 0, done.stderr
    assert not [path.name for path in (tmp_path / "o").iterdir() if "checkpoint" in path.name]
