"""`clearprop serve`: a model's answers to rows of JSON over HTTP, with limits on what a client can make long.

Nothing is kept between requests, and nothing is written.
"""

from __future__ import annotations

import asyncio
import json
import logging
import math
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from importlib.resources import files
from typing import Any

from clearprop.errors import ClearpropError
from clearprop.estimators import MultiTargetModel, TableModel
from clearprop.network import Network
from clearprop.serve import lacking
from clearprop.serve.answers import served
from clearprop.serve.openapi import description_of
from clearprop.serve.page import page_of
from clearprop.serve.rate import Rate
from clearprop.serve.rows import question_of
from clearprop.version import installed_version
from clearprop.visible import visible

try:
    from starlette.applications import Starlette
    from starlette.exceptions import HTTPException
    from starlette.requests import ClientDisconnect, Request
    from starlette.responses import Response
    from starlette.routing import Route

    from clearprop.serve.listener import HEADERS, HOST, Listener, failing, foreign, said
except ImportError as missing:
    raise lacking("clearprop serve", missing) from None

LARGEST = 8 << 20  # bytes of a message
SECONDS = 30.0  # that a message may take to come, and its answer to be computed
AT_ONCE, WAITING = 4, 256  # requests that are computed at the same time, and that wait for it
CONNECTIONS = 512
INLINE, _QUICK = 8, 1_000_000  # rows and parameters, of answers within a few milliseconds
_SHORT = 64 << 10  # bytes that are read without a thread
_log = logging.getLogger("clearprop.serve")
Model = TableModel | MultiTargetModel | Network


class Limits:
    """What one request may take; tests have smaller ones.

    Args:
        largest: bytes of a body.
        seconds: for the body to come, and again for the answer.
        at_once: how many are computed at the same time.
        waiting: how many may wait for that; more are told to come back.
        inline: so few rows are answered at once by a network of a few parameters, and take no place.
        rate: requests for answers that one client may make in a second; 0 for any number.
    """

    def __init__(
        self,
        largest: int = LARGEST,
        seconds: float = SECONDS,
        at_once: int = AT_ONCE,
        waiting: int = WAITING,
        inline: int = INLINE,
        rate: float = 0.0,
    ) -> None:
        self.largest, self.seconds, self.at_once, self.waiting = largest, seconds, at_once, waiting
        self.inline, self.rate = inline, rate


class RefusalError(Exception):
    """A request that is answered with a status and a sentence, and with the seconds after which it may come again."""

    def __init__(self, status: int, why: str, after: float | None = None) -> None:
        self.status, self.why, self.after = status, why, after


class _Room:
    """Threads that compute answers; what has begun keeps its place until it is done, even if nobody waits any more."""

    def __init__(self, limits: Limits) -> None:
        self._limits, self._places = limits, threading.Semaphore(limits.at_once + limits.waiting)
        self._threads = ThreadPoolExecutor(limits.at_once, "clearprop-serve")

    async def compute(self, work: Callable[[], bytes]) -> bytes:
        """The work's result."""
        if not self._places.acquire(blocking=False):
            raise RefusalError(503, "too many requests at once: come back in a second", 1.0)
        future = self._threads.submit(work)
        future.add_done_callback(lambda _: self._places.release())
        try:
            return await asyncio.wait_for(asyncio.wrap_future(future), self._limits.seconds)
        except TimeoutError:
            why = f"no answer within {self._limits.seconds:g} s: fewer rows at a time"
            raise RefusalError(503, why, 1.0) from None


Answering = Callable[[Request], Awaitable[Response]]


def application(model: Model, name: str, hosts: set[str] | None = None, limits: Limits | None = None) -> Starlette:
    """The application that answers for a model.

    Args:
        model: what answers.
        name: of its file, which the page shows.
        hosts: the names, with the port, under which it may be asked; None for any.
        limits: of a request.
    """
    answering, limits = served(model), limits or Limits()
    name = visible(name)
    described, room, rate = description_of(model, name), _Room(limits), Rate(limits.rate)
    few = limits.inline if _parameters(model) <= _QUICK else 0

    async def predict(request: Request) -> Response:
        body, query = await _received(request, limits), request.query_params
        if len(body) <= _SHORT:
            asked = question_of(body, query)
            if len(asked.rows) <= few:  # what a thread would cost is more than the answer
                return _answer(_json(answering.predict(asked)))
        return _answer(await room.compute(lambda: _json(answering.predict(question_of(body, query)))))

    async def explain(request: Request) -> Response:
        body, query = await _received(request, limits), request.query_params
        kind = _wanted(request.headers.get("accept", ""))
        work = lambda: _explained(answering.explain(question_of(body, query)), kind)  # noqa: E731
        return _answer(await room.compute(work), kind)

    own = files("clearprop.serve")
    script, style = (own.joinpath(file).read_bytes() for file in ("page.js", "page.css"))
    health = _json({"status": "ok", "model": name, "clearprop": installed_version()})
    fixed = {
        "/health": (health, "application/json"),
        "/openapi.json": (_json(described), "application/json"),
        "/page.js": (script, "text/javascript"),
        "/page.css": (style, "text/css"),
        "/": (page_of(described).encode(), "text/html"),
    }
    asks = {"/predict": predict, "/explain": explain}
    routes = [Route(path, _guarded(_rated(answer, rate), hosts), methods=["POST"]) for path, answer in asks.items()]
    routes += [Route(path, _guarded(_fixed(*what), hosts), methods=["GET"]) for path, what in fixed.items()]
    return Starlette(routes=routes, exception_handlers={Exception: failing(_log), HTTPException: _not_there})


async def _received(request: Request, limits: Limits) -> bytes:
    """The body, if it is not too long and comes in time."""
    body = bytearray()
    try:
        async with asyncio.timeout(limits.seconds):
            async for chunk in request.stream():
                body += chunk
                if len(body) > limits.largest:
                    raise RefusalError(413, f"a message of more than {limits.largest:,} bytes: send several")
    except TimeoutError:
        raise RefusalError(408, f"the message did not come within {limits.seconds:g} s") from None
    return bytes(body)


def _fixed(content: bytes, kind: str) -> Answering:
    """What answers always the same."""

    async def answer(request: Request) -> Response:
        return _answer(content, kind)

    return answer


def _rated(answer: Answering, rate: Rate) -> Answering:
    """What answers a client that does not ask too often."""

    async def limited(request: Request) -> Response:
        seconds = rate.wait(request.client.host if request.client else "")
        if seconds:
            raise RefusalError(429, f"more than {rate.per_second:g} requests a second from one client", seconds)
        return await answer(request)

    return limited


def _guarded(answer: Answering, hosts: set[str] | None) -> Answering:
    """What answers, or one sentence that says why not."""

    async def guard(request: Request) -> Response:
        try:
            why = foreign(request, hosts)
            return said(403, why) if why is not None else await answer(request)
        except RefusalError as refusal:
            again = {"Connection": "close"} if refusal.after is None else {"Retry-After": str(math.ceil(refusal.after))}
            return said(refusal.status, refusal.why, **again)
        except ClearpropError as error:
            return said(422, str(error))
        except ClientDisconnect:
            return said(400, "the message broke off")
        except MemoryError:
            return said(503, "not enough memory: fewer rows at a time", **{"Retry-After": "1"})

    return guard


# The explanation opens from our page, whose policy it inherits beside its own: that allows its style alone.
_OF_PAGES = HEADERS | {
    "Content-Security-Policy": HEADERS["Content-Security-Policy"].replace("style-src", "style-src 'unsafe-inline'")
}
_OF_DATA = {name: HEADERS[name] for name in ("X-Content-Type-Options", "Cross-Origin-Resource-Policy", "Cache-Control")}


def _parameters(model: Model) -> int:
    return (model if isinstance(model, Network) else model.network).n_parameters


def _answer(content: bytes, kind: str = "application/json") -> Response:
    return Response(content, media_type=kind, headers=_OF_PAGES if kind == "text/html" else _OF_DATA)


def _json(data: Any) -> bytes:
    return json.dumps(data, allow_nan=False).encode()


def _wanted(accept: str) -> str:
    """The kind of the explanation that a client prefers, as far as the order of its list tells."""
    kinds = [one.partition(";")[0].strip().lower() for one in accept.split(",")]
    return next((kind for kind in kinds if kind in ("text/html", "text/markdown")), "application/json")


def _explained(found: Any, kind: str) -> bytes:
    writers: dict[str, Callable[[], str]] = {"text/html": found.to_html, "text/markdown": found.to_markdown}
    return writers[kind]().encode() if kind in writers else _json(found.to_dict())


async def _not_there(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == 404:
        return said(404, "nothing here: POST /predict, POST /explain, GET /, /openapi.json or /health")
    return said(error.status_code, f"{request.method} is not answered here", **dict(error.headers or {}))


class ModelServer(Listener):
    """A server that answers for a model.

    Args:
        model: of a table, of one target or several, or a plain network.
        name: of its file.
        port: 0 takes any that is free.
        host: the address to bind to. On loopback only this machine is answered, and pages of other origins are not.
        limits: of a request.

    Attributes:
        url: where it is asked.
    """

    def __init__(self, model: Model, name: str, port: int = 0, host: str = HOST, limits: Limits | None = None) -> None:
        super().__init__(port, host)
        shown = f"[{host}]" if ":" in host else host
        self.url = f"http://{shown}:{self.port}"
        hosts = {f"{one}:{self.port}" for one in (shown, HOST, "localhost")} if is_loopback(host) else None
        self.answer_with(application(model, name, hosts, limits), limit_concurrency=CONNECTIONS)


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches an address."""
    return host == "localhost" or host == "::1" or host.startswith("127.")
