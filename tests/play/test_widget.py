"""The page in a cell of a notebook, without a notebook: the widget's script in a browser, and its messages."""

import json

import pytest

from browser import Browser, needs_browser
from clearprop.play.bundle import whole_page
from clearprop.play.conversation import Conversation
from framed import Framed

pytestmark = needs_browser

WORDS = {"title": "Playground", "late": "No answer yet.", "too_long": "{n} MB are too many."}


def values(lang="en", height=720):
    return {"page": whole_page(lang, framed=True), "words": WORDS, "height": height}


@pytest.fixture(scope="module")
def browser():
    with Browser() as found:
        yield found


def press(cell, element):
    cell.page.evaluate(f"document.getElementById('{element}').click()")


def test_a_step_in_the_frame_is_a_step_of_the_bench(browser):
    talk = Conversation()
    cell = Framed(browser, values(), talk.answer)
    before = talk.network().parameters["W1"].copy()
    press(cell, "do-sample")
    cell.wait_until("clearprop.position.step === 1")
    after = talk.network().parameters["W1"]
    assert (after != before).any()
    shown = json.loads(cell.page.evaluate("JSON.stringify(clearprop.numbers.values.W1)"))
    assert shown == after.tolist()
    assert cell.cell.complaints == []
    assert cell.page.complaints == []
    assert cell.page.requests == []
