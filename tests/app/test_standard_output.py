"""What is printed may not arrive: a full disk is one line and exit code 2, a reader that has gone is quiet."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import clearprop as cp
from long import first

pytestmark = pytest.mark.system

CLEARPROP = [sys.executable, "-m", "clearprop.app.cli"]


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """The model beside its table, iris.csv: a demo would import scikit-learn in each process."""
    path = tmp_path_factory.mktemp("printed") / "m"
    frame = cp.table.load_demo("iris")
    frame.write_csv(path.with_name("iris.csv"))
    cp.TableModel.train(frame, "target", epochs=1).model.save(path)
    return path


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
@pytest.mark.parametrize("words", [("info",), ("info", "--json")])
def test_a_full_disk(words, model):
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run([*CLEARPROP, words[0], model, *words[1:]], stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 2
    assert "No space left on device" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_reader_that_has_gone(model):
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run([*CLEARPROP, "info", model], stdout=write, stderr=subprocess.PIPE, text=True)
    os.close(write)
    assert (done.returncode, done.stderr) == (141, "")


def test_predictions_go_through_a_pipe(model):
    command = [*CLEARPROP, "predict", model, model.with_name("iris.csv"), "--out", "/dev/stdout", "--quiet"]
    lines = subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout.splitlines()
    assert lines[0].startswith(b"prediction,")
    assert len(lines) == 151


def test_predictions_go_behind_what_a_file_holds(model, tmp_path):
    log = tmp_path / "log.csv"
    log.write_text("precious\n")
    command = [*CLEARPROP, "predict", model, model.with_name("iris.csv"), "--out", "/dev/stdout", "--quiet"]
    with log.open("ab") as file:
        subprocess.run(command, stdout=file, check=True)
    lines = log.read_text().splitlines()
    assert lines[0] == "precious"
    assert len(lines) == 152


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
@pytest.mark.parametrize("closed", first([">&-", "2>&-", "2>/dev/full"], 2))
def test_closed_streams_change_no_outcome(closed, model):
    for words, code in ((f'info "{model}"', 0), ("info nothing", 2))[closed == "2>/dev/full" :]:
        command = f'"{sys.executable}" -m clearprop.app.cli {words} {closed}'
        assert subprocess.run(["sh", "-c", command], capture_output=True, check=False).returncode == code
