"""ONNX files of others: refused by a node's name, or answering as ONNX Runtime does, with right gradients.

python tests/support/onnx_files.py FOLDER
"""

from __future__ import annotations

import sys
import warnings
from pathlib import Path

import numpy as np
import onnxruntime

import clearprop as cp
from clearprop.train import made_up

_TYPES = {"tensor(float)": np.float32, "tensor(double)": np.float64}


def compared(path):
    """One sentence."""
    try:
        net = cp.from_onnx(path)
    except cp.ClearpropError as error:
        return f"refused: {str(error)[:110]}"
    try:
        session, rng, off, scale = onnxruntime.InferenceSession(path), np.random.default_rng(0), 0.0, 0.0
    except Exception as error:
        return f"opened; ONNX Runtime refuses it: {str(error)[:160]}"
    given = session.get_inputs()[0]
    for _ in range(20):
        x = rng.random([d if isinstance(d, int) else 1 for d in given.shape]).astype(_TYPES[given.type])
        wanted = session.run(None, {given.name: x})[0].reshape(-1)
        rows = x.reshape(-1, net.architecture.n_inputs)
        off = max(off, np.abs(wanted - net.predict(rows).reshape(-1)).max())
        scale = max(scale, np.abs(wanted).max())
    right = cp.check_gradients(net, *made_up(net.architecture, 8)).ok
    lines = len(net.trace(rows[:1]).explain().to_text().splitlines())
    return f"within {off:.1e} of answers up to {scale:.3g}; gradients right: {right}; explained in {lines} lines"


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    for path in sorted(Path(sys.argv[1]).glob("*.onnx")):
        print(f"{path.name}: {compared(path)}", flush=True)
