"""The command line with several targets: one network, and a column, an entry or a section for each."""

import json
from html.parser import HTMLParser

import numpy as np
import polars as pl
import pytest

import clearprop as cp
import commands
from clearprop.play.openings import state_of_model

NAMES = ["price", "sold", "kind"]
TARGETS = [word for name in NAMES for word in ("--target", name)]
SMALL = ["--hidden", 4, "--epochs", 3, "--learning-rate", 0.01]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A table, in which some rows lack a target, and its model."""
    path, rng = tmp_path_factory.mktemp("several"), np.random.default_rng(0)
    x, z = rng.normal(size=150), rng.normal(size=150)
    table = pl.DataFrame({"x": x, "z": z, "price": 3 * x + 50, "sold": np.where(x > z, "yes", "no")})
    table = table.with_columns(
        pl.when(pl.arange(0, 150) % 5 == 0).then(None).otherwise(pl.col("sold")).alias("sold"),
        kind=pl.Series(np.where(z > 0.5, "A", np.where(z > -0.5, "B", "C"))),
    )
    table.write_csv(path / "t.csv")
    done = commands.run("train", "t.csv", *TARGETS, *SMALL, "--members", 2, "--out", "o", cwd=path)
    assert (done.returncode, done.stderr) == (0, "")
    (path / "told.txt").write_text(done.stdout)
    return path


@pytest.fixture
def run(folder):
    def call(*arguments):
        return commands.run(*arguments, cwd=folder, COLUMNS="80")

    return call


def test_train_tells_of_each_target(folder):
    told = " ".join((folder / "told.txt").read_text().split())
    assert "t.csv → price, sold, kind" in told
    assert "(1 + 1 + 3)" in told
    assert told.count("Scores ") == told.count("Verdict ") == 3
    assert told.count("Training ") == told.count("Columns ") == 1
    assert "30 rows lack sold" in told


def test_the_summary_has_what_is_common_once_and_an_entry_for_each(folder):
    summary = json.loads((folder / "o/summary.json").read_text())
    assert list(summary["targets"]) == NAMES
    assert summary["targets"]["sold"]["without_target"] == 30
    assert summary["targets"]["price"]["target"]["task"] == "regression"
    assert set(summary["targets"]["kind"]["parts"]) == {"train", "validation", "test"}
    assert sum(summary["rows"][part] for part in ("train", "test")) == 150
    assert summary["table"]["without_target"] == 0
    assert "parts" not in summary


def test_predict_writes_columns_for_each_target(run, folder):
    wanted = ("--interval", 0.9, "--keep", "price", "--out", "p.csv", "-q")
    code, _, _ = run("predict", "o/model.clearprop", "t.csv", *wanted)
    found, model = pl.read_csv(folder / "p.csv"), cp.load(folder / "o/model.clearprop")
    answers = model.predict(pl.read_csv(folder / "t.csv"))
    assert code == 0
    assert found.columns == [
        *("price", "prediction of price", "low of price", "high of price"),
        *("prediction of sold", "probability of sold = no", "probability of sold = yes"),
        *("prediction of kind", *(f"probability of kind = {label}" for label in "ABC")),
    ]
    np.testing.assert_allclose(found["prediction of price"], answers["price"], rtol=1e-6)
    assert found["prediction of kind"].to_list() == answers["kind"]


def test_evaluate_and_info_tell_of_each_target(run, folder):
    code, out, _ = run("evaluate", "o/model.clearprop", "t.csv", "--json")
    found, model = json.loads(out)["targets"], cp.load(folder / "o/model.clearprop")
    scores = model.score(pl.read_csv(folder / "t.csv"))
    assert code == 0
    assert found["sold"]["rows"] == 120
    assert found["kind"]["scores"]["accuracy"] == pytest.approx(scores["kind"]["accuracy"])
    code, out, _ = run("evaluate", "o/model.clearprop", "t.csv")
    assert (code, out.count("Scores ")) == (0, 3)
    code, out, _ = run("info", "o/model.clearprop")
    assert (code, out.count("Scores "), out.count("Columns ")) == (0, 3, 1)
    code, out, _ = run("info", "o/model.clearprop", "--json", "--lang", "zh")
    assert (code, list(json.loads(out)["targets"])) == (0, NAMES)


class _Ids(HTMLParser):
    def __init__(self, page):
        super().__init__()
        self.ids, self.links = [], []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        self.ids += [found["id"]] if tag == "section" and "id" in found else []
        self.links += [found["href"][1:]] if found.get("href", "").startswith("#") else []


def test_the_report_has_a_section_for_each_target(folder):
    page = _Ids((folder / "o/report.html").read_text())
    assert len(set(page.ids)) == len(page.ids)
    assert {*page.links} <= {*page.ids}
    for k in (1, 2, 3):
        assert {f"target-{k}", f"scores-{k}", f"answers-{k}", f"inputs-{k}", f"sample-{k}"} <= {*page.ids}
    assert page.ids.count("data") == page.ids.count("curves") == 1


def test_what_looks_at_one_target_asks_which(run):
    for command in (("explain", "--row", 3), ("doctor",)):
        code, _, said = run(command[0], "o/model.clearprop", "t.csv", *command[1:])
        assert code == 2
        assert "predicts price, sold, kind; expected one of them. Hint: --target COL" in said
    code, out, _ = run("explain", "o/model.clearprop", "t.csv", "--row", 3, "--target", "kind")
    assert (code, "Row 3 of t.csv: kind" in out) == (0, True)
    code, out, _ = run("doctor", "o/model.clearprop", "t.csv", "--target", "price")
    assert code == 0
    assert "which of them a model of several targets has learned from is not found again" in " ".join(out.split())
    code, _, said = run("explain", "o/model.clearprop", "t.csv", "--row", 3, "--target", "prise")
    assert (code, "did you mean 'price'" in said) == (2, True)


def test_what_looks_at_the_network_looks_at_all_of_it(run):
    code, out, _ = run("check", "o/model.clearprop", "--rows", 8)
    assert code == 0, out
    code, out, _ = run("plan", "o/model.clearprop", "--what", "predict")
    assert (code, "concat" in out) == (0, True)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--target", "sold", "--target", "sold"], "the target 'sold' twice"),
        (["--target", "sold", "--target", "nothing"], "unknown target column 'nothing'"),
        ([*TARGETS, "--class-weight", "balanced"], "weights of classes with several targets"),
        (["--target", "price", "--target", "x", "--optimize", "f1"], "expected a target of classes"),
    ],
)
def test_what_has_no_meaning_is_refused_in_a_sentence(run, arguments, said):
    code, _, told = run("train", "t.csv", *arguments, "--out", "no")
    assert (code, said in told) == (2, True)


def test_the_playground_takes_one_target(folder):
    model = cp.load(folder / "o/model.clearprop")
    with pytest.raises(cp.InvalidValueError, match="one target"):
        state_of_model(model)
