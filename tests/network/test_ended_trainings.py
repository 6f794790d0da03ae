"""`fit_together` with a checkpoint: what has ended is not trained again, and what comes of it are the same bits."""

import numpy as np
import pytest

import clearprop as cp
from clearprop.errors import InvalidValueError, ModelFileError
from clearprop.interop import read_model, write_model

rng = np.random.default_rng(0)
X = rng.normal(size=(90, 3)).astype(np.float32)
y = X[:, 0] * X[:, 1]
fold = np.arange(90) % 5
PARTS = {"rows": [fold != k for k in range(5)], "validation_rows": [fold == k for k in range(5)]}
FIT = {**PARTS, "epochs": 12, "early_stopping": 3, "optimizer": cp.Adam(0.01)}


def networks():
    layers = [cp.Dense(8, "relu"), cp.Dropout(0.2), cp.Dense(1)]
    return [cp.Network(3, layers, "mean_squared_error", seed=k) for k in range(5)]


def numbers(nets, histories):
    columns = [{name: v for name, v in h.columns.items() if name != "seconds"} for h in histories]
    ends = [(h.best_epoch, h.stopped_by, h.step_loss) for h in histories]
    return columns, ends, [{name: a.tobytes() for name, a in net.arrays().items()} for net in nets]


@pytest.fixture
def whole():
    nets = networks()
    return numbers(nets, cp.fit_together(nets, X, y, **FIT))


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_trained_in_turns_they_come_to_the_same_bits(tmp_path, whole, threads):
    nets = networks()
    found = cp.fit_together(nets, X, y, **FIT, checkpoint=tmp_path / "c", n_threads=threads)
    assert numbers(nets, found) == whole
    again = networks()
    found = cp.fit_together(again, X, y, **FIT, checkpoint=tmp_path / "c", resume=True, progress=None)
    assert numbers(again, found) == whole


def test_what_was_stopped_goes_on_to_the_same_bits(tmp_path, whole):
    path = tmp_path / "c"

    def stop(done):
        return done[2] > 0  # while the third is trained

    stopped = networks()
    before = cp.fit_together(stopped, X, y, **FIT, checkpoint=path, n_threads=1, progress=stop)
    assert [h.epochs > 0 for h in before][3:] == [False, False]
    kept = set(read_model(path)[0]["ended"])
    assert {"0", "1"} <= kept < {*"01234"}
    nets, told = networks(), []
    found = cp.fit_together(
        *(nets, X, y), **FIT, checkpoint=path, resume=True, n_threads=1, progress=lambda done: told.append(done)
    )
    assert numbers(nets, found) == whole
    assert told[0][0] == found[0].epochs, "those that ended are counted"
    assert told[-1] == tuple(h.epochs for h in found)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"epochs": 13}, "other networks, rows or epochs"),
        ({"optimizer": cp.Adam(0.02)}, "another optimizer"),
        ({"validation_rows": [fold == 0, *PARTS["validation_rows"][1:4], fold == 3]}, "other networks, rows or epochs"),
        ({"early_stopping": 4}, "another rule for early stopping"),
        ({"batch_size": 16}, "another batch size"),
    ],
)
def test_a_checkpoint_of_other_trainings_is_refused(tmp_path, change, words):
    cp.fit_together(networks(), X, y, **FIT, checkpoint=tmp_path / "c")
    with pytest.raises(ModelFileError, match=words):
        cp.fit_together(networks(), X, y, **FIT | change, checkpoint=tmp_path / "c", resume=True)


def test_a_damaged_checkpoint_is_refused(tmp_path):
    path = tmp_path / "c"
    cp.fit_together(networks(), X, y, **FIT, checkpoint=path)
    header, arrays = read_model(path)
    whole = {**arrays}
    damaged = [
        (header, whole | {"0/parameters/W1": np.full((3, 8), np.nan, np.float32)}),
        (header, whole | {"0/parameters/W1": np.zeros((4, 8), np.float32)}),
        (header, {name: a for name, a in whole.items() if name != "3/history/loss"}),
        (header, whole | {"3/history/loss": np.zeros(2)}),
        (header | {"ended": {"9": {}}}, whole),
        (header | {"ended": {"0": []}}, {n: a for n, a in whole.items() if n.startswith("0/")}),
        ({**header, "kind": "checkpoint"}, whole),
    ]
    for head, some in damaged:
        write_model(path, {name: v for name, v in head.items() if name != "format"}, some)
        with pytest.raises(ModelFileError):
            cp.fit_together(networks(), X, y, **FIT, checkpoint=path, resume=True)


def test_resume_needs_a_checkpoint_and_without_a_file_it_begins(tmp_path, whole):
    with pytest.raises(InvalidValueError, match="without a checkpoint"):
        cp.fit_together(networks(), X, y, **FIT, resume=True)
    nets = networks()
    found = cp.fit_together(nets, X, y, **FIT, checkpoint=tmp_path / "none", resume=True)
    assert numbers(nets, found) == whole
    assert (tmp_path / "none").exists()
