"""The summary table of an architecture."""

from __future__ import annotations

from clearprop.errors import plural
from clearprop.graph import show_shape
from clearprop.nn import Architecture, Parameter, loss_name


def summary_of(architecture: Architecture) -> str:
    """Layers with their roles, shapes and parameter counts, as text."""
    rows = [("l", "role", "layer", "output", "parameters", "")]
    rows.append(("0", "input", "", f"(N, {architecture.n_inputs})", "", ""))
    listed = -1
    for layer, number, width in architecture.built():
        opens = number > listed
        listed = number
        role = ("output" if number == architecture.depth else "hidden") if opens and number else ""
        mine = [p for p in architecture.parameters.values() if p.layer == number and not p.is_state] if opens else []
        shapes = "  ".join(map(_described, mine))
        count = str(sum(p.size for p in mine if p.trainable)) if mine else ""
        rows.append((str(number) if opens and number else "", role, repr(layer), f"(N, {width})", count, shapes))
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip() for row in rows]
    every = architecture.parameters.values()
    learned, frozen = sum(p.size for p in every if p.trainable), sum(p.size for p in every if p.is_frozen)
    kept = f", {frozen} frozen" if frozen else ""
    loss = "none" if architecture.loss is None else loss_name(architecture.loss)
    return "\n".join(
        [*lines, f"{plural(architecture.depth, 'layer')}, {plural(learned, 'parameter')}{kept}, loss: {loss}"]
    )


def _described(p: Parameter) -> str:
    """A parameter's name and shape, and what is special about it."""
    notes = [note for note, holds in (("given", p.is_given), ("frozen", p.is_frozen)) if holds]
    return f"{p.name} {show_shape(p.shape)}" + (f" {', '.join(notes)}" if notes else "")
