"""The mistakes that circulate: those that can be planted are caught, the others are shown to be mistakes."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path

import numpy as np
import pytest

import clearprop as cp
from clearprop.graph import OPS

ROOT = Path(__file__).parents[2]
SYLLABUS = ROOT.parent / "shared" / "SYLLABUS.md"


def load(name):
    """A script of the course."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "docs" / "learn" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


planted, mistakes = load("planted"), load("mistakes")
BY_ID = {mistake.id: mistake for mistake in mistakes.MISTAKES}
INVISIBLE, SHAPE_ERROR = object(), object()
SAID = (  # of each planted mistake, in the order of the list
    "in the samples with y = 0 only",
    INVISIBLE,
    "dW2 and db2 are both wrong",
    INVISIBLE,
    "a0 stands where a1 belongs",
    SHAPE_ERROR,
    "in the formula of dW2",
    "it contains f′(z1) already",
    "the factor f′(z1) is missing",
    "dW1 and db1 are both wrong",
    SHAPE_ERROR,
    "W1 stands where W2 belongs",
    "W3 stands where W4 belongs",
    SHAPE_ERROR,
    "dW1 and db1 are both wrong",
    "the sum over that layer's units is missing",
    "dW1 and db1 are both wrong",
    "softmax needs its whole Jacobian",
    "softmax needs its whole Jacobian",
    "dW2 and db2 are both wrong",
    SHAPE_ERROR,
)
CASES = list(zip(planted.PLANTED, SAID, strict=True))


@pytest.mark.parametrize(("mistake", "said"), CASES, ids=[f"{p.id} {p.how.en}" for p, _ in CASES])
def test_planted(mistake, said):
    if said is SHAPE_ERROR:
        with pytest.raises(cp.ShapeError):
            mistake.run()
        return
    check = mistake.run()
    if said is INVISIBLE:
        assert check.ok
        return
    assert check.wrong
    assert check.error > 0.1
    assert said in mistake.said()
    assert len(check.reasons("zh")) == len(check.reasons("en"))


def test_what_must_be_planted_is():
    def ids(wanted):
        return {mistake.id for mistake, said in CASES if wanted(said)}

    assert ids(lambda said: isinstance(said, str)) == {"E4", "E5", "E7", "E19", "E21", "E23"}
    assert ids(lambda said: said is SHAPE_ERROR) == {"E5", "E8", "E19", "E27"}
    assert ids(lambda said: said is INVISIBLE) == {"E4"}
    assert [p.visible for p, _ in CASES] == [said is not INVISIBLE for _, said in CASES]


def test_the_right_rule_is_put_back():
    right = OPS["affine"].gradient
    with planted.planted("affine", planted.wrong_order):
        assert OPS["affine"].gradient is not right
    assert OPS["affine"].gradient is right
    with pytest.raises(ZeroDivisionError), planted.planted("affine", planted.wrong_order):
        _ = 1 / 0
    assert OPS["affine"].gradient is right


def test_without_a_mistake_the_same_networks_are_right():
    for hand in (planted.ByHand(3, 4, 1), planted.ByHand(3, 3, 3), planted.ByHand(3, 4, 3, classes=True)):
        assert hand.check({}).error < 1e-12
    for net in (planted.network(3, 4, 1), planted.squares(3, 3, 3, 3, 3), planted.squares(3, 4, 5, 2)):
        assert planted.in_library("relu", lambda right: right, net).ok


def test_the_table_in_both_languages():
    for lang in ("en", "zh"):
        lines = planted.table(lang).splitlines()
        assert len(lines) == 2 + len(planted.PLANTED)
        assert all(len(re.findall(r"(?<!\\)\|", line)) == 4 for line in lines)


def test_only_scalars_hide_the_order():
    """E8, in the column convention: W[2] (1, 4) and dz[2] (1, 1); and then with one hidden unit."""
    dz, W2 = cp.variable("dz", (1, 1)), cp.variable("W2", (1, 4))
    assert (W2.T @ dz).shape == (4, 1)
    with pytest.raises(cp.ShapeError, match="inner dimensions 1 and 4"):
        dz @ W2.T
    w = cp.variable("w", (1, 1))
    values = {dz: [[2.0]], w: [[3.0]]}
    assert cp.evaluate(w.T @ dz, values) == cp.evaluate(dz @ w.T, values)


def test_one_sample_as_a_batch_is_silent_in_numpy():
    """E27: x.T of a vector is x, and xᵀ dz a number; as (1, 2) it is the outer product."""
    x, dz = np.array([1.0, 2.0]), np.array([3.0, 4.0])
    assert np.ndim(x.T @ dz) == 0
    layer = cp.layers.Affine(np.eye(2), np.zeros(2))
    layer.forward(x)
    layer.backward(dz)
    np.testing.assert_array_equal(layer.dW, x[None].T @ dz[None])


# --- the others: each counter-example with its numbers

EXPECTED = {
    "E1": lambda d: d == {"weights": 12, "biases": 4, "difference": 0.0},
    "E2": lambda d: (
        d["da"] == pytest.approx(d["measured"], rel=1e-8)
        and abs(d["da"] - d["slope"]) > 0.5
        and d["dz"] == pytest.approx(d["da"] * d["slope"])
    ),
    "E3": lambda d: d == {"shared": pytest.approx(1.0), "own": pytest.approx(0.0, abs=1e-30)},
    "E9": lambda d: (
        (d["tanh_0"], d["sigmoid_0"]) == (1.0, 0.25)
        and d["equal"] == pytest.approx(1.663, abs=5e-4)
        and d["tanh_5"] == pytest.approx(4 * np.exp(-10), rel=1e-3)
        and d["sigmoid_5"] == pytest.approx(np.exp(-5), rel=0.02)
    ),
    "E10": lambda d: d["centred"] < 1e-15 and d["shifted"] == pytest.approx(0.55, abs=0.01),
    "E11": lambda d: d["error"].startswith("TypeError") and d["shape"] == (2, 2),
    "E12": lambda d: 1e-11 < d["small"] < 1e-9 and d["scaled"] == pytest.approx(0.22, abs=0.02),
    "E13": lambda d: d["before"] == pytest.approx(np.log(2)) and d["after"] < 0.1 and d["apart"] == 0.0,
    "E15": lambda d: (
        d["square_10"] == pytest.approx(d["square_100"], rel=1e-6)
        and d["relu_100"] < d["relu_10"] / 10
        and d["relu_100"] < d["square_100"] / 50
        and d["outside"] > 1
    ),
    "E16": lambda d: d["step"] == 0.0 and d["sigmoid"] > 0.01,
    "E20": lambda d: d == {"activation": 0.8, "error": pytest.approx(-0.032)},
    "E24": lambda d: "no attribute 'out'" in d["error"] and d["right"] == 0.25,
    "E25": lambda d: "overflow" in d["message"] and d["log"] == -np.inf and d["stable"] == -1000.0,
    "E30": lambda d: d["right"] == 0.0 and d["mixed"] > 1.0,
}


@pytest.mark.parametrize("id", EXPECTED)
def test_demonstrations(id):
    assert EXPECTED[id](BY_ID[id].demo())
    for lang in ("en", "zh"):
        assert not re.search(r"[{}]", BY_ID[id].demonstration(lang))


def test_every_mistake_is_planted_or_demonstrated():
    assert set(EXPECTED) == {m.id for m in mistakes.MISTAKES if m.demo} == set(mistakes.DEMONSTRATIONS)
    assert {p.id for p in planted.PLANTED} == set(BY_ID) - set(EXPECTED)
    assert all(m.demo is None or m.shown for m in mistakes.MISTAKES)


def test_the_list_is_that_of_the_syllabus():
    if not SYLLABUS.is_file():
        pytest.skip("no ../shared/SYLLABUS.md beside this checkout")
    assert re.findall(r"^\| (E\d+) \|", SYLLABUS.read_text(), re.MULTILINE) == list(BY_ID)
