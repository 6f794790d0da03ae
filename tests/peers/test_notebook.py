"""The widget itself, with a line of our own in the place of a notebook's: its messages, its network, what it says."""

import json

import numpy as np
import pytest

import clearprop as cp
from clearprop.errors import ClearpropError, DataWarning, InvalidValueError

pytestmark = pytest.mark.peers

STEP = {"do": "step", "steps": 1}


def opened_by(play, page):
    """A page that has looked, as each does when it is loaded."""
    play.comm.ask({"clearprop": 0, "page": page, "message": {"do": "open"}})
    return play


class Line:
    """What the notebook is to the widget: messages out are kept."""

    comm_id = "line"

    def __init__(self, **_):
        self.sent = []

    def on_msg(self, heard):
        self.heard = heard

    def on_close(self, closed):
        pass

    def send(self, data=None, metadata=None, buffers=None):
        self.sent.append(data)

    def close(self, *_, **__):
        pass

    def ask(self, content):
        """A message of the page; what is sent in answer."""
        self.sent.clear()
        self.heard({"content": {"data": {"method": "custom", "content": content}}, "buffers": []})
        return [one["content"] for one in self.sent if one["method"] == "custom"]


@pytest.fixture
def playground(monkeypatch):
    import comm

    from clearprop.play.widget import Playground

    monkeypatch.setattr(comm, "create_comm", Line)
    return Playground


def test_messages_over_the_line_are_answered_by_the_bench(playground):
    play = opened_by(playground("mazur"), "a")
    (found,) = play.comm.ask({"clearprop": 7, "page": "a", "message": STEP})
    assert (found["clearprop"], found["page"], found["answer"]["position"]["step"]) == (7, "a", 1)
    json.dumps(found, allow_nan=False)
    assert play.state["position"]["step"] == 1
    assert found["answer"]["numbers"]["values"]["W1"] == play.network.parameters["W1"].tolist()
    assert play.network.parameters["W1"][0, 0] == pytest.approx(0.149780716, abs=1e-9)  # Mazur's own number
    (found,) = play.comm.ask({"clearprop": 8, "page": "a", "message": {"do": "sing"}})
    assert "; expected one of" in found["answer"]["error"]
    (found,) = play.comm.ask({"clearprop": 9, "page": "a"})
    assert "error" in found["answer"]


def test_a_second_page_looks_again_once(playground):
    play, numbers = playground(), iter(range(100))

    def is_told(page, message):
        """Whether a page that asks this is told to look again."""
        answer, *rest = play.comm.ask({"clearprop": next(numbers), "page": page, "message": message})
        assert answer["page"] == page
        assert rest in ([], [{"page": page, "look": True}])
        return bool(rest)

    look, read = {"do": "open"}, {"do": "doctor"}
    assert not any(is_told(page, message) for page in "ab" for message in (look, read))
    assert not is_told("a", STEP)
    assert is_told("b", read)
    assert not any(is_told(page, message) for message in (look, read) for page in "ba")  # and no end of it otherwise
    assert not is_told("b", STEP)
    assert is_told("a", STEP)
    play.network = play.network
    assert is_told("b", read)


def test_the_network_is_a_copy_that_goes_on_from_there(playground):
    play = opened_by(playground("moons"), "a")
    play.comm.ask({"clearprop": 1, "page": "a", "message": {"do": "step", "steps": 40}})
    net, state = play.network, play.state
    net.fit([[0.0, 1.0]], [1], epochs=5)
    assert play.state == state
    assert playground(state).network.parameters["W2"].tolist() == play.network.parameters["W2"].tolist()


def test_a_network_that_learned_elsewhere_is_put_into_the_page(playground):
    play = opened_by(playground("moons"), "a")
    play.comm.ask({"clearprop": 1, "page": "a", "message": {"do": "step", "steps": 40}})
    net, before = play.network, play.state
    net.fit([[0.0, 1.0]], [1], epochs=5)
    play.comm.sent.clear()
    play.network = net
    assert [one["content"] for one in play.comm.sent] == [{"look": True}]
    opened_by(play, "a")
    (found,) = play.comm.ask({"clearprop": 2, "page": "a", "message": {"do": "numbers"}})
    assert found["answer"]["numbers"]["values"]["W2"] == net.parameters["W2"].tolist()
    assert play.state["position"] == before["position"]
    (found,) = play.comm.ask({"clearprop": 3, "page": "a", "message": {"do": "go", "place": 1}})
    assert found["answer"]["numbers"]["values"]["W2"] == before["now"]["W2"]


@pytest.mark.parametrize(
    ("layers", "words"),
    [
        (
            [cp.Dense(2, "relu"), cp.Dense(1, "sigmoid")],
            "a network of 2 relu, 1 sigmoid; expected that of the page",
        ),
        ([cp.Dense(4, "tanh"), cp.Dense(1, "sigmoid")], "W1"),
    ],
)
def test_another_network_is_refused_and_the_page_stays(playground, layers, words):
    play = playground()
    before = play.state
    with pytest.raises(ClearpropError, match=words):
        play.network = cp.Network(3, layers, "bce")
    with pytest.raises(InvalidValueError, match="a dict as the network"):
        play.network = before
    assert play.state == before


def test_the_page_speaks_the_language_that_was_asked_for(playground):
    play = playground(lang="zh", height=500)
    assert repr(play) == "<Playground: <Network 2-4-1, 17 parameters>>"
    assert play.height == 500
    assert '<html lang="zh-Hans">' in play.page
    assert (
        play.comm.ask({"clearprop": 1, "page": "a", "message": {"do": "open"}})[0]["answer"]["words"]["data"] == "数据"
    )


def test_rows_that_are_left_out_are_said(playground):
    polars = pytest.importorskip("polars")
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 2500))
    frame = polars.DataFrame({"a": a, "b": b, "kind": np.where(a > 0, "x", "y")})
    model = cp.TableModel.train(frame, "kind", epochs=1).model
    with pytest.warns(DataWarning, match="2,000 of 2,500 rows") as told:
        playground(model, frame)
    assert told[0].filename == __file__
