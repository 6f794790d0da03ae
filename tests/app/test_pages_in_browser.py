"""Every kind of page in a real browser: it works under its policy, and nothing that slipped into it runs."""

from __future__ import annotations

import pytest

import clearprop as cp
import xor_by_hand as xor
from browser import Browser, needs_browser
from clearprop.explain.stepper import step_by_step
from clearprop.present.page import page as written
from clearprop.report import report_of
from clearprop.report.summary import summary_of_fit
from clearprop.table import load_demo
from screens import hidden

pytestmark = needs_browser

# Each sets `hit` if it runs, and hides or moves something if it is styled.
INJECTED = (
    "<script>window.hit = 1</script><img src=x onerror='window.hit = 1'><svg onload='window.hit = 1'></svg>"
    "<details open ontoggle='window.hit = 1'></details><iframe srcdoc='<script>parent.hit = 1</script>'></iframe>"
    "<script src='data:text/javascript,window.hit=1'></script><base href='https://example.org/'>"
    "<style>body { outline: 7px solid }</style><p style='outline: 7px solid' id='dressed'>x</p>"
    '<p style="left:0;outline: 7px solid" id="dressed2">x</p>'
    "<form action='https://example.org/' id='sent'><button id='send'>x</button></form>"
)
DRESSED = "['dressed', 'dressed2'].map((id) => getComputedStyle(document.getElementById(id)).outlineWidth)"
PLAIN = "getComputedStyle(document.body).outlineStyle"
COLOURED = "getComputedStyle(document.body).getPropertyValue('--ink').trim()"


@pytest.fixture(scope="module")
def browser():
    with Browser() as started:
        yield started


@pytest.fixture(scope="module")
def pages():
    frame = load_demo("wine")
    fit = cp.TableModel.train(frame, "target", epochs=3)
    return {
        "report": report_of(fit, frame, summary_of_fit("wine", frame.shape, fit, {}), "en"),
        "row": fit.model.explain(frame, row=0, detail="formulas").to_html(),
        "steps": step_by_step(xor.trace()).to_html(),
        "representations": cp.represent(xor.network()).to_html(),
        "derivation": xor.trace().explain().to_html(),
    }


KINDS = ["report", "row", "steps", "representations", "derivation"]


def nothing_ran(page):
    page.evaluate("new Promise((done) => setTimeout(done, 100))")
    assert page.evaluate("window.hit === undefined")
    assert page.evaluate(DRESSED) == ["0px", "0px"] or page.evaluate(DRESSED) == ["3px", "3px"]  # medium, of no style
    assert page.evaluate(PLAIN) == "none"
    assert page.evaluate("document.baseURI").startswith("file:")
    page.evaluate("document.getElementById('send').click()")
    assert page.evaluate("location.protocol") == "file:"
    assert [url for url in page.requests if not url.startswith(("data:", "about:", "file:"))] == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_page_works_under_its_policy(browser, pages, kind):
    html = pages[kind]
    assert "unsafe" not in html
    for width in (1200, 390):
        page = browser.open(html, width=width)
        assert page.evaluate(COLOURED) == "#1f2430"  # its styles hold
        assert page.evaluate("document.querySelectorAll('[style]').length") == (kind == "steps")  # by its script
        assert page.complaints == []
        assert page.requests == []


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_planted_in_a_page_does_not_run(browser, pages, kind):
    html = (
        pages[kind]
        .replace("<body>", "<body>" + INJECTED, 1)
        .replace("</body>", INJECTED.replace("id=", "name=") + "</body>")
    )
    page = browser.open(html)
    nothing_ran(page)
    assert len(page.complaints) >= 8  # the policy says what it has refused
    assert page.evaluate(COLOURED) == "#1f2430"
    if kind == "steps":  # and its own script goes on
        page.press("ArrowRight")
        page.wait_until("document.getElementById('slider').value === '1'")


def test_what_got_into_a_body_before_it_was_written_does_not_run(browser):
    page = browser.open(written("title", INJECTED, style="p { color: rgb(1, 2, 3) }", script="window.own = 1"))
    assert page.evaluate("window.own") == 1
    assert page.evaluate("getComputedStyle(document.getElementById('dressed')).color") == "rgb(1, 2, 3)"
    nothing_ran(page)


def test_measures_stand_where_style_attributes_would(browser):
    body = '<div style="left:12.50%;width:30%" id="a"></div><i style="--share:40%" id="b">x</i>'
    style = "div, i { position: absolute; left: 0; width: calc(var(--share)) }"
    page = browser.open(written("title", f'<main id="m">{body}</main>', style=style + " #m { width: 800px }"))
    assert page.evaluate("document.getElementById('a').getBoundingClientRect().left / innerWidth") == 0.125
    assert page.evaluate("getComputedStyle(document.getElementById('b')).getPropertyValue('--share')") == "40%"
    assert page.complaints == []


def test_a_name_on_a_page_hides_nothing(browser):
    name = "z\u202e\x9b\x07\u200b\U000e0041\n<b>"
    net = cp.Network(1, [cp.Dense(1, lambda x: (x * 2.0).named(name) + 1.0)], "squared_error", dtype="float64")
    trace = net.trace([2.0], 1.0)
    for html in (step_by_step(trace, zoom="fused").to_html(), trace.explain().to_html()):
        page = browser.open(html)
        for _ in range(8):
            page.press("ArrowRight")
        text = page.evaluate("document.documentElement.textContent")
        assert r"z\u202e\x9b\x07\u200b\U000e0041" in text
        assert hidden(page.evaluate("document.body.innerText"), keep="\n\t") == []
        assert page.complaints == []
