"""`clearprop explain` and `clearprop doctor` of a bare network beside a table: columns, answers, clear errors."""

import json

import numpy as np
import polars as pl
import pytest

import clearprop as cp
from commands import run

HEADER, ROWS = "width,height,kind,weight", ["0.5,-1,2,0.3", "1.5,0.25,0,0.1", "-0.5,2,1,0.7", "0.25,1,0,0.2"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A classifier, a network of two numbers, one of several members, and tables."""
    folder = tmp_path_factory.mktemp("bare")
    layers = [cp.Dense(4, "tanh"), cp.Dense(3, "softmax")]
    classifier = cp.Network(2, layers, "cross_entropy", seed=0, dtype="float64")
    classifier.save(folder / "kinds.clearprop")
    cp.Network(2, [cp.Dense(4, "relu"), cp.Dense(2)], "mse", seed=0).save(folder / "two.clearprop")
    members = [cp.Network(2, layers, "cross_entropy", seed=k) for k in range(2)]
    cp.network.ensemble_of(members).save(folder / "members.clearprop")
    cp.Network(2, [cp.Dense(1)]).save(folder / "lossless.clearprop")
    (folder / "t.csv").write_text("\n".join([HEADER, *ROWS]) + "\n")
    (folder / "bare.csv").write_text("\n".join(ROWS) + "\n")
    (folder / "gap.csv").write_text("width,height\n1,2\n1,\n")
    (folder / "word.csv").write_text("width,height,kind\n1,2,0\n1,2,red\n")
    (folder / "far.csv").write_text("width,height,kind\n1,2,0\n1,2,7\n")
    return folder


def test_a_row_is_explained_as_the_network_answers_it(folder):
    said = run("explain", "kinds.clearprop", "t.csv", "--row", "1", "--inputs", "width,height", cwd=folder).stdout
    p = cp.load(folder / "kinds.clearprop").predict([[0.5, -1.0]])[0]
    assert "Row 1 of t.csv: kinds.clearprop" in said
    assert f"The network answers {p.argmax()} (probability {p.max():.3f})" in said
    assert "a[0] = [0.5 −1]" in said
    assert "no backward pass" in " ".join(said.split())
    turned = run("explain", "kinds.clearprop", "t.csv", "--row", "1", "--inputs", "height,width", cwd=folder).stdout
    assert "a[0] = [−1 0.5]" in turned


def test_with_a_target_there_is_a_loss_and_a_backward_pass(folder):
    arguments = ("--row", "3", "--inputs", "width,height", "--target", "kind")
    said = run("explain", "kinds.clearprop", "t.csv", *arguments, cwd=folder).stdout
    p = cp.load(folder / "kinds.clearprop").predict([[-0.5, 2.0]])[0]
    assert "in the table stands 1." in said
    assert f"{-np.log(p[1]):.4g}" in said
    shown = run("explain", "two.clearprop", "t.csv", "--row", "3", "--target", "kind,weight", cwd=folder).stdout
    assert "in the table stands 1, 0.7." in " ".join(shown.split())
    assert "δ[1]" in shown


def test_pages_in_both_languages_and_step_by_step(folder, tmp_path):
    arguments = ("explain", "kinds.clearprop", "t.csv", "--row", "2", "--inputs", "width,height", "--target", "kind")
    for name, options in (("en.html", ()), ("zh.html", ("--lang", "zh")), ("steps.html", ("--steps",)), ("a.md", ())):
        assert run(*arguments, "--out", tmp_path / name, *options, cwd=folder).returncode == 0
    assert "width" in (tmp_path / "zh.html").read_text()
    assert "表中" in (tmp_path / "zh.html").read_text()


def test_one_of_several_members_is_derived(folder):
    arguments = ("explain", "members.clearprop", "t.csv", "--row", "2", "--inputs", "width,height")
    assert "This is member 1 of 2 alone" in run(*arguments, cwd=folder).stdout
    assert "This is member 2 of 2 alone" in run(*arguments, "--member", "2", cwd=folder).stdout


def test_the_doctor_examines_it_by_the_rows(folder):
    arguments = ("doctor", "kinds.clearprop", "t.csv", "--inputs", "width,height", "--target", "kind")
    found = json.loads(run(*arguments, "--json", cwd=folder).stdout)
    assert (found["rows"], found["own_rows"]) == ({"table": 4}, False)
    assert "does not say what it was trained on" in " ".join(run(*arguments, cwd=folder, COLUMNS="80").stdout.split())
    members = ("doctor", "members.clearprop", *arguments[2:], "--member", "2", "--json")
    assert json.loads(run(*members, cwd=folder).stdout)["member"] == 2


def test_gradients_are_checked_on_the_rows(folder):
    arguments = ("check", "kinds.clearprop", "t.csv", "--inputs", "width,height", "--target", "kind", "--json")
    found = json.loads(run(*arguments, cwd=folder).stdout)
    assert (found["ok"], found["rows"]) == (True, 4)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("explain", "kinds.clearprop", "t.csv"), "t.csv has 4 columns; expected 2, as many as the network has inputs"),
        (("explain", "kinds.clearprop", "t.csv", "--target", "kind"), "has 3 columns beside the target; expected 2"),
        (("explain", "kinds.clearprop", "word.csv"), "which column is the answer? --target kind"),
        (("explain", "kinds.clearprop", "t.csv", "--inputs", "width"), "--inputs has 1 column; expected 2"),
        (("explain", "kinds.clearprop", "t.csv", "--inputs", "width,deep"), "unknown column of --inputs 'deep'"),
        (("explain", "kinds.clearprop", "t.csv", "--inputs", "width,width"), "each column once"),
        (("explain", "kinds.clearprop", "t.csv", "--inputs", "width,kind", "--target", "kind"), "one of the two"),
        (("explain", "kinds.clearprop", "bare.csv"), "the first line of bare.csv is numbers"),
        (("explain", "kinds.clearprop", "gap.csv", "--row", "2"), "column 'height' is missing in row 1"),
        (("explain", "kinds.clearprop", "word.csv", "--row", "2", "--target", "kind"), "0 … 2, the class by the place"),
        (("explain", "kinds.clearprop", "far.csv", "--row", "2", "--target", "kind"), "'kind' holds 7 in row 1"),
        (("explain", "kinds.clearprop", "gap.csv", "--shapley"), "for --shapley a model written by"),
        (("explain", "kinds.clearprop", "gap.csv", "--loss", "mse"), "an .onnx file, which has none"),
        (("explain", "two.clearprop", "word.csv", "--target", "kind"), "one for each of 2 outputs"),
        (("explain", "lossless.clearprop", "word.csv", "--target", "kind"), "no loss"),
        (("check", "kinds.clearprop", "gap.csv"), "no column with the answers; expected --target COL"),
        (("check", "kinds.clearprop", "--target", "kind"), "--target without a TABLE"),
        (("check", "kinds.clearprop", "--inputs", "width,height"), "--inputs without a TABLE"),
        (("doctor", "kinds.clearprop", "gap.csv"), "no column with the answers; expected --target COL"),
        (("profile", "kinds.clearprop", "gap.csv"), "no column with the answers; expected --target COL"),
        (("profile", "kinds.clearprop", "t.csv", "--target", "kind"), "has 3 columns beside the target; expected 2"),
        (("profile", "kinds.clearprop", "--target", "kind"), "--target without a TABLE"),
    ],
)
def test_columns_that_do_not_fit_are_answered_in_a_sentence(folder, arguments, says):
    row = ("--row", "1") if arguments[0] == "explain" and "--row" not in arguments else ()
    done = run(*arguments, *row, cwd=folder)
    assert done.returncode == 2
    assert says in done.stderr


def test_a_training_step_is_timed_on_the_rows(folder):
    arguments = ("--inputs", "width,height", "--target", "kind", "--batch-size", "2", "--steps", "2")
    timed = run("profile", "kinds.clearprop", "t.csv", *arguments, cwd=folder)
    refused = run("profile", "kinds.clearprop", "far.csv", *arguments, cwd=folder)
    if "the native machine" in timed.stderr:
        pytest.skip("there is no native machine here")
    assert "batches of 2" in timed.stdout
    assert "'kind' holds 7 in row 1" in refused.stderr


@pytest.mark.parametrize("command", [("check",), ("profile",), ("export", "--to", "numpy")])
@pytest.mark.parametrize(
    "option", [("--na", "x"), ("--no-header",), ("--header",), ("--delimiter", ";"), ("--skip", "0")]
)
def test_how_a_table_is_read_is_not_passed_over_where_none_is(folder, command, option):
    done = run(command[0], "kinds.clearprop", *command[1:], *option, cwd=folder)
    assert done.returncode == 2
    assert f"Error: {option[0]} {'for a network' if command[0] == 'export' else 'without a TABLE'}" in done.stderr
    assert not (folder / "kinds.py").exists()


def test_more_random_rows_than_there_can_be_are_a_sentence(folder):
    done = run("check", "kinds.clearprop", "--rows", 10**30, cwd=folder)
    assert done.returncode == 2
    assert "not enough memory" in done.stderr


def test_a_demo_is_read_from_no_file(folder):
    done = run("explain", "kinds.clearprop", "demo:moons", "--row", "1", "--delimiter", ";", cwd=folder)
    assert "--delimiter for demo:moons; expected none" in done.stderr


def test_a_file_without_a_header(folder):
    arguments = ("explain", "kinds.clearprop", "bare.csv", "--no-header", "--row", "1", "--inputs", "c0,c1")
    assert "a[0] = [0.5 −1]" in run(*arguments, cwd=folder).stdout


def test_a_model_of_a_table_knows_its_columns(folder):
    table = pl.DataFrame({"x": [1.0, 2.0] * 20, "y": ["a", "b"] * 20})
    cp.TableModel.train(table, "y", epochs=1).model.save(folder / "table.clearprop")
    table.write_csv(folder / "table.csv")
    done = run("explain", "table.clearprop", "table.csv", "--row", "1", "--inputs", "x", cwd=folder)
    assert "which knows its columns" in done.stderr
    done = run("check", "table.clearprop", "table.csv", "--target", "y", cwd=folder)
    assert "which knows its columns" in done.stderr
