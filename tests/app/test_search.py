"""`clearprop train --trials N` and `--search MINUTES`: what is tried, said, written, interrupted and gone on with."""

import json
import signal
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

import clearprop as cp
import commands
from clearprop.app.search import SearchBar, in_words
from clearprop.estimators.search import Search
from clearprop.estimators.trials import Trial
from clearprop.report.search import as_options, search_in_words, search_note, search_section

TRAIN = ["train", "t.csv", "--target", "y", "--preset", "fast", "--hidden", 8, "--pieces", 0, "--epochs", 12]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path, rng = tmp_path_factory.mktemp("search"), np.random.default_rng(0)
    x, z = rng.normal(size=150), rng.normal(size=150)
    table = pl.DataFrame({"x": x, "z": z, "y": np.where(x > np.abs(z), "yes", "no")})
    table.write_csv(path / "t.csv")
    return path


@pytest.fixture(scope="module")
def whole(folder):
    """A search that went through."""
    done = commands.run(*TRAIN, "--trials", 5, "--out", "whole", cwd=folder, COLUMNS="200")
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_the_page_says_what_was_tried_and_what_the_scores_are_worth(folder, whole):
    found = cp.load(folder / "whole/model.clearprop").about["search"]
    complete = sum(trial["ended"] == "complete" for trial in found["trials"])
    text = " ".join(whole.split())
    assert f"Search 5 recipes tried, {complete} of them in full" in text
    assert "held out: the recipe was chosen among 5 by these rows" in text
    assert "the test rows judged nothing on the way" in text
    info = commands.run("info", "whole/model.clearprop", cwd=folder, COLUMNS="200").stdout
    assert f"5 recipes tried, {complete} of them in full" in " ".join(info.split())
    report = (folder / "whole/report.html").read_text()
    assert "How the recipe was chosen" in report
    assert "chosen among 5 by these rows" in report


def test_the_summary_has_every_trial_and_given_options_stay(folder, whole):
    summary = json.loads((folder / "whole/summary.json").read_text())
    found = summary["search"]
    assert [trial["number"] for trial in found["trials"]] == [1, 2, 3, 4, 5]
    assert found["by"] == "log_loss"
    tried = {name for trial in found["trials"] for name in trial["changed"]}
    assert tried <= {"activation", "dropout", "l2", "batch_size", "learning_rate"}
    chosen = found["trials"][found["chosen"] - 1]
    assert summary["parts"]["validation"]["scores"]["log_loss"] == chosen["score"]


def test_the_options_that_it_names_train_the_same_model(folder, whole):
    found = cp.load(folder / "whole/model.clearprop").about["search"]
    options = as_options(found["trials"][found["chosen"] - 1]["changed"]).split()
    assert commands.run(*TRAIN, *options, "--out", "again", "-q", cwd=folder).returncode == 0
    assert cp.load(folder / "again/model.clearprop") == cp.load(folder / "whole/model.clearprop")


def test_chinese_and_json(folder):
    done = commands.run(*TRAIN, "--trials", 2, "--out", "zh", "--lang", "zh", cwd=folder, COLUMNS="200")
    assert "试了 2 个配方" in done.stdout
    assert "测试集没有参与选择" in done.stdout
    assert "配方是怎样选出的" in (folder / "zh/report.html").read_text()
    done = commands.run(*TRAIN, "--search", 0.0001, "--out", "json", "--json", cwd=folder)
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["search"]["stopped_by"] == "minutes"


def test_ctrl_c_trains_by_the_best_so_far_and_says_so(folder, whole, monkeypatch):
    score, calls = cp.Objective._judge, []

    def interrupt(*args, **options):
        calls.append(1)
        if len(calls) == 4:
            raise KeyboardInterrupt
        return score(*args, **options)

    monkeypatch.setattr(cp.Objective, "_judge", interrupt)
    again = [*TRAIN, "--trials", 5, "--checkpoint", "--out", "c"]
    done = commands.run(*again, cwd=folder, COLUMNS="200")
    assert done.returncode == 0
    assert "The search was interrupted. 2 of 5 trials; best log loss" in done.stderr
    assert "2 recipes tried" in done.stdout
    assert "; then it was interrupted" in done.stdout
    assert (folder / "c/search.json").exists(), "the same command goes on"
    monkeypatch.undo()
    assert commands.run(*again, "-q", cwd=folder).returncode == 0
    assert not (folder / "c/search.json").exists()
    assert (folder / "c/model.clearprop").read_bytes() == (folder / "whole/model.clearprop").read_bytes()


def test_ctrl_c_before_a_trial_is_complete_leaves_nothing(folder, monkeypatch):
    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(cp.Objective, "_judge", interrupt)
    done = commands.run(*TRAIN, "--trials", 5, "--out", "nothing", cwd=folder)
    assert (done.returncode, "Interrupted." in done.stderr) == (130, True)
    assert not (folder / "nothing").exists()


def test_a_journal_of_another_search_is_one_line(folder):
    (folder / "other").mkdir()
    (folder / "other/search.json").write_text('{"kind": "clearprop search", "of": {}, "trials": []}')
    done = commands.run(*TRAIN, "--trials", 1, "--checkpoint", "--out", "other", cwd=folder)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "search.json is the journal of a search with other rows" in done.stderr


@pytest.mark.system
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_a_process_that_is_ended_goes_on_to_the_same_file(folder, whole, how):
    out, trials = f"killed-{how.name}", 30
    command = [sys.executable, "-m", "clearprop.app.cli", *map(str, TRAIN), "--trials", trials, "--checkpoint", "-q"]
    command = [*map(str, command), "--out", out]
    process, journal = subprocess.Popen(command, cwd=folder), folder / out / "search.json"
    end = time.monotonic() + 60
    while time.monotonic() < end and not (journal.exists() and journal.read_text().count('"number"') >= 2):
        time.sleep(0.005)
    process.send_signal(how)
    assert process.wait() in (-how, 0)
    if how == signal.SIGINT:
        stopped = cp.load(folder / out / "model.clearprop").about["search"]
        assert (stopped["stopped_by"], len(stopped["trials"]) < trials) == ("interrupt", True)
    assert journal.exists()
    subprocess.run(command, cwd=folder, check=True)
    subprocess.run([*command[:-1], "through"], cwd=folder, check=True)
    assert (folder / out / "model.clearprop").read_bytes() == (folder / "through/model.clearprop").read_bytes()


TRIALS = (
    Trial(1, {}, "complete", 0.5, 0.4, seconds=1.0),
    Trial(2, {"hidden": (8, 4), "dropout": 0.1}, "complete", 0.45, 0.35, lead=2.1, seconds=1.0),
    Trial(3, {"l2": 0.5}, "diverged", seconds=1.0),
    Trial(4, {"pieces": None}, "early", 0.6, seconds=1.0),
)


def test_the_line_says_trial_and_best_with_what_it_changes():
    found = Search(cp.Recipe(), TRIALS, "log_loss", of=9)
    assert in_words(found) == "Trial 5 of 9; best log loss 0.350 by trial 2: --hidden 8,4 --dropout 0.1"
    assert in_words(Search(cp.Recipe(), (), "rmse")) == "Trial 1"
    assert in_words(Search(cp.Recipe(), TRIALS[:1], "rmse", 1, "trials")).endswith("by trial 1: the first recipe")
    for trials, minutes, done, of in ((9, None, 4, 9), (None, 0.5, 4.0, 30.0)):
        bar = SearchBar(trials, minutes)
        bar(found)
        task = bar._progress.tasks[0]
        assert (task.completed, task.total) == (done, of)


def test_what_is_said_of_a_search():
    found = Search(cp.Recipe(), TRIALS, "log_loss", 4, "exhausted").to_dict()
    assert [str(words) for words in search_in_words(found)] == [
        "4 recipes tried, 2 of them in full; there were no others",
        "chosen by log loss, 0.350: --hidden 8,4 --dropout 0.1 (the first recipe: 0.400)",
    ]
    first = Search(cp.Recipe(), TRIALS[:1], "log_loss", 1, "trials").to_dict()
    assert [str(words) for words in search_in_words(first)] == [
        "1 recipe tried",
        "chosen by log loss, 0.400: the first recipe, none was better",
    ]
    near = Search(cp.Recipe(), (TRIALS[0], replace(TRIALS[1], lead=1.94)), "log_loss", 2, "trials").to_dict()
    assert [str(words) for words in search_in_words(near)][1] == (
        "chosen by log loss, 0.400: the first recipe; the best of the others, 0.350, leads by 1.9 standard errors, "
        "of which 2 are wanted"
    )
    assert list(search_in_words(None)) == search_note(None, {"validation": 1}) == search_section(None) == []
    assert "no test rows" in str(search_note(found, {"train": 1, "validation": 1})[0])
    (section,) = search_section(found)
    assert [row[0].words for row in section.blocks[1].rows] == [("2",), ("1",), ("4",)], "the best first"
