"""`clearprop play`: the playground, a page in the browser with a live network behind it."""

from __future__ import annotations

import webbrowser
from typing import Annotated

import typer

from clearprop.app.terminal import print_lines


def play(
    table: Annotated[
        str | None, typer.Argument(metavar="[TABLE | MODEL]", help="A table, a model, or nothing for XOR.")
    ] = None,
    *,
    port: Annotated[int, typer.Option(help="Port on this machine; 0 takes any that is free.", min=0, max=65535)] = 0,
    browser: Annotated[bool, typer.Option(help="Whether to open the page in the browser.")] = True,
) -> None:
    """Build a network in the browser, step through it, and see every number of it.

    The page is served on this machine alone; its address holds a random token.
    """
    from clearprop.play.server import Server

    server = Server(None, port)
    print_lines(f"The playground is at {server.url}\nCtrl-C ends it.")
    if browser:
        webbrowser.open(server.url)
    server.run()
