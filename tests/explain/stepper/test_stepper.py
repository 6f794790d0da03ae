"""The step by step page: its numbers against the trace and against arithmetic written out here; words and safety."""

from __future__ import annotations

import json
import re
from importlib.resources import files

import numpy as np
import pytest

import clearprop as cp
import xor_by_hand as xor
from clearprop.errors import ClearpropError, InvalidValueError, UnknownNameError
from clearprop.explain.stepper import step_by_step
from clearprop.messages.catalogue import catalogue
from long import first
from xor_by_hand import elements

D = cp.Dense


def embedded(page):
    """The JSON that the page's script reads."""
    return json.loads(re.search(r'<script type="application/json" id="steps">(.*?)</script>', page, re.S)[1])


def shown(walk):
    """Every number that a step shows, by its part and node."""
    return {(part, node): value for step in embedded(walk.to_html())["steps"] for part, node, value in step["shows"]}


def test_an_xor_step_against_arithmetic():
    found, expected = shown(step_by_step(xor.trace())), xor.numbers()
    assert found.keys() == expected.keys()
    for key, value in expected.items():
        assert found[key] == pytest.approx(value, rel=1e-10, abs=1e-12), key


NETWORKS = {
    "one weight": (1, [D(1)], "squared_error", [2.0], 1.0),
    "three classes": (2, [D(2, "relu"), D(3, "softmax")], "cross_entropy", [1.0, 0.5], 1),
    "penalties": (2, [D(2, "sigmoid"), D(1, "sigmoid")], "binary_cross_entropy", [1.0, 0.3], 0),
    "huber": (3, [D(2, "elu"), D(2, "gelu"), D(1)], "huber", [0.3, -1.2, 2.0], 5.0),
    "norms": (
        2,
        [D(2), cp.BatchNorm(), cp.Activation("silu"), D(2, "leaky_relu")],
        "mean_squared_error",
        [0.3, 1.2],
        [1, 2],
    ),
    "layer norm": (2, [D(3), cp.LayerNorm(), cp.Activation("softplus"), D(1)], "mean_absolute_error", [0.3, 1.2], 1.0),
}


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("zoom", ["fused", "primitives", "layers"])
@pytest.mark.parametrize("convention", first(["row", "column"], 1))
def test_every_number_agrees_with_the_trace(name, zoom, convention):
    n, layers, loss, x, y = NETWORKS[name]
    net = cp.Network(n, layers, loss, dtype="float64", seed=3, l2=0.1 if name == "penalties" else 0.0)
    trace = net.trace(x, y)
    walk = step_by_step(trace, zoom=zoom, convention=convention)
    found = {"value": walk.circuit.values, "gradient": walk.circuit.gradients}
    compared = 0
    for key, array in trace.values.items():
        part, of = ("gradient", key[1:]) if key in trace.backward_names else ("value", {"a0": "X"}.get(key, key))
        if zoom == "layers":
            np.testing.assert_allclose(found[part][of], array, rtol=1e-10, atol=1e-12)
            compared += 1
            continue
        for index, value in elements(of, array[0] if of[0] in "aznX" else array):
            if convention == "column" and of.startswith("W"):
                index = re.sub(r"\[(\d+),(\d+)\]", r"[\2,\1]", index)
            assert found[part][index] == pytest.approx(value, rel=1e-10, abs=1e-12), (part, index)
            compared += 1
    assert compared >= len(trace.values)


@pytest.mark.parametrize("name", NETWORKS)
def test_contributions_add_up_and_everything_is_shown_in_its_turn(name):
    n, layers, loss, x, y = NETWORKS[name]
    net = cp.Network(n, layers, loss, dtype="float64", seed=3, l2=0.1 if name == "penalties" else 0.0)
    for zoom in ("fused", "primitives"):
        walk = step_by_step(net.trace(x, y), zoom=zoom)
        parts: dict[str, list[float]] = {}
        for (source, _), value in walk.circuit.contributions.items():
            parts.setdefault(source, []).append(value)
        assert all(len(values) > 1 for values in parts.values())
        assert all(walk.circuit.gradients[key] == pytest.approx(sum(values)) for key, values in parts.items())
        known = set()
        for frame in walk.frames:
            assert not known & set(frame.shows)
            for source, target in frame.flow:  # nothing flows that has not been computed
                needed = ("value", source) if frame.phase == "forward" else ("gradient", target)
                assert needed in known
            known |= set(frame.shows)
        circuit = walk.circuit
        assert {key for part, key in known if part == "value"} == set(circuit.vertices)
        assert {key for part, key in known if part == "gradient"} == set(circuit.gradients)
        assert {key for part, key in known if part == "contribution"} == {">".join(e) for e in circuit.contributions}
        assert {key for part, key in known if part == "new"} == {
            k for k, v in circuit.vertices.items() if v.kind == "parameter"
        }


@pytest.mark.parametrize(
    "optimizer", [cp.GradientDescent(0.5), cp.Adam(0.01), cp.SGD(0.1, momentum=0.9), cp.AdamW(0.01)]
)
@pytest.mark.parametrize("zoom", ["fused", "layers"])
def test_the_update_is_that_of_a_training_step(optimizer, zoom):
    net = xor.network()
    walk = step_by_step(net.trace([1.0, 0.0], 1), zoom=zoom, optimizer=optimizer)
    net.fit(np.array([[1.0, 0.0]]), np.array([1.0]), optimizer=optimizer, epochs=1, batch_size=1)
    for name, array in net.parameters.items():
        if zoom == "layers":
            np.testing.assert_allclose(walk.circuit.updated[name], array, rtol=1e-9, atol=1e-12)
        else:
            for key, value in elements(name, array):
                assert walk.circuit.updated[key] == pytest.approx(value, rel=1e-9, abs=1e-12)
    last = embedded(walk.to_html())["steps"][-1]["say"]
    assert f"L′ = {net.trace([1.0, 0.0], 1).loss:.4f}" in last


def test_the_walk_has_its_phases_in_order():
    walk = step_by_step(xor.trace())
    phases = [frame.phase for frame in walk.frames]
    assert phases == ["start", *["forward"] * 13, *["backward"] * 14, *["update"] * 9, "end"]
    assert walk.frames[13].at == "L" == walk.frames[14].at
    assert repr(walk) == "<StepByStep: 38 steps, zoom 'fused'>"


def test_without_a_target_there_is_a_forward_pass():
    walk = step_by_step(xor.network().trace([1.0, 0.0]))
    assert {frame.phase for frame in walk.frames} == {"start", "forward"}
    assert walk.circuit.gradients == walk.circuit.updated == {}
    assert "gradient" not in re.sub(r"<(style|script).*?</\1>", "", walk.to_html(), flags=re.S)


def test_the_zoom_follows_from_the_size():
    def zoom(*widths):
        net = cp.Network(widths[0], [*(D(w, "tanh") for w in widths[1:-1]), D(widths[-1])], "squared_error")
        return step_by_step(net.trace(np.ones(widths[0]), np.ones(widths[-1]))).zoom

    assert [zoom(2, 2, 1), zoom(3, 4, 1), zoom(4, 8, 3), zoom(64, 32, 10)] == ["fused", "fused", "layers", "layers"]


def test_a_large_network_keeps_the_page_small():
    net = cp.Network(784, [D(512, "relu"), D(64, "relu"), D(10, "softmax")], "cross_entropy", seed=0)
    page = step_by_step(net.trace(np.linspace(-1, 1, 784), 3)).to_html()
    assert len(page) < 600_000


def test_a_saturated_network_stays_finite_where_the_mathematics_does():
    net = xor.network()
    net.parameters["b2"] = [1000.0]
    trace = net.trace([1.0, 0.0], 0)
    for zoom in (None, "fused", "primitives", "layers"):
        walk = step_by_step(trace, zoom=zoom)
        embedded(walk.to_html())  # no NaN in the JSON
        assert walk.circuit.gradients["z2"] == pytest.approx(1.0)


def test_both_languages():
    english, chinese = (step_by_step(xor.trace(), lang) for lang in ("en", "zh"))
    assert [f.lines[-1].sides[-1] for f in english.frames] == [f.lines[-1].sides[-1] for f in chinese.frames]
    page = chinese.to_html()
    assert 'lang="zh-Hans"' in page
    assert all(word in page for word in ("前向传播", "反向传播", "参数更新", "损失", "偏置", "激活函数", "局部导数"))
    words = [text for key, text in catalogue("en").items() if key.startswith("stepper.") and "{" not in text]
    assert not [text for text in words if len(text) > 12 and text in page]
    assert "One training step" in english.to_html()
    with pytest.raises(UnknownNameError, match="language 'fr'"):
        step_by_step(xor.trace(), "fr")


def hostile(x):
    return (x * 2.0).named("</script><img src=x onerror=alert(1)>\"'&--><!--") + 1.0


@pytest.mark.parametrize("zoom", ["fused", "layers"])
def test_hostile_names_stay_text(zoom):
    net = cp.Network(1, [D(1, hostile)], "squared_error", dtype="float64")
    page = step_by_step(net.trace([2.0], 1.0), zoom=zoom).to_html()
    assert "<img" not in page
    assert "onerror" in page  # it is there, as text
    assert page.count("</script>") == 2  # the data's and the script's
    assert "<!--" not in page
    embedded(page)


def test_the_page_asks_for_nothing():
    page = step_by_step(xor.trace()).to_html()
    assert "default-src 'none'" in page
    assert not re.search(r"""(src|href|action)\s*=|url\(|@import|\bfetch\(|XMLHttpRequest|WebSocket""", page)
    addresses = set(re.findall(r"https?://[^\"'\s<]+", page))
    assert addresses <= {"http://www.w3.org/2000/svg"}


def test_the_script_and_the_style_come_with_the_package():
    assert all(files("clearprop.explain.stepper").joinpath(f"stepper.{kind}").is_file() for kind in ("js", "css"))


def test_saving_and_showing(tmp_path):
    walk = step_by_step(xor.trace())
    walk.save(tmp_path / "step.html")
    assert (tmp_path / "step.html").read_text(encoding="utf-8") == walk.to_html()
    frame = walk._repr_html_()
    assert frame.startswith("<iframe")
    assert "<script" not in frame  # all of it is in the attribute
    with pytest.raises(InvalidValueError, match=r"\.html"):
        walk.save(tmp_path / "step.pdf")
    with pytest.raises(ClearpropError, match="cannot write"):
        walk.save(tmp_path / "nowhere" / "step.html")


def test_mistakes_are_explained():
    net = xor.network()
    with pytest.raises(InvalidValueError, match=r"2 samples; expected one. Hint: trace.sample"):
        step_by_step(net.trace(np.eye(2), [0, 1]))
    with pytest.raises(InvalidValueError, match="zoom 'atoms'; expected 'layers' or 'fused' or 'primitives'"):
        step_by_step(xor.trace(), zoom="atoms")
    with pytest.raises(InvalidValueError, match="convention"):
        step_by_step(xor.trace(), convention="diagonal")
    for digits in (1, 16, 2.5, True):
        with pytest.raises(InvalidValueError, match="digits"):
            step_by_step(xor.trace(), digits=digits)
    with pytest.raises(UnknownNameError, match="optimizer"):
        step_by_step(xor.trace(), optimizer="adams")
    large = cp.Network(50, [D(50, "tanh"), D(1)], "squared_error").trace(np.ones(50), 1.0)
    with pytest.raises(InvalidValueError, match="zoom='layers'"):
        step_by_step(large, zoom="fused")
