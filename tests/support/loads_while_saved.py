"""A model file that is loaded while another process replaces it: each load gives one of the models, never a mixture.

python tests/support/loads_while_saved.py 20000

loads as often, during as many saves.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

import polars as pl

import clearprop as cp

SAVE = """
import sys, clearprop as cp
models = [cp.load(path) for path in sys.argv[1:3]]
print("ready", flush=True)
for i in range(int(sys.argv[4])):
    models[i % 2].save(sys.argv[3])
"""


def model(shift):
    """A model that answers 2·x + shift; its encoder knows where x lies, so that header and weights belong together."""
    x = [shift + i / 50 for i in range(100)]
    table = pl.DataFrame(
        {"x": x, "y": [2 * v for v in x], **{f"c{i}": [float(v % (i + 2)) for v in range(100)] for i in range(20)}}
    )
    return cp.TableModel.train(table, "y", epochs=30, hidden=[32], learning_rate=0.01, seed=int(shift)).model


def loads_while_saved(count):
    """What was loaded: "first", "second", "MIXED", or an error's name → how often; and how many saves there were."""
    probe = pl.DataFrame({"x": [500.5], **{f"c{i}": [0.0] for i in range(20)}})
    with tempfile.TemporaryDirectory() as folder:
        paths = [str(Path(folder) / name) for name in ("first", "second", "live")]
        said = {}
        for shift, path in ((0.0, paths[0]), (1000.0, paths[1])):
            one = model(shift)
            one.save(path)
            said[float(one.predict(probe)[0])] = Path(path).name
        assert len(said) == 2
        cp.load(paths[0]).save(paths[2])
        found = Counter()
        with subprocess.Popen([sys.executable, "-c", SAVE, *paths, str(count)], stdout=subprocess.PIPE) as saver:
            assert saver.stdout.readline() == b"ready\n"
            while saver.poll() is None or found.total() < count:
                try:
                    found[said.get(float(cp.load(paths[2]).predict(probe)[0]), "MIXED")] += 1
                except Exception as error:
                    found[f"{type(error).__name__}: {error}"[:80].replace(folder, "")] += 1
        assert saver.returncode == 0
    return found


if __name__ == "__main__":
    count = int(sys.argv[1])
    found = loads_while_saved(count)
    print(f"{found.total():,} loads during {count:,} saves: {dict(found)}")
