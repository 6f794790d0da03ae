"""Model files that were changed by accident or on purpose, as a Hypothesis strategy. As a script, very many of them:

python tests/support/mutations.py 100000
"""

from __future__ import annotations

import gc
import json
import resource
import struct
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import numpy as np
import polars as pl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import clearprop as cp
from clearprop.errors import ClearpropError


def real_files(folder):
    """One file of each kind: a network, a model of a table with a column of each kind, a checkpoint."""
    folder = Path(folder)
    rng = np.random.default_rng(0)
    cp.Network(3, [cp.Dense(4, "tanh"), cp.Dropout(0.1), cp.Dense(1, "sigmoid")], "binary_cross_entropy").save(
        folder / "n"
    )
    frame = pl.DataFrame(
        {
            "x": [None, *rng.normal(size=59)],
            "price": [f"${v:,.2f}" for v in rng.uniform(1, 5000, 60)],
            "c": rng.choice(["u", "v", "w"], 60),
            "b": rng.choice(["yes", "no"], 60),
            "d": [f"2024-0{1 + i % 9}-11" for i in range(60)],
            "y": rng.choice(["red", "green", "blue"], 60),
        }
    )
    cp.TableModel.train(frame, "y", epochs=2, hidden=[3]).model.save(folder / "t")
    resumed(folder / "c")
    return [(folder / name).read_bytes() for name in "ntc"]


def resumed(path):
    """A small fit that goes on from a checkpoint, if there is one."""
    net = cp.Network(2, [cp.Dense(2, "tanh"), cp.Dense(1)], "squared_error", seed=0)
    X = np.arange(8.0).reshape(4, 2)
    return net.fit(X, X[:, 0], epochs=3, checkpoint=path, resume=True, validation=(X, X[:, 0]), early_stopping=True)


leaves = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.just(10**400) | st.just(2**62)
)
anything = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


def places(value, path=()):
    """Where a JSON value can be changed."""
    yield path
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        yield from places(child, (*path, key))


def changed_json(draw, value):
    """The value with one place in it replaced, removed or repeated very often."""
    path = draw(st.sampled_from(list(places(value))))
    if not path:
        return draw(anything)
    value = json.loads(json.dumps(value))
    place = value
    for key in path[:-1]:
        place = place[key]
    how = draw(st.integers(0, 3))
    if how == 0:
        del place[path[-1]]
    elif how == 1 and isinstance(place[path[-1]], list) and place[path[-1]]:
        place[path[-1]] *= draw(st.sampled_from([2, 1000, 100_000]))
    else:
        place[path[-1]] = draw(anything)
    return value


@st.composite
def mutated(draw, files):
    """The bytes of one of the files, changed."""
    content = bytearray(draw(st.sampled_from(files)))
    how = draw(st.integers(0, 5))
    if how <= 1:  # the description, inside its JSON text
        length = struct.unpack("<Q", content[:8])[0]
        outer = json.loads(content[8 : 8 + length])
        if how == 0:
            inner = json.loads(outer["__metadata__"]["clearprop"])
            outer["__metadata__"]["clearprop"] = json.dumps(changed_json(draw, inner))
        else:
            outer = changed_json(draw, outer)
        text = json.dumps(outer).encode()
        return struct.pack("<Q", len(text)) + text + bytes(content[8 + length :])
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, max(0, len(content) - 1)))
        if how == 2:
            content[place : place + 1] = bytes([draw(st.integers(0, 255))])
        elif how == 3:
            content[place : place + draw(st.integers(1, 64))] = b""
        elif how == 4:
            content[place:place] = draw(st.binary(max_size=64))
        else:
            content[:8] = struct.pack("<Q", draw(st.integers(0, 2**64 - 1)))
    return bytes(content)


def outcome(path, content):
    """ "model", "resumed", or the name of the error; anything else is raised."""
    path.write_bytes(content)
    try:
        if b'\\"checkpoint\\"' in content[:200]:
            assert resumed(path).epochs >= 3
            return "resumed"
        loaded = cp.load(path)
        if isinstance(loaded, cp.Network):
            assert loaded.predict(np.zeros((1, loaded.architecture.n_inputs))).shape == (
                1,
                loaded.architecture.n_outputs,
            )
        return "model"
    except ClearpropError as error:
        return type(error).__name__


def main(examples):
    with tempfile.TemporaryDirectory() as folder:
        files, path, found, slowest, worst = real_files(folder), Path(folder) / "x", Counter(), 0.0, b""
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

        @settings(max_examples=examples, deadline=None, database=None, suppress_health_check=list(HealthCheck))
        @given(mutated(files))
        def run(content):
            nonlocal slowest, worst
            start = time.perf_counter()
            found[outcome(path, content)] += 1
            took = time.perf_counter() - start
            if took > slowest:
                slowest, worst = took, content

        run()
        gc.collect()
        start = time.perf_counter()
        outcome(path, worst)
        alone = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    more = (after - before) / 1024
    print(
        f"{sum(found.values())} files: {dict(found)}; slowest {slowest:.3f} s, again {alone:.3f} s; {more:.0f} MB more"
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
