"""Weights and thresholds on the command line: what is said where, and that every command goes by them."""

from __future__ import annotations

import json

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

from clearprop.app.cli import app

TARGET = ("--target", "y")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("rare")
    rng = np.random.default_rng(0)
    x = rng.normal(size=(900, 2))
    y = np.where(x[:, 0] + rng.normal(0, 0.7, 900) > 1.6, "fraud", "ok")
    pl.DataFrame({"a": x[:, 0], "b": x[:, 1], "w": rng.integers(1, 4, 900), "y": y}).write_csv(path / "t.csv")
    called(path, "train", "t.csv", *TARGET, "--weight", "w", "--class-weight", "fraud=3", "--optimize", "f1", "-q")
    return path


def called(path, command, *more, out="out"):
    outs = ["--out", str(path / out)] if command == "train" else []
    options = ["--preset", "single", "--epochs", "15"] if command == "train" else []
    given = [str(path / word) if word.endswith((".csv", ".clearprop")) else word for word in more]
    result = CliRunner().invoke(app, [command, *given, *options, *outs], env={"COLUMNS": "80"})
    assert result.exit_code == 0, result.output
    return result.stdout


def test_the_page_says_what_was_weighted_and_from_where_on_the_rare_class_is_answered(folder):
    options = ("--weight", "w", "--class-weight", "balanced", "--optimize", "f1")
    page = called(folder, "train", "t.csv", *TARGET, *options, out="balanced").split("\nFiles")[0]
    assert max(map(len, page.splitlines())) <= 80
    words = " ".join(page.split())
    assert "fraud is answered from a probability of 0." in words
    assert "chosen for the best F1 on the validation rows" in words
    assert "The rows count by w:" in words
    assert "its probabilities are then not how often a class occurs" in words
    for metric in ("precision", "recall", "F1", "avg. precision"):
        assert f" {metric} " in page
    assert "those of fraud" in words


def test_a_page_without_a_rare_class_is_as_short_as_before(folder):
    assert "precision" not in called(folder, "train", "demo:moons", out="moons")
    summary = json.loads((folder / "moons" / "summary.json").read_text())
    assert {"precision", "recall", "f1", "average_precision"} <= summary["parts"]["test"]["scores"].keys()


def test_every_command_goes_by_the_threshold(folder):
    info = json.loads(called(folder, "info", "out/model.clearprop", "--json"))
    decision, weighting = info["target"]["decision"], info["weighting"]
    assert (decision["metric"], decision["part"], info["target"]["positive"]) == ("f1", "validation", "fraud")
    assert (weighting["column"], weighting["classes"]) == ("w", [3.0, 1.0])
    called(folder, "predict", "out/model.clearprop", "t.csv", "--out", str(folder / "p.csv"))
    found = pl.read_csv(folder / "p.csv")
    p = found["probability of fraud"]
    is_fraud = (p > decision["cuts"][0]).to_list()
    assert found["prediction"].to_list() == ["fraud" if it_is else "ok" for it_is in is_fraud]
    evaluated = json.loads(called(folder, "evaluate", "out/model.clearprop", "t.csv", "--json"))
    assert evaluated["weighted"]
    assert sum(row[0] for row in evaluated["confusion"]) == (found["prediction"] == "fraud").sum()
    row = int(((p > decision["cuts"][0]) != (p > 0.5)).arg_true()[0])
    told = called(folder, "explain", "out/model.clearprop", "t.csv", "--row", str(row + 1))
    assert f"The network answers {found['prediction'][row]}" in told
    assert "not the most probable class: fraud is answered from a probability of" in " ".join(told.split())


def test_new_rows_without_weights_are_said_to_count_alike(folder):
    pl.read_csv(folder / "t.csv").drop("w").head(500).write_csv(folder / "new.csv")
    page = " ".join(called(folder, "evaluate", "out/model.clearprop", "new.csv").split())
    assert "The table has no column w, the weights of the training: here all rows count alike." in page
    assert "Verdict" in page


def test_the_report_says_it_too(folder):
    report = (folder / "out" / "report.html").read_text()
    assert "fraud is answered from a probability of" in report
    assert "The rows count by w:" in report
