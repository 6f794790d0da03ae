"""Where a derivation is at its limits: saturated outputs, large networks, single values, wrong requests."""

from __future__ import annotations

import re

import numpy as np
import pytest

import clearprop as cp
from by_hand import Activation, Layer, Loss, Network, random_network
from clearprop.errors import ClearpropError
from intervals import Interval
from long import first
from networks import as_clearprop, traced
from printed import equations, printed_number
from recomputed import Page, indices, slopes_of, symbols_of, symbols_of_trace

rng = np.random.default_rng(0)


# --- saturated outputs


def saturated(kind: str):
    """A network that is sure of itself: right in its first sample, wrong in its second."""
    units, activation, loss = (
        (1, "sigmoid", "binary_cross_entropy") if kind == "sigmoid" else (3, kind, "cross_entropy")
    )
    net = cp.Network(2, [cp.Dense(2, "tanh"), cp.Dense(units, activation)], loss, seed=3, dtype="float64")
    net.parameters["b2"] = [1000.0, 0.0, 0.0][:units]
    return net.trace(np.array([[1.0, 2.0], [2.0, 1.0]]), [1, 0] if kind == "sigmoid" else [0, 1])


@pytest.mark.parametrize("kind", ["sigmoid", "softmax"])
@pytest.mark.parametrize("detail", ["values", "elements"])
def test_nothing_infinite_is_printed_of_a_saturated_output(kind, detail):
    trace = saturated(kind)
    assert not np.isfinite(trace.da[2]).all()
    text = trace.explain(detail=detail).to_text()
    assert "NaN" not in text
    assert "∞" not in re.sub(r"\(To the last digit.*\)", "", text)
    assert text.count("To the last digit a number here is 0, 1 or ∞") == 3  # in L, ∂L/∂a[L] and δ[L]
    assert "ln 0\n" not in text
    assert f"\n  L = {trace.loss:.4g}" in text or f"\n    = {trace.loss:.4g}" in text


@pytest.mark.parametrize("kind", ["sigmoid", "softmax"])
def test_the_short_form_of_a_saturated_output_is_right(kind):
    trace = saturated(kind)
    y = np.array([[1.0], [0.0]]) if kind == "sigmoid" else np.eye(3)[:2]
    np.testing.assert_allclose(trace.delta[2], (trace.a[2] - y) / 2, atol=1e-12)
    found = [sides for sides in equations(trace.explain().to_text()) if sides[0] == "δ[2]"][-1]
    assert found[1] == "1/N · (a[2] − y)"
    page = Page("", {"δ[2]": (trace.a[2] - y) / 2, "a[2]": trace.a[2], "y": y, "N": 2.0})
    page.check_equation(found)
    assert len(found) == 4  # symbols, numbers, result


def test_single_elements_of_a_saturated_output():
    trace = saturated("sigmoid")
    (element,) = equations(trace.explain(only="dz2[2,1]").to_text())
    assert element == ["δ[2](2)", "∂L/∂a[2](2) · a[2](2) · (1 − a[2](2))", "0.5"]
    assert "NaN" not in trace.explain(only="da2[1,1]").to_text()


def test_overflow_is_not_printed():
    net = cp.Network(1, [cp.Dense(1), cp.Dense(1)], "squared_error", dtype="float64")
    net.parameters["W1"], net.parameters["W2"] = [[1e200]], [[1e200]]
    text = net.trace([[1.0]], [0.0]).explain(detail="elements").to_text()
    assert "NaN" not in text
    assert "10²⁰⁰" in text


def test_powers_of_ten_are_squared_in_brackets():
    """10⁻⁵² would be another number."""
    net = cp.Network(1, [cp.Dense(1, bias=False)], "squared_error", dtype="float64", l2=1.0)
    net.parameters["W1"] = [[1e-5]]
    text = net.trace([[1.0]], [1.0]).explain().to_text()
    assert "(10⁻⁵)²" in text
    assert "10⁻⁵²" not in text


# --- without a target; one sample


def test_without_a_target_there_is_only_the_forward_pass():
    network = random_network(4)
    trace = as_clearprop(network).trace(network.X)
    for convention in ("row", "column"):
        text = trace.explain(convention=convention, detail="elements").to_text()
        assert "Forward propagation" in text
        assert not re.search("Loss|Backward|Update|δ\\[\\d", text)
        count = Page(text, symbols_of(network), column=convention == "column").check()
        assert count.equations > 20


def test_one_sample_has_no_mean_and_no_sample_numbers():
    network = random_network(28).sample(0)
    text = traced(network).explain(detail="elements").to_text()
    body = text[text.index("Forward propagation") :]
    assert not re.search(r"\((\d|i)\)|\bN\b|Σᵢ|every row", body.replace("[(", ""))
    Page(text, symbols_of(network), slopes_of(network)).check()


def test_labels_and_one_hot_targets_are_explained_alike():
    layers = [Layer(rng.normal(size=(2, 3)), None, Activation("softmax"))]
    labels = np.array([2, 0])
    by_labels, by_rows = (
        Network(layers, Loss("cross_entropy", 0.1), np.eye(2), np.eye(3)[labels], given)
        for given in (labels, np.eye(3)[labels])
    )
    pages = [traced(network).explain(detail="elements").to_text() for network in (by_labels, by_rows)]
    for text in pages:
        Page(text, symbols_of(by_labels), slopes_of(by_labels)).check()
    unlike = set(pages[0].splitlines()) ^ set(pages[1].splitlines())
    assert all("Σₖ" in line or "δ[1] =" in line for line in unlike)  # of labels it is known that they sum to 1


# --- large networks


def wide(inputs: int, hidden: int, outputs: int, N: int) -> Network:
    """One hidden layer, relu and softmax, and a penalty."""
    layers = [
        Layer(rng.normal(size=shape) * np.sqrt(2 / shape[0]), rng.normal(size=shape[1]) * 0.1, Activation(name))
        for shape, name in (((inputs, hidden), "relu"), ((hidden, outputs), "softmax"))
    ]
    labels = rng.integers(0, outputs, N)
    X = rng.normal(size=(N, inputs))
    return Network(layers, Loss("cross_entropy"), X, np.eye(outputs)[labels], labels, l2=1e-3)


def test_a_large_network_is_elided():
    layers = [cp.Dense(512, "relu"), cp.Dense(512, "relu"), cp.Dense(10, "softmax")]
    net = cp.Network(784, layers, "cross_entropy", l2=1e-3)
    text = net.trace(rng.normal(size=(200, 784)), rng.integers(0, 10, 200)).explain().to_text()
    assert len(text) < 40_000
    assert max(map(len, text.splitlines())) < 3_000
    assert "The matrices are too large to print; single elements stand for them." in text
    assert "401,406 more elements of the same form." in text  # 784 · 512 − 2
    assert set(re.findall(r"… (\d+) …", text)) == {"778", "506", "194"}  # of inputs, units and samples, but six


@pytest.mark.parametrize("convention", first(["column", "row"], 1))
def test_the_lines_of_a_large_network_can_be_recomputed(convention):
    """The rest of a long sum is one number, the only one that must be taken on trust; so it is computed here."""
    network = wide(90, 40, 5, N=30)
    text = traced(network).explain(convention=convention, detail="elements").to_text()
    symbols = symbols_of(network)
    page = Page(text, symbols, slopes_of(network), convention == "column")
    assert page.check().equations > 100
    assert set(re.findall(r"… (\d+) …", text)) == {"84", "34", "24"}
    checked = 0
    for left, formula, numbers, _ in (sides for sides in equations(text) if sides[0].startswith("∂L/∂w[1]")):
        j, k = (n - 1 for n in indices(left.removeprefix("∂L/∂w[1]"), split=True))
        j, k = (k, j) if convention == "column" else (j, k)
        terms = network.X[:, j] * symbols["δ[1]"][:, k]
        assert formula.endswith("+ … 24 …")
        assert printed_number(numbers.split(" + ")[-1].strip("()"), 4).overlaps(Interval(terms[6:].sum()))
        checked += 1
    assert checked == 24


# --- one value, one element


def small(N=2) -> Network:
    """2-3-2 with tanh and softmax."""
    layers = [
        Layer(rng.normal(size=(2, 3)), rng.normal(size=3), Activation("tanh")),
        Layer(rng.normal(size=(3, 2)), rng.normal(size=2), Activation("softmax")),
    ]
    labels = np.arange(N) % 2
    return Network(layers, Loss("cross_entropy"), rng.normal(size=(N, 2)), np.eye(2)[labels], labels, l2=0.1)


LONG = [pytest.param(N, convention, marks=pytest.mark.long) for N, convention in ((1, "row"), (2, "column"))]


@pytest.mark.parametrize(("N", "convention"), [(2, "row"), (1, "column"), *LONG])
def test_every_value_and_every_element_alone(N, convention):
    network = small(N)
    trace, symbols = traced(network), symbols_of(network)
    asked = 0
    for name, value in {**trace.values, **trace.parameters, "y": network.y}.items():
        indices = ["", *(f"[{','.join(map(str, np.add(i, 1)))}]" for i in np.ndindex(value.shape))][:7]
        for index in indices if value.ndim else indices[:1]:
            if convention == "column" and name.lstrip("d").startswith("W"):
                index = re.sub(r"(\d+),(\d+)", r"\2,\1", index)
            text = trace.explain(convention=convention, only=f"{name}{index}").to_text()
            assert text.splitlines()[0].strip()
            page = Page(text, symbols, slopes_of(network), convention == "column")
            assert page.check().equations >= 1
            asked += 1
    assert asked > 20


def test_an_element_is_the_one_that_is_asked_for():
    """∂L/∂w[2]₁₃ is a[1]₁ · δ[2]₃ where rows are samples, and δ[2]₁ · a[1]₃ where columns are."""
    layers = [
        Layer(rng.normal(size=(2, 3)), None, Activation("tanh")),
        Layer(rng.normal(size=(3, 3)), None, Activation("tanh")),
    ]
    network = Network(layers, Loss("squared_error"), rng.normal(size=(1, 2)), np.zeros((1, 3)), np.zeros((1, 3)))
    v, trace = network.run(), traced(network)
    row, column = (equations(trace.explain(convention=c, only="dW2[1,3]").to_text())[0] for c in ("row", "column"))
    assert row[:2] == ["∂L/∂w[2]₁₃", "a[1]₁ · δ[2]₃"]
    assert row[-1].replace("−", "-") == f"{v['dW2'][0, 2]:#.4g}"
    assert column[:2] == ["∂L/∂w[2]₁₃", "a[1]₃ · δ[2]₁"]
    assert column[-1].replace("−", "-") == f"{v['dW2'][2, 0]:#.4g}"


# --- wrong requests

WRONG = {
    "only": ["W9", "", "dW1[", "dW1[1]", "dW1[9,1]", "dW1[0,1]", "z1[1,1,1]", "z1[99,1]", "counter", "u_1", "L[1]", 5],
    "lang": ["fr", "", None],
    "convention": ["col", None],
    "detail": ["all", 3],
    "digits": [1, 16, 0, -3, 4.5, "4", None, True],
    "optimizer": ["foo", 3, cp.Dense(1)],
}


@pytest.mark.parametrize(("argument", "value"), [(k, v) for k, values in WRONG.items() for v in values])
def test_wrong_requests_are_answered_in_words(argument, value):
    network = small()
    with pytest.raises(ClearpropError) as error:
        traced(network).explain(**{argument: value})
    message = str(error.value)
    assert "expected" in message
    assert repr(value) in message or str(value).split("[")[0] in message


def test_an_index_of_a_weight_needs_both_numbers_even_of_one_sample():
    trace = traced(random_network(28).sample(0))
    with pytest.raises(ClearpropError, match=r"element \[1\] of dW1"):
        trace.explain(only="dW1[1]")
    assert trace.explain(only="z1[1]").to_text() == trace.explain(only="z1[1,1]").to_text()


@pytest.mark.parametrize("digits", [2, 15])
def test_the_fewest_and_the_most_digits(digits):
    network = random_network(27)
    text = traced(network).explain(digits=digits, detail="elements").to_text()
    Page(text, symbols_of(network), slopes_of(network), digits=digits).check()
    assert f"rounded to {digits} significant digits" in text


# --- inputs too long for a matrix; words about one thing


@pytest.mark.parametrize("convention", ["row", "column"])
def test_a_long_sample_is_printed_whole(convention):
    x = np.round(rng.normal(size=30), 3)
    net = cp.Network(30, [cp.Dense(2), cp.Dense(1)], "squared_error")
    found = equations(net.trace(x, 1.0).explain(only="X", convention=convention).to_text())
    assert [sides[0] for sides in found] == ["a[0]_(1 … 12)", "a[0]_(13 … 24)", "a[0]_(25 … 30)"]
    printed = " ".join(sides[1].strip("[]") for sides in found).replace(";", "").replace("−", "-").split()
    np.testing.assert_array_equal(np.array(printed, float), x)


def test_some_elements_of_larger_ones_are_printed():
    net = cp.Network(70, [cp.Dense(2), cp.Dense(1)], "squared_error")
    x = np.zeros((2, 70))
    x[1, 40], x[0, 69] = 3, -4
    text = net.trace(x, [1.0, 2.0]).explain(only="X").to_text()
    assert "a[0](1)₇₀ = −4\n  a[0](2)₄₁ = 3\n" in text
    assert "single elements stand for them" in text
    assert "138 more elements." in text
    tall = cp.Network(1, [cp.Dense(1)], "squared_error").trace(np.arange(13.0)[:, None], np.ones(13))
    assert "more element" not in tall.explain(only="X", detail="elements").to_text(), "all 13 are printed"


def test_grammar_of_one():
    net = cp.Network(5, [cp.Dense(5)], "squared_error")
    text = net.trace(rng.normal(size=5), np.ones(5)).explain(detail="elements").to_text()
    assert "One sample, 1 layer." in text
    assert "1 more element of the same form." in text
    assert not re.search(r"\b1 (layers|more elements)", text)


def test_a_shared_value_has_its_real_shape():
    """A number of each sample is a column, however it is spread out to be divided by."""
    net = cp.Network(
        2,
        [cp.Dense(2, lambda z: z / (1.0 + cp.broadcast(cp.sum(z * z, 1), z.shape, [0]))), cp.Dense(1)],
        "squared_error",
        seed=1,
        dtype="float64",
    )
    trace = net.trace(rng.normal(size=(2, 2)), [1.0, 0.0])
    text = trace.explain(only="a1", detail="elements").to_text()
    assert re.search(r"= \[[\d.]+; [\d.]+\]\n  \(u₁\)\(1\) = z\[1\]\(1\)₁² \+ z\[1\]\(1\)₂² \+ 1", text)
    for convention in ("row", "column"):
        shown = trace.explain(detail="elements", convention=convention).to_text()
        Page(shown, symbols_of_trace(trace), slopes_of_bent(trace), column=convention == "column").check()


def slopes_of_bent(trace) -> dict[int, np.ndarray]:
    return {2: np.ones_like(trace.z[2])}
