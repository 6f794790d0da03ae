"""What `train` writes, and what `predict` writes."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from clearprop.app.curves import learning_curves
from clearprop.app.summary import METRICS
from clearprop.errors import FileError
from clearprop.estimators import TableFit, TableModel
from clearprop.interop import write_atomically
from clearprop.table import ClassTarget, import_polars


@contextmanager
def folder(path: Path) -> Iterator[Path]:
    """A folder to write to, made before anything expensive begins; if it all comes to nothing it is not left behind.

    Raises:
        FileError: if it cannot be made or written to.
    """
    new = [p for p in (path, *path.parents) if not p.exists()]
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FileError(f"cannot make the folder {path}: {error.strerror}", "a folder that can be written") from None
    try:
        try:
            with tempfile.NamedTemporaryFile(dir=path, prefix=".clearprop."):
                pass
        except OSError as error:
            raise FileError(f"cannot write to {path}: {error.strerror}", "a folder that can be written") from None
        yield path
    except BaseException:
        for made in new:
            if made.is_dir() and not any(made.iterdir()):
                made.rmdir()
        raise


def write_training_files(out: Path, fit: TableFit, summary: Mapping[str, Any]) -> dict[Path, str]:
    """Write model, curves, history, summary and report; returns what each path holds.

    Raises:
        FileError: if one cannot be written; none is ever half there.
    """
    table = summary["table"]["name"]
    names = ("model.clearprop", "learning-curves.png", "history.csv", "summary.json", "report.md")
    model, curves, history, data, report = (out / name for name in names)
    fit.model.save(model)
    write_atomically(curves, learning_curves(fit.history, f"{Path(table).name} → {summary['target']['name']}"))
    columns = {"epoch": range(1, fit.history.epochs + 1), **fit.history.columns}
    write_atomically(history, import_polars().DataFrame(columns).write_csv().encode())
    write_atomically(data, (json.dumps(summary, indent=2, ensure_ascii=False) + "\n").encode())
    write_atomically(report, report_of(summary, fit.model.network.summary(), curves.name).encode())
    return {
        model: "the model",
        curves: "losses by epoch, as a picture",
        history: "losses by epoch, as numbers",
        data: "all of this, for scripts",
        report: "all of this, to read",
    }


def report_of(summary: Mapping[str, Any], network: str, curves: str) -> str:
    """The run as Markdown."""
    parts, target = summary["parts"], summary["target"]
    last = parts[list(parts)[-1]]
    lines = [f"# {summary['table']['name']} → {target['name']}", "", *summary["verdict"], "", "## Scores", ""]
    lines += ["| | " + " | ".join(parts) + " | 95% interval | trivial answer |", "|---|" + "---:|" * (len(parts) + 2)]
    for metric in last["scores"]:
        cells = [_cell(part["scores"][metric]) for part in parts.values()]
        interval = " – ".join(_cell(bound) for bound in last["intervals"][metric])
        lines.append(f"| {METRICS[metric]} | {' | '.join([*cells, interval, _cell(last['baseline'][metric])])} |")
    lines += ["", "The interval (by the bootstrap) and the trivial answer are of the last part.", ""]
    if last["confusion"] and len(target["classes"]) <= 20:
        labels = [_escaped(str(label)) for label in target["classes"]]
        lines += ["| is ↓, answered → | " + " | ".join(labels) + " |", "|---|" + "---:|" * len(labels)]
        rows = zip(labels, last["confusion"], strict=True)
        lines += [f"| {label} | {' | '.join(map(str, row))} |" for label, row in rows] + [""]
    lines += ["## Training", "", f"![loss by epoch]({curves})", "", "```text", network, "```", ""]
    lines += ["## Columns", "", "Numbers are scaled as shown, and then bent to stay within ±c: x/√(1 + (x/c)²).", ""]
    lines += ["| column | kind | what was done |", "|---|---|---|"]
    lines += [f"| {_escaped(c['name'])} | {c['kind']} | {_escaped(c['done'])} |" for c in summary["columns"]]
    lines += [f"| {_escaped(name)} | set aside | {_escaped(why)} |" for name, why in summary["set_aside"].items()]
    return "\n".join([*lines, ""])


def predictions_of(model: TableModel, frame: Any) -> Any:
    """A data frame with the prediction of each row and, for classes, their probabilities."""
    pl = import_polars()
    if not isinstance(model.target, ClassTarget):
        return pl.DataFrame({"prediction": model.predict(frame)})
    p = model.predict_proba(frame)
    labels = pl.Series("prediction", [str(label) for label in model.target.classes])
    columns = {f"probability of {label}": p[:, k] for k, label in enumerate(model.target.classes)}
    return pl.DataFrame({"prediction": labels.gather(p.argmax(axis=1)), **columns})


def _cell(value: float | None) -> str:
    return "–" if value is None else f"{value:.4g}"


def _escaped(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
