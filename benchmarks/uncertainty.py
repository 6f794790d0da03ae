"""How often 90% intervals hold the truth on open tables, and what the temperature does to probabilities.

    python benchmarks/uncertainty.py [DATA_DIR] [--seeds 10] [--preset default] [--only TABLE,…] [--epochs N]

DATA_DIR holds `tables.py`, which loads the tables and splits them (80 % of the rows, at most 8,000, to learn from). For
each table of numbers: share of test rows inside their interval, its binomial interval, and the mean width in standard
deviations of the target, over all seeds. For each table of classes: log loss and calibration error of the test rows
without and with the temperature, and the share of test rows whose set holds the right class. Test rows of two seeds
overlap, so the binomial intervals of several seeds are, if anything, too narrow.
"""

from __future__ import annotations

import argparse
import sys
import time
import warnings
from pathlib import Path

import numpy as np

import clearprop as cp
from clearprop.estimators.temperature import calibration_error, tempered
from clearprop.estimators.uncertainty import binomial_interval

COVERAGE = 0.9


def numbers(tables, name, seeds, options):
    """Rows inside, rows, and mean width of each seed."""
    for seed in seeds:
        X, X_test, y, y_test = tables.split(name, seed)
        model = cp.TabularRegressor(random_state=seed, **options).fit(X, y)
        low, high = model.predict_interval(X_test, COVERAGE).T
        yield np.sum((low <= y_test) & (y_test <= high)), len(y_test), np.mean(high - low) / y.std()


def classes(tables, name, seeds, options):
    """T, then without and with it log loss and calibration error, then rows held, rows, and classes in a set."""
    for seed in seeds:
        X, X_test, y, y_test = tables.split(name, seed)
        model = cp.TabularClassifier(random_state=seed, **options).fit(X, y)
        codes = np.searchsorted(model.classes_, y_test)
        t, p = model.model_.about["calibration"]["temperature"], model.predict_proba(X_test)
        order = [model.model_.target.classes.index(label) for label in model.classes_]
        features = model.model_.encoder.transform(X_test, "float32")
        each = [member.predict(features) for member in model.members_]
        each = [np.hstack([1 - a, a]) if a.shape[1] == 1 else a for a in each]
        before = np.mean([tempered(a, 1 / t) for a in each], axis=0)[:, order]
        held = model.predict_set(X_test, COVERAGE)
        inside = held[np.arange(len(codes)), codes].sum()
        yield t, *scores(before, codes), *scores(p, codes), inside, len(codes), held.sum(axis=1).mean()


def scores(p, codes):
    """Log loss and calibration error."""
    loss = -np.log(np.maximum(p[np.arange(len(codes)), codes], np.finfo(np.float32).eps)).mean()
    return loss, calibration_error(p, codes)


def covered(inside, rows):
    low, high = binomial_interval(inside / rows, rows)
    return f"{inside / rows:6.1%} of {rows:6d} ({low:.1%}–{high:.1%})"


def change(mean):
    return f"log loss {mean[1]:.4f} → {mean[3]:.4f}, calibration error {mean[2]:.4f} → {mean[4]:.4f}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", nargs="?", default="../shared/data", type=Path)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--preset", default="default")
    parser.add_argument("--only", default="")
    parser.add_argument("--epochs", type=int, default=None)
    given = parser.parse_args()
    sys.path.insert(0, str(given.data))
    import tables

    warnings.simplefilter("ignore")
    options, seeds = {"preset": given.preset, "epochs": given.epochs}, range(given.seeds)
    print(f"{given.seeds} seeds, {options}", flush=True)
    names = [name for name in tables.REGISTRY if not given.only or name in given.only.split(",")]
    pooled, losses = np.zeros(2, int), []
    for name in names:
        start = time.perf_counter()
        if tables.REGISTRY[name]["task"] == tables.R:
            found = np.array(list(numbers(tables, name, seeds, options)))
            inside, rows = found[:, :2].sum(axis=0).astype(int)
            pooled += inside, rows
            shares, width = found[:, 0] / found[:, 1], found[:, 2].mean()
            said = (
                f"covered {covered(inside, rows)}, seeds {shares.min():.1%}–{shares.max():.1%}, width {width:.3f} std"
            )
        else:
            found = np.array(list(classes(tables, name, seeds, options)))
            mean, (inside, rows) = found.mean(axis=0), found[:, 5:7].sum(axis=0).astype(int)
            losses.append(mean)
            said = f"T {mean[0]:.2f} {change(mean)}; sets of {mean[7]:.2f} cover {covered(inside, rows)}"
        print(f"{name:24s} {said}  {time.perf_counter() - start:.0f} s", flush=True)
    if pooled[1]:
        print(f"{'all numbers, pooled':24s} covered {covered(*pooled)}")
    if losses:
        print(f"{'all classes, mean':24s} {change(np.mean(losses, axis=0))}")


if __name__ == "__main__":
    main()
