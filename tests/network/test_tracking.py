"""Callbacks for other tools, with stand-ins for these: what they are told, and what is said where they are missing."""

import logging
import math
import sys
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest

import clearprop as cp

X = np.random.default_rng(0).normal(size=(20, 2))
Y = (X.sum(1) > 0).astype(float)


def fitted(callbacks, epochs=3):
    net = cp.Network(2, [cp.Dense(3, "tanh"), cp.Dense(1, "sigmoid")], loss="binary_cross_entropy")
    return net.fit(X, Y, epochs=epochs, callbacks=callbacks, validation=0.2)


class Run:
    """As one of wandb."""

    def __init__(self):
        self.rows = []

    def log(self, data, step=None, commit=None):
        self.rows.append((step, data))


def test_a_run_of_wandb_is_a_callback():
    run, seen = Run(), []
    history = fitted([run, lambda epoch: seen.append(epoch.number)])
    assert [step for step, _ in run.rows] == seen == [1, 2, 3]
    assert [row["validation_loss"] for _, row in run.rows] == history.validation_loss
    assert [row["loss"] for _, row in run.rows] == history.loss
    alone = Run()
    fitted(alone)
    assert len(alone.rows) == 3


@pytest.mark.parametrize("other", [logging.getLogger(), SimpleNamespace(log=3), 7, SimpleNamespace(log=math.log)])
def test_what_does_not_log_so_is_refused(other):
    with pytest.raises(cp.DTypeError, match=r"log\(numbers, step=\)"):
        fitted([other])
    with pytest.raises(cp.DTypeError, match=r"log\(numbers, step=\)"):
        fitted(other)


@pytest.fixture
def tensorboard(monkeypatch, tmp_path):
    """A stand-in for its writer, and the events that it was given."""
    events = []
    names = "tensorboard.summary.writer.event_file_writer", "tensorboard.compat.proto.event_pb2"
    modules = {name: ModuleType(name) for name in (*names, "tensorboard.compat.proto.summary_pb2")}
    writer, event, summary = modules.values()

    class EventFileWriter:
        def __init__(self, logdir):
            self.logdir, self.kept = logdir, []

        def add_event(self, event):
            self.kept.append(event)

        def flush(self):
            events.extend((self.logdir, one) for one in self.kept)
            self.kept = []

    class Summary(SimpleNamespace):
        Value = SimpleNamespace

    writer.EventFileWriter, event.Event, summary.Summary = EventFileWriter, SimpleNamespace, Summary
    for name, module in modules.items():
        for k in range(1, name.count(".") + 1):
            parent = ".".join(name.split(".")[:k])
            monkeypatch.setitem(sys.modules, parent, ModuleType(parent))
        monkeypatch.setitem(sys.modules, name, module)
    return events


def test_tensorboard_gets_each_epoch(tensorboard, tmp_path):
    history = fitted(cp.TensorBoard(tmp_path / "first"))
    assert [(place, event.step) for place, event in tensorboard] == [(str(tmp_path / "first"), k) for k in (1, 2, 3)]
    told = [{value.tag: value.simple_value for value in event.summary.value} for _, event in tensorboard]
    assert [row["loss"] for row in told] == history.loss
    assert told[0].keys() == history.last().keys()


@pytest.fixture
def mlflow(monkeypatch):
    """A stand-in for MLflow, and what was logged to it."""
    told, module = [], ModuleType("mlflow")
    module.log_metrics = lambda metrics, step=None: told.append(("metrics", dict(metrics), step))
    module.log_params = lambda params: told.append(("params", params))
    client = SimpleNamespace(
        log_metric=lambda run, name, value, step=None: told.append((run, name, value, step)),
        log_param=lambda run, name, value: told.append((run, name, value)),
    )
    module.MlflowClient = lambda: client
    monkeypatch.setitem(sys.modules, "mlflow", module)
    return told


def test_mlflow_gets_parameters_once_and_each_epoch(mlflow):
    history = fitted(cp.MLflow())
    assert mlflow[0][1]["epochs"] == 3
    assert [one[2] for one in mlflow[1:]] == [1, 2, 3]
    assert [one[1]["loss"] for one in mlflow[1:]] == history.loss


def test_mlflow_of_a_run_that_is_named(mlflow):
    history = fitted(cp.MLflow("run7"), epochs=1)
    assert ("run7", "loss", history.loss[0], 1) in mlflow
    assert {one[0] for one in mlflow} == {"run7"}


@pytest.mark.parametrize(("make", "extra"), [(lambda: cp.TensorBoard("runs"), "tensorboard"), (cp.MLflow, "mlflow")])
def test_what_is_missing_names_its_extra(monkeypatch, make, extra):
    for name in ("tensorboard", "tensorboard.summary.writer.event_file_writer", "mlflow"):
        monkeypatch.setitem(sys.modules, name, None)  # as if it were not installed
    with pytest.raises(cp.MissingDependencyError, match=rf'pip install "clearprop\[{extra}\]"'):
        make()
