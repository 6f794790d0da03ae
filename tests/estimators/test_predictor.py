"""A model of a table needs little of what answers in it: two networks that answer together do as well as one."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import polars as pl
import pytest

import clearprop as cp
from clearprop.estimators import members, predictor
from clearprop.estimators.predictor import Reader
from clearprop.estimators.training import trained
from clearprop.network import network_from
from clearprop.network.persistence import architecture_from


@dataclass
class Mean:
    """The mean of what two networks answer."""

    networks: list[cp.Network]

    @property
    def architecture(self):
        return self.networks[0].architecture

    @property
    def dtype(self):
        return self.networks[0].dtype

    def predict(self, X):
        return np.mean([network.predict(X) for network in self.networks], axis=0, dtype=np.float32)

    def trace(self, X, y=None):
        raise cp.InvalidValueError("the trace of several networks", "one network")

    def header(self):
        return {"kind": "mean", "networks": [network.header() for network in self.networks]}

    def arrays(self):
        return {f"{i}/{name}": a for i, net in enumerate(self.networks) for name, a in net.arrays().items()}


def parts(given, i):
    return {name.removeprefix(f"{i}/"): value for name, value in given.items() if name.startswith(f"{i}/")}


def check(path, header, shapes):
    for i, described in enumerate(header["networks"]):
        architecture_from(path, described, parts(shapes, i))


def read(path, header, arrays):
    return Mean([network_from(path, one, parts(arrays, i)) for i, one in enumerate(header["networks"])])


def two_trained(recipe, *data, **options):
    runs = [trained(replace(recipe, seed=seed), *data, **options) for seed in (0, 1)]
    return replace(runs[0], predictor=Mean([run.predictor for run in runs]))


@pytest.fixture(scope="module")
def table():
    x, c = np.random.default_rng(0).normal(size=200), ["a", "b"] * 100
    return pl.DataFrame({"x": x, "c": c, "label": np.where(x > 0, "yes", "no"), "number": 5 + 2 * x})


@pytest.mark.parametrize("target", ["label", "number"])
def test_a_model_with_another_predictor(table, target, tmp_path, monkeypatch):
    data = table.drop({"label", "number"} - {target})
    monkeypatch.setattr(members, "trained", two_trained)
    fit = cp.TableModel.train(data, target, epochs=40, learning_rate=0.01)
    model = fit.model
    first, second = (replace(model, predictor=network) for network in model.predictor.networks)
    assert first != second
    np.testing.assert_allclose(model.outputs(data), (first.outputs(data) + second.outputs(data)) / 2, rtol=1e-6)
    assert fit.scores["test"].get("accuracy", fit.scores["test"].get("r2")) > 0.9
    assert model.evaluate(data).scores == pytest.approx(model.score(data))
    assert len(cp.permutation_importance(model, data, n_repeats=1).names) == 2
    assert len(model.predict(data.head(0))) == 0

    model.save(tmp_path / "m")
    with pytest.raises(cp.ModelFileError, match="holds a model with a 'mean'; expected one of: network"):
        cp.load(tmp_path / "m")
    monkeypatch.setitem(predictor.PREDICTORS, "mean", Reader(check, read))
    again = cp.load(tmp_path / "m")
    assert again == model
    np.testing.assert_array_equal(again.outputs(data), model.outputs(data))


def test_what_looks_into_a_network_says_that_there_is_none(table, monkeypatch):
    monkeypatch.setattr(members, "trained", two_trained)
    model = cp.TableModel.train(table, "label", epochs=1).model
    for use in (lambda: model.network, lambda: cp.gradient_times_input(model, table)):
        with pytest.raises(cp.InvalidValueError, match="a model with a Mean; expected a model with a single network"):
            use()
    with pytest.raises(cp.InvalidValueError, match="the trace of several networks"):
        model.trace(table)
