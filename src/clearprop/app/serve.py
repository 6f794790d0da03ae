"""`clearprop serve`: a model behind a small HTTP server."""

from __future__ import annotations

from typing import Annotated

import typer

from clearprop.app import options as o
from clearprop.app.terminal import print_lines, tell


def serve(
    model: o.AnyModel,
    *,
    port: Annotated[int, typer.Option(help="Port; 0 takes any that is free.", min=0, max=65535)] = 8000,
    host: Annotated[
        str, typer.Option(metavar="ADDRESS", help="Address to bind to; by default only this machine is answered.")
    ] = "127.0.0.1",
    rate: Annotated[int, typer.Option(help="Requests a second that one client may make; 0: any number.", min=0)] = 0,
) -> None:
    """Answer rows of JSON over HTTP: POST /predict, POST /explain; GET / is a page that says how.

    Nothing asks who a client is: with another --host, whoever reaches the port is answered.
    """
    from clearprop.estimators import load
    from clearprop.serve.application import Limits, ModelServer, is_loopback

    server = ModelServer(load(model), model.name, port, host, Limits(rate=rate))
    if not is_loopback(host):
        tell(
            f"Warning: {host} is reached from other machines: whoever reaches port {server.port} is answered, with no "
            "password and no encryption. Put a proxy before it that asks for one."
        )
    print_lines(f"{model.name} is served at {server.url}\nCtrl-C ends it.")
    server.run()
