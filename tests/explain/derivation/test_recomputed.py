"""Every line of 100 printed derivations, recomputed from what is printed: see `recomputed`.

And the same check on pages with a fault planted in them, which it must find.
"""

from __future__ import annotations

import re

import numpy as np
import pytest

from by_hand import ACTIVATIONS, SEEDS, Activation, Layer, Loss, Network, random_network
from clearprop.explain.derivation import DerivationSource, writer
from clearprop.present.formula import parse
from long import first
from networks import traced
from printed import equations
from recomputed import Count, Page, in_d, slopes_of, symbols_of

DIGITS = (4, 12, 3, 4, 2, 15)
total = Count()


@pytest.fixture(scope="module", autouse=True)
def report():
    yield
    print(f"\n{total}")


def page_of(network: Network, lang="en", convention="row", digits=4, trace=None, notation="delta") -> Page:
    trace = trace or traced(network)
    text = trace.explain(lang, convention, "elements", digits=digits, notation=notation).to_text()
    symbols = symbols_of(network) if notation == "delta" else in_d(symbols_of(network))
    return Page(text, symbols, slopes_of(network), convention == "column", digits)


@pytest.mark.parametrize("seed", first(SEEDS, 2))
def test_every_line_follows_from_what_is_printed(seed):
    global total
    network, digits = random_network(seed), DIGITS[seed % len(DIGITS)]
    trace = traced(network)
    notations = ("delta", "d") if seed % 2 else ("d", "delta")  # each in each convention, over the seeds
    languages = ("zh" if seed % 5 == 0 else "en", "en")
    for convention, lang, notation in zip(("row", "column"), languages, notations, strict=True):
        total += page_of(network, lang, convention, digits, trace, notation).check()


@pytest.mark.parametrize("names", [list(ACTIVATIONS)[:8], list(ACTIVATIONS)[8:-1]], ids=["the first half", "the rest"])
def test_every_activation_stands_on_a_page(names):
    rng = np.random.default_rng(3)
    layers = [Layer(rng.normal(size=(1, 1)), None, Activation(name)) for name in names]
    y = rng.normal(size=(1, 1))
    page_of(Network(layers, Loss("squared_error"), rng.normal(size=(1, 1)), y, y)).check()


def test_the_pages_say_much_and_say_it_sharply():
    """A check of empty pages, or of intervals that hold everything, would prove nothing."""
    count = Count()
    for seed in SEEDS[1:4]:
        page = page_of(random_network(seed))
        count += page.check()
        assert {"L", "η"} <= set(re.findall("[Lη]", page.text))
    assert count.equations > 200
    assert count.numbers > 2000
    assert count.vague < 0.02 * count.sides


# --- planted faults


def small_network(activation="tanh", N=2) -> Network:
    """2-3-2, with a softmax and a penalty: every kind of line on a page one can look through."""
    rng = np.random.default_rng(0)
    layers = [
        Layer(rng.normal(size=(2, 3)), rng.normal(size=3), Activation(activation)),
        Layer(rng.normal(size=(3, 2)), rng.normal(size=2), Activation("softmax")),
    ]
    labels = np.arange(N) % 2
    return Network(layers, Loss("cross_entropy"), rng.normal(size=(N, 2)), np.eye(2)[labels], labels, l2=0.1)


@pytest.mark.parametrize("notation", ["delta", "d"])
@pytest.mark.parametrize("convention", ["row", "column"])
def test_small_networks_are_right_before_faults_are_planted(convention, notation):
    for network in (small_network(), small_network("relu"), small_network(N=1)):
        page_of(network, convention=convention, notation=notation).check()


@pytest.mark.parametrize(("right", "wrong"), [("dz[1] =", "da[1] ="), (" dz[2]", " da[2]"), ("dW[1]", "dW[2]")])
def test_a_wrong_letter_of_the_notation_d_is_caught(right, wrong):
    page = page_of(small_network(), notation="d")
    assert right in page.text
    page.text = page.text.replace(right, wrong)
    with pytest.raises(AssertionError):
        page.check()


def assert_caught(network=None, convention="row", match=None):
    with pytest.raises(AssertionError, match=match):
        page_of(network or small_network(), convention=convention).check()


def test_a_wrong_formula_in_an_op_is_caught(monkeypatch):
    monkeypatch.setattr(writer, "parse", lambda latex: parse(latex.replace(r"\tanh", r"\sigma")))
    assert_caught(match=r"σ\(z\[1\]\)")


def test_a_factor_left_out_of_a_formula_is_caught(monkeypatch):
    monkeypatch.setattr(writer, "parse", lambda latex: parse(latex.replace(r"[#1 > 0] \times #2", "#2")))
    assert_caught(small_network("relu"), match=r"δ\[1\]")


def test_indices_of_weights_in_the_wrong_order_are_caught(monkeypatch):
    right = DerivationSource.place

    def place(self, name, index):
        return right(self, name, index[::-1] if name == "W2" else index)

    monkeypatch.setattr(DerivationSource, "place", place)
    for convention in ("row", "column"):
        assert_caught(convention=convention)


def test_a_page_in_the_other_convention_is_caught():
    network = small_network()
    page = page_of(network, convention="row")
    with pytest.raises(AssertionError, match="printed as"):
        Page(page.text, page.symbols_given, page.slopes, column=True).check()


def test_a_missing_transpose_is_caught(monkeypatch):
    monkeypatch.setattr(writer.tree, "transposed", lambda m: m)
    assert_caught()


def test_a_general_rule_that_does_not_hold_is_caught():
    network = small_network()
    page = page_of(network)
    page.text = page.text.replace("δ[l] = (δ[l + 1] · W[l + 1]ᵀ) ⊙ f′(z[l])", "δ[l] = δ[l + 1] · W[l + 1]ᵀ")
    with pytest.raises(AssertionError, match=r"the general rule δ\[l \+ 1\]"):
        page.check()


# --- every single sign changed, one at a time

_NUMBERS = re.compile(r"(?<![\d.\[₀-₉])\d+\.\d+(?![\d₀-₉])")
_SIGNS = {" + ": " − ", " − ": " + ", " ⊙ ": " + ", "₁": "₂", "₂": "₁", "[1]": "[2]", "[2]": "[1]", "(1)": "(2)"}
_SIGNS |= {"ᵀ": "", "ln ": "", "²": "", "a[": "z[", "z[": "a[", "δ": "a", "tanh": "σ", "Σᵢ": "Σₖ"}


def changed_sides(side: str):
    """The side of an equation with one thing in it changed, in every way that `_SIGNS` and wrong digits allow."""
    for match in _NUMBERS.finditer(side):
        last = int(match.group()[-1])
        wrong = match.group()[:-1] + str(last + 2 if last < 5 else last - 2)
        yield side[: match.start()] + wrong + side[match.end() :]
    for sign, other in _SIGNS.items():
        for match in re.finditer(re.escape(sign), side):
            yield side[: match.start()] + other + side[match.end() :]


@pytest.mark.parametrize("convention", ["row", "column"])
def test_every_change_of_a_single_sign_or_digit_is_caught(convention):
    """A wrong digit is one that is two units off in the last place, which no rounding explains."""
    page = page_of(small_network(), convention=convention)
    page.check()
    lines = [sides for sides in equations(page.text) if "[l]" not in sides[0] and "x" not in sides[0]]
    survivors, changes = [], 0
    for sides in lines:
        for k in range(1, len(sides)):
            for wrong in changed_sides(sides[k]):
                changes += 1
                try:
                    page.check_equation([*sides[:k], wrong, *sides[k + 1 :]])
                except AssertionError:
                    continue
                survivors.append((sides[0], sides[k], wrong))
    print(f"\n{changes:,} changes, {len(survivors)} not noticed")
    assert changes > 1000
    assert not survivors
