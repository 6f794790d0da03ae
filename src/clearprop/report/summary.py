"""What a model and its training are, as plain data: for the JSON file, and for the pages that people read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from typing import Any

from clearprop.estimators import TableFit, TableModel
from clearprop.estimators.about import ending_facts
from clearprop.estimators.evaluation import COVERAGE_FACTS
from clearprop.estimators.threshold import decision_of
from clearprop.execute import executor_in_words
from clearprop.messages import Language, Message, as_data
from clearprop.nn import Dense
from clearprop.table.number_target import NumberTarget
from clearprop.table.target import ClassTarget

METRICS = {
    name: Message(f"scores.metrics.{name}")
    for name in (
        *("accuracy", "balanced_accuracy", "precision", "recall", "f1", "average_precision", "log_loss", "auc"),
        *("r2", "rmse", "mae", "pinball", "r1"),
    )
}


def score_text(value: float | None) -> str:
    """A score: three digits behind the point, or four in all; a dash where there is none."""
    if value is None:
        return "–"
    return f"{value:,.0f}" if abs(value) >= 10_000 else f"{value:.4g}" if abs(value) >= 10 else f"{value:z.3f}"


def quantity(value: float) -> str:
    """A number in someone's unit, however large or small, in four digits."""
    return f"{value:,.0f}" if 10_000 <= abs(value) < 1e12 else f"{value:.4g}"


def covered(part: Mapping[str, Any], is_quantile: bool) -> Iterator[Message]:
    """Which share of a part's rows lies in their intervals, or at or below their quantile, where that was measured."""
    if (found := part.get("coverage")) is not None:
        facts = {name: found[name] for name in COVERAGE_FACTS}
        key = "overview.below" if is_quantile else "overview.coverage"
        yield Message(key, **facts, percent=f"{100 * found['promised']:.6g}")


def messages_of_model(model: TableModel) -> dict[str, Any]:
    """What is said of target, columns and weights, as messages."""
    target = model.target
    if isinstance(target, NumberTarget):
        done = target.describe()
    else:
        done = [decision_of(target)] if target.decision else []
    return {
        "target": done,
        "columns": {column.name: column.describe() for column in model.encoder.columns},
        "set_aside": dict(model.encoder.ignored),
        "weighting": model.weighting.said(target),
    }


def words_of(messages: Iterable[Message], lang: Language) -> list[str]:
    """Messages in one language."""
    return [message(lang) for message in messages]


def summary_of_model(model: TableModel, lang: Language = "en") -> dict[str, Any]:
    """Target, columns and network.

    What is said of them stands there in words of the language, and under "messages" as keys with values, which are the
    same in every language.
    """
    said = messages_of_model(model)
    target: dict[str, Any] = {"name": model.target.name, "task": model.target.task}
    if isinstance(model.target, ClassTarget):
        target |= {"classes": list(model.target.classes), "shares": list(model.target.shares)}
        positive, decision = model.target.positive, model.target.decision
        target["positive"] = None if positive is None else model.target.classes[positive]
        target["decision"] = decision and {
            **asdict(decision),
            "cuts": list(decision.cuts),
            "said": decision_of(model.target)(lang),
        }
    else:
        text = model.target.text.example if model.target.text else None
        mean, std = model.target.usual
        target |= {"mean": mean, "std": std, "read_from_text": text, "done": words_of(said["target"], lang)}
        target |= {"quantile": model.target.quantile, "shift": model.target.shift} if model.target.quantile else {}
    columns = [
        {"name": c.name, "kind": c.kind, "features": len(c.feature_names), "done": said["columns"][c.name](lang)}
        for c in model.encoder.columns
    ]
    return {
        "target": target,
        "columns": columns,
        "set_aside": {name: why(lang) for name, why in said["set_aside"].items()},
        "weighting": {**model.weighting.to_dict(), "said": words_of(said["weighting"], lang)},
        "network": _network(model),
        "recipe": model.about.get("preset"),
        "race": model.about.get("race"),
        "overrun": model.about.get("overrun"),
        "calibration": model.about.get("calibration"),
        "kernel": model.about.get("kernel"),
        "search": model.about.get("search"),
        "about": model.about,
        "messages": as_data(said),
    }


def _network(model: TableModel) -> dict[str, Any]:
    """The first member, after which the others are made, and how many there are, without a kernel machine."""
    members, first = model.members, model.members[0]
    machine = (model.about.get("kernel") or {}).get("why", "") is None
    sizes = [p.shape for p in first.architecture.parameters.values() if p.is_weight]
    return {
        "members": len(members) - machine,
        "layers": repr(first)[9:-1].split(",")[0],
        "inputs": first.architecture.n_inputs,
        "encoded": sizes[0][0],
        "activations": [str(x.activation or "identity") for x in first.architecture.layers if isinstance(x, Dense)],
        "parameters": model.network.n_parameters,
    }


def summary_of_fit(
    table: str,
    size: tuple[int, int],
    fit: TableFit,
    options: dict[str, Any],
    found: dict[str, Any] | None = None,
    lang: Language = "en",
) -> dict[str, Any]:
    """Everything about a training run, for scripts.

    Args:
        table: its name.
        size: rows and columns of the table.
        fit: the run.
        options: what was asked for.
        found: what its files are and how they are written.
        lang: of the sentences.
    """
    history = fit.history
    model = summary_of_model(fit.model, lang)
    return {
        "clearprop": model.pop("about").get("clearprop"),
        "executor": executor_in_words(),
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
        "split": {**fit.model.about["split"], "said": words_of(fit.division.said, lang)},
        "training": {
            "epochs": history.epochs,
            "best_epoch": history.best_epoch,
            "stopped_by": history.stopped_by,
            "seconds": fit.seconds,
            "members": [ending_facts(one) for one in fit.histories],
        },
        "parts": {name: part.to_dict() for name, part in fit.parts.items()},
        "verdict": fit.verdict_in(lang),
        "messages": {
            **model["messages"],
            "split": as_data(fit.division.said),
            "remarks": as_data(fit.remarks),
            "verdict": as_data(fit.said),
        },
    }
