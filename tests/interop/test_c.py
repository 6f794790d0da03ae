"""C source: compiled without a warning, it answers what the network answers."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import clearprop as cp
from compiled import GCC, agree, answers_in_c, far_out, of_every_kind
from networks_to_write import random_case

pytestmark = pytest.mark.skipif(GCC is None, reason="there is no gcc here")
seeds = st.lists(st.integers(0, 2**31), min_size=10, max_size=10)


def compare(cases, folder, *flags):
    agree(cases, answers_in_c(cases, folder, *flags))


@settings(max_examples=2, deadline=None, suppress_health_check=list(HealthCheck))
@given(seeds)
def test_any_network_answers_the_same(tmp_path_factory, seeds):
    cases = [random_case(seed, "float32" if i % 2 else "float64") for i, seed in enumerate(seeds)]
    compare(cases, tmp_path_factory.mktemp("c"))


@pytest.mark.long
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_hundreds_of_networks_within_their_arrays(tmp_path, dtype):
    """Under the sanitizers of addresses and of undefined behaviour."""
    compare([random_case(seed, dtype) for seed in range(250)], tmp_path, "-fsanitize=address,undefined")


def test_activations_of_numbers_far_out(tmp_path):
    compare([*far_out()], tmp_path)


def test_ensembles_heads_and_wide_layers_within_their_arrays(tmp_path):
    compare([*of_every_kind()], tmp_path, "-fsanitize=address,undefined")


def test_no_name_leaves_its_place(tmp_path):
    class Hostile:
        def __init__(self, letter):
            self.letter = letter

        def build(self, x, scope):
            x = scope.open_layer(x)
            W = scope.parameter("V" + self.letter, (x.shape[1], 2), cp.Normal(0.5), role="weight")
            return scope.named(cp.tanh(scope.named(x @ W, self.letter)), "a")

    letters = ["z", "float", "exp", "x", "a", "i", "η", "*/ ??/", "*\\ int pwned; /*", "*\\", "\n#error", "y", "N"]
    nets = [cp.Network(3, [Hostile(letter), cp.Dense(1)], dtype="float64") for letter in letters]
    compare([SimpleNamespace(net=net, X=np.eye(3)) for net in nets], tmp_path)


@pytest.mark.parametrize("name", ["", "2nd", "a b", "float", "η", None])
def test_names_that_c_does_not_take(name):
    with pytest.raises(cp.errors.InvalidValueError, match="name"):
        cp.Network(1, [cp.Dense(1)]).to_c(name)


def test_what_mixes_samples_is_refused():
    def centred(z):
        return z - cp.broadcast(cp.sum(z, 0), z.shape, (1,))

    net = cp.Network(2, [cp.Dense(2, centred)])
    with pytest.raises(cp.errors.InvalidValueError, match="a sum over the samples in C"):
        net.to_c()
    with pytest.raises(cp.errors.InvalidValueError, match="a sum over the samples in JavaScript"):
        net.to_javascript()
