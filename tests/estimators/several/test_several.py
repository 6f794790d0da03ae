"""One network for several targets of a table: what it answers, what rows it learns from, what it is judged by."""

import json

import numpy as np
import polars as pl
import pytest

import clearprop as cp
from clearprop.errors import InvalidValueError, ModelFileError, TableError, UnknownNameError
from clearprop.estimators.recipe import Recipe
from clearprop.estimators.scores import scores_of
from clearprop.estimators.several.preparation import prepare_several
from clearprop.interop import read_model, write_model

rng = np.random.default_rng(0)
N = 240
x, z, c = rng.normal(size=N), rng.normal(size=N), rng.choice(list("abc"), N)
TABLE = pl.DataFrame(
    {
        "x": x,
        "z": z,
        "c": c,
        "price": np.exp(x + 3) + 5 * (c == "a"),
        "sold": np.where(x + z + 0.3 * rng.normal(size=N) > 0, "yes", "no"),
        "kind": np.where(c == "a", "A", np.where(z > 0, "B", "C")),
    }
)
NAMES = ["price", "sold", "kind"]
HOLES = TABLE.with_columns(
    pl.when(pl.arange(0, N) % 7 == 0).then(None).otherwise(pl.col("sold")).alias("sold"),
    pl.when(pl.arange(0, N) % 5 == 0).then(None).otherwise(pl.col("price")).alias("price"),
    pl.when(pl.arange(0, N) % 35 == 0).then(None).otherwise(pl.col("kind")).alias("kind"),
)
SMALL = {"hidden": 16, "epochs": 20, "learning_rate": 0.01}


@pytest.fixture(scope="module")
def fit():
    return cp.TableModel.train(HOLES, NAMES, **SMALL)


@pytest.fixture(scope="module")
def together():
    return cp.TableModel.train(HOLES, NAMES, members=3, **SMALL)


def test_it_answers_each_target_as_it_stood_in_the_table(fit):
    answers = fit.model.predict(TABLE)
    assert list(answers) == NAMES
    assert set(answers["sold"]) == {"yes", "no"}
    assert set(answers["kind"]) <= {"A", "B", "C"}
    assert answers["price"].shape == (N,)
    assert np.corrcoef(answers["price"], TABLE["price"])[0, 1] > 0.9
    assert np.mean(np.array(answers["kind"]) == TABLE["kind"].to_numpy()) > 0.9
    p = fit.model.predict_proba(TABLE)
    assert {name: values.shape for name, values in p.items()} == {"sold": (N, 2), "kind": (N, 3)}
    assert list(fit.model.intervals(TABLE, 0.8)) == ["price"]
    assert list(fit.model.sets(TABLE)) == ["sold", "kind"]
    row = TABLE.row(3, named=True)
    assert fit.model.predict(row)["kind"] == answers["kind"][3:4]
    assert fit.model.outputs(TABLE[:0]).shape == (0, 5)


@pytest.mark.parametrize("which", ["fit", "together"])
def test_the_model_of_one_target_answers_the_same(which, request):
    model = request.getfixturevalue(which).model
    answers, p = model.predict(TABLE), model.predict_proba(TABLE)
    for name in NAMES:
        assert list(model[name].predict(TABLE)) == list(answers[name])
        assert model[name].target.name == name
    assert np.array_equal(model["kind"].predict_proba(TABLE), p["kind"])
    assert np.array_equal(model["price"].intervals(TABLE), model.intervals(TABLE)["price"])
    scores = model.score(HOLES)
    assert scores["sold"] == pytest.approx(model["sold"].score(HOLES))
    assert "softmax" in str(model["kind"].explain(TABLE, 3, detail="formulas"))
    with pytest.raises(UnknownNameError, match="did you mean 'price'"):
        model["prise"]


def test_rows_that_lack_a_target_are_learned_from_for_the_others(fit):
    assert fit.without_target == -(-N // 35)  # have none of the three
    assert fit["sold"].without_target == HOLES["sold"].null_count()
    for name in NAMES:
        assert sum(fit[name].rows.values()) == N - HOLES[name].null_count()
    said = [words("en") for words in fit.division.said]
    assert sum("say nothing of it" in words for words in said) == 2
    assert "Every part of the rows has its share of the classes of sold." in said


def test_what_a_row_lacks_changes_nothing_of_that_target():
    """A target that only half of the rows have is learned as from these rows alone, where the others say nothing."""
    half = TABLE.with_columns(pl.when(pl.arange(0, N) < N // 2).then(pl.col("sold")).alias("sold"))
    ready = prepare_several(half, ["price", "sold"], Recipe(), {})
    X, Y, _ = ready.learned_from("train")
    known = ready.shared["train"].known["sold"]
    assert np.isnan(Y[:, 1]).sum() == len(Y) - len(known)
    assert np.array_equal(Y[known, 1], ready.each["sold"].parts["train"][1])
    assert np.array_equal(X[known], ready.each["sold"].parts["train"][0])
    assert ready.target.weights == (1.0, len(X) / len(known))


def test_targets_are_no_columns_and_are_coded_by_the_training_rows(fit):
    assert not {*NAMES} & {*fit.model.encoder.names}
    prepared = prepare_several(HOLES, NAMES, Recipe(), {})
    train = prepared.each["price"].parts["train"][1]
    assert np.mean(train) == pytest.approx(0, abs=1e-9)
    assert np.std(train) == pytest.approx(1)


def test_scores_are_those_of_the_answers(fit):
    scored = fit.model.evaluate(HOLES)
    known = HOLES.drop_nulls("price")
    truth, said = known["price"].to_numpy(), fit.model.predict(known)["price"]
    assert scored["price"].scores["mae"] == pytest.approx(np.abs(truth - said).mean(), rel=1e-6)
    known = HOLES.drop_nulls("sold")
    right = np.mean(known["sold"].to_numpy() == np.array(fit.model.predict(known)["sold"]))
    assert scored["sold"].scores["accuracy"] == pytest.approx(right)
    assert (scored["sold"].rows, scored["sold"].without_target) == (len(known), N - len(known))
    assert all(one.learned for one in scored.values())
    parts = fit.model.evaluate(HOLES[i : i + 50] for i in range(0, N, 50))
    assert parts["kind"].scores == pytest.approx(scored["kind"].scores)


def test_each_class_target_has_its_temperature_from_the_rows_held_out(together):
    model = together.model
    for name in ("sold", "kind"):
        found = model[name].about["calibration"]
        assert found["rows"] == together[name].rows["train"]
        assert found["log_loss"][1] <= found["log_loss"][0] + 1e-9
    assert "calibration" not in model["price"].about
    assert len(model.members) == 3
    p = np.mean([member.predict(model._features(TABLE, None)) for member in model.members], axis=0)
    np.testing.assert_allclose(p, model.outputs(TABLE), atol=1e-6)
    spread = model.spread(TABLE)
    assert {name: values.shape for name, values in spread.items()} == {"price": (N,), "sold": (N, 2), "kind": (N, 3)}


def test_held_out_scores_are_those_of_members_that_did_not_learn_the_rows(together):
    ready = prepare_several(HOLES, NAMES, Recipe(members=3, **SMALL), {})
    X, y, _ = ready.each["kind"].parts["train"]
    folds, members = together["kind"].fold_of, together.model["kind"].members
    a = np.stack([members[k].predict(row[None])[0] for k, row in zip(folds, X, strict=True)])
    expected = scores_of(together.model["kind"].target, y, a)
    assert together["kind"].scores["validation"] == pytest.approx(expected, rel=1e-4)


def test_it_is_saved_and_read(together, tmp_path):
    path = tmp_path / "m.clearprop"
    together.model.save(path)
    read = cp.load(path)
    assert isinstance(read, cp.MultiTargetModel)
    assert {k: list(v) for k, v in read.predict(TABLE).items()} == {
        k: list(v) for k, v in together.model.predict(TABLE).items()
    }
    assert read["sold"].about == json.loads(json.dumps(together.model["sold"].about))
    assert read == together.model
    assert read["price"] == together.model["price"] != together.model["sold"]
    one = read["sold"]
    one.save(path)
    assert cp.load(path).predict(TABLE) == one.predict(TABLE)


def test_files_that_do_not_fit_are_refused(fit, tmp_path):
    path = tmp_path / "m.clearprop"
    fit.model.save(path)
    header, arrays = read_model(path)
    changes = [
        ({"targets": header["targets"][:2]}, "does not fit the columns or the targets"),
        ({"targets": header["targets"][::-1]}, "does not fit the columns or the targets"),
        ({"targets": [header["targets"][0]] * 3}, "twice"),
        ({"targets": []}, "a list of them"),
        ({"targets": [3]}, "damaged description of the target"),
        ({"abouts": [{}]}, "of all 3"),
        ({"abouts": [3, {}, {}]}, "facts by name"),
        ({"about": {"targets": 3}}, "damaged"),
    ]
    for change, said in changes:
        write_model(path, {**header, **change}, arrays)
        with pytest.raises(ModelFileError, match=said):
            cp.load(path)


def test_the_same_seed_gives_the_same_bits(fit):
    again = cp.TableModel.train(HOLES, NAMES, n_threads=1, **SMALL)
    assert np.array_equal(again.model.outputs(TABLE), fit.model.outputs(TABLE))


def test_thresholds_are_chosen_for_each_target_of_classes():
    fit = cp.TableModel.train(TABLE, ["price", "sold"], optimize="f1", **SMALL)
    assert fit.model["sold"].target.decision.metric == "f1"
    with pytest.raises(InvalidValueError, match="a target of classes"):
        cp.TableModel.train(TABLE, ["price", "x"], optimize="f1", **SMALL)


def test_rows_of_their_own_and_weights():
    table = TABLE.with_columns(w=pl.Series(rng.uniform(0.5, 2, N)))
    own = {"validation": table[:60], "test": HOLES[60:100].with_columns(w=table["w"][60:100])}
    fit = cp.TableModel.train(table[100:], ["sold", "price"], weight="w", **own, **SMALL)
    assert fit["price"].rows == {"train": 140, "validation": 60, "test": 32}
    assert fit["sold"].parts["test"].weighted
    assert fit.model.evaluate(table)["sold"].weighted
    with pytest.raises(TableError, match="the test table: "):
        cp.TableModel.train(table, ["sold", "price"], test=table.drop("price"), **SMALL)


def test_by_time_and_by_group():
    days = pl.date_range(pl.date(2020, 1, 1), pl.date(2021, 12, 31), "1d", eager=True)[:N]
    fit = cp.TableModel.train(HOLES.with_columns(day=days), NAMES, **SMALL)
    assert fit.division.how == "time"
    assert fit["price"].division.split.test[0] > fit["price"].division.split.train[-1]
    fit = cp.TableModel.train(HOLES.with_columns(who=np.arange(N) // 8), NAMES, group="who", members=2, **SMALL)
    assert fit.division.how == "group"


def test_callbacks_progress_and_keep():
    epochs, kept = [], []
    cp.TableModel.train(TABLE, ["sold", "kind"], **{**SMALL, "epochs": 3}, callbacks=epochs.append, keep=kept.append)
    assert [event.number for event in epochs] == [1, 2, 3]
    assert isinstance(kept[0], cp.MultiTargetModel)


@pytest.mark.parametrize(
    ("targets", "options", "error", "said"),
    [
        ([], {}, InvalidValueError, "no target"),
        (["sold", "sold"], {}, InvalidValueError, "twice"),
        (["sold", "nothing"], {}, UnknownNameError, "unknown target column 'nothing'"),
        (["sold", "kind"], {"class_weight": "balanced"}, InvalidValueError, "weights of classes with several targets"),
        (["sold", "kind"], {"weight": "kind"}, TableError, "weights in the target 'kind'"),
        (["sold", "c"], {"task": "regression"}, TableError, "numbers, for regression"),
        (["sold", "kind"], {"drop": "price", "epoch": 3}, TypeError, "did you mean 'epochs'"),
    ],
)
def test_what_does_not_fit_is_refused(targets, options, error, said):
    with pytest.raises(error, match=said):
        cp.TableModel.train(TABLE, targets, **options)


def test_a_target_that_no_training_row_has_is_refused():
    table = HOLES.with_columns(pl.Series("day", range(N)), late=pl.when(pl.arange(0, N) > 230).then(pl.col("x")))
    with pytest.raises(TableError, match="'late' is missing in every training row"):
        cp.TableModel.train(table, ["sold", "late"], time="day", **SMALL)
    with pytest.raises(TableError, match="'gone' is missing in every row"):
        cp.TableModel.train(table.with_columns(gone=pl.lit(None)), ["sold", "gone"], **SMALL)


def test_one_name_in_a_list_is_a_model_of_one_target():
    fit = cp.TableModel.train(TABLE, ["kind"], **SMALL)
    assert list(fit.model.predict(TABLE)) == ["kind"]


def test_models_of_numbers_have_no_probabilities_and_of_classes_no_intervals():
    numbers = cp.TableModel.train(TABLE, ["price", "x"], **SMALL).model
    with pytest.raises(InvalidValueError, match="a target of classes"):
        numbers.predict_proba(TABLE)
    with pytest.raises(InvalidValueError, match="a target of classes"):
        numbers.sets(TABLE)
    classes = cp.TableModel.train(TABLE, ["sold", "kind"], **SMALL).model
    with pytest.raises(InvalidValueError, match="a target of numbers"):
        classes.intervals(TABLE)


def test_a_training_goes_on_from_its_checkpoint_to_the_same_bits(fit, tmp_path):
    options = {**SMALL, "checkpoint": tmp_path / "c", "resume": True}
    cp.TableModel.train(HOLES, NAMES, **options, callbacks=lambda epoch: epoch.number == 7)
    again = cp.TableModel.train(HOLES, NAMES, **options)
    assert np.array_equal(again.model.outputs(TABLE), fit.model.outputs(TABLE))
