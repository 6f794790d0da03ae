"""Test scores of `TableModel.train` with its defaults beside scikit-learn's MLP on the same rows.

    python benchmarks/tables.py [DATA_DIR]

scikit-learn's MLP has its defaults and standardised inputs (the very features of clearprop), and trains on the training
and validation rows together, because it does not need the latter to stop. Three seeds; prints each and the mean.
"""

from __future__ import annotations

import sys
import time
import warnings
from pathlib import Path

import numpy as np
from sklearn.neural_network import MLPClassifier, MLPRegressor

from clearprop.estimators import TableModel
from clearprop.table import load_demo, read_table
from clearprop.table.encoder import as_frame
from clearprop.table.split import split_rows
from clearprop.table.target import ClassTarget

FILES = [("penguins.csv", "species", True), ("california_housing.csv", "median_house_value", True)]
MORE = [
    ("titanic.csv", "survived", True),
    ("diamonds.csv", "price", True),
    ("abalone.csv", "c8", False),
    ("winequality-red.csv", "c11", False),
    ("phoneme.csv", "c5", False),
    ("banknote_authentication.csv", "c4", False),
]
DEMOS = ("iris", "wine", "breast_cancer", "digits", "diabetes")


def compare(name, frame, target, drop=(), **options):
    ours, theirs, seconds = [], [], []
    for seed in range(3):
        start = time.perf_counter()
        fit = TableModel.train(frame, target, drop=drop, seed=seed, **options)
        seconds.append(time.perf_counter() - start)
        model, table = fit.model, as_frame(frame)
        X, y = model.encoder.transform(frame), model.target.encode(table[target])
        is_class = isinstance(model.target, ClassTarget)
        split = split_rows(len(y), seed=seed, fractions=(0.15, 0.15), stratify=y if is_class else None)
        rows = np.sort(np.concatenate([split.train, split.validation]))
        peer = (MLPClassifier if is_class else MLPRegressor)(random_state=seed)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it reaches its 200 iterations
            start = time.perf_counter()
            peer.fit(X[rows], y[rows])
            seconds[-1] = (seconds[-1], time.perf_counter() - start)
        ours.append(fit.scores["test"]["accuracy" if is_class else "r2"])
        theirs.append(peer.score(X[split.test], y[split.test]))
    times = " ".join(f"{a:.1f}/{b:.1f}" for a, b in seconds)
    each = " ".join(f"{a:.4f}/{b:.4f}" for a, b in zip(ours, theirs, strict=True))
    print(f"{name:28s} {each}   mean {np.mean(ours):.4f}/{np.mean(theirs):.4f}   seconds {times}", flush=True)


def main():
    print("clearprop / scikit-learn: accuracy or R² on the test rows, seeds 0, 1, 2")
    data = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    if data is not None:
        for file, target, header in FILES + MORE:
            drop = ("alive",) if "titanic" in file else ()
            compare(file, read_table(data / file, header=header), target, drop)
    for demo in DEMOS:
        compare(f"demo:{demo}", load_demo(demo), "target")


if __name__ == "__main__":
    main()
