"""What `train` writes, and what `predict` writes: also CSV of which no cell is taken for a formula."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from clearprop.errors import FileError
from clearprop.estimators import MultiTargetFit, TableFit, TableModel, class_probabilities
from clearprop.estimators.uncertainty import intervals as intervals_of_outputs
from clearprop.files import claimed, write_atomically
from clearprop.messages import Language, Message
from clearprop.present.figure.fonts import eastern_fonts, is_eastern
from clearprop.report.scores import learning_curves
from clearprop.table.library import import_polars
from clearprop.table.target import ClassTarget, Target
from clearprop.table.unseen import Unseen
from clearprop.train import History
from clearprop.visible import shown_json


@contextmanager
def folder(path: Path) -> Iterator[Path]:
    """A folder to write to, made before anything expensive begins; if it all comes to nothing it is not left behind.

    It is claimed for as long: a second training that would write there is refused.

    Raises:
        FileError: if it cannot be made or written to, or if another training writes there.
    """
    new = [p for p in (path, *path.parents) if not p.exists()]
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FileError(f"cannot make the folder {path}: {error.strerror}", "a folder that can be written") from None
    try:
        with claimed(path):
            yield path
    except BaseException:
        for made in new:
            if made.is_dir() and not any(made.iterdir()):
                made.rmdir()
        raise


MODEL, REST = "model.clearprop", ("report.html", "learning-curves.png", "history.csv", "summary.json")


def write_report_files(
    out: Path, fit: TableFit | MultiTargetFit, name: Message, summary: Mapping[str, Any], report: str, lang: Language
) -> dict[Path, Message]:
    """Write report, curves, history and summary beside the model; returns what each path holds.

    Raises:
        FileError: if one cannot be written; none is ever half there.
    """
    page, curves, history, data = (out / name for name in REST)
    write_atomically(page, report.encode())
    write_atomically(curves, curves_as_png(fit.history, name, lang, fit.others))
    write_atomically(history, _histories(fit).write_csv().encode())
    write_atomically(data, (shown_json(summary, indent=2) + "\n").encode())
    return {
        page: Message("overview.files.report"),
        curves: Message("overview.files.curves"),
        history: Message("overview.files.history"),
        data: Message("overview.files.summary"),
    }


def _histories(fit: TableFit | MultiTargetFit) -> Any:
    """A row for each epoch, of several members for each of theirs."""
    pl = import_polars()
    frames = [
        pl.DataFrame({"member": k, "epoch": range(1, one.epochs + 1), **one.columns})
        for k, one in enumerate(fit.histories, 1)
    ]
    return pl.concat(frames) if fit.others else frames[0].drop("member")


def curves_as_png(history: History, of: Message, lang: Language, others: Sequence[History] = ()) -> bytes:
    """The learning curves; in English and without names where no font here has the letters."""
    loss, spoken = Message("report.scores.loss"), lang
    heading = Message("report.scores.loss_of", of=of)
    if not eastern_fonts():
        spoken = "en" if is_eastern(loss(lang)) else lang
        heading = loss if is_eastern(of(lang)) else heading
    return learning_curves(history, heading, others=others).picture(spoken).png()


def predictions_of(model: TableModel, frame: Any, unseen: Unseen | None = None, coverage: float | None = None) -> Any:
    """A data frame with the prediction of each row and, for classes, their probabilities.

    Args:
        model: of classes or numbers.
        frame: the rows.
        unseen: told of values that were not there in training.
        coverage: of numbers: add `low` and `high`, the ends of intervals that hold this share of the rows.
    """
    return predictions_in(model.target, model.outputs(frame, unseen), coverage)


def predictions_in(target: Target, a: Any, coverage: float | None = None) -> Any:
    """The same of outputs a (N, k) of the network."""
    pl = import_polars()
    if not isinstance(target, ClassTarget):
        found = {"prediction": target.answers(a[:, 0])}
        if coverage is not None:
            low, high = intervals_of_outputs(target, a, coverage).T
            found |= {"low": list(low), "high": list(high)}
        return pl.DataFrame(found)
    p = class_probabilities(a)
    labels = pl.Series("prediction", [str(label) for label in target.classes])
    columns = {f"probability of {label}": p[:, k] for k, label in enumerate(target.classes)}
    return pl.DataFrame({"prediction": labels.gather(target.decide(p)), **columns})


# What begins a formula, also behind blanks and what does not show; the wide forms are those of East Asian keyboards. A
# tab, a carriage return or a line's end in the first place makes some spreadsheets look at what follows.
_UNSEEN = "\\s\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2064\u2066-\u2069\ufeff"
_FORMULA = f"^[{_UNSEEN}]*[=+\\-@＝＋－＠]|^[\t\r\n]"
# Where a spreadsheet cuts lines at semicolons or tabs, or cells into lines, a formula may begin inside of a text.
_INSIDE = f"([;|\t\r\n][{_UNSEEN}]*)([=+\\-@＝＋－＠])"
_NUMBER = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$"  # a sign before nothing but a number is no formula


def without_formulas(frame: Any) -> Any:
    """The frame with an apostrophe before each text, and each column's name, that a spreadsheet would compute.

    So, too, inside of a text behind what a spreadsheet may cut it at. It takes such a cell for text. Numbers, and texts
    that are nothing but a number, stay as they are.
    """
    pl = import_polars()
    texts = pl.col(pl.String, pl.Categorical, pl.Enum).cast(pl.String)
    inside = texts.str.replace_all(_INSIDE, "$1'$2")
    acts = texts.str.contains(_FORMULA) & ~texts.str.contains(_NUMBER)
    names: dict[str, str] = {}
    for name in frame.columns:
        safe = re.sub(_INSIDE, r"\1'\2", name)
        safe = f"'{safe}" if re.search(_FORMULA, name) and not re.search(_NUMBER, name) else safe
        while safe in names.values():
            safe = f"'{safe}"
        names[name] = safe
    return frame.with_columns(pl.when(acts).then("'" + inside).otherwise(inside).name.keep()).rename(names)
