"""Names know what they are, and print as they always have."""

from __future__ import annotations

import copy
import json
import pickle
import re
from dataclasses import FrozenInstanceError

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import clearprop as cp
from clearprop.errors import InvalidValueError
from clearprop.graph import Graph, Name, expand, simplify, tidy, variable
from clearprop.graph.name import as_name
from clearprop.nn.scope import Scope

# --- what a name was guessed to be before it knew: by its letters alone

LAYERED = re.compile(r"(?P<letter>[^\W\d_]+(?:_[^\W\d_]+)*)(?P<layer>\d+)(?P<again>_\d+)?")


def guessed(name):
    """The role, the letter, the layer and the suffix that the letters of a name tell; of what, if it is derived."""
    if name.endswith("'"):
        return "new", *guessed(name[:-1])[1:]
    slot, dot, parameter = name.partition(".")
    if dot:
        return "state", slot, guessed(parameter)[2], ""
    if name.startswith("d") and LAYERED.fullmatch(name[1:]):
        return "gradient", *guessed(name[1:])[1:]
    match = LAYERED.fullmatch(name)
    return "of a layer", match["letter"], int(match["layer"]), match["again"] or ""


WORDS = st.text(st.sampled_from("abzWXghdlγβσ层Ñ"), min_size=1, max_size=4)
LETTERS = st.lists(WORDS, min_size=1, max_size=3).map("_".join)


def said(name):
    role = name.role if name.role in ("new", "state", "gradient") else "of a layer"
    return role, name.letter, name.layer, name.suffix


def derived(name):
    return [name, name.gradient, name.new, name.state("m"), name.state("v").new]


@given(LETTERS, st.integers(0, 120), st.integers(1, 12))
def test_what_a_scope_makes_is_what_its_letters_say(letter, layer, times):
    assume((letter, layer) != ("a", 0))  # which is X
    scope = Scope(training=True, dtype="f64", layer=layer)
    try:
        values = [scope.named(variable("x"), letter).name for _ in range(times)]
    except InvalidValueError:  # a letter with another meaning
        assume(False)
    other = Scope(training=True, dtype="f64", layer=layer)
    parameters = [other.parameter(letter, (2,), cp.Zeros(), suffix=name.suffix).name for name in values]
    assert len(set(values)) == times
    assert values == parameters == [f"{letter}{layer}" + (f"_{k}" if k > 1 else "") for k in range(1, times + 1)]
    assert {name.role for name in values} == {"value"}
    assert {name.role for name in parameters} == {"parameter"}
    for name in [some for one in (values[-1], parameters[-1]) for some in derived(one)]:
        assert said(name) == guessed(str(name))
        assert name.root in values


def test_a_letter_with_a_number_in_it_is_not_taken_for_a_layer():
    """h1 of layer 2 is printed as h12: which layer that is, the letters cannot tell."""
    name = Scope(training=False, dtype="f64", layer=2).named(variable("x"), "h1").name
    assert (name, name.letter, name.layer) == ("h12", "h1", 2)


# --- a string that is more

W = Name.parameter("W", 2)


def attributes(name):
    return type(name), name.role, name.letter, name.layer, name.suffix, name.of, str(name)


@pytest.mark.parametrize("name", [*derived(W), *derived(Name.value("z", 1, "_2")), Name.scalar("η"), Name.other("x")])
def test_a_name_is_the_string_that_is_printed(name):
    text = str(name)
    assert name == text
    assert {text: 1}[name] == {name: 1}[text] == 1
    assert json.loads(json.dumps({name: name})) == {text: text}
    assert repr(name) == repr(text)
    for copied in (copy.copy(name), copy.deepcopy(name), pickle.loads(pickle.dumps(name))):
        assert attributes(copied) == attributes(name)
    with pytest.raises(FrozenInstanceError):
        name.layer = 3


def test_text_of_a_user_is_a_name_of_which_nothing_is_known():
    x = variable("dW2")
    assert (x.name, x.name.role, x.name.of, x.name.layer) == ("dW2", "other", None, None)
    assert as_name(W) is W


def test_what_a_scope_says_of_a_value_counts_though_it_had_the_same_text():
    named = (variable("x") * 2.0).named("z1")
    again = Scope(training=False, dtype="f64", layer=1).named(named, "z")
    assert again.name.role == "value"
    assert again.named("z1") is again


# --- names on their way through a graph


def roles(graph):
    return {str(node.name): node.name.role for node in graph.nodes if node.name is not None}


def test_names_keep_what_they_are_through_every_rewriting():
    net = cp.Network(3, [cp.Dense(4), cp.BatchNorm(), cp.Activation("tanh"), cp.Dropout(0.2), cp.Dense(2, "softmax")])
    architecture = cp.Network(3, net.architecture.layers, "cross_entropy").architecture
    graph = architecture.loss_graph("f64").keeping_names()
    expected = {"X": "input", "y": "target", "counter": "input", "loss": "loss", "L": "loss"}
    expected |= dict.fromkeys(["W1", "b1", "gamma1", "beta1", "running_mean1", "running_var1", "W2", "b2"], "parameter")
    expected |= dict.fromkeys(["z1", "n1", "a1", "d1", "z2", "a2"], "value")
    expected |= dict.fromkeys(["running_mean1'", "running_var1'"], "new")
    for rewritten in (graph, simplify(graph), expand(graph), tidy(graph)):
        assert roles(rewritten) == expected
        backward = Graph({"g": cp.gradient(rewritten["L"], rewritten.inputs["W1"])})
        added = {name: role for name, role in roles(backward).items() if name not in expected}
        assert {"dW1", "dz1", "dL"} <= added.keys()
        assert set(added.values()) == {"gradient"}


def test_the_graph_of_a_training_step_knows_new_values_states_and_numbers():
    graph = cp.Network(2, [cp.Dense(1)], "squared_error").step_graph(cp.Adam(weight_decay=0.1))
    made = {str(name): node.name.of for name, node in graph.outputs.items() if node.name.role == "new"}
    assert made == {"W1'": "W1", "m.W1'": "m.W1", "v.W1'": "v.W1", "b1'": "b1", "m.b1'": "m.b1", "v.b1'": "v.b1"}
    assert {of.role for of in made.values()} == {"parameter", "state"}
    by_role = {node.name: node.name.role for node in graph.inputs.values()}
    assert [name for name, role in by_role.items() if role == "state"] == [n for n in graph.inputs if "." in n]
    assert {name for name, role in by_role.items() if role == "scalar"} == {"η", "λ", "β1", "β2", "ε", "c₁", "c₂"}
