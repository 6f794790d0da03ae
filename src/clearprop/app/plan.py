"""`clearprop plan` and `profile`: what runs, and where the time goes."""

from __future__ import annotations

from typing import Annotated

import typer

from clearprop.app import options as o
from clearprop.app.bare import data_of, load_with_loss, require_fitting
from clearprop.app.terminal import print_lines

Optimizer = Annotated[str, typer.Option(help="Optimizer of the training step.")]


def plan(
    model: o.AnyModel,
    what: Annotated[str, typer.Option(help="train (a whole training step) or predict.")] = "train",
    optimizer: Optimizer = "adam",
    member: o.WholeMember = None,
    passes: Annotated[bool, typer.Option("--passes", help="Show the plan before and after each pass.")] = False,
) -> None:
    """Show what runs: every step of the plan with its inputs, memory, floating-point operations and bytes."""
    network = o.network_in(model, member)
    if passes:
        for name, made in network.plan_passes(what, optimizer).items():
            print_lines(f"--- after {name}\n{made}")
    else:
        print_lines(str(network.plan(what, optimizer)))


def profile(
    model: o.Opened,
    table: Annotated[
        str | None, typer.Argument(metavar="TABLE", help="Table to train on; random numbers if not given.")
    ] = None,
    *,
    target: o.BareTarget = None,
    inputs: o.Inputs = None,
    loss: o.Loss = None,
    optimizer: Optimizer = "adam",
    batch_size: Annotated[int, typer.Option(metavar="N", min=1, help="Rows per step.")] = 32,
    threads: o.Threads = None,
    member: o.WholeMember = None,
    steps: Annotated[int, typer.Option(metavar="N", min=1, help="Training steps to time, at least.")] = 2000,
    reading: o.ReadingOptions,
) -> None:
    """Time every step of a training step, beside the best this machine could do. The model stays as it is."""
    loaded = load_with_loss(model, loss)
    require_fitting(loaded, model, inputs=inputs, target=target)
    network, data = o.network_of(loaded, member), data_of(loaded, table, reading, target, inputs) or (None, None)
    found = network.profile(*data, optimizer=optimizer, batch_size=batch_size, n_threads=threads, steps=steps)
    print_lines(str(found))
