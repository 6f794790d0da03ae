"""A training that was saved as a page: opened as a file, it replays what the bench computed, and asks for nothing."""

import json

import pytest

from browser import Browser, needs_browser
from clearprop.play.bench import Bench
from clearprop.play.presets import PRESETS
from clearprop.play.save import recorded
from commands import run
from playing import READY, act, compared, press

pytest.importorskip("starlette")

STEPS = 20


def saved(folder, preset, steps=STEPS, *options):
    path = folder / f"{preset}.html"
    done = run("play", preset, "--save", path, "--steps", steps, *options)
    assert (done.returncode, done.stderr) == (0, "")
    return path


def shown(page, preset):
    """A bench that has taken as many steps as the page shows."""
    bench = Bench(PRESETS[preset].state(preset))
    for _ in range(page.evaluate("clearprop.position.step")):
        bench.step(1)
    return bench


@pytest.fixture(scope="module")
def browser():
    with Browser() as found:
        yield found


@pytest.fixture(scope="module")
def page(browser, tmp_path_factory):
    found = browser.open(saved(tmp_path_factory.mktemp("saved"), "xor"))
    found.wait_until(READY)
    return found


def marked(test):
    for mark in needs_browser:
        test = mark(test)
    return test


@marked
def test_its_numbers_are_those_of_a_bench_that_takes_the_same_steps(page):
    seen = []
    for button in ["do-sample"] * 7 + ["do-rewind"] + ["do-epoch"] * 3:
        numbers = compared(page, shown(page, "xor"))
        assert numbers == 48
        seen.append(page.evaluate("clearprop.position.step"))
        press(page, button)
    assert seen == [*range(8), 0, 1, 2]
    press(page, "do-rewind")
    for _ in range(STEPS):
        press(page, "do-sample")
    assert page.evaluate("clearprop.position.step") == STEPS
    compared(page, shown(page, "xor"))
    press(page, "do-sample")
    assert "last recorded step" in page.evaluate("document.getElementById('error').textContent")
    page.evaluate(
        "const place = document.getElementById('place'); place.value = 5; place.dispatchEvent(new Event('input'))"
    )
    page.wait_until("clearprop.position.step === 5")
    compared(page, shown(page, "xor"))
    assert page.complaints == []


@marked
def test_steps_go_value_by_value_forward_and_back(page):
    press(page, "do-rewind")
    names = [str(name) for name in shown(page, "xor").trace().forward_names[1:]]
    page.evaluate("document.activeElement.blur()")
    selected = []
    for _ in names:
        page.press("ArrowRight")
        selected.append(page.evaluate("clearprop.selected.name"))
    assert selected == names
    formula = page.evaluate("document.getElementById('formula').textContent")
    assert "L" in formula
    assert "recording" not in formula
    page.press("ArrowLeft")
    assert page.evaluate("clearprop.selected.name") == names[-2]
    press(page, "do-sample")
    page.wait_until("clearprop.position.step === 1")
    page.evaluate("clearprop.shown = 0; clearprop.tell(['shown'])")
    page.press("ArrowLeft")
    page.wait_until("clearprop.position.step === 0")
    assert page.complaints == []


@marked
def test_it_asks_for_nothing(page):
    assert page.evaluate("typeof clearprop") == "object"
    assert [url for url in page.requests if not url.startswith(("data:", "blob:"))] == []
    assert page.complaints == []


_REACHED = """[...document.querySelectorAll('a[href], button, input, select, textarea, summary, [tabindex]')]
  .filter((one) => one.tabIndex >= 0 && !one.disabled && one.offsetParent !== null)"""
_WORKS = [
    "do-rewind",
    "do-back",
    "do-step",
    "do-sample",
    "do-epoch",
    "do-run",
    "do-forward",
    "do-backward",
    "do-update",
]


@marked
def test_the_keyboard_comes_to_what_works_and_to_nothing_else(page):
    act(page, "await clearprop.ask({do: 'rewind'})")
    page.evaluate("clearprop.fail(''); document.activeElement.blur()")
    all_of_them = page.evaluate(f"{_REACHED}.length")
    ids = set()
    for _ in range(all_of_them + 1):
        page.press("Tab")
        ids.add(page.evaluate("document.activeElement.id || document.activeElement.className"))
    assert {*_WORKS, "place", "log-loss", "tried-0", "tried-1"} <= ids
    cells = {one for one in ids if "cell" in one.split()}
    rest = (
        ids
        - cells
        - {*_WORKS, "place", "log-loss", "tried-0", "tried-1", "tab-circles", "tab-sums", "tab-matrices", "tab-graph"}
    )
    assert rest <= {"reach", "heat", "formula", "recorded"}  # the last is the page itself, behind the last of them
    assert page.evaluate("document.querySelectorAll('.cell[data-editable]').length") == 0
    errors = json.loads(
        act(
            page,
            f"""const found = [];
            for (const one of {_REACHED}) {{
              if (one.tagName !== "BUTTON" || one.id === "do-run") continue;
              await clearprop.ask({{do: "rewind"}});
              one.click();
              await new Promise((done) => setTimeout(done, 20));
              if (clearprop.error) found.push([one.id, clearprop.error]);
            }}
            return JSON.stringify(found);""",
        )
    )
    assert errors == []


@marked
@pytest.mark.parametrize(
    "message", ["{do: 'open', preset: 'moons'}", "{do: 'assign', name: 'W1', value: 0}", "{do: 'state', whole: true}"]
)
def test_what_needs_a_bench_is_answered_by_a_sentence(page, message):
    before = page.evaluate("JSON.stringify(clearprop.numbers)")
    if "'state'" not in message:
        assert "clearprop play" in act(page, f"return (await clearprop.ask({message})).error")
    assert page.evaluate("JSON.stringify(clearprop.numbers)") == before
    page.evaluate("clearprop.fail('')")


@marked
def test_an_epoch_of_several_batches_is_one_press(browser, tmp_path):
    page = browser.open(saved(tmp_path, "moons", 40, "--lang", "zh"))
    page.wait_until(READY)
    assert page.evaluate("document.documentElement.lang") == "zh-Hans"
    per_epoch = Bench(PRESETS["moons"].state("moons")).training.per_epoch
    assert 1 < per_epoch < 40
    press(page, "do-epoch")
    page.wait_until(f"clearprop.position.step === {per_epoch}")
    compared(page, shown(page, "moons"))
    assert page.evaluate("clearprop.position.epoch") == 1
    press(page, "do-run")
    page.wait_until("!clearprop.running && clearprop.position.step === 40")
    assert page.complaints == []


def test_a_long_recording_leaves_out_steps_and_says_so(monkeypatch):
    monkeypatch.setattr("clearprop.play.save._MOST_BYTES", 40_000)
    found = recorded(PRESETS["moons"].state("xor"), 60)
    steps = [frame["position"]["step"] for frame in found["frames"]]
    every = steps[1]
    assert every > 1
    assert steps == [*range(0, 60, every), 60]
    assert any(f"every {every}th" in one for one in found["open"]["frame"]["said"])
    assert len(json.dumps(found["frames"])) < 120_000


def test_a_training_that_diverges_ends_where_it_did_and_says_so():
    state = PRESETS["wave"].state("wave").changed("training", {"optimizer": "gradient_descent", "learning_rate": 1e9})
    found = recorded(state, 50)
    assert len(found["frames"]) < 50
    assert any("diverged" in one for one in found["open"]["frame"]["said"])


@marked
def test_inputs_that_are_typed_are_answered_by_the_network_of_the_step_that_is_shown(page):
    press(page, "do-rewind")
    typed = [[0.25, -1.5], [1 / 3, 0.75]]
    for row, texts in zip(typed, (["0.25", "−1.5"], ["1/3", "0,75"]), strict=True):
        for _ in range(3):
            press(page, "do-sample")
            act(
                page, "".join(f"document.getElementById('tried-{k}').value = '{text}';" for k, text in enumerate(texts))
            )
            act(page, "document.getElementById('tried-0').dispatchEvent(new Event('input'));")
            found = page.evaluate("document.querySelector('#tried-answers td + td').textContent")
            (expected,) = shown(page, "xor").network.predict([row])
            assert float(found) == pytest.approx(float(expected[0]), rel=1e-5)
    act(page, "document.getElementById('tried-0').value = 'x';")
    act(page, "document.getElementById('tried-0').dispatchEvent(new Event('input'));")
    assert "not a number" in page.evaluate("document.getElementById('tried-answers').textContent")
