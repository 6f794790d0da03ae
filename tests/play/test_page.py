"""The page in a browser: a table of one's own, a network, a weight, steps, languages, a link, code; every number."""

import json
import math
import subprocess
import sys

import numpy as np
import pytest

from browser import Browser, needs_browser
from playing import act, cells, choose, compared, opened, press, served, settled

pytest.importorskip("starlette")
pytestmark = needs_browser

RNG = np.random.default_rng(0)
POINTS = RNG.normal(size=(60, 2)).round(3)
TABLE = "width,height,kind\n" + "\n".join(
    f"{a},{b},{'round' if a * a + b * b < 1 else 'flat'}" for a, b in POINTS.tolist()
)


@pytest.fixture(scope="module")
def server():
    with served() as found:
        yield found


@pytest.fixture(scope="module")
def browser():
    with Browser() as found:
        yield found


def trace_of(page):
    """The trace of the network that the page's state describes, made anew here."""
    from clearprop.play.bench import Bench
    from clearprop.play.state import State

    return Bench(
        State.from_dict(json.loads(act(page, "return JSON.stringify((await clearprop.line({do:'state'})).state)")))
    )


def test_a_table_a_network_a_weight_steps_a_boundary_a_link_and_code(server, browser):
    page = opened(browser, server.url)
    press(page, "paste")
    page.evaluate(f"document.getElementById('pasted').value = {json.dumps(TABLE)}")
    press(page, "paste-take")
    page.wait_until("clearprop.frame.inputs.join() === 'width,height'")
    choose(page, "units-1", "4")
    assert page.evaluate("clearprop.state.network.layers.map((one) => one.units).join('-')") == "4-1"
    assert page.evaluate("clearprop.frame.classes.join()") == "flat,round"
    act(page, "await clearprop.change('training', {batch_size: 1, learning_rate: 0.05})")

    # a weight, typed
    page.evaluate("""document.querySelector('.cell[data-name="W1"][data-index="0,1"]').focus()""")
    for key in "0.75":
        page.press(key)
    page.press("Enter")
    settled(page)
    bench = trace_of(page)
    assert bench.network.parameters["W1"][0, 1] == 0.75
    trace = bench.trace()

    # forward through one sample value by value, and back
    sequence = [
        *(str(n) for n in trace.forward_names[1:]),
        *map(str, trace.backward_names),
        *map(str, bench.update.names),
    ]
    shown = []
    for _ in sequence:
        press(page, "do-step")
        settled(page)
        shown.append(page.evaluate("clearprop.selected.name"))
    assert shown == sequence
    assert page.evaluate("document.querySelectorAll('#formula .equation').length") > 0
    for _ in sequence[3:]:
        press(page, "do-back")
        settled(page)
    assert page.evaluate("clearprop.shown") == 3
    visible = {name for name, _, _, value, _ in cells(page) if value != ""}
    assert "a1" in visible
    assert "dz2" not in visible

    # a whole step, and back in history
    press(page, "do-update")
    press(page, "do-sample")
    page.wait_until("clearprop.position.step === 1")
    after = trace_of(page).network.parameters["W1"][0, 1]
    assert after != 0.75
    act(page, "await clearprop.ask({do: 'go', place: 0})")
    assert trace_of(page).network.parameters["W1"][0, 1] == 0.75

    # the slider goes where it is dragged, and a layer that is removed takes what was selected with it
    act(page, "await clearprop.ask({do: 'step'}); await clearprop.ask({do: 'step'});")
    page.evaluate("""(() => { const slider = document.getElementById('place'); slider.value = '1';
      slider.dispatchEvent(new Event('input')); })()""")
    settled(page)
    assert page.evaluate("clearprop.position.place") == 1

    # a boundary
    act(page, "clearprop.shown = Infinity; await clearprop.change('training', {batch_size: 10, learning_rate: 0.05})")
    for _ in range(40):
        act(page, "await clearprop.ask({do: 'run', seconds: 0.02, steps: 300})")
    bench = trace_of(page)
    rows = bench.samples.train
    answers = bench.network.predict(bench.samples.X[rows])[:, 0] > 0.5
    assert (answers == bench.samples.y[rows]).mean() > 0.9

    # the language, and all numbers
    act(page, "await clearprop.ask({do: 'numbers'})")
    choose(page, "lang", "zh")
    assert page.evaluate("document.documentElement.lang") == "zh-Hans"
    assert page.evaluate("document.querySelector('[data-word=network]').textContent") == "网络"
    before = cells(page)

    # the link in a second browser, which has to be told the token
    press(page, "do-share")
    page.wait_until("!!document.getElementById('do-share').dataset.link")
    link = page.evaluate("document.getElementById('do-share').dataset.link")
    assert server.token not in link
    with Browser() as second:
        other = second.open(link)
        other.wait_until("!!document.getElementById('token')")
        other.evaluate(f"document.getElementById('token').value = '{server.token}'")
        other.evaluate("document.querySelector('.token button').click()")
        other.wait_until("'ready' in document.documentElement.dataset")
        assert cells(other) == before
        assert other.evaluate("clearprop.selected.name") == page.evaluate("clearprop.selected.name")
        assert other.evaluate("document.documentElement.lang") == "zh-Hans"
    assert page.complaints == []

    # the code has the same loss
    press(page, "do-export")
    for kind in ("clearprop", "numpy"):
        choose(page, "export-to", kind)
        page.wait_until(f"document.getElementById('exported').dataset.kind === '{kind}'")
        code = page.evaluate("document.getElementById('exported').value")
        printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
        assert float(printed.split()[0]) == pytest.approx(page.evaluate("clearprop.losses.train"), rel=1e-12)


@pytest.mark.parametrize(("convention", "notation", "lang"), [("row", "delta", "en"), ("column", "d", "zh")])
def test_every_number_shown_is_the_trace(server, browser, convention, notation, lang):
    page, count = opened(browser, server.url, width=1920, height=1080), 0
    act(page, f"await clearprop.change('view', {{convention: '{convention}', notation: '{notation}', lang: '{lang}'}})")
    for preset in ("xor", "three_four_one", "moons", "wave", "circles"):
        act(page, f"await clearprop.ask({{do: 'open', preset: '{preset}'}})")
        for _ in range(3):
            press(page, "do-sample")
            settled(page)
        for tab in ("circles", "sums", "matrices"):
            press(page, f"tab-{tab}")
            count += compared(page, trace_of(page))
    assert count >= 1000
    assert page.complaints == []


MAZUR = {  # https://mattmazur.com/2015/03/17/a-step-by-step-backpropagation-example/, as printed there
    "z1": ["0.3775"],
    "a1": ["0.593269992", "0.596884378"],
    "z2": ["1.105905967"],
    "a2": ["0.75136507", "0.772928465"],
    "L": ["0.298371109"],
    "da2": ["0.74136507"],
    "dW2": ["0.082167041"],
    "dz2": ["0.138498562"],
    "da1": ["0.036350306"],
    "dW1": ["0.000438568"],
    "W2'": ["0.35891648", "0.408666186", "0.511301270", "0.561370121"],
    "W1'": ["0.149780716", "0.19956143", "0.24975114", "0.29950229"],
}


def typed(page, text):
    """Type into whatever has the focus, and go on to the next number."""
    for key in text:
        page.press(key)
    page.press("Enter")
    settled(page)


@pytest.mark.parametrize(("convention", "notation", "lang"), [("row", "delta", "en"), ("column", "d", "zh")])
def test_mazur_typed_by_keyboard_alone(server, browser, convention, notation, lang):
    """From a network of other numbers: 2-2-2, sigmoids, all of his numbers typed in the order of the cells."""
    page = opened(browser, server.url)
    changes = f"{{convention: '{convention}', notation: '{notation}', lang: '{lang}', digits: 10}}"
    act(page, f"await clearprop.ask({{do: 'open', preset: 'mazur'}}); await clearprop.change('view', {changes})")
    for name, shape in (("W1", [2, 2]), ("b1", [2]), ("W2", [2, 2]), ("b2", [2])):
        zero = json.dumps(np.zeros(shape).tolist())
        act(page, f"await clearprop.ask({{do: 'assign', name: '{name}', value: {zero}}})")
    press(page, "tab-matrices")
    wanted = {
        ("X", "0"): "0.05", ("X", "1"): "0.10", ("y", "0"): "0.01", ("y", "1"): "0.99",
        ("W1", "0,0"): "0.15", ("W1", "1,0"): "0.20", ("W1", "0,1"): "0.25", ("W1", "1,1"): "0.30",
        ("b1", "0"): "0.35", ("b1", "1"): "0.35", ("b2", "0"): "0.60", ("b2", "1"): "0.60",
        ("W2", "0,0"): "0.40", ("W2", "1,0"): "0.45", ("W2", "0,1"): "0.50", ("W2", "1,1"): "0.55",
    }  # fmt: skip
    page.evaluate("document.querySelector('#matrices .cell[data-editable]').focus()")
    for _ in wanted:
        focus = page.evaluate("[document.activeElement.dataset.name, document.activeElement.dataset.index].join('|')")
        typed(page, wanted[tuple(focus.split("|"))])
    printed = {}
    for name, _, _, _, text in cells(page):
        printed.setdefault(name, set()).add(text)
    for name, numbers in MAZUR.items():
        for number in numbers:
            decimals = len(number.split(".")[1])
            found = [float(text.replace("−", "-")) for text in printed[name]]
            near = [x for x in found if math.isclose(x, float(number), abs_tol=0.51 * 10**-decimals)]
            assert near, (name, number, found)
