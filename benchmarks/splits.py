"""`TableModel.train` with its defaults on fixed splits of open tables, beside what peers' defaults reached on them.

    python benchmarks/splits.py DATA_DIR

DATA_DIR holds the tables, `tables.py` with the splits (a fifth of the rows is test, seeds 0, 1, 2) and `baselines.json`
with the peers' fits. Error is the error rate for classes, RMSE / std of the test target for numbers.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd

from clearprop.estimators import TableModel, class_probabilities

SEEDS = (0, 1, 2)
SLACK = 0.01  # asked: no worse than scikit-learn's MLP by more than this


def features(frame):
    """The table as a user has it: text in place of pandas categories, gaps in place of a mark."""
    return frame.assign(
        **{
            name: frame[name].astype(str).replace("__missing__", None)
            for name in frame.columns
            if isinstance(frame[name].dtype, pd.CategoricalDtype)
        }
    )


def fitted(tables, name, seed):
    """Error, log loss and seconds on one split."""
    X_train, X_test, y_train, y_test = tables.split(name, seed)
    is_class = tables.REGISTRY[name]["task"] == tables.C
    frame = features(X_train).assign(target=[f"class {y:04}" for y in y_train] if is_class else y_train)
    start = time.perf_counter()
    task = "classification" if is_class else "regression"
    model = TableModel.train(frame, "target", task=task, test=0.0, seed=seed).model
    seconds = time.perf_counter() - start
    a = model.outputs(features(X_test))
    if not is_class:
        return np.sqrt(np.mean((model.target.predictions(a[:, 0]) - y_test) ** 2)) / np.std(y_test), np.nan, seconds
    p = class_probabilities(a)
    loss = -np.mean(np.log(np.maximum(p[np.arange(len(y_test)), y_test], 1e-7)))
    return np.mean(p.argmax(1) != y_test), loss, seconds


def main(data):
    sys.path.insert(0, str(data))
    import tables

    peers = json.loads((data / "baselines.json").read_text())
    others = {
        "sk_mlp": "scikit-learn MLP",
        "realmlp_td_s": "RealMLP-TD-S",
        "lightgbm": "LightGBM",
        "catboost": "CatBoost",
    }
    print("| table | clearprop | seconds | " + " | ".join(others.values()) + " | against the MLP |")
    print("|---|---:|---:|" + "---:|" * len(others) + "---|")
    for name in tables.REGISTRY:
        runs = np.array([fitted(tables, name, seed) for seed in SEEDS])
        theirs = {
            m: np.mean([r["error"] for r in peers if r["model"] == m and r["dataset"] == name and r["seed"] in SEEDS])
            for m in others
        }
        error, _, seconds = runs.mean(0)
        mlp = theirs["sk_mlp"]
        verdict = "within 0.01" if error <= mlp + SLACK else "MISSED"
        cells = " | ".join(f"{theirs[m]:.4f}" for m in others)
        print(f"| {name} | {error:.4f} | {seconds:.2f} | {cells} | {error - mlp:+.4f}, {verdict} |", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
