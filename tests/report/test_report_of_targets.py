"""Page and overview of a model of several targets: what is common once, the rest for each target."""

import numpy as np
import polars as pl
import pytest

import clearprop as cp
from clearprop.estimators.recipe import Recipe
from clearprop.present.writers import text_of
from clearprop.report.several import (
    summaries_of_fits,
    summary_of_fits,
    summary_of_targets,
    targets_of_model,
    targets_overview,
    targets_report,
)

rng = np.random.default_rng(0)
N = 240
x, z = rng.normal(size=N), rng.normal(size=N)
TABLE = pl.DataFrame(
    {"x": x, "z": z, "day": range(N), "price": 3 * x + 50 + rng.normal(size=N), "sold": np.where(x > z, "yes", "no")}
)
SMALL = {"hidden": 8, "epochs": 8, "learning_rate": 0.01}


def words(document, lang="en"):
    return " ".join(text_of(document, lang, 1000).split())


def told(table, targets, **options):
    fit = cp.TableModel.train(table, targets, **SMALL, **options)
    return fit, summaries_of_fits("t.csv", table.shape, fit, Recipe(**SMALL, **options).to_dict())


def test_a_target_that_no_test_row_has_is_judged_by_others():
    sold = pl.when(pl.arange(0, N) < 100).then(pl.col("sold")).otherwise(None)
    fit, each = told(TABLE.with_columns(sold=sold), ["sold", "price"], time="day")
    assert list(fit["sold"].parts) == ["train", "validation"]
    assert fit.sizes == fit["price"].rows
    assert "168 train, 36 validation, 36 test rows" in words(targets_overview(fit, each))
    assert targets_report(fit, TABLE.with_columns(sold=sold), each, "zh").count("<h1>") == 1


@pytest.mark.parametrize("members", [1, 2])
def test_numbers_in_the_summary_are_those_of_the_fit(members):
    fit, each = told(TABLE, ["price", "sold"], members=members)
    summary = summary_of_fits(fit, each)
    for name in ("price", "sold"):
        assert summary["targets"][name]["parts"]["test"]["scores"] == pytest.approx(fit[name].scores["test"])
    assert summary["network"]["parameters"] == fit.model.network.n_parameters
    assert summary["network"]["layers"].endswith("-8-(1 + 1)")
    assert summary["training"]["epochs"] == fit.history.epochs
    assert "calibration" in summary_of_targets(fit.model)["targets"]["sold"]
    said = words(targets_of_model("m.clearprop", fit.model))
    assert said.count("R²") == said.count("accuracy") == 1
    assert ("temperature" in said) == (members > 1)
    chinese = words(targets_overview(fit, each), "zh")
    assert "每个部分中 sold 各类别的比例相同" in chinese


@pytest.mark.parametrize("share", [0.0, 0.5])
def test_where_the_members_stand_is_said_once_for_all_targets(share):
    fit, each = told(TABLE, ["price", "sold"], members=2)
    losses = [0.75, 0.5, 0.25, 1.0, 1.5]
    each = {name: {**one, "overrun": {"share": share, "losses": losses}} for name, one in each.items()}
    said = words(targets_overview(fit, each))
    assert said.count("each member's best epoch") == 1
    assert ("50% of the way" in said) == (share > 0)
    assert ("steps from there to its last would not lower the loss of held-out rows (0.75;" in said) == (share == 0)
    last = {name: {**one, "overrun": {"share": 0.0, "losses": [0.5] * 5}} for name, one in each.items()}
    assert "each member's best epoch" not in words(targets_overview(fit, last))


def test_each_target_has_the_sections_of_a_report_of_it_alone():
    fit, each = told(TABLE, ["price", "sold"])
    page = targets_report(fit, TABLE, each)
    assert page.count("How the answer depends on the columns</") == 2
    assert 'id="dependence-1"' in page
    assert 'id="dependence-2"' in page
