"""Runs side by side: each is what a training of its own comes to, and one of them can be gone on with."""

import numpy as np
import pytest

from clearprop.play import compare
from clearprop.play.bench import Bench
from clearprop.play.conversation import Conversation


def talking(preset):
    talk = Conversation()
    talk.answer({"do": "open", "preset": preset})
    return talk


@pytest.mark.parametrize(
    ("what", "names", "part"),
    [("init", ["zeros", "small", "glorot", "he"], "network"), ("optimizer", ["gradient_descent", "adam"], "training")],
)
def test_each_run_is_a_training_of_its_own(what, names, part):
    talk = talking("circles")
    talk.bench.assign("W1", [0, 0], 0.75)
    first = {name: np.array(a) for name, a in talk.bench.network.arrays().items()}
    talk.answer({"do": "step", "steps": 7})
    before = talk.bench.current()
    found = talk.answer({"do": "compare", "what": what, "of": names, "steps": 40})["compared"]
    assert talk.bench.current() == before
    assert found["taken"] == 40
    assert found["said"] == []
    for run, name in zip(found["runs"], names, strict=True):
        alone = Bench(before)
        alone.rewind()
        if what == "optimizer":
            assert all(np.array_equal(a, first[n]) for n, a in alone.network.arrays().items())
        alone.change(part, {what: name})
        alone.step(40)
        train, test = alone.losses()
        assert (run["losses"]["train"], run["losses"]["test"]) == (train, test)
        assert run["curve"]["step"] == list(range(41))
    answer = talk.answer({"do": "take", "run": 1})
    assert answer["state"][part][what] == names[1]
    assert answer["position"]["step"] == 40
    assert answer["losses"]["test"] == found["runs"][1]["losses"]["test"]


def test_a_comparison_that_is_too_long_is_cut_short_and_that_is_said(monkeypatch):
    monkeypatch.setattr(compare, "MOST_SECONDS", 0.0)
    found = talking("xor").answer({"do": "compare", "what": "init", "steps": 1000})["compared"]
    assert found["taken"] == 10
    assert "10 of 1,000 steps" in found["said"][0]
    assert {len(run["curve"]["step"]) for run in found["runs"]} == {2}


def test_a_run_that_diverges_is_said_and_the_others_go_on():
    talk = talking("wave")
    talk.answer({"do": "change", "part": "training", "changes": {"learning_rate": 1e9}})
    found = talk.answer({"do": "compare", "what": "optimizer", "of": ["gradient_descent", "adam"], "steps": 20})
    diverged = {run["name"]: run["diverged"] for run in found["compared"]["runs"]}
    assert diverged == {"gradient_descent": True, "adam": False}


@pytest.mark.parametrize(
    "message",
    [
        {"what": "loss"},
        {"what": "init", "of": ["zeros"]},
        {"what": "init", "of": ["zeros", "zeros"]},
        {"what": "init", "of": ["zeros", "magic"]},
        {"what": "optimizer", "of": "adam"},
        {"what": "init", "steps": 0},
    ],
)
def test_a_comparison_that_cannot_be_is_a_sentence(message):
    assert talking("xor").answer({"do": "compare", **message})["error"]
    assert talking("xor").answer({"do": "take", "run": 0})["error"]
