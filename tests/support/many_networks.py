"""Random networks in PyTorch and ONNX Runtime beside themselves, and back to the same bits.

python tests/support/many_networks.py --networks 300 --first 0

What is beyond 1e-6 (float32) or 1e-12 (float64) of the output's scale is listed, each with how far the network's own
answers are from those of the same weights in float64: a network whose own roundings are as large is no fault of a file.
"""

from __future__ import annotations

import argparse
import warnings

import numpy as np
import onnxruntime
import torch

import clearprop as cp
from clearprop.network.network import network_of
from networks_to_write import random_case

CLOSE = {"float32": 1e-6, "float64": 1e-12}


def by_pytorch(net, X):
    with torch.no_grad():
        return net.to_torch()(torch.tensor(X)).numpy()


def by_onnx(net, X):
    return onnxruntime.InferenceSession(net.to_onnx().SerializeToString()).run(None, {"X": X})[0]


def in_float64(net, X):
    """What the same weights answer in float64."""
    arrays = {name: np.asarray(a, np.float64) for name, a in net.arrays().items()}
    return network_of(net.architecture, arrays, net.seed, "float64").predict(X.astype(np.float64))


def compare(dtype, numbers):
    worst, beyond, back, refused = {"PyTorch": 0.0, "ONNX Runtime": 0.0}, [], 0, 0
    for seed in numbers:
        case = random_case(seed, dtype, own=False, tables=False)
        net, X = case.net, np.asarray(case.X, dtype)
        ours = net.predict(X)
        scale = max(1e-3, np.abs(ours).max(initial=0))
        for tool, run in (("PyTorch", by_pytorch), ("ONNX Runtime", by_onnx)):
            try:
                off = np.abs(run(net, X) - ours).max(initial=0) / scale
            except cp.ClearpropError:
                refused += 1
                continue
            worst[tool] = max(worst[tool], off)
            if off > CLOSE[dtype]:
                own = np.abs(in_float64(net, X) - ours).max(initial=0) / scale
                beyond.append(f"  seed {seed} in {tool}: {off:.1e}; its own answers in {dtype}: {own:.1e}")
        back += all(
            np.array_equal(again.predict(X), ours)
            for again in (cp.from_torch(net.to_torch()), cp.from_onnx(net.to_onnx()))
        )
    said = ", ".join(f"{tool} {off:.1e}" for tool, off in worst.items())
    print(f"{dtype}: {len(numbers)} networks, {refused} refused; largest difference of the scale: {said}")
    print(
        f"  {back} come back from both to the same bits; {len(beyond)} answers beyond {CLOSE[dtype]:g}",
        *beyond,
        sep="\n",
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--networks", type=int, default=100, help="in each dtype")
    parser.add_argument("--first", type=int, default=0, help="seed")
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    onnxruntime.set_default_logger_severity(4)
    for dtype in CLOSE:
        compare(dtype, range(given.first, given.first + given.networks))


if __name__ == "__main__":
    main()
