"""Same seed, same bits: in another process, and with another number of BLAS threads."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

pytestmark = pytest.mark.system

CODE = """
import hashlib, sys
import numpy as np, clearprop as cp
rng = np.random.default_rng(0)
X = rng.normal(size=(300, 64)).astype(np.float32)
y = rng.integers(0, 10, 300)
layers = [cp.Dense(96, "relu"), cp.BatchNorm(), cp.Dropout(0.2), cp.Dense(10, "softmax")]
net = cp.Network(64, layers, "cross_entropy", seed=7)
net.fit(X, y, epochs=2, batch_size=128, executor=cp.Reference(fixed_order=sys.argv[1] == "fixed"))
print(hashlib.sha256(b"".join(net.parameters[k].tobytes() for k in net.parameters)).hexdigest())
"""


def weights(order, threads):
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": str(threads), "OMP_NUM_THREADS": str(threads)}
    command = [sys.executable, "-c", CODE, order]
    return subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout


@pytest.mark.parametrize("order", ["fixed", "blas"])
def test_another_process_and_other_threads(order):
    first = weights(order, 1)
    assert len(first) == 65
    assert first == weights(order, 1) == weights(order, 2)
