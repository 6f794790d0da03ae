"""`clearprop export`: a model as a file that other programs run, compared with the model before it is written."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from clearprop.app import options as o
from clearprop.app.exported import FORMATS, compared
from clearprop.app.terminal import print_lines
from clearprop.estimators import load
from clearprop.files import refuse_overwriting, write_atomically
from clearprop.messages import checked_language
from clearprop.network import Network
from clearprop.train import made_up
from clearprop.visible import shown_json

_ROWS = 1000  # of the comparison
_WHOLE = {"onnx": "to_onnx(FILE)", "javascript": "to_javascript()"}  # what writes a table's preprocessing, too


def export(
    model: o.AnyModel,
    to: Annotated[Literal["onnx", "c", "javascript", "numpy", "torch"], typer.Option("--to", help="What to write.")],
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", parser=o.a_file, show_default="MODEL with another ending")
    ] = None,
    member: o.WholeMember = None,
    lang: o.Lang = "en",
    as_json: o.Json = False,
) -> None:
    """Write a model as source code or in a format of others, once its answers to a thousand rows are as ours.

    The file holds the network, which reads features: the numbers that a model of a table makes of its columns.
    """
    spoken, loaded, form = checked_language(lang), load(model), FORMATS[to]
    network = o.network_of(loaded, member)
    path = model.with_suffix(form.ending) if out is None else out
    refuse_overwriting([path], [model])
    content = form.written(network, spoken)
    found = compared(form, content, network, made_up(network.architecture, _ROWS)[0])
    write_atomically(path, content)
    bare = isinstance(loaded, Network)
    facts = {"model": str(model), "to": to, "out": str(path), "bytes": len(content)}
    if as_json:
        print_lines(shown_json({**facts, "reads": "inputs" if bare else "features", **found.to_dict()}))
        return
    print_lines(f"{path}: {len(content):,} bytes, for {form.needs}")
    if not bare:
        print_lines("It holds the network, which reads features; what makes them of a table's columns is not in it.")
        if to in _WHOLE:
            print_lines(f"In Python, clearprop.load(MODEL).{_WHOLE[to]} writes both.")
    print_lines(str(found))
