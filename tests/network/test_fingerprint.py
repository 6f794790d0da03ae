"""A checkpoint of another run is not taken for this one's: every way in which a run can be another is named."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys

import numpy as np
import pytest

import clearprop as cp
from clearprop.errors import ModelFileError
from clearprop.execute import Reference
from clearprop.interop import read_model, write_model
from clearprop.train import Metric, Schedule

rng = np.random.default_rng(0)
X, y = rng.normal(size=(60, 3)), rng.normal(size=60)
held = (rng.normal(size=(20, 3)), rng.normal(size=20))


def network(activation="tanh", width=8, loss="mean_squared_error", seed=0, **options):
    return cp.Network(3, [cp.Dense(width, activation), cp.Dense(1)], loss, seed=seed, **options)


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


def test_other_weights_to_start_from_are_told_apart_and_the_trained_ones_go_on(tmp_path):
    net = network()
    fitted(tmp_path / "c", net, seed=0, epochs=2)
    assert fitted(tmp_path / "c", net, seed=0).epochs == 4
    with pytest.raises(ModelFileError, match="other weights to start from"):
        fitted(tmp_path / "c", network(seed=1), seed=0)


@dataclasses.dataclass(frozen=True)
class Late(Schedule):
    """A rate that changes late, as far as a table of its own says."""

    at: dataclasses.InitVar[int] = 0
    steps: list = dataclasses.field(default_factory=list, repr=False)

    def __post_init__(self, at):
        self.steps.append(at)

    def rate(self, now):
        if now.step > 5_000_000:
            raise IndexError("no rate so far out")
        return 0.01 if now.step < self.steps[0] else 0.001


@pytest.mark.parametrize("step", [15_000, 4_000_000])
def test_schedules_that_differ_late_are_told_apart(step, tmp_path):
    fitted(tmp_path / "c", optimizer=cp.SGD(Late(0.01, step)), epochs=2)
    assert fitted(tmp_path / "c", optimizer=cp.SGD(Late(0.01, step))).epochs == 4
    with pytest.raises(ModelFileError, match="another schedule"):
        fitted(tmp_path / "c", optimizer=cp.SGD(Late(0.01, 2 * step)))


SCRIPT = """
import numpy as np, clearprop as cp
X = np.linspace(0, 1, 60).reshape(20, 3)
def share(y, a):
    return {}
net = cp.Network(3, [cp.Dense(1)], "squared_error")
net.fit(X, X[:, 0], epochs=2, metrics=[share], validation=(X, X[:, 0]), checkpoint="c", resume=True)
"""


@pytest.mark.system
def test_a_run_is_the_same_in_another_process_and_on_another_line(tmp_path):
    script = SCRIPT.format('float("b" in {"a", "b", "c", "d"}) + sum((lambda t: float(t))(v) for v in a.ravel())')
    for seed, name, text in (("1", "one.py", script), ("2", "two.py", "# one more line\n" + script)):
        (tmp_path / name).write_text(text)
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        done = subprocess.run(
            [sys.executable, name], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
