"""What a search over recipes gains on rows that nobody chose by, and what the winner's score said of it.

    python benchmarks/search.py DATA_DIR [--preset fast] [--trials 20] [--tables titanic,phoneme] [--seeds 0,1,2]

For each split of DATA_DIR (see tabular.py) the recipe with the best score among the trials is trained, and scored on
the test rows beside the preset: whether it led the preset clearly (two standard errors, without which `cp.search` keeps
the preset) or not.
"""

from __future__ import annotations

import argparse
import importlib
import sys
import warnings

from tabular import split, text

import clearprop as cp
from clearprop.estimators.trials import CLEAR, ranked

TABLES = "titanic,winequality-red,breast_cancer,abalone,diabetes,phoneme"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data")
    parser.add_argument("--preset", default="fast")
    parser.add_argument("--trials", type=int, default=20)
    parser.add_argument("--tables", default=TABLES)
    parser.add_argument("--seeds", default="0,1,2")
    given = parser.parse_args()
    sys.path.insert(0, given.data)
    tables = importlib.import_module("tables")
    warnings.simplefilter("ignore")
    gains = {True: [], False: []}
    print("| table | seed | score | on held-out rows | on test rows | lead | seconds |\n|---|---|---|---|---|---|---|")
    for name in given.tables.split(","):
        for seed in map(int, given.seeds.split(",")):
            lead, gain = one(tables, name, seed, given.preset, given.trials)
            gains[lead >= CLEAR].append(gain)
    for clear, those in gains.items():
        better = sum(gain > 0 for gain in those)
        print(
            f"lead {'≥' if clear else '<'} {CLEAR:g} standard errors: {len(those)}, better on the test rows: {better}"
        )


def one(tables, name, seed, preset, trials):
    """Lead and gain on the test rows of the recipe with the best score."""
    train, test, task = frames(tables, name, seed)
    recipe = cp.Recipe.preset(preset, seed=seed, test=0.0, task=task)
    found = cp.search(train, "the target", trials=trials, recipe=recipe)
    best, first = ranked(found.trials, found.by)[0], found.trials[0]
    models = [cp.TableModel.train(train, "the target", recipe=recipe.changed(**t.changed)).model for t in (first, best)]
    before, after = (model.score(test)[found.by] for model in models)
    seconds = sum(trial.seconds for trial in found.trials)
    scores = f"{first.score:.4f} → {best.score:.4f} | {before:.4f} → {after:.4f}"
    print(f"| {name} | {seed} | {found.by} | {scores} | {best.lead or 0:.1f} | {seconds:.0f} |", flush=True)
    return best.lead or 0.0, before - after


def frames(tables, name, seed):
    X, X_test, y, y_test = split(tables, name, seed, inner=False)
    task = "classification" if tables.REGISTRY[name]["task"] == tables.C else "regression"
    both = ((text(X), y), (text(X_test), y_test))
    return *(rows.reset_index(drop=True).assign(**{"the target": answers}) for rows, answers in both), task


if __name__ == "__main__":
    main()
