"""Figures: every number at its edge, nothing on top of anything else, and nothing that a name could smuggle in."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import clearprop as cp
from clearprop.errors import ClearpropError, InvalidValueError
from clearprop.present.figure.layout import Box, arrange

SVG = "{http://www.w3.org/2000/svg}"
LINE = ("W1", "weight")
x = cp.variable("x")
sigmoid = 1 / (1 + cp.exp(-x))


def texts(picture, part):
    """What stands at the edges of a part, node by node: "value" above, "gradient" below."""
    root = ET.fromstring(picture.svg)
    groups = [g for g in root.iter(f"{SVG}g") if g.get("data-part") == part]
    return {g.get("data-node"): ["".join(t.itertext()) for t in g.iter(f"{SVG}text")] for g in groups}


def numbers(texts):
    return [float(text.replace("−", "-")) for text in texts]


# --- syllabus 4.6 and 4.7


def test_row_4_6_with_numbers():
    """Upstream g = 2: g, −g·y², the same, −g·y²·e⁻ˣ, g·y²·e⁻ˣ under the edges, from the right to the left."""
    v, g = 0.5, 2.0
    e = np.exp(-v)
    y = 1 / (1 + e)
    picture = cp.draw(sigmoid, {x: v}, upstream=g, digits=12)
    above = [numbers(t)[0] for t in texts(picture, "value").values()]
    below = [numbers(t)[0] for t in texts(picture, "gradient").values()]
    np.testing.assert_allclose(above, [v, -v, e, 1 + e, y], rtol=1e-11)
    np.testing.assert_allclose(below, [g * y * y * e, -g * y * y * e, -g * y * y, -g * y * y, g], rtol=1e-11)


def test_row_4_6_in_letters():
    picture = cp.draw(sigmoid, upstream="g")
    assert [t[0] for t in texts(picture, "value").values()] == ["x", "−x", "e−x", "e−x + 1", "y"]
    below = [t[0] for t in texts(picture, "gradient").values()]
    assert below == ["g · y2 · e−x", "−g · y2 · e−x", "−g · y2", "−g · y2", "g"]
    assert [t[0] for t in texts(cp.draw(sigmoid, upstream="g", zoom="fused"), "gradient").values()] == [
        "g · y · (1 − y)",
        "g",
    ]


def test_row_4_7_before_and_after_side_by_side():
    picture = cp.draw(sigmoid, {x: 0.5}, view="simplification")
    words = "".join(ET.fromstring(picture.svg).itertext())
    assert "nodes before: 4" in words
    assert "nodes after: 1" in words
    assert "the same value and the same gradients" in words
    assert "化简前：4 个节点" in cp.draw(sigmoid, view="simplification", lang="zh").svg


@pytest.mark.parametrize("upstream", [0, 0.0, np.float32(-2.0)])
def test_the_upstream_gradient_is_the_one_that_was_given(upstream):
    y = 1 / (1 + np.exp(-0.5))
    for view in (None, "simplification"):
        below = texts(cp.draw(sigmoid, {x: 0.5}, upstream=upstream, digits=12, view=view), "gradient")
        assert numbers(below["x"])[0] == pytest.approx(float(upstream) * y * (1 - y), rel=1e-6)


def test_what_is_not_finite_is_not_called_equal():
    """1/(1 + e¹⁰⁰⁰) has the gradient 0 · ∞ before it is simplified to σ."""
    words = cp.draw(sigmoid, {x: -1000.0}, view="simplification").svg
    assert "largest difference" not in words
    assert "before the simplification a value or a gradient is not a finite number" in words
    assert "化简之前有值或梯度不是有限数" in cp.draw(sigmoid, {x: -1000.0}, view="simplification", lang="zh").svg
    X = cp.variable("X", (cp.N, 2))
    words = cp.draw(1 / (1 + cp.exp(-X)), {X: np.ones((3, 2))}, view="simplification").svg
    assert "the same value: the largest" in words, "there are no gradients of six numbers"


def test_one_sample_in_letters():
    """Row 4.12: dW = xᵀ · g, dx = g · Wᵀ; and the variables have the names that they were given."""
    X, W, b = cp.variable("X", (2,)), cp.variable("W", (2, 3)), cp.variable("b", (3,))
    assert texts(cp.draw(cp.affine(X, W, b), upstream="g"), "gradient") == {
        "X": ["g · W⊤"],
        "W": ["X⊤ · g"],
        "b": ["g"],
        "%3": ["g"],
    }
    loss, c1 = cp.variable("loss"), cp.variable("c1")
    assert texts(cp.draw(loss * c1), "gradient")["loss"] == ["c1"]
    assert texts(cp.draw(loss * c1), "value")["loss"] == ["loss"]


def test_the_output_has_a_letter_of_its_own():
    y = cp.variable("y")
    picture = cp.draw(cp.sigmoid(y), upstream="g")
    assert texts(picture, "gradient")["y"] == ["g · f · (1 − f)"]
    assert list(texts(picture, "value").values()) == [["y"], ["f"]]
    assert list(texts(cp.draw(sigmoid, upstream="y"), "value").values())[-1] == ["f"]


@pytest.mark.parametrize(("shape", "is_written"), [((6,), True), ((2, 6), True), ((7,), False), ((4, 4), False)])
def test_which_matrices_are_written_out(shape, is_written):
    v = cp.variable("v", shape)
    shown = texts(cp.draw(cp.tanh(v), {v: np.ones(shape)}), "value")["v"]
    assert shown == ["1"] * int(np.prod(shape)) if is_written else shown == [" × ".join(map(str, shape))]


# --- networks


def network():
    return cp.Network(3, [cp.Dense(4, "tanh"), cp.Dense(1, "sigmoid")], "binary_cross_entropy", dtype="float64", seed=2)


@pytest.mark.parametrize("zoom", ["layers", "fused", "primitives"])
def test_the_numbers_of_a_trace_stand_at_their_edges(zoom):
    t = network().trace([0.5, -1.0, 2.0], 1)
    picture = cp.draw(t, zoom=zoom, digits=9)
    above, below = texts(picture, "value"), texts(picture, "gradient")
    for name in ("z1", "a1", "z2"):
        if name in above:  # the fused loss from logits has swallowed a2
            np.testing.assert_allclose(numbers(above[name]), t[name].ravel(), rtol=1e-8)
            np.testing.assert_allclose(numbers(below[name]), t[f"d{name}"].ravel(), rtol=1e-8)
    assert numbers(above["L"]) == pytest.approx([t.loss], rel=1e-8)
    if zoom != "layers":
        np.testing.assert_allclose(numbers(below["W2"]), t.dW[2].ravel(), rtol=1e-8)


def test_large_values_are_a_shape_and_a_strip():
    net = cp.Network(784, [cp.Dense(512, "relu"), cp.Dense(10, "softmax")], "cross_entropy")
    rng = np.random.default_rng(0)
    picture = cp.draw(net.trace(rng.normal(size=(50, 784)), rng.integers(0, 10, 50)))
    assert texts(picture, "value")["z1"] == ["50 × 512"]
    assert len(picture.svg) < 200_000


@pytest.mark.parametrize("zoom", ["layers", "fused", "primitives"])
def test_a_trace_without_a_target_ends_with_what_the_network_puts_out(zoom):
    net = cp.Network(2, [cp.Dense(2, "tanh"), cp.LayerNorm()], "squared_error", dtype="float64", seed=1)
    t = net.trace([[1.0, 2.0]])
    np.testing.assert_allclose(numbers(texts(cp.draw(t, zoom=zoom, digits=9), "value")["n1"]), t["n1"][0], rtol=1e-8)


def lines(picture):
    root = ET.fromstring(picture.svg)
    groups = [g for g in root.iter(f"{SVG}g") if g.get("data-part") == "weight"]
    return {g.find(f"{SVG}title").text: g.find(f"{SVG}path") for g in groups}


def test_circles_have_a_line_for_every_weight():
    net = network()
    found = lines(cp.draw(net))
    assert len(found) == 3 * 4 + 4
    W1 = net.parameters["W1"]
    strongest = np.unravel_index(np.abs(W1).argmax(), W1.shape)
    for j, k in np.ndindex(W1.shape):
        line = found[f"W1[{j + 1},{k + 1}] = {W1[j, k]:.4g}"]
        assert ("s-blue" in line.get("class")) is bool(W1[j, k] > 0)
        width = float(line.get("stroke-width"))
        assert width == pytest.approx(3.6, abs=0.01) if (j, k) == strongest else width < 3.6


def test_wide_layers_leave_units_out():
    net = cp.Network(784, [cp.Dense(512, "relu"), cp.Dense(512, "relu"), cp.Dense(10, "softmax")], "cross_entropy")
    picture = cp.draw(net, lang="zh")
    words = "".join(ET.fromstring(picture.svg).itertext())
    assert all(word in words for word in ("784", "512 · relu", "10 · softmax", "输入层", "隐藏层", "输出层", "⋮"))
    assert len(lines(picture)) == 7 * 7 * 3


class Residual:
    """a = x + relu(x · W + b)."""

    def build(self, x, scope):
        x = scope.open_layer(x)
        W = scope.parameter("W", (x.shape[-1], x.shape[-1]), cp.Normal(0.5))
        b = scope.parameter("b", (x.shape[-1],), cp.Zeros())
        return scope.named(x + cp.relu(scope.named(cp.affine(x, W, b), "z")), "a")


def test_a_residual_network_has_lines_that_pass_values_on():
    net = cp.Network(4, [cp.Dense(3, "relu"), Residual(), cp.Dense(2, "softmax")], "cross_entropy")
    words = "".join(ET.fromstring(cp.draw(net).svg).itertext())
    assert "passed on unchanged" in words
    assert len(lines(cp.draw(net))) == 4 * 3 + 3 * 3 + 3 * 2
    picture = cp.draw(net.trace(np.ones((2, 4)), [0, 1]))
    edges = {g.get("data-node") for g in ET.fromstring(picture.svg).iter(f"{SVG}g") if g.get("data-part") == "edge"}
    assert {"a1>z2", "a1>a2", "z2>a2"} <= edges


class Concatenated:
    """A layer whose units are no columns of W: [relu(z), relu(−z)], [x, relu(z)], a gated unit, or of Wᵀ."""

    def __init__(self, kind):
        self.kind = kind

    def build(self, x, scope):
        x = scope.open_layer(x)
        shape = (4, x.shape[1]) if self.kind == "tied" else (x.shape[1], 4)
        W = scope.parameter("W", shape, cp.Normal(0.5))
        z = scope.named(x @ (cp.transpose(W) if self.kind == "tied" else W), "z")
        made = {
            "crelu": lambda: cp.concat([cp.tanh(z), cp.tanh(-2 * z)], 1),
            "dense": lambda: cp.concat([x, cp.tanh(z)], 1),
            "gated": lambda: cp.slice(z, 1, 0, 2) * cp.sigmoid(cp.slice(z, 1, 2, 4)),
            "tied": lambda: cp.tanh(z),
        }
        return scope.named(made[self.kind](), "a")


@pytest.mark.parametrize("kind", ["crelu", "dense", "gated", "tied"])
def test_a_line_stands_where_a_unit_depends_on_another(kind):
    """Beside the arcs, the lines are where ∂a[1]/∂X is not 0, and their tips name the weights that do it."""
    net = cp.Network(3, [Concatenated(kind), cp.Dense(1)], "squared_error", dtype="float64", seed=3)
    X, W, step = np.array([0.3, -0.2, 0.5]), net.parameters["W1"], 1e-6
    a = net.trace(X).a[1]
    jacobian = np.array([(net.trace(X + step * e).a[1] - a)[0] / step for e in np.eye(3)])
    picture = cp.draw(net)
    groups = [g for g in ET.fromstring(picture.svg).iter(f"{SVG}g") if (g.get("data-node"), g.get("data-part")) == LINE]
    arcs = picture.svg.count("stroke-dasharray") - ("passed on" in picture.svg)
    assert len(groups) + arcs == np.count_nonzero(np.abs(jacobian) > 1e-4)
    assert arcs == (3 if kind == "dense" else 0)
    for group in groups:
        named = re.findall(r"W1\[(\d),(\d)\] = (\S+)", group.find(f"{SVG}title").text)
        assert len(named) == (2 if kind == "gated" else 1)
        assert ("s-ink" in group.find(f"{SVG}path").get("class")) is (kind == "gated")
        assert all(value == f"{W[int(row) - 1, int(column) - 1]:.4g}" for row, column, value in named)


def test_a_weight_of_0_has_no_sign():
    net = cp.Network(2, [cp.Dense(2, "relu", init="zeros"), cp.Dense(1)], "squared_error")
    picture = cp.draw(net)
    assert all("s-soft" in line.get("class") for tip, line in lines(picture).items() if tip.startswith("W1"))
    assert "weight = 0" in picture.svg


def test_a_layer_that_depends_on_nothing_has_no_lines():
    net = cp.Network(2, [cp.Dense(3, cp.zeros_like), cp.Dense(1)], "squared_error")
    assert all(tip.startswith("W2") for tip in lines(cp.draw(net)))
    assert numbers(texts(cp.draw(net.trace([1.0, 2.0])), "value")["a1"]) == [0, 0, 0]


def test_pictures_mark_the_units_that_the_doctor_counts():
    net = cp.Network(2, [cp.Dense(6, "relu"), cp.Dense(6, "tanh"), cp.Dense(1)], "squared_error", seed=1)
    net.parameters["b1"] = [-100.0] * 4 + [0.0] * 2
    net.parameters["b2"] = [50.0] * 4 + [1.8, 0.0]
    X = np.random.default_rng(0).normal(size=(100, 2))
    found = cp.diagnose(net, X, X[:, 0])
    svg = cp.draw(net.trace(X), view="circles").svg
    assert len(re.findall(r"<circle[^>]*s-red", svg)) == round(6 * found["saturated_units"].numbers["shares"][0])
    assert len(re.findall(r"<circle[^>]*dasharray", svg)) == round(6 * found["dead_units"].numbers["shares"][0])


def test_dead_and_saturated_units_are_marked():
    net = cp.Network(2, [cp.Dense(3, "relu"), cp.Dense(3, "tanh"), cp.Dense(1)], "squared_error")
    net.parameters["b1"] = [-100.0, 0.0, 0.0]
    net.parameters["b2"] = [0.0, 50.0, 0.0]
    X = np.random.default_rng(0).normal(size=(20, 2))
    words = "".join(ET.fromstring(cp.draw(net.trace(X), view="circles").svg).itertext())
    assert "dead: 0 for every sample" in words
    assert "saturated for 95% of the samples or more" in words
    assert "dead" not in "".join(ET.fromstring(cp.draw(net).svg).itertext())


# --- layout


@st.composite
def boxes(draw):
    n = draw(st.integers(1, 25))
    made = []
    for i in range(n):
        inputs = draw(st.lists(st.integers(0, i - 1), max_size=3)) if i else []
        size = [draw(st.floats(5, 60)) for _ in range(4)]
        made.append(Box(str(i), tuple(map(str, inputs)), *size))
    return made


@given(boxes())
def test_no_box_stands_on_another(made):
    layout = arrange(made)
    places = [
        (x - b.reach, x + b.reach + b.stub, y - b.above, y + b.below) for b in made for x, y in [layout.centres[b.key]]
    ]
    for i, (left, right, top, bottom) in enumerate(places):
        assert left >= -1e-9
        assert right <= layout.width + 1e-9
        assert top >= -1e-9
        assert bottom <= layout.height + 1e-9
        for other in places[:i]:
            assert right <= other[0] or other[1] <= left or bottom <= other[2] or other[3] <= top
    for (a, b), way in layout.ways.items():
        assert layout.centres[a][0] < layout.centres[b][0]  # edges lead to the right
        assert way[0] == layout.stubs[a]
    assert arrange(made) == layout


# --- files and mistakes


def test_files(tmp_path):
    picture = cp.draw(sigmoid, {x: 0.5})
    picture.save(tmp_path / "y.svg")
    picture.save(tmp_path / "y.png")
    assert (tmp_path / "y.svg").read_text(encoding="utf-8") == picture.svg == picture._repr_svg_()
    assert (tmp_path / "y.png").read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    with pytest.raises(InvalidValueError, match=r"\.svg or \.png"):
        picture.save(tmp_path / "y.pdf")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["y.png", "y.svg"]


def test_a_figure_asks_for_nothing_and_runs_nothing():
    hostile = cp.variable('<script>alert("x")</script>')
    svg = cp.draw(cp.tanh(hostile), {hostile: 1.0}).svg
    ET.fromstring(svg)
    assert "<script" not in svg
    assert re.findall(r"(?:href|src|url)\s*[=(]", svg) == []
    assert svg.count("http") == svg.count("http://www.w3.org/2000/svg") == 1
    assert cp.draw(sigmoid, {x: 0.5}).svg == cp.draw(sigmoid, {x: 0.5}).svg


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: cp.draw(sigmoid, {x: 0.5}, zoom="atoms"), "zoom 'atoms'"),
        (lambda: cp.draw(sigmoid, {x: 0.5}, view="pie"), "view 'pie'"),
        (lambda: cp.draw(sigmoid, {x: 0.5}, zoom="layers"), "without layers"),
        (lambda: cp.draw(sigmoid, {x: [1.0, 2.0]}), "x has shape"),
        (lambda: cp.draw(sigmoid, {}), "no value for x"),
        (lambda: cp.draw(sigmoid, lang="fr"), "unknown language"),
        (lambda: cp.draw(sigmoid, digits=0), "digits 0; expected an integer ≥ 2"),
        (lambda: cp.draw(sigmoid, digits=2.5), "digits 2.5"),
        (lambda: cp.draw(sigmoid, digits=16), "digits 16; expected 2 … 15"),
        (lambda: cp.draw(sigmoid, upstream="x"), "the name of an input"),
        (lambda: cp.draw(sigmoid, {x: 0.5}, upstream=np.ones(2)), "upstream of type ndarray"),
        (lambda: cp.draw(cp.tanh(cp.variable("X", (cp.N, 2))), {"X": np.ones((0, 2))}), "at least one row"),
        (lambda: cp.draw(3), "type int"),
        (lambda: cp.draw(cp.ones_like(x)), "constants only"),
        (lambda: cp.draw(cp.Graph({"a": x, "b": sigmoid})), "one output"),
        (lambda: cp.draw(network(), view="graph"), "a trace"),
    ],
)
def test_mistakes_are_clear_errors(make, message):
    with pytest.raises(ClearpropError, match=message):
        make()


def test_too_many_nodes_are_a_clear_error():
    y = x
    for _ in range(500):
        y = cp.tanh(y)
    with pytest.raises(InvalidValueError, match="a coarser zoom"):
        cp.draw(y, {x: 0.5})


@pytest.mark.parametrize("zoom", ["primitives", "fused"])
def test_the_graph_of_a_trace_has_the_letters_of_its_derivation(zoom):
    """W with its layer above, as the derivation writes it, and not the name W1 as it was given."""
    net = cp.Network(2, [cp.Dense(2, "tanh"), cp.Dense(1)], "squared_error", dtype="float64", seed=0)
    svg = cp.draw(net.trace([1.0, -1.0], 1.0), zoom=zoom).svg
    assert re.search(r">W</tspan><tspan[^>]*>\[</tspan><tspan[^>]*>1<", svg)
    assert ">W1<" not in svg
