"""The doctor beside the page: what ails the network or its training, and the change of the state that mends it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

import numpy as np

from clearprop.errors import ClearpropError, InvalidValueError
from clearprop.explain.doctor import Diagnosis, Finding, diagnose
from clearprop.messages import say
from clearprop.play.bench import Bench
from clearprop.play.controls import told_change
from clearprop.play.state import MOST_ROWS, LayerChoice, State
from clearprop.present.writers import json_of
from clearprop.train import OPTIMIZERS, History, Optimizer

_MOST = 1000  # rows that are looked at


def diagnosis(bench: Bench, *, whole: bool = False) -> dict[str, Any]:
    """The findings, the worst one first, each with whether a button can mend it.

    Args:
        bench: whose network.
        whole: whether everything that was examined comes along, as a document.
    """
    found, lang = _diagnosed(bench), bench.lang
    told = [_told(bench, finding) for finding in found]
    untrained = not told and not bench.training.run.step  # what has not learned cannot have learned badly
    said = say("play.untrained", lang) if untrained else found.said(lang)
    document = {"document": json_of(found.document, lang, mathml=True)} if whole else {}
    return {"said": said, "findings": told, **document}


def _told(bench: Bench, finding: Finding) -> dict[str, Any]:
    """A finding in words; the advice in those of the page, where it has the control."""
    state, lang = mended(bench, finding), bench.lang
    advice = finding.advice if state is None else told_change(bench.current(), state)
    return {
        "illness": finding.illness,
        "severity": finding.severity,
        "title": finding.title(lang),
        "measured": finding.measured(lang),
        "why": finding.why(lang),
        "advice": advice(lang),
        "mends": state is not None,
    }


def _diagnosed(bench: Bench) -> Diagnosis:
    samples = bench.samples
    rows, test = samples.train[:_MOST], samples.test[:_MOST]
    return diagnose(
        bench.network,
        samples.X[rows],
        bench.targets(rows),
        _history(bench),
        validation=(samples.X[test], bench.targets(test)) if len(test) > 1 else None,
        optimizer=bench.optimizer,
        batch_size=min(bench.state.training.batch_size or len(rows), len(rows)),
    )


def _history(bench: Bench) -> History | None:
    """The losses at the points of the way; None where there is no way yet."""
    points = bench.way.points[: bench.way.now + 1]
    if len(points) < 3:
        return None
    columns = {"loss": [p.train for p in points]}
    if points[0].test is not None:
        columns["validation_loss"] = [p.test if p.test is not None else np.nan for p in points]
    columns["learning_rate"] = [bench.state.training.learning_rate] * len(points)
    epochs = max(1, bench.training.run.epoch)  # between two points there may be many
    return History(columns, run=epochs, every=max(1, epochs // len(points)))


def mended(bench: Bench, finding: Finding) -> State | None:
    """The state with what a finding advises; None where the page has no such choice."""
    state = bench.current()
    for name, value in finding.change.items():
        changed = _changed(bench, state, name, value)
        if changed is None:
            return None
        state = changed
    return state if state != bench.current() else None


def _changed(bench: Bench, state: State, name: str, value: Any) -> State | None:
    network, training = state.network, state.training
    match name, value:
        case "init", str():
            return replace(state, network=replace(network, init=value), start={}, now={})
        case "bias_init", _:
            return state
        case "activation", str():
            hidden = [replace(layer, activation=value) for layer in network.layers[:-1]]
            return replace(state, network=replace(network, layers=(*hidden, network.layers[-1])), start={}, now={})
        case "hidden", tuple():
            like = network.layers[0] if len(network.layers) > 1 else LayerChoice()
            layers = [replace(like, units=int(n)) for n in value[:3]]
            return replace(state, network=replace(network, layers=(*layers, network.layers[-1])), start={}, now={})
        case "learning_rate", float() | int():
            return replace(state, training=replace(training, learning_rate=float(value)))
        case "optimizer", Optimizer():
            kind = next((n for n, cls in OPTIMIZERS.items() if cls is type(value)), None)
            rate = value.learning_rate
            if kind is None or not isinstance(rate, float | int):
                return None
            return replace(state, training=replace(training, optimizer=kind, learning_rate=float(rate)))
        case ("l1", float() | int()):
            return replace(state, training=replace(training, l1=float(value)))
        case ("l2", float() | int()):
            return replace(state, training=replace(training, l2=float(value)))
        case "batch_size", int():
            return replace(state, training=replace(training, batch_size=value))
        case (("X" | "y"), _) if callable(value) and len(bench.samples.X) <= MOST_ROWS // 10:
            return _standardised(bench, state, name, value)
    return None


def _standardised(bench: Bench, state: State, name: str, scale: Any) -> State | None:
    """The samples as numbers of their own, inputs or targets scaled."""
    samples = bench.samples
    if name == "y" and samples.classes:
        return None
    X = scale(samples.X) if name == "X" else samples.X
    y = scale(samples.y) if name == "y" else samples.y.reshape(len(samples.y), -1).astype(np.float64)
    numbers: Mapping[str, Any] = {
        **asdict(state.data),
        "kind": "numbers",
        "X": tuple(map(tuple, X.tolist())),
        "y": tuple(map(tuple, y.tolist())),
        "inputs": samples.inputs,
        "classes": samples.classes,
        "text": "",
    }
    return replace(state, data=type(state.data)(**numbers))


def mend(bench: Bench, illness: str) -> State:
    """The state that a finding's button leads to.

    Raises:
        InvalidValueError: if there is no such finding, or nothing of the page mends it.
    """
    found = _diagnosed(bench)
    try:
        state = mended(bench, found[illness])
    except ClearpropError:
        state = None
    if state is None:
        raise InvalidValueError(f"{illness!r:.40} to mend", "a finding that has a button")
    return state
