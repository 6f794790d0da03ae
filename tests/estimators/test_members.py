"""Several members that answer together: folds, cuts, and what is said of rows that were held out in turn."""

import narwhals.stable.v1 as nw
import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import clearprop as cp
from clearprop.estimators.cuts import cuts_of
from clearprop.estimators.division import divide
from clearprop.estimators.folds import folds_of
from clearprop.estimators.recipe import Recipe
from clearprop.table.target import fit_target

rng = np.random.default_rng(0)
N = 240
x1, x2 = rng.normal(size=N), rng.normal(size=N)
TABLE = pl.DataFrame({"x1": x1, "x2": x2, "y": np.where(x1 * x2 > 0, "yes", "no")})
SMALL = {"hidden": 16, "epochs": 12, "learning_rate": 0.01}


def division_of(table, target="y", **by):
    frame = nw.from_native(table, eager_only=True)
    coding = fit_target(frame[target], None)
    y = coding.encode(frame[target])
    return divide(frame, coding, y, seed=0, shares=(0.0, by.pop("test", 0.0)), **by), coding, y


@given(rows=st.lists(st.integers(0, 3), min_size=9, max_size=80), members=st.integers(2, 9), seed=st.integers(0, 9))
def test_folds_have_their_share_of_each_class(rows, members, seed):
    labels = [*"abcd", *("abcd"[k] for k in rows)]
    division, coding, y = division_of(pl.DataFrame({"y": labels, "x": range(len(labels))}))
    folds = folds_of(division, coding, y, members, seed)
    assert sorted(set(folds.tolist())) == list(range(members))
    sizes = np.bincount(folds)
    assert sizes.max() - sizes.min() <= 1
    for label in range(4):
        counts = np.bincount(folds[y == label], minlength=members)
        assert counts.max() - counts.min() <= 1


@given(groups=st.lists(st.integers(0, 12), min_size=12, max_size=60), members=st.integers(2, 6))
def test_folds_leave_groups_whole(groups, members):
    groups = [0, 1, 2, *groups]
    table = pl.DataFrame({"who": groups, "y": np.linspace(0, 1, len(groups))})
    division, coding, y = division_of(table, group="who")
    folds = folds_of(division, coding, y, members, 0)
    for who in set(groups):
        assert len(set(folds[np.array(groups) == who].tolist())) == 1
    assert sorted(set(folds.tolist())) == list(range(min(members, len(set(groups)))))


def test_folds_of_a_time_are_stretches_of_it():
    time = np.random.default_rng(1).permutation(60)
    table = pl.DataFrame({"year": time, "y": np.linspace(0, 1, 60)})
    division, coding, y = division_of(table, time="year", test=0.2)
    folds = folds_of(division, coding, y[division.split.train], 4, 0)
    ordered = folds[np.argsort(time[division.split.train])]
    assert (np.diff(ordered) >= 0).all()
    assert np.bincount(folds).tolist() == [12, 12, 12, 12]


@given(
    values=st.lists(st.sampled_from([0.0, 0.0, 0.0, 1.0, 2.5, 3.0, 7.0, 8.0, 100.0]) | st.floats(-50, 50), min_size=3),
    pieces=st.integers(2, 20),
)
def test_cuts_increase_and_reach_from_end_to_end(values, pieces):
    x = np.array(values)
    (cuts,) = cuts_of(x[:, None], pieces)
    if len(np.unique(x)) < 3 or not len(cuts):
        assert len(cuts) == 0
        return
    assert (np.diff(cuts) > 0).all()
    assert cuts[0] == x.min()
    assert cuts[-1] == pytest.approx(x.max(), abs=2e-6 * np.ptp(x))


def test_a_value_that_most_rows_share_leaves_cuts_for_the_others():
    x = np.concatenate([np.zeros(920), np.linspace(100, 1000, 80)])
    (cuts,) = cuts_of(x[:, None], 16)
    assert cuts[0] == 0
    assert cuts[1] == 100  # an interval of its own: all that the other values are not
    assert len(cuts) >= 9


def test_every_row_is_answered_by_the_member_that_did_not_learn_it():
    fit = cp.TableModel.train(TABLE, "y", members=4, pieces=8, **SMALL)
    model, rows = fit.model, fit.split.train
    assert len(model.members) == 4
    assert fit.rows == {"train": len(rows), "validation": len(rows), "test": N - len(rows)}
    X, y = model.arrays(TABLE[rows])
    folds = folds_of(fit.division, model.target, y, 4, seed=0)
    answers = [member.predict(X)[:, 0] for member in model.members]
    held_out = np.choose(folds, answers)
    log_loss = -np.mean(np.log(np.where(y == 1, held_out, 1 - held_out)))
    assert fit.scores["validation"]["log_loss"] == pytest.approx(log_loss, rel=1e-4)
    np.testing.assert_allclose(model.outputs(TABLE[rows])[:, 0], np.mean(answers, axis=0), atol=1e-6)


def test_members_are_the_same_bits_on_any_number_of_threads():
    one, two = (cp.TableModel.train(TABLE, "y", members=3, n_threads=n, **SMALL).model for n in (1, 2))
    assert one == two
    assert one != cp.TableModel.train(TABLE, "y", members=3, seed=1, **SMALL).model


def test_a_model_of_members_is_saved_read_and_explained(tmp_path):
    model = cp.TableModel.train(TABLE, "y", members=2, pieces=4, **SMALL).model
    model.save(tmp_path / "m")
    read = cp.load(tmp_path / "m")
    assert read == model
    assert read.predict(TABLE) == model.predict(TABLE)
    assert "δ" in str(read.explain(TABLE, row=3))


def test_own_validation_rows_end_all_members():
    fit = cp.TableModel.train(TABLE[:160], "y", members=2, validation=TABLE[160:], test=0, **SMALL)
    assert fit.rows == {"train": 160, "validation": 80}


def test_numbers_are_learned_by_members_too():
    table = pl.DataFrame({"x": x1, "y": 3 * np.abs(x1) + 5})
    fit = cp.TableModel.train(table, "y", members=4, pieces=8, hidden=16, epochs=60, learning_rate=0.01)
    assert fit.scores["test"]["r2"] > 0.95


def test_a_recipe_with_members_is_kept_as_data():
    recipe = Recipe(members=8, pieces=None, dropout=0.2, schedule="cosine")
    assert Recipe.from_dict(recipe.to_dict()) == recipe
    with pytest.raises(cp.ClearpropError, match="cosine"):
        Recipe(schedule="cosin")
