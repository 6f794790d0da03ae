"""The playground for tests: a server in a thread, pages on it, and what they show."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager

READY = "'ready' in document.documentElement.dataset"
_CELLS = """JSON.stringify([...document.querySelectorAll('.cell')].map((one) =>
  [one.dataset.name, one.dataset.index, one.dataset.row ?? null, one.dataset.value, one.textContent]))"""

# The next picture; a tab behind another one has none.
_PICTURE = """await Promise.race([new Promise(requestAnimationFrame), new Promise((done) => setTimeout(done, 100))]);"""


@contextmanager
def served(state=None):
    """A server that answers while the block runs."""
    from clearprop.play.server import Server

    server = Server(state)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.stop()
        thread.join(10)


def opened(browser, url, **options):
    """A page that is ready."""
    page = browser.open(url, **options)
    page.wait_until(READY)
    return page


def act(page, code):
    """Run asynchronous JavaScript on the page."""
    return page.evaluate(f"(async () => {{ {code} }})()")


def settled(page):
    """Wait for all answers that are under way, and for two pictures: some parts fit themselves to their room."""
    act(page, "await clearprop.line({do: 'state'});" + 2 * _PICTURE)


def cells(page):
    """Every number on the page: name, index, row, exact value, what is printed."""
    return [tuple(one) for one in json.loads(page.evaluate(_CELLS))]


def press(page, element):
    """Click an element by its id."""
    page.evaluate(f"document.getElementById('{element}').click()")


def choose(page, element, value):
    """Choose from a list, or write into a field."""
    page.evaluate(f"""(() => {{ const one = document.getElementById('{element}'); one.value = {json.dumps(value)};
      one.dispatchEvent(new Event('change', {{bubbles: true}})); }})()""")
    settled(page)
