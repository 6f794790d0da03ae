"""The graph of the step by step page: 3-4-1 whole on a small window; zoom and pan by every way there is."""

from __future__ import annotations

import pytest

import clearprop as cp
from browser import Browser, needs_browser

pytestmark = needs_browser

SCALE = "(() => { const svg = stage.querySelector('svg'); return svg.clientWidth / svg.viewBox.baseVal.width; })()"
CUT = "[stage.scrollWidth - stage.clientWidth, stage.scrollHeight - stage.clientHeight]"
WHEEL = """stage.dispatchEvent(new WheelEvent('wheel', { deltaY: -150, ctrlKey: %s, bubbles: true, cancelable: true,
    clientX: 300, clientY: 200 }))"""
INSIDE = """((mark) => { const a = mark.getBoundingClientRect(), b = stage.getBoundingClientRect();
    return a.left >= b.left && a.right <= b.right && a.top >= b.top && a.bottom <= b.bottom; })"""
# Two fingers that go apart to twice their distance.
PINCH = """for (const [kind, reach] of [['touchstart', 40], ['touchmove', 80], ['touchend', 80]]) {
    const touches = [-1, 1].map((side, i) =>
        new Touch({ identifier: i, target: stage, clientX: 180 + side * reach, clientY: 200 }));
    const there = kind === 'touchend' ? [] : touches;
    stage.dispatchEvent(new TouchEvent(kind, { touches: there, bubbles: true, cancelable: true }));
}"""


@pytest.fixture(scope="module")
def browser():
    with Browser() as started:
        yield started


def page_of(*widths, lang="en"):
    layers = [cp.Dense(width, "tanh") for width in widths[1:-1]] + [cp.Dense(widths[-1], "sigmoid")]
    net = cp.Network(widths[0], layers, "binary_cross_entropy", dtype="float64", seed=2)
    return net.trace([0.5, -1.0, 2.0], 1).step_by_step(lang).to_html()


@pytest.mark.parametrize("size", [(1280, 720), (1920, 1080)])
def test_3_4_1_is_whole_from_the_inputs_to_the_loss(browser, size):
    page = browser.open(page_of(3, 4, 1), *size)
    assert page.evaluate(CUT) == [0, 0]
    assert page.evaluate(SCALE) >= 0.7  # letters of 9 pixels and more
    assert page.evaluate(f"[...stage.querySelectorAll('text')].every({INSIDE})")


def test_every_explanation_is_in_view(browser):
    page = browser.open(page_of(3, 4, 1), 1280, 720)
    for _ in range(1 + int(page.evaluate("slider.max"))):
        assert page.evaluate("panel.scrollHeight <= panel.clientHeight")
        assert page.evaluate("document.documentElement.scrollHeight") <= 720
        page.press("ArrowRight")
    assert page.complaints == []


def test_five_layers_can_be_read_and_be_seen_whole(browser):
    page = browser.open(page_of(3, 4, 4, 3, 3, 1), 1280, 720)
    assert page.evaluate(SCALE) >= 0.7
    assert page.evaluate(CUT)[0] > 0
    page.evaluate("zoom_whole.click()")
    assert page.evaluate(CUT) == [0, 0]
    small = page.evaluate(SCALE)
    page.evaluate("zoom_in.click()")
    assert page.evaluate(SCALE) == pytest.approx(1.25 * small, rel=0.01)
    page.evaluate("zoom_out.click()")
    assert page.complaints == []


def test_the_wheel_zooms_with_a_key_about_the_pointer_and_scrolls_without(browser):
    page = browser.open(page_of(3, 4, 1), 1280, 720)
    before = page.evaluate(SCALE)
    page.evaluate(WHEEL % "false")
    assert page.evaluate(SCALE) == before
    place = """(() => { const box = stage.querySelector('svg').getBoundingClientRect();
        return (300 - box.left) / box.width; })()"""
    at = page.evaluate(place)
    for _ in range(3):
        page.evaluate(WHEEL % "true")
    assert page.evaluate(SCALE) > 1.5 * before
    assert page.evaluate(place) == pytest.approx(at, abs=0.02)


def test_keys_touch_and_dragging(browser):
    page = browser.open(page_of(3, 4, 1), 1280, 720)
    whole = page.evaluate(SCALE)
    page.evaluate("document.dispatchEvent(new KeyboardEvent('keydown', { key: '+', bubbles: true }))")
    assert page.evaluate(SCALE) == pytest.approx(1.25 * whole, rel=0.01)
    page.evaluate("document.dispatchEvent(new KeyboardEvent('keydown', { key: '0', bubbles: true }))")
    assert page.evaluate(SCALE) == pytest.approx(whole, rel=0.01)
    page.evaluate(PINCH)
    assert page.evaluate(SCALE) == pytest.approx(2 * whole, rel=0.02)
    left = page.evaluate("stage.scrollLeft")
    for kind, x, buttons in (("mousePressed", 600, 1), ("mouseMoved", 500, 1), ("mouseReleased", 500, 0)):
        page.call("Input.dispatchMouseEvent", type=kind, x=x, y=60, button="left", buttons=buttons, clickCount=1)
    page.wait_until(f"Math.abs(stage.scrollLeft - {left} - 100) < 3")
    assert page.complaints == []


def test_a_step_that_is_out_of_sight_is_brought_into_view(browser):
    page = browser.open(page_of(3, 4, 1), 1280, 720)
    for _ in range(4):
        page.evaluate("zoom_in.click()")
    for step in (3, 20, 31, 60):
        page.evaluate(f"slider.value = {step}; slider.dispatchEvent(new Event('input'))")
        page.wait_until(f"({INSIDE})(stage.querySelector('.lit[data-part=vertex] .shape'))")
