"""`clearprop predict`, `evaluate` and `info`: what a model is good for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from clearprop.app import options as o
from clearprop.app.files import predictions_of
from clearprop.app.pages import evaluation_page, model_page, print_page
from clearprop.app.progress import ReadingBar
from clearprop.app.summary import summary_of_model
from clearprop.errors import TableError, unknown_name
from clearprop.interop import replaced


def predict(
    model: o.Model,
    table: o.Table,
    out: Annotated[
        Path,
        typer.Option(metavar="FILE", rich_help_panel=o.OUTPUT, help="CSV file for the predictions, or /dev/stdout."),
    ],
    keep: Annotated[
        list[str] | None,
        typer.Option(
            metavar="COL", rich_help_panel=o.OUTPUT, help="Column to copy beside the predictions. May be repeated."
        ),
    ] = None,
    no_header: o.NoHeader = False,
    na: o.Missing = None,
    encoding: o.Encoding = None,
    quiet: o.Quiet = False,
) -> None:
    """Predict every row of a table, of any length: one row out for each row in, in the same order.

    Of classes the probabilities are written, too.
    """
    loaded = o.table_model(model)
    rows = 0
    with ReadingBar("predicting", quiet) as bar, replaced(out) as file:
        for frame in o.source(table, no_header, na, encoding).batches(loaded.encoder.number_columns, bar):
            found = predictions_of(loaded, frame)
            for name in keep or ():
                if name not in frame.columns:
                    raise unknown_name("column", name, frame.columns)
                if name in found.columns:
                    raise TableError(f"a column {name!r} to keep", "another name than those of the predictions")
            found = found.with_columns([frame[name] for name in keep or ()]).select([*(keep or ()), *found.columns])
            file.write(found.write_csv(include_header=rows == 0).encode())
            rows += found.height
    if not quiet:
        Console(stderr=True).print(f"wrote {out}: {rows:,} rows", highlight=False, markup=False, soft_wrap=True)


def evaluate(
    model: o.Model,
    table: o.Table,
    no_header: o.NoHeader = False,
    na: o.Missing = None,
    encoding: o.Encoding = None,
    as_json: o.Json = False,
) -> None:
    """Score a model on a table that has the target column, beside the trivial answer."""
    loaded = o.table_model(model)
    numbers = [*loaded.encoder.number_columns, *([loaded.target.name] if loaded.target.holds_numbers else [])]
    with ReadingBar("evaluating", as_json) as bar:
        found = loaded.evaluate(o.source(table, no_header, na, encoding).batches(numbers, bar)).to_dict()
    if as_json:
        print(json.dumps({"model": str(model), "table": table, **found}, ensure_ascii=False))
    else:
        print_page(evaluation_page(table, str(model), summary_of_model(loaded), found))


def info(model: o.Model, as_json: o.Json = False) -> None:
    """Show what a model predicts, from which columns, with which network, and how well it did."""
    summary = summary_of_model(o.table_model(model))
    if as_json:
        print(json.dumps(summary, ensure_ascii=False))
    else:
        print_page(model_page(str(model), summary))
