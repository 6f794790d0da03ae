"""The playground in a cell of a notebook: its page in a frame, and its bench in the kernel."""

from __future__ import annotations

import warnings
from dataclasses import replace
from importlib.resources import files
from typing import Any

from clearprop.errors import DataWarning, InvalidValueError, MissingDependencyError, a_or_an, checked_integer
from clearprop.messages import Message, checked_language, say
from clearprop.network import Network
from clearprop.play.bundle import whole_page
from clearprop.play.conversation import Conversation
from clearprop.play.openings import opened

try:
    import anywidget
    import traitlets
except ImportError as missing:
    raise MissingDependencyError(
        f"the playground in a notebook needs {missing.name}", "anywidget", 'pip install "clearprop[notebook]"'
    ) from None


class Playground(anywidget.AnyWidget):  # type: ignore[misc]  # which may be missing where the types are checked
    """The playground as a widget: the last line of a cell shows it, and the next cell goes on with its network.

    Args:
        what: a table (a file or a data frame), a model or a network, a link or a state, a preset's name or
            "demo:NAME"; XOR by default.
        table: of a model: rows for it, a file or a data frame. Of a network: (X, y).
        target: of a table: the column to predict, by default the last one.
        lang: "en" or "zh"; by default that of the link or the state, else English.
        height: of the frame, in pixels.

    Raises:
        ClearpropError: if there is no such network or no such data.

    Example:
        >>> play = Playground("mazur")
        >>> play.network.parameters["W1"].tolist()
        [[0.15, 0.25], [0.2, 0.3]]
    """

    _esm = traitlets.Unicode(files("clearprop.play").joinpath("widget.js").read_text(encoding="utf-8")).tag(sync=True)
    page = traitlets.Unicode().tag(sync=True)
    words = traitlets.Dict().tag(sync=True)
    height = traitlets.Int().tag(sync=True)

    def __init__(
        self, what: Any = None, table: Any = None, *, target: str = "", lang: str | None = None, height: int = 720
    ) -> None:
        left_out: list[Message] = []
        state = opened(what, table, target, left_out.append)
        if lang is not None:
            state = replace(state, view=replace(state.view, lang=lang))
        spoken = checked_language(state.view.lang)
        for said in left_out:
            warnings.warn(said(spoken), DataWarning, stacklevel=2)
        self._talk = Conversation(state)
        self._fresh: set[str] = set()  # names of the pages that show what there is
        self._talk.bench  # noqa: B018  # what is wrong with it is said here, and not in the page
        super().__init__(
            page=whole_page(spoken, framed=True),
            words={
                "title": say("play.title", spoken),
                "late": say("play.notebook.late", spoken),
                "gone": say("play.notebook.gone", spoken),
                "too_long": say("play.notebook.too_long", spoken, n="{n}"),
            },
            height=checked_integer("height", height),
        )
        self.on_msg(self._asked)

    @property
    def state(self) -> dict[str, Any]:
        """Everything as plain data, for JSON: what a link and a file hold, and what `Playground` opens again."""
        found: dict[str, Any] = self._talk.answer({"do": "state", "whole": True})["state"]
        return found

    @property
    def network(self) -> Network:
        """The network with its numbers of now, as a copy: what is done with it leaves the page as it is.

        Assign it, or another network with the same layers, to put its numbers into the page.
        """
        return self._talk.network()

    @network.setter
    def network(self, net: Network) -> None:
        if not isinstance(net, Network):
            raise InvalidValueError(
                f"{a_or_an(type(net).__name__)} as the network", "a clearprop.Network with the page's layers"
            )
        self._talk.put(net)
        self._fresh.clear()
        self.send({"look": True})

    def __repr__(self) -> str:
        return f"<Playground: {self.network!r}>"

    def _asked(self, _: Any, content: Any, buffers: Any) -> None:
        """A message from the page; the answer has its number and the name of its page.

        Where the cell is shown twice, a page that asks after the other one has changed something is told to look again.
        """
        page, message = content.get("page"), content.get("message")
        answer = self._talk.answer(message)
        self.send({"clearprop": content.get("clearprop"), "page": page, "answer": answer})
        if message == {"do": "open"}:
            self._fresh.add(page)
            return
        if page not in self._fresh:
            self.send({"page": page, "look": True})
        if "position" in answer:  # it was moved or changed
            self._fresh &= {page}
