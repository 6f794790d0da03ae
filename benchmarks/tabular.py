"""The presets of `TabularClassifier` and `TabularRegressor` on open tables, beside the defaults of their peers.

    python benchmarks/tabular.py DATA_DIR [--models fast,default,catboost] [--tables titanic,phoneme] [--seeds 0,1,2]
                                 [--inner] [--ablation] [--json FILE]

DATA_DIR holds the tables, `tables.py` with the splits (a fifth of the rows is test) and `baselines.json` with fits of
peers; those that are installed are fitted in the same run, one model after another on each split, on two threads. What
is not installed is named, and its figures are those of the file. Error is the error rate for classes, RMSE / std of the
test target for numbers. `--inner` judges by a fifth of the training rows, not of the test: recipes are chosen by that.
`--ablation` fits the default preset without one of its parts at a time.
"""

from __future__ import annotations

import argparse
import importlib
import json
import sys
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.model_selection import train_test_split

import clearprop as cp

THREADS = 2
PRESETS = ("single", "fast", "default", "best")
PARTS = {
    "all parts": {},
    "one network": {"members": 1},
    "no encoding of numbers": {"pieces": 0},
    "no dropout": {"dropout": 0.0},
    "constant learning rate": {"schedule": "constant"},
    "128 units": {"hidden": (128,)},
}


# --- models: (frame, y, is_class, seed) → a fitted one


def ours(preset, **changes):
    def fit(X, y, is_class, seed):
        make = cp.TabularClassifier if is_class else cp.TabularRegressor
        return make(preset, random_state=seed, n_threads=THREADS, **changes).fit(text(X), y)

    return fit


def catboost(X, y, is_class, seed):
    from catboost import CatBoostClassifier, CatBoostRegressor

    make = CatBoostClassifier if is_class else CatBoostRegressor
    categories = [name for name in X if isinstance(X[name].dtype, pd.CategoricalDtype)]
    return make(verbose=0, thread_count=THREADS, random_seed=seed, allow_writing_files=False).fit(
        X, y, cat_features=categories
    )


def lightgbm(X, y, is_class, seed):
    from lightgbm import LGBMClassifier, LGBMRegressor

    return (LGBMClassifier if is_class else LGBMRegressor)(verbose=-1, n_jobs=THREADS, random_state=seed).fit(X, y)


def xgboost(X, y, is_class, seed):
    from xgboost import XGBClassifier, XGBRegressor

    return (XGBClassifier if is_class else XGBRegressor)(
        enable_categorical=True, n_jobs=THREADS, random_state=seed
    ).fit(X, y)


def sklearn_mlp(X, y, is_class, seed):
    from sklearn.compose import make_column_transformer
    from sklearn.impute import SimpleImputer
    from sklearn.neural_network import MLPClassifier, MLPRegressor
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    numbers = [name for name in X if not isinstance(X[name].dtype, pd.CategoricalDtype)]
    columns = make_column_transformer(
        (make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), numbers),
        (OneHotEncoder(handle_unknown="ignore"), [name for name in X if name not in numbers]),
    )
    mlp = (MLPClassifier if is_class else MLPRegressor)(random_state=seed)
    if is_class:
        return make_pipeline(columns, mlp).fit(X, y)
    from sklearn.compose import TransformedTargetRegressor

    return TransformedTargetRegressor(make_pipeline(columns, mlp), transformer=StandardScaler()).fit(X, y)


def realmlp(X, y, is_class, seed):
    from pytabkit import RealMLP_TD_Classifier, RealMLP_TD_Regressor

    return (RealMLP_TD_Classifier if is_class else RealMLP_TD_Regressor)(random_state=seed, n_threads=THREADS).fit(X, y)


PEERS = {
    "sk_mlp": (sklearn_mlp, "sklearn"),
    "lightgbm": (lightgbm, "lightgbm"),
    "catboost": (catboost, "catboost"),
    "xgboost": (xgboost, "xgboost"),
    "realmlp_td": (realmlp, "pytabkit"),
}


# --- one split


def text(X):
    """The table as a user has it: text in place of pandas categories, gaps in place of a mark."""
    categories = [name for name in X if isinstance(X[name].dtype, pd.CategoricalDtype)]
    return X.assign(**{name: X[name].astype(object).where(X[name] != "__missing__", None) for name in categories})


def split(tables, name, seed, inner):
    X, X_test, y, y_test = tables.split(name, seed)
    if not inner:
        return X, X_test, y, y_test
    labels = y if tables.REGISTRY[name]["task"] == tables.C else None
    train, test = train_test_split(np.arange(len(y)), test_size=0.2, random_state=1000 + seed, stratify=labels)
    return *(X.iloc[rows].reset_index(drop=True) for rows in (train, test)), y[train], y[test]


def scored(model, is_ours, X, y, is_class):
    start = time.perf_counter()
    X = text(X) if is_ours else X
    answers = model.predict_proba(X) if is_class else model.predict(X)
    seconds = time.perf_counter() - start
    if not is_class:
        return {"error": float(np.sqrt(np.mean((answers - y) ** 2)) / y.std()), "predict": seconds}
    p = np.full((len(y), int(max(y.max(), max(model.classes_)) + 1)), 1e-7)
    p[:, np.asarray(model.classes_, np.int64)] = np.clip(answers, 1e-7, 1)
    loss = -np.mean(np.log(p[np.arange(len(y)), y]))
    return {"error": float(np.mean(p.argmax(1) != y)), "logloss": float(loss), "auc": auc(p, y), "predict": seconds}


def auc(p, y):
    from sklearn.metrics import roc_auc_score

    there = np.unique(y)
    found = [roc_auc_score(y == k, p[:, k]) for k in there] if len(there) > 2 else [roc_auc_score(y == 1, p[:, 1])]
    return float(np.mean(found))


# --- what is printed


def mean(runs, model, names, figure):
    return np.array([np.mean([run[figure] for run in runs[model, name]]) for name in names])


def summary(runs, models, classes, numbers):
    print(f"\n{'mean of the tables':20}{'error':>9}{'log loss':>10}{'AUC':>8}{'nRMSE':>9}{'rank':>7}{'fit s':>9}")
    errors = {model: mean(runs, model, [*classes, *numbers], "error") for model in models}
    ranks = np.array([errors[model] for model in models]).argsort(0, kind="stable").argsort(0).mean(1) + 1
    for model, rank in zip(models, ranks, strict=True):
        figures = [mean(runs, model, classes, f).mean() if classes else np.nan for f in ("error", "logloss", "auc")]
        rmse = mean(runs, model, numbers, "error").mean() if numbers else np.nan
        seconds = mean(runs, model, [*classes, *numbers], "fit_s").sum()
        print(f"{model:20}{figures[0]:9.4f}{figures[1]:10.4f}{figures[2]:8.4f}{rmse:9.4f}{rank:7.2f}{seconds:9.1f}")


def duels(runs, first, models, names):
    for other in [model for model in models if model != first]:
        pairs = {
            name: [(a["error"], b["error"]) for a, b in zip(runs[first, name], runs[other, name], strict=False)]
            for name in names
        }
        gaps = {name: np.array([b - a for a, b in pair]) for name, pair in pairs.items()}
        won = {name: np.sign(gap.mean()) if abs(gap.mean()) > gap.std() else 0 for name, gap in gaps.items()}
        counts = [sum(value == sign for value in won.values()) for sign in (1, 0, -1)]
        print(f"{first} against {other}: {counts[0]} wins, {counts[1]} ties within the spread, {counts[2]} losses")


def asked():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--models", default="fast,default,sk_mlp,lightgbm,catboost,xgboost,realmlp_td")
    parser.add_argument("--tables")
    parser.add_argument("--seeds", default="0,1,2")
    parser.add_argument("--inner", action="store_true")
    parser.add_argument("--ablation", action="store_true")
    parser.add_argument("--json", type=Path)
    return parser.parse_args()


def main():
    options = asked()
    sys.path.insert(0, str(options.data))
    tables = importlib.import_module("tables")
    seeds = [int(seed) for seed in options.seeds.split(",")]
    names = options.tables.split(",") if options.tables else list(tables.REGISTRY)
    fits = {model: ours(model) for model in options.models.split(",") if model in PRESETS}
    fits |= {part: ours("default", **changes) for part, changes in PARTS.items()} if options.ablation else {}
    runs, known = {}, json.loads((options.data / "baselines.json").read_text())
    for model in options.models.split(","):
        if model in PEERS and importlib.util.find_spec(PEERS[model][1]) is not None:
            fits[model] = PEERS[model][0]
        elif model not in PRESETS and not options.inner:
            told = [r for r in known if r["model"] == model and r["seed"] in seeds]
            print(f"{model}: not installed, {len(told)} fits of baselines.json stand for it")
            for run in told:
                runs.setdefault((model, run["dataset"]), []).append({"logloss": np.nan, "auc": np.nan, **run})
    for name in names:
        is_class = tables.REGISTRY[name]["task"] == tables.C
        for seed in seeds:
            X, X_test, y, y_test = split(tables, name, seed, options.inner)
            for model, fit in fits.items():
                start = time.perf_counter()
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    fitted = fit(X, y, is_class, seed)
                    seconds = time.perf_counter() - start
                    run = scored(fitted, model not in PEERS, X_test, y_test, is_class)
                runs.setdefault((model, name), []).append({"fit_s": seconds, **run})
        shown = [model for model in [*fits, *(m for m, _ in runs if m not in fits)] if (model, name) in runs]
        for model in dict.fromkeys(shown):
            errors = [run["error"] for run in runs[model, name]]
            loss = np.mean([run.get("logloss", np.nan) for run in runs[model, name]])
            fit = np.mean([run["fit_s"] for run in runs[model, name]])
            print(
                f"{name:24}{model:24}error {np.mean(errors):.4f} ± {np.std(errors):.4f}   log loss {loss:.4f}   "
                f"fit {fit:6.2f} s",
                flush=True,
            )
    models = [model for model in dict.fromkeys(m for m, _ in runs) if all((model, name) in runs for name in names)]
    classes = [name for name in names if tables.REGISTRY[name]["task"] == tables.C]
    summary(runs, models, classes, [name for name in names if name not in classes])
    if fits:
        duels(runs, next(iter(fits)) if "default" not in fits else "default", models, names)
    if options.json:
        plain = [{"model": m, "table": n, **run} for (m, n), every in runs.items() for run in every]
        options.json.write_text(json.dumps(plain, indent=1))


if __name__ == "__main__":
    main()
