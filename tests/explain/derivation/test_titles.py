"""What each step is called: normalisation and dropout by their names, forward and backward, in both languages."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

import clearprop as cp

LAYERS = [
    cp.Dense(4, "relu"),
    cp.BatchNorm(),
    cp.Dropout(0.5),
    cp.Dense(3, "gelu"),
    cp.LayerNorm(),
    cp.Dense(2, "softmax"),
]
X = np.random.default_rng(0).normal(size=(3, 3))


@pytest.fixture(scope="module")
def net():
    return cp.Network(3, LAYERS, "cross_entropy", seed=1)


def titles(trace, lang="en", **options):
    """Title of each step by the name of its value; those of shared values in order under their titles."""
    document = trace.explain(lang, detail="formulas", **options).document
    return {step.name: step.title(lang) for part in document.sections for step in part.sections}


EXPECTED = {
    "n1": ("Layer 1 (hidden): batch normalisation", "第 1 层（隐藏层）：批量归一化"),
    "d1": ("Layer 1 (hidden): dropout", "第 1 层（隐藏层）：随机失活"),
    "n2": ("Layer 2 (hidden): layer normalisation", "第 2 层（隐藏层）：层归一化"),
    "u_1": (
        "Layer 1 (hidden): batch normalisation, a value used more than once",
        "第 1 层（隐藏层）：批量归一化——多次用到的中间量",
    ),
    "dn2": ("Back through W[3]", "经 W[3] 传回"),
    "da2": ("Layer 2: back through layer normalisation", "第 2 层：反向经过层归一化"),
    "dd1": ("Back through W[2]", "经 W[2] 传回"),
    "dn1": ("Layer 1: back through dropout", "第 1 层：反向经过随机失活"),
    "da1": ("Layer 1: back through batch normalisation", "第 1 层：反向经过批量归一化"),
    "dgamma1": ("Layer 1: gradient of the scale", "第 1 层：缩放参数的梯度"),
    "dbeta2": ("Layer 2: gradient of the shift β", "第 2 层：平移参数 β 的梯度"),
    "gamma2'": ("Layer 2: new scale", "第 2 层：新的缩放参数"),
    "beta1'": ("Layer 1: new shift", "第 1 层：新的平移参数"),
}


@pytest.mark.parametrize(("lang", "k"), [("en", 0), ("zh", 1)])
def test_normalisation_and_dropout_have_titles_in_both_passes(net, lang, k):
    found = titles(net.trace(X, [1, 0, 1], "training"), lang)
    assert {name: found[name] for name in EXPECTED} == {name: both[k] for name, both in EXPECTED.items()}


def test_every_step_has_a_title_of_its_own_kind(net):
    for mode in ("training", "inference"):
        found = titles(net.trace(X, [1, 0, 1], mode))
        assert not {"", "Gradient", "Layer 1 (hidden)", "Layer 2 (hidden)"} & set(found.values())


@pytest.mark.parametrize("mode", ["training", "inference"])
def test_what_is_left_out_or_drawn_at_random_is_said(net, mode):
    text = net.trace(X, [1, 0, 1], mode).explain(detail="formulas").to_text()
    assert ("As in training, dropout sets values to 0 at random." in text) == (mode == "training")
    assert ("As in a prediction, dropout does nothing." in text) == (mode == "inference")
    assert ("running mean and variance of each unit" in text) == (mode == "inference")
    assert ("r holds random numbers" in text) == (mode == "training")
    plain = cp.Network(3, [cp.Dense(1)], "squared_error").trace(X, np.ones(3), mode).explain().to_text()
    assert "As in" not in plain


@dataclass(frozen=True)
class Twice:
    """A layer of the user's own, whose value is no weighted sum, activation or normalisation."""

    def build(self, x, scope):
        x = scope.open_layer(x)
        c = scope.parameter("c", (2,), cp.Normal(0.5))
        return scope.named(scope.named(x * 2.0, "h") + cp.graph.broadcast(c, x.shape, [1]), "a")


def test_a_layer_of_the_users_own(net):
    own = cp.Network(2, [cp.Dense(2, "tanh"), Twice(), cp.Dense(1)], "squared_error")
    found = titles(own.trace(X[:, :2], np.ones(3)))
    assert found["h2"] == "Layer 2 (hidden)"
    assert found["a2"] == "Layer 2 (hidden): activation"
    assert found["dc2"] == "Layer 2: gradient"
    assert found["c2'"] == "Layer 2: new value"


def test_one_layer_and_one_sample_are_not_several():
    one = cp.Network(2, [cp.Dense(1)], "squared_error")
    assert "One sample, 1 layer." in one.trace([1.0, 2.0], 1.0).explain().to_text()
    assert "2 samples, 1 layer." in one.trace(np.ones((2, 2)), [1.0, 2.0]).explain().to_text()
    assert "1 个样本，1 层。" in one.trace([1.0, 2.0], 1.0).explain("zh").to_text()


def test_an_error_in_a_residual_comes_from_the_layers_that_take_the_value():
    """Not from the layer of the next number: of f(x) + s(x) the last layers of f and s both go into the sum."""
    block = cp.Residual([cp.Dense(5, "tanh"), cp.Dense(2, "tanh")], [cp.Dense(2, bias=False)])
    net = cp.Network(3, [cp.Dense(4, "tanh"), block, cp.Dense(2, "softmax")], "cross_entropy", seed=1)
    trace = net.trace(X, [0, 1, 1])
    found, chinese = titles(trace), titles(trace, "zh")
    assert found["dz5"] == "BP2: the error of layer 5 from that of layer 6"
    assert found["dz4"] == "BP2: the error of layer 4 from that of layer 5"
    assert found["dz3"] == "BP2: the error of layer 3 from that of layer 5"
    assert found["dz2"] == "BP2: the error of layer 2 from that of layer 3"
    assert found["dz1"] == "BP2: the error of layer 1 from those of layers 2 and 4"
    assert chinese["dz1"] == "BP2：由第 2、4 层的误差求第 1 层的误差"
