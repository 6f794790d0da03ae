"""`clearprop explain`: one row, as it stands in the table, through the network that was trained."""

from __future__ import annotations

import re

import polars as pl
import pytest

import clearprop as cp
import commands

TABLE = "x,colour,y\n" + "".join(
    f"{i % 7 / 2},{'red' if i % 3 else 'blue'},{'yes' if i % 7 > 3 else 'no'}\n" for i in range(60)
)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("explain")
    (folder / "t.csv").write_text(TABLE)
    fit = cp.TableModel.train(pl.read_csv(folder / "t.csv"), "y", hidden=3, epochs=5)
    fit.model.save(folder / "m.clearprop")
    return folder, fit.model


def run(*arguments):
    return commands.run("explain", *arguments)


def test_a_row_as_text(trained):
    folder, model = trained
    code, out, _ = run(folder / "m.clearprop", folder / "t.csv", "--row", 5)
    row = pl.read_csv(folder / "t.csv")[4:5]
    assert code == 0
    assert "Row 5 of t.csv: y" in out
    assert f"The network answers {model.predict(row)[0]} (probability {model.predict_proba(row).max():.3f})" in out
    assert "in the table stands yes" in out
    assert re.search(r"x +2\.0 +a\[0\]₁ = ", out)
    assert all(title in out for title in ("Forward propagation", "Loss", "Backward propagation", "Update"))
    assert max(map(len, out.splitlines())) <= 110


def test_chinese_columns_and_one_element(trained):
    folder, model = trained
    model_and_table = (folder / "m.clearprop", folder / "t.csv", "--row", 1)
    code, out, _ = run(*model_and_table, "--lang", "zh", "--convention", "column")
    assert code == 0
    assert all(
        word in out for word in ("t.csv 第 1 行", "前向传播", "反向传播", "损失函数", "偏置", "z[1] = W[1] · a[0]")
    )
    code, out, _ = run(*model_and_table, "--only", "dW1[1,2]")
    trace = model.trace(pl.read_csv(folder / "t.csv")[:1])
    assert f"{trace.dW[1][0, 1]:.4g}".replace("-", "−")[:5] in out


@pytest.mark.parametrize("ending", [".html", ".md", ".tex", ".txt"])
def test_files(trained, ending, tmp_path):
    folder, _ = trained
    out = tmp_path / f"row{ending}"
    code, _, err = run(folder / "m.clearprop", folder / "t.csv", "--row", 2, "--out", out)
    assert code == 0
    assert "wrote" in err
    text = out.read_text(encoding="utf-8")
    assert {".html": "<math>", ".md": "$$", ".tex": "\\begin{document}", ".txt": "δ[2]"}[ending] in text
    assert "http" not in text.replace("http-equiv", "")
    assert "The network answers" in text
    assert "input of the network" in text


def test_open_shows_the_page(trained, monkeypatch):
    folder, _ = trained
    opened = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    code, _, _ = run(folder / "m.clearprop", folder / "t.csv", "--row", 2, "--open")
    assert code == 0
    assert opened[0].startswith("file://")
    assert opened[0].endswith("row-2.html")


def test_step_by_step(trained, tmp_path):
    folder, _ = trained
    out = tmp_path / "row.html"
    row = (folder / "m.clearprop", folder / "t.csv", "--row", 2)
    assert run(*row, "--steps", "--lang", "zh", "--out", out)[0] == 0
    assert "反向传播" in out.read_text(encoding="utf-8")
    assert "<script>" in out.read_text(encoding="utf-8")


def test_a_row_without_an_answer_has_no_backward_pass(trained, tmp_path):
    folder, _ = trained
    (tmp_path / "new.csv").write_text("x,colour\n1.5,red\n")
    code, out, _ = run(folder / "m.clearprop", tmp_path / "new.csv", "--row", 1)
    assert code == 0
    assert "the table does not say" in out
    assert "Backward" not in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--row", 61), "--row 61; expected 1 … 60"),
        (("--row", 1, "--lang", "fr"), "unknown language 'fr'"),
        (("--row", 1, "--convention", "diagonal"), "convention 'diagonal'"),
        (("--row", 1, "--detail", "all"), "detail 'all'"),
        (("--row", 1, "--only", "dW9"), "no value 'dW9'"),
        (("--row", 1, "--only", "dW1[9,9]"), "element [9,9] of dW1"),
        (("--row", 1, "--out", "row.pdf"), "a file ending in .html"),
        (("--row", 1, "--steps"), "--steps without a page"),
        (("--row", 1, "--steps", "--out", "row.md"), "--steps without a page"),
        ((), "Missing option '--row'"),
    ],
)
def test_wrong_arguments_are_one_line(trained, arguments, message):
    folder, _ = trained
    code, out, err = run(folder / "m.clearprop", folder / "t.csv", *arguments)
    assert code == 2
    assert out == ""
    assert message in err
    assert err.count("\n") == 1


def test_a_column_may_be_called_anything(tmp_path):
    rows = "".join(f"{i % 5},{'a' if i % 5 > 2 else 'b'}\n" for i in range(40))
    (tmp_path / "t.csv").write_text(f"<script>alert(1)</script>,y\n{rows}")
    fit = cp.TableModel.train(pl.read_csv(tmp_path / "t.csv"), "y", hidden=2, epochs=2)
    fit.model.save(tmp_path / "m.clearprop")
    out = tmp_path / "row.html"
    assert run(tmp_path / "m.clearprop", tmp_path / "t.csv", "--row", 1, "--out", out)[0] == 0
    assert "<script>" not in out.read_text()
