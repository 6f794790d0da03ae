"""The page in a cell of a notebook, without a notebook: the widget's script in a browser, and its messages."""

import json
import subprocess
import sys

import numpy as np
import pytest

import clearprop as cp
from browser import Browser, needs_browser
from clearprop.errors import FileError, InvalidValueError, ShapeError, TableError
from clearprop.play.bundle import whole_page
from clearprop.play.conversation import Conversation
from clearprop.play.openings import opened, opening
from framed import Framed

WORDS = {"title": "Playground", "late": "No answer yet.", "gone": "Run it again.", "too_long": "{n} MB are too many."}
LATE = "document.querySelector('p[role=status]').hidden"
STEP = {"do": "step", "steps": 1}


@pytest.fixture(scope="module")
def browser():
    with Browser() as found:
        yield found


@pytest.fixture
def talk():
    return Conversation()


@pytest.fixture
def cell(browser, talk):
    found = Framed(browser, {"page": whole_page("en", framed=True), "words": WORDS, "height": 640}, talk.answer)
    yield found
    assert found.cell.complaints == []
    assert found.page.complaints == []
    assert found.page.requests == []


def in_browser(test):
    for mark in needs_browser:
        test = mark(test)
    return test


def press(cell, element):
    click(cell, f"document.getElementById('{element}')")


def click(cell, element):
    """As a person does it, who may copy what a script alone may not."""
    cell.page.call("Runtime.evaluate", expression=f"{element}.click()", userGesture=True)


# --- the script of the widget


@in_browser
def test_a_step_in_the_frame_is_a_step_of_the_bench(cell, talk):
    before = talk.network().parameters["W1"].copy()
    press(cell, "do-sample")
    cell.wait_until("clearprop.position.step === 1")
    after = talk.network().parameters["W1"]
    assert (after != before).any()
    assert json.loads(cell.page.evaluate("JSON.stringify(clearprop.numbers.values.W1)")) == after.tolist()


@in_browser
def test_the_frame_reaches_nothing_of_the_notebook(cell):
    assert cell.page.evaluate("origin") == "null"
    for wanted in ("parent.document.title", "localStorage.length", "document.cookie"):
        assert cell.page.evaluate(f"(() => {{ try {{ return {wanted}; }} catch (e) {{ return e.name; }} }})()") == (
            "SecurityError"
        )


@in_browser
def test_only_the_frame_is_answered(cell):
    cell.cell.evaluate("postMessage({clearprop: 1, page: 'x', message: {do: 'step'}}, '*')")
    cell.page.evaluate("parent.postMessage({clearprop: 'one', message: {do: 'step'}}, '*')")
    press(cell, "do-sample")
    cell.wait_until("clearprop.position.step === 1")
    assert cell.cell.evaluate("asked.length") == 0


@in_browser
def test_a_link_that_is_copied_in_a_cell_opens_elsewhere(cell, talk):
    talk.answer(STEP)
    press(cell, "do-share")
    cell.wait_until("document.getElementById('told').textContent + clearprop.error")
    told = cell.page.evaluate("document.getElementById('told').textContent || clearprop.error")
    assert told in (talk.say("play.copied_in_cell"), talk.say("play.not_copied"))
    state = opening(cell.page.evaluate("document.getElementById('do-share').dataset.link"))
    assert state.now == talk.bench.current().now
    assert state.position.step == 1


@in_browser
def test_code_is_copied_or_it_is_said_that_it_cannot_be(cell, talk):
    press(cell, "do-export")
    cell.wait_until("document.getElementById('exported')?.value.includes('import clearprop')")
    click(cell, "document.querySelector('dialog[open] button')")
    cell.wait_until("document.getElementById('export-said').textContent")
    said = cell.page.evaluate("document.getElementById('export-said').textContent")
    assert said in (talk.say("play.code_copied"), talk.say("play.not_copied"))


@in_browser
def test_a_message_too_long_for_the_line_is_refused_with_a_sentence(cell, talk):
    state = talk.answer({"do": "state"})["state"]
    cell.page.evaluate("clearprop.ask({do: 'table', name: 'long.csv', text: 'a,b\\n' + '1,2\\n'.repeat(2.5e6)}); 0")
    cell.wait_until("clearprop.error === '13 MB are too many.'")
    assert talk.answer({"do": "state"})["state"] == state


@in_browser
def test_a_kernel_that_does_not_answer_is_told_of(cell):
    cell.cell.evaluate("{ const wait = setTimeout; globalThis.setTimeout = (what, ms) => wait(what, ms / 40); }")
    assert cell.cell.evaluate(LATE)
    press(cell, "do-sample")
    cell.cell.wait_until(f"!{LATE}")
    cell.wait_until("clearprop.position.step === 1")
    assert cell.cell.evaluate(LATE)


@in_browser
def test_a_kernel_that_was_restarted_is_told_of(cell):
    cell.cell.evaluate("model.send = () => { throw new Error('Cannot send'); }; 0")
    press(cell, "do-sample")
    cell.wait_until("clearprop.error === 'Run it again.'")
    assert cell.cell.evaluate(LATE)


@in_browser
def test_the_height_follows_and_nothing_stays_behind(cell):
    height = "document.querySelector('iframe').getBoundingClientRect().height"
    assert cell.cell.evaluate(height) == 640
    cell.cell.evaluate("set('height', 500)")
    assert cell.cell.evaluate(height) == 500
    cell.page.complaints  # noqa: B018  # while it can be asked
    before = cell.cell.evaluate("heard()")
    cell.cell.evaluate("take()")
    assert (before, cell.cell.evaluate("heard()")) == (2, 0)
    assert cell.cell.evaluate("document.getElementById('cell').childNodes.length") == 0
    cell.cell.evaluate("globalThis.take = show(); 0")  # again, with the bench as it is
    cell.page = cell.cell.frame()
    cell.wait_until("globalThis.clearprop?.position")


@pytest.mark.parametrize(("colour", "is_dark"), [("#eee", True), ("#222", False)])
@in_browser
def test_the_page_is_dark_where_the_notebook_is(browser, talk, colour, is_dark):
    values = {"page": whole_page("zh", framed=True), "words": WORDS, "height": 640}
    cell = Framed(browser, values, talk.answer, colour)
    dark = "matchMedia('(prefers-color-scheme: dark)').matches"
    assert cell.page.evaluate(dark) is is_dark
    cell.cell.evaluate(f"document.body.style.color = '{'black' if is_dark else 'white'}'")  # another theme
    cell.wait_until(f"{dark} === {json.dumps(not is_dark)}")


@in_browser
def test_the_page_looks_again_when_the_bench_was_changed_by_another_hand(cell, talk):
    talk.answer({"do": "assign", "name": "W1", "index": [0, 0], "value": 0.75})
    page = "clearprop.numbers.values.W1[0][0] === 0.75"
    cell.cell.evaluate("tell('msg:custom', {page: 'another', look: true})")
    cell.page.evaluate("new Promise((done) => setTimeout(done, 100))")
    assert not cell.cell.evaluate("asked.some((one) => one.message.do === 'open')")
    cell.cell.evaluate("tell('msg:custom', {look: true})")
    cell.wait_until(page)


# --- the widget in the kernel


def test_without_anywidget_the_error_says_what_to_install():
    code = "import sys; sys.modules['anywidget'] = None\nimport clearprop.play.widget"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "MissingDependencyError" in done.stderr
    assert 'pip install "clearprop[notebook]"' in done.stderr


# --- what can be opened


def test_a_network_is_opened_with_its_numbers_and_rows():
    net = cp.Network(2, [cp.Dense(3, "tanh"), cp.Dense(1)], "squared_error", dtype="float64")
    X, y = np.array([[0.0, 1.0], [2.0, 3.0], [1.0, 1.0]]), np.array([1.0, 2.0, 0.5])
    bench = Conversation(opened(net, (X, y))).bench
    assert bench.samples.X.tolist() == X.tolist()
    assert bench.network.predict(X) == pytest.approx(net.predict(X))
    assert bench.losses()[0] == pytest.approx(net.evaluate(X, y)["loss"])


def test_classes_of_a_network_are_opened_as_labels():
    net = cp.Network(2, [cp.Dense(3, "softmax")], "cross_entropy", dtype="float64")
    X, y = [[0, 1], [2, 3], [1, 1]], [0, 2, 1]
    bench = Conversation(opened(net, (X, y))).bench
    assert bench.losses()[0] == pytest.approx(net.evaluate(X, y)["loss"])


@pytest.mark.parametrize("library", ["polars", "pandas"])
def test_a_data_frame_is_opened_as_the_file_of_it_is(library, tmp_path):
    module = pytest.importorskip(library)
    frame = module.DataFrame({"width": [k / 7 for k in range(40)], "kind": ["a", "b"] * 20})
    path = tmp_path / "table.csv"
    path.write_text("width,kind\n" + "".join(f"{k / 7},{'ab'[k % 2]}\n" for k in range(40)))
    assert opened(frame) == opened(str(path)).changed("data", {"name": "table"})
    model = cp.TableModel.train(frame, "kind", epochs=1).model
    found = Conversation(opened(model, frame)).bench.samples
    assert found.classes == ("a", "b")
    assert np.allclose(found.X, model.arrays(frame)[0])


@pytest.mark.parametrize(
    ("what", "table", "error", "words"),
    [
        (3, None, InvalidValueError, "an int to open"),
        ("nonsuch", None, FileError, "there is no nonsuch"),
        ({"a": 1}, None, InvalidValueError, "in a state; expected one of"),
        (np.zeros((2, 2)), None, InvalidValueError, "an ndarray to open"),
        (cp.Network(1, [cp.Dense(1)], "mse"), "demo:moons", InvalidValueError, r"expected \(X, y\)"),
        (cp.Network(1, [cp.Dense(1)], "mse"), ([[1.0]], [1.0, 2.0]), ShapeError, "y has 2 rows; expected 1"),
        (cp.Network(1, [cp.Dense(1)], "mse"), (np.zeros((3000, 1)), np.zeros(3000)), InvalidValueError, "3,000 rows"),
        ("moons", np.zeros((2, 2)), InvalidValueError, "a table for a model alone"),
        (type("Odd", (), {"columns": ()})(), None, TableError, "a table of type Odd"),
    ],
)
def test_what_cannot_be_opened_is_said(what, table, error, words):
    with pytest.raises(error, match=words):
        Conversation(opened(what, table)).bench  # noqa: B018
