"""The local server: the page and its scripts for everyone, answers only for who has the token.

It binds to loopback. A page of another origin can neither ask (the token is in a header that only our page sends, and
Origin and Host are checked), nor read, nor frame anything of it.
"""

from __future__ import annotations

import json
import logging
import secrets
import threading
from collections import Counter, OrderedDict
from importlib.resources import files
from typing import Any

from clearprop.play.conversation import Conversation
from clearprop.play.state import State
from clearprop.serve import lacking
from clearprop.visible import shortened

try:
    from starlette.applications import Starlette
    from starlette.concurrency import run_in_threadpool
    from starlette.requests import Request
    from starlette.responses import JSONResponse, Response
    from starlette.routing import Route

    from clearprop.serve.listener import HEADERS, HOST, Listener, failing, foreign, said
except ImportError as missing:
    raise lacking("the playground", missing) from None

_LARGEST = 64 << 20  # bytes of a message: a table of that size comes in one
_MOST_PAGES = 12  # benches that are kept; of the one that was not used for the longest time the state is
_MOST_ASLEEP = 200  # such states; the oldest is given up
_MOST_LETTERS = 256 << 20  # of their tables together
_KINDS = {".js": "text/javascript", ".css": "text/css", ".html": "text/html", ".svg": "image/svg+xml"}
_log = logging.getLogger("clearprop.play")


class Pages:
    """The conversations with the pages that are open, by the name that each page gave itself.

    Of those that were not used for the longest time the state alone is kept; a bench is built of it when one is needed.
    """

    def __init__(self, state: State | None) -> None:
        self._first, self._open = state, OrderedDict[str, Conversation]()
        self._asleep: OrderedDict[str, State] = OrderedDict()
        self._asked = Counter[str]()  # messages that are being answered
        self._lock = threading.Lock()

    def knows(self, page: str) -> bool:
        """Whether a page's bench is still there, or its state."""
        return page in self._open or page in self._asleep

    def answer(self, page: str, message: dict[str, Any]) -> dict[str, Any]:
        """What a page's bench answers, "woken" where it had been asleep. A page that is new gets a new one."""
        with self._lock:
            state = self._asleep.pop(page, None)
            if page not in self._open:
                self._open[page] = Conversation(self._first if state is None else state)
            talk = self._open[page]
            self._asked[page] += 1  # put away from here on, it would be asked in vain
            self._open.move_to_end(page)
            self._put_away()
        try:
            answer = talk.answer(message)
        finally:
            with self._lock:
                self._asked[page] -= 1
        return answer if state is None else {**answer, "woken": True}

    def _put_away(self) -> None:
        """Keep no more benches than are bounded, but those that are answering, and no more states and letters."""
        for page in list(self._open)[: max(0, len(self._open) - _MOST_PAGES)]:
            if not self._asked[page]:
                self._asleep[page] = self._open.pop(page).bench.current()
                del self._asked[page]
        letters = sum(len(state.data.text) for state in self._asleep.values())
        while len(self._asleep) > _MOST_ASLEEP or letters > _MOST_LETTERS:
            letters -= len(self._asleep.popitem(last=False)[1].data.text)


def application(token: str, port: int, state: State | None = None) -> Starlette:
    """The application that answers on a port of loopback.

    Args:
        token: that each message must bring.
        port: on which it is asked; a message to another host or port is none for it.
        state: what a page begins with.
    """
    pages, hosts = Pages(state), {f"{name}:{port}" for name in (HOST, "localhost")}

    async def asset(request: Request) -> Response:
        why = foreign(request, hosts)
        if why is not None:
            return said(403, why)
        name = request.path_params.get("name", "index.html")
        found = _assets().get(name)
        if found is None:
            return said(404, f"nothing called {shortened(name)!r} here")
        suffix = "." + name.rpartition(".")[2]
        return Response(found, media_type=_KINDS[suffix], headers=HEADERS)

    async def asked(request: Request) -> Response:
        why = foreign(request, hosts)
        if why is not None:
            return said(403, why)
        given = request.headers.get("x-clearprop-token", "")
        if not secrets.compare_digest(given.encode(), token.encode()):
            return said(401, "the token is missing or another one: open the address that `clearprop play` printed")
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > _LARGEST:
                return said(413, f"a message of more than {_LARGEST >> 20} MB")
        page = request.headers.get("x-clearprop-page", "")[:64]
        if not pages.knows(page) and request.headers.get("x-clearprop-begun") == "true":
            return JSONResponse({"gone": True, "error": "its bench was given up"}, headers=HEADERS)
        text = await run_in_threadpool(_answered, pages, page, bytes(body))
        return Response(text, media_type="application/json", headers=HEADERS)

    routes = [
        Route("/", asset, methods=["GET"]),
        Route("/api", asked, methods=["POST"]),
        Route("/{name:path}", asset, methods=["GET"]),
    ]
    return Starlette(routes=routes, exception_handlers={Exception: failing(_log), 405: _not_so})


def _answered(pages: Pages, page: str, body: bytes) -> str:
    """An answer as JSON; a message that is none gets a sentence."""
    try:
        message = json.loads(body)
    except (ValueError, RecursionError):
        return json.dumps({"error": "a message that is no JSON"})
    return json.dumps(pages.answer(page, message), allow_nan=False)


async def _not_so(request: Request, error: Exception) -> Response:
    return said(405, f"{request.method} is not answered here")


def _assets() -> dict[str, bytes]:
    """The page's files, by name."""
    folder = files("clearprop.play.page")
    names = (one.name for one in folder.iterdir() if one.is_file())
    return {name: (folder / name).read_bytes() for name in names if "." + name.rpartition(".")[2] in _KINDS}


class Server(Listener):
    """The playground's server.

    Attributes:
        token: random, new for each server.
        url: the page's address, with the token.
    """

    def __init__(self, state: State | None = None, port: int = 0) -> None:
        super().__init__(port)
        self.token = secrets.token_urlsafe(24)
        self.url = f"http://{HOST}:{self.port}/?token={self.token}"
        self.answer_with(application(self.token, self.port, state))
