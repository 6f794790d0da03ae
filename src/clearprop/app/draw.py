"""`clearprop draw`: a network as circles and lines."""

from __future__ import annotations

import webbrowser
from pathlib import Path
from typing import Annotated

import typer

from clearprop.app import options as o
from clearprop.app.terminal import tell
from clearprop.errors import InvalidValueError
from clearprop.estimators import load
from clearprop.explain.picture import draw as drawn
from clearprop.files import refuse_overwriting
from clearprop.network import Network

_ENDINGS = (".svg", ".png")


def draw(
    model: o.Opened,
    *,
    out: Annotated[
        Path | None,
        o.file_option(
            help="Where to: an .svg or .png file.",
            show_default="MODEL with .svg at the end",
        ),
    ] = None,
    numbers: Annotated[
        bool | None,
        typer.Option(
            "--numbers/--no-numbers",
            help="Write weights and biases beside lines and circles.",
            show_default="with up to 5 units a layer",
        ),
    ] = None,
    target: o.OneTarget = None,
    member: o.FirstMember = None,
    lang: o.Lang = "en",
    open_page: Annotated[bool, o.output_option("--open", help="Show it in the browser.")] = False,
) -> None:
    """Draw a network: units as circles, weights as lines, blue above 0 and orange below.

    Of a model of a table the inputs have the names of the features that its columns become.
    """
    path = model.with_suffix(".svg") if out is None else out
    if path.suffix not in _ENDINGS:
        raise InvalidValueError(f"--out {path}", "a file ending in " + " or ".join(_ENDINGS))
    refuse_overwriting([path], [model])
    loaded, names = load(model), list[str]()
    if isinstance(loaded, Network):
        o.require_no_target(target, "drawn")
    else:
        loaded = o.of_target(model, loaded, target)
        names = list(loaded.encoder.feature_names)
    network = loaded if isinstance(loaded, Network) else loaded.network
    k = o.member_of(loaded, member)
    drawn(network, lang=lang, numbers=numbers, names=names, member=k).save(path)
    tell(f"wrote {path}")
    if open_page:
        webbrowser.open(path.resolve().as_uri())
