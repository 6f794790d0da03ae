"""`play --save`: a training recorded into one page, which replays it without Python and without a server."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

from clearprop.errors import ClearpropError, InvalidValueError
from clearprop.files import checked_path, write_atomically
from clearprop.interop.source import content_of, javascript_network
from clearprop.play.bundle import whole_page
from clearprop.play.conversation import Conversation
from clearprop.play.state import State

_MOST_BYTES = 12 << 20  # of a recording; of a longer one some steps are left out, which the page says
_MOST_FORMULAS = 250
_SIDE = 24  # points of a heat map on each side


def recorded(state: State, steps: int) -> dict[str, Any]:
    """What the bench answers at the start and after each of some steps, within a bounded size.

    Raises:
        ClearpropError: if there is no such network.
    """
    talk = Conversation(state, side=_SIDE)
    opened = _asked(talk, {"do": "open"})
    opened["frame"] |= {"parameters": [], "typed": False}  # no number of them can be typed
    opened["words"]["formula_hint"] = talk.say("play.recorded_hint")
    first = {name: opened.pop(name) for name in ("numbers", "answers", "position", "losses", "scores")}
    size = len(json.dumps(first))
    every = max(1, -(-(steps + 1) * size // _MOST_BYTES))
    names = [value["name"] for value in opened["frame"]["values"]]
    with_formulas = max(1, _MOST_FORMULAS // len(names))
    frames, formulas = [first], [_formulas(talk, names)]
    for done in range(0, steps, every):
        try:
            answer = _asked(talk, {"do": "step", "steps": min(every, steps - done)})
        except ClearpropError as error:  # it diverged: the page shows how far it came, and why it ends
            opened["frame"]["said"].append(str(error))
            break
        frames.append({name: answer[name] for name in first})
        if len(formulas) < with_formulas:
            formulas.append(_formulas(talk, names))
    if every > 1:
        opened["frame"]["said"].append(talk.say("play.recorded_every", n=every))
    curve = _asked(talk, {"do": "numbers"})["curve"]
    figure = talk.answer({"do": "rewind"}) and talk.answer({"do": "figure", "name": "graph"}).get("figure")
    return {"open": opened, "frames": frames, "formulas": formulas, "curve": curve, "figure": figure}


def _formulas(talk: Conversation, names: list[str]) -> dict[str, Any]:
    found = {name: talk.answer({"do": "formula", "name": name}).get("formula") for name in names}
    return {name: one for name, one in found.items() if one is not None}


def _asked(talk: Conversation, message: dict[str, Any]) -> dict[str, Any]:
    answer = talk.answer(message)
    if "error" in answer:
        raise InvalidValueError(answer["error"])
    return answer


def save_page(state: State, path: str | os.PathLike[str], steps: int = 100) -> None:
    """Write a page that replays some steps of a training.

    Args:
        state: where it begins.
        path: of the .html file.
        steps: how many.

    Raises:
        InvalidValueError: for another ending.
        FileError: if the file cannot be written.
        ClearpropError: if there is no such network.
    """
    if Path(checked_path(path)).suffix.lower() not in (".html", ".htm"):
        raise InvalidValueError(f"a file ending in {Path(path).suffix!r}", ".html")
    state = replace(state, view=replace(state.view, shown=-1))
    lang: Any = state.view.lang
    page = whole_page(lang, recorded(state, steps), network=_answering(state))
    write_atomically(Path(path), page.encode())


def _answering(state: State) -> str:
    """The network as JavaScript, which answers inputs that are typed into the page."""
    net = Conversation(state).network()
    content = content_of(net.architecture, net.parameters, net.dtype, lang=state.view.lang)
    return javascript_network(content)
