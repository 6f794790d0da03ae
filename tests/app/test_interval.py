"""`predict --interval`: two columns more, and refusals before anything is read; `evaluate` measures the coverage."""

import json

import numpy as np
import polars as pl
import pytest

import clearprop as cp
from commands import run


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    rng = np.random.default_rng(0)
    home, x = tmp_path_factory.mktemp("home"), rng.normal(size=300)
    table = pl.DataFrame({"x": x, "y": x + rng.normal(size=300), "kind": np.where(x > 0, "high", "low")})
    table.write_csv(home / "t.csv")
    how = {"epochs": 5, "hidden": 8, "test": 0.2}
    cp.TableModel.train(table, "y", drop="kind", members=3, **how).model.save(home / "numbers")
    cp.TableModel.train(table, "y", drop="kind", validation=0.0, **how).model.save(home / "without")
    cp.TableModel.train(table, "kind", drop="x", members=3, **how).model.save(home / "classes")
    return home


def test_low_and_high_stand_beside_the_prediction(home):
    done = run("predict", "numbers", "t.csv", "--interval", "0.8", "--keep", "y", "--out", "p.csv", cwd=home)
    assert done.returncode == 0
    found, model = pl.read_csv(home / "p.csv"), cp.load(home / "numbers")
    assert found.columns == ["y", "prediction", "low", "high"]
    np.testing.assert_allclose(found[["low", "high"]].to_numpy(), model.intervals(pl.read_csv(home / "t.csv"), 0.8))


def test_a_column_to_keep_of_that_name_is_refused(home):
    pl.read_csv(home / "t.csv").with_columns(low=1).write_csv(home / "low.csv")
    done = run("predict", "numbers", "low.csv", "--interval", "0.8", "--keep", "low", "--out", "q.csv", cwd=home)
    assert done.returncode == 2
    assert "a column 'low' to keep" in done.stderr


@pytest.mark.parametrize(
    ("model", "coverage", "said"),
    [
        ("numbers", "90", "coverage 90.0; expected a share between 0 and 1, such as 0.9"),
        ("classes", "0.9", "intervals of a classification model; expected a regression model"),
        ("without", "0.9", "no residuals of held-out rows; expected a model trained with members or validation rows"),
    ],
)
def test_what_has_no_interval_is_refused_before_the_table_is_read(home, model, coverage, said):
    done = run("predict", model, "none.csv", "--interval", coverage, "--out", "q.csv", cwd=home)
    assert done.returncode == 2
    assert said in " ".join(done.stderr.split())
    assert not (home / "q.csv").exists()


def test_evaluate_and_info_say_how_many_rows_lay_inside(home):
    found = json.loads(run("evaluate", "numbers", "t.csv", "--json", cwd=home).stdout)["coverage"]
    assert found["promised"] == 0.9
    assert (
        f"90% intervals hold {found['share']:.1%} of these rows" in run("evaluate", "numbers", "t.csv", cwd=home).stdout
    )
    assert "90% intervals hold" in run("info", "numbers", cwd=home).stdout
    assert json.loads(run("info", "classes", "--json", cwd=home).stdout)["about"]["calibration"]["rows"] == 240
    assert "calibration error" in run("info", "classes", cwd=home).stdout
    done = run("train", "t.csv", "--target", "y", "--drop", "kind", "--epochs", "2", "--out", "o", "--json", cwd=home)
    assert json.loads(done.stdout)["calibration"] is None
