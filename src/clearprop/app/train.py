"""`clearprop train`: a table to a model, its scores, and the files that tell of it."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from clearprop.app import options as o
from clearprop.app.files import MODEL, REST, folder, write_report_files
from clearprop.app.progress import TrainingBar, waiting
from clearprop.app.screen import show_document
from clearprop.app.terminal import show, tell
from clearprop.errors import ClearpropError, DataWarning
from clearprop.estimators import TableModel
from clearprop.files import LOCK, refuse_overwriting, sync_folder
from clearprop.messages import Message, checked_language
from clearprop.report import report_of
from clearprop.report.overview import training_overview
from clearprop.report.summary import summary_of_fit
from clearprop.visible import shown_json


def train(
    table: o.Table,
    target: Annotated[
        str | None,
        typer.Option(metavar="COL", rich_help_panel=o.TABLE, help="Column to predict; not needed for a demo."),
    ] = None,
    drop: Annotated[
        list[str] | None,
        typer.Option(metavar="COL", rich_help_panel=o.TABLE, help="Column to leave out. May be repeated."),
    ] = None,
    kind: Annotated[
        list[str] | None,
        typer.Option(
            metavar="COL=KIND",
            rich_help_panel=o.TABLE,
            help="Read a column as number, category, boolean, date or numbers (126/83). May be repeated.",
        ),
    ] = None,
    no_header: o.NoHeader = None,
    na: o.Missing = None,
    keep_na: o.KeepMissing = None,
    no_default_na: o.NoDefaultMissing = False,
    encoding: o.Encoding = None,
    delimiter: o.Delimiter = None,
    skip: o.Skip = None,
    sheet: o.Sheet = None,
    scaling: Annotated[
        str,
        typer.Option(rich_help_panel=o.TABLE, help="Of numbers: auto, standard, robust (values far out) or log."),
    ] = "auto",
    max_rows: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=1,
            rich_help_panel=o.TABLE,
            show_default="as many as memory holds",
            help="Train on so many rows, drawn at random.",
        ),
    ] = None,
    validation: Annotated[
        float, typer.Option(rich_help_panel=o.SPLIT, help="Share of the rows for early stopping.")
    ] = 0.15,
    test: Annotated[
        float, typer.Option(rich_help_panel=o.SPLIT, help="Share of the rows for the final scores.")
    ] = 0.15,
    validation_table: Annotated[
        str | None,
        typer.Option(metavar="FILE", rich_help_panel=o.SPLIT, help="Rows of their own for early stopping."),
    ] = None,
    test_table: Annotated[
        str | None,
        typer.Option(metavar="FILE", rich_help_panel=o.SPLIT, help="Rows of their own for the final scores."),
    ] = None,
    split: Annotated[
        str | None,
        typer.Option(
            metavar="HOW",
            rich_help_panel=o.SPLIT,
            show_default="by time where a date orders the rows, else at random",
            help="random, time (the last rows are the test) or group.",
        ),
    ] = None,
    time: Annotated[
        str | None,
        typer.Option(metavar="COL", rich_help_panel=o.SPLIT, help="Split by time, by this column of dates or numbers."),
    ] = None,
    group: Annotated[
        str | None,
        typer.Option(
            metavar="COL",
            rich_help_panel=o.SPLIT,
            help="Keep rows of one value of this column (a patient, a shop) in one part. It is no input then.",
        ),
    ] = None,
    weight: Annotated[
        str | None,
        typer.Option(
            metavar="COL",
            rich_help_panel=o.TRAINING,
            help="How much each row counts, in training and in scores. The column is no input then.",
        ),
    ] = None,
    class_weight: Annotated[
        list[str] | None,
        typer.Option(
            metavar="CLASS=W",
            rich_help_panel=o.TRAINING,
            help="How much rows count in training by their class: balanced, or fraud=10. May be repeated.",
        ),
    ] = None,
    optimize: Annotated[
        str | None,
        typer.Option(
            metavar="SCORE",
            rich_help_panel=o.TRAINING,
            show_default="the most probable class is answered",
            help="Choose the threshold for f1, balanced_accuracy or accuracy on the validation rows.",
        ),
    ] = None,
    task: Annotated[
        str | None,
        typer.Option(rich_help_panel=o.NETWORK, show_default="found out", help="classification or regression."),
    ] = None,
    hidden: Annotated[
        str | None,
        typer.Option(
            metavar="N,N,…",
            rich_help_panel=o.NETWORK,
            show_default="by the table's size",
            help="Units of the hidden layers, such as 64,64.",
        ),
    ] = None,
    activation: Annotated[
        str, typer.Option(rich_help_panel=o.NETWORK, help="Activation of the hidden layers.")
    ] = "relu",
    l2: Annotated[
        float | None,
        typer.Option(
            min=0, rich_help_panel=o.NETWORK, show_default="by the number of rows", help="Penalty on large weights."
        ),
    ] = None,
    epochs: Annotated[
        int, typer.Option(metavar="N", min=1, rich_help_panel=o.TRAINING, help="Passes over the data, at most.")
    ] = 500,
    patience: Annotated[
        int,
        typer.Option(
            metavar="N",
            min=1,
            rich_help_panel=o.TRAINING,
            help="Epochs without a better validation loss before it ends.",
        ),
    ] = 20,
    batch_size: Annotated[
        int | None,
        typer.Option(
            metavar="N", min=1, rich_help_panel=o.TRAINING, show_default="by the table's size", help="Rows per step."
        ),
    ] = None,
    optimizer: Annotated[
        str,
        typer.Option(rich_help_panel=o.TRAINING, help="adam, adamw, sgd, rmsprop, adagrad or gradient_descent."),
    ] = "adam",
    learning_rate: Annotated[
        float | None, typer.Option(rich_help_panel=o.TRAINING, show_default="the optimizer's own", help="Step size.")
    ] = None,
    seed: Annotated[
        int,
        typer.Option(rich_help_panel=o.TRAINING, help="Of the split, the first weights and the shuffling."),
    ] = 0,
    threads: o.Threads = None,
    checkpoint: Annotated[
        bool,
        typer.Option(
            "--checkpoint",
            rich_help_panel=o.TRAINING,
            help="Save the state of the training as it goes on; the same command again goes on from there.",
        ),
    ] = False,
    out: Annotated[
        Path,
        typer.Option(
            metavar="DIR",
            parser=o.a_folder,
            rich_help_panel=o.OUTPUT,
            help="Folder for the model, curves, scores and a report.",
        ),
    ] = Path("clearprop-out"),
    lang: o.Lang = "en",
    quiet: o.Quiet = False,
    as_json: o.Json = False,
) -> None:
    """Train a network to predict one column of a table, score it, and save it.

    The rows are split into training, validation (for early stopping) and test rows. Ctrl-C stops early and keeps the
    model trained so far.
    """
    asked: dict[str, Any] = {
        "task": task,
        "drop": drop or (),
        "kinds": o.parse_kinds(kind),
        "scaling": scaling,
        "hidden": o.parse_hidden(hidden),
        "activation": activation,
        "l2": l2,
        "epochs": epochs,
        "patience": patience,
        "batch_size": batch_size,
        "optimizer": optimizer,
        "learning_rate": learning_rate,
        "seed": seed,
        "validation": validation,
        "test": test,
        "split": split,
        "time": time,
        "group": group,
        "weight": weight,
        "class_weight": o.parse_class_weights(class_weight),
        "optimize": optimize,
    }
    silent, spoken = quiet or as_json, checked_language(lang)
    state = out / "checkpoint.clearprop" if checkpoint else None
    source = o.source(
        table,
        no_header=no_header,
        na=na,
        keep_na=keep_na,
        no_default_na=no_default_na,
        encoding=encoding,
        delimiter=delimiter,
        skip=skip,
        sheet=sheet,
    )
    asked |= source.marks()
    others = {"validation": validation_table, "test": test_table}
    own = {part: source.beside(name) for part, name in others.items() if name is not None}
    outputs = [out / name for name in (MODEL, *REST, "checkpoint.clearprop", LOCK)]
    refuse_overwriting(outputs, [file for one in (source, *own.values()) for file in one.place.files])
    with folder(out):
        with waiting(f"reading {source.place.title}", silent), source.place.unchanged():
            rows, found = source.read(max_rows, seed), source.found()  # now: when it is trained the table may be gone
        frame = rows.frame
        target = source.target(target, frame)
        tables = {part: one.read().frame for part, one in own.items()}
        kept = _Kept(out, source.reading(found))
        bars = nullcontext() if silent else TrainingBar(epochs)
        with kept.named(), rows.counted(), bars as bar, warnings.catch_warnings():
            warnings.simplefilter("ignore", DataWarning)  # the page and the JSON say it
            callbacks = [] if bar is None else [bar]
            fit = TableModel.train(
                *(frame, target),
                **{**asked, **tables},
                checkpoint=state,
                resume=checkpoint,
                callbacks=callbacks,
                n_threads=threads,
                keep=kept,
            )
        with kept.named():
            fit = replace(fit, model=kept(fit.model))
            if state is not None and fit.history.stopped_by != "interrupt":
                state.unlink(missing_ok=True)  # the run is over
            size = (rows.total, len(frame.columns))
            summary = summary_of_fit(source.place.title, size, fit, asked, found, spoken)
        written = {kept.path: Message("overview.files.model")}
        with kept.named(required=False), waiting("writing", silent):
            written |= write_report_files(out, fit, summary, report_of(fit, frame, summary, spoken))
    if as_json:
        show(shown_json({**summary, "files": [str(path) for path in written]}))
    elif not quiet:
        show_document(training_overview(summary), spoken, summary["clearprop"], written)


class _Kept:
    """The model's file: written when it is trained, and again when it is scored, before anything else is made of it."""

    def __init__(self, out: Path, reading: dict[str, Any]) -> None:
        self.path, self._rest = out / MODEL, [out / name for name in REST]
        self._reading, self._is_there = reading, False

    def __call__(self, model: TableModel) -> TableModel:
        """Save the model with how its table was read. A report that lies there is of another one, and goes."""
        model = replace(model, about={**model.about, "reading": self._reading})
        model.save(self.path)
        self._is_there = True
        for path in self._rest:
            with suppress(OSError):  # the writing of the report will say so
                path.unlink()
        sync_folder(self.path.parent)
        return model

    @contextmanager
    def named(self, required: bool = True) -> Iterator[None]:
        """Name the model when what comes after it is interrupted or fails; what is not required is a warning then."""
        try:
            yield
        except KeyboardInterrupt:
            if not self._is_there:
                raise
            what = "it was scored" if required else "the report was made"
            tell(f"Interrupted while {what}. The model is in {self.path}")
            raise SystemExit(130) from None
        except Exception as error:
            if not self._is_there:
                raise
            reason = " ".join(str(error).split()) or type(error).__name__
            if required:
                raise ClearpropError(f"the model could not be scored: {reason}. It is in {self.path}") from error
            tell(f"Warning: the report could not be made: {reason}. The model is in {self.path}")
