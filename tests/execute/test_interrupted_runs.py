"""An exception of a signal handler, such as Ctrl-C, at any moment of a run: the next run must not wait for ever."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from clearprop.execute import instruction_sets

pytestmark = pytest.mark.system

# In a process of its own: an exception that comes anywhere is nothing for the runner of the tests.
RUNS = """
import random, signal, sys
import numpy as np
from clearprop import graph as g
from clearprop.execute import default_executor

class Interrupted(Exception):
    pass

def interrupt(*_):
    raise Interrupted

def until_interrupted():
    try:
        signal.setitimer(signal.ITIMER_REAL, random.uniform(1e-4, 2e-3), 0.05)  # again, where one got lost
        while True:
            program.run(values)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)

signal.signal(signal.SIGALRM, interrupt)
program = default_executor().load(g.Graph({"y": g.tanh(g.variable("x", (4,)))}))
held = getattr(program, "machine", None) or program.memory
values, times = {"x": np.ones(4)}, 0
program.run(values)  # imports what it needs
for _ in range(500):
    try:
        until_interrupted()
    except Interrupted:
        pass
    if held.lock.locked():
        times += 1
        held.renew()
print(times, "locks left")
"""


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no timer that interrupts here")
@pytest.mark.parametrize("executor", ["reference", *(["native"] if instruction_sets() else [])])
def test_an_interrupt_leaves_no_lock_behind(executor):
    env = {**os.environ, "CLEARPROP_EXECUTOR": executor}
    done = subprocess.run([sys.executable, "-c", RUNS], env=env, capture_output=True, text=True, check=False)
    assert done.stdout == "0 locks left\n", done.stderr[-2000:]
