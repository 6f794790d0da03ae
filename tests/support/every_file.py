"""Each kind of file that the library writes, as a function that writes it: once as it was, once as it becomes."""

from __future__ import annotations

import json
from functools import cache

import numpy as np
import polars as pl

import clearprop as cp
from clearprop.app.cli import app
from clearprop.interop import read_model

X = np.linspace(-1, 1, 24).reshape(12, 2)
KINDS = {
    "model": "m.clearprop",
    "network": "n.clearprop",
    "checkpoint": "c.clearprop",
    "page": "e.html",
    "text": "e.md",
    "steps": "s.html",
    "drawing": "d.svg",
    "picture": "d.png",
    "predictions": "p.csv",
}


@cache
def network(version):
    return cp.Network(2, [cp.Dense(3, "tanh"), cp.Dense(1)], "squared_error", seed=version)


@cache
def table():
    rng = np.random.default_rng(0)
    return pl.DataFrame({"x": rng.normal(size=400), "z": rng.normal(size=400), "y": ["no", "yes"] * 200})


@cache
def model(version):
    return cp.TableModel.train(table(), "y", epochs=1, hidden=[64], seed=version).model


def command(*words):
    """The command line in this process."""
    app([str(word) for word in words], standalone_mode=False)


def prepare(folder):
    """What the command line reads: a table and a model of each version, in a folder of their own."""
    folder.mkdir()
    table().write_csv(folder / "t.csv")
    for version in (0, 1):
        model(version).save(folder / f"m{version}")
    return folder


@cache
def trace(version):
    return network(version).trace(X[0], X[0, 0])


def write(kind, path, version, inputs):
    """Write the file of a kind; `version` 0 and 1 differ."""
    if kind == "model":
        model(version).save(path)
    elif kind == "network":
        network(version).save(path)
    elif kind == "checkpoint":
        net = cp.Network(2, [cp.Dense(3, "tanh"), cp.Dense(1)], "squared_error", seed=version)
        net.fit(X, X[:, 0], epochs=3, checkpoint=path)
    elif kind in ("page", "text"):
        trace(version).explain().save(path)
    elif kind == "steps":
        trace(version).step_by_step().save(path)
    elif kind in ("drawing", "picture"):
        cp.draw(trace(version)).save(path)
    else:
        command("predict", inputs / f"m{version}", inputs / "t.csv", "--out", path, "--quiet")


def is_whole(kind, path, contents):
    """Whether a file is one of those that were written; a checkpoint, which tells the time, whether it can be read."""
    if kind == "checkpoint":
        return read_model(path)[0]["kind"] == "checkpoint"
    return path.read_bytes() in contents


TRAINED = ("model.clearprop", "report.html", "learning-curves.png", "history.csv", "summary.json")


def train(out, inputs, seed=0):
    """`clearprop train` on a small table, two epochs."""
    command("train", inputs / "t.csv", "--target", "y", "--out", out, "--epochs", 2, "--seed", seed, "--quiet")


def whole_training_file(path):
    """Whether a file of `clearprop train` is whole, judged by its own form."""
    content = path.read_bytes()
    if path.name == "model.clearprop":
        return isinstance(cp.load(path), cp.TableModel)
    if path.suffix == ".html":
        return content.startswith(b"<!") and content.rstrip().endswith(b"</html>")
    if path.suffix == ".png":
        return content.startswith(b"\x89PNG") and content.endswith(b"IEND\xaeB`\x82")
    if path.suffix == ".csv":
        return content.count(b"\n") == 3 and content.endswith(b"\n")
    return json.loads(content)["target"]["name"] == "y"
