"""Weights, thresholds and the scores of rare classes, against scikit-learn and against what was asked."""

from __future__ import annotations

import json
import tracemalloc
from collections import Counter

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics
from sklearn.utils.class_weight import compute_class_weight

import clearprop as cp
from clearprop.estimators import answers_of, baseline_of, intervals_of, scores_of
from clearprop.estimators.scores import answers_on
from clearprop.estimators.threshold import choose
from clearprop.estimators.weights import weigh_classes
from clearprop.table.number_target import NumberTarget
from clearprop.table.target import ClassTarget, target_from_dict, target_to_dict

OPTIONS = {"epochs": 15, "hidden": [8], "learning_rate": 0.01}


@pytest.fixture(scope="module")
def fraud():
    """One row in ten is of the rare class, and c says how much a row counts."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(1200, 2))
    y = np.where(x[:, 0] + rng.normal(0, 0.7, 1200) > 1.6, "fraud", "ok")
    return pl.DataFrame({"a": x[:, 0], "b": x[:, 1], "c": rng.integers(1, 5, 1200), "y": y})


# --- scores


@given(st.integers(0, 10**6), st.sampled_from([2, 3, 6]), st.booleans(), st.booleans())
def test_scores_of_classes_against_scikit_learn(seed, k, weighted, ties):
    rng = np.random.default_rng(seed)
    n = 40
    y = rng.integers(0, k, n)
    p = rng.dirichlet(np.ones(k), n)
    p = np.round(p, 1) + 1e-9 if ties else p
    w = rng.integers(0, 4, n) + 0.5 * rng.random(n) if weighted else None
    shares = (0.2, 0.8) if seed % 2 and k == 2 else (1 / k,) * k
    target = ClassTarget("y", tuple(f"k{i}" for i in range(k)), shares)
    found = scores_of(target, y, p, w)
    given_ = p.argmax(1)
    about = {"sample_weight": w, "zero_division": 0.0}
    which = {"pos_label": target.positive, "average": "binary"} if k == 2 else {"average": "macro"}
    assert found["f1"] == pytest.approx(metrics.f1_score(y, given_, **about, **which))
    assert found["accuracy"] == pytest.approx(metrics.accuracy_score(y, given_, sample_weight=w))
    assert found["log_loss"] == pytest.approx(
        -np.average(np.log(np.maximum(p[np.arange(n), y], np.finfo(np.float32).eps)), weights=w)
    )
    if k > 2 or (given_ == target.positive).any():
        assert found["precision"] == pytest.approx(metrics.precision_score(y, given_, **about, **which))
    if k > 2 or (y == target.positive).any():
        assert found["recall"] == pytest.approx(metrics.recall_score(y, given_, **about, **which))
    positives = [target.positive] if k == 2 else [j for j in range(k) if (y == j).any()]
    ap = [metrics.average_precision_score(y == j, p[:, j], sample_weight=w) for j in positives]
    if (y == positives[0]).any():
        assert found["average_precision"] == pytest.approx(np.mean(ap))


def test_what_is_not_defined_is_not_a_number():
    target = ClassTarget("y", ("no", "yes"), (0.9, 0.1))
    never = scores_of(target, np.array([0, 1, 0]), np.array([[0.1], [0.2], [0.3]]))
    assert np.isnan(never["precision"])
    assert (never["recall"], never["f1"]) == (0.0, 0.0)
    none = scores_of(target, np.array([0, 0]), np.array([[0.1], [0.2]]))
    assert np.isnan([none["recall"], none["f1"], none["average_precision"]]).all()
    usual = baseline_of(target, np.array([0, 1, 0]))
    assert usual["average_precision"] == pytest.approx(1 / 3)
    assert np.isnan(usual["precision"])


def test_intervals_of_weighted_rows_are_those_of_repeated_ones_apart_from_their_width():
    rng = np.random.default_rng(0)
    y, p, w = rng.integers(0, 2, 400), rng.random((400, 1)), rng.integers(1, 3, 400)
    target = ClassTarget("y", ("no", "yes"))
    low, high = intervals_of(target, answers_of(target, y, p, w))["f1"]
    assert low < scores_of(target, np.repeat(y, w), np.repeat(p, w, axis=0))["f1"] < high


# --- weights


def test_held_out_rows_may_have_weights():
    X, y, w = np.arange(6.0)[:, None], np.arange(6.0), np.array([0, 0, 1, 2, 5, 0])
    net = cp.Network(1, [cp.Dense(1)], "mean_squared_error", dtype="float64")
    history = net.fit(X, y, epochs=1, validation=(X, y, w))
    error = (net.predict(X)[:, 0] - y) ** 2
    assert history["validation_loss"][0] == pytest.approx(np.average(error, weights=w))
    with pytest.raises(cp.InvalidValueError, match="expected \\(X, y\\), \\(X, y, weights\\)"):
        net.fit(X, y, validation=(X, y, w, w))


def test_a_weight_of_a_class_is_that_weight_of_its_rows(fraud):
    """The same bits: training, early stopping; but scores are not weighted by classes."""
    by_class = cp.TableModel.train(fraud.drop("c"), "y", class_weight={"fraud": 10}, **OPTIONS)
    rows = fraud.with_columns(c=pl.when(pl.col("y") == "fraud").then(10).otherwise(1))
    by_row = cp.TableModel.train(rows, "y", weight="c", **OPTIONS)
    for name, values in by_class.model.network.arrays().items():
        np.testing.assert_array_equal(values, by_row.model.network.arrays()[name])
    assert by_class.history["validation_loss"] == by_row.history["validation_loss"]
    assert [column.name for column in by_row.model.encoder.columns] == ["a", "b"]
    test = fraud[by_class.split.test]
    right = np.array(by_class.model.predict(test)) == test["y"].to_numpy()
    assert by_class.scores["test"]["accuracy"] == pytest.approx(right.mean())
    assert by_row.scores["test"]["accuracy"] == pytest.approx(
        np.average(right, weights=rows[by_row.split.test]["c"].to_numpy())
    )
    assert by_row.parts["test"].weighted
    assert not by_class.parts["test"].weighted


def test_balanced_weights_are_those_of_scikit_learn(fraud):
    fit = cp.TableModel.train(fraud, "y", drop="c", class_weight="balanced", **OPTIONS)
    y = fraud[fit.split.train]["y"].to_numpy()
    expected = compute_class_weight("balanced", classes=np.array(["fraud", "ok"]), y=y)
    assert fit.model.weighting.classes == pytest.approx(expected)
    plain = cp.TableModel.train(fraud, "y", drop="c", **OPTIONS)
    assert fit.scores["test"]["recall"] > plain.scores["test"]["recall"] + 0.2
    weighted = weigh_classes("balanced", fit.model.target, np.array([0, 1, 1]), np.array([1.0, 1.0, 3.0]))
    assert weighted == pytest.approx((5 / (2 * 1), 5 / (2 * 4)))


def test_scores_of_new_rows_are_weighted_where_they_have_weights(fraud):
    model = cp.TableModel.train(fraud, "y", weight="c", **OPTIONS).model
    y, w = fraud["y"].to_numpy(), fraud["c"].to_numpy()
    right = np.array(model.predict(fraud)) == y
    assert model.score(fraud)["accuracy"] == pytest.approx(np.average(right, weights=w))
    found = model.evaluate([fraud[:700], fraud[700:]])
    assert (found.scores["accuracy"], found.weighted) == (pytest.approx(np.average(right, weights=w)), True)
    found = model.evaluate(fraud.drop("c"))
    assert (found.scores["accuracy"], found.weighted) == (pytest.approx(right.mean()), False)


def test_a_saved_model_remembers_its_weights(tmp_path, fraud):
    fit = cp.TableModel.train(fraud, "y", weight="c", class_weight="balanced", **OPTIONS)
    fit.model.save(tmp_path / "m.clearprop")
    loaded = cp.load(tmp_path / "m.clearprop")
    assert loaded.weighting == fit.model.weighting
    assert loaded.judgement == fit.judgement


@pytest.mark.parametrize(
    ("value", "said"),
    [(-1.0, "is negative in row 6"), (None, "is missing in row 6"), (float("inf"), "is infinite in row 6")],
)
def test_wrong_weights_name_their_row(fraud, value, said):
    """Counted in the table that was given, whose first row has no target."""
    weights = fraud["c"].cast(pl.Float64).to_list()
    weights[6] = value
    frame = fraud.with_columns(c=pl.Series(weights), y=pl.Series([None, *fraud["y"].to_list()[1:]]))
    with pytest.raises(cp.TableError, match=said):
        cp.TableModel.train(frame, "y", weight="c", **OPTIONS)


def test_weights_that_cannot_be(fraud):
    for options, said in (
        ({"weight": "d"}, "no column 'd' of weights; expected one of: a, b, c, y"),
        ({"weight": "y"}, "weights in the target 'y'"),
        ({"weight": "c", "test": fraud.drop("c")}, "the test table: no column 'c' of weights"),
        ({"class_weight": {"ok": 2, "OK": 3}}, "two weights of the class 'ok'"),
        ({"class_weight": {"frud": 2}}, "unknown class of 'y' 'frud'.*did you mean 'fraud'"),
        ({"class_weight": {"ok": 0}}, "class_weight 0 of 'ok'; expected a number above 0"),
        ({"class_weight": "even"}, "class_weight 'even'; expected 'balanced', or"),
        ({"class_weight": "balanced", "task": "regression"}, "weights of classes for a target of numbers"),
        ({"optimize": "f2"}, "unknown score to choose a threshold for 'f2'"),
        ({"optimize": "f1", "task": "regression"}, "a threshold for f1 with a target of numbers"),
    ):
        target = "c" if "task" in options else "y"
        with pytest.raises(cp.ClearpropError, match=said):
            cp.TableModel.train(fraud, target, **options, **OPTIONS)
    zero = fraud.with_columns(c=pl.lit(0.0))
    with pytest.raises(cp.TableError, match="the weight 'c' is 0 in all train rows"):
        cp.TableModel.train(zero, "y", weight="c", **OPTIONS)


# --- the threshold


@given(st.integers(0, 10**6), st.sampled_from(["f1", "balanced_accuracy", "accuracy"]), st.booleans(), st.booleans())
def test_no_threshold_is_better_than_the_one_chosen(seed, metric, weighted, ties):
    rng = np.random.default_rng(seed)
    n = 9
    y = np.concatenate([[0, 1], rng.integers(0, 2, n - 2)])
    p = np.round(rng.uniform(0.1, 0.9, (n, 1)), 1 if ties else 6)
    w = rng.random(n) + 0.1 if weighted else np.ones(n)
    target = ClassTarget("y", ("no", "yes"), (0.3, 0.7) if seed % 2 else (0.7, 0.3))
    decision = choose(metric, target, y, p, w if weighted else None, np.array([3.0, 7.0]), "validation")
    score = {
        "f1": lambda given_: metrics.f1_score(y, given_, pos_label=target.positive, sample_weight=w, zero_division=0),
        "balanced_accuracy": lambda given_: metrics.balanced_accuracy_score(y, given_, sample_weight=w),
        "accuracy": lambda given_: metrics.accuracy_score(y, given_, sample_weight=w),
    }[metric]
    best = max(score((p[:, 0] > t).astype(int)) for t in [-1.0, *p[:, 0]])
    assert score(decision(np.hstack([1 - p, p]))) == pytest.approx(best)


def test_the_threshold_is_part_of_the_model(tmp_path, fraud):
    plain = cp.TableModel.train(fraud, "y", drop="c", **OPTIONS)
    fit = cp.TableModel.train(fraud, "y", drop="c", optimize="f1", **OPTIONS)
    fit.model.save(tmp_path / "m.clearprop")
    model = cp.load(tmp_path / "m.clearprop")
    assert model.target == fit.model.target
    p = model.predict_proba(fraud)
    np.testing.assert_array_equal(p, plain.model.predict_proba(fraud), "probabilities stay what they are")
    from_ = model.target.decision.cuts[0]
    assert model.predict(fraud) == np.where(p[:, 0] > from_, "fraud", "ok").tolist()
    assert fit.scores["validation"]["f1"] > plain.scores["validation"]["f1"]
    found, y = model.evaluate(fraud), fraud["y"].to_numpy()
    np.testing.assert_array_equal(found.confusion, metrics.confusion_matrix(y, model.predict(fraud)))
    assert found.scores["f1"] == pytest.approx(metrics.f1_score(y, model.predict(fraud), pos_label="fraud"))


def test_without_validation_rows_the_training_rows_choose(fraud):
    fit = cp.TableModel.train(fraud, "y", drop="c", optimize="f1", validation=0.0, **OPTIONS)
    assert fit.model.target.decision.part == "train"


def test_several_classes_by_their_shares():
    rng = np.random.default_rng(0)
    y = rng.choice(["a", "b", "c"], 900, p=[0.8, 0.12, 0.08])
    x = (y == "b") * 1.0 - (y == "c") + rng.normal(0, 0.6, 900)
    frame = pl.DataFrame({"x": x, "y": y})
    plain = cp.TableModel.train(frame, "y", **OPTIONS)
    fit = cp.TableModel.train(frame, "y", optimize="balanced_accuracy", **OPTIONS)
    assert fit.model.target.decision.cuts == pytest.approx(fit.model.target.shares)
    assert fit.scores["test"]["balanced_accuracy"] > plain.scores["test"]["balanced_accuracy"] + 0.05
    with pytest.raises(cp.InvalidValueError, match="a threshold for f1 of 3 classes; expected balanced_accuracy"):
        cp.TableModel.train(frame, "y", optimize="f1", **OPTIONS)


def test_targets_from_before_there_were_thresholds():
    data = target_to_dict(ClassTarget("y", ("a", "b"), (0.5, 0.5)))
    assert data.pop("decision") is None
    assert target_from_dict(data).decision is None


@pytest.mark.parametrize(
    "damaged",
    [
        {"cuts": [0.5], "metric": "f1", "part": "train"},
        {"cuts": [0.5, 0.0], "metric": "f1", "part": "train"},
        {"cuts": [0.5, 0.5], "metric": "f3", "part": "train"},
        {"cuts": [0.5, 0.5], "metric": "f1", "part": "all"},
        {"cuts": [0.5, 0.5]},
        "f1",
        [],
    ],
)
def test_damaged_thresholds_are_refused(damaged):
    data = target_to_dict(ClassTarget("y", ("a", "b"))) | {"decision": damaged}
    with pytest.raises(cp.TableError, match="damaged"):
        target_from_dict(data)


# --- very many classes


def test_many_classes_are_saved_and_scored(tmp_path):
    rng = np.random.default_rng(0)
    y = np.repeat(np.arange(1500), 4)
    frame = pl.DataFrame({"a": y % 40 + rng.normal(0, 0.1, len(y)), "b": y // 40, "y": [f"sku{i}" for i in y]})
    fit = cp.TableModel.train(frame, "y", epochs=1, hidden=[8])
    fit.model.save(tmp_path / "m.clearprop")
    assert len(json.dumps(fit.model.about)) < 20_000, "no matrix of all classes"
    model = cp.load(tmp_path / "m.clearprop")
    found = model.evaluate(frame)
    answered = np.array(model.predict(frame))
    wrong = answered != frame["y"].to_numpy()
    assert found.wrong == wrong.sum()
    is_, taken, rows = found.mistakes[0]
    classes = model.target.classes
    counts = Counter(zip(frame["y"].to_numpy()[wrong], answered[wrong], strict=True))
    assert rows == max(counts.values()) == counts[classes[is_], classes[taken]]
    assert "auc" not in found.scores


def test_numbers_have_no_mistakes():
    found = scores_of(NumberTarget("z", 0.0, 1.0), np.zeros(3), np.zeros((3, 1)))
    assert list(found) == ["r2", "rmse", "mae"]


def test_very_many_classes_are_scored_in_parts():
    """4,000 classes and 20,000 rows: all the probabilities would be 320 MB."""
    k, n = 4000, 20_000
    target = ClassTarget("y", tuple(range(k)), (1 / k,) * k)
    y = np.arange(n) % k
    tracemalloc.start()
    answers = answers_on(target, lambda X: np.full((len(X), k), 1 / k, np.float32), y[:, None], y, None)
    usual = baseline_of(target, y)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 100e6
    assert usual["log_loss"] == pytest.approx(np.log(k))
    np.testing.assert_allclose(answers.loss, np.log(k), rtol=1e-6)
