"""The run on older processors says what is missing, and takes no crash for an answer."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def older():
    spec = importlib.util.spec_from_file_location("older", Path(__file__).with_name("older.py"))
    module = importlib.util.module_from_spec(spec)
    sys.modules["older"] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    yield module
    del sys.modules["older"]


def test_without_an_emulator_it_is_skipped(older, monkeypatch, capsys):
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setenv("PATH", "")
    assert older.main(Path(sys.executable)) == 0
    assert capsys.readouterr().out.startswith("SKIPPED: ")


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_loss_that_is_no_number_is_far_off_wherever_it_stands(older, place):
    losses = [0.5, 0.4, 0.3]
    assert older.apart(losses, losses) == 0
    assert older.apart([*losses[:place], float("nan"), *losses[place + 1 :]], losses) > 1


def test_an_illegal_instruction_is_no_answer(older):
    with pytest.raises(RuntimeError, match="ended with -4"):
        older.answer(subprocess.CompletedProcess([], -4, "{}", "qemu: uncaught target signal 4"))


@pytest.mark.parametrize(
    ("loss", "executor", "fault"),
    [
        (0.5, "native (avx2, up to 2 threads)", ""),
        (0.5001, "native (avx2, up to 2 threads)", "more than"),
        (0.5, "native (baseline, up to 2 threads)", "expected native on avx2"),
        (0.5, "reference (NumPy)", "expected native on avx2"),
        (float("nan"), "native (avx2, up to 2 threads)", "more than"),
    ],
)
def test_what_is_a_fault(older, monkeypatch, loss, executor, fault):
    def run(processor, python, *arguments, plain=False):
        told = {"executor": executor, "losses": {"avx2": [loss], "reference": [0.5]}, "log_loss": 0.25}
        return subprocess.CompletedProcess([], 0, json.dumps(told), "")

    monkeypatch.setattr(older, "run", run)
    host = {"fit": {"losses": {"reference": [0.5]}}, "train": {"log_loss": 0.25}}
    _, faults = older.look(older.Processor("Haswell", "avx2"), Path(sys.executable), host)
    assert len(faults) == bool(fault), faults
    assert all(fault in each for each in faults)
