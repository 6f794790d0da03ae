"""Models of random tables as ONNX beside themselves, on rows that were not seen: features to the bit, answers, labels.

python tests/support/onnx_of_tables.py --models 500 --first 0
"""

from __future__ import annotations

import argparse
import datetime
import json
import traceback
import warnings
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import onnxruntime

import clearprop as cp
from clearprop.errors import ClearpropError
from clearprop.estimators.scores import class_probabilities
from clearprop.interop.onnx.table import OUTPUTS
from clearprop.table.number_target import NumberTarget
from clearprop.table.target import ClassTarget
from tables_to_export import table_to_export

CLOSE = 1e-6  # of the output's scale, in float32
COVERAGE = 0.8


@dataclass
class Seen:
    """What was found on some models.

    Attributes:
        models, refused, untrained: how many went out, were refused, or could not be trained.
        kinds, targets, networks: what columns and targets there were, and how many members.
        rows, features, differing: how many rows and features there were, and how many features differ in a bit.
        causes: of those: what computes them → how many.
        off: the largest of these differences.
        worst: kind of answer → the largest difference, in units of its scale.
        labels, unsure: how many labels were compared, and how many had a margin below that.
        failed: what went wrong: seed → what.
    """

    models: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    untrained: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    targets: Counter[str] = field(default_factory=Counter)
    networks: Counter[int] = field(default_factory=Counter)
    rows: int = 0
    features: int = 0
    differing: int = 0
    causes: Counter[str] = field(default_factory=Counter)
    off: float = 0.0
    worst: dict[str, float] = field(default_factory=dict)
    labels: int = 0
    unsure: int = 0
    failed: dict[int, str] = field(default_factory=dict)

    def note(self, what: str, difference: Any) -> None:
        """The largest difference of a kind."""
        self.worst[what] = max(self.worst.get(what, 0.0), float(np.max(difference, initial=0.0)))


def compare(seed: int, seen: Seen) -> None:
    """Train a model, write it, and hold what ONNX Runtime answers to what the model answers."""
    case = table_to_export(seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            model = cp.TableModel.train(case.table, case.target, recipe=case.recipe).model
        except ClearpropError as error:
            seen.untrained[str(error).splitlines()[0][:100]] += 1
            return
        targets = model.targets if hasattr(model, "targets") else (model.target,)
        coverage = COVERAGE if all(map(_has_coverage, targets)) else None
        try:
            made = model.to_onnx(coverage=coverage)
        except ClearpropError as error:
            seen.refused[str(error).splitlines()[0][:100]] += 1
            return
        X = model.encoder.transform(case.new, "float32")
        a = model.outputs(case.new)
    seen.models += 1
    seen.rows += len(case.new)
    seen.kinds.update(map(_kind, model.encoder.columns))
    seen.targets.update(map(_task, targets) if len(targets) == 1 else [f"{len(targets)} targets"])
    seen.networks[len(model.members)] += 1
    found = run(made, model.onnx_inputs(case.new))
    _features(model.encoder, X, found.pop(_features_name(made)), seen)
    told = json.loads({each.key: each.value for each in made.metadata_props}[OUTPUTS])
    start = 0
    for target in targets:
        width = len(target.classes) if isinstance(target, ClassTarget) and len(target.classes) > 2 else 1
        own, start = a[:, start : start + width], start + width
        theirs = {_stem(name, told): found[name] for name, facts in told.items() if facts["target"] == target.name}
        if isinstance(target, ClassTarget):
            _classes(target, own, theirs, coverage, seen)
        else:
            _numbers(target, own, theirs, coverage, seen)


def run(made: Any, given: Any) -> dict[str, Any]:
    """All outputs by name, and the features."""
    made.graph.output.add().name = _features_name(made)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(made.SerializeToString(), options, providers=["CPUExecutionProvider"])
    names = [each.name for each in session.get_outputs()]
    return dict(zip(names, session.run(None, given), strict=True))


def _features_name(made: Any) -> str:
    return next(node.output[0] for node in made.graph.node if node.output[0].startswith("features"))


def _stem(name: str, told: Any) -> str:
    return next(s for s in ("probabilities", "possible", "label", "value", "low", "high") if name.startswith(s))


def _has_coverage(target: Any) -> bool:
    if isinstance(target, ClassTarget):
        return target.held_out is not None
    return target.residuals is not None and target.quantile is None


def _features(encoder: Any, ours: Any, theirs: Any, seen: Seen) -> None:
    assert theirs.shape == ours.shape, "features of another shape"
    assert theirs.dtype == np.float32
    seen.features += ours.size
    away = ours.view(np.int32) != theirs.view(np.int32)
    start = 0
    for column in encoder.columns:
        parts = column.parts if column.kind == "numbers" else [column]
        for part in parts:
            for name in part.feature_names:
                differing = int(away[:, start].sum())
                if differing:
                    seen.differing += differing
                    seen.causes[_cause(part, name)] += differing
                    seen.off = max(seen.off, float(np.abs(ours - theirs)[:, start].max()))
                start += 1


def _kind(column: Any) -> str:
    if column.kind == "number" and column.text is not None:
        return "number in text, units apart" if column.text.flagged else "number in text"
    if column.kind == "date" and column.period is None:
        return "time of day, or day without a year"
    return "levels of numbers" if column.kind == "category" and column.holds_numbers else str(column.kind)


def _task(target: Any) -> str:
    if isinstance(target, ClassTarget):
        return f"{len(target.classes)} classes" + ("" if target.decision is None else ", with a threshold")
    if target.dates is not None:
        return "days" if target.whole_days else "moments"
    return ("logarithm" if target.log_unit is not None else "number") + (
        "" if target.quantile is None else ", quantile"
    )


def _cause(column: Any, feature: str) -> str:
    if column.kind == "number" and feature == column.name:
        return "logarithm of a number" if column.log_unit is not None else "a number"
    if column.kind == "date" and " hour " in feature:
        return "sine or cosine of the hour"
    return f"{column.kind}: {feature}"


def _classes(target: ClassTarget, a: Any, theirs: Any, coverage: Any, seen: Seen) -> None:
    p = class_probabilities(a)
    seen.note("probability", np.abs(theirs["probabilities"] - p))
    assert np.abs(theirs["probabilities"] - p).max() <= CLOSE, (
        f"probabilities off by {np.abs(theirs['probabilities'] - p).max():.2g}"
    )
    scored = np.asarray(p, np.float64) if target.decision is None else p / np.array(target.decision.cuts)
    second, first = np.sort(scored, axis=1)[:, -2:].T
    sure = first - second > 2 * CLOSE / (1 if target.decision is None else min(target.decision.cuts))
    ours = [target.classes[k] for k in target.decide(p)]
    mixed = len({type(label) for label in target.classes}) > 1
    ours = list(map(str, ours)) if mixed else ours
    seen.labels += len(ours)
    seen.unsure += int((~sure).sum())
    wrong = [i for i in np.flatnonzero(sure) if theirs["label"].tolist()[i] != ours[i]]
    assert not wrong, f"{len(wrong)} labels differ"
    if coverage is not None:
        q = target.held_out.quantile(coverage)
        clear = np.abs(1 - np.asarray(p, np.float64) - q) > 2 * CLOSE
        assert (theirs["possible"] == target.possible(p, coverage))[clear].all(), "sets differ"


def _numbers(target: NumberTarget, a: Any, theirs: Any, coverage: Any, seen: Seen) -> None:
    outputs = a[:, 0]
    ours = {"value": target.predictions(outputs)}
    if coverage is not None:
        ours["low"], ours["high"] = target.bounds(outputs, coverage).T
    scale = max(1.0, float(np.abs(outputs).max()))  # of the network's outputs, whose standard deviation is about 1
    for name, expected in ours.items():
        found = theirs[name][:, 0]
        if target.dates is not None and target.whole_days:
            expected, near = np.round(expected), np.abs(np.abs(expected - np.trunc(expected)) - 0.5) < 1e-3
            assert ((found == expected) | near).all(), f"{name}: days differ"
            continue
        if target.log_unit is not None:
            unit = target.std * (np.abs(expected) + target.log_unit) * scale
        else:
            unit = target.std * scale + np.abs(target.mean) * 1e-9
        with np.errstate(invalid="ignore"):
            off = np.where(found == expected, 0.0, np.abs(found - expected) / unit)
        seen.note(name, off)
        assert np.max(off) <= CLOSE, f"{name} off by {np.max(off):.2g} of its scale"


def many(first: int, models: int) -> Seen:
    """So many models that went out, from this seed on."""
    seen, seed = Seen(), first
    while seen.models < models:
        try:
            compare(seed, seen)
        except Exception as error:
            if len(seen.failed) < 5:
                traceback.print_exc()
            seen.failed[seed] = f"{type(error).__name__}: {error}"[:200]
        seed += 1
        if seed - first > 2 * models + 10:
            break
    return seen


def _counts(seen: Seen) -> dict[str, Counter[Any]]:
    return {"columns": seen.kinds, "targets": seen.targets, "members": seen.networks}


def printed(seen: Seen) -> str:
    """The figures, a line each."""
    lines = [
        f"{seen.models} models in ONNX Runtime {onnxruntime.__version__}, {seen.rows:,} rows that were not seen",
        f"not trained: {dict(seen.untrained)}; refused: {dict(seen.refused)}",
        *(f"{what}: {dict(counts.most_common())}" for what, counts in _counts(seen).items()),
        f"features: {seen.features:,}, in a bit different {seen.differing:,}, by {seen.off:.2g} at most",
        *(f"    {cause}: {n:,}" for cause, n in seen.causes.most_common()),
        *(f"largest difference of a {what}: {x:.2g} of its scale" for what, x in seen.worst.items()),
        f"labels: {seen.labels:,}, with a margin too small to compare {seen.unsure:,}, else different 0",
        f"failed: {seen.failed or 0}",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", type=int, default=500)
    parser.add_argument("--first", type=int, default=0, help="seed of the first")
    given = parser.parse_args()
    start = datetime.datetime.now()
    print(printed(many(given.first, given.models)))
    print(f"{(datetime.datetime.now() - start).total_seconds():.0f} s")
