"""`clearprop explain --shapley` and `--depends`: one row by its columns, among rows drawn from its table."""

from __future__ import annotations

import polars as pl
import pytest

import clearprop as cp
import commands
from clearprop.app import terminal
from clearprop.app.explain_columns import row_among
from clearprop.errors import InvalidValueError

TABLE = "x,colour,y\n" + "".join(
    f"{i % 7 / 2},{'red' if i % 3 else 'blue'},{'yes' if i % 7 > 3 else 'no'}\n" for i in range(60)
)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("columns")
    (folder / "t.csv").write_text(TABLE)
    fit = cp.TableModel.train(pl.read_csv(folder / "t.csv"), "y", hidden=3, epochs=30, learning_rate=0.03, members=2)
    fit.model.save(folder / "m.clearprop")
    return folder, fit.model


def run(folder, *arguments):
    return commands.run("explain", folder / "m.clearprop", folder / "t.csv", *arguments)


def test_shapley_values_of_a_row(trained):
    folder, model = trained
    code, out, _ = run(folder, "--row", 7, "--shapley")
    assert code == 0
    assert "Row 7 of t.csv: what each column adds to y" in out
    table = pl.read_csv(folder / "t.csv")
    found = model.shapley(table, rows=6)  # 60 rows are all of the background
    label = model.predict(table[6:7])[0]
    values, _, base, answers = found.of(label)
    assert f"For this row the probability of y = {label} is {answers[0]:.4f}, and {base:.4f} on the average" in out
    assert f"{values[0, 0]:+.4f}".replace("-", "−") in out
    code, out, _ = run(folder, "--row", 7, "--shapley", "--member", 2, "--lang", "zh")
    assert code == 0
    assert "t.csv 第 7 行：各列对 y 的贡献" in out
    p = float(model.member(1).predict(model.encoder.transform(table[6:7], "float32"))[0, 0])
    assert f"{max(p, 1 - p):.4f}" in out


def test_the_share_that_is_done_is_drawn_on_a_terminal_alone(trained, monkeypatch):
    folder, _ = trained
    drawn = []
    monkeypatch.setattr(terminal.ShareBar, "__call__", lambda bar, share: drawn.append((bar._progress.disable, share)))
    code, _, err = run(folder, "--row", 7, "--shapley")
    assert (code, err) == (0, "")
    assert drawn[-1] == (True, 1.0)
    assert drawn == sorted(drawn)
    monkeypatch.setattr(terminal.Screen, "is_terminal", True)
    drawn.clear()
    run(folder, "--row", 7, "--shapley")
    assert drawn[-1] == (False, 1.0)


def test_how_the_answer_depends_on_a_column(trained):
    folder, model = trained
    code, out, _ = run(folder, "--row", 7, "--depends", "x")
    assert code == 0
    assert "Row 7 of t.csv: how y depends on x" in out
    table = pl.read_csv(folder / "t.csv")
    label = model.predict(table[6:7])[0]
    k = model.target.classes.index(label)
    for value in (0.0, 1.5, 3.0):
        expected = model.predict_proba(table[6:7].with_columns(x=pl.lit(value)))[0, k]
        line = next(line for line in out.splitlines() if line.startswith(f"{value:g} "))
        assert line.split()[2] == f"{expected:.4f}"
    code, out, _ = run(folder, "--row", 1, "--depends", "colour", "--lang", "zh")
    assert "这一行" in out


@pytest.mark.parametrize("ending", [".html", ".md", ".tex", ".txt", ".svg", ".png"])
@pytest.mark.parametrize("how", [["--shapley"], ["--depends", "x"]])
def test_files(trained, ending, how, tmp_path):
    out = tmp_path / f"row{ending}"
    code, _, err = run(trained[0], "--row", 2, *how, "--out", out)
    assert code == 0
    assert f"wrote {out}" in err
    assert out.stat().st_size > 500


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--shapley", "--only", "W1"], "--shapley beside --only"),
        (["--depends", "x", "--steps"], "--depends beside --steps"),
        (["--shapley", "--depends", "x"], "--shapley beside --depends"),
        (["--depends", "y"], "unknown column 'y'"),
        (["--shapley", "--out", "row.gif"], ".txt, .svg or .png"),
        (["--out", "row.svg"], ".md, .tex or .txt"),
    ],
)
def test_what_does_not_go_together(trained, arguments, said):
    code, out, err = run(trained[0], "--row", 1, *arguments)
    assert (code, out) == (2, "")
    assert said in err


def test_a_row_among_rows_drawn_from_all_batches():
    frames = [pl.DataFrame({"i": range(start, start + 1500)}) for start in range(0, 9000, 1500)]
    frame = row_among(iter(frames), 8000)
    assert frame["i"][0] == 7999
    others = frame["i"][1:].to_list()
    assert len(others) == len(set(others)) == 2000
    assert others == sorted(others)
    assert abs(sum(others) / 2000 - 4500) < 300
    assert row_among(iter(frames[:1]), 1)["i"].to_list() == [0, *range(1500)]
    with pytest.raises(InvalidValueError, match="--row 9001"):
        row_among(iter(frames), 9001)
