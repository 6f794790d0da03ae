"""The command line: the files it writes, the words it answers with, its exit codes."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace

import polars as pl
import pytest

import clearprop as cp
from clearprop.app.files import predictions_of
from clearprop.execute import executor_in_words
from clearprop.interop import read_model, write_model
from clearprop.table import load_demo
from clearprop.table.target import ClassTarget
from commands import run, run_process
from long import first


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    out = tmp_path_factory.mktemp("trained")
    return out, run("train", "demo:iris", "--out", out, "--epochs", 20, "--learning-rate", 0.01)


def test_train_prints_scores_and_names_its_files(trained):
    out, done = trained
    assert done.returncode == 0, done.stderr
    names = ["model.clearprop", "report.html", "learning-curves.png", "history.csv", "summary.json"]
    assert all((out / name).is_file() for name in names)
    assert all(name in done.stdout for name in names)
    assert all(word in done.stdout for word in ("train", "validation", "test", "accuracy", "3 classes"))
    assert [p.name for p in out.iterdir() if p.name not in names] == []
    summary = json.loads((out / "summary.json").read_text())
    assert {name: part["rows"] for name, part in summary["parts"].items()} == {
        "train": 106,
        "validation": 22,
        "test": 22,
    }
    assert summary["parts"]["test"]["scores"]["accuracy"] > 0.8
    assert summary["columns"][0]["kind"] == "number"
    assert (out / "learning-curves.png").read_bytes().startswith(b"\x89PNG")
    assert pl.read_csv(out / "history.csv").columns[:3] == ["epoch", "loss", "validation_loss"]
    assert (out / "report.html").read_text().startswith("<!DOCTYPE html>")


def test_predict_gives_one_row_per_row(trained, tmp_path):
    out, _ = trained
    done = run("predict", out / "model.clearprop", "demo:iris", "--out", tmp_path / "p.csv")
    assert done.returncode == 0, done.stderr
    predictions = pl.read_csv(tmp_path / "p.csv")
    assert predictions.height == 150
    model = cp.load(out / "model.clearprop")
    assert predictions["prediction"].to_list() == model.predict(load_demo("iris"))
    assert predictions.columns[1:] == [f"probability of {c}" for c in ("setosa", "versicolor", "virginica")]


def test_a_csv_with_gaps_categories_and_no_header(tmp_path):
    lines = [f"{i % 7},{'ab'[i % 2]},{'?' if i % 9 == 0 else i},{(i % 2) * 10 + i % 7}" for i in range(120)]
    (tmp_path / "t.csv").write_text("\n".join(lines) + "\n")
    options = ["--target", "c3", "--drop", "c2", "--epochs", 5]
    done = run("train", "t.csv", "--no-header", *options, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "2-128-1 (relu, identity)" in done.stdout
    done = run("predict", "clearprop-out/model.clearprop", "t.csv", "--no-header", "--out", "p.csv", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert pl.read_csv(tmp_path / "p.csv").height == 120


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["train", "none.csv", "--target", "y"], "cannot read none.csv"),
        (["train", "t.csv"], "no target column; expected --target COL. Hint: columns: x, y"),
        (["train", "t.csv", "--targt", "y"], "--targt"),
        (["train", "t.csv", "--target", "z"], "unknown target column 'z'"),
        (["train", "t.csv", "--target", "y", "--drop", "w"], "no column 'w' to drop"),
        (["train", "t.csv", "--target", "y", "--hidden", "a"], "--hidden 'a'"),
        (["train", "t.csv", "--target", "y", "--activation", "rleu"], "did you mean 'relu'"),
        (["train", "t.csv", "--target", "y", "--out", "t.csv/x"], "cannot make the folder"),
        (["train", "demo:iriss"], "did you mean 'iris'"),
        (["train", "demo:iris", "--lang", "fr"], "unknown language 'fr'; expected one of: en, zh"),
        (["train", "empty.csv", "--target", "y"], "empty.csv is empty"),
        (["predict", "none", "t.csv", "--out", "p.csv"], "cannot read none"),
        (["predict", "t.csv", "t.csv", "--out", "p.csv"], "t.csv is no model file"),
        (["predict", "cut.clearprop", "demo:iris", "--out", "p.csv"], "cut.clearprop"),
        (["predict", "m.clearprop", "t.csv", "--out", "p.csv"], "no column 'sepal_length'"),
        (["predict", "m.clearprop", "demo:iris", "--out", "none/p.csv"], "cannot write none/p.csv"),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_two(trained, tmp_path, arguments, words):
    (tmp_path / "t.csv").write_text("x,y\n1,a\n2,b\n3,a\n4,b\n")
    (tmp_path / "empty.csv").write_text("")
    model = (trained[0] / "model.clearprop").read_bytes()
    (tmp_path / "m.clearprop").write_bytes(model)
    (tmp_path / "cut.clearprop").write_bytes(model[: len(model) // 2])
    done = run(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith("Error: ")
    assert words in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "p.csv").exists()


@pytest.mark.system
def test_help_and_version():
    assert "--target" in run("train", "--help").stdout
    assert f"clearprop {cp.__version__}, executor: {executor_in_words()}" in run_process("--version").stdout
    done = run_process("trian")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("seed", [0])
def test_real_tables(data, tmp_path, seed):
    out = tmp_path / "out"
    done = run("train", data / "penguins.csv", "--target", "species", "--out", out, "--seed", seed)
    assert done.returncode == 0, done.stderr
    assert json.loads((out / "summary.json").read_text())["parts"]["test"]["scores"]["accuracy"] > 0.95
    done = run("predict", out / "model.clearprop", data / "penguins.csv", "--out", tmp_path / "p.csv")
    assert done.returncode == 0, done.stderr
    assert pl.read_csv(tmp_path / "p.csv").height == 344


def test_paths_with_brackets_and_long_paths(tmp_path):
    out = tmp_path / "[red]" / "a[" / ("long" * 30)
    done = run("train", "demo:iris", "--out", out, "--epochs", 1)
    assert done.returncode == 0, done.stderr
    assert any(str(out / "model.clearprop") in line for line in done.stdout.splitlines())
    out = tmp_path / "x[" / "y]"  # a closing tag, to a markup language
    assert run("train", "demo:iris", "--out", out, "--epochs", 1).returncode == 0


def test_more_units_than_memory(tmp_path):
    done = run("train", "demo:iris", "--out", tmp_path, "--hidden", 10**14)
    assert done.returncode == 2
    assert len(done.stderr.strip().splitlines()) == 1
    assert "not enough memory" in done.stderr


def test_where_the_terminal_does_not_know_every_letter(trained):
    done = run_process("plan", trained[0] / "model.clearprop", PYTHONIOENCODING="ascii")
    assert done.returncode == 0, done.stderr
    assert "W1" in done.stdout


def test_predictions_of_labels_of_two_kinds(trained):
    model = cp.load(trained[0] / "model.clearprop")
    mixed = replace(model, target=ClassTarget(model.target.name, (1, 2, "other")))
    table = load_demo("iris")
    predictions = predictions_of(mixed, table)["prediction"].to_list()
    assert predictions == [str(label) for label in mixed.predict(table)]


@pytest.mark.parametrize(
    "arguments",
    [["--steps", 20], ["demo:iris", "--steps", 300], ["demo:iris", "--steps", 20, "--batch-size", 150, "--threads", 2]],
)
def test_profile_shows_every_step_of_a_training_step(trained, arguments):
    done = run("profile", trained[0] / "model.clearprop", *arguments)
    if executor_in_words().startswith("reference"):
        assert (done.returncode, "expected the native machine" in done.stderr) == (2, True)
        return
    assert done.returncode == 0, done.stderr
    assert "GFLOP/s" in done.stdout
    assert all(name in done.stdout for name in ("z1, a1", "dW1", "dW2", "L"))


def test_plan_before_and_after_each_pass(trained):
    model = trained[0] / "model.clearprop"
    assert "--- after memory" in run("plan", model, "--passes").stdout
    assert "dW" not in run("plan", model, "--what", "predict").stdout


def test_evaluate_and_info(trained):
    model = trained[0] / "model.clearprop"
    done = run("evaluate", model, "demo:iris", "--json")
    found = json.loads(done.stdout)
    assert found["rows"] == 150
    assert found["scores"] == cp.load(model).score(load_demo("iris"))
    assert sum(map(sum, found["confusion"])) == 150
    assert "baseline" in run("evaluate", model, "demo:iris").stdout
    assert json.loads(run("info", model, "--json").stdout)["target"]["classes"] == ["setosa", "versicolor", "virginica"]
    assert "petal_width" in run("info", model).stdout


def test_the_report_in_chinese(tmp_path):
    done = run("train", "demo:iris", "--epochs", 2, "--lang", "zh", "--out", tmp_path)
    assert done.returncode == 0, done.stderr
    assert "report.html" in done.stdout
    assert "训练报告" in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_quiet_and_json(tmp_path):
    done = run("train", "demo:iris", "--out", tmp_path, "--epochs", 2, "--quiet")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    done = run("train", "demo:iris", "--out", tmp_path, "--epochs", 2, "--json")
    assert json.loads(done.stdout)["training"]["epochs"] == 2
    assert done.stderr == ""


def test_predictions_beside_columns_that_are_kept(trained, tmp_path):
    load_demo("iris").with_row_index("row").write_csv(tmp_path / "t.csv")
    model = trained[0] / "model.clearprop"
    done = run("predict", model, "t.csv", "--out", "p.csv", "--keep", "row", "--keep", "target", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    frame = pl.read_csv(tmp_path / "p.csv")
    assert frame.columns[:3] == ["row", "target", "prediction"]
    assert frame["row"].to_list() == list(range(150))


@pytest.mark.parametrize("width", first([80, 120], 1))
def test_pages_fit_the_terminal(trained, tmp_path, width):
    commands = (
        ["info", trained[0] / "model.clearprop"],
        ["train", "demo:digits", "--out", "o", "--epochs", 2],
        ["train", "-h"],
    )
    for command in commands:
        done = run(*command, cwd=tmp_path, COLUMNS=str(width))
        assert done.returncode == 0, done.stderr
        assert max(map(len, done.stdout.splitlines())) <= width


def test_options_of_the_table(tmp_path):
    rows = "".join(f"{1000 + i % 3};{i % 7},5;{['x', '-'][i % 2]};{'ab'[i % 2]}\n" for i in range(90))
    (tmp_path / "t.csv").write_bytes(("zip;größe;c;y\n" + rows).encode("cp1252"))
    arguments = [
        "--preset",
        "single",
        "--encoding",
        "cp1252",
        "--na",
        "-",
        "--kind",
        "zip=category",
        "--scaling",
        "robust",
        "--json",
    ]
    done = run("train", "t.csv", "--target", "y", "--epochs", 2, "--max-rows", 60, *arguments, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    assert {c["name"]: c["kind"] for c in summary["columns"]} == {"zip": "category", "größe": "number", "c": "category"}
    assert summary["table"]["rows"] == 90
    assert sum(part["rows"] for part in summary["parts"].values()) == 60


# --- what a review found


def rows_of(*columns):
    return "\n".join(",".join(map(str, row)) for row in zip(*columns, strict=True)) + "\n"


def table_file(path, target, labels, n=60):
    path.write_text(f"x,{target}\n" + rows_of([i % 7 for i in range(n)], [labels[i % len(labels)] for i in range(n)]))
    return path


@pytest.mark.parametrize("labels", [["[/b]", "[red]"], ["[low]", "[high]"]])
def test_labels_in_brackets(tmp_path, labels):
    done = run(
        "train", table_file(tmp_path / "t.csv", "y", labels), "--target", "y", "--epochs", 1, "--out", tmp_path / "o"
    )
    assert done.returncode == 0, done.stderr
    assert all(label in done.stdout for label in labels)


@pytest.mark.parametrize(("file", "target"), [("t.csv", "a_$_b_$_c"), ("房价.csv", "价格"), ("t.csv", "$\\frac$")])
def test_names_that_a_picture_could_take_for_mathematics(tmp_path, file, target):
    table = table_file(tmp_path / file, target, ["u", "v"])
    done = run("train", table, "--target", target, "--epochs", 1, "--out", tmp_path / "o")  # a warning is an error
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert target in done.stdout


def test_what_is_kept_of_how_the_table_was_read(tmp_path):
    (tmp_path / "t.csv").write_text(
        "\n".join(f"{-999 if i % 9 == 0 else i % 7},{'ab'[i % 2]}" for i in range(90)) + "\n"
    )
    arguments = ["--no-header", "--na", "-999", "--target", "c1", "--epochs", 2, "--out", "o"]
    assert run("train", "t.csv", *arguments, cwd=tmp_path).returncode == 0
    model = "o/model.clearprop"
    for out, options in (("one.csv", []), ("two.csv", ["--no-header", "--na", "-999"])):
        assert run("predict", model, "t.csv", "--out", out, *options, cwd=tmp_path).returncode == 0
    assert (tmp_path / "one.csv").read_bytes() == (tmp_path / "two.csv").read_bytes()


def test_small_mistakes_with_columns_to_keep(trained, tmp_path):
    model = trained[0] / "model.clearprop"
    done = run("predict", model, "demo:iris", "--out", tmp_path / "p.csv", "--keep", "target", "--keep", "target")
    assert done.returncode == 0, done.stderr
    nested = load_demo("iris").with_columns(pl.Series("l", [[1]] * 150))
    nested.write_parquet(tmp_path / "t.parquet")
    done = run("predict", model, tmp_path / "t.parquet", "--out", tmp_path / "q.csv", "--keep", "l")
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)


def test_a_folder_that_is_there_keeps_what_is_in_it(tmp_path):
    (tmp_path / ".clearprop").write_text("precious")
    assert run("train", "demo:iris", "--epochs", 1, "--out", tmp_path).returncode == 0
    assert (tmp_path / ".clearprop").read_text() == "precious"


def test_a_file_keeps_its_mode(trained, tmp_path):
    (tmp_path / "p.csv").write_text("")
    (tmp_path / "p.csv").chmod(0o600)
    assert run("predict", trained[0] / "model.clearprop", "demo:iris", "--out", tmp_path / "p.csv").returncode == 0
    assert (tmp_path / "p.csv").stat().st_mode & 0o777 == 0o600


@pytest.mark.system
def test_a_reader_that_has_seen_enough(trained):
    command = (
        f"{sys.executable} -m clearprop.app.cli predict {trained[0] / 'model.clearprop'} demo:iris --out /dev/stdout"
    )
    done = subprocess.run(["bash", "-c", f"{command} -q | head -1"], capture_output=True, text=True, check=False)
    assert done.stdout.startswith("prediction")
    assert "Error" not in done.stderr


def test_a_name_too_long_for_a_file():
    done = run("train", "n" * 300 + ".csv", "--target", "y")
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)


def test_rows_of_a_demo_are_drawn(tmp_path):
    options = ["--epochs", 1]
    done = run("train", "demo:digits", "--max-rows", 100, *options, "--out", tmp_path, "--json")
    assert sum(part["rows"] for part in json.loads(done.stdout)["parts"].values()) == 100


HUGE = {"rows": 1, "scores": {"auc": 10**400}, "baseline": {"auc": 1}, "intervals": {}}  # too large for a float


@pytest.mark.parametrize(
    "about",
    [
        {"parts": {"x": 1}},
        {"parts": "abc"},
        {"parts": {"t": {}}},
        "text",
        {"seed": "[/x]", "clearprop": 3},
        {"parts": {"t": HUGE}},
        {"reading": {"header": 1}},
    ],
)
def test_damaged_facts_about_a_model_are_one_clear_error(trained, tmp_path, about):
    header, arrays = read_model(trained[0] / "model.clearprop")
    write_model(tmp_path / "m", {**header, "about": about}, arrays)
    done = run("info", tmp_path / "m")
    assert done.returncode == 2
    assert "is damaged: what it says of" in done.stderr or "says of its model 'text'" in done.stderr


def test_a_header_where_the_model_was_trained_without(tmp_path):
    rows = rows_of([i % 7 for i in range(60)], ["ab"[i % 2] for i in range(60)])
    (tmp_path / "t.csv").write_text(rows)
    (tmp_path / "h.csv").write_text("c0,c1\n" + rows)
    assert (
        run("train", "t.csv", "--no-header", "--target", "c1", "--epochs", 1, "--out", "o", cwd=tmp_path).returncode
        == 0
    )
    model = "o/model.clearprop"
    assert run("predict", model, "h.csv", "--header", "--out", "p.csv", cwd=tmp_path).returncode == 0
    assert run("predict", model, "t.csv", "--out", "q.csv", cwd=tmp_path).returncode == 0
    assert (tmp_path / "p.csv").read_bytes() == (tmp_path / "q.csv").read_bytes()
    done = run("train", "t.csv", "--target", "y", cwd=tmp_path)
    assert "is the first line data? --no-header" in done.stderr
