"""The bench: what it shows is the trace of the step that comes next, and the state holds all of it."""

import json
import sys

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clearprop.errors import ClearpropError
from clearprop.explain.derivation.source import DerivationSource
from clearprop.play.bench import Bench
from clearprop.play.conversation import Conversation
from clearprop.play.nudge import nudged
from clearprop.play.presets import PRESETS
from clearprop.play.scene import numbers
from clearprop.play.state import State

SMALL = ("xor", "mazur", "cs231n", "three_four_one", "circles", "wave")


def again(state):
    """A state that has gone through a link."""
    return State.from_dict(json.loads(json.dumps(state.to_dict(), allow_nan=False)))


@pytest.mark.parametrize("name", PRESETS)
def test_a_state_holds_all_that_the_next_steps_start_from(name):
    if name == "digits":
        pytest.importorskip("sklearn")
    bench = Bench(PRESETS[name].state(name))
    bench.change("training", {"optimizer": "adam", "batch_size": 3, "shuffle": True})
    bench.step(7)
    other = Bench(again(bench.current()))
    assert other.losses() == bench.losses()
    for one in (bench, other):
        one.step(5)
    assert other.losses() == bench.losses()
    assert all(np.array_equal(a, other.network.arrays()[n]) for n, a in bench.network.arrays().items())


@pytest.mark.parametrize("optimizer", ["gradient_descent", "sgd", "adam", "rmsprop", "adagrad", "adamw"])
@pytest.mark.parametrize("name", SMALL)
def test_numbers_are_those_of_the_trace_and_new_ones_those_of_the_derivation(name, optimizer):
    bench = Bench(PRESETS[name].state(name))
    bench.change("training", {"optimizer": optimizer, "batch_size": 2, "l2": 0.01})
    bench.step(3)
    shown, trace = numbers(bench)["values"], bench.trace()
    derived = DerivationSource(trace, "row", 4, bench.optimizer).arrays
    for value in trace.backward_names:
        assert np.array_equal(shown[value], trace[value])
    new = [n for n in shown if n.endswith("'")]
    assert len(new) >= len(bench.network.parameters)
    for value in new:
        np.testing.assert_allclose(shown[value], derived[value], rtol=1e-12, atol=1e-300)
    bench.step(1)
    for parameter, values in bench.network.parameters.items():
        np.testing.assert_allclose(values, shown[f"{parameter}'"], rtol=1e-12, atol=1e-300)


@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("step"), st.integers(1, 9)),
            st.tuples(st.just("assign"), st.floats(-2, 2)),
            st.tuples(st.just("go"), st.integers(0, 9)),
            st.tuples(st.just("rewind"), st.just(0)),
        ),
        max_size=8,
    )
)
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_every_point_of_the_way_is_where_the_training_was(acts):
    bench = Bench(PRESETS["xor"].state("xor"))
    for act, value in acts:
        match act:
            case "step":
                bench.step(value)
            case "assign":
                bench.assign("W1", [0, 1], value)
            case "go":
                bench.go_to(value)
            case "rewind":
                bench.rewind()
        for place in (0, bench.way.now, len(bench.way.points) - 1):
            now = bench.way.now
            bench.go_to(place)
            point = bench.way.points[bench.way.now]
            assert bench.losses() == (point.train, point.test)
            assert bench.training.run.step == point.snapshot.step
            bench.go_to(now)


def test_a_typed_weight_of_the_start_is_where_rewinding_leads():
    bench = Bench(PRESETS["xor"].state("xor"))
    bench.assign("W1", [1, 2], 0.75)
    bench.step(4)
    bench.assign("b2", [0], 5.0)
    bench.rewind()
    assert bench.network.parameters["W1"][1, 2] == 0.75
    assert bench.network.parameters["b2"][0] == 0.0
    assert bench.current().now == {}


def test_a_typed_sample_turns_data_into_numbers_and_keeps_the_weights():
    bench = Bench(PRESETS["xor"].state("xor"))
    bench.assign("W1", [0, 0], 0.5)
    bench.assign("X", [3, 1], 0.25)
    bench.assign("y", [0, 0], 1)
    assert bench.samples.X[bench.rows[3], 1] == 0.25
    assert bench.targets(bench.rows)[0] == 1
    assert bench.network.parameters["W1"][0, 0] == 0.5
    assert bench.state.data.kind == "numbers"


def test_parameters_that_still_fit_stay_when_a_layer_changes():
    bench = Bench(PRESETS["xor"].state("xor"))
    bench.assign("W1", [0, 0], 0.5)
    bench.change("network", {"layers": [{"units": 4, "activation": "relu"}, {"units": 1, "activation": "sigmoid"}]})
    assert bench.network.parameters["W1"][0, 0] == 0.5
    bench.change("network", {"layers": [{"units": 3, "activation": "relu"}, {"units": 1, "activation": "sigmoid"}]})
    assert bench.network.parameters["W1"].shape == (2, 3)


@pytest.mark.parametrize(
    ("part", "changes"),
    [
        ("network", {"init": "zeros"}),
        ("network", {"layers": [{"units": 3, "activation": "relu"}, {"units": 1, "activation": "sigmoid"}]}),
        ("network", {"loss": "mean_squared_error", "bias": False, "seed": 7}),
        ("training", {"optimizer": "adam", "learning_rate": 0.25, "batch_size": 3, "l2": 0.5}),
        ("data", {"name": "circles", "rows": 50, "noise": 0.25, "test": 0.5}),
        ("view", {"lang": "zh", "notation": "d", "convention": "column", "digits": 7}),
    ],
)
def test_a_change_is_in_the_state_and_in_the_network(part, changes):
    bench = Bench(PRESETS["xor"].state("xor"))
    bench.step(3)
    bench.change(part, changes)
    found = bench.current().to_dict()[part]
    assert {name: found[name] for name in changes} == changes
    assert again(bench.current()) == bench.current()
    if changes.get("init") == "zeros":
        assert not bench.network.parameters["W1"].any()


@pytest.mark.parametrize(
    ("part", "changes"),
    [
        ("network", {"layers": []}),
        ("network", {"layers": [{"units": 0, "activation": "tanh"}]}),
        ("network", {"layers": [{"units": 10**9, "activation": "tanh"}]}),
        ("network", {"loss": "hinge"}),
        ("network", {"layers": [{"units": 3, "activation": "sigmoid"}]}),
        ("training", {"optimizer": "lion"}),
        ("training", {"learning_rate": -1.0}),
        ("training", {"batch_size": -2}),
        ("data", {"name": "moon"}),
        ("view", {"lang": 3}),
        ("view", {"lang": "fr"}),
        ("view", {"digits": 0}),
        ("view", {"convention": "rows"}),
        ("sound", {}),
    ],
)
def test_a_change_that_cannot_be_is_refused_and_nothing_has_changed(part, changes):
    bench = Bench(PRESETS["xor"].state("xor"))
    bench.step(3)
    before = bench.current()
    with pytest.raises(ClearpropError):
        bench.change(part, changes)
    assert bench.current() == before


def test_a_training_that_diverges_is_told_and_the_network_is_finite():
    talk = Conversation()
    talk.answer({"do": "open", "preset": "wave"})
    talk.answer(
        {"do": "change", "part": "training", "changes": {"optimizer": "gradient_descent", "learning_rate": 1e9}}
    )
    answers = [talk.answer({"do": "run", "seconds": 0.02}) for _ in range(3)]
    assert any("diverged" in answer.get("error", "") for answer in answers)
    assert all(np.isfinite(a).all() for a in talk.bench.network.arrays().values())


def test_a_formula_has_the_number_that_the_step_has_in_both_conventions():
    talk = Conversation()
    talk.answer({"do": "open", "preset": "mazur"})
    for convention, index in (("row", [0, 1]), ("column", [0, 1])):
        talk.answer({"do": "change", "part": "view", "changes": {"convention": convention, "digits": 9}})
        found = talk.answer({"do": "formula", "name": "dW2", "index": index})["formula"]
        equation = found["blocks"][0]["blocks"][0]["blocks"][0]["equations"][0]
        assert "₁₂" in equation[0]["text"] if convention == "row" else "₂₁" in equation[0]["text"]
        value = float(equation[-1]["text"].replace("−", "-"))
        assert value == pytest.approx(float(talk.bench.trace().dW[2][0, 1]), rel=1e-8)


def test_the_doctor_finds_equal_units_and_mends_them():
    talk = Conversation()
    talk.answer({"do": "open", "preset": "xor"})
    talk.answer({"do": "change", "part": "network", "changes": {"init": "zeros"}})
    found = talk.answer({"do": "doctor"})["diagnosis"]["findings"]
    assert found[0]["illness"] == "symmetry"
    assert found[0]["mends"]
    answer = talk.answer({"do": "mend", "illness": "symmetry"})
    assert answer["state"]["network"]["init"] == "glorot"
    assert "symmetry" not in [one["illness"] for one in talk.answer({"do": "doctor"})["diagnosis"]["findings"]]
    assert talk.answer({"do": "mend", "illness": "symmetry"})["error"]


def test_one_layer_that_stopped_at_guessing_is_told_and_mended_by_a_hidden_one():
    talk = Conversation()
    talk.answer({"do": "open", "preset": "xor"})
    talk.answer({"do": "change", "part": "network", "changes": {"layers": [{"units": 1, "activation": "sigmoid"}]}})
    for _ in range(10):
        talk.answer({"do": "step", "steps": 200})
    assert talk.bench.losses()[0] == pytest.approx(np.log(2))
    (found,) = talk.answer({"do": "doctor"})["diagnosis"]["findings"]
    assert found["illness"] == "linear_limit"
    assert found["advice"] == "Network → 16 tanh, 1 sigmoid."
    talk.answer({"do": "mend", "illness": "linear_limit"})
    for _ in range(10):
        talk.answer({"do": "step", "steps": 200})
    assert talk.bench.losses()[0] < 0.1
    assert talk.answer({"do": "doctor"})["diagnosis"]["findings"] == []


def test_every_button_that_is_offered_mends():
    talk = Conversation()
    layers = [{"units": 32, "activation": "relu"}, {"units": 32, "activation": "relu"}]
    layers.append({"units": 2, "activation": "softmax"})
    talk.answer({"do": "open", "preset": "moons"})
    talk.answer({"do": "change", "part": "data", "changes": {"rows": 60, "noise": 0.6, "test": 0.4}})
    talk.answer({"do": "change", "part": "training", "changes": {"learning_rate": 0.01}})
    talk.answer({"do": "change", "part": "network", "changes": {"layers": layers}})
    for _ in range(30):
        talk.answer({"do": "step", "steps": 1000})
    found = talk.answer({"do": "doctor"})["diagnosis"]["findings"]
    assert "overfitting" in [one["illness"] for one in found]
    before = talk.bench.current()
    for one in found:
        talk.bench.open(before)
        if one["mends"]:
            assert "error" not in talk.answer({"do": "mend", "illness": one["illness"]}), one


@pytest.mark.parametrize("name", SMALL)
def test_a_nudge_is_the_difference_that_numpy_makes(name):
    bench = Bench(PRESETS[name].state(name))
    bench.step(2)
    net, rows = bench.network.copy(), bench.rows
    found = nudged(bench, "W1", [0, 0], 1e-4)
    losses = []
    for by in (-1e-4, 0.0, 1e-4):
        W = np.array(bench.network.parameters["W1"])
        W[0, 0] += by
        net.parameters["W1"] = W
        losses.append(net.trace(bench.samples.X[rows], bench.targets(rows)).loss)
    np.testing.assert_allclose(found["losses"], losses, rtol=1e-12)
    assert found["difference"] == pytest.approx((losses[2] - losses[0]) / 2e-4, rel=1e-6)
    assert found["gradient"] == float(bench.trace().dW[1][0, 0])
    assert found["relative"] < 1e-4


def test_without_scikit_learn_its_digits_are_a_sentence(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn", None)
    answer = Conversation().answer({"do": "open", "preset": "digits"})
    assert "pip install" in answer["error"]
    assert "fault" not in answer["error"]
