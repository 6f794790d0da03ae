"""Training and saving that are killed at any moment: never a broken file, and the same command goes on from there.

CLEARPROP_KILLS=20 pytest -s tests/app/test_interrupted.py kills as often and says where it struck.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

import clearprop as cp
from clearprop.interop import read_model
from clearprop.table import load_demo

pytestmark = pytest.mark.system

KILLS = int(os.environ.get("CLEARPROP_KILLS", "2"))
TRAIN = [sys.executable, "-m", "clearprop.app.cli", "train", "--preset", "single", "--target", "target", "--checkpoint"]
TRAIN += ["--quiet"]
SHORT = ["--hidden", "200", "--epochs", "200", "--patience", "1000", "--seed", "1"]
ENDLESS = ["--hidden", "100,100", "--epochs", "100000", "--patience", "100000"]
SAVE = """
import sys, clearprop as cp
model = cp.load(sys.argv[1])
print("ready", flush=True)
while True:
    model.save(sys.argv[1])
"""


def killed_after(process, seconds):
    time.sleep(seconds)
    process.send_signal(signal.SIGKILL)
    process.wait()


def appears(path):
    end = time.monotonic() + 60
    while not path.exists() and time.monotonic() < end:
        time.sleep(0.01)


@pytest.fixture(scope="module")
def digits(tmp_path_factory):
    """The table as a file: a demo would import scikit-learn in each process."""
    path = tmp_path_factory.mktemp("table") / "digits.parquet"
    load_demo("digits").write_parquet(path)
    return str(path)


def whole(folder):
    """Every file under its own name can be read; only unnamed beginnings of one may be left."""
    for path in folder.iterdir():
        if path.suffix == ".clearprop" and not path.name.startswith("."):
            read_model(path)


def test_training_killed_and_gone_on_with(tmp_path, digits):
    command = [*TRAIN, *SHORT, digits, "--out"]
    start = time.perf_counter()
    subprocess.run([*command, str(tmp_path / "whole")], check=True)
    took = time.perf_counter() - start
    rng, out, epochs = random.Random(0), tmp_path / "killed", []
    for kill in range(KILLS):
        process = subprocess.Popen([*command, str(out)])
        if kill % 2:  # at any moment at all; the others in the middle of the epochs
            killed_after(process, rng.uniform(0.3, took))
        else:
            appears(out / "checkpoint.clearprop")
            killed_after(process, rng.uniform(0, 0.2))
        if out.is_dir():
            whole(out)
        if (out / "checkpoint.clearprop").exists():
            epochs.append(read_model(out / "checkpoint.clearprop")[0]["run"]["done"])
    print(f"{KILLS} kills during {took:.1f} s of training; epochs done at each checkpoint found: {epochs}")
    assert epochs, "none struck in the middle of the epochs"
    subprocess.run([*command, str(out)], check=True)
    assert not (out / "checkpoint.clearprop").exists()
    one, two = (cp.load(folder / "model.clearprop") for folder in (tmp_path / "whole", out))
    frame = load_demo("digits")
    np.testing.assert_array_equal(one.predict_proba(frame), two.predict_proba(frame))


def test_saving_killed(tmp_path):
    path = tmp_path / "model.clearprop"
    model = cp.TableModel.train(load_demo("digits"), "target", epochs=1, hidden=[1000]).model
    model.save(path)
    expected, rng, struck = path.read_bytes(), random.Random(1), 0
    for _ in range(KILLS):
        process = subprocess.Popen([sys.executable, "-c", SAVE, str(path)], stdout=subprocess.PIPE, text=True)
        with process.stdout:
            assert process.stdout.readline() == "ready\n"
            killed_after(process, rng.uniform(0, 0.1))
        assert path.read_bytes() == expected
        left = [p for p in tmp_path.iterdir() if p != path]
        struck += bool(left)
        for part in left:
            part.unlink()
    print(f"{KILLS} kills while saving: the file was whole each time; {struck} struck in the middle of a write")


def test_an_interrupt_keeps_the_model_trained_so_far_and_what_it_takes_to_go_on(tmp_path, digits):
    command = [*(one for one in TRAIN if one != "--quiet"), *ENDLESS, digits, "--out", str(tmp_path)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    checkpoint = tmp_path / "checkpoint.clearprop"
    appears(checkpoint)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert "interrupted" in out
    assert cp.load(tmp_path / "model.clearprop").predict(load_demo("digits"))
    assert read_model(checkpoint)[0]["run"]["done"] >= 1
