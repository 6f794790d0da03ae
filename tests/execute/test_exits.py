"""The interpreter ends while a daemon thread runs a network: the process ends with 0, without a word."""

from __future__ import annotations

import subprocess
import sys

import pytest

from clearprop.execute import instruction_sets

pytestmark = pytest.mark.alone
EXECUTORS = ["Reference()", *(["Native(2)", "Native(1)"] if instruction_sets() else [])]

START = """
import threading, time, numpy as np, clearprop as cp
from clearprop.execute import Native, Reference
X = np.random.default_rng(0).normal(size=({rows}, 12)).astype("f4")
y = np.arange({rows}) % 3
net = cp.Network(12, [cp.Dense(100, "relu"), cp.Dense(3, "softmax")], "cross_entropy")
def fit():
    while True:
        net.fit(X, y, epochs=10**6, batch_size=100, executor={executor})
def predict():
    while True:
        net.predict(X)
for _ in range({threads}):
    threading.Thread(target={what}, daemon=True).start()
time.sleep({after})
"""


def ended(what, executor="None", rows=20_000, threads=1, after=0.1):
    """Exit code and last words."""
    code = START.format(what=what, executor=executor, rows=rows, threads=threads, after=after)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stderr


@pytest.mark.parametrize("executor", EXECUTORS)
def test_during_fit(executor):
    assert ended("fit", executor) == (0, "")


@pytest.mark.parametrize("rows", [1, 2000, 200_000])
def test_during_predict(rows):
    assert ended("predict", rows=rows, threads=2) == (0, "")


@pytest.mark.long
@pytest.mark.parametrize(("what", "rows"), [("fit", 20_000), ("fit", 200), ("predict", 2000), ("predict", 20)])
def test_fifty_times(what, rows):
    """The shorter the calls, the more often a thread waits for Python's lock at the moment it is gone."""
    assert {ended(what, rows=rows, threads=2, after=0.05 + k / 500) for k in range(50)} == {(0, "")}
