"""The pictures of the library itself: of the sample that is chosen, in the language and notation of the view."""

from __future__ import annotations

from typing import Any

from clearprop.errors import InvalidValueError
from clearprop.explain.picture import Picture, draw
from clearprop.play.bench import Bench

_VIEWS = ("graph", "circles")


def picture(bench: Bench, name: str) -> Picture:
    """The computational graph of the step, or the network as circles.

    Raises:
        ClearpropError: for another name, or more nodes than a figure can show.
    """
    if name not in _VIEWS:
        raise InvalidValueError(f"a picture {name!r:.40}", "one of: " + ", ".join(_VIEWS))
    trace, view = bench.trace(), bench.state.view
    alone = trace.sample(bench.row)
    digits = min(max(view.digits, 2), 15)
    shared: dict[str, Any] = {"view": name, "lang": view.lang, "digits": digits, "notation": view.notation}
    return draw(alone, **shared, names=bench.samples.inputs) if name == "circles" else draw(alone, **shared)


def figure(bench: Bench, name: str) -> dict[str, str]:
    """The same for the page."""
    found = picture(bench, name)
    return {"svg": found.svg, "title": found.title}
