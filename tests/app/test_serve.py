"""`clearprop serve`: what a client gets, and what becomes of messages and connections that make no sense."""

import http.client
import json
import logging
import socket
import threading
import time
import warnings
from contextlib import closing

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import clearprop as cp
import commands
from answering import answering

pytest.importorskip("starlette")

from clearprop.serve import listener
from clearprop.serve import rate as rates
from clearprop.serve.application import Limits, ModelServer
from clearprop.serve.rate import Rate
from clearprop.serve.rows import MOST_ROWS

SMALL = {"hidden": (4,), "epochs": 3, "learning_rate": 0.01, "members": 1}


def frame():
    rng = np.random.default_rng(0)
    x, day = rng.normal(size=200), pl.date_range(pl.date(2024, 1, 1), pl.date(2024, 7, 18), eager=True)
    price = 3 * x + 50
    price[::10] += 1
    return pl.DataFrame(
        {
            "x": [None if i % 9 == 0 else v for i, v in enumerate(x)],
            "shop": np.where(x > 0.3, "north", np.where(x > -0.3, "south", "west")),
            "open": x > 0,
            "day": day[:200],
            "price": price,
            "sold": np.where(x + rng.normal(size=200) > 0, "yes", "no"),
        }
    )


ROW = {"x": 0.5, "shop": "north", "open": True, "day": "2024-03-01"}


def serving(model, limits=None):
    return answering(ModelServer(model, "model.clearprop", limits=limits))


@pytest.fixture(scope="module")
def models():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        table = frame()
        return {
            "classes": cp.TableModel.train(table.drop("price"), "sold", **SMALL, split="random").model,
            "numbers": cp.TableModel.train(table.drop("sold"), "price", **SMALL, split="random").model,
            "several": cp.TableModel.train(table, ["price", "sold"], **SMALL, split="random").model,
            "network": cp.Network(3, [cp.Dense(4, "tanh"), cp.Dense(2, "softmax")], loss="cross_entropy"),
        }


@pytest.fixture(scope="module")
def server(models):
    with serving(models["classes"], Limits(largest=1 << 20)) as found:
        yield found


def asked(server, body=None, path="/predict", method="POST", **headers):
    """The status, the answer as JSON (or as text), and the headers of one request."""
    sent = body if isinstance(body, bytes | None) else json.dumps(body).encode()
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)) as connection:
        connection.request(method, path, sent, {"Content-Type": "application/json", **given})
        answer = connection.getresponse()
        text = answer.read().decode()
        is_json = answer.headers["Content-Type"] == "application/json"
        return answer.status, json.loads(text) if is_json else text, answer.headers


# --- answers


@pytest.mark.parametrize("form", [lambda rows: rows, lambda rows: {"rows": rows}])
def test_classes_come_with_their_probabilities_as_the_model_has_them(server, models, form):
    rows = [ROW, {**ROW, "x": -2.0, "shop": "west", "open": False}]
    status, found, headers = asked(server, form(rows))
    assert (status, found["target"], found["classes"]) == (200, "sold", ["no", "yes"])
    p = models["classes"].predict_proba(rows)
    assert [one["probabilities"] for one in found["predictions"]] == [
        dict(zip(["no", "yes"], q, strict=True)) for q in p.tolist()
    ]
    assert [one["prediction"] for one in found["predictions"]] == list(models["classes"].predict(rows))
    assert headers["Cache-Control"] == "no-store"


def test_one_object_is_one_row(server):
    assert asked(server, ROW)[1] == asked(server, [ROW])[1]


def test_what_is_missing_or_unseen_is_said_of_its_row(server):
    odd = {"x": None, "shop": "moon", "open": "NA", "day": "2031-03-01", "sold": "yes", "colour": "red"}
    _, found, _ = asked(server, [ROW, odd])
    first, second = (one["remarks"] for one in found["predictions"])
    assert first == []
    assert "x is missing" in second
    assert "open is missing" in second
    assert any(one.startswith("shop moon was not there in training") for one in second)
    assert any(one.startswith("day 2031-03-01 lies far outside") for one in second)
    assert "colour is no column of the training table: not looked at" in second
    assert len(second) == 5
    assert "x 缺失" in asked(server, odd, "/predict?lang=zh")[1]["predictions"][0]["remarks"]


def test_intervals_of_numbers_and_sets_of_classes(models, server):
    with serving(models["numbers"]) as own:
        _, found, _ = asked(own, {"rows": [ROW], "interval": 0.9})
        assert asked(own, ROW, "/predict?interval=0.9")[1] == found
        assert asked(own, ROW)[1]["predictions"][0].keys() == {"prediction", "remarks"}
        assert asked(own, ROW, "/predict?interval=2")[0] == 422
        assert asked(own, ROW, "/predict?interval=0.9999")[1]["predictions"][0]["interval"][1] is None
    one = found["predictions"][0]
    assert one["interval"] == pytest.approx(models["numbers"].intervals(ROW, 0.9)[0].tolist())
    assert one["prediction"] == pytest.approx(models["numbers"].predict(ROW)[0])
    sets = asked(server, ROW, "/predict?interval=0.9")[1]["predictions"][0]["set"]
    assert tuple(sets) == models["classes"].sets(ROW, 0.9)[0]


def test_several_targets(models):
    with serving(models["several"]) as own:
        _, found, _ = asked(own, ROW)
        status, explained, _ = asked(own, ROW, "/explain?target=sold")
        assert asked(own, ROW, "/explain")[0] == asked(own, ROW, "/explain?target=x")[0] == 422
    answer = models["several"].predict(ROW)
    targets = found["predictions"][0]["targets"]
    assert [one["target"] for one in found["targets"]] == ["price", "sold"]
    assert targets["price"]["prediction"] == pytest.approx(answer["price"][0])
    assert targets["sold"]["prediction"] == answer["sold"][0]
    assert status == 200
    assert explained["title"]["text"].endswith("sold") if isinstance(explained["title"], dict) else explained["title"]


def test_a_plain_network_takes_lists_of_numbers(models):
    net = models["network"]
    with serving(net) as own:
        rows = [[1, 2.5, -3], [0, 0, 0]]
        found = asked(own, rows)[1]["predictions"]
        assert [one["outputs"] for one in found] == net.predict(rows).tolist()
        assert asked(own, [1, 2.5, -3])[1]["predictions"] == found[:1]
        assert asked(own, [1, 2.5, -3], "/explain")[0] == 200
        wrong = (
            [[1, 2]],
            [[1, 2, "3"]],
            [[1, 2, True]],
            [[1, 2, None]],
            [{"x": 1}],
            [[1, 2, 10**400]],
            [[]],
            [[1e301] * 3],
        )
        for rows in wrong:
            status, answer, _ = asked(own, rows)
            assert status == 422, rows
            assert "expected" in answer["error"]
        assert asked(own, [[1, 2, 3]], "/predict?interval=0.9")[0] == 422
        assert asked(own, path="/openapi.json", method="GET")[1]["components"]["schemas"]["Row"]["maxItems"] == 3


def test_an_explanation_is_json_a_page_or_markdown(server):
    status, found, _ = asked(server, ROW, "/explain")
    assert (status, isinstance(found, dict)) == (200, True)
    page = asked(server, ROW, "/explain", Accept="text/html,application/xhtml+xml")[1]
    assert page.lower().startswith("<!doctype html>")
    assert "<math" in page
    assert asked(server, ROW, "/explain?lang=zh", Accept="text/markdown")[1].startswith("# ")
    assert asked(server, [ROW, ROW], "/explain")[0] == 422


def test_the_page_and_its_document(server):
    status, page, headers = asked(server, method="GET", path="/")
    assert status == 200
    assert "script-src 'self'" in headers["Content-Security-Policy"]
    assert all(word in page for word in ("/predict", "/explain", "shop", "north, south, west"))
    assert "http" not in page.replace("https://", "http://").split("<main>")[0]
    document = asked(server, method="GET", path="/openapi.json")[1]
    example = document["paths"]["/explain"]["post"]["requestBody"]["content"]["application/json"]["example"]
    status, found, _ = asked(server, example)
    assert (status, found["predictions"][0]["remarks"]) == (200, [])
    assert document["components"]["schemas"]["Row"]["required"] == ["x", "shop", "open", "day"]
    assert asked(server, method="GET", path="/health")[1]["status"] == "ok"
    assert asked(server, method="GET", path="/page.js")[0] == asked(server, method="GET", path="/page.css")[0] == 200


# --- hostile requests


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "no JSON"),
        (b"{", "no JSON"),
        (b"\xff\xfe", "no JSON"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"x": NaN}', "NaN in the message"),
        (b'{"x": -Infinity}', "-Infinity in the message"),
        (b'{"x": 1, "x": 2}', "'x' twice"),
        (b"null", "null; expected"),
        (b"7", "a number; expected"),
        (b"[]", "0 rows"),
        (b"[null]", "null in place of a row"),
        (b"[[1, 2, 3, 4]]", "a list in place of a row"),
        (b'[{"x": [1]}]', "a list under 'x'"),
        (b'{"rows": [{}], "interval": "wide"}', "interval 'wide'"),
        (b'{"rows": [{}], "interval": true}', "interval True"),
        (b'{"rows": [{}], "lang": "fr"}', "'fr'"),
        (b'{"rows": [{}], "lang": []}', "[]"),
        (b'{"rows": [{}], "cover": 1}', "unknown option 'cover'"),
        (b"{}", "no column 'x'"),
    ],
)
def test_messages_that_make_no_sense_get_a_sentence(server, body, words):
    status, found, _ = asked(server, body)
    assert status == 422
    assert words in found["error"]
    assert "Traceback" not in found["error"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"x": "a lot"}, "a lot"),
        ({"x": 10**400}, "x"),
        ({"x": True}, ""),
        ({"day": "yesterday"}, "yesterday"),
        ({"day": 7}, "day"),
        ({"day": {"year": 2024}}, "an object under 'day'"),
    ],
)
def test_a_value_of_another_kind_is_said_with_its_row(server, change, words):
    status, found, _ = asked(server, [ROW, {**ROW, **change}])
    if status == 200:  # a truth value is 1 in a column of numbers, as in a data frame
        assert change == {"x": True}
        return
    assert status == 422
    assert words in found["error"]
    assert "row 1 (counted from 0)" in found["error"]


def test_a_column_that_is_not_there_is_said_with_its_row(server):
    status, found, _ = asked(server, [ROW, {name: value for name, value in ROW.items() if name != "shop"}])
    assert status == 422
    assert "no column 'shop'" in found["error"]
    assert "row 1" in found["error"]


def holding(values):
    """Lists and objects of some JSON values."""
    return st.lists(values, max_size=4) | st.dictionaries(st.sampled_from([*ROW, "rows", "z"]), values, max_size=5)


finite = st.floats(allow_nan=False, allow_infinity=False)
scalars = st.none() | st.booleans() | st.integers() | finite | st.text(max_size=8)
json_values = scalars | holding(scalars | holding(scalars))


@given(json_values | st.lists(st.fixed_dictionaries(dict.fromkeys(ROW, json_values)), min_size=1, max_size=3))
@settings(max_examples=60)
def test_any_json_is_answered_with_json(server, body):
    status, found, _ = asked(server, body)
    assert status in (200, 422)
    assert ("error" in found) == (status == 422)


def test_too_many_rows_and_too_many_bytes(server):
    status, found, _ = asked(server, [{}] * (MOST_ROWS + 1))
    assert (status, "10,001 rows" in found["error"]) == (422, True)
    with closing(socket.create_connection(("127.0.0.1", server.port), timeout=10)) as line:
        line.sendall(
            b"POST /predict HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nContent-Length: 99999999999\r\n\r\n" % server.port
        )
        line.sendall(b" " * ((1 << 20) + 1))
        answer = line.recv(4096)
    assert answer.startswith(b"HTTP/1.1 413")
    assert b"connection: close" in answer.lower()


def test_other_routes_methods_and_hosts(server):
    assert asked(server, ROW, "/nothing")[0] == 404
    assert asked(server, ROW, "/../../etc/passwd")[0] == 404
    for path, method in (("/predict", "GET"), ("/predict", "DELETE"), ("/", "POST"), ("/health", "PUT")):
        status, found, headers = asked(server, path=path, method=method)
        assert (status, method in found["error"], bool(headers["Allow"])) == (405, True, True)
    assert asked(server, ROW, Host="evil.example")[0] == 403
    assert asked(server, ROW, Origin="http://evil.example")[0] == 403
    assert asked(server, ROW, Sec_Fetch_Site="cross-site")[0] == 403
    assert asked(server, ROW, Host=f"localhost:{server.port}")[0] == 200


@pytest.mark.system
def test_who_sends_too_slowly_is_hung_up_on(models, monkeypatch):
    monkeypatch.setattr(listener, "HEAD_SECONDS", 0.3)
    with (
        serving(models["classes"], Limits(seconds=1.0)) as server,
        closing(socket.create_connection(("127.0.0.1", server.port), timeout=10)) as silent,
        closing(socket.create_connection(("127.0.0.1", server.port), timeout=10)) as head,
        closing(socket.create_connection(("127.0.0.1", server.port), timeout=10)) as body,
    ):
        head.sendall(b"POST /predict HTTP/1.1\r\nHost: ")
        body.sendall(b"POST /predict HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nContent-Length: 100\r\n\r\n{" % server.port)
        for _ in range(3):  # a byte now and then does not help
            time.sleep(0.05)
            head.sendall(b"1")
        assert asked(server, ROW)[0] == 200
        assert silent.recv(100) == head.recv(100) == b""
        assert body.recv(100).startswith(b"HTTP/1.1 408")


@pytest.mark.system
def test_who_finds_no_place_is_told_to_come_back(models):
    with serving(models["classes"], Limits(at_once=1, waiting=0, seconds=0.2, inline=0)) as own:
        released = threading.Event()
        from clearprop.serve import answers

        def waiting(_self, question):
            released.wait(10)
            return {}

        original, answers.ServedTable.predict = answers.ServedTable.predict, waiting
        try:
            late, said, headers = asked(own, ROW)
            assert (late, "no answer within 0.2 s" in said["error"], headers["Retry-After"]) == (503, True, "1")
            full, said, _ = asked(own, ROW)  # the first one goes on, and has its place
            assert (full, "too many requests at once" in said["error"]) == (503, True)
        finally:
            answers.ServedTable.predict = original
            released.set()
        for _ in range(50):
            if asked(own, ROW)[0] == 200:
                break
            time.sleep(0.02)
        else:
            pytest.fail("no place became free")


def test_a_client_that_asks_too_often_is_told_when_to_come_back(models):
    """Pages and health are not counted; another address has a rate of its own."""
    with serving(models["network"], Limits(rate=2.0)) as server:
        answers = [asked(server, [[0.0, 0.0, 0.0]]) for _ in range(3)]
        assert [status for status, *_ in answers] == [200, 200, 429]
        assert answers[2][1]["error"] == "more than 2 requests a second from one client"
        assert answers[2][2]["Retry-After"] == "1"
        assert asked(server, path="/health", method="GET")[0] == 200


@given(st.lists(st.tuples(st.sampled_from("ab"), st.floats(0, 3)), max_size=60), st.floats(0.2, 20))
def test_a_rate_holds_over_any_time(questions, per_second):
    """Within t seconds at most t times the rate are let through, and a second's worth (or one); who waits gets in."""
    clock, let = [0.0], {"a": [], "b": []}
    rate = Rate(per_second, lambda: clock[0])
    for client, later in questions:
        clock[0] += later
        wait = rate.wait(client)
        if wait:
            clock[0] += wait * (1 + 1e-9)
            assert rate.wait(client) == 0.0
        let[client].append(clock[0])
    for times in let.values():
        for i, first in enumerate(times):
            for j in range(i, len(times)):
                assert j - i + 1 <= max(1.0, per_second) + (times[j] - first) * per_second + 1e-6


def test_buckets_of_clients_are_bounded(monkeypatch):
    monkeypatch.setattr(rates, "MOST_CLIENTS", 3)
    rate = Rate(1.0, lambda: 0.0)
    assert [rate.wait(client) for client in "abca"] == [0.0, 0.0, 0.0, 1.0]
    rate.wait("d")  # b was not heard of for the longest time
    assert [rate.wait(client) > 0 for client in "acd"] == [True, True, True]
    assert len(rate._clients) == 3


def test_a_fault_of_the_program_is_no_traceback(models, monkeypatch, caplog):
    with serving(models["classes"]) as own, caplog.at_level(logging.CRITICAL):
        from clearprop.serve import answers

        monkeypatch.setattr(answers.ServedTable, "predict", lambda *_: 1 / 0)
        status, found, _ = asked(own, ROW)
    assert status == 500
    assert found["error"].startswith("a fault of the program: ZeroDivisionError")


# --- the command


def test_the_command_serves_and_warns_of_other_hosts(models, tmp_path, monkeypatch):
    models["classes"].save(tmp_path / "m.clearprop")
    monkeypatch.setattr(ModelServer, "run", lambda self: self._socket.close())
    done = commands.run("serve", "m.clearprop", "--port", 0, cwd=tmp_path)
    assert done.returncode == 0
    assert "m.clearprop is served at http://127.0.0.1:" in done.stdout
    assert done.stderr == ""
    done = commands.run("serve", "m.clearprop", "--port", 0, "--host", "0.0.0.0", cwd=tmp_path)
    assert "Warning: 0.0.0.0 is reached from other machines" in done.stderr
    assert commands.run("serve", "m.clearprop", "--host", "192.0.2.1", cwd=tmp_path).returncode == 2
    assert commands.run("serve", "nothing.clearprop", cwd=tmp_path).returncode == 2


def test_a_hundred_thousand_names_of_which_one_stands_twice_cost_nothing(models):
    """Each name looked for among all would take longer than `asked` waits."""
    names = ", ".join(f'"n{i}": 1' for i in range(100_000))
    body = f'{{{names}, "n99999": 2}}'.encode()
    with serving(models["classes"]) as own:
        status, said, _ = asked(own, body)
    assert (status, "'n99999' twice" in said["error"]) == (422, True)


def test_a_share_beyond_all_floats_is_an_error_of_the_message(models):
    with serving(models["numbers"]) as own:
        status, said, _ = asked(own, f'{{"rows": [{json.dumps(ROW)}], "interval": {10**400}}}'.encode())
    assert (status, "interval" in said["error"]) == (422, True)


def test_a_proxy_may_hand_its_own_name_on(models):
    with answering(ModelServer(models["classes"], "mod\udcff.clearprop", host="0.0.0.0")) as own:
        headers = {"Host": "model.example", "Sec_Fetch_Site": "same-origin"}
        assert asked(own, ROW, Origin="https://model.example", **headers)[0] == 200
        assert asked(own, ROW, Origin="https://evil.example", **headers)[0] == 403
        assert asked(own, path="/health", method="GET")[0] == 200


def test_a_host_that_is_none_of_this_machine_is_named():
    with pytest.raises(cp.errors.FileError, match=r"host 192\.0\.2\.1.*an address of this machine"):
        listener.Listener(host="192.0.2.1")
