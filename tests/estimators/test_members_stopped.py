"""The training of members that is watched, stopped, or killed and gone on with; and what a model remembers of it."""

import numpy as np
import polars as pl
import pytest

import clearprop as cp
from clearprop.estimators.about import split_again
from clearprop.estimators.verdict import still_falling
from clearprop.interop import read_model
from clearprop.table.encoder import as_frame

rng = np.random.default_rng(1)
N = 200
TABLE = pl.DataFrame({"x": rng.normal(size=N), "z": rng.normal(size=N)}).with_columns(
    y=pl.when(pl.col("x") > pl.col("z").abs()).then(pl.lit("yes")).otherwise(pl.lit("no"))
)
SMALL = {"hidden": 8, "epochs": 10, "learning_rate": 0.01, "n_threads": 1}


def train(**options):
    return cp.TableModel.train(TABLE, "y", **{"members": 4, **SMALL, **options})


def test_progress_is_told_of_all_members_and_of_a_single_one():
    told = []
    fit = train(progress=told.append)
    assert {len(done) for done in told} == {4}
    assert told[-1] == tuple(history.epochs for history in fit.histories)
    assert fit.history is fit.histories[0]
    assert fit.seconds > 0
    told.clear()
    train(members=1, progress=told.append)
    assert told == [(n,) for n in range(1, 11)]


def test_callbacks_of_members_are_refused_and_not_passed_over():
    with pytest.raises(cp.ClearpropError, match=r"callbacks after each epoch of 4 members.*progress="):
        train(callbacks=print)
    assert train(callbacks=(), epochs=1).rows["train"] == 170


def test_stopped_early_those_answer_whose_turn_had_come():
    fit = train(progress=lambda done: done[2] > 0)  # in the third
    assert [history.epochs > 0 for history in fit.histories] == [True, True, True]
    assert fit.histories[2].stopped_by == "callback"
    assert [h.stopped_by for h in fit.histories[:2]] == ["epochs", "epochs"]
    assert len(fit.model.members) == 3
    assert (fit.folds, list(fit.parts)) == (0, ["train", "test"]), "some rows were held out by nobody"
    whole = train().model.members
    for ours, theirs in zip(fit.model.members[:2], whole, strict=False):
        last = max(name.layer for name in ours.architecture.parameters)  # which the temperature of all divides
        hidden = [name for name in ours.architecture.parameters if name.layer < last]
        assert all(np.array_equal(ours.arrays()[name], theirs.arrays()[name]) for name in hidden)
    assert len(train(progress=lambda done: True).model.members) == 1


def test_a_stopped_training_goes_on_to_the_same_model(tmp_path):
    path = tmp_path / "checkpoint"
    stopped = train(checkpoint=path, progress=lambda done: done[2] > 0)
    assert len(stopped.model.members) == 3
    assert {"0", "1"} <= set(read_model(path)[0]["ended"]) < {*"0123"}
    again, whole = train(checkpoint=path, resume=True), train()
    assert again.model == whole.model
    assert again.scores == whole.scores
    with pytest.raises(cp.ModelFileError, match="another network"):
        train(checkpoint=path, resume=True, hidden=9)


def test_a_model_remembers_its_folds_members_and_preset(tmp_path):
    fit = cp.TableModel.train(TABLE, "y", recipe=cp.Recipe.preset("fast", epochs=5))
    assert (fit.folds, fit.rows_apart) == (4, {"train": 170, "test": 30})
    fit.model.save(tmp_path / "m")
    about = cp.load(tmp_path / "m").about
    assert about["split"]["folds"] == 4
    assert about["preset"] == {"name": "fast", "changed": ["epochs"]}
    assert [member["epochs"] for member in about["members"]] == [5, 5, 5, 5]
    single = train(members=1)
    assert (single.folds, single.rows_apart) == (0, single.rows)


@pytest.mark.parametrize("by", [{}, {"group": "who"}, {"time": "day"}])
def test_its_parts_are_found_again(by):
    table = TABLE.with_columns(who=pl.Series(np.arange(N) // 4), day=pl.Series(np.arange(N)))
    fit = cp.TableModel.train(table, "y", members=3, **by, **SMALL)
    model = fit.model
    X, y = model.arrays(table)
    found = split_again(model.about, model.target, as_frame(table), y, model.network.predict(X))
    assert np.array_equal(found.train, fit.split.train)
    assert np.array_equal(found.test, fit.split.test)
    assert not len(found.validation)


def test_one_member_alone_is_traced_and_explained():
    fit = train(pieces=4)
    model, row = fit.model, TABLE[3:4]
    X, _ = model.arrays(row)
    answers = [float(net.predict(X)[0, 0]) for net in model.members]
    assert model.trace(row)[model.trace(row).output].item() == pytest.approx(np.mean(answers), abs=1e-6)
    for k in (0, 3):
        trace = model.trace(row, member=k)
        assert trace[trace.output].item() == pytest.approx(answers[k], abs=1e-6)
        assert f"This is member {k + 1} of 4 alone" in str(model.explain(row, member=k))
    both = model.explain(row)
    assert both.trace[both.trace.output].item() == pytest.approx(np.mean(answers), abs=1e-6)
    assert both.derived[both.derived.output].item() == pytest.approx(answers[0], abs=1e-6)
    said = str(both)
    assert "the mean of what 4 members answer" in said
    assert "2 layers" in said
    for wrong in (4, -1, 1.5):
        with pytest.raises(cp.ClearpropError, match="member"):
            model.explain(row, member=wrong)
    assert "members" not in str(train(members=1).model.explain(row))


def test_it_is_said_why_there_are_fewer_members_or_no_row_held_out():
    def said(fit):
        return [message.key for message in fit.division.said]

    groups = TABLE.with_columns(who=pl.Series(np.arange(N) % 3))
    assert "division.fewer" in said(cp.TableModel.train(groups, "y", members=4, group="who", test=0.3, **SMALL))
    assert "division.begun" in said(train(progress=lambda done: done[2] > 0))
    few = cp.TableModel.train(TABLE[:14], "y", members=16, test=0, **SMALL)
    assert said(few)[-1] == "division.no_folds"
    assert len(few.model.members) == 16
    assert said(train())[-1] == "division.folds.random"
    assert "division.no_folds" not in said(train(validation=TABLE[:40]))


def test_a_schedule_that_ends_at_nothing_is_not_called_unfinished():
    history = cp.History({"loss": [1.0] * 20, "learning_rate": [0.01] * 20}, best_epoch=20)
    assert still_falling(history)
    history.columns["learning_rate"] = np.linspace(0.01, 0, 20).tolist()
    assert not still_falling(history)


@pytest.mark.parametrize("share", [0, 0.3])
def test_a_validation_share_that_members_do_not_use_is_said(share):
    def said(fit):
        return " ".join(str(one) for one in fit.division.said)

    assert f"the validation share of {share:.0%} is not used" in said(train(validation=share, epochs=1))
    assert "is not used" not in said(train(epochs=1))
