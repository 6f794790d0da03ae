"""The update of every parameter, by the optimizer's own graph."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from clearprop.execute import Array, evaluate
from clearprop.explain.derivation import phrases as p
from clearprop.explain.derivation.document import Equation, Section, Step
from clearprop.explain.derivation.source import LARGEST, Source
from clearprop.explain.derivation.symbols import symbol
from clearprop.explain.derivation.writer import Writer
from clearprop.explain.language import Language
from clearprop.explain.math import Math, number
from clearprop.graph import Graph, Node, tidy, variable
from clearprop.train import Optimizer
from clearprop.train.optimizers import clipped


def update_section(source: Source, lang: Language, optimizer: Optimizer) -> Section:
    """θ′ = θ − η ∂L/∂θ for every parameter, or whatever the optimizer does in its first step."""
    name = type(optimizer).__name__
    intro = [p.UPDATE_INTRO(lang, optimizer=f"{name}, η = {optimizer.schedule.learning_rate:g}")]
    if optimizer.slots:
        intro.append(p.FIRST_STEP(lang, optimizer=name))
    return Section(p.UPDATE(lang), tuple(intro), tuple(_steps(source, lang, optimizer)))


def _steps(source: Source, lang: Language, optimizer: Optimizer) -> Iterator[Step]:
    graph, given = _updates(source, optimizer)
    values = given | evaluate(graph, given)
    for name, node in graph.outputs.items():
        heading = p.STATE(lang) if "." in name else p.NEW_PARAMETER(lang)
        equations, fits = _equations(name, node, values, source)
        yield Step(name, heading, equations, () if fits else (p.LARGE(lang),))


def _updates(source: Source, optimizer: Optimizer) -> tuple[Graph, dict[str, Array]]:
    """The new value of every parameter and of the optimizer's arrays, and what they are computed from."""
    names = [
        n for n, par in source.values.architecture.parameters.items() if par.trainable and f"d{n}" in source.arrays
    ]
    h = {"η": optimizer.schedule.learning_rate, **optimizer.scalars(1)}
    scalars = {name: variable(name) for name in h}
    given: dict[str, Array] = {name: np.asarray(value, np.float64) for name, value in h.items()}
    gradients = {n: variable(f"d{n}", source.arrays[n].shape) for n in names}
    outputs: dict[str, Node] = {}
    for name, gradient in clipped(gradients, optimizer).items():
        theta = variable(name, source.arrays[name].shape)
        slots = {slot: variable(f"{slot}.{name}", theta.shape) for slot in optimizer.slots}
        given |= {name: source.arrays[name], f"d{name}": source.arrays[f"d{name}"]}
        given |= {str(slot.name): np.zeros(source.arrays[name].shape) for slot in slots.values()}
        if source.values.architecture.parameters[name].is_weight:
            theta, gradient = optimizer.decayed(theta, gradient, scalars)
        new, changed = optimizer.update(theta, gradient, slots, scalars)
        outputs |= {f"{slot}.{name}'": node.named(f"{slot}.{name}'") for slot, node in changed.items()}
        outputs[f"{name}'"] = new.named(f"{name}'")
    graph = tidy(Graph(outputs))
    return graph, {name: value for name, value in given.items() if name in graph.inputs}


def _equations(name: str, node: Node, values: Mapping[str, Array], source: Source) -> tuple[tuple[Equation, ...], bool]:
    def stops(x: Node) -> str | None:
        return x.name if x.name is not None and x.op.name != "constant" and x is not node else None

    def symbols(x: Node) -> Math | None:
        stop = stops(x)
        return None if stop is None else symbol(stop)

    def numbers(x: Node) -> Math | None:
        stop = stops(x)
        if stop is None:
            return None
        return number(float(values[stop]), source.digits) if not np.shape(values[stop]) else source.matrix(values[stop])

    sides: list[Math] = [symbol(name), Writer(symbols, source.column).formula(node)]
    fits = max(np.shape(values[name]), default=0) <= LARGEST
    if fits:
        sides += [Writer(numbers, source.column).formula(node), source.matrix(np.asarray(values[name]))]
    return (tuple(sides),), fits
