"""Learned factors: of the inputs, of how much an activation bends, and of weights by their number."""

from __future__ import annotations

import numpy as np
import pytest

import clearprop as cp
from clearprop.errors import DTypeError, InvalidValueError, ShapeError, UnknownNameError
from clearprop.execute import instruction_sets

rng = np.random.default_rng(0)
X, y = rng.normal(size=(40, 3)), rng.normal(size=(40, 2))
EXECUTORS = [cp.Reference(), *([None] if instruction_sets() else [])]


def selu(z):
    return 1.0507009873554805 * np.where(z > 0, z, 1.6732632423543772 * np.expm1(z))


def net(layers, **options):
    return cp.Network(3, layers, "squared_error", seed=1, dtype="float64", **options)


def test_scale_multiplies_each_input():
    scaled = net([cp.Scale([1, 0.5, -2])])
    np.testing.assert_allclose(scaled.predict(X), X * [1, 0.5, -2])
    assert net([cp.Scale()]).predict(X).tolist() == X.tolist()
    assert net([cp.Scale(2.0)]).predict(X).tolist() == (2 * X).tolist()


@pytest.mark.parametrize("executor", EXECUTORS)
def test_a_scale_learns_and_does_not_decay(executor):
    """One step of AdamW from s = 1: each factor moves by 6η against the sign of its gradient, and does not decay."""
    scaled = net([cp.Scale(learning_rate_factor=6), cp.Dense(2)])
    slope = scaled.trace(X, y)["ds0"]
    scaled.fit(X, y, optimizer=cp.AdamW(0.01, weight_decay=0.5), epochs=1, batch_size=40, executor=executor)
    np.testing.assert_allclose(scaled.parameters["s0"], 1 - 0.06 * np.sign(slope), rtol=1e-6)


def test_the_second_scale_of_a_layer_has_a_name_of_its_own():
    twice = net([cp.Dense(2), cp.Scale(), cp.Scale()])
    assert [name for name in twice.parameters if name.startswith("s")] == ["s1", "s1_2"]
    assert "a1" in twice.trace(X[:1])


def test_parametric_activation_is_its_formula():
    bent = net([cp.Dense(2), cp.ParametricActivation("selu"), cp.Dense(1)])
    z = X @ bent.parameters["W1"]
    np.testing.assert_allclose(bent.trace(X).a[1], selu(z), rtol=1e-12)
    bent.parameters["alpha1"] = [0.0, 0.25]
    np.testing.assert_allclose(bent.trace(X).a[1], z + [0, 0.25] * (selu(z) - z), rtol=1e-12)


def test_ntk_divides_by_the_root_of_the_number_of_inputs():
    dense = net([cp.Dense(50, "tanh", parametrization="ntk", bias_init=0.5), cp.Dense(2, parametrization="ntk")])
    W, b = dense.parameters["W1"], dense.parameters["b1"]
    assert 0.8 < W.std() < 1.2
    a = np.tanh(X @ W / np.sqrt(3) + b)
    np.testing.assert_allclose(dense.predict(X), a @ dense.parameters["W2"] / np.sqrt(50), rtol=1e-12)
    without = net([cp.Dense(2, parametrization="ntk", bias=False)])
    np.testing.assert_allclose(without.predict(X), X @ without.parameters["W1"] / np.sqrt(3), rtol=1e-12)


def test_ntk_with_weights_times_the_root_is_the_plain_layer():
    plain = net([cp.Dense(4, "tanh"), cp.Dense(2)])
    ntk = net([cp.Dense(4, "tanh", parametrization="ntk"), cp.Dense(2, parametrization="ntk")])
    for name, values in plain.parameters.items():
        factor = np.sqrt(values.shape[0]) if name.startswith("W") else 1.0
        ntk.parameters[name] = values * factor
    np.testing.assert_allclose(ntk.predict(X), plain.predict(X), rtol=1e-12)
    np.testing.assert_allclose(ntk.trace(X, y).dW[2], plain.trace(X, y).dW[2] / 2, rtol=1e-12)
    assert ntk.trace(X, y).explain(lang="zh").to_html()


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_all_of_it_is_checked_explained_drawn_and_saved(tmp_path, lang):
    layers = [cp.Scale(), cp.Dense(4, parametrization="ntk"), cp.ParametricActivation("mish"), cp.Dense(2)]
    made = net(layers)
    assert cp.check_gradients(made, X, y).ok
    trace = made.trace(X[:2], y[:2])
    text = trace.explain(lang=lang).to_text()
    assert "v[0] = a[0] ⊙ s[0]" in text
    assert "α[1]" in text
    assert ("learned scale" if lang == "en" else "可学习的缩放") in text
    assert cp.draw(trace, lang=lang).svg
    made.save(tmp_path / "m.clearprop")
    loaded = cp.load(tmp_path / "m.clearprop")
    assert loaded.architecture == made.architecture
    assert np.array_equal(loaded.predict(X), made.predict(X))
    assert "parametrization='ntk'" in loaded.summary()
    with pytest.raises(InvalidValueError, match="layer Scale"):
        made.to_torch_source()
    with pytest.raises(InvalidValueError, match="parametrization='ntk'"):
        net([cp.Dense(1, parametrization="ntk")]).to_torch_source()


def test_the_doctor_does_not_take_scaled_layers_for_plain_ones():
    deep = net([cp.Dense(4, parametrization="ntk"), cp.Dense(2)])
    assert not [f for f in cp.diagnose(deep, X, y).findings if f.kind == "linear_collapse"]


def test_errors():
    with pytest.raises(InvalidValueError, match="parametrization 'ntc'.*'standard' or 'ntk'"):
        cp.Dense(2, parametrization="ntc")
    with pytest.raises(UnknownNameError, match="activation 'sleu'"):
        cp.ParametricActivation("sleu")
    with pytest.raises(DTypeError, match="activation None"):
        cp.ParametricActivation(None)
    with pytest.raises(ShapeError, match="s of layer 0"):
        net([cp.Scale([1.0, 2.0])])
