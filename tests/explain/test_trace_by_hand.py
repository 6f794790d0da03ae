"""Every number of 50 traces, and of the derivations made of them, against plain NumPy within 1e-10."""

from __future__ import annotations

import numpy as np
import pytest

import by_hand
from by_hand import SEEDS, random_network
from clearprop.explain.derivation import DerivationSource
from clearprop.nn import ACTIVATIONS, LOSSES
from long import first
from networks import as_clearprop, traced

TOLERANCE = 1e-10
worst = {"error": 0.0, "what": "nothing", "numbers": 0}


@pytest.fixture(scope="module", autouse=True)
def report():
    yield
    print(f"\n{worst['numbers']:,} numbers, largest error {worst['error']:.1e} ({worst['what']})")


def assert_close(what, ours, theirs):
    """|ours − theirs| ≤ 1e-10 (1 + |theirs|), entry by entry."""
    ours, theirs = np.asarray(ours), np.asarray(theirs)
    assert ours.shape == theirs.shape, what
    error = (np.abs(ours - theirs) / (1 + np.abs(theirs))).max(initial=0.0)
    assert error <= TOLERANCE, f"{what}: {error:.1e}"  # a NaN is not ≤ either
    worst["numbers"] += ours.size
    if error > worst["error"]:
        worst.update(error=float(error), what=what)


def test_every_activation_and_loss_occurs_among_the_networks():
    networks = [random_network(seed) for seed in SEEDS]
    assert len(networks) == 50
    assert set(by_hand.ACTIVATIONS) | {"exp"} == set(ACTIVATIONS)  # exp is for the outputs of Poisson: tests/nn
    assert set(by_hand.LOSSES) == set(LOSSES)
    drawn = {layer.activation.name for net in networks for layer in net.layers}
    assert drawn == {*by_hand.ACTIVATIONS, *by_hand.WITH_NUMBER}
    assert {net.loss.name for net in networks} == set(LOSSES)
    assert {net.depth for net in networks} == set(range(1, 7))
    assert {len(net.X) for net in networks} == {1, 2, 3, 4}
    assert {net.given.ndim for net in networks if net.loss.name == "cross_entropy"} == {1, 2}
    assert any(net.l1 for net in networks)
    assert any(net.l2 for net in networks)
    assert any(layer.b is None for net in networks for layer in net.layers)
    smoothed = {net.loss.name for net in networks if net.loss.name in by_hand.NEEDS and net.loss.number}
    assert smoothed == set(by_hand.NEEDS)
    assert {net.loss.number for net in networks if net.loss.name == "huber"} == {0.3, 1.0}


@pytest.mark.parametrize("seed", first(SEEDS, 20))
def test_every_number_of_a_trace(seed):
    network = random_network(seed)
    expected = network.run()
    trace = traced(network)
    assert set(trace.values) == set(expected) - {"loss"}
    for name, value in trace.values.items():
        assert_close(f"{name} of network {seed}", value, expected[name])
    by_letter = {"z": trace.z, "a": trace.a, "da": trace.da, "dz": trace.delta, "dW": trace.dW, "db": trace.db}
    for letter, layers in by_letter.items():
        for l, value in layers.items():
            assert_close(f"{letter}[{l}] of network {seed}", value, expected[f"{letter}{l}"])
    assert_close(f"loss of network {seed}", trace.loss, expected["L"])


@pytest.mark.parametrize("seed", first(SEEDS, 20))
def test_the_numbers_that_the_derivation_prints(seed):
    """They are those of the textbook graph, where nothing is fused; so δ[L] comes by BP1 and not as p − y."""
    network = random_network(seed)
    expected = network.run() | network.parameters() | {"X": network.X, "y": network.y}
    arrays = DerivationSource(traced(network)).arrays
    known = {name for name in arrays if not name.startswith("u_")} - {"counter"}  # u₁, … are shared parts of formulas
    assert known >= set(expected) - {"a0", "loss"}
    assert known <= set(expected)
    for name in known:
        assert_close(f"{name} in the derivation of network {seed}", arrays[name], expected[name])


@pytest.mark.parametrize("seed", first(SEEDS, 20))
def test_one_sample_of_a_batch(seed):
    network = random_network(seed)
    trace, N = traced(network), len(network.X)
    i = seed % N
    expected, alone = network.sample(i).run(), trace.sample(i)
    for name, value in alone.values.items():
        assert_close(f"{name} of sample {i} of network {seed}", value, expected[name])
    np.testing.assert_array_equal(trace.sample(i - N).inputs()["X"], network.X[i : i + 1])  # counted from the end


def test_the_comparison_notices_a_wrong_gradient(monkeypatch):
    """One wrong factor in one derivative here, and the network that uses it no longer agrees."""
    seed = next(s for s in SEEDS if random_network(s).layers[-1].activation.name == "tanh")
    right = by_hand.ACTIVATIONS["tanh"]
    monkeypatch.setitem(by_hand.ACTIVATIONS, "tanh", (right[0], lambda z: right[1](z) * (1 + 1e-8)))
    with pytest.raises(AssertionError, match=r"network \d+: \d"):
        test_every_number_of_a_trace(seed)


def test_a_trace_in_training_mode_is_the_same_without_dropout_and_normalisation():
    network = random_network(3)
    made = as_clearprop(network)
    inference, training = (made.trace(network.X, network.given, mode=m) for m in ("inference", "training"))
    for name, value in inference.values.items():
        np.testing.assert_array_equal(value, training.values[name])
