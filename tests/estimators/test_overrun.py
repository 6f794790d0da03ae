"""Members between the weights of their best epoch and of their last."""

import numpy as np
import polars as pl
import pytest

import clearprop as cp
from clearprop import Dense, EarlyStopping, Network
from clearprop.estimators import Recipe
from clearprop.estimators.overrun import SHARES, back_to_best, overrun
from clearprop.estimators.several.targets import Targets
from clearprop.table.target import fit_target

rng = np.random.default_rng(0)
X = rng.normal(size=(90, 2)).astype("f")
fold = np.arange(90) % 3


def trained(y, output, loss):
    """Three members that held out a fold each, and what learned too long."""
    members = [Network(2, [Dense(32, "tanh"), output], loss, seed=k) for k in range(3)]
    rows, held_out = [fold != k for k in range(3)], [fold == k for k in range(3)]
    rule = EarlyStopping(patience=100, restore_best=False)
    cp.fit_together(
        members,
        X,
        y,
        rows=rows,
        validation_rows=held_out,
        epochs=60,
        optimizer=cp.Adam(0.03),
        early_stopping=rule,
    )
    return members


def target_of(values):
    return fit_target(cp.table.encoder.as_frame(pl.DataFrame({"y": values}))["y"], None)


def test_numbers_end_where_held_out_rows_have_the_least_mean_square():
    y = X[:, 0] + rng.normal(size=90)
    members = trained(y, Dense(1), "mean_squared_error")
    ends = [(member.best_arrays(), member.arrays()) for member in members]
    outputs, found = overrun(members, X, y, fold, target_of(y), None)

    def by_hand(share):
        a = np.empty(90)
        for k, (best, last) in enumerate(ends):
            W1, b1, W2, b2 = ((1 - share) * best[name] + share * last[name] for name in ("W1", "b1", "W2", "b2"))
            a[fold == k] = (np.tanh(X[fold == k] @ W1 + b1) @ W2 + b2)[:, 0]
        return a

    losses = [np.mean((by_hand(share) - y) ** 2) for share in SHARES]
    assert found.losses == pytest.approx(losses, rel=1e-4)
    assert found.share == SHARES[int(np.argmin(losses))] != 1
    assert outputs[:, 0] == pytest.approx(by_hand(found.share), abs=1e-4)
    assert members[1].predict(X[fold == 1]) == pytest.approx(outputs[fold == 1])


def test_each_of_several_targets_counts_by_its_mean_however_few_rows_have_it():
    y = np.column_stack([X[:, 0], X[:, 1] + rng.normal(size=90)]).astype("f")
    y[10:, 1] = np.nan
    targets = Targets((target_of(y[:, 0]), target_of(y[:10, 1])), (1.0, 9.0), gaps=True)
    head, loss = targets.joined([(Dense(1), "mean_squared_error")] * 2)
    members = trained(y, head, loss)
    outputs, found = overrun(members, X, y, fold, targets, None)
    losses = [np.mean((outputs[:, 0] - y[:, 0]) ** 2), np.mean((outputs[:10, 1] - y[:10, 1]) ** 2)]
    assert min(found.losses) == pytest.approx(sum(losses), rel=1e-5)


def test_what_is_put_back_is_the_best_epoch():
    y = X[:, 0] + rng.normal(size=90)
    members = trained(y, Dense(1), "mean_squared_error")
    back_to_best(members)
    for k, member in enumerate(members):
        mine, alone = fold != k, Network(2, [Dense(32, "tanh"), Dense(1)], "mean_squared_error", seed=k)
        rule = EarlyStopping(patience=100)
        options = {"validation": (X[~mine], y[~mine]), "optimizer": cp.Adam(0.03), "metrics": []}
        alone.fit(X[mine], y[mine], epochs=60, early_stopping=rule, **options)
        assert member.arrays().keys() == alone.arrays().keys()
        assert all((a == alone.arrays()[name]).all() for name, a in member.arrays().items())


def test_classes_are_judged_after_a_temperature():
    sure = X[:, 0] > 0
    y = np.where(rng.random(90) < 0.15, ~sure, sure).astype(int)
    members = trained(y, Dense(1, "sigmoid"), "binary_cross_entropy")
    target = target_of(np.where(y == 1, "yes", "no").tolist())
    coded = np.array([target.classes.index("yes" if one else "no") for one in y])
    _, found = overrun(members, X, coded, fold, target, None)
    assert found.share == SHARES[int(np.argmin(found.losses))]
    assert max(found.losses) < 1.2 * np.log(2)  # however sure the last epoch was, a temperature brings it back


def test_a_model_says_it_and_a_stopped_training_keeps_both_ends(tmp_path):
    y = np.where(X[:, 0] + rng.normal(size=90) > 0, "yes", "no")
    table = pl.DataFrame({"a": X[:, 0], "b": X[:, 1], "y": y})
    options = {"recipe": Recipe(members=3, hidden=32, epochs=60, patience=60, learning_rate=0.03, test=0.0)}
    whole = cp.TableModel.train(table, "y", **options, n_threads=1).model
    path = tmp_path / "ended"
    told = []

    def stop(epochs):
        told.append(epochs)
        return epochs[1] > 0 and epochs[0] == 60

    cp.TableModel.train(table, "y", **options, n_threads=1, checkpoint=path, progress=stop)
    again = cp.TableModel.train(table, "y", **options, n_threads=1, checkpoint=path, resume=True).model
    assert again == whole
    assert again.about["overrun"] == whole.about["overrun"]
    assert len(whole.about["overrun"]["losses"]) == len(SHARES)
    whole.save(tmp_path / "m.clearprop")
    assert cp.load(tmp_path / "m.clearprop").about["overrun"] == whole.about["overrun"]
