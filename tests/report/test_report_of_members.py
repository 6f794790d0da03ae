"""Page, curves and summary of a model of several members: what is said of whom, and no row counted twice."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

import clearprop as cp
from clearprop.app.files import _histories, curves_as_png
from clearprop.estimators.scores import scores_of
from clearprop.messages import Message
from clearprop.present.figure import Rule
from clearprop.present.writers import text_of
from clearprop.report import report_of
from clearprop.report.evidence import Evidence
from clearprop.report.overview import training_overview
from clearprop.report.page import report_document
from clearprop.report.scores import learning_curves
from clearprop.report.summary import summary_of_fit

rng = np.random.default_rng(0)
N = 160
TABLE = pl.DataFrame({"x": rng.normal(size=N), "z": rng.normal(size=N), "day": np.arange(N)})
CLASSES = TABLE.with_columns(y=pl.Series(np.array(["a", "b", "c"])[np.digitize(TABLE["x"].to_numpy(), [-0.5, 0.5])]))
NUMBERS = TABLE.with_columns(y=pl.col("x").abs() + 0.1 * pl.col("z"))
RECIPE = cp.Recipe.preset("fast", epochs=8, hidden=8, pieces=6, members=3)


def trained(table, **options):
    fit = cp.TableModel.train(table, "y", recipe=RECIPE, **options)
    return fit, summary_of_fit("table.csv", table.shape, fit, RECIPE.to_dict())


def words(document, lang="en"):
    return " ".join(text_of(document, lang, 10_000).split())


def test_the_overview_tells_of_members_and_counts_each_row_once():
    fit, summary = trained(CLASSES)
    said = words(training_overview(summary))
    assert f"{len(fit.split.train)} train, {len(fit.split.test)} test rows" in said
    assert "3 members is ended by another part of the training rows" in said
    assert "drawn at random" not in said
    assert "the mean of 3 members, each 2-8-3 (relu, softmax)" in said
    assert "preset fast, changed in: hidden, epochs" in said.replace("pieces, ", "").replace("members, ", "")
    assert "each member 8 epochs" in said
    assert "held out: each training row, answered by the one member that did not learn from it" in said
    assert summary["split"]["folds"] == 3
    assert [one["epochs"] for one in summary["training"]["members"]] == [8, 8, 8]
    assert summary["recipe"]["name"] == "fast"
    chinese = words(training_overview(summary), "zh")
    assert "留出集：全部训练样本，各由没有学过它的那一个成员作答" in chinese
    assert "3 个成员取平均" in chinese


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("table", [CLASSES, NUMBERS], ids=["classes", "numbers"])
def test_the_report_says_whose_layers_are_shown(table, lang):
    fit, summary = trained(table)
    text = words(report_document(fit, table, summary), lang)
    for key, values in [("network.member", {"n": 3}), ("findings.member", {"k": 1, "n": 3})]:
        assert Message(f"report.{key}", **values)(lang) in text
    assert Message("report.inputs.pieces")(lang) in text
    assert len(report_of(fit, table, summary, lang)) < 400_000


@pytest.mark.parametrize("by", [{}, {"time": "day"}])
@pytest.mark.parametrize("table", [CLASSES, NUMBERS], ids=["classes", "numbers"])
def test_without_test_rows_held_out_ones_are_judged_by_the_members_that_did_not_learn_them(table, by):
    options = by or {"test": 0.0}
    fit, summary = trained(table, **options)
    evidence = Evidence.of(fit, table, summary)
    if by:
        assert evidence.judged.part == "test"
        assert "another stretch of time" in words(report_document(fit, table, summary))
        return
    judged = evidence.judged
    assert (judged.part, judged.of, len(judged)) == ("held_out", N, N)
    assert scores_of(fit.model.target, judged.y, judged.a) == pytest.approx(fit.scores["validation"])
    text = words(report_document(fit, table, summary))
    assert "on the held-out rows" in text
    assert "validation rows (" not in text


def test_a_threshold_is_chosen_on_held_out_rows_and_says_so(tmp_path):
    table = CLASSES.with_columns(y=pl.col("y") == "a")
    fit, summary = trained(table, optimize="f1")
    fit.model.save(tmp_path / "m")
    assert cp.load(tmp_path / "m").target.decision.part == "held_out"
    assert "on the held-out rows" in words(training_overview(summary))


def test_the_curves_and_their_numbers_are_those_of_all_members():
    fit, _ = trained(NUMBERS)
    plot = learning_curves(fit.history, others=fit.others)
    alone = learning_curves(fit.history)
    assert len(plot.marks) == len(alone.marks) + 4
    assert curves_as_png(fit.history, Message("report.scores.loss"), "en", fit.others)
    table = _histories(fit)
    assert table["member"].to_list() == [k for k in (1, 2, 3) for _ in range(8)]
    assert table.filter(pl.col("member") == 2)["loss"].to_list() == fit.histories[1]["loss"]


def test_which_weights_members_have_is_said_as_it_is():
    fit, _ = trained(NUMBERS)
    for share, key in ((0.0, "kept_of"), (0.5, "went_on")):
        beyond = {**fit.model.about["overrun"], "share": share}
        one = replace(fit, model=replace(fit.model, about={**fit.model.about, "overrun": beyond}))
        summary = summary_of_fit("table.csv", NUMBERS.shape, one, RECIPE.to_dict())
        text = words(report_document(one, NUMBERS, summary))
        assert ("were kept" in text) == (key == "kept_of")
        assert "weights of epoch" not in words(training_overview(summary))
        assert ("are 50% of the way from its best epoch" in text) == (key == "went_on")
    rules = [mark.label for mark in learning_curves(fit.history, others=fit.others).marks if isinstance(mark, Rule)]
    assert rules == [Message("report.scores.least", best=fit.history.best_epoch)]
