"""A small server: its port, what it answers to whom, and how long it waits for a request to come."""

from __future__ import annotations

import asyncio
import errno
import logging
import socket
from collections.abc import Awaitable, Callable, Collection
from typing import Any

import uvicorn  # who serves something says what needs it, where it is not installed
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from uvicorn.protocols.http.h11_impl import H11Protocol

from clearprop.errors import FileError

HOST = "127.0.0.1"
HEAD_SECONDS = 10.0  # that the first lines of a request may take to come
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


def said(status: int, why: str, **headers: str) -> JSONResponse:
    """An answer that says in one sentence why there is no other."""
    return JSONResponse({"error": why}, status_code=status, headers=HEADERS | headers)


def failing(log: logging.Logger) -> Callable[[Request, Exception], Awaitable[Response]]:
    """What is answered where the program fails; the log has all of it."""

    async def failed(request: Request, error: Exception) -> Response:
        log.exception("a request failed", exc_info=error)
        return said(500, f"a fault of the program: {type(error).__name__}; the terminal says more")

    return failed


def foreign(request: Request, hosts: Collection[str] | None) -> str | None:
    """Why a request is not answered: a browser sends it for the page of another origin, or another host is meant.

    Args:
        request: that came.
        hosts: the names, with the port, under which the server is asked; None where that may be any.
    """
    host = request.headers.get("host")
    if hosts is not None and host not in hosts:
        return "a request for another host"
    origin = request.headers.get("origin")
    if origin is not None and origin not in _origins(host, hosts):
        return "a request from the page of another origin"
    is_visit = request.method == "GET" and request.headers.get("sec-fetch-mode") == "navigate"
    if not is_visit and request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return "a request from another site"
    if "upgrade" in request.headers:
        return "a request for another protocol, such as WebSocket: here each message is a request of its own"
    return None


def _origins(host: str | None, hosts: Collection[str] | None) -> set[str]:
    """Of pages that may ask: the server's own, which a proxy before it may have over TLS."""
    return {f"http://{host}", f"https://{host}"} if hosts is None else {f"http://{name}" for name in hosts}


class _Patient(H11Protocol):
    """HTTP/1.1 that hangs up on who does not finish the head of a request: each open connection costs a place."""

    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._wait()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    def _wait(self) -> None:
        """From the first byte, or from the connection on, until the head is there."""
        if self.cycle is not None and not self.cycle.response_complete:
            self._stop_waiting()
        elif self._timer is None:
            self._timer = self.loop.call_later(HEAD_SECONDS, self._hang_up)

    def _stop_waiting(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _hang_up(self) -> None:
        self._timer = None
        if self.cycle is None or self.cycle.response_complete:
            self.transport.close()


class Listener:
    """A server that has its port already: its address can be told before it answers.

    Args:
        port: 0 takes any that is free.
        host: the address to bind to; loopback is reached by this machine alone.

    Raises:
        FileError: if the port is taken, or the host is none of this machine.
    """

    def __init__(self, port: int = 0, host: str = HOST) -> None:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        # With its protocol named, asyncio turns off Nagle's algorithm, which else keeps answers back for 40 ms.
        self._socket = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            self._socket.bind((host, port))
            self._socket.listen(128)  # who comes before `run` waits
        except OSError as error:
            self._socket.close()
            if isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL:
                raise FileError(f"host {host}: {error.strerror}", "an address of this machine", f"{HOST}") from None
            place = f"port {port}" if host == HOST else f"host {host}, port {port}"
            raise FileError(f"{place}: {error.strerror}", "a port that is free", "--port 0 takes any") from None
        self.host = host
        self.port: int = self._socket.getsockname()[1]
        self._server: uvicorn.Server | None = None

    def answer_with(self, application: Any, **options: Any) -> None:
        """Say what answers; options are those of uvicorn."""
        config = uvicorn.Config(
            application,
            log_level="warning",
            lifespan="off",
            http=_Patient,
            ws="none",
            access_log=False,
            server_header=False,
            **options,
        )
        self._server = uvicorn.Server(config)

    def run(self) -> None:
        """Answer until Ctrl-C, or until `stop`."""
        assert self._server is not None
        self._server.run(sockets=[self._socket])

    def stop(self) -> None:
        """Let `run` return."""
        assert self._server is not None
        self._server.should_exit = True
