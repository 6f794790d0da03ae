"""Two functions have the same hash exactly if they do the same, as far as that can be seen."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from clearprop.network.hashed import hashed

NEAR, FAR = 0.1, 0.2
calls, log = 0, []


def closing(t):
    return lambda y, a: abs(y - a) < t


def counting(t):
    seen = 0

    def count(y, a):
        nonlocal seen
        global calls
        seen, calls = seen + 1, calls + 1
        return abs(y - a) < t

    return count


def reading(name, value):
    """A function that reads a global."""
    space: dict[str, Any] = {name: value, "__name__": "one"}
    exec(f"def read(y, a): return sum({name} for _ in y)", space)
    return space["read"]


def helped(source):
    space: dict[str, Any] = {"__name__": "one"}
    exec(f"def helper(y): return {source}\ndef helped(y, a): return helper(y)", space)
    return space["helped"]


def recursive(n):
    return n and recursive(n - 1)


@dataclass
class Share:
    """A metric that is an object."""

    limit: float

    def __call__(self, y, a):
        return self.inner(y) < self.limit

    def inner(self, y):
        return y


class Counting(Share):
    calls = 0

    def __call__(self, y, a):
        self.calls += 1
        return super().__call__(y, a)

    def count(self, y, a):
        self.calls += 1
        return self.calls


class Stricter(Share):
    def inner(self, y):
        return y + 1


def above(y, a, limit=0.0, *, strict=True):
    return (a > limit) if strict else (a >= limit)


PAIRS = {
    "constant": (lambda y, a: 0.1, lambda y, a: 0.2),
    "type of a constant": (lambda y, a: 1, lambda y, a: True),
    "nested function": (lambda y, a: (lambda t: t + 1)(y), lambda y, a: (lambda t: t + 2)(y)),
    "set": (lambda y, a: y in {"a", "b"}, lambda y, a: y in {"a", "c"}),
    "closure": (closing(0.1), closing(5.0)),
    "array in a closure": (closing(np.zeros(2)), closing(np.zeros(3))),
    "closure with a function": (closing(closing(1)), closing(closing(2))),
    "counting": (counting(0.1), counting(0.2)),
    "default": (lambda y, a, t=1: t, lambda y, a, t=2: t),
    "keyword default": (lambda y, a, *, t=1: t, lambda y, a, *, t=2: t),
    "name of a global": (lambda y, a: NEAR, lambda y, a: FAR),
    "global": (reading("LIMIT", 0.1), reading("LIMIT", 0.2)),
    "global tuple": (reading("LIMIT", (1, 2)), reading("LIMIT", (1, 3))),
    "helper": (helped("y + 1"), helped("y + 2")),
    "partial argument": (functools.partial(above, limit=1), functools.partial(above, limit=2)),
    "partial or not": (functools.partial(above), above),
    "object": (Share(0.1), Share(0.2)),
    "object that counts": (Counting(0.1), Counting(0.2)),
    "class": (Share(0.1), Stricter(0.1)),
    "method": (Share(0.1).inner, Share(0.2).inner),
    "cached": (functools.lru_cache(closing(1)), functools.lru_cache(closing(2))),
    "compiled": (np.add, np.subtract),
    "list": ([1, 2], [2, 1]),
    "dict": ({"a": 1}, {"a": 2}),
    "pairs": ({"a": "b"}, {"b": "a"}),
    "long number": (10**5000, 10**5000 + 1),
    "parts": (("ab", "c"), ("a", "bc")),
}


@pytest.mark.parametrize("what", PAIRS)
def test_what_differs_has_another_hash(what):
    one, other = PAIRS[what]
    assert hashed(one) == hashed(one)
    assert hashed(one) != hashed(other)


def test_what_is_made_anew_has_the_same_hash():
    for make in (lambda: closing(0.1), lambda: Share(0.1), lambda: functools.partial(above, strict=False)):
        assert hashed(make()) == hashed(make())
    assert hashed({1: 2, 3: 4}) == hashed({3: 4, 1: 2})
    assert hashed(reading("LIMIT", print)) == hashed(reading("LIMIT", len)), "a global that is no plain constant"


def test_what_a_function_changes_itself_is_left_out():
    share = Counting(0.1)
    share(1.0, 2.0)
    for count in (counting(0.1), share, share.count):
        before = hashed(count)
        count(1.0, 2.0)
        assert hashed(count) == before


def compiled(text, name="one.py"):
    space: dict[str, Any] = {}
    exec(compile(text, name, "exec"), space)
    return space["f"]


def test_a_docstring_is_left_out():
    one, other = (
        compiled(f'def f(y):\n    {doc}\n    return y + "a"') for doc in ('"""Says this."""', '"""Says that."""')
    )
    assert one.__doc__ != other.__doc__
    assert hashed(one) == hashed(other)
    assert hashed(one) != hashed(compiled('def f(y):\n    """Says this."""\n    return y + "b"'))


def test_the_place_in_a_file_is_left_out():
    text = "def f(y, a):\n    return [(lambda t: t in {'a', 'b'})(v) for v in y]"
    assert hashed(compiled(text, "one.py")) == hashed(compiled("\n\n" + text, "/else/two.py"))


def test_which_equal_values_are_one_object_is_left_out():
    one, other = "".join(["a", "b"]), "".join(["a", "b"])
    numbers = [1]
    assert one is not other
    assert hashed((one, one, numbers, numbers)) == hashed((one, other, numbers, numbers))


def test_what_refers_to_itself_ends():
    loop: list[Any] = []
    loop += [loop, loop, loop]
    assert hashed(loop) == hashed(loop)
    assert hashed([loop, 1]) != hashed([loop, 2])
    assert hashed(recursive) == hashed(recursive)
    assert hashed(closing([0] * 200_000)) != hashed(closing([0] * 200_001)), "by its length alone"
