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
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import onnxruntime

import clearprop as cp
from clearprop.errors import ClearpropError
from clearprop.estimators.scores import class_probabilities
from clearprop.graph import DTYPES
from clearprop.interop.onnx.table import OUTPUTS
from clearprop.network.network import network_of
from clearprop.table.number_target import NumberTarget
from clearprop.table.target import ClassTarget
from tables_to_export import table_to_export

CLOSE = {"f32": 1e-6, "f64": 1e-12}  # of the output's scale
COVERAGE, EPSILON = 0.8, float(np.finfo(np.float64).eps)


@dataclass
class Compared:
    """What was found in one dtype.

    Attributes:
        dtype: of the networks.
        features, differing: how many there were, and how many differ in a bit.
        causes: of those: what computes them → how many.
        off: the largest of these differences.
        worst: kind of answer → the largest difference, in units of its scale.
        labels, unsure: how many labels were compared, and how many had a margin too small for that.
    """

    dtype: str
    features: int = 0
    differing: int = 0
    causes: Counter[str] = field(default_factory=Counter)
    off: float = 0.0
    worst: dict[str, float] = field(default_factory=dict)
    labels: int = 0
    unsure: int = 0

    @property
    def close(self) -> float:
        """How near answers have to be."""
        return CLOSE[self.dtype]

    def hold(self, what: str, off: Any) -> None:
        """The largest difference of a kind, in units of its scale, which must be small."""
        largest = float(np.max(off, initial=0.0))
        self.worst[what] = max(self.worst.get(what, 0.0), largest)
        assert largest <= self.close, f"{self.dtype}: {what} off by {largest:.2g} of its scale"


@dataclass
class Seen:
    """What was found on some models.

    Attributes:
        models, refused, untrained: how many went out, were refused, or could not be trained.
        kinds, targets, networks: what columns and targets there were, and how many members.
        rows: that were not seen.
        each: what was found in each dtype.
        failed: what went wrong: seed → what.
    """

    models: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    untrained: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    targets: Counter[str] = field(default_factory=Counter)
    networks: Counter[int] = field(default_factory=Counter)
    rows: int = 0
    each: tuple[Compared, ...] = field(default_factory=lambda: (Compared("f32"), Compared("f64")))
    failed: dict[int, str] = field(default_factory=dict)


def compare(seed: int, seen: Seen) -> None:
    """Train a model, write it, and hold what ONNX Runtime answers to what the model answers.

    Models of tables are of float32; so the same is done with the same weights in float64.
    """
    case = table_to_export(seed)
    try:
        model = cp.TableModel.train(case.table, case.target, recipe=case.recipe).model
    except ClearpropError as error:
        seen.untrained[str(error).splitlines()[0][:100]] += 1
        return
    targets = _targets(model)
    coverage = COVERAGE if all(map(_has_coverage, targets)) else None
    try:
        model.to_onnx(coverage=coverage)
    except ClearpropError as error:
        seen.refused[str(error).splitlines()[0][:100]] += 1
        return
    seen.models += 1
    seen.rows += len(case.new)
    seen.kinds.update(map(_kind, model.encoder.columns))
    seen.targets.update(map(_task, targets) if len(targets) == 1 else [f"{len(targets)} targets"])
    seen.networks[len(model.members)] += 1
    for compared in seen.each:
        _compared(model if compared.dtype == "f32" else _doubled(model), case.new, coverage, compared)


def _compared(model: Any, new: Any, coverage: Any, seen: Compared) -> None:
    made = model.to_onnx(coverage=coverage)
    found = run(made, model.onnx_inputs(new))
    X = found.pop(_features_name(made))
    _features(model.encoder, model.encoder.transform(new, DTYPES[seen.dtype]), X, seen)
    told = json.loads({each.key: each.value for each in made.metadata_props}[OUTPUTS])
    # In float64 the last digit of a logarithm is more than 1e-12 where its column hardly varies: from there on, then.
    a, start = model.outputs(new) if seen.dtype == "f32" else model.network.predict(X), 0
    for target in _targets(model):
        width = len(target.classes) if isinstance(target, ClassTarget) and len(target.classes) > 2 else 1
        own, start = a[:, start : start + width], start + width
        theirs = {_stem(name): found[name] for name, facts in told.items() if facts["target"] == target.name}
        if isinstance(target, ClassTarget):
            _classes(target, own, theirs, coverage, seen)
        else:
            _numbers(target, own, theirs, coverage, seen)


def _targets(model: Any) -> tuple[Any, ...]:
    return model.targets if hasattr(model, "targets") else (model.target,)


def _doubled(model: Any) -> Any:
    """The same model in float64."""
    net = model.network
    arrays = {name: np.asarray(values, np.float64) for name, values in net.arrays().items()}
    changed = network_of(net.architecture, arrays, 0, "f64")
    return replace(model, **{"network" if hasattr(model, "targets") else "predictor": changed})


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


def _stem(name: str) -> str:
    return next(s for s in ("probabilities", "possible", "label", "value", "low", "high") if name.startswith(s))


def _has_coverage(target: Any) -> bool:
    if isinstance(target, ClassTarget):
        return target.held_out is not None
    return target.residuals is not None and target.quantile is None


def _features(encoder: Any, ours: Any, theirs: Any, seen: Compared) -> None:
    """Count the features that differ, by what computes them; none by more than rounding in double explains."""
    assert (theirs.shape, theirs.dtype) == (ours.shape, ours.dtype), "features of another shape or dtype"
    seen.features += ours.size
    different = (ours.view(f"i{ours.itemsize}") != theirs.view(f"i{ours.itemsize}")).sum(axis=0)
    columns = [part for column in encoder.columns for part in (column.parts if column.kind == "numbers" else [column])]
    each = [(column, name) for column in columns for name in column.feature_names]
    for j in np.flatnonzero(different):
        cause, allowed = _cause(*each[j])
        seen.differing += int(different[j])
        seen.causes[cause] += int(different[j])
        off = np.abs(ours[:, j].astype(np.float64) - theirs[:, j])
        seen.off = max(seen.off, float(off.max()))
        assert (off <= allowed + np.spacing(np.abs(ours[:, j]))).all(), f"{cause} off by {off.max():.2g}"


def _cause(column: Any, feature: str) -> tuple[str, float]:
    """What computes a feature, and how far two ways to round it may be apart: none but these two are rounded."""
    if column.kind == "number" and feature == column.name and column.log_unit is not None:
        return "logarithm of a number", 4 * EPSILON * (abs(column.center) / column.scale + 100)
    if column.kind == "date" and " hour " in feature:
        return "sine or cosine of the hour", 4 * EPSILON
    return f"{column.kind}: {feature}", 0.0


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


def _classes(target: ClassTarget, a: Any, theirs: Any, coverage: Any, seen: Compared) -> None:
    p = class_probabilities(a)
    seen.hold("probability", np.abs(theirs["probabilities"] - p))
    cuts = np.ones(len(target.classes)) if target.decision is None else np.array(target.decision.cuts)
    second, first = np.sort(p / cuts, axis=1)[:, -2:].T
    sure = first - second > 2 * seen.close / cuts.min()
    ours, found = [target.classes[k] for k in target.decide(p)], theirs["label"].tolist()
    seen.labels += len(ours)
    seen.unsure += int((~sure).sum())
    assert [ours[i] for i in np.flatnonzero(sure)] == [found[i] for i in np.flatnonzero(sure)], "labels differ"
    if coverage is not None:
        clear = np.abs(1 - np.asarray(p, np.float64) - target.held_out.quantile(coverage)) > 2 * seen.close
        assert (theirs["possible"] == target.possible(p, coverage))[clear].all(), "sets differ"


def _numbers(target: NumberTarget, a: Any, theirs: Any, coverage: Any, seen: Compared) -> None:
    outputs = a[:, 0]
    ours = {"value": target.predictions(outputs)}
    if coverage is not None:
        ours["low"], ours["high"] = target.bounds(outputs, coverage).T
    for name, expected in ours.items():
        scale = target.std * max(1.0, float(np.abs(outputs).max()))  # outputs are numbers of about 1
        scale *= 1.0 if name == "value" else 1.0 + _steepest(target.residuals, coverage)
        found = theirs[name][:, 0]
        if target.dates is not None and target.whole_days:
            near = np.abs(expected % 1 - 0.5) < 1e-3
            assert ((found == np.round(expected)) | near).all(), f"{name}: days differ"
            continue
        slope = 1.0 if target.log_unit is None else np.abs(expected) + target.log_unit
        with np.errstate(invalid="ignore"):
            seen.hold(name, np.where(found == expected, 0.0, np.abs(found - expected) / (scale * slope)))


def _steepest(residuals: Any, coverage: float) -> float:
    """How much half an interval's width changes at most for each 1 of the output."""
    slopes = np.abs(np.diff(residuals.sizes) / np.diff(residuals.outputs))
    return float(residuals.scores.quantile(coverage) * np.max(slopes, initial=0.0))


def many(first: int, models: int) -> Seen:
    """So many models that went out, from this seed on."""
    seen, seed = Seen(), first
    while seen.models < models:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
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
    ]
    for each in seen.each:
        lines += [
            f"{each.dtype}: {each.features:,} features, different {each.differing:,}, by {each.off:.2g} at most",
            *(f"    {cause}: {n:,}" for cause, n in each.causes.most_common()),
            *(f"    largest difference of a {what}: {x:.2g} of its scale" for what, x in each.worst.items()),
            f"    labels: {each.labels:,}, with a margin too small to compare {each.unsure:,}, else different 0",
        ]
    return "\n".join([*lines, f"failed: {seen.failed or 0}"])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", type=int, default=500)
    parser.add_argument("--first", type=int, default=0, help="seed of the first")
    given = parser.parse_args()
    start = datetime.datetime.now()
    print(printed(many(given.first, given.models)))
    print(f"{(datetime.datetime.now() - start).total_seconds():.0f} s")
