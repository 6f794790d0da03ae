"""Two numbers of a network as variables: the loss over them, and the way that an optimizer takes through it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np

from clearprop import graph as g
from clearprop.errors import InvalidValueError, UnknownNameError, listed, plural
from clearprop.execute import Array, Program, Reference
from clearprop.explain.derivation.symbols import ElementPlace, symbol
from clearprop.explain.values import Values
from clearprop.graph import Graph, Name, gradient, simplify
from clearprop.nn import Architecture
from clearprop.nn.names import LOSS
from clearprop.present.formula import Math
from clearprop.train import Optimizer, scalar_table
from clearprop.train.step import append_update

_ELEMENT = re.compile(r"(?P<name>[^\[\]]+)(\[(?P<place>\d+(,\s*\d+)*)\])?")


@dataclass(frozen=True)
class Element:
    """One number of a parameter.

    Attributes:
        name: of the parameter.
        place: where in it the number stands, from 0.
        is_whole: whether the parameter has no other.
    """

    name: Name
    place: tuple[int, ...]
    is_whole: bool = False

    @classmethod
    def of(cls, architecture: Architecture, given: Any) -> Element:
        """The number that is meant by "W1[2,1]" (counted from 1, as it is printed), or by "b1" where b1 is one number.

        Raises:
            UnknownNameError: if there is no such parameter.
            InvalidValueError: if there is no such number in it, or it is not learned.
        """
        match = _ELEMENT.fullmatch(given) if isinstance(given, str) else None
        if match is None:
            raise InvalidValueError(f"{given!r}", "a number of a parameter, such as 'W1[2,1]' or 'b1[1]'")
        learned = {name: p for name, p in architecture.parameters.items() if p.trainable}
        if match["name"] not in learned:
            raise UnknownNameError(f"no parameter {match['name']!r} that is learned", "one of: " + listed(learned))
        parameter = learned[match["name"]]
        written = [int(k) for k in re.findall(r"\d+", match["place"] or "")]
        if not written and parameter.size == 1:
            written = [1] * len(parameter.shape)
        is_there = len(written) == len(parameter.shape) and all(
            1 <= k <= size for k, size in zip(written, parameter.shape, strict=True)
        )
        if not is_there:
            last = ",".join(map(str, parameter.shape))
            first = ",".join("1" for _ in parameter.shape)
            wanted = f"{parameter.name}[{first}] to {parameter.name}[{last}]: counted from 1, as they are printed"
            raise InvalidValueError(f"{given!r}", wanted)
        return cls(parameter.name, tuple(k - 1 for k in written), parameter.size == 1)

    @property
    def symbol(self) -> Math:
        """As it is printed: w^[1]_21."""
        return symbol(self.name, ElementPlace(() if self.is_whole else tuple(k + 1 for k in self.place)))


def first_two(architecture: Architecture) -> tuple[Element, Element]:
    """The first two numbers of a network that are learned, of one neuron if it has two.

    Raises:
        InvalidValueError: if there are not two.
    """
    learned = (p for p in architecture.parameters.values() if p.trainable)
    places = ((p, tuple(reversed(place))) for p in learned for place in np.ndindex(*reversed(p.shape)))
    every = [Element(p.name, place, p.size == 1) for p, place in islice(places, 2)]
    if len(every) < 2:
        raise InvalidValueError(f"a network with {plural(len(every), 'number')} to learn", "two or more")
    return every[0], every[1]


@dataclass(frozen=True)
class Way:
    """The way of an optimizer.

    Attributes:
        points: (steps + 1, 2), from the start on; shorter where it diverged.
        losses: (steps + 1,).
        diverged: whether it ended early, because a number was no longer finite.
    """

    points: Array
    losses: Array
    diverged: bool

    @classmethod
    def of(cls, points: Array, losses: Array) -> Way:
        """A way, as far as it is finite."""
        is_fine = np.isfinite(points).all(axis=1) & np.isfinite(losses)
        end = len(points) if is_fine.all() else int(np.argmin(is_fine))
        return cls(points[:end], losses[:end], end < len(points))


@dataclass(frozen=True)
class Slice:
    """The loss of a network on some samples as a function of two of its numbers.

    Attributes:
        values: the network on the samples.
        elements: the two numbers.
    """

    values: Values
    elements: tuple[Element, Element]

    @property
    def start(self) -> Array:
        """The two numbers as they are."""
        return np.array([float(self.values.parameters[e.name][e.place]) for e in self.elements])

    def losses(self, points: Array) -> Array:
        """The loss at each of some points, (n, 2)."""
        graph = simplify(Graph({LOSS: self.values.layer_graph[LOSS]}))
        program, given = Reference().load(graph), self._given(graph)
        return np.array([self._loss(program, given, point) for point in points])

    def _loss(self, program: Program, given: Mapping[str, Array], point: Array) -> float:
        with np.errstate(all="ignore"):
            found = program.run({**given, **self._moved(point)}, self.values.samples)
        return float(found[LOSS])

    def descend(self, optimizer: Optimizer, steps: int, start: Array) -> Way:
        """The way of an optimizer from a point on, all samples in each step; all other numbers stay as they are."""
        architecture, names = self.values.architecture, dict.fromkeys(e.name for e in self.elements)
        graph = simplify(Graph({LOSS: self.values.layer_graph[LOSS]}))
        theta = {name: graph.inputs[name] for name in names if name in graph.inputs}
        masks = {name: self._mask(name) for name in theta}
        found = gradient(graph[LOSS], list(theta.values()))
        masked = {name: d * g.variable(f"mask.{name}", d.shape) for name, d in zip(theta, found, strict=True)}
        step = Graph({LOSS: graph[LOSS], **append_update(masked, theta, architecture, optimizer)})
        program, given = Reference().load(step), self._given(step)
        given |= {f"mask.{name}": mask for name, mask in masks.items()}
        table = scalar_table(architecture, optimizer, np.arange(steps + 1), steps + 1, 1, 0)
        state = {**self._moved(start), **self._slots(optimizer, theta)}
        points, losses = [], []
        for k in range(steps + 1):
            bound = {**given, **state, **{letter: np.asarray(column[k]) for letter, column in table.items()}}
            with np.errstate(all="ignore"):
                new = program.run({name: bound[name] for name in step.inputs}, self.values.samples)
            points.append([float(state[e.name][e.place]) for e in self.elements])
            losses.append(float(new[LOSS]))
            state |= {name: np.where(masks[name], new[name.new], state[name]) for name in theta}
            state |= {n: new[n.new] for n in (name.state(slot) for name in theta for slot in optimizer.slots)}
        return Way.of(np.array(points), np.array(losses))

    def _given(self, graph: Graph) -> dict[str, Array]:
        every = self.values.inputs()
        return {name: every[name] for name in graph.inputs if name in every}

    def _moved(self, point: Array) -> dict[str, Array]:
        """The parameters of the two numbers, with other values of these."""
        moved: dict[str, Array] = {e.name: np.array(self.values.parameters[e.name]) for e in self.elements}
        for element, value in zip(self.elements, point, strict=True):
            moved[element.name][element.place] = value
        return moved

    def _mask(self, name: Name) -> Array:
        mask = np.zeros(self.values.parameters[name].shape)
        for element in self.elements:
            if element.name == name:
                mask[element.place] = 1.0
        return mask

    @staticmethod
    def _slots(optimizer: Optimizer, theta: Mapping[Name, Any]) -> dict[str, Array]:
        return {name.state(slot): np.zeros(node.shape) for name, node in theta.items() for slot in optimizer.slots}


def trained(
    net: Any, elements: tuple[Element, Element], start: Array, optimizer: Optimizer, steps: int, X: Array, y: Array
) -> tuple[Array, list[dict[str, Array]]]:
    """The way of two numbers while all others are trained too: its points, and all numbers at its start and its end.

    Args:
        net: a network; a copy of it is trained by an optimizer that starts anew, with all samples in each step.
        elements, start: the two numbers, and where they begin.
        optimizer, steps: what trains, and how long.
        X, y: the samples.
    """
    own = net.copy(optimizer=False)
    for element, value in zip(elements, start.tolist(), strict=True):
        array = np.array(own.parameters[element.name])
        array[element.place] = value
        own.parameters[element.name] = array
    points, first = [start], own.arrays()

    def note(epoch: Any) -> None:
        now = epoch.network.arrays()
        points.append(np.array([float(now[e.name][e.place]) for e in elements]))

    own.fit(X, y, optimizer=optimizer, epochs=steps, batch_size=len(X), shuffle=False, callbacks=[note])
    return np.array(points), [first, own.arrays()]
