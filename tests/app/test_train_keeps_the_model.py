"""The model is written as soon as it is trained: whatever happens to scores and report, it is there, and alone."""

from __future__ import annotations

import warnings

import pytest

import clearprop as cp
from clearprop.app import train as command
from clearprop.estimators import ending
from commands import run


def fails(error):
    def raising(*_, **__):
        raise error

    return raising


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (KeyboardInterrupt(), 130, "Interrupted while it was scored. The model is in o/model.clearprop"),
        (MemoryError("1 TiB"), 2, "could not be scored: 1 TiB. It is in o/model.clearprop"),
    ],
)
def test_while_it_is_scored(error, code, words, tmp_path, monkeypatch):
    monkeypatch.setattr(ending, "evaluation_of", fails(error))
    done = run("train", "demo:iris", "--epochs", 3, "--out", "o", cwd=tmp_path)
    assert done.returncode == code
    assert done.stderr.count("\n") == 1
    assert words in done.stderr
    model = cp.load(tmp_path / "o/model.clearprop")
    assert len(model.predict(cp.table.load_demo("iris"))) == 150
    assert model.about["reading"]["header"]


def test_no_report_of_another_training_is_left_beside_it(tmp_path, monkeypatch):
    assert run("train", "demo:iris", "--epochs", 2, "--out", "o", "-q", cwd=tmp_path).returncode == 0
    assert (tmp_path / "o/report.html").exists()
    monkeypatch.setattr(command, "report_of", fails(ValueError("no figure")))
    done = run("train", "demo:wine", "--epochs", 2, "--out", "o", "-q", cwd=tmp_path)
    assert done.returncode == 0
    assert "Warning: the report could not be made: no figure. The model is in o/model.clearprop" in done.stderr
    assert [path.name for path in (tmp_path / "o").iterdir()] == ["model.clearprop"]


def test_an_interrupt_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(command.TableModel, "train", fails(KeyboardInterrupt()))
    done = run("train", "demo:iris", "--out", "o", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (130, "Interrupted.\n")
    assert not (tmp_path / "o").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["train", "demo:iris", "--out", ""], "an empty text is no name of a folder"),
        (["predict", "m", "demo:iris", "--out", "results/"], "'results/' is no name of a file"),
        (["profile", "m", "--batch-size", "-1"], "--batch-size"),
        (["profile", "m", "--batch-size", str(2**62)], "not enough memory"),
        (["predict", "m", "t.csv", "--encoding", "\udcff", "--out", "p.csv"], "unknown encoding"),
    ],
)
def test_arguments_that_mean_nothing(arguments, words, tmp_path):
    cp.TableModel.train(cp.table.load_demo("iris"), "target", epochs=1).model.save(tmp_path / "m")
    (tmp_path / "t.csv").write_text("a\n1\n")
    done = run(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert words in done.stderr
    assert done.stderr.count("\n") == 1
    assert sorted(p.name for p in tmp_path.iterdir()) == ["m", "t.csv"]


def test_a_mark_that_is_no_text_finds_nothing(tmp_path):
    (tmp_path / "t.csv").write_text("a,b\n" + "1,x\n2,y\n" * 20)
    done = run("train", "t.csv", "--target", "b", "--epochs", 1, "--na", "\udcff", "-q", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_share_of_less_than_a_row_is_said(tmp_path):
    done = run("train", "demo:iris", "--epochs", 2, "--validation", "1e-9", cwd=tmp_path)
    assert "no validation rows, of which 1e-09 is less than one" in " ".join(done.stdout.split())


def test_a_warning_is_one_line(tmp_path, monkeypatch):
    def train(*_, **__):
        warnings.warn("the checkpoint\x1b[2J holds 3 epochs", RuntimeWarning, stacklevel=1)
        raise KeyboardInterrupt

    monkeypatch.setattr(command.TableModel, "train", train)
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        done = run("train", "demo:iris", "--out", "o", cwd=tmp_path)
    assert done.stderr == "Warning: the checkpoint\\x1b[2J holds 3 epochs\nInterrupted.\n"
