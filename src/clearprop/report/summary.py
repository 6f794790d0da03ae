"""What a model and its training are, as plain data: for the JSON file, and for the pages that people read."""

from __future__ import annotations

from typing import Any

from clearprop.estimators import TableFit, TableModel
from clearprop.estimators.threshold import decision_of
from clearprop.execute import describe
from clearprop.messages.language import Phrase
from clearprop.nn import Dense
from clearprop.table import ClassTarget

METRICS = {
    "accuracy": Phrase("accuracy", "准确率"),
    "balanced_accuracy": Phrase("balanced acc.", "平衡准确率"),
    "precision": Phrase("precision", "精确率"),
    "recall": Phrase("recall", "召回率"),
    "f1": Phrase("F1", "F1 值"),
    "average_precision": Phrase("avg. precision", "平均精度"),
    "log_loss": Phrase("log loss", "对数损失"),
    "auc": Phrase("ROC AUC", "ROC AUC"),
    "r2": Phrase("R²", "R²"),
    "rmse": Phrase("RMSE", "均方根误差"),
    "mae": Phrase("MAE", "平均绝对误差"),
}


def number(value: float | None) -> str:
    """A score: three digits behind the point, or four in all; a dash where there is none."""
    if value is None:
        return "–"
    return f"{value:,.0f}" if abs(value) >= 10_000 else f"{value:.4g}" if abs(value) >= 10 else f"{value:z.3f}"


def quantity(value: float) -> str:
    """A number in someone's unit, however large or small, in four digits."""
    return f"{value:,.0f}" if 10_000 <= abs(value) < 1e12 else f"{value:.4g}"


def summary_of_model(model: TableModel) -> dict[str, Any]:
    """Target, columns and network."""
    target: dict[str, Any] = {"name": model.target.name, "task": model.target.task}
    if isinstance(model.target, ClassTarget):
        target |= {"classes": list(model.target.classes), "shares": list(model.target.shares)}
        positive, decision = model.target.positive, model.target.decision
        target["positive"] = None if positive is None else model.target.classes[positive]
        target["decision"] = decision and {**decision.to_dict(), "said": decision_of(model.target)("en")}
    else:
        text = model.target.text.example if model.target.text else None
        mean, std = model.target.usual
        target |= {"mean": mean, "std": std, "read_from_text": text, "done": model.target.describe()}
    columns = [
        {"name": c.name, "kind": c.kind, "features": len(c.feature_names), "done": c.describe()}
        for c in model.encoder.columns
    ]
    network = model.network
    return {
        "target": target,
        "columns": columns,
        "set_aside": dict(model.encoder.ignored),
        "weighting": {**model.weighting.to_dict(), "said": [word("en") for word in model.weighting.said(model.target)]},
        "network": {
            "layers": repr(network)[9:-1].split(",")[0],
            "activations": [
                str(x.activation or "identity") for x in network.architecture.layers if isinstance(x, Dense)
            ],
            "parameters": sum(p.size for p in network.parameters.values()),
        },
        "about": model.about,
    }


def summary_of_fit(
    table: str, size: tuple[int, int], fit: TableFit, options: dict[str, Any], found: dict[str, Any] | None = None
) -> dict[str, Any]:
    """Everything about a training run, for scripts.

    Args:
        table: its name.
        size: rows and columns of the table.
        fit: the run.
        options: what was asked for.
        found: what its files are and how they are written.
    """
    history = fit.history
    model = summary_of_model(fit.model)
    return {
        "clearprop": model.pop("about").get("clearprop"),
        "executor": describe(),
        "table": {
            "name": table,
            "rows": size[0],
            "columns": size[1],
            "without_target": fit.without_target,
            "read": found or {},
        },
        **model,
        "target": {**model["target"], "counted_as_missing": fit.marks.counted, "kept_marks": fit.marks.kept},
        "options": options,
        "split": {**fit.model.about["split"], "said": [word("en") for word in fit.division.said]},
        "training": {
            "epochs": history.epochs,
            "best_epoch": history.best_epoch,
            "stopped_by": history.stopped_by,
            "seconds": sum(history["seconds"]) if history.epochs else 0.0,
        },
        "parts": {name: part.to_dict() for name, part in fit.parts.items()},
        "verdict": fit.verdict,
    }
