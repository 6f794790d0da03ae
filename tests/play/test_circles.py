"""The pictures of the network in a browser: nothing covers a number, and what belongs together lights up together."""

import json

import pytest

from browser import Browser, needs_browser
from clearprop.play.presets import PRESETS
from clearprop.play.save import save_page
from playing import act, cells, opened, press, served, settled

pytest.importorskip("starlette")
pytestmark = needs_browser

# The order of a textbook: weights to the first neuron, to the second; biases; and so on.
ORDER = [
    *("X|0", "X|1", "W1|0,0", "W1|1,0", "W1|0,1", "W1|1,1", "b1|0", "b1|1"),
    *("W2|0,0", "W2|1,0", "W2|0,1", "W2|1,1", "b2|0", "b2|1", "y|0", "y|1"),
]
# Pairs of things that overlap, numbers that are cut off, and things beside the sheet.
_FAULTS = """(() => {
  const all = "neuron edge-label layer-title layer-more legend".split(" ").map((name) => "#circles ." + name);
  const things = [...document.querySelectorAll(all.join())];
  const boxes = things.map((one) => one.getBoundingClientRect());
  const faults = [];
  const name = (k) => `${things[k].className} ${things[k].textContent}`;
  boxes.forEach((a, i) => {
    for (const cell of things[i].querySelectorAll(".cell"))
      if (cell.getBoundingClientRect().right > a.right + 0.5) faults.push(`cut off: ${name(i)}`);
    boxes.slice(i + 1).forEach((b, k) => {
      const shared = (from, to) => Math.min(a[to], b[to]) - Math.max(a[from], b[from]);
      const [x, y] = [shared("left", "right"), shared("top", "bottom")];
      if (x > 1 && y > 1.5) faults.push(`${name(i)} over ${name(i + 1 + k)}`);
    });
  });
  return JSON.stringify([things.length, faults]);
})()"""
_LIT = """JSON.stringify(["lit", "kin"].map((kind) => [...new Set([...document.querySelectorAll("." + kind)]
  .map((one) => `${one.dataset.name} ${one.dataset.index ?? ""}`))].sort()))"""


@pytest.fixture(scope="module")
def server():
    with served() as found:
        yield found


@pytest.fixture(scope="module")
def browser():
    with Browser() as found:
        yield found


def network(units):
    """JavaScript that asks for a network of layers of so many neurons, the last of which is a softmax."""
    layers = [{"units": n, "activation": "tanh"} for n in units[:-1]]
    layers.append({"units": units[-1], "activation": "softmax"})
    return f"await clearprop.change('network', {{layers: {json.dumps(layers)}}});"


@pytest.mark.parametrize("size", [(1280, 720), (390, 844)])
def test_nothing_covers_a_number(server, browser, size):
    page = opened(browser, server.url, width=size[0], height=size[1])
    for preset, changes in (
        ("mazur", "await clearprop.change('view', {digits: 10});"),
        ("moons", network([8, 8, 2]) + "await clearprop.change('view', {lang: 'zh'});"),
        ("digits", ""),
    ):
        act(page, f"await clearprop.ask({{do: 'open', preset: '{preset}'}}); {changes}")
        settled(page)
        things, faults = json.loads(page.evaluate(_FAULTS))
        assert things > 5
        assert faults == [], (preset, changes)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        if size[0] > 760:
            assert page.evaluate("document.documentElement.scrollHeight <= innerHeight")
    assert page.complaints == []


def test_the_circles_are_typed_in_the_order_of_the_textbook(server, browser):
    page = opened(browser, server.url)
    act(page, "await clearprop.ask({do: 'open', preset: 'mazur'})")
    page.evaluate("document.querySelector('#circles .cell[data-editable]').focus()")
    order = []
    for k in range(len(ORDER)):
        order.append(
            page.evaluate("[document.activeElement.dataset.name, document.activeElement.dataset.index].join('|')")
        )
        page.press(str(k % 10))
        page.press("Enter")
        settled(page)
    assert order == ORDER
    typed = {f"{name}|{index}": float(value) for name, index, _, value, _ in cells(page)}
    assert [typed[one] for one in ORDER] == [k % 10 for k in range(len(ORDER))]


def test_a_weight_lights_up_with_its_gradient_and_its_new_value(server, browser):
    page = opened(browser, server.url)
    press(page, "tab-graph")
    page.wait_until("document.querySelectorAll('#graph [data-name]').length > 0")
    press(page, "tab-matrices")
    page.evaluate("""document.querySelector('#matrices .cell[data-name="W1"][data-index="0,1"]').focus()""")
    lit, kin = json.loads(page.evaluate(_LIT))
    assert {"W1 0,1", "W1 "} == set(lit)  # the number everywhere, and the whole matrix in the graph
    assert {"dW1 0,1", "dW1 ", "W1' 0,1"} == set(kin)
    press(page, "tab-graph")
    page.evaluate("""document.querySelector('#graph [data-name="dz2"]').focus()""")
    settled(page)
    assert page.evaluate("clearprop.selected.name") == "dz2"
    assert any(one.startswith("dz2") for one in json.loads(page.evaluate(_LIT))[0])
    press(page, "tab-circles")
    over = "document.querySelector('{}').dispatchEvent(new PointerEvent('pointerover', {{bubbles: true}}))"
    page.evaluate(over.format('.neuron[data-layer="1"][data-unit="2"]'))
    near = page.evaluate(
        "[...document.querySelectorAll('.near')].map((one) => `${one.dataset.name} ${one.dataset.index}`)"
    )
    assert sorted(near) == ["W1 0,2", "W1 1,2", "W2 2,0"]
    assert page.complaints == []


def test_an_edge_without_numbers_says_them(server, browser):
    page = opened(browser, server.url)
    act(page, f"await clearprop.ask({{do: 'open', preset: 'moons'}}); {network([16, 16, 2])}")
    page.evaluate("""document.querySelector('.reach.bare[data-name="W2"]').focus()""")
    page.press("ArrowDown")
    settled(page)
    said = page.evaluate("[...document.querySelectorAll('.edge-said .cell')].map((one) => ({...one.dataset}))")
    assert [(one["name"], one["index"]) for one in said] == [("W2", "1,0"), ("dW2", "1,0")]
    page.press("Enter")  # into the number, and change it
    page.press("ArrowUp")
    settled(page)
    weights = {(name, index): float(value) for name, index, _, value, _ in cells(page) if name == "W2"}
    assert weights["W2", "1,0"] == pytest.approx(float(said[0]["value"]) + 0.1)


def test_a_card_looks_into_its_unit_and_a_number_leaves_it(server, browser):
    page = opened(browser, server.url)
    act(page, "await clearprop.ask({do: 'open', preset: 'xor'})")
    page.evaluate("""document.querySelector('.neuron[data-layer="1"][data-unit="2"]').click()""")
    page.wait_until("!!document.querySelector('#unit .facts table')")
    assert page.evaluate("document.querySelector('#unit h2').textContent") == "a[1]₃: unit 3 of layer 1"
    told = json.loads(act(page, "return JSON.stringify((await clearprop.line({do: 'unit', layer: 1, unit: 2})).unit)"))
    assert page.evaluate("document.querySelector('#unit .looks').textContent") == told["said"]
    shown = json.loads(
        page.evaluate(
            "JSON.stringify([...document.querySelectorAll('#unit [data-name=\"W1\"]')].map((e) => e.innerText))"
        )
    )
    assert [float(one.replace("−", "-")) for one in shown] == pytest.approx(
        [one["w"] for one in told["incoming"]], rel=1e-2
    )
    page.evaluate("""document.querySelector('.neuron[data-layer="2"] .cell[data-name="z2"]').focus()""")
    settled(page)
    assert page.evaluate("document.getElementById('unit').childElementCount") == 0
    page.evaluate("""document.querySelector('.neuron[data-layer="2"] canvas').focus()""")
    page.press("Enter")
    page.wait_until("document.querySelector('#unit h2')?.textContent.startsWith('a[2]₁')")
    act(page, "await clearprop.change('network', {layers: [{units: 1, activation: 'sigmoid'}]})")
    settled(page)
    assert page.evaluate("document.getElementById('unit').childElementCount") == 0
    assert page.complaints == []


def test_a_matrix_in_a_formula_has_brackets(server, browser):
    page = opened(browser, server.url)
    act(page, "clearprop.select('dW1', null)")
    page.wait_until("!!document.querySelector('#formula mtable.matrix')")
    width = page.evaluate("getComputedStyle(document.querySelector('#formula mtable.matrix')).borderLeftWidth")
    assert float(width.removesuffix("px")) > 0
    assert page.evaluate("document.querySelector('#formula h2').textContent") == "∂L/∂W[1] (2 × 4)"


def test_nothing_jumps_while_it_trains(server, browser):
    page = opened(browser, server.url, width=1280, height=720)
    act(page, "await clearprop.ask({do: 'open', preset: 'moons'});")
    settled(page)
    page.evaluate("globalThis.drawn = document.querySelector('#circles .edges')")
    heights = "[...document.querySelectorAll('main > *, #centre > *')].map((one) => one.offsetHeight).join()"
    before = page.evaluate(heights)
    act(page, "for (let k = 0; k < 40; k++) await clearprop.ask({do: 'step', steps: 1 + 7 * k});")
    settled(page)
    assert page.evaluate(heights) == before
    assert page.evaluate("globalThis.drawn.isConnected")  # the circles were not built anew


def test_a_probability_of_one_half_has_no_colour(server, browser):
    page = opened(browser, server.url)
    act(page, "await clearprop.ask({do: 'open', preset: 'xor'})")
    map_of = """document.querySelector('.neuron[data-layer="2"] canvas')"""
    colour = f"[...{map_of}.getContext('2d').getImageData(9, 9, 1, 1).data]"
    for bias, right in ((0, lambda r, b: r == b), (3, lambda r, b: r > b), (-3, lambda r, b: r < b)):
        act(
            page,
            "await clearprop.ask({do: 'assign', name: 'W2', index: null, value: 0});"
            f"await clearprop.ask({{do: 'assign', name: 'b2', index: [0], value: {bias}}})",
        )
        settled(page)
        red, _, blue, _ = json.loads(page.evaluate(f"JSON.stringify({colour})"))
        assert right(red, blue), bias


def test_a_long_document_opens_at_its_top(server, browser):
    page = opened(browser, server.url, width=1280, height=720)
    act(page, "await clearprop.ask({do: 'open', preset: 'moons'}); await clearprop.change('network', {init: 'zeros'})")
    page.wait_until("!!document.querySelector('#doctor-more')")
    press(page, "doctor-more")
    page.wait_until("!!document.querySelector('dialog[open]')")
    found = "document.querySelector('dialog[open]')"
    assert page.evaluate(f"{found}.scrollHeight > {found}.clientHeight")
    assert page.evaluate(f"{found}.scrollTop") == 0
    assert page.evaluate(f"{found}.contains(document.activeElement)")
    page.press("Enter")
    assert page.evaluate(f"{found} === null")


def test_a_weight_is_followed_by_its_gradient_in_factors_and_its_next_value(server, browser):
    page = opened(browser, server.url)
    act(page, "await clearprop.ask({do: 'open', preset: 'mazur'}); clearprop.select('W1', [0, 1])")
    page.wait_until("document.querySelectorAll('#derivation h2').length === 3")
    heads = page.evaluate("JSON.stringify([...document.querySelectorAll('#derivation h2')].map((e) => e.innerText))")
    weight, gradient, following = (float(one.split(" = ")[1].replace("−", "-")) for one in json.loads(heads))
    assert following == pytest.approx(weight - 0.5 * gradient, abs=1e-4)
    values = json.loads(page.evaluate("JSON.stringify(clearprop.numbers.values)"))
    assert gradient == pytest.approx(values["X"][0][0] * values["dz1"][0][1], rel=1e-3)
    for factor in (values["X"][0][0], values["dz1"][0][1]):
        shown = page.evaluate("document.getElementById('derivation').textContent")
        assert f"{factor:.4g}" in shown.replace("−", "-")


def test_a_recording_shows_the_circles_and_says_what_it_has_not(browser, tmp_path):
    save_page(PRESETS["xor"].state("xor"), tmp_path / "xor.html", 2)
    page = browser.open(tmp_path / "xor.html", width=1280, height=720)
    page.wait_until("!!document.querySelector('.neuron[data-layer=\"1\"] canvas')")
    page.evaluate("""document.querySelector('.neuron[data-layer="1"][data-unit="2"] canvas').click()""")
    page.wait_until("!!document.querySelector('#unit .facts')")
    assert page.evaluate("clearprop.words.unit_not_recorded") in page.evaluate(
        "document.querySelector('#unit .facts').textContent"
    )
    assert page.complaints == []
