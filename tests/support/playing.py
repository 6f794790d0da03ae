"""The playground for tests: a server in a thread, pages on it, and what they show."""

from __future__ import annotations

import json

import pytest

from answering import answering

READY = "'ready' in document.documentElement.dataset"
_CELLS = """JSON.stringify([...document.querySelectorAll('.cell')].map((one) =>
  [one.dataset.name, one.dataset.index, one.dataset.row ?? null, one.dataset.value, one.textContent]))"""

# The next picture; a tab behind another one has none.
_PICTURE = """await Promise.race([new Promise(requestAnimationFrame), new Promise((done) => setTimeout(done, 100))]);"""


def served(state=None):
    """A server that answers while the block runs."""
    from clearprop.play.server import Server

    return answering(Server(state))


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


def compared(page, bench):
    """How many numbers on the page were compared with the trace; each must be equal, and printed as it is."""
    count = 0
    trace, digits, row = bench.trace(), bench.state.view.digits, bench.state.view.row
    new = bench.update.values(trace)
    for name, index, own_row, value, text in cells(page):
        if value == "":
            continue
        place = tuple(int(k) for k in index.split(",")) if index else ()
        at = row if own_row is None else int(own_row)
        if name == "X":
            wanted = trace.a[0][(at, *place)]
        elif name == "y":
            wanted = bench.shown_targets()[(at, *place)]
        elif name == "L":
            wanted = trace.loss
        elif name in trace.parameters:
            wanted = trace.parameters[name][place]
        elif name in trace:
            array = trace[name]
            is_batch = array.ndim == 2 and array.shape[0] == trace.samples and name[:2] not in ("dW",)
            wanted = array[(at, *place)] if is_batch else array[place]
        else:
            wanted = new[name][place]
        assert float(value) == pytest.approx(float(wanted), rel=1e-13, abs=1e-300), (name, index, own_row)
        printed = float(text.replace("−", "-"))
        assert printed == pytest.approx(float(wanted), rel=0.5 * 10 ** (1 - digits), abs=1e-300), (name, text)
        count += 1
    return count
