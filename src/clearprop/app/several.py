"""What the commands do with a model of several targets: one column, one entry or one section for each."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from clearprop.app.files import predictions_in
from clearprop.app.screen import show_document
from clearprop.app.source import TableSource
from clearprop.app.terminal import ShareBar, print_lines
from clearprop.estimators import MultiTargetModel, unseen_values
from clearprop.estimators.uncertainty import require_intervals
from clearprop.messages import Language, as_data
from clearprop.report.reading import how_read
from clearprop.report.several import summary_of_targets, targets_evaluation, targets_of_model
from clearprop.table.library import import_polars
from clearprop.table.number_target import NumberTarget
from clearprop.table.unseen import Unseen
from clearprop.visible import shown_json


def predictions_of_targets(
    model: MultiTargetModel, frame: Any, unseen: Unseen | None = None, coverage: float | None = None
) -> Any:
    """A data frame with the predictions of each target, "prediction of price", and what goes with them."""
    columns: dict[str, Any] = {}
    for name, (target, a) in model.outputs_of_each(frame, unseen).items():
        found = predictions_in(target, a, coverage)
        columns |= {_called(label, name): found[label] for label in found.columns}
    return import_polars().DataFrame(columns)


def _called(label: str, target: str) -> str:
    """A column of one target as it is called beside those of others."""
    if label.startswith("probability of "):
        return f"probability of {target} = {label.removeprefix('probability of ')}"
    return f"{label} of {target}"


def require_intervals_of_targets(model: MultiTargetModel, coverage: float) -> None:
    """Refuse intervals of a model of which no target is a number, or that kept no held-out rows."""
    numbers = [target for target in model.targets if isinstance(target, NumberTarget)]
    for target in numbers or model.targets:
        require_intervals(target, coverage)


def evaluate_targets(path: Path, model: MultiTargetModel, source: TableSource, lang: Language, as_json: bool) -> None:
    """Score each target on a table, and print that."""
    numbers = [target.name for target in model.targets if target.holds_numbers]
    with ShareBar("evaluating", as_json) as bar:
        scored = model.evaluate(source.batches([*model.encoder.number_columns, *numbers], bar))
    found = {name: {**one.to_dict(), "learned": one.learned} for name, one in scored.items()}
    judged = {name: [] if one.learned else model[name].judged(one) for name, one in scored.items()}
    read = source.found()
    if as_json:
        for name, words in judged.items():
            found[name] |= {"verdict": [one(lang) for one in words], "messages": as_data({"verdict": words})}
        print_lines(shown_json({"model": str(path), "table": source.place.title, "read": read, "targets": found}))
        return
    each = {name: {**one, "verdict": judged[name]} for name, one in found.items()}
    notes = [*how_read(read), *unseen_values(next(iter(scored.values())).unseen)]
    page = targets_evaluation(source.place.title, str(path), model, each, notes)
    show_document(page, lang, model.about.get("clearprop"))


def tell_of_targets(path: Path, model: MultiTargetModel, lang: Language, as_json: bool) -> None:
    """Show what a model predicts, from which columns, with which network, and how well it did."""
    if as_json:
        print_lines(shown_json(summary_of_targets(model, lang)))
    else:
        show_document(targets_of_model(str(path), model), lang, model.about.get("clearprop"))
