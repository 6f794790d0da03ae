"""The training of one network for several targets of a table."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from clearprop.errors import DataWarning, InvalidValueError
from clearprop.estimators.ending import about_of, deciding, evaluated, finished, told_of_members
from clearprop.estimators.fit import TableFit
from clearprop.estimators.members import trained_on
from clearprop.estimators.preparation import Prepared
from clearprop.estimators.recipe import Recipe
from clearprop.estimators.several.fit import MultiTargetFit
from clearprop.estimators.several.model import MultiTargetModel
from clearprop.estimators.several.preparation import PARTS, PreparedTargets, prepare_several
from clearprop.estimators.table_model import TableModel
from clearprop.estimators.temperature import Calibration, calibrated_members
from clearprop.estimators.threshold import require_optimizable
from clearprop.estimators.training import TrainedPredictor, tried
from clearprop.network import Network, ensemble_of
from clearprop.network.heads import names_in
from clearprop.table.target import ClassTarget


class Told(NamedTuple):
    """Who is told how a training goes on; see `TableModel.train`."""

    callbacks: Any = ()
    progress: Callable[[Sequence[int]], object] | None = None
    keep: Callable[[MultiTargetModel], object] | None = None


def train_several(
    frame: Any, names: Sequence[Any], recipe: Recipe, own: Mapping[str, Any], told: Told, options: dict[str, Any]
) -> MultiTargetFit:
    """Train one network for several columns of a table; see `TableModel.train`.

    What is found on held-out rows (factors of logarithms, temperatures, thresholds, intervals, scores) is found for
    each target as for a model of it alone, which the network with that head is.
    """
    if recipe.quantile is not None:
        raise InvalidValueError(f"quantile {recipe.quantile:g} of several targets", "one target", "train one at a time")
    ready = prepare_several(frame, [str(name) for name in names], recipe, own)
    _require_optimizable(recipe.optimize, ready)
    each = {name: tried(one, recipe, options.get("n_threads")) for name, one in ready.each.items()}
    ready = replace(ready, each=each)
    for remark in dict.fromkeys(remark for one in each.values() for remark in one.remarks):
        warnings.warn(remark("en"), DataWarning, stacklevel=3)
    run = trained_on(ready, recipe, told.callbacks, told.progress, **options)
    network, held_out, calibrations = _calibrated(ready, run)
    runs, done, abouts = {}, {}, []
    for head, (name, one) in zip(network.heads, each.items(), strict=True):
        rows = ready.shared["train"].known[name]
        runs[name] = replace(
            run,
            predictor=head,
            held_out=held_out.get(name),
            folds=None if run.folds is None else run.folds[rows],
            calibration=calibrations.get(name),
        )
        one = replace(one, target=finished(one, runs[name]))
        if recipe.optimize is not None:
            one = deciding(one, runs[name], recipe.optimize)
        done[name] = one
        abouts.append(about_of(runs[name], recipe, one))
    model = _model(replace(ready, each=done), network, abouts)
    if told.keep is not None:
        told.keep(model)
    found = {name: evaluated(one, runs[name]) for name, one in done.items()}
    parts = [{"parts": {part: scored.to_dict() for part, scored in found[name].items()}} for name in done]
    model = replace(model, abouts=tuple(about | part for about, part in zip(model.abouts, parts, strict=True)))
    fits = {name: _fit(model[name], one, runs[name], found[name], recipe) for name, one in done.items()}
    division = told_of_members(replace(next(iter(each.values())), division=ready.division), run, recipe)
    sizes = {
        part: len(ready.shared["train" if part == "validation" and run.folds is not None else part].X) for part in PARTS
    }
    sizes = {part: n for part, n in sizes.items() if n}
    rest = division, sizes, ready.without_target, run.others, run.seconds, own
    return MultiTargetFit(model, fits, run.history, *rest)


def _require_optimizable(metric: str | None, ready: PreparedTargets) -> None:
    """Refuse a score for which no target, or one of classes, can choose anything."""
    classes = [one.target for one in ready.each.values() if isinstance(one.target, ClassTarget)]
    if metric is not None and not classes:
        raise InvalidValueError(f"a threshold for {metric} with targets of numbers", "a target of classes")
    for target in classes:
        require_optimizable(metric, target)


def _calibrated(
    ready: PreparedTargets, run: TrainedPredictor
) -> tuple[Network, dict[str, Any], dict[str, Calibration]]:
    """The network with each head of classes at its own temperature, and what was answered to held-out rows then."""
    assert isinstance(run.predictor, Network)
    if run.held_out is None:
        return run.predictor, {}, {}
    members, held_out, calibrations = run.predictor.members, {}, {}
    for k, (target, columns) in enumerate(ready.target.columns):
        a = run.held_out[ready.shared["train"].known[target.name], columns]
        if isinstance(target, ClassTarget):
            heads = [member.heads[k] for member in members]
            _, y, weights = ready.each[target.name].learned_from("train")
            a, calibrations[target.name] = calibrated_members(heads, a, y, weights)
            for member, head in zip(members, heads, strict=True):
                for own, name in names_in(member.architecture, k).items():
                    member.parameters[name] = head.parameters[own]
        held_out[target.name] = a
    return ensemble_of(members), held_out, calibrations


def _model(ready: PreparedTargets, network: Network, abouts: list[dict[str, Any]]) -> MultiTargetModel:
    """The model, with what all targets say of where they come from said once."""
    first = abouts[0]
    common = {key: value for key, value in first.items() if all(about.get(key) == value for about in abouts)}
    common["targets"] = [one.target.name for one in ready.each.values()]
    own = tuple({key: value for key, value in about.items() if key not in common} for about in abouts)
    return MultiTargetModel(ready.encoder, ready.target.each, network, common, own)


def _fit(model: TableModel, ready: Prepared, run: TrainedPredictor, found: dict[str, Any], recipe: Recipe) -> TableFit:
    rest = told_of_members(ready, run, recipe), ready.remarks, ready.frames, ready.marks
    return TableFit(model, run.history, found, *rest, run.others, run.seconds, run.folds)
