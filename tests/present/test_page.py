"""A page holds nothing that hides, asks for nothing, and runs only what was written with it."""

from __future__ import annotations

import re
import unicodedata
from base64 import b64encode
from hashlib import sha256

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import clearprop as cp
from clearprop.errors import ShapeError
from clearprop.present.page import page
from clearprop.visible import visible

HOSTILE = "a\x1b]0;T\x07\x1b[2J\x9b31m\u202eb\u2066\u200b\u2028\udce9\ufeff\U000e0041\x00"


def hidden(text, keep="\n\t"):
    """Characters that would not be seen, or would move what is."""
    joiners = "\u200c\u200d"
    return [c for c in text if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp") and c not in keep + joiners]


@given(st.text())
def test_nothing_hides_in_visible_text(text):
    assert [
        c for c in hidden(visible(text)) if c not in "\u2061\u2062\u2063\u2064" and unicodedata.category(c) != "Lo"
    ] in (
        [],
        [c for c in visible(text) if 0x600 <= ord(c) <= 0x8E2],
    )
    assert visible(visible(text)) == visible(text)


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("café 中文 ∂L/∂W → x′", None),
        ("a\x1b[2J", r"a\x1b[2J"),
        ("a\u202eb", r"a\u202eb"),
        ("tag\U000e0041", r"tag\U000e0041"),
        ("\udce9", r"\udce9"),
        ("می\u200cخواهم", None),
        ("👩\u200d🔬", None),
        ("a\u200db", r"a\u200db"),
        ("two\nlines", r"two\nlines"),
    ],
)
def test_what_is_read_stays_and_what_is_not_is_written_out(text, seen):
    assert visible(text) == (text if seen is None else seen)


def test_an_error_shows_what_is_in_a_name():
    assert str(ShapeError("column a\x1b[2J")) == r"column a\x1b[2J"


def policy_of(html):
    return re.search('http-equiv="Content-Security-Policy" content="([^"]*)"', html)[1]


def test_a_page_allows_its_own_styles_and_scripts_by_their_hashes_and_nothing_else():
    html = page(
        HOSTILE, '<p style="left:3%">x</p><i style="left:3%"></i>', style="p { color: red }", script="let x = 1"
    )
    policy = policy_of(html)
    assert "unsafe" not in policy
    for tag in ("style", "script"):
        for text in re.findall(f"<{tag}>(.*?)</{tag}>", html, re.DOTALL):
            assert b64encode(sha256(text.encode()).digest()).decode() in policy
    assert ' style="' not in html
    assert html.count('data-s="0"') == 3, "one rule for two elements"
    assert hidden(html) == []


def test_every_page_of_a_network_is_without_style_attributes():
    net = cp.Network(2, [cp.Dense(2, "tanh"), cp.Dense(1, "sigmoid")], "binary_cross_entropy", seed=0)
    trace = net.trace(np.array([0.0, 1.0]), 1)
    for html in (trace.explain().to_html(), trace.step_by_step().to_html(), cp.represent(net).to_html()):
        assert ' style="' not in html
        assert "unsafe" not in policy_of(html)
