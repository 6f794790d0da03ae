"""A search over recipes: held to the training it stands for, to its bits, to a kill, and to the rows that judge."""

import json

import numpy as np
import polars as pl
import pytest

import clearprop as cp
from clearprop.errors import DivergenceError, FileError
from clearprop.estimators import objective as module
from clearprop.estimators.members import trained_on
from clearprop.estimators.trials import Journal

rng = np.random.default_rng(4)
N = 180
TABLE = pl.DataFrame({"x": rng.normal(size=N), "z": rng.normal(size=N)}).with_columns(
    y=pl.when(pl.col("x") * pl.col("z") > 0).then(pl.lit("yes")).otherwise(pl.lit("no")),
    number=pl.col("x").abs() + pl.col("z"),
    who=pl.arange(N) // 6,
    day=pl.arange(N),
)
CLASSES = TABLE.select("x", "z", "y")
SMALL = cp.Recipe(hidden=8, epochs=10, members=4)
SPACE = {"hidden": [4, 8, 16], "learning_rate": [None, 0.003, 0.01, 0.03], "activation": ["relu", "tanh"]}


def search(frame=CLASSES, target="y", trials=6, recipe=SMALL, **options):
    return cp.search(frame, target, trials=trials, recipe=recipe, **{"space": SPACE, "n_threads": 1, **options})


def told(found):
    """Everything but the time that it took."""
    return found.to_dict(), found.recipe


@pytest.fixture(scope="module")
def whole():
    return search()


@pytest.mark.parametrize("recipe", [SMALL, SMALL.changed(members=1)])
def test_the_model_is_that_of_the_best_recipe_and_its_score_that_of_the_trial(recipe):
    found = search(recipe=recipe)
    complete = [trial for trial in found.trials if trial.ended == "complete"]
    clear = [trial for trial in complete if trial.number == 1 or trial.lead >= 2]
    assert found.chosen.score == min(trial.score for trial in clear)
    assert (found.stopped_by, len(found.trials), found.trials[0].changed) == ("trials", 6, {})
    assert 1 < len(complete) < 6, "some ended early"
    again = cp.TableModel.train(CLASSES, "y", recipe=recipe.changed(**found.chosen.changed))
    assert found.fit.model == again.model
    assert found.fit.scores == again.scores
    assert found.fit.scores["validation"]["log_loss"] == found.chosen.score


def test_any_number_of_threads_gives_the_same(whole):
    found = search(n_threads=3)
    assert told(found) == told(whole)
    assert found.fit.model == whole.fit.model


def test_fewer_trials_are_the_first_ones_of_more(whole):
    assert search(trials=3).trials[2].changed == whole.trials[2].changed


@pytest.mark.parametrize("k", [3, 6])
def test_killed_after_some_trials_it_goes_on_to_the_same_bits(tmp_path, whole, k):
    class Killed(BaseException):
        pass

    def kill(found):
        if len(found.trials) == k:
            raise Killed

    path = tmp_path / "search.json"
    with pytest.raises(Killed):
        search(checkpoint=path, progress=kill)
    seen = []
    found = search(checkpoint=path, resume=True, progress=lambda found: seen.append(len(found.trials)))
    assert seen == list(range(k, 7)), "trials of the journal are not done again"
    assert told(found) == told(whole)
    assert found.fit.model == whole.fit.model


def test_a_journal_of_fewer_trials_goes_on_with_more(tmp_path, whole):
    path = tmp_path / "search.json"
    search(trials=4, checkpoint=path)
    found = search(checkpoint=path, resume=True)
    assert told(found) == told(whole)
    before = path.read_bytes()
    assert [t.number for t in search(trials=2, checkpoint=path, resume=True).trials] == [1, 2]
    assert search(trials=2, checkpoint=path, resume=True, progress=_interrupted).stopped_by == "interrupt"
    assert path.read_bytes() == before, "trials that were not asked for stay in the journal"


def _interrupted(found):
    raise KeyboardInterrupt


OTHERS = {
    "rows, targets": {"frame": CLASSES.with_columns(x=pl.col("x") ** 3)},
    "another recipe (in patience)": {"recipe": SMALL.changed(patience=5)},
    "other values to choose from (in hidden)": {"space": {**SPACE, "hidden": [4, 8]}},
    "another score": {"by": "auc"},
}


@pytest.mark.parametrize("what", OTHERS)
def test_a_journal_of_another_search_is_refused(tmp_path, what):
    path = tmp_path / "search.json"
    search(trials=1, checkpoint=path)
    with pytest.raises(FileError, match="journal of a search with") as caught:
        search(trials=1, checkpoint=path, resume=True, **OTHERS[what])
    assert what in str(caught.value)


def test_a_journal_of_another_seed_is_refused_and_written_over_where_nobody_resumes(tmp_path):
    path = tmp_path / "search.json"
    search(trials=1, checkpoint=path)
    with pytest.raises(FileError, match="other rows|another recipe"):
        search(trials=1, checkpoint=path, resume=True, seed=1)
    search(trials=1, checkpoint=path, seed=1)
    assert json.loads(path.read_text())["of"]["recipe"]["seed"] == 1


@pytest.mark.parametrize("damage", [b"", b"[]", b'{"kind": "clearprop search"}', b'{"kind": 1}', b"[" * 5000, b"\xff"])
def test_a_damaged_journal_is_one_clear_error(tmp_path, damage):
    path = tmp_path / "search.json"
    path.write_bytes(damage)
    with pytest.raises(FileError, match="journal"):
        search(trials=1, checkpoint=path, resume=True)


@pytest.mark.parametrize(
    "change", [{"ended": "early"}, {"number": 2}, {"score": "low"}, {"changed": 3}, {"ended": "?"}]
)
def test_a_journal_whose_trials_do_not_hold_together_is_refused(tmp_path, change):
    path = tmp_path / "search.json"
    search(trials=1, checkpoint=path)
    data = json.loads(path.read_text())
    data["trials"][0] |= change
    path.write_text(json.dumps(data))
    with pytest.raises(FileError, match="damaged journal"):
        search(trials=1, checkpoint=path, resume=True)


@pytest.mark.parametrize(("target", "members"), [("y", 3), ("number", 1), ("number", 3)])
def test_test_rows_judge_nothing(target, members):
    frame = TABLE.select("x", "z", target)
    recipe = SMALL.changed(members=members)
    first = search(frame, target, 3, recipe)
    x, test = frame["x"].to_numpy().copy(), first.fit.split.test
    x[test] = np.roll(x[test], 1)  # their targets stay, and with them the split
    second = search(frame.with_columns(x=x), target, 3, recipe)
    np.testing.assert_array_equal(second.fit.split.test, test)
    assert told(second) == told(first)
    assert second.fit.model == first.fit.model
    assert second.fit.scores["test"] != first.fit.scores["test"]


@pytest.mark.parametrize("by", [{"group": "who"}, {"time": "day"}, {}])
@pytest.mark.parametrize("members", [1, 4])
def test_every_candidate_has_the_same_rows_and_folds(monkeypatch, by, members):
    seen = []

    def record(ready, recipe, **options):
        run = trained_on(ready, recipe, **options)
        seen.append((ready, options["first"], run.folds))
        return run

    monkeypatch.setattr(module, "trained_on", record)
    found = search(TABLE.drop("number"), trials=4, recipe=SMALL.changed(members=members, **by))
    split = found.fit.split
    for ready, first, folds in seen:
        assert not len(ready.part("test")[1]), "the test rows are out of reach"
        for part in ("train", "validation"):
            np.testing.assert_array_equal(getattr(ready.division.split, part), getattr(split, part))
        if members == 1:
            assert folds is None
            continue
        whole = found.fit.fold_of
        np.testing.assert_array_equal(folds, whole if first is None else np.where(whole < first, whole, -1))
    if members > 1:
        rows = TABLE[split.train.tolist()].with_columns(fold=pl.Series(found.fit.fold_of))
        if "group" in by:
            assert rows.group_by("who").agg(pl.col("fold").n_unique())["fold"].max() == 1
        if "time" in by:
            assert rows.sort("day")["fold"].is_sorted()


def test_the_first_members_alone_are_those_of_all():
    frame = TABLE.select("x", "z", "number")
    ready = cp.Objective(frame, "number", recipe=SMALL)._ready
    alone, all_of_them = (trained_on(ready, SMALL, first=first, n_threads=1) for first in (2, None))
    for one, other in zip(alone.predictor.members, all_of_them.predictor.members, strict=False):
        for name, values in one.parameters.items():
            np.testing.assert_array_equal(values, other.parameters[name])
    judged = alone.folds >= 0
    np.testing.assert_array_equal(alone.held_out[judged], all_of_them.held_out[judged])
    assert np.isnan(alone.held_out[~judged]).all()


def test_minutes_end_it_after_the_trial_under_way_and_count_those_of_the_journal(tmp_path):
    path = tmp_path / "search.json"
    found = search(trials=None, minutes=1e-9, checkpoint=path)
    assert (found.stopped_by, len(found.trials)) == ("minutes", 1)
    again = search(trials=None, minutes=1e-9, checkpoint=path, resume=True)
    assert [trial.number for trial in again.trials] == [1]
    assert again.fit.model == found.fit.model


def test_stopped_by_its_watcher_it_keeps_the_best_so_far(whole):
    found = search(progress=lambda found: len(found.trials) == 3)
    assert (found.stopped_by, len(found.trials)) == ("interrupt", 3)
    assert found.trials[2].changed == whole.trials[2].changed
    assert found.fit.model.about["search"]["stopped_by"] == "interrupt"


def interrupted_at(monkeypatch, number):
    score, calls = cp.Objective._judge, []

    def interrupt(*args, **options):
        calls.append(1)
        if len(calls) == number:
            raise KeyboardInterrupt
        return score(*args, **options)

    monkeypatch.setattr(cp.Objective, "_judge", interrupt)


def test_ctrl_c_keeps_the_best_so_far_and_drops_the_trial_under_way(monkeypatch, whole):
    interrupted_at(monkeypatch, 4)
    found = search()
    assert (found.stopped_by, len(found.trials)) == ("interrupt", 2)
    assert [t.changed for t in found.trials] == [t.changed for t in whole.trials[:2]]
    assert found.fit is not None


def test_ctrl_c_before_anything_is_there_is_ctrl_c(monkeypatch):
    interrupted_at(monkeypatch, 1)
    with pytest.raises(KeyboardInterrupt):
        search()


def test_recipes_that_diverge_are_counted_and_not_chosen(monkeypatch):
    found = search(
        TABLE.select("x", "z", "number"),
        "number",
        recipe=SMALL.changed(optimizer="sgd"),
        space={"learning_rate": [1e30, 1e35, 0.01]},
        trials=4,
    )
    assert {trial.ended for trial in found.trials} >= {"diverged", "complete"}
    assert found.chosen.ended == "complete"
    assert found.stopped_by == "trials"

    def diverge(*_, **__):
        raise DivergenceError("the loss is NaN")

    monkeypatch.setattr(cp.Objective, "_judge", diverge)
    with pytest.raises(cp.ClearpropError, match="none of 2 recipes led to a score"):
        search(trials=2)


def test_all_that_there_is_ends_it():
    found = search(trials=50, space={"hidden": [8, 4]})
    assert (found.stopped_by, [trial.changed for trial in found.trials]) == ("exhausted", [{}, {"hidden": (4,)}])


def test_what_is_given_stays():
    recipe = cp.Recipe.preset("fast", epochs=3, learning_rate=0.01)
    found = cp.search(CLASSES, "y", trials=6, recipe=recipe, dropout=0.1, pieces=0, hidden=8, n_threads=1)
    for trial in found.trials:
        assert trial.changed.keys() <= {"activation", "l2", "batch_size"}
    assert found.fit.model.about["recipe"]["dropout"] == 0.1


def test_rows_of_their_own_judge():
    other = CLASSES.sample(40, seed=1)
    found = search(trials=2, validation=other)
    assert found.fit.rows["validation"] == 40
    assert found.fit.scores["validation"]["log_loss"] == found.chosen.score


@pytest.mark.parametrize("by", ["auc", "f1"])
def test_another_score_is_made_large(by):
    found = search(by=by, optimize="f1")
    assert found.chosen.score == max(trial.score for trial in found.trials if trial.score is not None)
    assert found.fit.scores["validation"][by] == found.chosen.score


def test_numbers_are_judged_by_their_rmse():
    found = search(TABLE.select("x", "z", "number"), "number", 3)
    assert found.by == "rmse"
    assert found.fit.scores["validation"]["rmse"] == found.chosen.score


def test_the_model_remembers_the_search_in_its_file(tmp_path, whole):
    whole.fit.model.save(tmp_path / "m.clearprop")
    about = cp.load(tmp_path / "m.clearprop").about["search"]
    assert about == json.loads(json.dumps(whole.to_dict()))
    assert about["trials"][about["chosen"] - 1]["score"] == whole.chosen.score


def test_what_is_printed_says_how_far_and_what_is_best(whole):
    text = str(whole)
    assert text.startswith("6 of 6 trials, log_loss ")
    assert f"by trial {whole.chosen.number}: " in text


WRONG = {
    "without an end": {"trials": None},
    "trials 0": {"trials": 0},
    "minutes -1": {"minutes": -1},
    "unknown score 'rmse'": {"by": "rmse"},
    "unknown argument 'hiden'": {"hiden": 3},
    "unknown field to search 'members'": {"space": {"members": [1, 2]}},
    "values of hidden 8": {"space": {"hidden": 8}},
    "unknown activation": {"space": {"activation": ["rleu"]}},
    "names and numbers": {"space": {"activation": [cp.ELU(1.0)]}},
    "every field is fixed": {"space": {}},
    "without rows that are held out": {"recipe": cp.Recipe(validation=0.0)},
    "rows that are held out": {"recipe": SMALL.changed(members=200)},
}


@pytest.mark.parametrize("what", WRONG)
def test_what_cannot_be_searched_is_refused(what):
    with pytest.raises(cp.ClearpropError) as caught:
        search(**WRONG[what])
    assert what in str(caught.value)


def test_an_objective_gives_the_scores_and_leads_of_trainings_by_hand():
    frame = TABLE.select("x", "z", "number")
    objective = cp.Objective(frame, "number", recipe=SMALL, n_threads=1)
    fits = [cp.TableModel.train(frame, "number", recipe=SMALL.changed(hidden=h)) for h in (8, 16)]
    assert [objective(), objective(hidden=16)] == [fit.scores["validation"]["rmse"] for fit in fits]
    assert (objective.by, objective.direction, objective.rows) == ("rmse", "minimize", fits[0].rows["train"])
    assert objective.lead() == 0
    lead = objective.lead(hidden=16)
    assert (lead > 0) == (objective(hidden=16) < objective())
    assert lead == cp.Objective(frame, "number", recipe=SMALL).lead(hidden=16)
    assert cp.Objective(frame, "number", recipe=SMALL, by="mae").lead(hidden=16) is None
    assert cp.Objective(CLASSES, "y", recipe=SMALL, by="auc").direction == "maximize"
    with pytest.raises(cp.ClearpropError, match="unknown argument 'targt'"):
        cp.Objective(CLASSES, "y", targt=1)


def test_a_recipe_that_learns_nothing_is_left_for_one_that_learns():
    bad = SMALL.changed(learning_rate=1e-6)
    found = search(TABLE.select("x", "z", "number"), "number", 6, bad, space={"learning_rate": [0.001, 0.03]})
    assert found.chosen.changed == {"learning_rate": 0.03}
    assert found.chosen.lead > 2


def test_a_place_that_cannot_be_written_to_is_found_out_before_the_first_trial(monkeypatch, tmp_path):
    interrupted_at(monkeypatch, 1)  # else it would come to a trial
    with pytest.raises(FileError, match="cannot write"):
        search(checkpoint=tmp_path / "nowhere" / "search.json")


def test_a_recipe_with_a_function_of_ones_own_is_known_again(tmp_path):
    recipe, path = SMALL.changed(activation=cp.tanh), tmp_path / "search.json"
    search(trials=1, recipe=recipe, checkpoint=path)
    assert " at 0x" not in path.read_text()
    assert len(search(trials=2, recipe=recipe, checkpoint=path, resume=True).trials) == 2


def test_ctrl_c_in_the_middle_of_a_writing_keeps_the_trial(monkeypatch, tmp_path):
    write, calls = Journal.write, []

    def interrupt(journal, trials):
        calls.append(1)
        if len(calls) == 3:  # that of the second trial
            raise KeyboardInterrupt
        write(journal, trials)

    monkeypatch.setattr(Journal, "write", interrupt)
    found = search(checkpoint=tmp_path / "search.json")
    assert (found.stopped_by, len(found.trials)) == ("interrupt", 2)
    assert len(json.loads((tmp_path / "search.json").read_text())["trials"]) == 2


def test_a_search_goes_by_one_target():
    with pytest.raises(cp.ClearpropError, match="targets x, y; expected one column"):
        cp.search(CLASSES, ["x", "y"], trials=1)
