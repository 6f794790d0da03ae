"""`clearprop train`: a table to a model, its scores, and the files that tell of it."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Annotated, Any, NamedTuple, TypeVar

from clearprop.app import options as o
from clearprop.app.files import MODEL, REST, folder, write_report_files
from clearprop.app.screen import show_document
from clearprop.app.search import JOURNAL, search_of
from clearprop.app.source import Rows, TableSource
from clearprop.app.terminal import MembersBar, TrainingBar, print_lines, tell, waiting
from clearprop.app.train_options import TrainOptions
from clearprop.errors import ClearpropError, DataWarning, listed
from clearprop.estimators import MultiTargetFit, MultiTargetModel, TableFit, TableModel
from clearprop.estimators.race import checkpoint_of_first
from clearprop.estimators.recipe import Recipe
from clearprop.estimators.suited import MOST_EPOCHS
from clearprop.files import LOCK, refuse_overwriting, sync_folder
from clearprop.messages import Language, Message, checked_language
from clearprop.present.document import Document
from clearprop.report import report_of
from clearprop.report.overview import training_overview
from clearprop.report.page import title, titled
from clearprop.report.several import summaries_of_fits, summary_of_fits, targets_overview, targets_report
from clearprop.report.summary import summary_of_fit
from clearprop.visible import shown_json

_CHECKPOINT = "checkpoint.clearprop"
M = TypeVar("M", TableModel, MultiTargetModel)


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
    """Train a network to predict a column of a table, or several, score it, and save it.

    The rows are split into training, validation (for early stopping) and test rows. Ctrl-C stops early and keeps the
    model trained so far. A search (--trials, --search) first tries recipes on rows held out of the training rows.
    """
    recipe, spoken, silent = options.recipe(), checked_language(lang), quiet or as_json
    source, own = options.sources(table)
    _refuse_overwriting(out, [source, *own.values()])
    with folder(out):
        with waiting(f"reading {source.place.title}", silent), source.place.unchanged():
            # how it is written is looked up now: when the model is trained the table may be gone
            rows, found = source.read(options.max_rows, recipe.seed), source.found()
        kept = _Kept(out, {"reading": source.reading(found)})
        asked = {"target": source.target(options.target, rows.frame), "recipe": recipe, "n_threads": options.threads}
        asked |= {part: one.read().frame for part, one in own.items()}
        if options.is_search:
            fit = _searched(rows, asked, options, kept, silent)
        else:
            fit = _trained(rows, asked, out / _CHECKPOINT if options.checkpoint else None, kept, silent)
        with kept.named():
            told = _told(source.place.title, rows, fit, recipe, found, spoken)
        written = {kept.path: Message("overview.files.model")}
        with kept.named(required=False), waiting("writing", silent):
            written |= write_report_files(out, fit, told.name, told.summary, told.report(), spoken)
    if as_json:
        print_lines(shown_json({**told.summary, "files": [str(path) for path in written]}))
    elif not quiet:
        show_document(told.overview, spoken, told.summary["clearprop"], written)


class _Told(NamedTuple):
    """What is told of a training."""

    name: Message  # which table, and what was learned from it
    summary: dict[str, Any]  # for scripts
    overview: Document  # for the terminal
    report: Callable[[], str]  # makes the page


def _told(
    table: str,
    rows: Rows,
    fit: TableFit | MultiTargetFit,
    recipe: Recipe,
    found: dict[str, Any],
    lang: Language,
) -> _Told:
    about = (table, (rows.total, len(rows.frame.columns)))
    if isinstance(fit, MultiTargetFit):
        each = summaries_of_fits(*about, fit, recipe.to_dict(), found, lang)
        overview = targets_overview(fit, each)
        report = partial(targets_report, fit, rows.frame, each, lang)
        return _Told(titled(table, listed(each)), summary_of_fits(fit, each, lang), overview, report)
    summary = summary_of_fit(*about, fit, recipe.to_dict(), found, lang)
    return _Told(
        title(summary), summary, training_overview(summary), partial(report_of, fit, rows.frame, summary, lang)
    )


def _refuse_overwriting(out: Path, sources: list[TableSource]) -> None:
    """Refuse to write over a table that is read."""
    outputs = [out / name for name in (MODEL, *REST, _CHECKPOINT, checkpoint_of_first(_CHECKPOINT), JOURNAL, LOCK)]
    refuse_overwriting(outputs, [file for source in sources for file in source.place.files])


def _searched(
    rows: Rows, asked: dict[str, Any], options: TrainOptions, kept: _Kept, silent: bool
) -> TableFit | MultiTargetFit:
    """Try recipes, and train by the best. The journal of the trials is kept until a search that went through."""
    journal = kept.path.parent / JOURNAL if options.checkpoint else None
    search = search_of(rows, asked, options, journal, silent)
    kept.notes["search"] = search.to_dict()
    fit = _trained(rows, {**asked, "recipe": search.recipe}, None, kept, silent)
    if journal is not None and search.stopped_by != "interrupt" and _went_through(fit):
        journal.unlink(missing_ok=True)
    return fit


def _went_through(fit: TableFit | MultiTargetFit) -> bool:
    return all(history.stopped_by != "interrupt" for history in fit.histories)


def _trained(
    rows: Rows, asked: dict[str, Any], checkpoint: Path | None, kept: _Kept, silent: bool
) -> TableFit | MultiTargetFit:
    """Train on the rows, and save the model as soon as it is trained, and again when it is scored."""
    recipe: Recipe = asked["recipe"]
    alone = recipe.members == 1
    epochs = MOST_EPOCHS if recipe.epochs is None else recipe.epochs
    bars = TrainingBar(epochs) if alone else MembersBar(recipe.members, epochs, recipe.kernel)
    with kept.named(), rows.counted(), nullcontext() if silent else bars as bar, warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)  # the page and the JSON say it
        told = {} if bar is None else {"callbacks" if alone else "progress": bar}
        fit = TableModel.train(
            rows.frame, **asked, checkpoint=checkpoint, resume=checkpoint is not None, **told, keep=kept
        )
    with kept.named():
        fit = _keeping(fit, kept)
        if checkpoint is not None and _went_through(fit):
            for path in (checkpoint, Path(checkpoint_of_first(checkpoint))):  # the run is over
                path.unlink(missing_ok=True)
    return fit


def _keeping(fit: TableFit | MultiTargetFit, kept: _Kept) -> TableFit | MultiTargetFit:
    """The fit with the model as it is saved."""
    if isinstance(fit, MultiTargetFit):
        return replace(fit, model=kept(fit.model))
    return replace(fit, model=kept(fit.model))


class _Kept:
    """The model's file: written when it is trained, and again when it is scored, before anything else is made of it."""

    def __init__(self, out: Path, notes: dict[str, Any]) -> None:
        self.path, self._rest = out / MODEL, [out / name for name in REST]
        self.notes, self._is_there = notes, False

    def __call__(self, model: M) -> M:
        """Save the model with what is noted of it. A report that lies there is of another one, and goes."""
        model = replace(model, about={**model.about, **self.notes})
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
