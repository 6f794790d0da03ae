"""What can be taken along: the network as code, the step as a document or a picture, the state as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from clearprop.errors import InvalidValueError
from clearprop.messages import Message
from clearprop.play.bench import Bench
from clearprop.play.figures import picture

_MOST_NUMBERS = 100_000  # of the data that are written into code


@dataclass(frozen=True)
class Export:
    """A file to be downloaded.

    Attributes:
        name, text: of the file.
        said: what is not in it.
    """

    name: str
    text: str
    said: tuple[Message, ...] = ()


def export(bench: Bench, to: str) -> Export:
    """The network, the step or the state as a file of some kind.

    Args:
        bench: what is exported.
        to: one of `KINDS`.

    Raises:
        ClearpropError: for another kind, or what cannot be written as it.
    """
    if to not in _WRITERS:
        raise InvalidValueError(f"an export to {to!r:.40}", "one of: " + ", ".join(_WRITERS))
    return _WRITERS[to](bench)


def _code(bench: Bench, write: str, name: str) -> Export:
    """Code with the training rows, of which it prints the loss; without them where they are too many."""
    net, rows, samples = bench.network, bench.samples.train, bench.samples
    options: dict[str, Any] = {"lang": bench.lang}
    if len(rows) * samples.X.shape[1] > _MOST_NUMBERS:
        return Export(
            name, getattr(net, write)(**options), (Message("play.export.no_data", most=f"{_MOST_NUMBERS:,}"),)
        )
    rate = bench.state.training.learning_rate
    return Export(name, getattr(net, write)(samples.X[rows], bench.targets(rows), learning_rate=rate, **options))


def _explained(bench: Bench, write: str, name: str) -> Export:
    view = bench.state.view
    found = bench.trace().explain(
        view.lang, view.convention, optimizer=bench.optimizer, digits=view.digits, notation=view.notation
    )
    return Export(name, getattr(found, write)())


def _walk(bench: Bench) -> Export:
    """The step of the chosen sample, as a page that plays it."""
    view, trace = bench.state.view, bench.trace()
    alone = trace.sample(bench.row)
    digits = min(max(view.digits, 2), 15)
    shared: dict[str, Any] = {"convention": view.convention, "digits": digits, "notation": view.notation}
    return Export("step.html", alone.step_by_step(view.lang, None, bench.optimizer, **shared).to_html())


def _state(bench: Bench) -> Export:
    return Export("network.play.json", json.dumps(bench.current().to_dict(), indent=1, ensure_ascii=False))


_WRITERS: dict[str, Callable[[Bench], Export]] = {
    "clearprop": lambda bench: _code(bench, "to_source", "network.py"),
    "numpy": lambda bench: _code(bench, "to_numpy_source", "network_numpy.py"),
    "torch": lambda bench: _code(bench, "to_torch_source", "network_torch.py"),
    "json": _state,
    "circles": lambda bench: Export("circles.svg", picture(bench, "circles").svg),
    "graph": lambda bench: Export("graph.svg", picture(bench, "graph").svg),
    "page": lambda bench: _explained(bench, "to_html", "explanation.html"),
    "latex": lambda bench: _explained(bench, "to_latex", "explanation.tex"),
    "markdown": lambda bench: _explained(bench, "to_markdown", "explanation.md"),
    "steps": _walk,
}
KINDS: dict[str, Message] = {
    "clearprop": Message("play.export.clearprop"),
    "numpy": Message("play.export.numpy"),
    "torch": Message("play.export.torch"),
    "json": Message("play.export.json"),
    "circles": Message("play.export.circles"),
    "graph": Message("play.export.graph"),
    "page": Message("play.export.page"),
    "latex": Message("play.export.latex"),
    "markdown": Message("play.export.markdown"),
    "steps": Message("play.export.steps"),
}
