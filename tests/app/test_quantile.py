"""`train --quantile`: page, terminal and JSON say what is answered and how many rows lie below it."""

import json

import numpy as np
import polars as pl
import pytest

from commands import run


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    rng = np.random.default_rng(0)
    home, x = tmp_path_factory.mktemp("home"), rng.normal(size=300)
    pl.DataFrame({"x": x, "y": x + rng.normal(size=300)}).write_csv(home / "t.csv")
    how = ("--preset", "fast", "--epochs", "5", "--hidden", "8", "--quantile", "0.9", "--json")
    done = run("train", "t.csv", "--target", "y", *how, cwd=home)
    assert done.returncode == 0
    return home, json.loads(done.stdout)


def test_the_json_has_the_quantile_its_scores_and_the_share_below(home):
    _, found = home
    test = found["parts"]["test"]
    assert found["target"]["quantile"] == 0.9
    assert set(test["scores"]) == set(test["baseline"]) == {"pinball", "r1"}
    assert test["coverage"]["promised"] == 0.9
    assert "coverage" not in found["parts"]["validation"]
    assert found["options"]["quantile"] == 0.9
    assert "quantile" not in found["recipe"]["changed"]


def test_terminal_and_page_say_it(home):
    folder, found = home
    share = found["parts"]["test"]["coverage"]["share"]
    told = " ".join(run("info", "clearprop-out/model.clearprop", cwd=folder).stdout.split())
    page = (folder / "clearprop-out/report.html").read_text()
    for text in (told, page):
        assert "the 90 % quantile is answered" in text
        assert f"{share:.1%} of these rows lie at or below their 90 % quantile" in text
    assert "the same quantile of the training rows" in page
    assert "预测的是 90 % 分位数" in run("info", "clearprop-out/model.clearprop", "--lang", "zh", cwd=folder).stdout


def test_intervals_around_a_quantile_are_refused(home):
    done = run("predict", "clearprop-out/model.clearprop", "t.csv", "--interval", "0.9", "--out", "p.csv", cwd=home[0])
    assert done.returncode == 2
    assert "train two quantiles" in done.stderr
