"""The numbers in the circles are those of the trace, each once, none on another; and what is left out is said."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest

import clearprop as cp
from clearprop.errors import InvalidValueError
from clearprop.present.figure.scene import Label, flat
from clearprop.present.figure.text import runs_width

D = cp.Dense


def mazur():
    return cp.Network(
        2,
        [
            D(2, "sigmoid", W=[[0.15, 0.25], [0.20, 0.30]], b=0.35),
            D(2, "sigmoid", W=[[0.40, 0.50], [0.45, 0.55]], b=0.60),
        ],
        "squared_error",
        dtype="float64",
    )


def texts(picture):
    return ["".join(text for text, _, _ in m.runs) for m, _, _ in flat(picture.marks) if isinstance(m, Label)]


def words(picture):
    return "".join(ET.fromstring(picture.svg).itertext())


def test_mazur_s_numbers_stand_in_his_picture():
    """https://mattmazur.com/2015/03/17/a-step-by-step-backpropagation-example/: inputs, weights, biases, outputs."""
    found = texts(cp.draw(mazur().trace([0.05, 0.10], [0.01, 0.99]), view="circles", digits=9))
    for weight in ("0.15", "0.2", "0.25", "0.3", "0.4", "0.45", "0.5", "0.55"):
        assert found.count(weight) == 1
    for number in ("0.05", "0.1", "0.593269992", "0.596884378", "0.751365070", "0.772928465"):
        assert found.count(number) == 1
    assert [text for text in found if text.startswith("b")] == [
        "b[1]1 = 0.35",
        "b[1]2 = 0.35",
        "b[2]1 = 0.6",
        "b[2]2 = 0.6",
    ]
    assert {"y1 = 0.01", "y2 = 0.99", "L = 0.298371109"} <= set(found)
    assert "δ[2]1 = 0.138498562" in found


@pytest.mark.parametrize("digits", [3, 7])
def test_every_value_and_gradient_is_the_trace_s(digits):
    net = cp.Network(3, [D(4, "tanh"), D(2)], "squared_error", dtype="float64", seed=3)
    t = net.trace([0.5, -1.0, 2.0], [1.0, 0.0])
    found = texts(cp.draw(t, view="circles", digits=digits))
    for letter, by_layer in (("z", t.z), ("δ", t.delta)):
        for layer in (1, 2):
            for k, value in enumerate(by_layer[layer][0], 1):
                (text,) = [line for line in found if line.startswith(f"{letter}[{layer}]{k} = ")]
                assert float(text.split("= ")[1].replace("−", "-")) == pytest.approx(
                    value, rel=0.6 * 10 ** (1 - digits)
                )


def test_a_network_alone_has_weights_and_biases_only():
    found = texts(cp.draw(mazur()))
    assert "0.15" in found
    assert "b[1]1 = 0.35" in found
    assert not [text for text in found if text.startswith(("z", "δ", "L", "y"))]


def test_numbers_on_demand_and_not():
    t = mazur().trace([0.05, 0.10], [0.01, 0.99])
    assert not [text for text in texts(cp.draw(t, view="circles", numbers=False)) if " = " in text or text == "0.15"]
    large = cp.Network(9, [D(12, "relu"), D(1)], "squared_error", seed=0).trace(np.ones(9), 1.0)
    assert "numbers=True" in words(cp.draw(large, view="circles"))
    shown = words(cp.draw(large, view="circles", numbers=True))
    assert "numbers=True" not in shown
    assert "z[1]1 = " in shown


def test_of_several_samples_it_says_that_values_are_those_of_one():
    t = mazur().trace([[0.05, 0.10], [1.0, 2.0]], [[0.01, 0.99], [0.5, 0.5]])
    assert "draw trace.sample(i), one of these 2" in words(cp.draw(t, view="circles"))
    assert "请画这 2 个样本之一" in words(cp.draw(t, view="circles", lang="zh"))


@pytest.mark.parametrize("widths", [(3, 4, 1), (5, 5, 5), (8, 8, 8)])
def test_no_number_of_a_weight_stands_on_another(widths):
    n, *rest = widths
    net = cp.Network(n, [D(width, "tanh") for width in rest], "squared_error", seed=1)
    picture = cp.draw(net, numbers=True)
    numbers = [m for m, _, _ in flat(picture.marks) if isinstance(m, Label) and m.colour in ("blue", "orange")]
    left_out = re.search(r"(\d+) weights? ha", words(picture))
    assert len(numbers) + (int(left_out[1]) if left_out else 0) == sum(
        W.size for W in net.parameters.values() if W.ndim == 2
    )
    boxes = [(m.x - runs_width(m.runs, m.size) / 2, m.y, runs_width(m.runs, m.size)) for m in numbers]
    for i, (x, y, width) in enumerate(boxes):
        assert all(abs(y - v) >= 11 or x + width <= u or u + w <= x for u, v, w in boxes[:i])


def test_names_of_the_inputs():
    found = texts(cp.draw(mazur(), names=["年龄", "income"], lang="zh"))
    assert {"年龄", "income"} <= set(found)
    with pytest.raises(InvalidValueError, match="3 names; expected 2"):
        cp.draw(mazur(), names=["a", "b", "c"])


def test_what_dropout_sets_to_0_is_crossed_out_even_where_the_unit_was_0_anyway():
    net = cp.Network(3, [D(5, "relu"), cp.Dropout(0.5), D(1)], "squared_error", dtype="float64", seed=0)
    net.parameters["b1"] = [-100.0, 3.0, 3.0, 3.0, 3.0]
    t = net.trace([0.1, 0.2, 0.3], 1.0, mode="training")
    picture = cp.draw(t, view="circles")
    gone = np.flatnonzero((t["d1"][0] == 0) & (t.a[1][0] != 0))
    crossed = re.findall(r'<g data-node="a1" data-part="(\d)">(?:(?!</g>).)*dasharray', picture.svg)
    assert {str(k + 1) for k in gone} <= set(crossed)
    assert len(crossed) < 5
    assert "set to 0 by dropout" in words(picture)
    assert "dropout" not in words(cp.draw(net.trace([0.1, 0.2, 0.3], 1.0), view="circles"))


def test_normalisation_and_dropout_stand_below_their_layer_in_the_reader_s_language():
    net = cp.Network(
        3, [D(2), cp.BatchNorm(), cp.Activation("tanh"), cp.Dropout(0.25), D(2, "softmax")], "cross_entropy"
    )
    assert all(word in words(cp.draw(net)) for word in ("2 · tanh", "Batch norm", "Dropout 0.25"))
    chinese = words(cp.draw(net, lang="zh"))
    assert all(word in chinese for word in ("批量归一化", "随机失活（dropout）0.25", "输入层"))
    assert "norm" not in chinese


def test_the_notation_with_d_has_dz_and_the_output_is_called_so():
    t = mazur().trace([0.05, 0.10], [0.01, 0.99])
    found = texts(cp.draw(t, view="circles", notation="d", digits=9))
    assert {"dz[2]1 = 0.138498562", "ŷ1", "ŷ2"} <= set(found)
    assert not [text for text in found if "δ" in text or "∂" in text or text == "a[2]1"]
