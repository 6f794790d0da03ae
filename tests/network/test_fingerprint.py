"""A checkpoint of another run is not taken for this one's: every way in which a run can be another is named."""

from __future__ import annotations

import numpy as np
import pytest

import clearprop as cp
from clearprop.errors import ModelFileError
from clearprop.execute import Reference
from clearprop.interop import read_model, write_model
from clearprop.train import Metric

rng = np.random.default_rng(0)
X, y = rng.normal(size=(60, 3)), rng.normal(size=60)
held = (rng.normal(size=(20, 3)), rng.normal(size=20))


def network(activation="tanh", width=8, loss="mean_squared_error", **options):
    return cp.Network(3, [cp.Dense(width, activation), cp.Dense(1)], loss, seed=0, **options)


def fitted(path, net=None, epochs=4, resume=True, **changed):
    given = {"X": X, "y": y, "validation": held, "epochs": epochs, "batch_size": 16, **changed}
    return (net or network()).fit(given.pop("X"), given.pop("y"), checkpoint=path, resume=resume, **given)


def named_bent(function):
    """A function that has the name of another."""
    function.__name__ = function.__qualname__ = "bent"
    return function


def moved(array, row=7):
    array = np.array(array)
    array.flat[row] += 1e-3
    return array


def larger(y, a):
    return float((a > y).mean())


OTHERS = {
    "training data": {"X": moved(X)},
    "targets": {"y": moved(y)},
    "number of training rows": {"X": X[:50], "y": y[:50]},
    "sample or class weights": {"sample_weight": np.linspace(0, 1, 60)},
    "validation rows": {"validation": (moved(held[0]), held[1])},
    "batch size": {"batch_size": 15},
    "seed": {"seed": 3},
    "order of the rows": {"shuffle": False},
    "optimizer, or other": {"optimizer": cp.Adam(1e-4)},
    "rule for early": {"early_stopping": 2},
    "other metrics": {"metrics": ["mae"]},
    "another network": {"net": network(width=9)},
    "another network ": {"net": network(loss="mean_absolute_error")},
}


@pytest.mark.parametrize("said", OTHERS)
def test_every_difference_is_named(said, tmp_path):
    fitted(tmp_path / "c")
    words = said.split("other ")[-1].strip()
    with pytest.raises(ModelFileError, match=f"is a checkpoint of a fit with (an)?other .*{words}"):
        fitted(tmp_path / "c", **OTHERS[said])


def test_functions_of_one_name_are_told_apart(tmp_path):
    fitted(tmp_path / "c", network(named_bent(lambda z: cp.tanh(z))))
    with pytest.raises(ModelFileError, match="other activations, losses or update rules"):
        fitted(tmp_path / "c", network(named_bent(lambda z: cp.relu(z))))
    fitted(tmp_path / "m", metrics=[Metric("larger", larger, True)])
    with pytest.raises(ModelFileError, match="other metrics"):
        fitted(tmp_path / "m", metrics=[Metric("larger", lambda y, a: 0.0, True)])


def test_weights_and_classes_count_by_their_ratios(tmp_path):
    weights = rng.integers(1, 4, 60).astype(float)
    fitted(tmp_path / "c", sample_weight=weights)
    assert fitted(tmp_path / "c", sample_weight=weights * 2.0).epochs == 4
    with pytest.raises(ModelFileError, match="other sample or class weights"):
        fitted(tmp_path / "c", sample_weight=moved(weights))


def test_what_does_not_decide_the_numbers_may_change(tmp_path):
    whole = fitted(tmp_path / "w", epochs=6)
    fitted(tmp_path / "c", epochs=3)
    rest = fitted(tmp_path / "c", epochs=6, n_threads=2, callbacks=[lambda event: None])
    assert rest.loss == whole.loss
    fitted(tmp_path / "r", epochs=3)
    assert fitted(tmp_path / "r", epochs=6, executor=Reference()).epochs == 6
    assert fitted(tmp_path / "c", epochs=6, batch_size=16, X=np.asfortranarray(X)).epochs == 6, "the same numbers"


def test_a_checkpoint_that_does_not_say_of_what_data_it_is_is_refused(tmp_path):
    fitted(tmp_path / "c")
    header, arrays = read_model(tmp_path / "c")
    del header["training"]["X"]
    write_model(tmp_path / "c", header, arrays)
    with pytest.raises(ModelFileError, match="does not say on what data: an earlier version wrote it"):
        fitted(tmp_path / "c")
