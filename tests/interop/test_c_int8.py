"""C with weights of 8 bits: what is written is what is computed, and what it costs is said."""

from __future__ import annotations

import re
from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest

import clearprop as cp
from any_table import any_model
from clearprop.app.exported_tables import Answered, answers_of_c
from clearprop.estimators.made_up import made_up_rows
from clearprop.estimators.rounding import model_in_int8
from compiled import CLEAN, GCC, agree, answers_in_c, of_every_kind
from long import first
from networks_to_write import random_case

needs_gcc = pytest.mark.skipif(GCC is None, reason="there is no gcc here")


def by_hand(net):
    """A copy with W[i][j] = q·s, q the nearest of the whole numbers from −127 to 127 and s = max |W[:, j]|/127."""
    other = net.copy()
    for name in net.parameters:
        W = net.parameters[name]
        if W.ndim == 2 and net.architecture.parameters[name].role == "weight":
            s = (np.abs(W).max(axis=0) / 127).astype(W.dtype)
            s[s == 0] = 1
            other.parameters[name] = np.round(W / s) * s
    return other


class InInt8:
    """A network that writes itself in 8 bits."""

    def __init__(self, net):
        self.dtype, self.architecture, self._net = net.dtype, net.architecture, net

    def to_c(self, name, lang):
        return self._net.to_c(name, weights="int8", lang=lang)


def has_matrix(net):
    return any(p.role == "weight" and len(p.shape) == 2 for p in net.architecture.parameters.values())


def compare(cases, folder):
    cases = [case for case in cases if has_matrix(case.net)]
    answers = answers_in_c([SimpleNamespace(net=InInt8(case.net), X=case.X) for case in cases], folder)
    agree([SimpleNamespace(net=by_hand(case.net), X=case.X) for case in cases], answers)


@needs_gcc
@pytest.mark.parametrize("seeds", first([range(k, k + 5) for k in range(0, 300, 5)], 1))
def test_a_network_in_c_computes_with_the_nearest_weights(tmp_path, seeds):
    compare([random_case(seed, "float32" if seed % 2 else "float64") for seed in seeds], tmp_path)


@needs_gcc
@pytest.mark.long
def test_ensembles_heads_and_wide_layers(tmp_path):
    compare([*of_every_kind()], tmp_path)


def test_what_it_costs_stands_in_the_head():
    net = cp.Network(5, [cp.Dense(30, "tanh"), cp.Dense(3, "softmax")], seed=0)
    X = np.random.default_rng(1).normal(size=(200, 5)).astype("float32")
    off = np.abs(net.predict(X) - by_hand(net).predict(X)).max()
    head = " ".join(net.to_c(weights="int8", X=X).partition("*/")[0].split())
    assert re.search(r"on 200 rows that were given, .* by (\S+) at most", head)[1] == f"{off:.2g}"
    assert 0 < off < 0.02
    assert "on 1,000 rows of normal numbers" in " ".join(net.to_c(weights="int8").split())
    text = net.to_c(weights="int8")
    assert "static const int8_t W1[5][30]" in text
    assert "static const float W1_scale[30]" in text
    assert "权重为 8 位" in net.to_c(weights="int8", lang="zh")
    assert net.to_c() == net.to_c(weights="full")


def test_columns_of_zeros_and_the_largest_weight_are_kept():
    net = cp.Network(2, [cp.Dense(2, W=[[0.0, 127.0], [0.0, -3.0]], b=0.0)])
    assert "{0, 127}" in net.to_c(weights="int8")
    assert "{0, -3}" in net.to_c(weights="int8")


@needs_gcc
@pytest.mark.filterwarnings("ignore::clearprop.errors.DataWarning")
@pytest.mark.parametrize("seed", first(range(5, 30), 1))
def test_a_model_of_a_table_does_so_too(seed):
    model, frame = any_model(seed)
    rounded, codes = model_in_int8(model)
    rows, content = made_up_rows(model.encoder, 300, seed), model.to_c(weights="int8").encode()
    ours, theirs = Answered.by(rounded, rows), answers_of_c(content, model, rows, ("-O1", *CLEAN))
    scale = max(np.abs(ours.numbers).max(), getattr(model.target, "std", 0.0))
    assert np.abs(ours.numbers - theirs.numbers).max() <= 1e-6 * scale
    assert np.array_equal(ours.features, theirs.features) or np.allclose(ours.features, theirs.features, rtol=3e-7)
    assert codes.told in " ".join(content.decode().split())
    assert "made up from what the model knows" in codes.told
    assert "rows that were given" in " ".join(model.to_c(weights="int8", X=frame).split())


def test_what_has_no_matrix_and_other_words_are_refused():
    with pytest.raises(cp.errors.InvalidValueError, match="without a matrix of weights"):
        cp.Network(2, [cp.Activation("tanh")]).to_c(weights="int8")
    model = cp.TableModel.train(pl.DataFrame({"x": [1.0, 2.0] * 9, "y": [1.5, 2.5] * 9}), "y", epochs=1).model
    for each in (model, model.network):
        with pytest.raises(cp.errors.UnknownNameError, match="int4"):
            each.to_c(weights="int4")


def test_rows_that_nothing_is_measured_on_are_refused():
    frame = pl.DataFrame({"x": [0.0, 1.0, 2.0, 3.0] * 10, "y": ["no", "no", "yes", "yes"] * 10})
    model = cp.TableModel.train(frame, "y", epochs=1).model
    for each, X in ((model, frame), (model.network, [[0.5]])):
        with pytest.raises(cp.errors.InvalidValueError, match='X beside full weights; expected weights="int8"'):
            each.to_c(X=X)
    with pytest.raises(cp.errors.InvalidValueError, match="no rows"):
        model.to_c(weights="int8", X=frame.head(0))
