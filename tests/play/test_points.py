"""Samples that are drawn or typed one by one: in the bench, and with the mouse on the page."""

import json

import numpy as np
import pytest

from clearprop.play.conversation import Conversation
from clearprop.play.state import State


def talking(preset):
    talk = Conversation()
    assert "error" not in talk.answer({"do": "open", "preset": preset})
    return talk


@pytest.mark.parametrize(
    ("preset", "x", "y"), [("plane", [0.25, 0.5], [1]), ("line", [0.25], [0.75]), ("moons", [0, 0], [0])]
)
def test_a_drawn_point_is_learned_from_and_the_network_goes_on(preset, x, y):
    talk = talking(preset)
    talk.answer({"do": "step", "steps": 5})
    before, plane = talk.bench.network.arrays(), talk.answer({"do": "change", "part": "view", "changes": {}})["plane"]
    answer = talk.answer({"do": "sample", "add": x, "y": y, "drawn": True})
    assert answer["state"]["data"]["kind"] == "points"
    assert answer["plane"]["ends"] == plane["ends"]
    assert answer["position"]["step"] == 5
    assert all(np.array_equal(a, before[name]) for name, a in talk.bench.network.arrays().items())
    samples = talk.bench.samples
    assert samples.X[-1].tolist() == x
    assert len(samples.train) == len(samples.X)
    assert len(samples.test) == 0
    last = len(samples.X) - 1
    moved = talk.answer({"do": "sample", "set": last, "x": [0.125] * len(x), "drawn": True})
    assert moved["plane"]["points"]["x"][last] == [0.125] * len(x)
    assert State.from_dict(json.loads(json.dumps(talk.bench.current().to_dict()))) == talk.bench.current()
    talk.answer({"do": "sample", "remove": last, "drawn": True})
    assert len(talk.bench.samples.X) == last
    assert "error" not in talk.answer({"do": "step", "steps": 3})


def test_a_class_more_has_a_unit_more():
    talk = talking("plane")
    first = talk.bench.network.arrays()["W1"]
    assert talk.answer({"do": "sample", "class": True})["frame"]["classes"] == ["0", "1", "2"]
    assert talk.bench.network.architecture.n_outputs == 3
    assert np.array_equal(first, talk.bench.network.arrays()["W1"])
    assert "error" not in talk.answer({"do": "sample", "add": [0.5, -0.5], "y": [2], "drawn": True})
    assert "error" not in talk.answer({"do": "step", "steps": 3})
    assert talking("line").answer({"do": "sample", "class": True})["error"]


@pytest.mark.parametrize(
    "message",
    [
        {"add": [1.0], "y": [1]},
        {"add": [1.0, None], "y": [1]},
        {"add": [1.0, 2.0], "y": [2]},
        {"add": [1.0, 1e99], "y": [1]},
        {"add": [1.0, 2.0]},
        {"set": 9, "x": [1.0, 2.0]},
        {"set": "0", "x": [1.0, 2.0]},
        {"remove": -1},
        {},
    ],
)
def test_a_sample_that_cannot_be_is_refused_and_nothing_has_changed(message):
    talk = talking("plane")
    before = talk.bench.current()
    assert talk.answer({"do": "sample", "drawn": True, **message})["error"]
    assert talk.bench.current() == before


def test_the_last_sample_stays():
    talk = talking("cs231n")
    assert "one or more" in talk.answer({"do": "sample", "remove": 0})["error"]


def test_rows_of_a_table_are_the_samples_and_can_be_typed():
    talk = talking("moons")
    found = talk.answer({"do": "samples", "first": 495, "count": 10})["samples"]
    samples = talk.bench.samples
    assert [one["row"] for one in found["rows"]] == [495, 496, 497, 498, 499]
    assert [one["x"] for one in found["rows"]] == samples.X[495:].tolist()
    assert [one["test"] for one in found["rows"]] == np.isin(range(495, 500), samples.test).tolist()
    talk = talking("mazur")
    talk.answer({"do": "sample", "copy": 0})
    talk.answer({"do": "sample", "set": 1, "x": {"at": 1, "value": 0.5}})
    talk.answer({"do": "sample", "set": 1, "y": {"at": 0, "value": 0.25}})
    assert talk.bench.samples.X.tolist() == [[0.05, 0.10], [0.05, 0.5]]
    assert talk.bench.samples.y.tolist() == [[0.01, 0.99], [0.25, 0.99]]
    assert talk.answer({"do": "samples"})["samples"]["targets"] == ["y1", "y2"]
    assert talk.answer({"do": "sample", "set": 1, "x": {"at": 2, "value": 0.5}})["error"]
    assert talk.answer({"do": "samples", "first": -1})["error"]


@pytest.mark.parametrize(
    ("preset", "fields"),
    [("xor", []), ("moons", ["rows", "noise", "test", "seed"]), ("plane", [])],
)
def test_fields_that_say_how_samples_are_drawn(preset, fields):
    talk = talking(preset)
    assert talk.answer({"do": "change", "part": "view", "changes": {}})["frame"]["drawn"] == fields
