"""`clearprop doctor`: what ails a model or its training, and which option to change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table

from clearprop.app import options as o
from clearprop.app.screen import layout, print_page
from clearprop.app.terminal import show, words
from clearprop.errors import ModelFileError
from clearprop.estimators import TableModel, load
from clearprop.estimators.recall import history_of, optimizer_of, split_again
from clearprop.estimators.verdict import PARTS
from clearprop.explain.doctor import ILLNESSES, Diagnosis, Examination, Finding, diagnose
from clearprop.messages import Language, Message, checked_language, say
from clearprop.network import Network
from clearprop.table import drop_missing_target
from clearprop.train import OPTIMIZERS, Optimizer
from clearprop.visible import shown_json, shown_name

_HEADINGS = {
    "rows": Message("report.doctor.headings.rows"),
    "result": Message("report.doctor.headings.result"),
    "healthy": Message("report.doctor.headings.healthy"),
    "skipped": Message("report.doctor.headings.skipped"),
}
_LABELS = {
    "measured": Message("report.doctor.labels.measured"),
    "why": Message("report.doctor.labels.why"),
    "advice": Message("report.doctor.labels.advice"),
}
_NEEDS_TRAINING_ROWS = {"underfitting", "overfitting", "chance"}


def doctor(
    model: o.Model,
    table: o.Table,
    *,
    lang: o.Lang = "en",
    reading: o.Reading,
    as_json: o.Json = False,
) -> None:
    """Examine a model on the table it was trained on: what ails it or its training, and which option to change.

    Looked for are equal units, linear collapse, a bad start, dead and saturated units, vanishing and exploding
    gradients, a learning rate that does not suit, under- and overfitting, and answers that are no better than chance.
    """
    spoken = checked_language(lang)
    loaded = load(model)
    if isinstance(loaded, Network):
        raise ModelFileError(
            f"{model} holds a bare network", "a model written by `clearprop train`", "in Python: cp.diagnose(net, X, y)"
        )
    source = reading.source(table, loaded)
    rows = source.read(_rows_of_training(loaded), loaded.about.get("seed", 0))
    with rows.counted():
        visit = examine(loaded, rows.frame)
    if as_json:
        facts = {"model": str(model), "table": source.place.title, "own_rows": visit.is_own, "rows": visit.rows}
        show(shown_json({**facts, **visit.diagnosis.to_dict(spoken)}))
    else:
        title = say(
            "report.doctor.title", spoken, model=shown_name(model.name), table=shown_name(Path(source.place.title).name)
        )
        print_page(_page_of(title, loaded.about.get("clearprop"), visit, spoken))


@dataclass(frozen=True)
class Visit:
    """A diagnosis, and by which rows it was made.

    Attributes:
        diagnosis: what was found.
        rows: part → number of rows; of a table that is not the training table, "table".
    """

    diagnosis: Diagnosis
    rows: Mapping[str, int]

    @property
    def is_own(self) -> bool:
        """Whether the rows are those that the model was trained on."""
        return "train" in self.rows


def examine(model: TableModel, frame: Any) -> Visit:
    """Call the doctor for a model of a table, with what the model remembers of its training.

    Raises:
        TableError: if the table does not have the columns of the training table.
    """
    table, _ = drop_missing_target(frame, model.target.name, model.target.missing)
    X, y = model.arrays(frame)
    weights = model.weights(table)
    optimizer = optimizer_of(model.about)
    split = split_again(model.about, model.target, table, y, model.network.predict(X), weights)
    if split is None:
        found = diagnose(model.network, X, y, optimizer=optimizer)
        done = tuple(e for e in found.examined if e.illness not in _NEEDS_TRAINING_ROWS)
        return Visit(replace(found, examined=done), {"table": len(X)})
    counted = model.weighting.in_training(y, weights)
    found = diagnose(
        model.network,
        X[split.train],
        y[split.train],
        history_of(model.about),
        judgement=model.judgement,
        optimizer=optimizer,
        batch_size=model.about.get("training", {}).get("batch_size", 32),
        sample_weight=None if counted is None else counted[split.train],
    )
    parts = model.about["parts"]
    last = list(parts)[-1]
    return Visit(found, {"train": len(split.train)} | ({last: parts[last]["rows"]} if last != "train" else {}))


def _rows_of_training(model: TableModel) -> int | None:
    """How many rows were read then: `train --max-rows` draws the same ones again; None where nobody knows."""
    parts = model.about.get("parts") or {}
    rows = sum(part["rows"] for part in parts.values())
    without = max((part.get("without_target") or 0 for part in parts.values()), default=0)
    return rows + without if rows > 0 else None


def _page_of(title: str, version: str | None, visit: Visit, lang: Language) -> RenderableType:
    rows = _own_rows(visit, lang) if visit.is_own else say("report.doctor.other_rows", lang, rows=visit.rows["table"])
    found = visit.diagnosis
    parts: dict[str, RenderableType | None] = {
        _HEADINGS["rows"](lang): words(rows),
        _HEADINGS["result"](lang): words(found.summary(lang), "bold yellow" if found else "bold green"),
    }
    for number, finding in enumerate(found, 1):
        parts[str(number)] = _finding(finding, lang)
    parts[_HEADINGS["healthy"](lang)] = _list_of(found.healthy, lang)
    parts[_HEADINGS["skipped"](lang)] = _list_of(found.skipped, lang)
    return layout(title, version, [(name, part) for name, part in parts.items() if part])


def _own_rows(visit: Visit, lang: Language) -> str:
    (_, train), *others = visit.rows.items()
    if not others:
        return say("report.doctor.rows", lang, train=train)
    part, n = others[0]
    return say("report.doctor.rows", lang, train=train) + say("report.doctor.judged", lang, n=n, part=PARTS[part](lang))


def _finding(finding: Finding, lang: Language) -> RenderableType:
    style = "bold red" if finding.severity == "serious" else "bold yellow"
    said = [(label(lang), getattr(finding, name)(lang)) for name, label in _LABELS.items()]
    options = options_of(finding.change)
    if options:
        said.append((say("report.doctor.options", lang), options))
    return Group(words(finding.title(lang), style), _grid(said, ""))


def _list_of(some: tuple[Examination, ...], lang: Language) -> RenderableType | None:
    return _grid([(ILLNESSES[one.illness](lang), one.measured(lang)) for one in some], "dim") if some else None


def _grid(rows: list[tuple[str, str]], style: str) -> RenderableType:
    """Names on the left, text on the right, which may be broken anywhere: Chinese has no spaces."""
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(no_wrap=True)
    grid.add_column(ratio=1, style=style, overflow="fold")
    for name, text in rows:
        grid.add_row(words(name), words(text))
    return grid


def options_of(change: Mapping[str, Any]) -> str:
    """A change of arguments as options of `clearprop train`, as far as it has them.

    Example:
        >>> options_of({"hidden": (64, 64), "l2": 0.1})
        '--hidden 64,64 --l2 0.1'
    """
    options = []
    for name, value in change.items():
        if isinstance(value, Optimizer):
            names = {known: word for word, known in OPTIMIZERS.items()}
            options += [f"--optimizer {names[type(value)]}", f"--learning-rate {value.learning_rate:g}"]
        elif name == "hidden":
            options.append("--hidden " + ",".join(map(str, value)))
        elif name in ("activation", "epochs", "l2", "learning_rate"):
            options.append(f"--{name.replace('_', '-')} {value}")
    return " ".join(options)
