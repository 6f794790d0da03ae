"""`clearprop check`: every gradient of a network against slopes of its loss."""

from __future__ import annotations

import shutil
from typing import Annotated, Literal

import typer

from clearprop.app import options as o
from clearprop.app.bare import data_of, load_with_loss, require_fitting
from clearprop.app.terminal import print_lines
from clearprop.explain.check import check_gradients
from clearprop.messages import checked_language
from clearprop.train import made_up
from clearprop.visible import shown_json


def check(
    model: o.Opened,
    table: Annotated[
        str | None, typer.Argument(metavar="TABLE", help="Table to take rows from; random numbers if not given.")
    ] = None,
    *,
    target: o.BareTarget = None,
    inputs: o.Inputs = None,
    loss: o.Loss = None,
    mode: Annotated[
        Literal["inference", "training"],
        typer.Option(help="training: with batch statistics, and the dropout of one step."),
    ] = "inference",
    rows: Annotated[int, typer.Option(metavar="N", min=1, help="Rows to check on, drawn at random.")] = 64,
    tolerance: Annotated[float, typer.Option(metavar="X", help="Largest relative error that is right.")] = 1e-6,
    seed: Annotated[int, typer.Option(metavar="N", help="Of the rows and of the entries that are drawn.")] = 0,
    member: o.WholeMember = None,
    lang: o.Lang = "en",
    reading: o.ReadingOptions,
    as_json: o.Json = False,
) -> None:
    """Check that the gradients of a model are right: against complex steps, or differences, of its loss.

    The exit code is 1 if a gradient is wrong; then it says where the first wrong number stands, and what it looks like.
    """
    spoken, loaded = checked_language(lang), load_with_loss(model, loss)
    network = o.network_of(loaded, member)
    require_fitting(loaded, model, inputs=inputs, target=target)
    data = data_of(loaded, table, reading, target, inputs, rows, seed) or made_up(network.architecture, rows)
    found = check_gradients(network, *data, mode=mode, tolerance=tolerance, seed=seed)
    if as_json:
        facts = {"model": str(model), "table": table, "rows": len(data[0]), "mode": mode, "member": member}
        print_lines(shown_json({**facts, **found.to_dict(spoken)}))
    else:
        print_lines(found.explain(spoken, shutil.get_terminal_size().columns))
    raise typer.Exit(0 if found.ok else 1)
