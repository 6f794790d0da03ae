"""`clearprop play`: the playground, a page in the browser with a live network behind it."""

from __future__ import annotations

import webbrowser
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from clearprop.app.options import output_option
from clearprop.app.terminal import print_lines
from clearprop.errors import plural
from clearprop.messages import Message, checked_language


def play(
    what: Annotated[
        str,
        typer.Argument(
            metavar="[TABLE | MODEL | LINK]",
            help="A table, a model, a link or a file that the page has written, demo:NAME, or an example's name.",
            show_default=False,
        ),
    ] = "xor",
    table: Annotated[str, typer.Argument(metavar="[TABLE]", help="Rows for a model.", show_default=False)] = "",
    *,
    target: Annotated[str, typer.Option(metavar="COL", help="Column to predict; the last one by default.")] = "",
    lang: Annotated[str, output_option(metavar="en|zh", help="Language of the page; English, or the link's own.")] = "",
    save: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write a page that replays the training without Python, and serve nothing."),
    ] = None,
    steps: Annotated[int, typer.Option(help="Steps of the training in that page.", min=1, max=10_000)] = 100,
    port: Annotated[int, typer.Option(help="Port on this machine; 0 takes any that is free.", min=0, max=65535)] = 0,
    browser: Annotated[bool, typer.Option(help="Whether to open the page in the browser.")] = True,
) -> None:
    """Build a network in the browser, step through it, and see every number of it.

    The page is served on this machine alone; its address holds a random token.
    """
    from clearprop.play.openings import opening

    left_out: list[Message] = []
    state = opening(what, table, target, left_out.append)
    if lang:
        state = replace(state, view=replace(state.view, lang=lang))
    for one in left_out:
        print_lines(one(checked_language(state.view.lang)))
    if save is not None:
        from clearprop.play.save import save_page

        save_page(state, save, steps)
        print_lines(f"{save} replays {plural(steps, 'step')}: open it in a browser, it needs nothing else.")
        return
    from clearprop.play.bench import Bench
    from clearprop.play.server import Server

    if state.data.kind != "table":  # which was read, and has a network that suits it
        Bench(state)  # what cannot be built is said here, and not on an empty page
    server = Server(state, port)
    print_lines(f"The playground is at {server.url}\nCtrl-C ends it.")
    if browser:
        webbrowser.open(server.url)
    server.run()
