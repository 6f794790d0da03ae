"""The two notations of gradients: the same equations in other letters, in every medium; and `only` in either."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest

import clearprop as cp
from clearprop.errors import InvalidValueError, UnknownNameError
from printed import equations

X = np.array([[1.0, 2.0, 3.0], [0.5, -1.0, 0.25]])


@pytest.fixture(scope="module")
def net():
    return cp.Network(3, [cp.Dense(4, "tanh"), cp.Dense(1, "sigmoid")], "binary_cross_entropy", seed=1, dtype="float64")


@pytest.fixture(scope="module")
def trace(net):
    return net.trace(X[0], 1)


def in_delta(side: str) -> str:
    """A side of an equation of the notation "d" in the letters of the other one."""
    side = side.replace("da[L]", "∇ₐ L")
    side = re.sub(r"\bdz\[", "δ[", side)
    return re.sub(r"\bd([abWwγβn])\[", r"∂L/∂\1[", side)


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("convention", ["row", "column"])
def test_both_notations_have_the_same_equations(net, lang, convention):
    for samples in (X[:1], X):
        shown = net.trace(samples, np.ones(len(samples)))
        options = {"detail": "elements", "optimizer": "adam"}
        delta, d = (equations(shown.explain(lang, convention, notation=n, **options).to_text()) for n in ("delta", "d"))
        assert [[in_delta(side) for side in sides] for sides in d if sides[0] != "ŷ"] == delta
        assert [sides[:2] for sides in d if sides[0] == "ŷ"] == [["ŷ", "a[2]"]]


def test_as_the_notes_write_it(trace):
    """SYLLABUS 1.13 to 1.15, in the column convention."""
    text = trace.explain(convention="column", notation="d", detail="formulas").to_text()
    for line in (
        "z[1] = W[1] · a[0] + b[1]",
        "dz[2] = a[2] − y",
        "dW[2] = dz[2] · a[1]ᵀ",
        "db[2] = dz[2]",
        "da[1] = W[2]ᵀ · dz[2]",
        "dz[1] = da[1] ⊙ (1 − a[1]²)",
        "dW[1] = dz[1] · a[0]ᵀ",
        "db[1] = dz[1]",
        "W[1]′ = W[1] − η dW[1]",
        "ŷ = a[2]",
    ):
        assert f"  {line}\n" in text, line


def test_the_order_is_that_of_the_notes(trace):
    """SYLLABUS 0.7."""
    lefts = [sides[0] for sides in equations(trace.explain(notation="d").to_text()) if "[l]" not in sides[0]]
    backward = [left for left in dict.fromkeys(lefts) if re.match(r"d[azWb]\[\d", left)]
    assert backward == ["da[2]", "dz[2]", "dW[2]", "db[2]", "da[1]", "dz[1]", "dW[1]", "db[1]"]


def test_no_letter_of_the_other_notation_stands_anywhere(trace):
    shown = trace.explain(notation="d")
    for written in (shown.to_text(), shown.to_html(), json.dumps(shown.to_dict(), ensure_ascii=False)):
        body = written[written.index("Forward propagation") :]
        assert "δ" not in body
        assert "∂" not in body
    for written in (shown.to_latex(), shown.to_markdown()):
        body = written[written.index("Forward propagation") :]
        assert r"\delta" not in body
        assert r"\partial" not in body
        assert r"{\mathrm{d}W}^{[2]}" in body
        assert r"\hat{y}" in body


def test_a_power_of_a_gradient_has_brackets(trace):
    assert "(dW[1])²" in trace.explain(notation="d", optimizer="adam", detail="formulas").to_text()


def test_with_penalties_the_rule_is_about_the_loss_without_them(net):
    penalised = cp.Network(3, [cp.Dense(1)], "squared_error", l2=0.1, seed=0)
    text = penalised.trace(X, [1.0, 2.0]).explain(notation="d", detail="formulas").to_text()
    assert "∂L₀/∂W[l] = a[l − 1]ᵀ · dz[l]" in text
    assert "dW[1] = 0.1 · W[1] + a[0]ᵀ · dz[1]" in text


# --- what `only` understands

SAME = [
    ("dz2", "δ[2]", "δ2", "delta2", "dz[2]"),
    ("dW1", "∂L/∂W[1]", "dW[1]", "∂L/∂W1"),
    ("a2", "a[2]", "ŷ", "yhat"),
    ("W1'", "W[1]′", "W1′", "W[1]'"),
    ("dW1[1,2]", "dW[1][1,2]", "dw[1]₁₂", "∂L/∂w[1]₁₂", "dW1[1, 2]"),
    ("b1'[3]", "b[1]′₃", "b1′[3]"),
    ("X", "a0", "a[0]"),
    ("X[2]", "a[0]₂", "a0[2]"),
    ("dz1[2]", "δ[1]₂", "dz[1]₂", "delta1[2]"),
]


@pytest.mark.parametrize("same", SAME, ids=lambda same: same[0])
@pytest.mark.parametrize("notation", ["delta", "d"])
def test_only_understands_the_letters_that_are_shown(trace, same, notation):
    first, *others = (trace.explain(only=only, notation=notation).to_text() for only in same)
    assert first.strip()
    assert all(other == first for other in others)


@pytest.mark.parametrize("convention", ["row", "column"])
@pytest.mark.parametrize("notation", ["delta", "d"])
def test_every_element_can_be_asked_for_as_it_is_printed(net, convention, notation):
    for samples in (X[:1], X):
        shown = net.trace(samples, np.ones(len(samples)))
        page = shown.explain(convention=convention, detail="elements", notation=notation)
        elements = [sides for sides in equations(page.to_text()) if re.search("[₀-₉]|\\(\\d\\)", sides[0])]
        assert len(elements) > 50
        for sides in elements[::7]:
            asked = shown.explain(convention=convention, only=sides[0], notation=notation).to_text()
            assert equations(asked) == [sides]


def test_a_wide_layer_is_indexed_with_commas():
    net = cp.Network(12, [cp.Dense(11)], "squared_error", seed=0)
    trace = net.trace(np.arange(12.0), np.zeros(11))
    assert trace.explain(only="dw[1]_(12,3)").to_text() == trace.explain(only="dW1[12,3]").to_text()
    assert trace.explain(only="db[1]₁₁").to_text() == trace.explain(only="db1[11]").to_text()


@pytest.mark.parametrize("only", ["δ3", "dQ2", "", "[1]", "ŷ2", "₁"])
def test_what_is_not_there_is_refused(trace, only):
    with pytest.raises(UnknownNameError, match="no value"):
        trace.explain(only=only)


@pytest.mark.parametrize("only", ["dw[1]₁", "dw[1]₉₉", "δ[2]₄", "dz1[0]"])
def test_an_element_that_is_not_there_is_refused(trace, only):
    with pytest.raises(InvalidValueError, match="within the shape"):
        trace.explain(only=only)


# --- the other faces


@pytest.mark.parametrize("zoom", ["layers", "fused", "primitives"])
def test_the_steps_have_the_letters(trace, zoom):
    page = trace.step_by_step(zoom=zoom, notation="d").to_html()
    assert "δ" not in page
    assert "dW" in page or "dw" in re.sub(r"</?m\w+[^>]*>", "", page.replace("\\u003c", "<"))
    assert "δ" in trace.step_by_step(zoom=zoom).to_html()


def test_the_listing(trace):
    text = trace.listing(notation="d").to_text()
    assert re.search(r"dW2 +dW\[2\] +4 × 1", text)
    assert "δ" not in text
    assert "δ[1]" in trace.listing("zh", "column").to_text()
    assert re.search(r"dW1 +∂L/∂W\[1\] +4 × 3", trace.listing("zh", "column").to_text())
    assert "推断模式" in trace.listing("zh").to_text()


def test_representations_and_pictures_name_the_output(net, trace):
    assert "ŷ = a[2]" in cp.represent(net, notation="d").to_text()
    assert "ŷ" not in cp.represent(net).to_text()
    for zoom in ("layers", "primitives"):  # "fused" has the loss from logits, and no a[L]
        assert "ŷ" in cp.draw(trace, zoom=zoom, notation="d").svg
        assert "ŷ" not in cp.draw(trace, zoom=zoom).svg


def test_an_unknown_notation_is_refused(net, trace):
    calls = (trace.explain, trace.step_by_step, trace.listing, lambda **k: cp.draw(trace, **k))
    for call in (*calls, lambda **k: cp.represent(net, **k)):
        with pytest.raises(cp.ClearpropError, match=r"notation 'D'; expected 'delta' or 'd'"):
            call(notation="D")


def test_one_number_is_no_element_of_a_batch_of_wide_layers(net):
    batch = net.trace([[1.0, 2.0, 3.0], [0.5, -1.0, 0.25], [0.0, 1.0, 0.0]], [1, 0, 1])
    for only in ("z[1]₃", "z[1](2)", "z1[3]", "δ[1]₁", "z[2]₁"):  # of which sample, of which neuron?
        with pytest.raises(InvalidValueError, match="within the shape"):
            batch.explain(only=only)
    for only in ("z[2](2)", "z2[2]", "z2[2,1]"):  # a layer of one neuron
        assert batch.explain(only=only).to_text().splitlines()[1].startswith("  z[2](2) =")
