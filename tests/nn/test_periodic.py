"""The periodic encoding, against loops over columns, outputs and frequencies."""

from __future__ import annotations

import numpy as np
import pytest

import clearprop as cp
from clearprop.errors import ClearpropError, InvalidValueError, ShapeError
from clearprop.execute import instruction_sets

rng = np.random.default_rng(0)
X = rng.normal(size=(30, 3))
y = np.sin(5 * X[:, 0]) + X[:, 1]


def by_hand(X, p, F, outputs):
    columns = X.shape[1]
    omega, phi = p["omega0"].reshape(columns, F), p["phi0"].reshape(columns, F)
    V, beta = p["V0"].reshape(outputs, columns, F), p["beta0"].reshape(columns, outputs)
    made = [X]
    for j in range(columns):
        waves = np.cos(2 * np.pi * X[:, j, None] * omega[j] + phi[j])
        made.append(waves @ V[:, j].T + beta[j])
    return np.concatenate(made, axis=1)


@pytest.mark.parametrize(("F", "width"), [(16, 4), (1, 2), (5, 3)])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_it_is_its_formula(F, width, dtype):
    net = cp.Network(3, [cp.Periodic(F, width, 0.5)], dtype=dtype, seed=3)
    expected = by_hand(X, net.parameters, F, width - 1)
    np.testing.assert_allclose(net.predict(X), expected, rtol=1e-4 if dtype == "float32" else 1e-12, atol=1e-5)


def test_it_starts_as_it_says():
    p = cp.Network(20, [cp.Periodic(std=0.2)], dtype="float64").parameters
    assert 0.17 < p["omega0"].std() < 0.23
    assert 3.0 < np.abs(p["phi0"]).max() <= np.pi
    assert 0.2 < np.abs(p["V0"]).max() <= 0.25


def trained(executor=None, threads=None, dtype="float64"):
    layers = [cp.Periodic(8, 3, 0.5, learning_rate_factor=0.5), cp.Dense(8, "relu"), cp.Dense(1)]
    net = cp.Network(3, layers, "squared_error", seed=1, dtype=dtype)
    net.fit(X, y, epochs=4, batch_size=10, executor=executor, n_threads=threads)
    return net


@pytest.mark.skipif(not instruction_sets(), reason="the native machine was not built")
def test_native_trains_as_the_reference_and_on_two_threads_to_the_same_bits():
    ours, theirs = trained().arrays(), trained(cp.Reference()).arrays()
    for name, values in theirs.items():
        np.testing.assert_allclose(ours[name], values, rtol=1e-7, atol=1e-9)
    one, two = trained(threads=1, dtype="float32"), trained(threads=2, dtype="float32")
    assert all(np.array_equal(a, two.arrays()[name]) for name, a in one.arrays().items())


def test_checked_explained_drawn_and_saved(tmp_path):
    net = trained()
    assert cp.check_gradients(net, X[:6], y[:6]).ok
    trace = net.trace(X[:2], y[:2])
    for lang, words in (("en", "periodic encoding"), ("zh", "周期编码")):
        text = trace.explain(lang=lang, detail="formulas").to_text()
        assert words in text
        assert "ω[0] + φ[0]" in text
        assert cp.draw(trace, lang=lang).svg
    net.save(tmp_path / "m.clearprop")
    loaded = cp.load(tmp_path / "m.clearprop")
    assert loaded.architecture == net.architecture
    assert np.array_equal(loaded.predict(X), net.predict(X))


def test_a_wave_is_learned_that_straight_lines_miss():
    x = np.linspace(-1, 1, 200)[:, None]
    wave = np.sin(12 * x[:, 0])
    errors = []
    for first in ([], [cp.Periodic(std=2.0)]):
        net = cp.Network(1, [*first, cp.Dense(1)], "mean_squared_error", seed=0)
        net.fit(x, wave, optimizer=cp.Adam(0.02), epochs=60)
        errors.append(net.evaluate(x, wave)["loss"])
    assert errors[1] < 0.1 * errors[0]


def test_a_file_that_asks_for_a_billion_waves_is_refused_at_once():
    with pytest.raises(ShapeError, match="at most 1,000,000"):
        cp.Network(3, [cp.Periodic(10**9)])
    with pytest.raises(ShapeError, match="at most 1,000,000"):
        cp.Network(10**9, [cp.Embedding({0: 2})])


@pytest.mark.parametrize("wrong", [{"frequencies": 0}, {"width": 1}, {"std": 0}, {"std": "much"}])
def test_wrong_numbers(wrong):
    with pytest.raises(ClearpropError, match=next(iter(wrong))):
        cp.Periodic(**wrong)
    with pytest.raises(InvalidValueError, match="limit -1"):
        cp.Uniform(-1)
