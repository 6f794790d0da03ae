"""The server: who may ask, what a page of another origin gets, and what becomes of messages that make no sense."""

import http.client
import http.server
import json
import logging
import random
import socket
import threading
from contextlib import closing

import numpy as np
import pytest

from browser import Browser, needs_browser
from clearprop.play.conversation import _ACTIONS, Conversation
from clearprop.play.presets import PRESETS
from playing import opened, served

pytest.importorskip("starlette")


@pytest.fixture(scope="module")
def server():
    with served() as found:
        yield found


def asked(server, body=b'{"do": "state"}', path="/api", method="POST", **headers):
    """The status, the answer and the headers of one request."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    own = {"X-Clearprop-Token": server.token, "Content-Type": "application/json"}
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    with closing(connection):
        connection.request(method, path, body, {k: v for k, v in {**own, **given}.items() if v is not None})
        answer = connection.getresponse()
        return answer.status, answer.read(), answer


@pytest.mark.system
def test_who_has_the_token_is_answered(server):
    status, body, answer = asked(server)
    assert status == 200
    assert json.loads(body)["state"]["data"]["name"] == "xor"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Access-Control-Allow-Origin"] is None
    assert answer.headers["Set-Cookie"] is None


@pytest.mark.system
@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"X_Clearprop_Token": None}, 401),
        ({"X_Clearprop_Token": "wrong"}, 401),
        ({"X_Clearprop_Token": "ü" * 10}, 401),
        ({"Host": "evil.example"}, 403),
        ({"Host": "127.0.0.1:1"}, 403),
        ({"Host": "[::1]:PORT"}, 403),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec_Fetch_Site": "cross-site"}, 403),
    ],
)
def test_others_are_refused_with_a_sentence(server, headers, status):
    texts = {name: value and value.replace("PORT", str(server.port)).encode() for name, value in headers.items()}
    found, body, _ = asked(server, **texts)
    assert found == status
    assert json.loads(body)["error"]


@pytest.mark.system
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_both_names_of_this_machine_are_answered(server, host):
    assert asked(server, Host=f"{host}:{server.port}")[0] == 200


@pytest.mark.system
def test_nobody_listens_at_the_other_loopback(server):
    with pytest.raises(OSError):
        socket.create_connection(("::1", server.port), 1).close()


@pytest.mark.system
@pytest.mark.parametrize("path", ["/", "/api", "/main.js"])
def test_a_websocket_is_refused_with_a_sentence(server, path):
    wanted = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec_WebSocket_Version": "13"}
    status, body, answer = asked(server, None, path, "GET", **wanted, Sec_WebSocket_Key="dGhlIHNhbXBsZSBub25jZQ==")
    assert status == 403
    assert "WebSocket" in json.loads(body)["error"]
    assert answer.headers["Upgrade"] is None


FORM = ('{"do": "table", "name": "a', 'b.csv", "text": "a,b\\n1,x\\n2,y\\n3,x\\n4,y\\n5,x\\n6,y\\n7,x\\n8,y"}')
KINDS_OF_FORMS = ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]


@pytest.mark.system
@pytest.mark.parametrize("kind", KINDS_OF_FORMS)
@pytest.mark.parametrize(("origin", "status"), [("http://evil.example", 403), ("null", 403), (None, 401)])
def test_a_form_gets_nothing_and_changes_nothing(server, kind, origin, status):
    """Which a page of any origin may post without asking: its fields can be written so that they are a message."""
    body, before = "=".join(FORM).encode(), asked(server)[1]
    found, answer, _ = asked(server, body, X_Clearprop_Token=None, Content_Type=kind, Origin=origin)
    assert found == status
    assert list(json.loads(answer)) == ["error"]
    assert asked(server)[1] == before
    assert "frame" in json.loads(asked(server, body, X_Clearprop_Page="for the message itself")[1])


@pytest.mark.system
@pytest.mark.parametrize(
    ("path", "method", "status"),
    [
        ("/", "GET", 200),
        ("/main.js", "GET", 200),
        ("/../server.py", "GET", 404),
        ("/..%2fserver.py", "GET", 404),
        ("/__init__.py", "GET", 404),
        ("/api", "GET", 404),
        ("/api", "OPTIONS", 405),
        ("/api", "PUT", 405),
    ],
)
def test_what_is_served_is_the_page_and_nothing_else(server, path, method, status):
    assert asked(server, None, path, method)[0] == status


@pytest.mark.system
def test_two_pages_have_a_network_each(server):
    asked(server, b'{"do": "step"}', X_Clearprop_Page="one")
    states = [json.loads(asked(server, X_Clearprop_Page=page)[1])["state"] for page in ("one", "two")]
    assert [state["position"]["step"] for state in states] == [1, 0]


@pytest.mark.system
def test_a_body_that_is_too_large_or_no_json_is_a_sentence(server):
    assert json.loads(asked(server, b"{")[1])["error"] == "a message that is no JSON"
    assert json.loads(asked(server, b"[" * 100_000)[1])["error"]
    assert json.loads(asked(server, b"\xff\xfe")[1])["error"]
    status, body, _ = asked(server, b" " * (65 << 20))
    assert status == 413
    assert json.loads(body)["error"] == "a message of more than 64 MB"
    assert asked(server)[0] == 200


HOSTILE = """<!DOCTYPE html><meta charset="utf-8"><body><iframe id="frame" src="TARGET/"></iframe><script>
window.got = [];
const attempt = async (what, run) => { try { const found = await run(); if (found) got.push([what, String(found)]); }
  catch { } };
const body = JSON.stringify({do: "state"});
window.done = (async () => {
  await attempt("fetch", async () => (await fetch("TARGET/api", {method: "POST", body})).text());
  await attempt("token", async () => (await fetch("TARGET/api", {method: "POST", body,
    headers: {"X-Clearprop-Token": "TOKEN"}})).text());
  await attempt("assets", async () => (await fetch("TARGET/")).text());
  await attempt("opaque", async () =>
    (await fetch("TARGET/api", {method: "POST", body, mode: "no-cors"})).type !== "opaque");
  await attempt("script", () => new Promise((done, fail) => { const s = document.createElement("script");
    s.src = "TARGET/dom.js"; s.onload = () => done("loaded"); s.onerror = fail; document.body.append(s); }));
  await attempt("image", () => new Promise((done, fail) => { const i = new Image();
    i.onload = () => done("loaded"); i.onerror = fail; i.src = "TARGET/"; }));
  await attempt("socket", () => new Promise((done, fail) => { const s = new WebSocket("SOCKET/api");
    s.onopen = () => done("open"); s.onerror = fail; }));
  for (const kind of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"]) {
    const sink = document.createElement("iframe"), form = document.createElement("form");
    const field = document.createElement("input");
    sink.name = "sink" + document.querySelectorAll("iframe").length;
    Object.assign(form, {method: "POST", action: "TARGET/api", target: sink.name, enctype: kind});
    [field.name, field.value] = FORM;
    form.append(field);
    document.body.append(sink, form);
    form.submit();
    await attempt(kind, () => new Promise((done) => {
      setTimeout(() => done(sink.contentDocument?.body?.textContent), 500);
    }));
  }
  await attempt("frame", () => document.getElementById("frame").contentDocument?.body?.textContent);
})();
</script>"""


@pytest.mark.system
@pytest.mark.skipif(*needs_browser[1].args, **needs_browser[1].kwargs)
def test_a_page_of_another_origin_gets_nothing(server):
    """Even one that knows the token: the browser asks first whether it may send it, and is told no."""
    target = f"http://127.0.0.1:{server.port}"
    page = HOSTILE.replace("TARGET", target).replace("TOKEN", server.token).replace("FORM", json.dumps(FORM))
    page = page.replace("SOCKET", target.replace("http", "ws"))

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(page.encode())

        def log_message(self, *_):
            pass

    hostile = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=hostile.serve_forever, daemon=True).start()
    with Browser() as browser:
        before = json.loads(asked(server)[1])
        found = browser.open(f"http://127.0.0.1:{hostile.server_port}/")
        found.evaluate("done")
        posted = [e["params"]["request"] for e in browser.events if e.get("method") == "Network.requestWillBeSent"]
        assert sum(one["method"] == "POST" and "=b.csv" in str(one.get("postData")) for one in posted) >= 2
        assert json.loads(found.evaluate("JSON.stringify(got)")) == []
        assert json.loads(asked(server)[1]) == before
        opened(browser, server.url)  # its own page still works
    hostile.shutdown()
    hostile.server_close()


# --- messages that make no sense


ODD = (
    *(None, True, False, 0, 1, -1, 2, 7, 0.5, -0.25, 1e308, -1e308, 10**30, "", "W1", "X", "y", "é", "\0", "x" * 300),
    *(
        [],
        {},
        [0],
        [0, 0],
        [[0]],
        [-1, 5],
        [10**9],
        [1e308],
        {"a": 1},
        [[[]]],
        [None],
        "NaN",
        "tanh",
        "cross_entropy",
        "\ud800",
        "a,b\udfff\n1,2",
        [0] * 5000,
        [1, 0, 2],
        [0, 0.5],
        [[0, 1]] * 50_000,
        ["a"] * 50_000,
        {f"n{k}": 0 for k in range(5000)},
    ),
)
MEANT = [
    {"do": "open", "preset": "xor"},
    {"do": "open", "state": None},
    {"do": "change", "part": "network", "changes": {"layers": [{"units": 3, "activation": "relu"}]}},
    {"do": "change", "part": "network", "changes": {"loss": "squared_error", "init": "he", "seed": 3, "bias": True}},
    {"do": "change", "part": "training", "changes": {"optimizer": "adam", "learning_rate": 0.1, "batch_size": 2}},
    {"do": "change", "part": "training", "changes": {"shuffle": True, "seed": 1, "l1": 0.1, "l2": 0.1}},
    {"do": "change", "part": "data", "changes": {"kind": "preset", "name": "moons", "rows": 20, "noise": 0.1}},
    {"do": "change", "part": "data", "changes": {"kind": "numbers", "X": [[0.0, 1.0]], "y": [[1.0]], "test": 0.0}},
    {"do": "change", "part": "data", "changes": {"kind": "table", "text": "a,b\n1,2\n3,4\n5,6", "target": "b"}},
    {"do": "change", "part": "view", "changes": {"lang": "zh", "digits": 5, "row": 1, "axes": [1, 0], "shown": 3}},
    {"do": "assign", "name": "W1", "index": [0, 1], "value": 0.5},
    {"do": "assign", "name": "X", "index": [0, 1], "value": 0.5},
    {"do": "table", "name": "a.csv", "text": "a,b\n1,x\n3,y\n5,x", "target": "b"},
    {"do": "step", "steps": 3},
    {"do": "epoch"},
    {"do": "run", "seconds": 0.001, "steps": 5},
    {"do": "go", "place": 1},
    {"do": "rewind"},
    {"do": "numbers"},
    {"do": "sample", "add": [0.5, 1.0], "y": [1]},
    {"do": "sample", "copy": 0},
    {"do": "sample", "set": 1, "x": [0.5, 1.0], "y": [0], "drawn": True},
    {"do": "sample", "set": 1, "x": {"at": 0, "value": 0.5}},
    {"do": "sample", "remove": 0},
    {"do": "compare", "what": "init", "of": ["zeros", "he"], "steps": 3},
    {"do": "take", "run": 0},
    {"do": "samples", "first": 0, "count": 10},
    {"do": "sample", "class": True},
    {"do": "formula", "name": "dW2", "index": [0, 0]},
    {"do": "unit", "layer": 1, "unit": 2},
    {"do": "figure", "name": "graph"},
    {"do": "export", "to": "numpy"},
    {"do": "doctor"},
    {"do": "check"},
    {"do": "exercise", "seed": 3},
    {"do": "exercise", "seed": 3, "answer": 0.5},
    {"do": "puzzle", "seed": 3},
    {"do": "puzzle", "seed": 3, "name": "dz1", "mistake": "one_unit"},
    {"do": "mend", "illness": "symmetry"},
    {"do": "nudge", "name": "W1", "index": [0, 0], "h": 0.001},
    {"do": "state", "whole": True},
]


def mutated(rng, value, depth=0):
    """A message with something odd somewhere in it."""
    if depth and rng.random() < 0.25:
        return rng.choice(ODD)
    match value:
        case dict() if value:
            name = rng.choice(list(value))
            changed = {**value, name: mutated(rng, value[name], depth + 1)}
            if rng.random() < 0.1:
                changed.pop(name)
            if rng.random() < 0.1:
                changed = {name: changed.get(name) for name in rng.sample(list(changed), len(changed))}
            if rng.random() < 0.1:
                changed[rng.choice(["do", "state", "units", "", "version"])] = rng.choice(ODD)
            return changed
        case list() if value:
            k = rng.randrange(len(value))
            return [*value[:k], mutated(rng, value[k], depth + 1), *value[k + 1 :]]
    return rng.choice(ODD)


STATE = PRESETS["xor"].state("xor").to_dict()


def opened_with(part, /, **changes):
    given = changes if part == "" else {part: {**STATE[part], **changes}}
    return {"do": "open", "state": {**STATE, **given}}


def changed_with(part, /, **changes):
    return {"do": "change", "part": part, "changes": changes}


REFUSED = [  # field by field, by a link or file and by a page: what the sentence names
    ("data", "name", "\ud800", "half a letter"),
    ("data", "text", "a,b\udfff\n1,2", "half a letter in 'a,b\\udfff"),
    ("data", "text", "größe" * 100_000 + "\ud800", "half a letter"),
    ("data", "target", "\ud800", "half a letter"),
    ("data", "classes", ["a", "b\udfff"], "half a letter"),
    ("data", "inputs", ["\ud800"], "half a letter"),
    ("data", "name", "x" * 20_000, "a name of 20,000 letters"),
    ("data", "ends", [[0, 1]] * 50_000, "50,000 axes with ends"),
    ("data", "ends", [[0]], "2 values expected, not 1"),
    ("data", "classes", ["a"] * 50_000, "50,000 classes"),
    ("data", "inputs", ["a"] * 50_000, "50,000 names of inputs"),
    ("data", "X", [[0.0]] * 50_000, "50,000 rows of X"),
    ("data", "y", [[0.0]] * 50_000, "50,000 rows of y"),
    ("data", "X", [[0.0] * 50_000], "50,000 numbers in a row"),
    ("data", "X", [[0.0] * 900] * 3000, "2,700,000 numbers in rows of X"),
    ("data", "nonsense", 1, "'nonsense' in data"),
    ("data", "seed", -1, "seed -1"),
    ("network", "layers", [{"units": 1}] * 50_000, "50,000 layers"),
    ("network", "layers", [{"units": 1, "nonsense": 1}], "'nonsense' in a layer"),
    ("network", "seed", -1, "seed -1"),
    ("network", "loss", "\ud800", "half a letter"),
    ("training", "seed", -1, "seed -1"),
    ("training", "batch_size", 10**9, "batches of 1,000,000,000 rows"),
    ("view", "axes", [], "the axes []"),
    ("view", "axes", [5], "the axes [5]"),
    ("view", "axes", [1, 1], "the axes [1, 1]"),
    ("view", "axes", [0, -1], "the axes [0, -1]"),
    ("view", "axes", [0, 5], "input 6 on an axis; expected two of the inputs 1 … 2"),
    ("view", "axes", [0, 10**9], "input 1,000,000,001 on an axis"),
    ("view", "axes", [0] * 50_000, "50,000 axes"),
    ("view", "row", 10**9, "row 1,000,000,001 of a batch; expected 1 … 4"),
    ("view", "shown", 10**9, "1,000,000,000 values of a step"),
    ("view", "shown", -2, "-2 values of a step"),
    ("view", "selected", "\ud800", "half a letter"),
]


@pytest.mark.parametrize("message", [opened_with, changed_with])
@pytest.mark.parametrize(("part", "name", "value", "why"), REFUSED, ids=[f"{k}" for k in range(len(REFUSED))])
def test_a_field_that_makes_no_sense_is_refused_by_a_sentence(message, part, name, value, why):
    talk = Conversation()
    before = talk.answer({"do": "state"})
    answer = talk.answer(message(part, **{name: value}))
    assert list(answer) == ["error"]
    assert why in answer["error"]
    assert answer["error"].count("expected") == 1
    assert len(answer["error"]) < 300
    assert talk.answer({"do": "state"}) == before


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ({"nonsense": 1}, "'nonsense' in a state"),
        ({"version": 2}, "a state of version 2; expected version 1"),
        ({"start": {f"W{k}": 0 for k in range(5000)}}, "5,000 arrays"),
        ({"start": {"\ud800": 0}}, "half a letter"),
        ({"start": {"W9": 0}}, "numbers for 'W9'; expected one of: W1, b1, W2, b2"),
        ({"now": {"W9": 0}}, "numbers for 'W9'"),
        ({"slots": {"W9": 0}}, "numbers for 'W9'"),
        ({"position": {"step": -1}}, "step -1"),
        ({"position": {"epoch": 10**30}}, "epoch 10"),
        ({"data": 5}, "data of type int; expected an object"),
    ],
)
def test_a_state_that_makes_no_sense_is_refused_by_a_sentence(changes, part):
    answer = Conversation().answer(opened_with("", **changes))
    assert list(answer) == ["error"]
    assert part in answer["error"]
    assert answer["error"].count("expected") == 1


@pytest.mark.parametrize("state", [5, [], "xor", True])
def test_what_is_no_object_is_no_state(state):
    assert "; expected an object" in Conversation().answer({"do": "open", "state": state})["error"]


def test_a_row_goes_with_its_batch():
    """A view of the fourth sample is no view of a batch of two; who changes the batch has not asked for a row."""
    talk = Conversation()
    talk.answer({"do": "change", "part": "view", "changes": {"row": 3}})
    state = talk.answer({"do": "change", "part": "training", "changes": {"batch_size": 2}})["state"]
    assert state["view"]["row"] == 1
    assert "error" not in Conversation().answer({"do": "open", "state": state})


def test_moments_that_overflow_are_left_out_of_the_state_and_that_is_said():
    """g² is beyond all numbers where g is 10²⁰⁰; the loss, of |d|, is not. JSON has no word for it."""
    talk = Conversation(PRESETS["line"].state("line").changed("network", {"loss": "mean_absolute_error"}))
    talk.answer({"do": "step"})
    assert talk.answer({"do": "state"})["state"]["slots"]
    talk.answer({"do": "assign", "name": "W2", "index": [0, 0], "value": 1e200})
    assert "error" not in talk.answer({"do": "step"})
    state = talk.answer({"do": "state"})["state"]
    assert state["slots"] == {}
    json.dumps(state, allow_nan=False)
    assert any("moments" in one for one in talk.answer({"do": "open"})["frame"]["said"])
    assert "error" not in Conversation().answer({"do": "open", "state": state})


@pytest.mark.long
def test_as_much_as_is_allowed_is_taken():
    n, names = 4000, [f"größe {k}" for k in range(450)]
    X = np.random.default_rng(0).normal(size=(n, 450))
    data = {**STATE["data"], "kind": "numbers", "X": X.tolist(), "y": [[0.0]] * n, "inputs": names}
    network = {**STATE["network"], "layers": [{"units": 1, "activation": "identity"}], "loss": "squared_error"}
    talk = Conversation()
    assert "error" not in talk.answer({"do": "open", "state": {**STATE, "data": data, "network": network}})
    np.testing.assert_array_equal(talk.bench.samples.X, X)
    assert talk.bench.samples.inputs == tuple(names)


def test_every_action_is_among_the_messages():
    assert {message["do"] for message in MEANT} == set(_ACTIONS)


@pytest.mark.parametrize("message", MEANT, ids=lambda message: message["do"])
def test_what_an_action_does_not_take_is_refused(message):
    talk = Conversation()
    before = talk.answer({"do": "state"})
    answer = talk.answer({**message, "nonsense": 1})
    assert list(answer) == ["error"]
    assert f"'nonsense' in a message to {message['do']}; expected" in answer["error"]
    assert talk.answer({"do": "state"}) == before


@pytest.mark.parametrize(
    "message",
    [
        {"do": "open", "preset": "moons", "state": STATE},
        {"do": "sample", "add": [0.5, 1.0], "y": [1], "remove": 0},
        {"do": "sample", "set": 0, "copy": 1},
        {"do": "sample"},
        {"do": "sample", "class": False},
        {"do": "sample", "class": True, "remove": 0},
        {"do": "sample", "drawn": True},
    ],
)
def test_two_things_at_once_or_none_are_refused(message):
    talk = Conversation()
    before = talk.answer({"do": "state"})
    assert "; expected" in talk.answer(message)["error"]
    assert talk.answer({"do": "state"}) == before


@pytest.mark.system
@pytest.mark.parametrize("seed", range(4))
def test_odd_messages_are_answered_by_a_sentence_and_the_bench_lives(seed, caplog):
    rng, talk = random.Random(seed), Conversation()
    states = [PRESETS[name].state(name).to_dict() for name in ("xor", "three_four_one")]
    refused = 0
    with caplog.at_level(logging.ERROR, "clearprop.play"):
        for _ in range(500):
            meant = rng.choice([*MEANT, {"do": "open", "state": rng.choice(states)}])
            message = mutated(rng, meant) if rng.random() < 0.9 else rng.choice(ODD)
            answer = talk.answer(message)
            json.dumps(answer, allow_nan=False)
            refused += "error" in answer
            if "error" in answer:
                assert answer["error"].strip(), message
            assert not caplog.records, (message, caplog.text)
    assert refused > 150
    assert "error" not in talk.answer({"do": "open", "preset": "xor"})
    assert all(np.isfinite(a).all() for a in talk.bench.network.arrays().values())
