"""Answers of `TabularClassifier` on a real table: one row from a mapping, and 100,000 rows of pandas, beside CatBoost.

    python benchmarks/answers.py DATA_DIR [--preset default]

DATA_DIR holds the open tables and their loader, tables.py. Both learn adult-train and then answer in turn, on all
threads. Median and quartiles. Without CatBoost clearprop is timed alone.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import pandas as pd
from timing import Contestant, interleaved, machine, table

import clearprop as cp

MANY = 100_000


def catboost(X, y):
    from catboost import CatBoostClassifier

    categories = [name for name in X if isinstance(X[name].dtype, pd.CategoricalDtype)]
    return CatBoostClassifier(verbose=0, allow_writing_files=False, iterations=1000).fit(X, y, cat_features=categories)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--preset", default="default")
    given = parser.parse_args()
    sys.path.insert(0, str(given.data))
    import tables

    X, X_test, y, _ = tables.split("adult-train", 0)
    many = pd.concat([X_test] * (MANY // len(X_test) + 1), ignore_index=True).iloc[:MANY]
    many = many.astype({name: X[name].dtype for name in X})
    print(machine(), "\n")
    models = {"clearprop": cp.TabularClassifier(given.preset, random_state=0).fit(X, y)}
    try:
        models["CatBoost"] = catboost(X, y)
    except ImportError:
        print("no CatBoost here\n")
    row = X_test.iloc[0].to_dict()
    one = {"clearprop": Contestant(lambda: [models["clearprop"].predict_proba(row) for _ in range(100)], 100)}
    all_rows = {name: Contestant(lambda model=model: model.predict_proba(many)) for name, model in models.items()}
    found = interleaved(one, seconds=4)
    print(table([["one row, a mapping", "time"], *([name, str(time)] for name, time in found.items())]), "\n")
    found = interleaved(all_rows, seconds=12)
    print(table([[f"{MANY:,} rows of pandas", "time"], *([name, str(time)] for name, time in found.items())]))


if __name__ == "__main__":
    main()
