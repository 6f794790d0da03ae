"""Damaged files of other tools: each is read after all, or gives one clear error.

python tests/support/damaged_files.py --onnx 20000 --weights 20000

ONNX models with bytes, or with fields of their graph, changed; files of weights (safetensors, and a state_dict) with
bytes changed. What is read of an ONNX model is compared with ONNX Runtime, where that reads it too.
"""

from __future__ import annotations

import argparse
import io
import resource
import sys
import tempfile
import time
import warnings
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from safetensors.torch import save
from torch import nn

import clearprop as cp
from clearprop.interop.incoming.onnx_ops import OPS

sys.path.append(str(Path(__file__).parents[1] / "peers"))
from test_from_onnx import damaged, random_model, run_by_theirs

ODD = [0, 1, -1, 2, 2**31, 2**62, -(2**63)]  # dimensions
FIELDS = 11  # kinds of change


def changed(rng, model):
    """A model with one or two fields of its graph changed."""
    made = onnx.ModelProto()
    made.CopyFrom(model)
    for _ in range(rng.integers(1, 3)):
        change(rng, made.graph, int(rng.integers(FIELDS)))
    return made


def change(rng, graph, kind):
    """One field: a name, an operator, a shape, a type, an attribute, or that something is missing."""
    some = lambda items: items[rng.integers(len(items))] if len(items) else None  # noqa: E731
    node, constant = some(graph.node), some(graph.initializer)
    outputs = [name for each in graph.node for name in each.output]
    names = ["X", "", "nothing", *outputs, *(each.name for each in graph.initializer)]
    if kind == 0 and node and len(node.input):
        node.input[rng.integers(len(node.input))] = some(names)
    elif kind == 1 and node:
        node.op_type = some([*OPS, "Erf", "Constant", "If"])
    elif kind == 2 and constant and len(constant.dims):
        constant.dims[rng.integers(len(constant.dims))] = some(ODD)
    elif kind == 3 and node and len(node.attribute):
        attribute = some(node.attribute)
        attribute.f, attribute.i = some([np.nan, np.inf, -1.0, 0.0, 1e30]), some([-(2**63), 0, 5, 2**62])
        attribute.type = int(rng.integers(1, 8))
    elif kind == 4 and constant:
        constant.data_type = int(rng.integers(0, 20))
    elif kind == 5 and node:
        node.output[:] = [some(names)]
    elif kind == 6 and node:
        del node.output[:]
    elif kind == 7 and node:
        node.input.append(some(names))
    elif kind == 8 and constant:
        constant.ClearField("raw_data")
    elif kind == 9:
        for dim in graph.input[0].type.tensor_type.shape.dim:
            dim.dim_value = some([0, -1, 2**40, 3, 2**63 - 1])
    elif kind == 10 and node:
        del node.input[:]


class Outcomes:
    """What became of the files of one kind."""

    def __init__(self):
        self.found, self.slowest = Counter(), 0.0

    def of(self, read):
        """What is read; None where a clear error was raised. Anything else is raised here."""
        start = time.perf_counter()
        try:
            made, became = read(), "read"
        except cp.ClearpropError as error:
            made, became = None, type(error).__name__ if "\n" not in str(error) else "error of several lines"
        self.found[became] += 1
        self.slowest = max(self.slowest, time.perf_counter() - start)
        return made

    def said(self, what):
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        return f"{what}: {dict(self.found)}; slowest {self.slowest:.2f} s; {memory:.0f} MB in all"


class Theirs:
    """ONNX Runtime in a process of its own, which some of these models end by a segmentation fault."""

    def __init__(self):
        self.refused = self.ended = 0
        self._pool = ProcessPoolExecutor(1, get_context("spawn"))

    def of(self, model, X):
        """What it answers; None where it refuses, or ends."""
        try:
            return self._pool.submit(run_by_theirs, model, X).result()
        except BrokenProcessPool:
            self.ended += 1
            self._pool = ProcessPoolExecutor(1, get_context("spawn"))
        except Exception:
            self.refused += 1
        return None


def onnx_files(count, rng):
    models = [random_model(seed)[0] for seed in range(40)]
    contents = [model.SerializeToString() for model in models]
    outcomes = Outcomes()
    for i in range(count):
        outcomes.of(lambda i=i: cp.from_onnx(damaged(rng, contents[i % 40])))
    print(outcomes.said(f"ONNX, {count:,} with bytes changed"), flush=True)
    outcomes, theirs, both, alike = Outcomes(), Theirs(), 0, 0
    for i in range(count):
        model = changed(rng, models[i % 40])
        net = outcomes.of(lambda model=model: cp.from_onnx(model))
        if net is None or i >= 12_000:  # ONNX Runtime is slow to open a model
            continue
        X = rng.normal(size=(4, net.architecture.n_inputs)).astype(np.float32)
        wanted = theirs.of(model, X)
        if wanted is None:
            continue
        if model.graph.node[-1].op_type == "LogSoftmax":  # of which the softmax remains here, and a warning says so
            wanted = np.exp(wanted)
        found, both = net.predict(X), both + 1
        near = 1e-4 * max(1.0, np.abs(wanted).max(initial=0))
        alike += found.shape == wanted.shape and np.allclose(found, wanted, atol=near, equal_nan=True)
    print(outcomes.said(f"ONNX, {count:,} with fields changed"))
    print(f"  read by ONNX Runtime, too: {both:,}, of which {both - alike} answer otherwise")
    print(f"  refused by it: {theirs.refused:,}; that end its process: {theirs.ended:,}", flush=True)


def weights(count, rng):
    module = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3), nn.Tanh(), nn.Linear(3, 1))
    layers = [cp.Dense(3), cp.BatchNorm(), cp.Activation("tanh"), cp.Dense(1)]
    state = io.BytesIO()
    torch.save(module.state_dict(), state)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "weights"
        for what, content in (("safetensors", save(module.state_dict())), ("state_dict", state.getvalue())):
            n, outcomes = count if what == "safetensors" else count // 6, Outcomes()
            for _ in range(n):
                path.write_bytes(damaged(rng, content))
                outcomes.of(lambda: cp.from_torch(path, 2, architecture=layers))
            print(outcomes.said(f"{what}, {n:,} with bytes changed"), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--onnx", type=int, default=2000)
    parser.add_argument("--weights", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    onnxruntime.set_default_logger_severity(4)
    rng = np.random.default_rng(given.seed)
    onnx_files(given.onnx, rng)
    weights(given.weights, rng)


if __name__ == "__main__":
    main()
