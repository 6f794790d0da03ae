"""The command line and a model of several members: trained, looked at, explained, checked, one member or all."""

import json

import numpy as np
import polars as pl
import pytest

import clearprop as cp
import commands
from clearprop.app import train as command
from clearprop.interop import read_model

SHORT = ["--preset", "fast", "--members", 3, "--hidden", 8, "--pieces", 4, "--epochs", 6]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A table and its model."""
    path, rng = tmp_path_factory.mktemp("members"), np.random.default_rng(0)
    x, z = rng.normal(size=120), rng.normal(size=120)
    table = pl.DataFrame({"x": x, "z": z, "y": np.where(x > np.abs(z), "yes", "no")})
    table.write_csv(path / "t.csv")
    done = commands.run("train", "t.csv", "--target", "y", *SHORT, "--out", "o", "--json", cwd=path)
    assert (done.returncode, done.stderr) == (0, "")
    (path / "summary.json").write_text(done.stdout)
    return path


@pytest.fixture
def run(folder):
    def call(*arguments):
        return commands.run(*arguments, cwd=folder, COLUMNS="80")

    return call


def test_the_summary_says_by_which_recipe(folder):
    summary = json.loads((folder / "summary.json").read_text())
    assert summary["recipe"] == {"name": "fast", "changed": ["pieces", "hidden", "members", "epochs"]}
    assert summary["network"]["members"] == 3
    assert summary["parts"]["train"]["rows"] == summary["parts"]["validation"]["rows"] == 102
    assert summary["split"]["folds"] == 3
    for name in ("report.html", "learning-curves.png", "history.csv"):
        assert (folder / "o" / name).exists()


def test_the_model_answers_and_is_told_of(run, folder):
    code, out, _ = run("info", "o/model.clearprop")
    assert code == 0
    assert "the mean of 3 members, each 2-8-1" in " ".join(out.split())
    assert "preset fast, changed in: pieces, hidden, members, epochs" in " ".join(out.split())
    assert "held out" in out
    code, out, _ = run("evaluate", "o/model.clearprop", "t.csv")
    assert (code, "accuracy" in out) == (0, True)
    assert run("predict", "o/model.clearprop", "t.csv", "--out", "p.csv", "-q")[0] == 0
    model, table = cp.load(folder / "o/model.clearprop"), pl.read_csv(folder / "t.csv")
    p = pl.read_csv(folder / "p.csv")["probability of yes"].to_numpy()
    mean = np.mean([net.predict(model.arrays(table)[0])[:, 0] for net in model.members], axis=0)
    np.testing.assert_allclose(p, mean, atol=1e-6)
    one = model.predict_proba(dict(zip(table.columns[:2], table.row(5)[:2], strict=True)))
    np.testing.assert_allclose(one[0, 1], mean[5], atol=1e-6)


def test_the_doctor_finds_the_rows_again_and_sees_one_member(run):
    code, out, _ = run("doctor", "o/model.clearprop", "t.csv")
    said = " ".join(out.split())
    assert code == 0
    assert "102 training rows" in said
    assert "18 test rows" in said
    assert "member 1 of 3" in said
    code, out, _ = run("doctor", "o/model.clearprop", "t.csv", "--member", 3, "--json")
    assert json.loads(out)["member"] == 3


def test_a_row_is_explained_by_all_or_by_one(run):
    code, out, _ = run("explain", "o/model.clearprop", "t.csv", "--row", 2)
    assert (code, "the mean of what 3 members answer" in " ".join(out.split())) == (0, True)
    assert len(out.splitlines()) < 400
    code, out, _ = run("explain", "o/model.clearprop", "t.csv", "--row", 2, "--member", 2, "--only", "dW2")
    assert (code, "member 2 of 3 alone" in " ".join(out.split())) == (0, True)
    assert run("explain", "o/model.clearprop", "t.csv", "--row", 2, "--steps", "--out", "s.html")[0] == 0
    code, _, err = run("explain", "o/model.clearprop", "t.csv", "--row", 2, "--member", 4)
    assert (code, "--member 4; expected 1 … 3" in err) == (2, True)


def test_gradients_and_plans_of_all_or_of_one(run):
    code, out, _ = run("check", "o/model.clearprop")
    assert (code, "dW6" in out) == (0, True)
    code, out, _ = run("check", "o/model.clearprop", "--member", 2)
    assert (code, "dW2" in out, "dW3" in out) == (0, True, False)
    whole, one = (run("plan", "o/model.clearprop", *more)[1] for more in ([], ["--member", 1]))
    assert len(one.splitlines()) < len(whole.splitlines())
    code, _, err = run("plan", "o/model.clearprop", "--member", 9)
    assert (code, "expected 1 … 3" in err) == (2, True)


def test_a_checkpoint_keeps_members_that_ended_and_the_same_command_goes_on(tmp_path, folder, monkeypatch):
    table = str(folder / "t.csv")
    train = ["train", table, "--target", "y", *SHORT, "--threads", 1, "--checkpoint", "-q"]
    assert commands.run(*train, "--out", "whole", cwd=tmp_path).returncode == 0
    original = command.TableModel.train

    def interrupted(*arguments, **options):
        return original(*arguments, **options, progress=lambda done: done[2] > 0)

    monkeypatch.setattr(command.TableModel, "train", interrupted)
    monkeypatch.setattr(
        "clearprop.train.interrupt.Interrupt.stop_by", lambda self, what: setattr(self, "requested", True)
    )
    assert commands.run(*train, "--out", "o", cwd=tmp_path).returncode == 0
    kept = read_model(tmp_path / "o/checkpoint.clearprop")[0]["ended"]
    assert {"0", "1"} <= set(kept)
    assert len(cp.load(tmp_path / "o/model.clearprop").members) == 3, "the third is kept as far as it came"
    monkeypatch.setattr(command.TableModel, "train", original)
    assert commands.run(*train, "--out", "o", cwd=tmp_path).returncode == 0
    assert not (tmp_path / "o/checkpoint.clearprop").exists()
    assert cp.load(tmp_path / "o/model.clearprop") == cp.load(tmp_path / "whole/model.clearprop")
