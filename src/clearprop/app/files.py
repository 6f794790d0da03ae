"""What `train` writes, and what `predict` writes."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from clearprop.app.curves import learning_curves
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


def write_training_files(out: Path, fit: TableFit, summary: Mapping[str, Any], report: str) -> dict[Path, str]:
    """Write model, report, curves, history and summary; returns what each path holds.

    Raises:
        FileError: if one cannot be written; none is ever half there.
    """
    table = summary["table"]["name"]
    names = ("model.clearprop", "report.html", "learning-curves.png", "history.csv", "summary.json")
    model, page, curves, history, data = (out / name for name in names)
    fit.model.save(model)
    write_atomically(page, report.encode())
    write_atomically(curves, learning_curves(fit.history, f"{Path(table).name} → {summary['target']['name']}"))
    columns = {"epoch": range(1, fit.history.epochs + 1), **fit.history.columns}
    write_atomically(history, import_polars().DataFrame(columns).write_csv().encode())
    write_atomically(data, (json.dumps(summary, indent=2, ensure_ascii=False) + "\n").encode())
    return {
        model: "the model",
        page: "the report: open it in a browser",
        curves: "losses by epoch, as a picture",
        history: "losses by epoch, as numbers",
        data: "all of this, for scripts",
    }


def predictions_of(model: TableModel, frame: Any) -> Any:
    """A data frame with the prediction of each row and, for classes, their probabilities."""
    pl = import_polars()
    if not isinstance(model.target, ClassTarget):
        return pl.DataFrame({"prediction": model.predict(frame)})
    p = model.predict_proba(frame)
    labels = pl.Series("prediction", [str(label) for label in model.target.classes])
    columns = {f"probability of {label}": p[:, k] for k, label in enumerate(model.target.classes)}
    return pl.DataFrame({"prediction": labels.gather(p.argmax(axis=1)), **columns})
