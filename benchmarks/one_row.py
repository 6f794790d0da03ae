"""One row of a table with 20 columns, from a mapping and from data frames of one row.

    python benchmarks/one_row.py

clearprop's `TableModel` beside scikit-learn's pipeline (imputer, scaler, one-hot, MLP) and CatBoost, where installed.
Each answers the same rows, another one each time, in turn with the others. Median and quartiles of a row.
"""

from __future__ import annotations

import itertools
import warnings

import numpy as np
import pandas as pd
import polars as pl
from timing import Contestant, interleaved, machine, table

import clearprop as cp

N, ROWS = 10_000, 100


def frame():
    """Twelve numbers, six categories, a truth value and a gap-ridden number: twenty columns, and a target."""
    rng = np.random.default_rng(0)
    made = {f"number {i}": rng.normal(size=N) * 10**i for i in range(-4, 8)}
    made |= {f"category {i}": rng.choice([f"level {k}" for k in range(4 + 3 * i)], N) for i in range(6)}
    made |= {"truth": rng.random(N) > 0.5, "gaps": np.where(rng.random(N) < 0.1, np.nan, rng.normal(size=N))}
    y = made["number 0"] + (made["category 0"] == "level 1") > 0.3
    return pd.DataFrame({**made, "y": np.where(y, "yes", "no")})


def sklearn_pipeline(X, y):
    """As its documentation builds one for such a table."""
    from sklearn.compose import make_column_transformer
    from sklearn.impute import SimpleImputer
    from sklearn.neural_network import MLPClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    words = [name for name in X if X[name].dtype.kind not in "fi"]
    numbers = [name for name in X if name not in words]
    columns = make_column_transformer(
        (make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), numbers),
        (OneHotEncoder(handle_unknown="ignore"), words),
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return make_pipeline(columns, MLPClassifier((64, 64), max_iter=10, random_state=0)).fit(X, y)


def each_in_turn(f, given):
    """A function that answers the next row each time."""
    rows = itertools.cycle(given)
    return lambda: f(next(rows))


def main():
    data = frame()
    X, y = data.drop(columns="y"), data["y"]
    model = cp.TableModel.train(data, "y", hidden=(64, 64), epochs=10, split="random").model
    rows = [row.to_dict() for _, row in X.head(ROWS).iterrows()]
    pandas = [X.iloc[i : i + 1] for i in range(ROWS)]
    polars = [pl.from_pandas(frame) for frame in pandas]
    pipeline = sklearn_pipeline(X, y)
    contestants = {
        "clearprop, mapping": (model.predict, rows),
        "clearprop, Polars": (model.predict, polars),
        "clearprop, pandas": (model.predict, pandas),
        "scikit-learn pipeline, pandas": (pipeline.predict, pandas),
    }
    try:
        from catboost import CatBoostClassifier

        words = [name for name in X if X[name].dtype.kind not in "fi"]
        as_text = X.assign(**{name: X[name].astype(str) for name in words})
        trees = CatBoostClassifier(iterations=100, verbose=False, allow_writing_files=False, random_seed=0)
        trees.fit(as_text, y, cat_features=words)
        contestants["CatBoost, list"] = (
            trees.predict,
            [[list(row)] for row in as_text.head(ROWS).itertuples(index=False)],
        )
        contestants["CatBoost, pandas"] = (trees.predict, [as_text.iloc[i : i + 1] for i in range(ROWS)])
    except ImportError:
        print("CatBoost is not installed")
    assert [model.predict(row)[0] for row in rows] == model.predict(X.head(ROWS))
    runs = {name: Contestant(each_in_turn(f, given)) for name, (f, given) in contestants.items()}
    print(machine())
    times = interleaved(runs)
    ours = times["clearprop, mapping"].median
    found = [[name, str(timing), f"{timing.median / ours:.1f}"] for name, timing in times.items()]
    print(table([["one row", "time", "times clearprop's"], *found]))


if __name__ == "__main__":
    main()
