"""The panes beside the network in a browser: points that are drawn, the table of samples, runs side by side."""

import json
import re

import pytest

from browser import Browser, needs_browser
from clearprop.play.conversation import Conversation
from clearprop.play.state import State
from playing import act, choose, opened, press, served, settled

pytest.importorskip("starlette")
pytestmark = needs_browser


def mouse(page, kind, at, button="left", buttons=1):
    x, y = at
    page.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button=button, buttons=buttons, clickCount=1)


def on_plane(page, across, down):
    box = json.loads(page.evaluate("JSON.stringify(document.getElementById('plane-marks').getBoundingClientRect())"))
    return box["left"] + across * box["width"], box["top"] + down * box["height"]


def data(page):
    found = json.loads(act(page, "return JSON.stringify((await clearprop.line({do: 'state'})).state)"))["data"]
    return found["X"], found["y"]


@pytest.fixture(scope="module")
def browser_page():
    with served() as server, Browser() as browser:
        yield opened(browser, server.url)


def test_points_are_drawn_moved_and_removed_with_the_mouse(browser_page):
    page = browser_page
    act(page, "await clearprop.ask({do: 'open', preset: 'plane'})")
    weights = page.evaluate("JSON.stringify(clearprop.numbers.values.W1)")
    page.evaluate("document.querySelector('[data-kind=\"1\"]').click()")
    place = on_plane(page, 0.25, 0.25)
    mouse(page, "mousePressed", place)
    mouse(page, "mouseReleased", place)
    page.wait_until("clearprop.plane.points.x.length === 3")
    X, y = data(page)
    assert X[2] == pytest.approx([-0.5, 0.5], abs=0.02)
    assert y[2] == [1]
    mouse(page, "mousePressed", place)
    for share in (0.3, 0.5, 0.75):
        mouse(page, "mouseMoved", on_plane(page, share, 0.5))
    mouse(page, "mouseReleased", on_plane(page, 0.75, 0.5))
    page.wait_until("Math.abs(clearprop.plane.points.x[2][0] - 0.5) < 0.02")
    settled(page)
    assert page.evaluate("JSON.stringify(clearprop.numbers.values.W1)") == weights
    mouse(page, "mousePressed", on_plane(page, 0.75, 0.5), "right", 2)
    mouse(page, "mouseReleased", on_plane(page, 0.75, 0.5), "right", 0)
    page.wait_until("clearprop.plane.points.x.length === 2")
    assert page.evaluate("JSON.stringify(clearprop.plane.ends)") == "[[-1,1],[-1,1]]"
    page.evaluate("document.getElementById('plane-marks').focus()")
    page.press("Enter")
    page.wait_until("clearprop.plane.points.x.length === 3")
    page.press("Delete")
    page.wait_until("clearprop.plane.points.x.length === 2")
    press(page, "draw")
    mouse(page, "mousePressed", place)
    mouse(page, "mouseReleased", place)
    settled(page)
    assert page.evaluate("clearprop.plane.points.x.length") == 2
    assert page.complaints == []


def test_two_axes_of_many_are_chosen_and_the_pointer_is_answered(browser_page):
    page = browser_page
    act(page, "await clearprop.ask({do: 'open', preset: 'three_four_one'})")
    choose(page, "axis-1", "2")
    assert page.evaluate("clearprop.plane.axes.join()") == "2,1"
    choose(page, "axis-2", "2")
    assert page.evaluate("clearprop.plane.axes.join()") == "1,2"
    mouse(page, "mouseMoved", on_plane(page, 0.5, 0.5), "none", 0)
    page.wait_until("document.getElementById('probe').textContent.includes('x₂ = ')")
    said = page.evaluate("document.getElementById('probe').textContent")
    talk = Conversation(State.from_dict(json.loads(act(page, "return JSON.stringify(clearprop.state)"))))
    ends, X = json.loads(page.evaluate("JSON.stringify(clearprop.plane.ends)")), talk.bench.samples.X[:1].copy()
    X[0, 1], X[0, 2] = (sum(pair) / 2 for pair in ends)
    p = 100 * float(talk.bench.network.predict(X)[0, 0])
    found = {name: float(share) for name, share in re.findall(r"(\d): (\d+) %", said)}
    assert found["1"] == pytest.approx(p, abs=2)
    assert found["0"] == pytest.approx(100 - p, abs=2)


def test_the_table_of_samples_is_typed_and_shows_a_row_in_the_network(browser_page):
    page = browser_page
    act(page, "await clearprop.ask({do: 'open', preset: 'mazur'})")
    page.evaluate("document.getElementById('samples').open = true")
    page.wait_until("!!document.querySelector('[data-at=\"0,x,1\"]')")
    press(page, "samples-add")
    page.wait_until("!!document.querySelector('[data-at=\"1,y,0\"]')")
    page.evaluate("""(() => { const one = document.querySelector('[data-at="1,x,0"]'); one.value = '1/4';
      one.dispatchEvent(new Event('change')); })()""")
    settled(page)
    page.wait_until("document.querySelector('[data-at=\"1,x,0\"]').value === '0.25'")
    page.evaluate("document.querySelector('[data-sample=\"1\"] button').click()")
    page.wait_until("clearprop.numbers.row === 1")
    assert page.evaluate("""document.querySelector('#circles .cell[data-name="X"]').dataset.value""") == "0.25"
    page.evaluate("document.querySelector('[data-sample=\"0\"] td:last-child button').click()")
    page.wait_until("document.querySelectorAll('[data-sample]').length === 1")
    assert data(page)[0] == [[0.25, 0.1]]
    choose(page, "preset", "moons")
    choose(page, "data-rows", "60")
    assert page.evaluate("clearprop.frame.rows.join()") == "42,18"
    assert page.complaints == []


def test_runs_are_compared_and_one_is_taken(browser_page):
    page = browser_page
    act(page, "await clearprop.ask({do: 'open', preset: 'xor'})")
    choose(page, "compare-steps", "60")
    press(page, "compare-inits")
    page.wait_until("document.querySelectorAll('.compared tr').length === 5")
    page.evaluate("document.querySelector('[data-run=\"3\"]').click()")
    page.wait_until("clearprop.position.step === 60")
    assert page.evaluate("clearprop.state.network.init") == "he"
    press(page, "log-loss")
    assert page.complaints == []


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ("größe,y\n1,2".encode(), "größe,y\n1,2"),
        ("\ufeffa,y\n1,2".encode(), "a,y\n1,2"),
        ("a,y\n1,2".encode("utf-16"), "a,y\n1,2"),
        ("\ufeffa,y\n1,2".encode("utf-16-be"), "a,y\n1,2"),
        ("身高,体重\n1,2".encode("gb18030"), "身高,体重\n1,2"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", None),
        (b"", ""),
    ],
)
def test_bytes_of_a_file_become_text_or_are_none(browser_page, data, text):
    code = f"const {{ decoded }} = await import('/data.js'); return decoded(new Uint8Array({list(data)})) ?? null"
    assert act(browser_page, code) == text


@pytest.mark.parametrize("place", [-0.97, 0.013, 0.93])
def test_the_line_between_classes_stands_where_the_answer_changes(browser_page, place):
    page = browser_page
    layers = "layers: [{units: 1, activation: 'sigmoid'}], loss: 'binary_cross_entropy'"
    act(
        page,
        f"""await clearprop.ask({{do: 'open', preset: 'plane'}});
      await clearprop.change('network', {{{layers}}});
      await clearprop.ask({{do: 'assign', name: 'W1', index: null, value: [[0.7], [0]]}});
      await clearprop.ask({{do: 'assign', name: 'b1', index: null, value: [{-0.7 * place}]}});""",
    )
    columns = json.loads(
        page.evaluate("""(() => { const one = document.getElementById('plane-line');
      const { data } = one.getContext('2d').getImageData(0, 0, one.width, one.height);
      const rows = [...Array(one.height).keys()];
      return JSON.stringify(rows.map((y) => { let [sum, all] = [0, 0];
        for (let x = 0; x < one.width; x++) {
          const a = data[4 * (y * one.width + x) + 3]; sum += a * (x + 0.5); all += a; }
        return sum / all / one.width; })); })()""")
    )
    low, high = json.loads(page.evaluate("JSON.stringify(clearprop.plane.ends[0])"))
    assert columns == pytest.approx(len(columns) * [(place - low) / (high - low)], abs=0.002)  # half a pixel of 280


def test_an_answer_that_is_the_same_everywhere_has_no_line(browser_page):
    page = browser_page
    act(
        page,
        """await clearprop.ask({do: 'open', preset: 'plane'});
      await clearprop.change('network', {layers: [{units: 1, activation: 'sigmoid'}], loss: 'binary_cross_entropy'});
      await clearprop.ask({do: 'assign', name: 'W1', index: null, value: [[1e-13], [2e-13]]});""",
    )
    drawn = """(() => { const one = document.getElementById('plane-line');
      return one.getContext('2d').getImageData(0, 0, one.width, one.height).data.some((part) => part > 0); })()"""
    assert page.evaluate(drawn) is False
    act(page, "await clearprop.ask({do: 'assign', name: 'W1', index: null, value: [[1], [2]]});")
    assert page.evaluate(drawn) is True
