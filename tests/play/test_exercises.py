"""Questions and planted mistakes: held against the trace, and against differences of the loss."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearprop.play.bench import Bench
from clearprop.play.conversation import Conversation
from clearprop.play.exercises import exercise
from clearprop.play.mistakes import MISTAKES, _Backward, _planted, puzzle
from clearprop.play.nudge import nudged
from clearprop.play.presets import PRESETS

SMALL = ("xor", "mazur", "cs231n", "three_four_one", "circles", "wave", "moons")


def bench_of(name, steps=2):
    bench = Bench(PRESETS[name].state(name))
    bench.step(steps)
    return bench


@given(st.sampled_from(SMALL), st.integers(0, 10**6))
def test_answers_are_those_of_the_trace_and_signs_those_of_differences(name, seed):
    bench = bench_of(name)
    made, trace = exercise(bench, seed), bench.trace()
    if made.choices:
        parameter = made.name[1:]
        if made.answer != "0" and parameter in bench.network.parameters:
            slope = nudged(bench, parameter, list(made.index), 1e-6)["difference"]
            if abs(slope) > 1e-6:
                assert (made.answer == "+") == (slope > 0)
        assert made.is_right(made.answer)
        assert not made.is_right("?")
        return
    if made.name == "L":
        wanted = trace.loss
    elif made.name.endswith("'"):
        wanted = bench.update.values(trace)[made.name][made.index]
    else:
        wanted = trace[made.name][made.index]
    assert made.answer == pytest.approx(float(wanted))
    assert made.is_right(float(wanted))
    assert made.is_right(float(f"{wanted:.3g}"))
    assert not made.is_right(float(wanted) + 0.001 + 0.02 * abs(wanted))


def test_there_are_ten_kinds_of_questions():
    bench = bench_of("three_four_one")
    assert len({exercise(bench, seed).ask.key for seed in range(100)}) == 10


@pytest.mark.parametrize("name", SMALL)
def test_without_a_mistake_the_backward_pass_is_that_of_the_trace(name):
    bench = bench_of(name)
    values, first = _Backward(bench, "none", 0).run()
    assert first == ""
    for value, array in values.items():
        np.testing.assert_allclose(array, bench.trace()[value], rtol=1e-9, atol=1e-13)


@pytest.mark.parametrize("name", ["xor", "three_four_one", "moons", "circles"])
def test_a_planted_mistake_shows_from_its_value_on_and_nowhere_before(name):
    bench, seen = bench_of(name), set()
    names = [str(n) for n in bench.trace().backward_names]
    for seed in range(8):
        made = puzzle(bench, seed)
        seen.add(made.mistake)
        place = names.index(made.first)
        for value in names[:place]:
            assert np.allclose(made.values[value], bench.trace()[value], rtol=1e-9, atol=1e-13), (made.mistake, value)
        assert not np.allclose(made.values[made.first], bench.trace()[made.first], rtol=1e-6, atol=1e-12)
    assert seen


def test_every_mistake_can_be_planted_somewhere():
    benches = [bench_of(name) for name in ("xor", "moons", "mazur")]
    assert {one.mistake for bench in benches for name in MISTAKES for one in _planted(bench, name)} == set(MISTAKES)


def test_a_conversation_about_an_exercise_and_a_puzzle():
    talk = Conversation()
    talk.answer({"do": "open", "preset": "three_four_one"})
    question = talk.answer({"do": "exercise", "seed": 5})["exercise"]
    assert "answer" not in question
    answer = exercise(talk.bench, 5).answer
    assert talk.answer({"do": "exercise", "seed": 5, "answer": answer})["judged"]["right"]
    made = puzzle(talk.bench, 4)
    wrong = talk.answer({"do": "puzzle", "seed": 4, "name": "da1", "mistake": "?"})["judged"]
    assert not wrong["right"]
    right = talk.answer({"do": "puzzle", "seed": 4, "name": made.first, "mistake": made.mistake})["judged"]
    assert right["right"]
    assert right["formula"]["blocks"]
