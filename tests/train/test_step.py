"""One step of training as one graph: what is explained of an update is what runs."""

from __future__ import annotations

import numpy as np
import pytest

import clearprop as cp
from clearprop.explain.derivation import DerivationSource
from clearprop.graph import Graph, rebuild, same_structure, simplify, topological, variable
from clearprop.train import textbook_step
from clearprop.train.step import first_numbers, step_graph

OPTIMIZERS = {
    "gradient descent": cp.GradientDescent(0.1),
    "momentum": cp.SGD(0.1, 0.9, weight_decay=0.01),
    "nesterov": cp.SGD(0.1, 0.9, nesterov=True, clip_value=0.05),
    "adagrad": cp.AdaGrad(0.1, weight_decay=0.1),
    "rmsprop": cp.RMSProp(0.01, clip_norm=0.01),
    "adam": cp.Adam(0.01, weight_decay=0.1),
    "adamw": cp.AdamW(0.01, clip_norm=0.1),
}
X, Y = np.array([[0.5, -1.0], [1.5, 0.25], [-0.75, 2.0]]), np.array([1.0, 0.0, 1.0])


def network():
    layers = [cp.Dense(3, "tanh"), cp.LayerNorm(), cp.Dense(2), cp.Dense(1, "sigmoid")]
    return cp.Network(2, layers, "binary_cross_entropy", dtype="float64", seed=3, l2=0.1)


def update_alone(graph):
    """The new values of a step, from parameters, gradients, states and numbers alone."""
    gradients = {}

    def cut(node):
        name = node.name
        if name is None or name.role != "gradient" or name.of.role != "parameter":
            return node
        return gradients.setdefault(name, variable(name, node.shape, node.dtype))

    return rebuild(Graph({name: node for name, node in graph.outputs.items() if node.name.role == "new"}), cut)


@pytest.mark.parametrize("optimizer", OPTIMIZERS.values(), ids=OPTIMIZERS)
def test_the_update_that_is_explained_is_the_one_that_runs(optimizer):
    """The textbooks' graph, simplified, and the graph that trains end in the same nodes."""
    net = network()
    textbook = textbook_step(net.trace(X, Y).textbook_graph, net.architecture, optimizer)
    trained = step_graph(net.architecture, optimizer, "f64").graph
    shown, runs = simplify(update_alone(textbook)), simplify(update_alone(trained))
    assert {node.name.role for node in shown.inputs.values()} >= {"parameter", "gradient", "scalar"}
    assert same_structure(shown, rebuild(runs, lambda node: shown.inputs.get(node.name, node)))
    other = step_graph(net.architecture, cp.RMSProp(0.1, clip_value=2.0), "f64").graph
    others = rebuild(simplify(update_alone(other)), lambda node: shown.inputs.get(node.name, node))
    assert not same_structure(shown, others)


@pytest.mark.parametrize("optimizer", OPTIMIZERS.values(), ids=OPTIMIZERS)
def test_the_numbers_that_are_explained_are_those_after_one_step(optimizer):
    net = network()
    source = DerivationSource(net.trace(X, Y), optimizer=optimizer)
    net.fit(X, Y, optimizer=optimizer, epochs=1, batch_size=3)
    assert len(net.parameters) == 8
    for name, after in net.parameters.items():
        shown = source.arrays[f"{name}'"]
        assert shown.shape == after.shape
        np.testing.assert_allclose(shown, after, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("optimizer", OPTIMIZERS.values(), ids=OPTIMIZERS)
def test_one_graph_holds_forward_loss_backward_and_update(optimizer):
    net = network()
    before = net.trace(X, Y).textbook_graph
    graph = textbook_step(before, net.architecture, optimizer)
    assert set(before.nodes) < set(graph.nodes)
    new = {name: node for name, node in graph.outputs.items() if name not in before.outputs}
    for parameter in net.parameters:
        states = [f"{slot}.{parameter}'" for slot in optimizer.slots]
        assert {*states, f"{parameter}'"} <= new.keys()
        assert before[f"d{parameter}"] in topological([new[f"{parameter}'"]])  # the very node of the backward pass
    assert len(new) == len(net.parameters) * (1 + len(optimizer.slots))
    assert {node.name for node in graph.inputs.values() if node.name.role == "scalar"} <= {*first_numbers(optimizer)}
