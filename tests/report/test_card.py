"""The model card: the facts of the file, in both languages, and no more than was measured."""

import numpy as np
import polars as pl
import pytest

import clearprop as cp
import commands

SMALL = {"hidden": (4,), "epochs": 3, "learning_rate": 0.01}


@pytest.fixture(scope="module")
def table():
    x = np.random.default_rng(0).normal(size=150)
    return pl.DataFrame(
        {"x": x, "id": [f"row {i}" for i in range(150)], "y": np.where(x > 0, "yes", "no"), "price": 3 * x}
    )


@pytest.fixture(scope="module")
def fit(table):
    return cp.TableModel.train(table.drop("price"), "y", **SMALL, split="random")


def test_it_says_what_the_file_says(fit):
    card = fit.model.card()
    assert card.startswith("# Model card: y\n")
    for words in ("## Data", "## Target", "## Columns", "## Training", "## Scores", "## Verdict", "## Limits"):
        assert words in card
    assert f"train rows: {fit.parts['train'].rows}" in card
    assert f"{fit.parts['test'].scores['accuracy']:.3f}" in card
    assert "| id | set aside |" in card
    assert "optimizer adam, first learning rate 0.01, batches of" in card
    assert f"measured on {fit.parts['test'].rows} rows" in card
    assert all(words in card for words in fit.verdict)


def test_it_survives_the_file_and_speaks_chinese(fit, tmp_path):
    fit.model.save(tmp_path / "m.clearprop")
    loaded = cp.load(tmp_path / "m.clearprop")
    assert loaded.card() == fit.model.card()
    assert loaded.card("zh").startswith("# 模型卡片：y\n")
    assert loaded.card("zh").count("## ") == loaded.card().count("## ")
    with pytest.raises(cp.UnknownNameError, match="fr"):
        loaded.card("fr")


def test_of_several_targets_and_of_a_file_that_says_nothing(table, fit):
    several = cp.TableModel.train(table, ["y", "price"], **SMALL, split="random").model
    card = several.card()
    assert card.startswith("# Model card: y, price\n")
    assert card.count("## Scores") == 2
    bare = cp.TableModel(fit.model.encoder, fit.model.target, fit.model.predictor)
    assert "## Limits" in bare.card()


def test_a_model_without_held_out_rows_has_no_intervals(table):
    model = cp.TableModel.train(table.drop("price"), "y", **SMALL, split="random", validation=0, test=0).model
    assert "It has no intervals or sets of classes" in model.card()


def test_names_make_no_html_and_no_headings(table):
    odd = table.drop("price").rename({"x": "<img src=x>\n# x"})
    card = cp.TableModel.train(odd, "y", **SMALL, split="random").model.card()
    assert "<img" not in card
    assert "\n# x" not in card


def test_the_command_writes_it(fit, tmp_path):
    fit.model.save(tmp_path / "m.clearprop")
    done = commands.run("info", "m.clearprop", "--card", "card.md", cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "wrote card.md\n")
    assert (tmp_path / "card.md").read_text(encoding="utf-8") == fit.model.card()
    assert commands.run("info", "m.clearprop", "--card", "m.clearprop", cwd=tmp_path).returncode == 2
