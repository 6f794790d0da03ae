"""The page "As your textbook writes it": every call in its tables runs in every language, convention and notation."""

from __future__ import annotations

import re
from itertools import product

import numpy as np
import pytest
from pages import ROOT

PAGES = {"en": ROOT / "docs/textbook.md", "zh": ROOT / "docs/textbook.zh.md"}
WAYS = list(product(("en", "zh"), ("row", "column"), ("delta", "d")))
AT_ODDS = [WAYS[i] for i in (0, 3, 5, 6)]  # of any two settings every pair is among them


def set_up(page: str) -> dict:
    """What the page's own code defines."""
    names: dict = {}
    for block in re.findall(r"```python\n(.*?)```", page, re.DOTALL):
        exec(block, names)
    return names


def calls(page: str) -> list[str]:
    """The last cell of each row of the tables in which it is one call."""
    rows = re.findall(r"^\|.*\| `(.*)` \|$", page[page.index("```python") :], re.MULTILINE)
    return [row.replace("\\|", "|") for row in rows]


def shown(found: object) -> str:
    """Whatever a call gave, as its reader sees it."""
    for look in ("to_text", "to_html", "svg"):
        if hasattr(found, look):
            seen = getattr(found, look)
            return seen() if callable(seen) else seen
    return str(found)


def test_both_pages_have_the_same_calls():
    english, chinese = (calls(path.read_text()) for path in PAGES.values())
    assert len(english) > 55
    assert english == chinese


@pytest.mark.parametrize("call", calls(PAGES["en"].read_text()))
def test_a_call_shows_it_in_every_way(call, page):
    seen = set()
    for lang, convention, notation in AT_ODDS if "**" in call else WAYS[:1]:
        page["how"], page["words"] = {"lang": lang, "convention": convention, "notation": notation}, {"lang": lang}
        text = shown(eval(call, page))
        assert text.strip()
        seen.add(text)
    if "**how" in call and "net" in call.split("(")[0]:
        assert len(seen) > 1


SAYS = {  # what is seen, in English, in the column convention and in the notation "d"
    'one.explain(only="z1"': "z[1] = W[1] · a[0] + b[1]",
    "one.explain(**how)": "ŷ = a[1]",
    'only="z[1](2)₃"': "z[1](2)₃ = a[0](2)₁ · w[1]₃₁",
    "cp.represent(net, **how)": "z[2] = W[2] · a[1] + b[2]",
    "t.listing": "dW1   dW[1]   4 × 3",
    "net.summary()": "2 layers, 21 parameters",
    'only="a1"': "tanh(x) = (e^x − e^(−x))/(e^x + e^(−x))",
    "cp.diagnose(linear": "Linear collapse: 2 layers equal one",
    'only="dz[2]"': "dz[2] = a[2] − y",
    'only="dW[2]"': "dW[2] = dz[2] · a[1]ᵀ",
    'only="db[2]"': "db[2] = dz[2]",
    'only="da[1]"': "da[1] = W[2]ᵀ · dz[2]",
    'only="dz[1]"': "dz[1] = da[1] ⊙ (1 − a[1]²)",
    'only="dW[1]", detail': "dw[1]₄₃ = a[0]₃ · dz[1]₄",
    "cp.diagnose(equal": "Symmetry: equal units in layer 1",
    "zeros.trace": "= [0 0; 0 0; 0 0]",
    'only="z2", detail': "z[2] = a[1]₁ · w[2]₁₁ + a[1]₂ · w[2]₁₂",
    "t.explain(**how)": "W[1]′ = W[1] − η dW[1]",
    "either.predict": "[0. 1. 1. 1.]",
    "cp.diagnose(straight": "Underfitting",
    "cp.diagnose(supple": "Overfitting",
    'refused(lambda: cp.variable("a", (2,))': "shapes (2,) and (3,); expected equal shapes",
    "refused(lambda: cp.layers.Affine": "shapes (2,) and (3, 2): inner dimensions 2 and 3",
    'worked.explain(only="da1"': "= [−0.2000; 0.3]",
    'worked.explain(only="L"': "= 0.06500",
    "cp.check_gradients(two": "Every gradient is right",
    'worked.explain(only="δ[1]"': "= [−0.03200; 0.063]",
    't.explain(only="δ[1]"': "dz[l] = (W[l + 1]ᵀ · dz[l + 1]) ⊙ f′(z[l])",
    't.explain(only="db1"': "db[l] = dz[l]",
    'batch.explain(only="dW2"': "dW[2] = a[1]ᵀ · dz[2]",
    'batch.explain(only="db1"': "db[1] = Σᵢ dz[1]",
    "cp.layers.Sigmoid()": "0.73105858",
    "cp.layers.Affine": "[3. 3. 3.]",
    '"cross_entropy").trace': "dz[1] = 1/N · (a[1] − y)",
}


@pytest.mark.parametrize("call", SAYS)
def test_a_call_shows_what_its_row_says(call, page):
    page["how"], page["words"] = {"lang": "en", "convention": "column", "notation": "d"}, {"lang": "en"}
    (whole, *_) = [one for one in calls(PAGES["en"].read_text()) if call in one]
    found = eval(whole, page)
    assert SAYS[call] in (found.svg if hasattr(found, "svg") else str(found))


def test_the_worked_numbers_of_the_rows(page):
    tanh, sigmoid = page["backward_ratio"]("tanh"), page["backward_ratio"]("sigmoid")
    assert tanh > 1e4 * sigmoid
    assert page["net"].depth == page["linear"].depth == 2
    none, one, eight = (page["held_out"](depth) for depth in (0, 1, 8))
    assert one > 0.9 > max(none, eight)
    predicted = page["line"].predict(page["bits"]).ravel() > 0.5
    assert (predicted == np.array(page["xor"])).mean() <= 0.75


@pytest.fixture(scope="module")
def page():
    return set_up(PAGES["en"].read_text())
