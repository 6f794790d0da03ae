"""Random networks in PyTorch, ONNX Runtime, C, node and NumPy beside themselves, and back to the same bits.

python tests/support/many_networks.py --networks 500 --first 0

Answers to 256 rows have to be within 1e-6 (float32) or 1e-12 (float64) of the largest of them. In float32 not every
network has answers that are known so well: where terms cancel, or a LayerNorm divides by what nearly equal values
differ by, each program's roundings move them by more. So a network counts as *settled* where our answers are within a
third of the tolerance of those in float64, and one rounding of each parameter and input moves these by no more than a
third: another program may be twice as far from the exact answers as we are. This asks no other program. What is not
settled is told apart, with what each program makes of it.
"""

from __future__ import annotations

import argparse
import itertools
import tempfile
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime
import torch

import clearprop as cp
from clearprop.network.network import network_of
from compiled import answers_in_c, answers_in_javascript
from networks_to_write import random_case
from sources import executed

CLOSE = {"float32": 1e-6, "float64": 1e-12}
ROWS, WIDEST, DRAWS = 256, 64, 4


@dataclass
class Drawn:
    seed: int
    net: cp.Network
    X: np.ndarray

    def __post_init__(self):
        self.ours = self.net.predict(self.X)
        self.scale = max(1e-3, np.abs(self.ours).max())
        self.off: dict[str, float] = {}

    def __str__(self):
        return f"seed {self.seed}: " + ", ".join(f"{tool} {value:.1e}" for tool, value in self.off.items())


def drawn(seed, dtype):
    """A network of up to 64 inputs and units a layer, and rows for it."""
    case = random_case(seed, dtype, own=False, tables=False, most=WIDEST)
    return Drawn(seed, case.net, np.random.default_rng(seed).normal(size=(ROWS, case.X.shape[1])).astype(dtype))


def in_pytorch(cases, _folder):
    with torch.no_grad():
        return [case.net.to_torch()(torch.tensor(case.X)).numpy() for case in cases]


def in_onnx_runtime(cases, _folder):
    sessions = (onnxruntime.InferenceSession(case.net.to_onnx().SerializeToString()) for case in cases)
    return [session.run(None, {"X": case.X})[0] for session, case in zip(sessions, cases, strict=True)]


def in_numpy(cases, _folder):
    return [executed(case.net.to_numpy_source())[0]["predict"](case.X) for case in cases]


TOOLS = {
    "PyTorch": in_pytorch,
    "ONNX Runtime": in_onnx_runtime,
    "C": answers_in_c,
    "node": answers_in_javascript,
    "NumPy": in_numpy,
}


def in_float64(case, nudge=lambda a: a):
    """What the same weights answer in float64, each array of theirs and X `nudge`d."""
    net, arrays = case.net, {name: nudge(np.asarray(a)).astype(np.float64) for name, a in case.net.arrays().items()}
    return network_of(net.architecture, arrays, net.seed, "float64").predict(nudge(case.X).astype(np.float64))


def by_a_rounding(rng):
    """Each number moved by half a unit of float32's last place, up or down."""
    return lambda a: a.astype(np.float64) * (1 + 2.0**-24 * rng.choice([-1, 1], a.shape))


def left_open(case):
    """How far float32 leaves the answers open, of their scale."""
    exact, rng = in_float64(case), np.random.default_rng(0)
    others = [case.ours, *(in_float64(case, by_a_rounding(rng)) for _ in range(DRAWS))]
    return max(np.abs(other - exact).max() for other in others) / case.scale


def compare(dtype, networks, first):
    settled, apart = [], {}
    for seed in itertools.count(first):
        case = drawn(seed, dtype)
        if dtype == "float32" and (away := left_open(case)) > CLOSE[dtype] / 3:
            apart[seed] = case, away
        else:
            settled.append(case)
        if len(settled) == networks:
            break
    cases = [*settled, *(case for case, _ in apart.values())]
    for tool, run in TOOLS.items():
        with tempfile.TemporaryDirectory() as folder:
            for case, answers in zip(cases, run(cases, Path(folder)), strict=True):
                case.off[tool] = np.abs(answers.reshape(case.ours.shape) - case.ours).max() / case.scale
    tell(dtype, settled, apart)


def tell(dtype, settled, apart):
    print(f"{dtype}: {len(settled)} networks, {len(settled) * ROWS:,} rows; largest difference of the scale:")
    print(*(f"  {tool} {max(case.off[tool] for case in settled):.1e}" for tool in TOOLS), sep="\n")
    print(*beyond(dtype, settled), sep="\n")
    if apart:
        third = f"more than a third of {CLOSE[dtype]:g}"
        print(f"  Apart from these, {len(apart)} whose answers float32 leaves open by {third}:")
        print(*beyond(dtype, [case for case, _ in apart.values()]), sep="\n")
    cases = [*settled, *(case for case, _ in apart.values())]
    print(f"  {sum(map(comes_back, cases))} of {len(cases)} come back from PyTorch and ONNX to the same bits")


def beyond(dtype, cases):
    far = [case for case in cases if max(case.off.values()) > CLOSE[dtype]]
    counts = (f"{tool} {sum(case.off[tool] > CLOSE[dtype] for case in far)}" for tool in TOOLS)
    return [f"  beyond {CLOSE[dtype]:g}: {', '.join(counts)}", *(f"    {case}" for case in far)]


def comes_back(case):
    brought = cp.from_torch(case.net.to_torch()), cp.from_onnx(case.net.to_onnx())
    return all(np.array_equal(net.predict(case.X), case.ours) for net in brought)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--networks", type=int, default=100, help="in each dtype")
    parser.add_argument("--first", type=int, default=0, help="seed")
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    onnxruntime.set_default_logger_severity(4)
    for dtype in CLOSE:
        compare(dtype, given.networks, given.first)


if __name__ == "__main__":
    main()
