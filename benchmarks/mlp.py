"""Time of `fit`: cp.MLPClassifier and cp.MLPRegressor beside scikit-learn's, same arguments, same epochs, interleaved.

    python benchmarks/mlp.py DATA_DIR [--quick] [--table NAME]…

DATA_DIR holds the open tables and their loader, tables.py. Numbers are standardised, categories one-hot. Both have the
same initial weights and the same order of the rows, so their losses agree, up to rounding.
"""

from __future__ import annotations

import gzip
import statistics
import sys
import time
import warnings
from pathlib import Path

import numpy as np
from sklearn import neural_network
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from timing import machine, table

import clearprop as cp

warnings.simplefilter("ignore")
ROWS = 10_000


def of_table(name):
    """Training rows of an open table as numbers, and the target."""
    import tables

    X, y = tables.load(name)
    numbers = make_column_selector(dtype_exclude="category")
    encoder = make_column_transformer(
        (StandardScaler(), numbers),
        (OneHotEncoder(sparse_output=False), make_column_selector(dtype_include="category")),
    )
    X = np.nan_to_num(encoder.fit_transform(X))
    if tables.REGISTRY[name]["task"] == "regression":
        y = (y - y.mean()) / y.std()
    return X, y


def mnist(folder):
    """Ten thousand handwritten digits."""

    def read(name, skip):
        return np.frombuffer(gzip.open(folder / name).read(), np.uint8, offset=skip)

    y = read("mnist-10k-labels-idx1-ubyte.gz", 8)
    return read("mnist-10k-images-idx3-ubyte.gz", 16).reshape(len(y), -1) / 255.0, y.astype(int)


def measure(X, y, hidden, epochs, rounds):
    """Seconds of each fit, round by round: (scikit-learn's, clearprop's), and the last loss of each."""
    kind = "MLPRegressor" if y.dtype.kind == "f" else "MLPClassifier"
    asked = {"hidden_layer_sizes": hidden, "max_iter": epochs, "n_iter_no_change": epochs, "random_state": 0}
    makers = getattr(neural_network, kind), getattr(cp, kind)
    makers[1](**asked).fit(X, y)  # plans the graph; wakes the threads
    times, losses = [], []
    for _ in range(rounds):
        row = []
        for make in makers:
            time.sleep(0.1)  # until the other's threads have stopped spinning
            model = make(**asked)
            start = time.perf_counter()
            model.fit(X, y)
            row.append(time.perf_counter() - start)
            losses.append(model.loss_)
        times.append(row)
    return np.array(times), losses[-2:]


def main():
    folder = Path(sys.argv[1])
    sys.path.insert(0, str(folder))
    quick = "--quick" in sys.argv
    asked = [sys.argv[i + 1] for i, word in enumerate(sys.argv) if word == "--table"]
    print(machine(), "\n")
    rows = [["table", "hidden", "dtype", "epochs", "scikit-learn", "clearprop", "times faster (quartiles)", "loss"]]
    for name in asked or ["digits", "california_housing", "adult-train", "mnist-10k"]:
        X, y = mnist(folder) if name == "mnist-10k" else of_table(name)
        X, y = X[:ROWS] if quick else X, y[:ROWS] if quick else y
        for hidden in ((100,), (256, 256)):
            for dtype in (np.float64, np.float32):
                epochs = max(2, int((40 if quick else 120) * 1797 / len(X)))
                times, losses = measure(X.astype(dtype), y, hidden, epochs, 5)
                low, ratio, high = statistics.quantiles(times[:, 0] / times[:, 1], n=4)
                rows.append(
                    [
                        f"{name} {X.shape}",
                        str(hidden),
                        np.dtype(dtype).name,
                        str(epochs),
                        *(f"{seconds:.3f} s" for seconds in np.median(times, axis=0)),
                        f"**{ratio:.1f}** ({low:.1f}–{high:.1f})",
                        " / ".join(f"{loss:.5f}" for loss in losses),
                    ]
                )
                print(rows[-1], flush=True)
    print("\n" + table(rows))


if __name__ == "__main__":
    main()
