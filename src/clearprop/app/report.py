"""What a training run tells people: on the screen and in files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from clearprop.errors import InvalidValueError
from clearprop.estimators import TableFit, TableModel
from clearprop.interop import write_atomically
from clearprop.table import ClassTarget, import_polars

_TITLES = {"accuracy": "accuracy", "log_loss": "log loss", "r2": "R²", "rmse": "RMSE", "mae": "MAE"}


def parse_hidden(text: str) -> tuple[int, ...]:
    """Layer sizes from "64,64"; an empty text means no hidden layer.

    Raises:
        InvalidValueError: if it is not a list of positive integers.
    """
    try:
        units = tuple(int(part) for part in text.split(",") if part.strip())
    except ValueError:
        units = (0,)
    if any(n < 1 for n in units):
        raise InvalidValueError(f"--hidden {text!r}", "positive integers separated by commas, such as 64,64")
    return units


def describe_run(table: str, fit: TableFit) -> list[str]:
    """The run in a few sentences."""
    model, history = fit.model, fit.history
    rows = ", ".join(f"{n} {part}" for part, n in fit.rows.items())
    lines = [
        f"table       {table}: {rows}" + (f"; {fit.without_target} without a target" if fit.without_target else ""),
        f"target      {model.target.name}: {_describe_target(model)}",
        f"columns     {len(model.encoder.columns)} used, as {len(model.encoder.feature_names)} features",
    ]
    lines += [f"            {name!r} set aside: {why}" for name, why in model.encoder.ignored.items()]
    best = f", best epoch {history.best_epoch}" if history.best_epoch else ""
    return [
        *lines,
        f"network     {repr(model.network)[9:-1]}",
        f"training    {history.epochs} epochs in {sum(history['seconds']) if history.epochs else 0:.1f} s, "
        f"stopped by {history.stopped_by}{best}",
    ]


def _describe_target(model: TableModel) -> str:
    if isinstance(model.target, ClassTarget):
        return f"classification, {len(model.target.classes)} classes"
    return "regression"


def show(console: Console, table: str, fit: TableFit) -> None:
    """Print the run and its scores."""
    for line in describe_run(table, fit):
        console.print(line, highlight=False, markup=False)
    grid = Table(box=None, padding=(0, 2, 0, 0))
    grid.add_column("scores")
    for part in fit.scores:
        grid.add_column(part, justify="right")
    for metric in next(iter(fit.scores.values())):
        grid.add_row(_TITLES[metric], *(f"{scores[metric]:.4g}" for scores in fit.scores.values()))
    console.print(grid)


def write_files(out: Path, table: str, fit: TableFit) -> list[Path]:
    """Write model, history, scores and report; returns their paths."""
    paths = [out / name for name in ("model.clearprop", "history.csv", "scores.json", "report.md")]
    fit.model.save(paths[0])
    history = import_polars().DataFrame({"epoch": range(1, fit.history.epochs + 1), **fit.history.columns})
    write_atomically(paths[1], history.write_csv().encode())
    scores = {"table": table, "rows": fit.rows, "scores": fit.scores, "epochs": fit.history.epochs}
    write_atomically(paths[2], (json.dumps(scores, indent=2) + "\n").encode())
    write_atomically(paths[3], _markdown(table, fit).encode())
    return paths


def _markdown(table: str, fit: TableFit) -> str:
    parts = list(fit.scores)
    metrics = list(next(iter(fit.scores.values())))
    rows = [f"| {_TITLES[m]} | " + " | ".join(f"{fit.scores[p][m]:.4g}" for p in parts) + " |" for m in metrics]
    return "\n".join(
        [
            f"# {table}",
            "",
            "```text",
            *describe_run(table, fit),
            "```",
            "",
            "| | " + " | ".join(parts) + " |",
            "|---|" + "---:|" * len(parts),
            *rows,
            "",
            "```text",
            fit.model.network.summary(),
            "```",
            "",
        ]
    )


def predictions_of(model: TableModel, frame: Any) -> Any:
    """A data frame with the prediction of each row and, for classes, their probabilities."""
    pl = import_polars()
    if not isinstance(model.target, ClassTarget):
        return pl.DataFrame({"prediction": model.predict(frame)})
    p = model.predict_proba(frame)
    labels = model.target.decode(p.argmax(axis=1))
    if len({type(label) for label in model.target.classes}) > 1:  # a column holds one kind
        labels = [str(label) for label in labels]
    columns = {f"probability of {label}": p[:, k] for k, label in enumerate(model.target.classes)}
    return pl.DataFrame({"prediction": labels, **columns})
