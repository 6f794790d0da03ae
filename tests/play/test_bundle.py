"""The page in one file: every module in its order, nothing that is fetched, and no data that become markup."""

import json
import re
from html.parser import HTMLParser
from importlib.resources import files

import pytest

from browser import Browser, needs_browser
from clearprop.play.bundle import bundled, whole_page
from clearprop.play.save import recorded, save_page
from clearprop.play.state import DataChoice, LayerChoice, NetworkChoice, State
from playing import READY, act, press

SOURCES = {
    one.name: one.read_text(encoding="utf-8")
    for one in files("clearprop.play.page").iterdir()
    if one.name.endswith(".js")
}
MARKUP = "</script><script>document.documentElement.dataset.caught = 1</script>"
IMAGE = "<img src=x onerror='document.documentElement.dataset.caught = 1'>"
COMMENT = "<!--<script>"


def uses(name):
    """The modules that a module takes something from, however the line is broken; types in comments are none."""
    code = re.sub(r"/\*.*?\*/|^\s*//.*?$", "", SOURCES[name], flags=re.S | re.M)
    return set(re.findall(r"""(?:from|import)\s*\(?\s*["']\./([\w-]+\.js)["']""", code))


def reached(name="main.js", found=()):
    """A module and all that it needs, deepest first."""
    for one in sorted(uses(name)):
        if one not in found:
            found = reached(one, found)
    return (*found, name)


class Parts(HTMLParser):
    """Scripts, styles and attributes of a page, as a browser finds them."""

    def __init__(self, html):
        super().__init__()
        self.open, self.scripts, self.styles, self.attributes = "", [], [], []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.open = tag
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag == "script":
            self.scripts.append((dict(attrs), ""))

    def handle_endtag(self, tag):
        self.open = ""

    def handle_data(self, data):
        if self.open == "script":
            self.scripts[-1] = (self.scripts[-1][0], self.scripts[-1][1] + data)
        if self.open == "style":
            self.styles.append(data)


def hostile_state():
    """A state whose every name is markup."""
    data = DataChoice(
        "numbers",
        MARKUP,
        X=((0.0, 0.0), (0.0, 1.0), (1.0, 0.0)),
        y=((0.0,), (1.0,), (2.0,)),
        inputs=(IMAGE, COMMENT),
        classes=(MARKUP, IMAGE, COMMENT),
    )
    return State(data=data, network=NetworkChoice((LayerChoice(3, "softmax"),), "cross_entropy"))


# --- the modules


def test_every_module_is_in_it_behind_what_it_uses():
    script = bundled()
    order = re.findall(r'^modules\["([\w-]+\.js)"\] = ', script, re.M)
    assert sorted(order) == sorted(reached())
    assert len(set(order)) == len(order)
    assert set(SOURCES) - set(order) == {"types.js"}  # which is of types alone
    for place, name in enumerate(order):
        assert uses(name) <= set(order[:place]), name


def test_nothing_of_a_module_is_lost():
    """What is imported is taken from where it was exported, and no line of either kind is left."""
    script = bundled()
    assert not re.search(r"^\s*(import|export)\b", script, re.M)
    functions = re.split(r'^modules\["', script, flags=re.M)[1:]
    exported = {}
    for function in functions:
        name = function.partition('"')[0]
        for names, source in re.findall(r'^const \{ ([^}]+) \} = modules\["([\w-]+\.js)"\];$', function, re.M):
            assert {one.split(":")[0].strip() for one in names.split(",")} <= exported[source], (name, source)
        exported[name] = set(re.split(r",\s*", re.findall(r"^return \{ ?(.*?) ?\};$", function, re.M)[-1]))
        written = re.findall(r"^export (?:async )?(?:function|class|const|let) (\w+)", SOURCES[name], re.M)
        assert set(written) == exported[name] - {""}


# --- the page


@pytest.mark.parametrize("kind", ["saved", "framed"])
def test_the_page_asks_for_nothing(kind):
    page = whole_page("en", recorded(State(), 3)) if kind == "saved" else whole_page("zh", framed=True)
    parts = Parts(page)
    sent = [one for one in parts.attributes if one[1] in ("src", "href", "srcset", "action", "data", "poster")]
    assert [one for one in sent if not one[2].startswith(("data:", "#"))] == []
    styles = " ".join(parts.styles)
    assert len(styles) > 5000
    assert re.findall(r"url\(\s*[\"']?(?!data:|#)|@import", styles) == []
    (script,) = [text for given, text in parts.scripts if "type" not in given]
    assert set(re.findall(r"https?://[^\"'`\s)]*", script)) <= {
        "http://www.w3.org/2000/svg",
        "http://www.w3.org/1998/Math/MathML",
        "http://127.0.0.1",  # before the # of a link that is copied in a notebook; never asked
    }
    assert "default-src 'none'" in page


def test_data_stay_data():
    recording = recorded(hostile_state(), 2)
    parts, plain = Parts(whole_page("en", recording)), Parts(whole_page("en", recorded(State(), 2)))
    assert [given for given, _ in parts.scripts] == [given for given, _ in plain.scripts]
    found = next(json.loads(text) for given, text in parts.scripts if given.get("id") == "recording")
    assert found["open"]["frame"]["classes"] == [MARKUP, IMAGE, COMMENT]
    assert found["open"]["frame"]["inputs"] == [IMAGE, COMMENT]
    assert [one for one in parts.attributes if one[1].startswith("on")] == []


@pytest.mark.system
@pytest.mark.skipif(*needs_browser[1].args, **needs_browser[1].kwargs)
def test_names_that_are_markup_are_shown_and_not_run(tmp_path):
    path = tmp_path / "hostile.html"
    save_page(hostile_state(), path, 3)
    with Browser() as browser:
        page = browser.open(path)
        page.wait_until(READY)
        assert MARKUP in page.evaluate("document.getElementById('plane-said').textContent")
        for tab in ("sums", "matrices", "graph", "circles"):
            press(page, f"tab-{tab}")
            act(page, "await new Promise((done) => setTimeout(done, 50))")
        for name in page.evaluate("[...clearprop.values.keys()].join()").split(","):
            act(page, f"clearprop.select({json.dumps(name)}, null); await new Promise((done) => setTimeout(done, 10))")
        press(page, "do-sample")
        page.wait_until("clearprop.position.step === 1")
        assert page.evaluate("'caught' in document.documentElement.dataset") is False
        assert page.evaluate("document.querySelectorAll('img, main script').length") == 0
        assert page.requests == []
        assert page.complaints == []
