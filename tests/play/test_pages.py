"""Many pages at once: a bench that was put away goes on as if it had not been; one that was given up says so."""

from __future__ import annotations

import json

import pytest

pytest.importorskip("starlette")
pytest.importorskip("uvicorn")

from browser import Browser, needs_browser
from clearprop.play import server as module
from clearprop.play.conversation import Conversation
from clearprop.play.server import Pages
from playing import act, opened, served, settled

ADAM = {"do": "change", "part": "training", "changes": {"optimizer": "adam", "learning_rate": 0.05, "shuffle": True}}
ASKED = [
    {"do": "open", "preset": "moons"},
    ADAM,
    {"do": "assign", "name": "W1", "index": [0, 0], "value": 0.25},
    {"do": "step", "steps": 37},
]


@pytest.fixture
def few(monkeypatch):
    monkeypatch.setattr(module, "_MOST_PAGES", 1)


def test_a_bench_that_was_put_away_goes_on_to_the_same_numbers(few):
    pages, talk = Pages(None), Conversation()
    for message in ASKED:
        assert "error" not in pages.answer("first", message)
        talk.answer(message)
    pages.answer("second", {"do": "open"})
    woken = pages.answer("first", {"do": "step", "steps": 23})
    assert woken["woken"]
    assert woken["numbers"] == talk.answer({"do": "step", "steps": 23})["numbers"]
    assert "woken" not in pages.answer("first", {"do": "numbers"})


def test_a_bench_that_answers_is_not_put_away(few, monkeypatch):
    """Nor one that is about to: what it answered would be lost with it."""
    pages, woken = Pages(None), []
    answer = Conversation.answer

    def slow(self, message):
        if message["do"] == "step" and not woken:
            woken.append("woken" in pages.answer("other", {"do": "open"}))
        return answer(self, message)

    monkeypatch.setattr(Conversation, "answer", slow)
    pages.answer("busy", {"do": "open"})
    pages.answer("busy", {"do": "step", "steps": 5})
    after = pages.answer("busy", {"do": "numbers"})
    assert woken == [False]
    assert "woken" not in after


def test_no_more_letters_are_kept_than_are_bounded(few, monkeypatch):
    monkeypatch.setattr(module, "_MOST_LETTERS", 30_000)
    pages, text = Pages(None), "a,b,kind\n" + "1,2,x\n3,4,y\n" * 1000
    for page in ("one", "two", "three", "four"):
        assert "error" not in pages.answer(page, {"do": "table", "name": "t.csv", "text": text})
    assert [pages.knows(page) for page in ("one", "two", "three", "four")] == [False, True, True, True]


@needs_browser[0]
@needs_browser[1]
def test_a_page_says_that_it_was_put_away_or_given_up(few, monkeypatch):
    with served() as server, Browser() as browser:
        page = opened(browser, server.url)
        act(page, "await clearprop.ask({do: 'step', steps: 5});")
        settled(page)  # what the page asks for by itself is answered: its bench rests
        weight = page.evaluate("clearprop.numbers.values.W1[0][0]")
        other = opened(browser, server.url.replace("127.0.0.1", "localhost"))  # another origin: a page of its own
        act(page, "await clearprop.ask({do: 'assign', name: 'b1', index: [0], value: 0.75});")
        assert "taken up again" in page.evaluate("document.getElementById('told').textContent")
        assert json.loads(
            page.evaluate("JSON.stringify([clearprop.position.step, clearprop.numbers.values.b1[0]])")
        ) == [5, 0.75]
        assert page.evaluate("clearprop.numbers.values.W1[0][0]") == weight
        monkeypatch.setattr(module, "_MOST_ASLEEP", 0)
        act(other, "await clearprop.ask({do: 'numbers'});")
        act(page, "await clearprop.ask({do: 'step'});")
        settled(page)
        assert "is lost" in page.evaluate("document.getElementById('told').textContent")
        assert page.evaluate("clearprop.position.step") <= 1  # that step, unless it was what met the loss
        assert not page.complaints
