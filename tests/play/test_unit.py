"""What a unit looks at: its weights and the rows on which it is on, against NumPy alone."""

import numpy as np
import pytest

from clearprop.play.conversation import Conversation
from clearprop.play.presets import PRESETS
from clearprop.play.tables import state_of_text

ACTS = {
    "tanh": np.tanh,
    "sigmoid": lambda z: 1 / (1 + np.exp(-z)),
    "relu": lambda z: np.maximum(z, 0),
    "identity": lambda z: z,
    "softmax": lambda z: np.exp(z) / np.exp(z).sum(axis=1, keepdims=True),
}


def told(talk, layer, unit):
    answer = talk.answer({"do": "unit", "layer": layer, "unit": unit})
    assert "error" not in answer, answer
    return answer["unit"]


def by_numpy(bench, X):
    """z and a of every layer."""
    a, found = X, [(X, X)]
    for l, layer in enumerate(bench.state.network.layers, 1):
        z = a @ bench.network.parameters[f"W{l}"] + bench.network.parameters[f"b{l}"]
        a = ACTS[layer.activation](z)
        found.append((z, a))
    return found


@pytest.mark.parametrize("preset", ["xor", "moons", "wave", "circles"])
def test_weights_are_sorted_by_what_they_do_and_the_unit_is_on_where_it_is(preset):
    talk = Conversation(PRESETS[preset].state(preset))
    talk.answer({"do": "step", "steps": 7})
    bench, depth = talk.bench, talk.bench.network.depth
    rows = bench.samples.train
    values = by_numpy(bench, bench.samples.X[rows])
    for layer in range(1, depth + 1):
        z, a = values[layer]
        for unit in range(z.shape[1]):
            found = told(talk, layer, unit)
            w = bench.network.parameters[f"W{layer}"][:, unit]
            moved = np.abs(w) * values[layer - 1][1].std(axis=0)
            order = [one["index"][0] for one in found["incoming"]]
            assert [one["w"] for one in found["incoming"]] == [w[i] for i in order]
            np.testing.assert_allclose([one["moved"] for one in found["incoming"]], -np.sort(-moved), rtol=1e-9)
            assert found["bias"] == bench.network.parameters[f"b{layer}"][unit]
            on = a[:, unit] > 0.5 if bench.state.network.layers[layer - 1].activation == "softmax" else z[:, unit] > 0
            assert [one["share"] for one in found["on"]] == pytest.approx(
                [on.mean(), *(on[bench.samples.y[rows] == k].mean() for k in range(len(bench.samples.classes)))]
            )
            going = bench.network.parameters[f"W{layer + 1}"][unit] if layer < depth else []
            assert [one["w"] for one in found["outgoing"]] == sorted(going, key=abs, reverse=True)


def test_the_columns_of_a_table_are_named_and_the_largest_effect_comes_first():
    rows = [f"{x},{'red' if x % 3 else 'blue'},{'yes' if x % 2 else 'no'}" for x in range(30)]
    talk = Conversation(state_of_text("t.csv", "width,colour,y\n" + "\n".join(rows), ""))
    names = list(talk.bench.samples.inputs)
    talk.answer({"do": "assign", "name": "W1", "index": [names.index("width"), 0], "value": -8.0})
    found = told(talk, 1, 0)
    assert {one["of"] for one in found["incoming"]} == set(names)
    assert found["incoming"][0]["of"] == "width"
    assert found["said"].startswith("It answers most to width (w = −8, goes down)")
    talk.answer({"do": "change", "part": "view", "changes": {"lang": "zh"}})
    assert told(talk, 1, 0)["said"].startswith("它主要看 width（w = −8，反向）")


def test_what_is_left_out_of_the_tables_is_counted():
    talk = Conversation(PRESETS["xor"].state("xor"))
    layers = [{"units": n, "activation": "tanh"} for n in (60, 50)] + [{"units": 1, "activation": "sigmoid"}]
    assert "error" not in talk.answer({"do": "change", "part": "network", "changes": {"layers": layers}})
    found = told(talk, 1, 3)
    assert len(found["outgoing"]) + found["more_outgoing"] == 50
    found = told(talk, 2, 3)
    assert len(found["incoming"]) + found["more"] == 60
    least = found["incoming"][-1]["moved"]
    spread = np.tanh(talk.bench.samples.X @ talk.bench.network.parameters["W1"]).std(axis=0)
    moved = np.abs(talk.bench.network.parameters["W2"][:, 3]) * spread
    assert np.sort(moved)[-len(found["incoming"])] == pytest.approx(least)


def test_a_unit_without_weights_answers_to_nothing():
    talk = Conversation(PRESETS["xor"].state("xor"))
    talk.answer({"do": "assign", "name": "W1", "index": None, "value": 0.0})
    assert told(talk, 1, 1)["said"].startswith("It answers to nothing")


@pytest.mark.parametrize("asked", [{}, {"layer": 3, "unit": 0}, {"layer": 0, "unit": 0}, {"layer": 1, "unit": 4}])
def test_no_such_unit_is_said(asked):
    assert "; expected" in Conversation(PRESETS["xor"].state("xor")).answer({"do": "unit", **asked})["error"]


def test_of_one_row_nothing_is_said_of_what_moves_a_unit_most():
    talk = Conversation()
    talk.answer({"do": "open", "preset": "mazur"})
    assert "one training row" in talk.answer({"do": "unit", "layer": 1, "unit": 0})["unit"]["said"]
