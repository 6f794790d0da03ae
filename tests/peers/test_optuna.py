"""Optuna over a recipe, a network and an estimator: what it reports, prunes and finds is what a fit by hand gives."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

optuna = pytest.importorskip("optuna")
pytestmark = [pytest.mark.peers, pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning")]

import clearprop as cp  # noqa: E402

rng = np.random.default_rng(0)
N = 160
TABLE = pl.DataFrame({"x": rng.normal(size=N), "z": rng.normal(size=N)}).with_columns(
    y=pl.when(pl.col("x") > pl.col("z").abs()).then(pl.lit("yes")).otherwise(pl.lit("no"))
)
X, Y = TABLE.select("x", "z").to_numpy(), TABLE["y"].to_numpy()
PRUNED, COMPLETE = optuna.trial.TrialState.PRUNED, optuna.trial.TrialState.COMPLETE


def study(direction="minimize"):
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    pruner = optuna.pruners.SuccessiveHalvingPruner(min_resource=1, reduction_factor=3)
    return optuna.create_study(direction=direction, sampler=optuna.samplers.RandomSampler(seed=0), pruner=pruner)


@pytest.mark.parametrize("by", ["log_loss", "auc"])
def test_recipes_are_judged_by_first_members_and_then_by_all(by):
    recipe = cp.Recipe.preset("fast", hidden=8, epochs=8, pieces=0)
    objective = cp.Objective(TABLE, "y", recipe=recipe, by=by, n_threads=1)

    def score(trial):
        changes = {"learning_rate": trial.suggest_float("learning_rate", 1e-4, 0.1, log=True)}
        trial.report(objective.first(**changes), 1)
        if trial.should_prune():
            raise optuna.TrialPruned
        return objective(**changes)

    found = study(objective.direction)
    found.optimize(score, n_trials=9)
    states = [trial.state for trial in found.trials]
    assert {PRUNED, COMPLETE} == set(states)
    fit = cp.TableModel.train(TABLE, "y", recipe=recipe.changed(**found.best_params))
    assert fit.scores["validation"][by] == found.best_value


def test_callbacks_of_a_network_report_and_prune():
    epochs = []

    def score(trial):
        def told(epoch):
            epochs.append(epoch.number)
            trial.report(epoch.row["validation_loss"], epoch.number)
            if trial.should_prune():
                raise optuna.TrialPruned

        rate = trial.suggest_categorical("learning_rate", [0.05, 1e-5])
        options = {"hidden": 8, "epochs": 10, "learning_rate": rate, "callbacks": told}
        return cp.TableModel.train(TABLE, "y", **options).scores["validation"]["log_loss"]

    found = study()
    found.optimize(score, n_trials=6)
    states = {trial.params["learning_rate"]: trial.state for trial in found.trials}
    assert (states[0.05], states[1e-5]) == (COMPLETE, PRUNED)
    assert len(epochs) < 60, "what was pruned had fewer epochs"
    assert found.best_params == {"learning_rate": 0.05}


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_callbacks_of_an_estimator_do_so_too():
    def score(trial):
        def told(epoch):
            trial.report(epoch.row["validation_loss"], epoch.number)
            if trial.should_prune():
                raise optuna.TrialPruned

        units = trial.suggest_int("units", 2, 16)
        rate = trial.suggest_float("rate", 1e-5, 0.1, log=True)
        model = cp.MLPClassifier(
            (units,),
            learning_rate_init=rate,
            max_iter=8,
            early_stopping=True,
            scoring="loss",
            random_state=0,
            callbacks=[told],
        )
        return model.fit(X[::2], Y[::2], X_val=X[1::2], y_val=Y[1::2]).score(X[1::2], Y[1::2])

    found = study("maximize")
    found.optimize(score, n_trials=6)
    assert {trial.state for trial in found.trials} <= {PRUNED, COMPLETE}
    assert found.best_value > 0.5
