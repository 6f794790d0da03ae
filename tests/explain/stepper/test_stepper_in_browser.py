"""The step by step page in a real browser: a whole XOR step by keyboard, each number against plain NumPy."""

from __future__ import annotations

import re

import pytest

import xor_by_hand as xor
from browser import Browser, needs_browser
from clearprop.explain.stepper import step_by_step
from long import first

pytestmark = needs_browser

# Every number that can be seen now: [part, node, its text].
SEEN = """[...document.querySelectorAll('.stage .shown:not(.replaced)')].map(
    (g) => [g.dataset.part, g.dataset.node, g.querySelector('text').textContent])"""
RESULTS = "[...document.querySelectorAll('#panel .result')].map((m) => m.textContent)"
STEP = "Number(document.getElementById('slider').value)"
PLAYING = "document.getElementById('play').classList.contains('playing')"


@pytest.fixture(scope="module")
def browser():
    with Browser() as started:
        yield started


@pytest.fixture(scope="module", params=first(["zh", "en"], 1))
def walk(request):
    return step_by_step(xor.trace(), request.param)


def number(text):
    """A number as it is printed: −1.5·10⁻⁷."""
    text = text.removeprefix("=").replace("−", "-").replace("·10", "e")
    return float(text.translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")))


def close(text, value):
    """Whether a printed number is that value, to its four digits."""
    return number(text) == pytest.approx(value, rel=6e-4, abs=1e-12)


def test_a_whole_step_by_keyboard(browser, walk):
    page = browser.open(walk.to_html())
    expected = xor.numbers()
    known = set()
    for k, frame in enumerate(walk.frames):
        assert page.evaluate(STEP) == k
        known |= set(frame.shows)
        replaced = {("value", node) for part, node in known if part == "new"}
        seen = {(part, node): text for part, node, text in page.evaluate(SEEN)}
        assert seen.keys() == known - replaced
        assert all(close(text, expected[key]) for key, text in seen.items())
        results = page.evaluate(RESULTS)
        if frame.phase in ("forward", "update"):
            assert close(results[-1], expected[frame.shows[0]])
        elif frame.phase == "backward":  # what arrives, and all that is handed on
            shown = [text for text in results if any(close(text, expected[key]) for key in frame.shows)]
            assert len(shown) >= len(frame.shows)
        lit = page.evaluate("[...document.querySelectorAll('.lit[data-part=vertex]')].map((g) => g.dataset.node)")
        assert lit == ([frame.at] if frame.at else [])
        edges = page.evaluate("[...document.querySelectorAll('.lit[data-part=edge]')].map((g) => g.dataset.node)")
        assert set(edges) == {">".join(edge) for edge in frame.flow}
        assert page.evaluate("document.querySelector('main').dataset.phase") == frame.phase
        assert frame.title(walk.lang) in page.evaluate("document.getElementById('say').textContent")
        page.press("ArrowRight")
    assert page.evaluate(STEP) == len(walk.frames) - 1  # the last step is the last
    assert page.complaints == []
    assert page.requests == []


def test_back_first_and_last(browser, walk):
    page = browser.open(walk.to_html(), fragment="#step=17")
    assert page.evaluate(STEP) == 16
    there = page.evaluate(SEEN)
    page.press("ArrowLeft", 3)
    assert page.evaluate(STEP) == 13
    assert len(page.evaluate(SEEN)) < len(there)
    page.press("ArrowRight", 3)
    assert page.evaluate(SEEN) == there
    page.press("End")
    assert page.evaluate(STEP) == len(walk.frames) - 1
    page.press("Home")
    page.press("ArrowLeft")
    assert page.evaluate(STEP) == 0
    assert page.evaluate("location.hash") == "#step=1"
    assert page.complaints == []


def test_playing_and_pausing(browser, walk):
    page = browser.open(walk.to_html())
    page.evaluate("document.getElementById('speed').value = '4'")
    label = page.evaluate("document.getElementById('play').ariaLabel")
    page.press(" ")
    assert page.evaluate(PLAYING)
    assert page.evaluate("document.getElementById('play').ariaLabel") != label
    page.wait_until(f"{STEP} >= 2")
    page.press(" ")
    assert not page.evaluate(PLAYING)
    page.press("End")
    page.press("ArrowLeft")
    page.press(" ")  # plays to the end and stops there
    page.wait_until(f"{STEP} === {len(walk.frames) - 1} && !{PLAYING}")
    page.press(" ")  # and again from the start
    assert page.evaluate(STEP) == 0
    assert page.evaluate(PLAYING)
    assert page.complaints == []


def test_everything_can_be_reached_and_has_a_name(browser, walk):
    page = browser.open(walk.to_html())
    names = []
    for _ in range(12):
        page.press("Tab")
        names.append(page.evaluate("document.activeElement.ariaLabel || document.activeElement.textContent.trim()"))
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline == "solid" or page.evaluate("document.activeElement === document.body")
        if page.evaluate("document.activeElement.id") == "speed":
            break
    assert all(names)
    assert len(set(names)) == len(names) >= 8
    page.evaluate("document.getElementById('slider').focus()")
    page.press("ArrowRight")
    assert page.evaluate(STEP) == 1  # the slider's own key, once and not twice
    page.evaluate("document.getElementById('step').focus()")
    page.press(" ")
    assert page.evaluate(STEP) == 2  # a focused button is pressed; nothing plays
    assert not page.evaluate(PLAYING)


def test_clicking_a_node_goes_to_its_step(browser, walk):
    page = browser.open(walk.to_html())
    at = page.evaluate("""(() => { const box = document.querySelector('[data-node="z2"][data-part=vertex] .shape')
        .getBoundingClientRect(); return [box.x + box.width / 2, box.y + box.height / 2]; })()""")
    for kind in ("mousePressed", "mouseReleased"):
        page.call("Input.dispatchMouseEvent", type=kind, x=at[0], y=at[1], button="left", clickCount=1)
    assert walk.frames[page.evaluate(STEP)].at == "z2"


def test_a_phone_shows_it_without_scrolling_sideways(browser, walk):
    page = browser.open(walk.to_html(), width=360, height=740, fragment="#step=20")
    width, height = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.scrollHeight]")
    assert width <= 360
    assert height <= 740
    inside = """(() => { const frame = document.getElementById('stage').getBoundingClientRect(),
        box = document.querySelector('.lit[data-part=vertex]').getBoundingClientRect();
        return box.left >= frame.left && box.right <= frame.right; })()"""
    page.wait_until(inside)


def test_nothing_moves_where_motion_is_not_wanted(browser, walk):
    calm = browser.open(walk.to_html(), reduced_motion=True)
    calm.press("ArrowRight")
    assert calm.evaluate("document.querySelectorAll('.pulse').length") == 0
    assert calm.evaluate("document.getAnimations().length") == 0
    lively = browser.open(walk.to_html())
    lively.press("ArrowRight")
    lively.wait_until("document.querySelectorAll('.pulse').length === 0")  # they come, and they go
    assert lively.complaints == []


def test_a_notebook_shows_it_in_a_frame(browser, walk):
    page = browser.open(f"<!DOCTYPE html><meta charset='utf-8'><title>notebook</title>{walk._repr_html_()}")
    page.wait_until("!!document.querySelector('iframe').contentDocument.querySelector('#panel h2')")
    inner = "document.querySelector('iframe').contentDocument"
    page.evaluate(f"{inner}.getElementById('step').click()")
    assert page.evaluate(f"{inner}.getElementById('slider').value") == "1"
    assert re.sub(r"\s", "", page.evaluate(f"{inner}.getElementById('counter').textContent")) == f"2/{len(walk.frames)}"
    assert page.complaints == []
