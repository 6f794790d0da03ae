"""Predict first, then reveal: questions about the step that comes next, made of the numbers of its trace."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from clearprop.errors import InvalidValueError
from clearprop.explain.derivation.symbols import ElementPlace, symbol
from clearprop.graph import Name
from clearprop.messages import Message
from clearprop.play.bench import Bench
from clearprop.play.formulas import formula
from clearprop.play.scene import of_samples
from clearprop.present.formula import number, to_text

_TOLERANCE, _LEAST = 0.01, 5e-4  # of the answer; of whatever is smaller


@dataclass(frozen=True)
class Exercise:
    """A question.

    Attributes:
        ask: the question.
        name, index: of the value that is asked for, counted from 0; the page hides it.
        answer: a number, or one of "+", "-" and "0".
        choices: what can be chosen; empty where a number is to be typed.
    """

    ask: Message
    name: str
    index: tuple[int, ...]
    answer: float | str
    choices: tuple[str, ...] = ()

    def is_right(self, given: Any) -> bool:
        """Whether an answer is right: the sign, or the number within 1 %, or 0.0005."""
        if self.choices:
            return bool(given == self.answer)
        assert isinstance(self.answer, float)
        if isinstance(given, bool) or not isinstance(given, int | float) or not math.isfinite(given):
            return False
        return abs(given - self.answer) <= max(_LEAST, _TOLERANCE * abs(self.answer))


_SIGNS = ("+", "-", "0")


def exercise(bench: Bench, seed: int) -> Exercise:
    """A question about the next step, the same one for the same seed and numbers.

    Raises:
        InvalidValueError: if there is nothing that can be asked.
    """
    rng = np.random.Generator(np.random.Philox(abs(seed) % 2**63))
    kinds = [made for kind in _KINDS if (made := list(kind(bench, rng)))]
    if not kinds:
        raise InvalidValueError("a network that has no finite numbers to ask for", "another one")
    found = kinds[int(rng.integers(len(kinds)))]
    return found[int(rng.integers(len(found)))]


def _elements(bench: Bench, rng: np.random.Generator, name: Name) -> tuple[str, tuple[int, ...], float]:
    """One element of a value, of the sample that is shown."""
    trace, row = bench.trace(), bench.row
    array = trace.parameters[name] if name in trace.parameters else np.asarray(trace[name])
    index = tuple(int(rng.integers(d)) for d in array.shape)
    if of_samples(name):
        index = (row, *index[1:])
    place = ElementPlace(tuple(k + 1 for k in (index[1:] if of_samples(name) else index)))
    if bench.state.view.convention == "column" and len(place.below) == 2:
        place = ElementPlace(place.below[::-1])
    shown: Any = bench.state.view.notation
    return to_text(symbol(name, place, shown)), index, float(array[index])


def _numbers(bench: Bench, rng: np.random.Generator, names: list[Name], key: str) -> Iterator[Exercise]:
    for name in names:
        said, index, value = _elements(bench, rng, name)
        if math.isfinite(value) and abs(value) >= 0.01:
            yield Exercise(Message.of(key, {"what": said}), name, index, value)


def _values(bench: Bench, letter: str) -> list[Name]:
    names = [name for name in bench.trace() if isinstance(name, Name) and (name.role, name.letter) == ("value", letter)]
    return [name for name in names if name.layer]


def _gradients(bench: Bench, role: str, letter: str) -> list[Name]:
    trace = bench.trace()
    named = [n for n in trace.backward_names if n.of is not None and (n.of.role, n.of.letter) == (role, letter)]
    return [name for name in named if np.isfinite(trace[name]).all()]


def _sign_of(value: float) -> str:
    return "0" if value == 0 else "+" if value > 0 else "-"


def _signs(bench: Bench, rng: np.random.Generator) -> Iterator[Exercise]:
    for name in _gradients(bench, "parameter", "W"):
        said, index, value = _elements(bench, rng, name)
        yield Exercise(Message("play.exercise.sign", what=said), name, index, _sign_of(value), _SIGNS)


def _directions(bench: Bench, rng: np.random.Generator) -> Iterator[Exercise]:
    for name in _gradients(bench, "parameter", "b"):
        _, index, value = _elements(bench, rng, name)
        if name.of is not None and value:
            said = to_text(symbol(name.of, ElementPlace((index[0] + 1,))))
            yield Exercise(Message("play.exercise.direction", what=said), name, index, _sign_of(value), _SIGNS[:2])


def _updates(bench: Bench, rng: np.random.Generator) -> Iterator[Exercise]:
    new = bench.update.values(bench.trace())
    for name in bench.update.names:
        if name.of is not None and name.of.role == "parameter":
            index = tuple(int(rng.integers(d)) for d in new[name].shape)
            below = tuple(k + 1 for k in index)
            turned = bench.state.view.convention == "column" and len(below) == 2
            said = to_text(symbol(name.of, ElementPlace(below[::-1] if turned else below)))
            value = float(new[name][index])
            if math.isfinite(value):
                yield Exercise(Message("play.exercise.update", what=said), name, index, value)


def _losses(bench: Bench, rng: np.random.Generator) -> Iterator[Exercise]:
    loss = float(bench.trace().loss)
    if math.isfinite(loss) and bench.trace().samples <= 4:
        yield Exercise(Message("play.exercise.loss"), "L", (), loss)


_KINDS: tuple[Callable[[Bench, np.random.Generator], Iterator[Exercise]], ...] = (
    lambda bench, rng: _numbers(bench, rng, _values(bench, "z"), "play.exercise.z"),
    lambda bench, rng: _numbers(bench, rng, _values(bench, "a"), "play.exercise.a"),
    lambda bench, rng: _numbers(bench, rng, _gradients(bench, "value", "z"), "play.exercise.delta"),
    lambda bench, rng: _numbers(bench, rng, _gradients(bench, "value", "a"), "play.exercise.da"),
    lambda bench, rng: _numbers(bench, rng, _gradients(bench, "parameter", "W"), "play.exercise.weight"),
    lambda bench, rng: _numbers(bench, rng, _gradients(bench, "parameter", "b"), "play.exercise.bias"),
    _signs,
    _directions,
    _updates,
    _losses,
)


def asked(bench: Bench, made: Exercise) -> dict[str, Any]:
    """The question for the page, without its answer."""
    index = made.index[1:] if len(made.index) > 1 and _is_of_samples(bench, made.name) else made.index
    return {
        "ask": made.ask(bench.lang),
        "name": made.name,
        "index": list(index),
        "choices": list(made.choices),
    }


def judged(bench: Bench, made: Exercise, given: Any) -> dict[str, Any]:
    """Whether an answer is right, and how the right one comes about."""
    right = made.is_right(given)
    sign = {"+": "+", "-": "−", "0": "0"}
    answer = (
        to_text(number(made.answer, bench.state.view.digits)) if isinstance(made.answer, float) else sign[made.answer]
    )
    said = Message("play.exercise.right" if right else "play.exercise.wrong", answer=answer)
    index = list(made.index) if made.index else None
    return {"right": right, "said": said(bench.lang), "formula": formula(bench, made.name, index)}


def _is_of_samples(bench: Bench, name: str) -> bool:
    found = next((one for one in bench.trace() if one == name), None)
    return isinstance(found, Name) and of_samples(found)
