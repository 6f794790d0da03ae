"""The running mean of the weights, against a loop over the weights of every step."""

from __future__ import annotations

import numpy as np
import pytest

import clearprop as cp
from clearprop.errors import DTypeError, InvalidValueError
from clearprop.execute import instruction_sets

rng = np.random.default_rng(0)
X, y = rng.normal(size=(32, 3)), rng.normal(size=32)
EXECUTORS = [cp.Reference(), *([None] if instruction_sets() else [])]


def made(**first):
    layers = [cp.Dense(4, "tanh", **first), cp.BatchNorm(), cp.Dense(1)]
    return cp.Network(3, layers, "squared_error", seed=1, dtype="float64")


@pytest.mark.parametrize("executor", EXECUTORS)
@pytest.mark.parametrize(
    "inner",
    [cp.SGD(0.1, 0.9), cp.AdamW(cp.Cosine(0.05), weight_decay=0.1, clip_norm=1.0), cp.AdaGrad(0.1, weight_decay=0.1)],
)
def test_it_trains_as_the_optimizer_alone_and_keeps_the_mean(executor, inner):
    plain, averaged = made(), made()
    after = []
    plain.fit(
        *(X, y), optimizer=inner, epochs=6, batch_size=32, executor=executor,
        callbacks=[lambda event: after.append(plain.arrays())],
    )  # fmt: skip
    averaged.fit(X, y, optimizer=cp.AveragedWeights(inner, 0.8), epochs=6, batch_size=32, executor=executor)
    for name, values in plain.arrays().items():
        assert np.array_equal(averaged.arrays()[name], values)
    means = averaged.averaged().arrays()
    weights = 0.8 ** np.arange(5, -1, -1)
    for name in ("W1", "b1", "gamma1", "W2"):
        expected = sum(w * arrays[name] for w, arrays in zip(weights, after, strict=True)) / weights.sum()
        np.testing.assert_allclose(means[name], expected, rtol=1e-10)
    assert np.array_equal(means["running_mean1"], averaged.arrays()["running_mean1"])


def test_frozen_parameters_stay_and_a_second_fit_goes_on():
    net = made(trainable={"W": False})
    optimizer = cp.AveragedWeights(cp.Adam(0.05), 0.9)
    net.fit(X, y, optimizer=optimizer, epochs=2)
    net.fit(X, y, optimizer=optimizer, epochs=2)
    assert np.array_equal(net.averaged().parameters["W1"], made().parameters["W1"])
    alone = made(trainable={"W": False})
    alone.fit(X, y, optimizer=optimizer, epochs=2)
    assert not np.array_equal(alone.averaged().parameters["W2"], net.averaged().parameters["W2"])


def test_a_checkpoint_keeps_it(tmp_path):
    optimizer = cp.AveragedWeights(cp.Adam(cp.StepDecay(0.05, 0.5, 2)))
    whole = made()
    whole.fit(X, y, optimizer=optimizer, epochs=4)
    path = tmp_path / "c"
    made().fit(X, y, optimizer=optimizer, epochs=2, checkpoint=path)
    resumed = made()
    resumed.fit(X, y, optimizer=optimizer, epochs=4, checkpoint=path, resume=True)
    for name, values in whole.averaged().arrays().items():
        assert np.array_equal(resumed.averaged().arrays()[name], values)


def test_the_update_is_explained():
    net = made()
    net.fit(X, y, optimizer=cp.AveragedWeights(cp.SGD(0.1), 0.9), epochs=1, batch_size=32)
    for lang in ("en", "zh"):
        text = net.trace(X[:2], y[:2]).explain(lang=lang, detail="formulas").to_text()
        assert "ema" in text
        assert "ρ" in text


def test_errors():
    with pytest.raises(InvalidValueError, match="without averaged weights"):
        made().averaged()
    net = made()
    net.fit(X, y, epochs=1)
    with pytest.raises(InvalidValueError, match="without averaged weights"):
        net.averaged()
    for wrong in ("adam", cp.AveragedWeights()):
        with pytest.raises(DTypeError, match="AveragedWeights"):
            cp.AveragedWeights(wrong)
    for wrong in (0, 1, 1.5):
        with pytest.raises(InvalidValueError, match="decay"):
            cp.AveragedWeights(decay=wrong)
