"""JavaScript source: node answers what the network answers."""

from __future__ import annotations

import subprocess
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import clearprop as cp
from clearprop.interop.source import content_of, javascript_network
from compiled import NODE, agree, answers_in_javascript, far_out, of_every_kind
from networks_to_write import random_case

pytestmark = pytest.mark.skipif(NODE is None, reason="there is no node here")
seeds = st.lists(st.integers(0, 2**31), min_size=10, max_size=10)


@settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck))
@given(seeds)
def test_any_network_answers_the_same(tmp_path_factory, seeds):
    cases = [random_case(seed, "float32" if i % 2 else "float64") for i, seed in enumerate(seeds)]
    agree(cases, answers_in_javascript(cases, tmp_path_factory.mktemp("js")))


@pytest.mark.long
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_hundreds_of_networks(tmp_path, dtype):
    cases = [random_case(seed, dtype) for seed in range(250)]
    agree(cases, answers_in_javascript(cases, tmp_path))


def test_ensembles_heads_wide_layers_and_numbers_far_out(tmp_path):
    cases = [*of_every_kind(), *far_out()]
    agree(cases, answers_in_javascript(cases, tmp_path))


def test_a_row_of_another_length_is_refused(tmp_path):
    (tmp_path / "net.mjs").write_text(cp.Network(2, [cp.Dense(1)]).to_javascript(), encoding="utf-8")
    (tmp_path / "main.mjs").write_text('import { predict } from "./net.mjs"; predict([[1, 2, 3]]);')
    out = subprocess.run([str(NODE), "main.mjs"], cwd=tmp_path, capture_output=True, text=True)
    assert out.returncode
    assert "RangeError: 3 numbers in a row, expected 2" in out.stderr


def test_no_name_leaves_a_page_that_the_network_stands_in():
    def build(x, scope):
        x = scope.open_layer(x)
        W = scope.parameter("V</script>", (x.shape[1], 2), cp.Normal(0.5), role="weight")
        return scope.named(cp.tanh(scope.named(x @ W, "<!--</script>")), "a")

    net = cp.Network(3, [SimpleNamespace(build=build), cp.Dense(1)])
    for text in (net.to_javascript(), javascript_network(content_of(net.architecture, net.parameters, "f32"))):
        assert "</" not in text
        assert "<!--" not in text
