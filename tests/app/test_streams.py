"""Tables from pipes and predictions into them: - for TABLE and for --out, and nothing that is left behind."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
import tempfile
import threading

import polars as pl
import pytest

import clearprop as cp
from commands import run

pytestmark = pytest.mark.system

CLI = [sys.executable, "-m", "clearprop.app.cli"]
FRAME = pl.DataFrame({"a": [i % 7 + 0.5 for i in range(60)], "b": [i % 5 for i in range(60)], "y": ["u", "v"] * 30})


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("streams")
    FRAME.write_csv(folder / "t.csv")
    cp.TableModel.train(FRAME, "y", epochs=2).model.save(folder / "m.clearprop")
    (folder / "tmp").mkdir()
    return folder


def piped(folder, *arguments, given=b"", **options):
    environment = {**os.environ, "TMPDIR": str(folder / "tmp")}
    done = subprocess.run(
        [*CLI, *arguments], input=given, capture_output=True, check=False, cwd=folder, env=environment, **options
    )
    assert not list((folder / "tmp").iterdir()), "a temporary file is left"
    assert not (folder / "-").exists()
    return done


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "packed"])
def test_predictions_from_one_pipe_into_another(folder, pack):
    content = pack((folder / "t.csv").read_bytes())
    done = piped(folder, "predict", "m.clearprop", "-", "--out", "-", given=content)
    assert done.returncode == 0
    assert b"wrote standard output: 60 rows" in done.stderr
    found = pl.read_csv(done.stdout)
    model = cp.load(folder / "m.clearprop")
    assert found["prediction"].to_list() == model.predict(FRAME)
    assert found["probability of u"].to_numpy() == pytest.approx(model.predict_proba(FRAME)[:, 0])


def test_a_training_from_standard_input(folder, monkeypatch):
    given = b"From the lab\n" + (folder / "t.csv").read_bytes().replace(b",", b";")
    done = piped(folder, "train", "-", "--target", "y", "--out", "o", "--epochs", "2", "--json", given=given)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)["table"]
    assert (found["name"], found["rows"]) == ("standard input", 60)
    assert (found["read"]["delimiter"], found["read"]["skipped"], found["read"]["above"]) == (";", 1, "From the lab")


@pytest.mark.parametrize(
    "command", [("evaluate",), ("explain", "--row", "2"), ("doctor",), ("check",), ("profile", "--steps", "5")]
)
def test_every_command_reads_standard_input(folder, command, monkeypatch):
    class Stream:
        def __init__(self):
            self.buffer = (folder / "t.csv").open("rb")

    monkeypatch.setattr(sys, "stdin", Stream())
    monkeypatch.setattr(tempfile, "tempdir", str(folder / "tmp"))
    name, *more = command
    done = run(name, folder / "m.clearprop", "-", *more)
    sys.stdin.buffer.close()
    assert (done.returncode, done.stderr) == (0, "")
    assert not list((folder / "tmp").iterdir())


def test_a_named_pipe_is_read_like_standard_input(folder):
    os.mkfifo(folder / "pipe")
    writer = threading.Thread(target=lambda: (folder / "pipe").write_bytes((folder / "t.csv").read_bytes()))
    writer.start()
    done = piped(folder, "predict", "m.clearprop", "pipe", "--out", "-", "--quiet")
    writer.join()
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.count(b"\n") == 61


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (b"", "standard input is empty; expected a table"),
        (b"a,b,y\n1,2\n", "standard input is no regular table: number of fields in line 2 is 2"),
        (b"PK\x03\x04" + bytes(50), "standard input is damaged"),
    ],
    ids=["empty", "ragged", "damaged"],
)
def test_what_is_wrong_with_it_is_one_line(folder, given, words):
    done = piped(folder, "predict", "m.clearprop", "-", "--out", "-", given=given)
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.decode().startswith(f"Error: {words}")
    assert done.stderr.count(b"\n") == 1


def test_a_terminal_is_refused(folder, monkeypatch):
    class Terminal:
        class buffer:
            closed = False

            @staticmethod
            def isatty():
                return True

    monkeypatch.setattr(sys, "stdin", Terminal)
    done = run("train", "-", "--target", "y", "--out", folder / "none")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "standard input is a terminal" in done.stderr
    monkeypatch.setattr(sys, "stdin", None)
    assert "standard input is closed" in run("evaluate", folder / "m.clearprop", "-").stderr


def test_no_room_for_what_comes_through_the_pipe(folder, monkeypatch):
    class Full:
        closed = False
        isatty = staticmethod(lambda: False)

        def read(self, size):
            raise OSError(28, "No space left on device")

    class Stream:
        buffer = Full()

    monkeypatch.setattr(sys, "stdin", Stream)
    monkeypatch.setattr(tempfile, "tempdir", str(folder / "tmp"))
    done = run("evaluate", folder / "m.clearprop", "-")
    assert "No space left on device; expected room for the whole table. Hint: name another folder" in done.stderr
    assert not list((folder / "tmp").iterdir())


def test_what_was_said_of_a_table_is_remembered(folder):
    text = (folder / "t.csv").read_text()
    (folder / "c.txt").write_text("One, two\n" + text.replace(",", ":"))
    options = ("--delimiter", ":", "--skip", "1")
    done = run("train", "c.txt", "--target", "y", "--out", "o2", "--epochs", "2", "--quiet", *options, cwd=folder)
    assert (done.returncode, done.stderr) == (0, "")
    reading = cp.load(folder / "o2" / "model.clearprop").about["reading"]
    assert (reading["delimiter"], reading["skip"], reading["sheet"]) == (":", 1, None)
    done = run("predict", "o2/model.clearprop", "c.txt", "--out", "p.csv", cwd=folder)
    assert done.returncode == 0
    assert "lines above the table that were skipped: 1, 'One, two'" in done.stderr
    assert "fields between ':'" in done.stderr
    FRAME.write_parquet(folder / "t.parquet")  # of which they say nothing
    assert run("predict", "o2/model.clearprop", "t.parquet", "--out", "q.csv", cwd=folder).returncode == 0
    assert (folder / "p.csv").read_bytes() == (folder / "q.csv").read_bytes()


def test_one_row_between_blanks_is_read_as_the_training_table_was(folder):
    (folder / "b.txt").write_text((folder / "t.csv").read_text().replace(",", "  "))
    run("train", "b.txt", "--target", "y", "--out", "o3", "--epochs", "2", "--quiet", cwd=folder)
    (folder / "one.txt").write_text("a b\n1.5 2\n")
    done = run("predict", "o3/model.clearprop", "one.txt", "--out", "one.csv", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert pl.read_csv(folder / "one.csv").height == 1


@pytest.mark.parametrize("reading", [{"delimiter": "::"}, {"skip": "1"}, {"skip": -1}, {"blanks": 1}, {"more": 1}])
def test_a_model_file_with_other_options_is_refused(folder, reading):
    model = cp.load(folder / "m.clearprop")
    model.about["reading"] = {"header": True, "na": [], "decimal": None, **reading}
    model.save(folder / "bad.clearprop")
    with pytest.raises(cp.ModelFileError, match="what it says of 'reading'"):
        cp.load(folder / "bad.clearprop")
    model.about["reading"] = {"header": True, "na": ["-"], "decimal": ","}  # as an earlier version wrote it
    model.save(folder / "old.clearprop")
    assert run("predict", "old.clearprop", "t.csv", "--out", "p.csv", cwd=folder).returncode == 0


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_table_without_rows_has_no_answers(folder, tmp_path, kind):
    nothing = tmp_path / f"nothing.{kind}"
    if kind == "csv":
        nothing.write_text("a,b,y\n")
    else:
        FRAME.head(0).write_parquet(nothing)
    done = run("predict", folder / "m.clearprop", nothing, "--keep", "b", "--out", tmp_path / "p.csv")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "p.csv").read_text() == "b,prediction,probability of u,probability of v\n"
    assert "0 rows" in done.stderr
    for command in (("evaluate", folder / "m.clearprop", nothing), ("train", nothing, "--target", "y")):
        done = run(*command, cwd=tmp_path)
        assert done.returncode == 2
        assert "has no rows" in done.stderr
