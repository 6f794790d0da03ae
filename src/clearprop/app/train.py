"""`clearprop train`: a table to a model, its scores, and the files that tell of it."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

from clearprop.app import options as o
from clearprop.app.files import MODEL, REST, folder, write_report_files
from clearprop.app.screen import show_document
from clearprop.app.source import Rows, TableSource
from clearprop.app.terminal import MembersBar, TrainingBar, print_lines, tell, waiting
from clearprop.app.train_options import TrainOptions
from clearprop.errors import ClearpropError, DataWarning
from clearprop.estimators import TableFit, TableModel
from clearprop.estimators.recipe import Recipe
from clearprop.estimators.training import MOST_EPOCHS
from clearprop.files import LOCK, refuse_overwriting, sync_folder
from clearprop.messages import Message, checked_language
from clearprop.report import report_of
from clearprop.report.overview import training_overview
from clearprop.report.summary import summary_of_fit
from clearprop.visible import shown_json

_CHECKPOINT = "checkpoint.clearprop"


def train(
    table: o.Table,
    *,
    options: TrainOptions,
    out: Annotated[
        Path,
        o.output_option(metavar="DIR", parser=o.a_folder, help="Folder for the model, curves, scores and a report."),
    ] = Path("clearprop-out"),
    lang: o.Lang = "en",
    quiet: o.Quiet = False,
    as_json: o.Json = False,
) -> None:
    """Train a network to predict one column of a table, score it, and save it.

    The rows are split into training, validation (for early stopping) and test rows. Ctrl-C stops early and keeps the
    model trained so far.
    """
    recipe, spoken, silent = options.recipe(), checked_language(lang), quiet or as_json
    source, own = options.sources(table)
    _refuse_overwriting(out, [source, *own.values()])
    with folder(out):
        with waiting(f"reading {source.place.title}", silent), source.place.unchanged():
            # how it is written is looked up now: when the model is trained the table may be gone
            rows, found = source.read(options.max_rows, recipe.seed), source.found()
        kept = _Kept(out, source.reading(found))
        asked = {"target": source.target(options.target, rows.frame), "recipe": recipe, "n_threads": options.threads}
        asked |= {part: one.read().frame for part, one in own.items()}
        fit = _trained(rows, asked, out / _CHECKPOINT if options.checkpoint else None, kept, silent)
        size = rows.total, len(rows.frame.columns)
        with kept.named():
            summary = summary_of_fit(source.place.title, size, fit, recipe.to_dict(), found, spoken)
        written = {kept.path: Message("overview.files.model")}
        with kept.named(required=False), waiting("writing", silent):
            written |= write_report_files(out, fit, summary, report_of(fit, rows.frame, summary, spoken), spoken)
    if as_json:
        print_lines(shown_json({**summary, "files": [str(path) for path in written]}))
    elif not quiet:
        show_document(training_overview(summary), spoken, summary["clearprop"], written)


def _refuse_overwriting(out: Path, sources: list[TableSource]) -> None:
    """Refuse to write over a table that is read."""
    outputs = [out / name for name in (MODEL, *REST, _CHECKPOINT, LOCK)]
    refuse_overwriting(outputs, [file for source in sources for file in source.place.files])


def _trained(rows: Rows, asked: dict[str, Any], checkpoint: Path | None, kept: _Kept, silent: bool) -> TableFit:
    """Train on the rows, and save the model as soon as it is trained, and again when it is scored."""
    recipe: Recipe = asked["recipe"]
    alone = recipe.members == 1
    epochs = MOST_EPOCHS if recipe.epochs is None else recipe.epochs
    bars = TrainingBar(epochs) if alone else MembersBar(recipe.members, epochs)
    with kept.named(), rows.counted(), nullcontext() if silent else bars as bar, warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)  # the page and the JSON say it
        told = {} if bar is None else {"callbacks" if alone else "progress": bar}
        fit = TableModel.train(
            rows.frame, **asked, checkpoint=checkpoint, resume=checkpoint is not None, **told, keep=kept
        )
    with kept.named():
        fit = replace(fit, model=kept(fit.model))
        if checkpoint is not None and all(history.stopped_by != "interrupt" for history in fit.histories):
            checkpoint.unlink(missing_ok=True)  # the run is over
    return fit


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
