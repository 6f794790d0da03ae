"""The page of `clearprop serve` in a real browser: it asks, and shows the answer and the explanation."""

import pytest

import clearprop as cp
from answering import answering
from browser import Browser, needs_browser

pytest.importorskip("starlette")
pytestmark = needs_browser


def test_the_page_asks_and_shows_the_answer_and_the_explanation():
    from clearprop.serve.application import ModelServer

    net = cp.Network(3, [cp.Dense(4, "tanh"), cp.Dense(2, "softmax")], loss="cross_entropy")
    with answering(ModelServer(net, "<b>net</b>.clearprop")) as server, Browser() as browser:
        page = browser.open(server.url)
        page.wait_until("document.readyState === 'complete'")
        assert page.evaluate("document.querySelector('h1').textContent") == "<b>net</b>.clearprop"
        page.evaluate("document.getElementById('predict').click()")
        page.wait_until("document.getElementById('answer').textContent.includes('predictions')")
        page.evaluate("document.getElementById('row').value = '{'")
        page.evaluate("document.getElementById('explain').click()")
        page.wait_until("document.getElementById('answer').textContent.includes('no JSON')")
        page.evaluate("document.getElementById('row').value = document.getElementById('row').defaultValue")
        page.evaluate("document.getElementById('explain').click()")
        page.wait_until("document.querySelector('#answer a') !== null")
        page.evaluate("document.querySelector('#answer a').removeAttribute('target')")
        page.evaluate("document.querySelector('#answer a').click()")
        page.wait_until("location.protocol === 'blob:' && document.readyState === 'complete'")
        assert page.evaluate("document.querySelectorAll('math').length") > 0
        ink = page.evaluate("getComputedStyle(document.body).getPropertyValue('--ink').trim()")
        assert ink  # its style is not stopped by the policy that it inherits
        assert all(url.startswith((server.url, "blob:", "data:")) for url in page.requests)
