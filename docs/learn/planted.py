"""Mistakes of the syllabus planted in a backward pass, and what the gradient check says of them.

`python docs/learn/planted.py` prints the table in Markdown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np
from phrase import Phrase

import clearprop as cp
from clearprop.explain.check import GradientCheck, check_gradients, check_gradients_of
from clearprop.graph import OPS, Node
from clearprop.graph.primitives.arrays import product
from clearprop.messages import Language

Rule = Callable[..., tuple[Node | None, ...]]


# --- in the library: the derivative rule of an op is another one for a while


@contextmanager
def planted(op: str, wrong: Callable[[Rule], Rule]) -> Iterator[None]:
    """Replace the derivative rule of an op, and put it back.

    Args:
        op: its name.
        wrong: makes the wrong rule from the right one.
    """
    right = OPS[op].gradient
    assert right is not None
    object.__setattr__(OPS[op], "gradient", wrong(right))
    try:
        yield
    finally:
        object.__setattr__(OPS[op], "gradient", right)


def one_plus_a(right: Rule) -> Rule:
    """E4: dL/da = −y/a + (1 − y)/(1 + a), then times a(1 − a)."""

    def rule(L: Node, g: Node, z: Node, y: Node) -> tuple[Node, Node]:
        a = cp.sigmoid(z)
        return g * (-(y / a) + (1 - y) / (1 + a)) * a * (1 - a), -(g * z)

    return rule


def input_of_the_network(right: Rule) -> Rule:
    """E5: dW[l] = Xᵀ dz[l], as if every layer had read X."""

    def rule(y: Node, g: Node, x: Node, W: Node, b: Node) -> tuple[Node | None, ...]:
        dx, _, db = right(y, g, x, W, b)
        X = x
        while X.inputs:
            X = X.inputs[0]
        return dx, product(X, g, transpose_a=True), db

    return rule


def slope_too_early(right: Rule) -> Rule:
    """E7: da[l] contains σ′(z[l]) already."""

    def rule(y: Node, g: Node, x: Node, W: Node, b: Node) -> tuple[Node | None, ...]:
        dx, dW, db = right(y, g, x, W, b)
        assert dx is not None
        return dx * x * (1 - x), dW, db

    return rule


def slope_dropped(right: Rule) -> Rule:
    """E7: σ′(z[l]) is dropped on the way."""
    return lambda y, g, x: (g,)


def wrong_order(right: Rule) -> Rule:
    """E8: the factors of da[l] = dz[l+1] W[l+1]ᵀ in the other order."""

    def rule(y: Node, g: Node, x: Node, W: Node, b: Node) -> tuple[Node | None, ...]:
        _, dW, db = right(y, g, x, W, b)
        return product(W, g, transpose_a=True), dW, db

    return rule


def weights_of_the_layer_below(right: Rule) -> Rule:
    """E19: da[l] = dz[l+1] W[l]ᵀ."""

    def rule(y: Node, g: Node, x: Node, W: Node, b: Node) -> tuple[Node | None, ...]:
        dx, dW, db = right(y, g, x, W, b)
        below = x
        while below.inputs and below.op.name != "affine":
            below = below.inputs[0]
        return product(g, below.inputs[1], transpose_b=True) if below.inputs else dx, dW, db

    return rule


def without_the_sum(right: Rule) -> Rule:
    """E21: da[l] with the term of one unit of the next layer."""

    def rule(y: Node, g: Node, x: Node, W: Node, b: Node) -> tuple[Node | None, ...]:
        _, dW, db = right(y, g, x, W, b)
        first_unit = {"axis": 1, "start": 0, "stop": 1}
        return product(OPS["slice"](g, **first_unit), OPS["slice"](W, **first_unit), transpose_b=True), dW, db

    return rule


def softmax_elementwise(right: Rule) -> Rule:
    """E23: δ[L] = ∇ₐL ⊙ p(1 − p)."""
    return lambda p, g, z: (g * p * (1 - p),)


def cross_entropy_elementwise(right: Rule) -> Rule:
    """E23: δ[L] = (−t/p) ⊙ p(1 − p)."""

    def rule(L: Node, g: Node, z: Node, t: Node) -> tuple[Node | None, ...]:
        p = cp.softmax(z)
        return cp.broadcast(g, z.shape, [0]) * -(t / p) * p * (1 - p), right(L, g, z, t)[1]

    return rule


def one_sample_as_a_batch(right: Rule) -> Rule:
    """E27: dW = xᵀ dz for one sample x of shape (2,), where xᵀ is x."""

    def rule(y: Node, g: Node, x: Node, W: Node, b: Node) -> tuple[Node | None, ...]:
        dx, _, db = right(y, g, x, W, b)
        return dx, x.T @ g, db

    return rule


# --- by hand: a two-layer network in NumPy whose backward pass is a list of formulas

Formulas = Mapping[str, Callable[[Any], Any]]

BINARY: Formulas = {
    "da2": lambda v: (-(v.y / v.a2) + (1 - v.y) / (1 - v.a2)) / len(v.y),
    "dz2": lambda v: v.da2 * v.a2 * (1 - v.a2),
    "dW2": lambda v: v.a1.T @ v.dz2,
    "db2": lambda v: v.dz2.sum(axis=0),
    "da1": lambda v: v.dz2 @ v.W2.T,
    "dz1": lambda v: v.da1 * v.a1 * (1 - v.a1),
    "dW1": lambda v: v.X.T @ v.dz1,
    "db1": lambda v: v.dz1.sum(axis=0),
}
CLASSES: Formulas = {**BINARY, "da2": lambda v: -(v.y / v.a2) / len(v.y), "dz2": lambda v: (v.a2 - v.y) / len(v.y)}


def sigmoid(z: Any) -> Any:
    """1/(1 + e⁻ᶻ)."""
    return 1 / (1 + np.exp(-z))


def softmax(z: Any) -> Any:
    """eᶻ/Σeᶻ in each row."""
    return np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)


@dataclass(frozen=True)
class ByHand:
    """A two-layer network n_in → n_hidden → n_out in NumPy, rows as samples, with numbers drawn by a seed."""

    n_in: int
    n_hidden: int
    n_out: int
    classes: bool = False
    targets: int | None = None  # one value for all of y

    def loss(self, **parameters: Any) -> Any:
        """The mean cross-entropy."""
        v = self.forward(parameters)
        rest = 0 if self.classes else (1 - v.y) * np.log(1 - v.a2)
        return -np.sum(v.y * np.log(v.a2) + rest) / len(v.y)

    def forward(self, parameters: Mapping[str, Any]) -> SimpleNamespace:
        """z[1], a[1], z[2], a[2]."""
        v = SimpleNamespace(X=self.X, y=self.y, **parameters)
        v.z1 = v.X @ v.W1 + v.b1
        v.a1 = sigmoid(v.z1)
        v.z2 = v.a1 @ v.W2 + v.b2
        v.a2 = (softmax if self.classes else sigmoid)(v.z2)
        return v

    def backward(self, wrong: Formulas) -> dict[str, Any]:
        """The gradients, with some formulas replaced by wrong ones."""
        v = self.forward(self.parameters)
        for name, formula in {**(CLASSES if self.classes else BINARY), **wrong}.items():
            setattr(v, name, formula(v))
        return {name: getattr(v, f"d{name}") for name in self.parameters}

    def check(self, wrong: Formulas) -> GradientCheck:
        """What the gradient check says."""
        return check_gradients_of(self.loss, self.parameters, self.backward(wrong))

    @property
    def parameters(self) -> dict[str, Any]:
        """W1, b1, W2, b2."""
        rng = np.random.default_rng(1)
        shapes = {"W1": (self.n_in, self.n_hidden), "W2": (self.n_hidden, self.n_out)}
        biases = {"b1": (self.n_hidden,), "b2": (self.n_out,)}
        drawn = {name: rng.normal(size=shape) for name, shape in {**shapes, **biases}.items()}
        return {name: drawn[name] for name in ("W1", "b1", "W2", "b2")}

    @property
    def X(self) -> Any:
        """Six samples."""
        return np.random.default_rng(2).normal(size=(6, self.n_in))

    @property
    def y(self) -> Any:
        """Their targets."""
        if self.targets is not None:
            return np.full((6, self.n_out), float(self.targets))
        if self.classes:
            return np.eye(self.n_out)[np.arange(6) % self.n_out]
        return (np.arange(6 * self.n_out).reshape(6, self.n_out) % 2).astype(float)


# --- the list


@dataclass(frozen=True)
class Planted:
    """One mistake at one place.

    Attributes:
        id: of the syllabus.
        how: where and how it was planted.
        run: runs the check; raises ShapeError where the shapes give the mistake away.
        visible: whether it can be seen at all there.
    """

    id: str
    how: Phrase
    run: Callable[[], GradientCheck]
    visible: bool = True

    def said(self, lang: Language = "en") -> str:
        """What came out: the verdict of the check with its reasons, or the shape error."""
        try:
            check = self.run()
        except cp.ShapeError as error:
            return f"ShapeError: {error}"
        return " ".join([check.verdict(lang), *check.reasons(lang)])


def network(*sizes: int, last: str = "sigmoid", loss: str = "binary_cross_entropy") -> cp.Network:
    """A network of sigmoid layers: network(3, 4, 1)."""
    hidden = [cp.Dense(n, "sigmoid") for n in sizes[1:-1]]
    return cp.Network(sizes[0], [*hidden, cp.Dense(sizes[-1], last)], loss, seed=1, dtype="float64")


def in_library(op: str, wrong: Callable[[Rule], Rule], net: cp.Network, targets: int | None = None) -> GradientCheck:
    """Plant a rule and check a network on six samples."""
    rng, k = np.random.default_rng(0), net.architecture.n_outputs
    X = rng.normal(size=(6, net.architecture.n_inputs))
    kind = net.architecture.checked_loss().target
    y = rng.normal(size=(6, k)) if kind == "numbers" else np.arange(6) % max(k, 2)
    with planted(op, wrong):
        return check_gradients(net, X, y if targets is None else np.full(6, targets))


def of_one_sample() -> GradientCheck:
    """E27 in the textbook layer Affine, which takes one sample too."""
    layer = cp.layers.Affine(np.ones((2, 3)), np.zeros(3))
    with planted("affine", one_sample_as_a_batch):
        layer.forward(np.array([1.0, 2.0]))
        layer.backward(np.ones(3))
    raise AssertionError("no shape error")


def squares(*sizes: int) -> cp.Network:
    """A network with a linear output and squared error."""
    return network(*sizes, last="linear", loss="squared_error")


PLANTED: tuple[Planted, ...] = (
    Planted(
        "E4",
        Phrase(
            "rule of sigmoid_cross_entropy, 3-4-1, y = 0 and 1", "sigmoid_cross_entropy 的求导规则，3-4-1，y 有 0 有 1"
        ),
        lambda: in_library("sigmoid_cross_entropy", one_plus_a, network(3, 4, 1)),
    ),
    Planted(
        "E4",
        Phrase("the same, but y = 1 in all samples: invisible", "同上，但所有样本 y = 1：看不出来"),
        lambda: in_library("sigmoid_cross_entropy", one_plus_a, network(3, 4, 1), targets=1),
        visible=False,
    ),
    Planted(
        "E4",
        Phrase("by hand, da2 of a 3-4-1 network, y = 0", "手写的 3-4-1 网络，da2，y = 0"),
        lambda: ByHand(3, 4, 1, targets=0).check({"da2": _e4}),
    ),
    Planted(
        "E4",
        Phrase("by hand, the same with y = 1: invisible", "手写，同上但 y = 1：看不出来"),
        lambda: ByHand(3, 4, 1, targets=1).check({"da2": _e4}),
        visible=False,
    ),
    Planted(
        "E5",
        Phrase("rule of affine: X in place of a1, 3-3-1", "affine 的求导规则：用 X 代替 a1，3-3-1"),
        lambda: in_library("affine", input_of_the_network, network(3, 3, 1)),
    ),
    Planted(
        "E5",
        Phrase("the same, 3-4-1", "同上，3-4-1"),
        lambda: in_library("affine", input_of_the_network, network(3, 4, 1)),
    ),
    Planted(
        "E5",
        Phrase("by hand, dW2 of a 3-3-1 network", "手写的 3-3-1 网络，dW2"),
        lambda: ByHand(3, 3, 1).check({"dW2": lambda v: v.X.T @ v.dz2}),
    ),
    Planted(
        "E7",
        Phrase("rule of affine: σ′(z1) in da1, 3-4-1", "affine 的求导规则：da1 中含 σ′(z1)，3-4-1"),
        lambda: in_library("affine", slope_too_early, network(3, 4, 1)),
    ),
    Planted(
        "E7",
        Phrase("rule of sigmoid: σ′(z1) dropped, 3-4-1", "sigmoid 的求导规则：丢掉 σ′(z1)，3-4-1"),
        lambda: in_library("sigmoid", slope_dropped, network(3, 4, 1)),
    ),
    Planted(
        "E7",
        Phrase("by hand, σ′(z1) dropped from dz1", "手写，dz1 中丢掉 σ′(z1)"),
        lambda: ByHand(3, 4, 1).check({"dz1": lambda v: v.da1}),
    ),
    Planted(
        "E8",
        Phrase("rule of affine: the factors of da1 in the other order", "affine 的求导规则：da1 的两个因子次序颠倒"),
        lambda: in_library("affine", wrong_order, network(3, 4, 1)),
    ),
    Planted(
        "E19",
        Phrase("rule of affine: W1 in da1, square 3-3-3", "affine 的求导规则：da1 用了 W1，方阵 3-3-3"),
        lambda: in_library("affine", weights_of_the_layer_below, squares(3, 3, 3)),
    ),
    Planted(
        "E19",
        Phrase("the same in four layers, 3-3-3-3-3", "同上，四层 3-3-3-3-3"),
        lambda: in_library("affine", weights_of_the_layer_below, squares(3, 3, 3, 3, 3)),
    ),
    Planted(
        "E19",
        Phrase("the same, not square, 3-4-5-2", "同上，非方阵 3-4-5-2"),
        lambda: in_library("affine", weights_of_the_layer_below, squares(3, 4, 5, 2)),
    ),
    Planted(
        "E19",
        Phrase("by hand, da1 of a 3-3-3 network", "手写的 3-3-3 网络，da1"),
        lambda: ByHand(3, 3, 3).check({"da1": lambda v: v.dz2 @ v.W1.T}),
    ),
    Planted(
        "E21",
        Phrase(
            "rule of affine: one unit in place of the sum, 3-4-5-2", "affine 的求导规则：以一个神经元代替求和，3-4-5-2"
        ),
        lambda: in_library("affine", without_the_sum, squares(3, 4, 5, 2)),
    ),
    Planted(
        "E21",
        Phrase("by hand, unit j of dz2 times w_jj, 3-3-3", "手写，dz2 的第 j 个乘 w_jj，3-3-3"),
        lambda: ByHand(3, 3, 3).check({"da1": lambda v: v.dz2 * np.diag(v.W2)}),
    ),
    Planted(
        "E23",
        Phrase("rule of softmax, squared error, 3-4-3", "softmax 的求导规则，平方误差，3-4-3"),
        lambda: in_library("softmax", softmax_elementwise, network(3, 4, 3, last="softmax", loss="squared_error")),
    ),
    Planted(
        "E23",
        Phrase("rule of softmax_cross_entropy, 3-4-3", "softmax_cross_entropy 的求导规则，3-4-3"),
        lambda: in_library(
            "softmax_cross_entropy",
            cross_entropy_elementwise,
            network(3, 4, 3, last="softmax", loss="cross_entropy"),
        ),
    ),
    Planted(
        "E23",
        Phrase("by hand, dz2 of a 3-4-3 network with softmax", "手写的 3-4-3 softmax 网络，dz2"),
        lambda: ByHand(3, 4, 3, classes=True).check({"dz2": lambda v: v.da2 * v.a2 * (1 - v.a2)}),
    ),
    Planted(
        "E27",
        Phrase("rule of affine, one sample of shape (2,)", "affine 的求导规则，单个样本，形状 (2,)"),
        of_one_sample,
    ),
)


def _e4(v: Any) -> Any:
    return (-(v.y / v.a2) + (1 - v.y) / (1 + v.a2)) / len(v.y)


def table(lang: Language = "en") -> str:
    """Id, how it was planted, what the check said, in Markdown."""
    heads = {"en": ("id", "how it was planted", "what the check said"), "zh": ("编号", "如何植入", "检查的回答")}[lang]
    rows = [heads, ("---",) * 3, *((p.id, p.how(lang), p.said(lang)) for p in PLANTED)]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows)


if __name__ == "__main__":
    print(table())
