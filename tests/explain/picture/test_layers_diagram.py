"""The diagram of layers: parameters in cards, words in the reader's language, no sum over one sample."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest

import clearprop as cp
from clearprop.present.figure.scene import Group, Label, Mark, Rect, flat
from clearprop.present.figure.text import runs_width

D = cp.Dense
_RAISED = str.maketrans("−⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "--0123456789")
SVG = "{http://www.w3.org/2000/svg}"


def bent(z):
    return z / (1 + cp.abs(z))


def numbers(picture, node, part):
    root = ET.fromstring(picture.svg)
    groups = [g for g in root.iter(f"{SVG}g") if (g.get("data-node"), g.get("data-part")) == (node, part)]
    written = ["".join(t.itertext()) for g in groups for t in g.iter(f"{SVG}text")]
    return [float(text.replace("·10", "e").translate(_RAISED)) for text in written]


def words(picture):
    return ["".join(t.itertext()) for t in ET.fromstring(picture.svg).iter(f"{SVG}text")]


NETWORKS = {
    "3-4-1": (3, [D(4, "tanh"), D(1, "sigmoid")], "binary_cross_entropy", [0.5, -1.0, 2.0], 1),
    "softmax": (2, [D(2, "relu"), D(3, "softmax")], "cross_entropy", [0.5, -1.0], 2),
    "norms": (2, [D(3), cp.LayerNorm(), cp.Dropout(0.5), D(2, bent)], "mean_squared_error", [0.5, -1.0], [1.0, 0.0]),
    "five": (3, [D(4, "tanh"), D(3, "tanh"), D(3, "relu"), D(3), D(2)], "squared_error", [0.5, -1.0, 2.0], [1.0, 0.0]),
}


def trace(name):
    n, layers, loss, x, y = NETWORKS[name]
    return cp.Network(n, layers, loss, dtype="float64", seed=3).trace(x, y, mode="training")


@pytest.mark.parametrize("name", NETWORKS)
def test_every_parameter_stands_with_its_gradient(name):
    t = trace(name)
    picture = cp.draw(t, digits=9)
    for parameter in t.learned:
        value, slope = t.parameters[parameter], t[parameter.gradient]
        np.testing.assert_allclose(np.sort(numbers(picture, parameter, "value")), np.sort(value, axis=None), rtol=1e-8)
        np.testing.assert_allclose(
            np.sort(numbers(picture, parameter, "gradient")), np.sort(slope, axis=None), rtol=1e-8, atol=1e-12
        )


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("zoom", ["layers", "fused", "primitives"])
def test_nothing_reaches_beyond_the_sheet(name, zoom):
    picture = cp.draw(trace(name), zoom=zoom)
    for mark, x, y in flat(picture.marks):
        if isinstance(mark, Label):
            width = runs_width(mark.runs, mark.size, mark.face)
            left = mark.x + x - width * {"start": 0, "middle": 0.5, "end": 1}[mark.anchor]
            assert left >= 0
            assert left + width <= picture.width
        elif isinstance(mark, Rect):
            assert mark.x + x >= 0
            assert mark.y + y >= 0
            assert mark.x + x + mark.width <= picture.width


def cards(marks: tuple[Mark, ...], x=0.0, y=0.0):
    for mark in marks:
        if isinstance(mark, Group):
            yield from cards(mark.marks, x + mark.x, y + mark.y)
        elif isinstance(mark, Rect) and mark.stroke != "none":
            yield x + mark.x, y + mark.y, x + mark.x + mark.width, y + mark.y + mark.height


@pytest.mark.parametrize("name", NETWORKS)
def test_no_card_stands_on_another_or_on_a_box(name):
    found = list(cards(cp.draw(trace(name)).marks))
    for i, (left, top, right, bottom) in enumerate(found):
        for a, b, c, d in found[:i]:
            assert right <= a or c <= left or bottom <= b or d <= top


@pytest.mark.parametrize("zoom", ["fused", "primitives"])
def test_one_sample_is_not_summed(zoom):
    net = cp.Network(3, [D(4, "tanh"), D(1, "sigmoid")], "binary_cross_entropy", dtype="float64", seed=3)
    one, two = net.trace([0.5, -1.0, 2.0], 1), net.trace(np.eye(2, 3), [0, 1])
    assert not re.search("[ΣN]", "".join(words(cp.draw(one, zoom=zoom))))
    assert numbers(cp.draw(one, zoom=zoom, digits=9), "L", "value") == pytest.approx([one.loss], rel=1e-8)
    if zoom == "primitives":
        assert {"Σ", "N"} <= set(words(cp.draw(two, zoom=zoom)))


def test_layers_are_called_by_their_names_in_the_reader_s_language():
    picture = words(cp.draw(trace("norms")))
    assert {"Affine", "Layer norm", "Dropout", "bent", "Loss"} <= set(picture)
    assert "f" not in picture
    chinese = words(cp.draw(trace("norms"), lang="zh"))
    assert {"仿射变换", "层归一化", "随机失活", "bent", "损失"} <= set(chinese)
    assert not {"Affine", "Loss", "Dropout"} & set(chinese)
