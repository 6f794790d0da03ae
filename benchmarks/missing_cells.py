"""A fifth of the cells missing, or a fifth of the test's categories never seen: what it costs, beside CatBoost.

    python benchmarks/missing_cells.py [--tables penguins titanic] [--presets fast default] [--data ../shared/data]

Two troubles, each drawn with the seed. "missing": 20 % of all cells of the training and the test rows are blank.
"unseen": 20 % of the category cells of the test rows hold a level that no training row has. The error is the share of
wrong classes, or RMSE over the standard deviation of the test targets; beside it is what the trouble adds. The splits
are those of `tables.py` in the folder of the data. CatBoost, at its defaults, takes part where it is installed.
"""

from __future__ import annotations

import argparse
import sys
import warnings
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import clearprop as cp

SHARE = 0.2
MISSING = "__missing__"  # how the tables write a category that is missing
Parts = tuple[pd.DataFrame, pd.DataFrame, np.ndarray, np.ndarray]


def plain(X: pd.DataFrame) -> pd.DataFrame:
    """Categories as texts, missing ones as None: a table as people have it."""
    texts = {c: X[c].astype(object).where(X[c] != MISSING, None) for c in categories(X)}
    return X.assign(**texts)


def categories(X: pd.DataFrame) -> list[str]:
    """The columns that are not numbers."""
    return [c for c in X if not pd.api.types.is_numeric_dtype(X[c])]


def blanked(X: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """With a share of the cells missing."""
    return X.mask(rng.random(X.shape) < SHARE)


def replaced(X: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """With levels that no training row has in a share of the category cells."""
    X = X.copy()
    for column in categories(X):
        X[column] = X[column].mask(rng.random(len(X)) < SHARE, "a level never seen")
    return X


def troubled(parts: Parts, seed: int) -> dict[str, Parts]:
    """What befalls the table → the parts then."""
    train, test, y, y_test = parts
    rng = np.random.default_rng(seed)
    found = {"whole": parts, "missing": (blanked(train, rng), blanked(test, rng), y, y_test)}
    return found | ({"unseen": (train, replaced(test, rng), y, y_test)} if categories(train) else {})


def clearprop_model(preset: str, is_class: bool, seed: int) -> Any:
    """An estimator of ours."""
    make = cp.TabularClassifier if is_class else cp.TabularRegressor
    return make(preset, random_state=seed)


class CatBoost:
    """CatBoost at its defaults, told which columns are categories; a missing category is a level of its own."""

    def __init__(self, is_class: bool, seed: int) -> None:
        from catboost import CatBoostClassifier, CatBoostRegressor

        make = CatBoostClassifier if is_class else CatBoostRegressor
        self.model = make(verbose=False, random_seed=seed, thread_count=2, allow_writing_files=False)

    def fit(self, X: pd.DataFrame, y: np.ndarray) -> CatBoost:
        self.model.fit(self._filled(X), y, cat_features=categories(X))
        return self

    def predict(self, X: pd.DataFrame) -> np.ndarray:
        return np.asarray(self.model.predict(self._filled(X))).ravel()

    @staticmethod
    def _filled(X: pd.DataFrame) -> pd.DataFrame:
        return X.assign(**{c: X[c].astype(object).where(X[c].notna(), MISSING) for c in categories(X)})


def error(model: Any, parts: Parts, is_class: bool) -> float:
    """On the test rows, of a model of the training rows."""
    train, test, y, y_test = parts
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of levels that were not there
        answers = model.fit(train, y).predict(test)
    if is_class:
        return float(np.mean(answers != y_test))
    return float(np.sqrt(np.mean((answers - y_test) ** 2)) / np.std(y_test))


def main() -> None:
    """A line for each table and contender."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tables", nargs="*", default=["penguins", "titanic", "abalone", "phoneme"])
    parser.add_argument("--presets", nargs="*", default=["fast", "default"])
    parser.add_argument("--data", type=Path, default=Path(__file__).parents[2] / "shared" / "data")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    sys.path.insert(0, str(options.data))
    import tables

    contenders = [*options.presets, *(["CatBoost"] if find_spec("catboost") else [])]
    print(f"{'table':18} {'contender':10} {'whole':>7}   missing (adds)     unseen (adds)")
    for name in options.tables:
        is_class = tables.REGISTRY[name]["task"] == "classification"
        train, test, y, y_test = tables.split(name, seed=options.seed)
        every = troubled((plain(train), plain(test), y, y_test), options.seed)
        for contender in contenders:
            found = {}
            for trouble, parts in every.items():
                own = contender != "CatBoost"
                make = clearprop_model(contender, is_class, options.seed) if own else CatBoost(is_class, options.seed)
                found[trouble] = error(make, parts, is_class)
            shown = [f"{found[t]:7.4f} ({found[t] - found['whole']:+.4f})" for t in ("missing", "unseen") if t in found]
            print(f"{name:18} {contender:10} {found['whole']:7.4f}   {'   '.join(shown)}", flush=True)


if __name__ == "__main__":
    main()
