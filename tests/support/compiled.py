"""Networks written in C and in JavaScript, run: many networks in one program."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from types import SimpleNamespace

import numpy as np

import clearprop as cp
from networks_to_write import NAMES

GCC, NODE = shutil.which("gcc"), shutil.which("node")
CLEAN = ("-std=c99", "-Wall", "-Wextra", "-pedantic", "-Werror", "-Wconversion", "-Wshadow", "-Wmissing-prototypes")
_TYPES = {"f32": ("float", np.float32), "f64": ("double", np.float64)}


def answers_in_c(cases, folder: Path, *flags: str) -> list[np.ndarray]:
    """What each network answers to its X, by one program that reads the samples and writes the outputs."""
    calls, prototypes, given = [], [], b""
    for i, case in enumerate(cases):
        (real, dtype), (n, width), units = _TYPES[case.net.dtype], case.X.shape, case.net.architecture.n_outputs
        (folder / f"net{i}.c").write_text(case.net.to_c(f"net{i}", lang="zh" if i % 2 else "en"), encoding="utf-8")
        prototypes.append(f"void net{i}_predict_batch(const {real} *x, size_t n, {real} *a);")
        calls.append(f"""    {{
        {real} x[{n * width}], a[{n * units}];
        if (fread(x, sizeof x, 1, stdin) != 1) return 1;
        net{i}_predict_batch(x, {n}, a);
        fwrite(a, sizeof a, 1, stdout);
    }}""")
        given += np.ascontiguousarray(case.X, dtype).tobytes()
    main = ["#include <stdio.h>", *prototypes, "int main(void)", "{", *calls, "    return 0;", "}", ""]
    (folder / "main.c").write_text("\n".join(main))
    sources = ["main.c", *(f"net{i}.c" for i in range(len(cases)))]
    made = [str(GCC), *CLEAN, "-O1", *flags, *sources, "-lm", "-o", "program"]
    done = subprocess.run(made, cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    out = subprocess.run([str(folder / "program")], input=given, capture_output=True)
    assert out.returncode == 0, out.stderr.decode()
    answers, at = [], 0
    for case in cases:
        shape = (len(case.X), case.net.architecture.n_outputs)
        dtype = np.dtype(_TYPES[case.net.dtype][1])
        size = int(np.prod(shape)) * dtype.itemsize
        answers.append(np.frombuffer(out.stdout[at : at + size], dtype).reshape(shape))
        at += size
    assert at == len(out.stdout)
    return answers


def answers_in_javascript(cases, folder: Path) -> list[np.ndarray]:
    """What each network answers to its X, by one process of node."""
    lines = []
    for i, case in enumerate(cases):
        (folder / f"net{i}.mjs").write_text(case.net.to_javascript(lang="zh" if i % 2 else "en"), encoding="utf-8")
        rows = json.dumps(case.X.astype(float).tolist())
        lines += [f'import * as net{i} from "./net{i}.mjs";', f"all.push(net{i}.predict({rows}));"]
    text = "\n".join(["const all = [];", *lines, "console.log(JSON.stringify(all));"])
    (folder / "main.mjs").write_text(text)
    out = subprocess.run([str(NODE), "main.mjs"], cwd=folder, capture_output=True, text=True)
    assert out.returncode == 0, out.stderr
    return [np.array(a, float).reshape(len(a), -1) for a in json.loads(out.stdout)]


def agree(cases, answers) -> None:
    """Within 1e-12 of the output's scale in float64. In float32 the judge is the trace, computed in float64: a file
    may be off by 1e-6 of the scale or, where the network itself is off by more than half of that, by twice as much.
    """
    assert len(cases) == len(answers)
    for case, found in zip(cases, answers, strict=True):
        trace, ours = case.net.trace(case.X), case.net.predict(case.X).reshape(found.shape)
        exact = trace[trace.output].reshape(found.shape)
        scale = max(1e-3, float(np.abs(exact).max()))
        allowed = 1e-12 * scale if case.net.dtype == "f64" else max(1e-6 * scale, 2 * np.abs(ours - exact).max())
        assert np.abs(found - exact).max() <= allowed


def of_every_kind():
    """An ensemble, heads, and a layer that is wide."""
    members = [[cp.Dense(3, f), cp.BatchNorm(), cp.Dense(2, "softmax")] for f in ("tanh", "gelu", "mish")]
    heads = cp.Heads([[cp.Dense(2, "softmax")], [cp.Dense(1)], [cp.Dense(1, "sigmoid")]])
    codes = cp.Embedding({0: 5}, 3)
    rng = np.random.default_rng(0)
    for dtype in ("float32", "float64"):
        for layers in ([cp.Ensemble(members)], [cp.Dense(4, "relu"), heads], [codes, cp.Dense(300, "silu"), heads]):
            net = cp.Network(3, layers, seed=1, dtype=dtype)
            yield SimpleNamespace(net=net, X=rng.normal(0, 3, (7, 3)).astype(dtype))


def far_out():
    """Every activation of numbers so large that an exponential overflows, and so small that a sum forgets them."""
    X = np.array([[-1e4, 0.0, 1e4], [800.0, -800.0, 90.0], [1e-30, -1e-9, 1.0]])
    for f in (*NAMES, "softmax"):
        for dtype in ("float32", "float64"):
            net = cp.Network(3, [cp.Activation(f), cp.Dense(3, W=np.eye(3), b=0.0)], dtype=dtype)
            yield SimpleNamespace(net=net, X=X.astype(dtype))
