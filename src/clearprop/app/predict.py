"""`clearprop predict`, `evaluate` and `info`: what a model is good for."""

from __future__ import annotations

import sys
import warnings
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Annotated, Any, BinaryIO

from clearprop.app import options as o
from clearprop.app.files import predictions_of, without_formulas
from clearprop.app.screen import show_document
from clearprop.app.several import (
    evaluate_targets,
    predictions_of_targets,
    require_intervals_of_targets,
    tell_of_targets,
)
from clearprop.app.source import STANDARD
from clearprop.app.terminal import ShareBar, print_lines, tell
from clearprop.errors import DataWarning, FileError, TableError, plural, unknown_name
from clearprop.estimators import MultiTargetModel, TableModel, unseen_values
from clearprop.estimators.uncertainty import require_intervals
from clearprop.files import refuse_overwriting, replaced, write_atomically
from clearprop.messages import as_data, checked_language
from clearprop.report.overview import evaluation_overview, model_overview
from clearprop.report.reading import how_read
from clearprop.report.summary import summary_of_model
from clearprop.table.library import import_polars
from clearprop.table.rows import rows_counted
from clearprop.table.unseen import Unseen
from clearprop.visible import shown_json


def predict(
    model: o.Model,
    table: o.Table,
    *,
    out: Annotated[
        Path,
        o.file_option(help="CSV file for the predictions, or - for standard output."),
    ],
    keep: Annotated[
        list[str] | None, o.output_option(metavar="COL", help="Column to copy beside the predictions. May be repeated.")
    ] = None,
    interval: Annotated[
        float | None,
        o.output_option(
            metavar="COVERAGE",
            help="Of numbers, add columns low and high: an interval that holds the truth of this share of new rows, "
            "such as 0.9.",
        ),
    ] = None,
    safe_csv: Annotated[
        bool,
        o.output_option(
            "--safe-csv",
            help="For a spreadsheet: an apostrophe before texts that it would compute (those that begin with = + - @). "
            "Without it texts are written as they are, so that programs read them back unchanged.",
        ),
    ] = False,
    reading: o.ReadingOptions,
    lang: o.Lang = "en",
    quiet: o.Quiet = False,
) -> None:
    """Predict every row of a table, of any length: one row out for each row in, in the same order.

    Of classes the probabilities are written, too; of several targets the columns of each.
    """
    spoken, loaded = checked_language(lang), o.trained_model(model)
    if interval is not None:
        _require_intervals(loaded, interval)
    source = reading.source(table, loaded)
    refuse_overwriting([out], [model, *source.place.files])
    rows, copied, unseen = 0, list(dict.fromkeys(keep or ())), Unseen()
    with ShareBar("predicting", quiet) as bar, _opened(out) as file:
        for frame in source.batches(loaded.encoder.number_columns, bar, may_be_empty=True):
            with rows_counted(rows):
                found = _beside(frame, copied, _predictions(loaded, frame, unseen, interval))
            found = without_formulas(found) if safe_csv else found
            try:
                file.write(found.write_csv(include_header=rows == 0).encode())
            except import_polars().exceptions.ComputeError:
                raise TableError(
                    "a column to keep of a type that CSV has no form for", "text, numbers or dates"
                ) from None
            rows += found.height
    if not quiet:
        for words in how_read(source.found()):
            tell(f"read {source.place.title}: {words(spoken)}")
        for words in unseen_values(unseen):
            tell(f"Note: {words(spoken)}")
        tell(f"wrote {'standard output' if str(out) == STANDARD else out}: {plural(rows, 'row')}")


def _require_intervals(model: TableModel | MultiTargetModel, coverage: float) -> None:
    if isinstance(model, MultiTargetModel):
        require_intervals_of_targets(model, coverage)
    else:
        require_intervals(model.target, coverage)


def _predictions(model: TableModel | MultiTargetModel, frame: Any, unseen: Unseen, coverage: float | None) -> Any:
    if isinstance(model, MultiTargetModel):
        return predictions_of_targets(model, frame, unseen, coverage)
    return predictions_of(model, frame, unseen, coverage)


def _opened(out: Path) -> AbstractContextManager[BinaryIO]:
    """The file to write to; - is the standard output."""
    if str(out) != STANDARD:
        return replaced(out)
    stream: BinaryIO | None = getattr(sys.stdout, "buffer", None)
    if stream is None:
        raise FileError("standard output is closed", "a file or a pipe to write to")
    return nullcontext(stream)


def _beside(frame: Any, names: list[str], found: Any) -> Any:
    """Predictions behind the columns that are kept."""
    for name in names:
        if name not in frame.columns:
            raise unknown_name("column", name, frame.columns)
        if name in found.columns:
            raise TableError(f"a column {name!r} to keep", "another name than those of the predictions")
    return found.with_columns([frame[name] for name in names]).select([*names, *found.columns])


def evaluate(
    model: o.Model, table: o.Table, *, reading: o.ReadingOptions, lang: o.Lang = "en", as_json: o.Json = False
) -> None:
    """Score a model on a table that has the target column, beside the baseline, which looks at no column."""
    spoken, loaded = checked_language(lang), o.trained_model(model)
    if isinstance(loaded, MultiTargetModel):
        evaluate_targets(model, loaded, reading.source(table, loaded), spoken, as_json)
        return
    numbers = [*loaded.encoder.number_columns, *([loaded.target.name] if loaded.target.holds_numbers else [])]
    source = reading.source(table, loaded)
    with ShareBar("evaluating", as_json) as bar, warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)  # the page and the JSON say it
        scored = loaded.evaluate(source.batches(numbers, bar))
    judged = [] if scored.learned else loaded.judged(scored)
    found, read = {**scored.to_dict(), "learned": scored.learned}, source.found()
    if as_json:
        said = {"verdict": [one(spoken) for one in judged], "messages": as_data({"verdict": judged})}
        print_lines(shown_json({"model": str(model), "table": source.place.title, "read": read, **found, **said}))
    else:
        notes = [*how_read(read), *unseen_values(scored.unseen)]
        summary = summary_of_model(loaded, spoken)
        page = evaluation_overview(source.place.title, str(model), summary, {**found, "verdict": judged}, notes)
        show_document(page, spoken, summary["about"].get("clearprop"))


def info(
    model: o.Model,
    *,
    card: Annotated[
        Path | None,
        o.file_option(
            help="Write the model card, Markdown: data, scores, how it was trained, limits.",
        ),
    ] = None,
    lang: o.Lang = "en",
    as_json: o.Json = False,
) -> None:
    """Show what a model predicts, from which columns, with which network, and how well it did."""
    spoken, loaded = checked_language(lang), o.trained_model(model)
    if card is not None:
        refuse_overwriting([card], [model])
        write_atomically(card, loaded.card(spoken).encode())
        tell(f"wrote {card}")
        return
    if isinstance(loaded, MultiTargetModel):
        tell_of_targets(model, loaded, spoken, as_json)
        return
    summary = summary_of_model(loaded, spoken)
    if as_json:
        print_lines(shown_json(summary))
    else:
        show_document(model_overview(str(model), summary), spoken, summary["about"].get("clearprop"))
