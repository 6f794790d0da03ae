"""Names that a layer of one's own gives to its values: every face of a network shows them, and nothing in them acts."""

from __future__ import annotations

import numpy as np
import pytest

import clearprop as cp
from screens import hidden

NAME = "z\x1b[2J\u202e\u200b\x9b\U000e0041\u2028_"
SEEN = r"z\x1b[2J\u202e\u200b\x9b\U000e0041\u2028"


def twice(x):
    return (x * 2.0).named(NAME) + 1.0


@pytest.fixture(scope="module")
def net():
    return cp.Network(2, [cp.Dense(2, twice), cp.Dense(1, "sigmoid")], "binary_cross_entropy", dtype="float64", seed=0)


X, Y = np.array([[0.5, -1.0], [1.0, 2.0], [0.0, 1.0]]), np.array([0, 1, 1])
SHOWN = {
    "graph": lambda net: repr(net.graph()),
    "node": lambda net: repr(net.graph().named[NAME]),
    "plan": lambda net: repr(net.plan("predict")),
    "trace": lambda net: repr(net.trace(X, Y)),
    "trace in a notebook": lambda net: net.trace(X, Y)._repr_html_(),
    "derivation": lambda net: net.trace(X[0], 0).explain().to_text(),
    "narrow": lambda net: net.trace(X[0], 0).explain().to_text(width=40),
    "markdown": lambda net: net.trace(X[0], 0).explain().to_markdown(),
    "latex": lambda net: net.trace(X[0], 0).explain().to_latex(),
    "page": lambda net: net.trace(X[0], 0).explain().to_html(),
    "notebook": lambda net: net.trace(X[0], 0).explain()._repr_html_(),
    "check": lambda net: repr(cp.check_gradients(net, X, Y)),
    "check in a notebook": lambda net: cp.check_gradients(net, X, Y)._repr_html_(),
    "doctor": lambda net: repr(cp.diagnose(net, X, Y)),
    "doctor in a notebook": lambda net: cp.diagnose(net, X, Y).to_html(),
    "picture": lambda net: cp.draw(net.graph()).svg,
    "profile": lambda net: repr(net.profile(steps=2)),
}
WITHOUT_IT = {
    "trace",
    "trace in a notebook",
    "check",
    "check in a notebook",
    "doctor",
    "doctor in a notebook",
    "profile",
}


@pytest.mark.parametrize("face", SHOWN)
def test_every_face_of_a_network(net, face):
    text = SHOWN[face](net)
    assert hidden(text, keep="\n\t") == []
    if face not in WITHOUT_IT and face != "narrow":
        assert SEEN in text.replace("\\textbackslash{}", "\\").replace("\\_", "_").replace("\\{", "{")


def test_a_label_is_measured_as_it_is_written(net):
    from clearprop.present.figure.text import runs_width, text_runs

    assert runs_width(text_runs(NAME), 10) == runs_width(text_runs(SEEN + "_"), 10)
    assert cp.draw(net.graph()).png()[:4] == b"\x89PNG"


def test_an_error_and_a_list_of_names():
    with pytest.raises(cp.ClearpropError) as caught:
        cp.evaluate(cp.variable(NAME), {"other": 1.0})
    assert hidden(str(caught.value)) == []
