"""Several networks as one that answers with their mean, and back: which parameter is whose."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import takewhile

import numpy as np

from clearprop.errors import InvalidValueError
from clearprop.execute import Array
from clearprop.nn import Architecture, Ensemble

Parts = tuple[Architecture, dict[str, Array]]


def joined(
    members: Sequence[tuple[Architecture, Mapping[str, Array]]], weights: Sequence[float] | None = None
) -> Parts:
    """The architecture and the parameters of the mean, in which members count by these weights.

    Raises:
        InvalidValueError: for members of different inputs, losses or penalties.
    """
    first = members[0][0]
    for architecture, _ in members:
        for what in ("n_inputs", "loss", "l1", "l2"):
            one, other = getattr(first, what), getattr(architecture, what)
            if one != other:
                raise InvalidValueError(
                    f"members with {what} {one!r} and {other!r}", "members that differ in layers alone"
                )
    shared = _shared(members)
    stacks = tuple(architecture.layers[shared:] for architecture, _ in members)
    whole = replace(first, layers=(*first.layers[:shared], Ensemble(stacks, weights=weights)))
    names, arrays = iter(whole.parameters), {}
    front = len(_front(first, shared).parameters) if shared else 0
    for k, (architecture, numbers) in enumerate(members):
        own = list(architecture.parameters)
        for name in own if k == 0 else own[front:]:
            arrays[next(names)] = numbers[name]
    return whole, arrays


def members_of(architecture: Architecture, parameters: Mapping[str, Array]) -> list[Parts]:
    """The members of an ensemble with their parameters; none of a network that ends in no ensemble."""
    last = architecture.layers[-1]
    if not isinstance(last, Ensemble):
        return []
    stacks = [replace(architecture, layers=(*architecture.layers[:-1], *layers)) for layers in last.members]
    return [
        (each, {own: parameters[name] for own, name in names.items()}) for each, names in parted(architecture, stacks)
    ]


def parted(architecture: Architecture, stacks: Sequence[Architecture]) -> list[tuple[Architecture, dict[str, str]]]:
    """Stacks that stand side by side in the last layer of an architecture, and the name there of each parameter."""
    names, shared = list(architecture.parameters), architecture.layers[:-1]
    at = front = len(replace(architecture, layers=shared).parameters) if shared else 0
    found = []
    for stack in stacks:
        own = list(stack.parameters)
        mine = names[:front] + names[at : at + len(own) - front]
        found.append((stack, dict(zip(own, mine, strict=True))))
        at += len(own) - front
    return found


def _front(architecture: Architecture, layers: int) -> Architecture:
    return replace(architecture, layers=architecture.layers[:layers])


def _shared(members: Sequence[tuple[Architecture, Mapping[str, Array]]]) -> int:
    """How many layers in front are the same in all members, and learn nothing."""
    first, numbers = members[0]

    def alike(count: int) -> bool:
        front = _front(first, count).parameters
        return not any(p.trainable or p.is_state for p in front.values()) and all(
            architecture.layers[:count] == first.layers[:count]
            and all(np.array_equal(own[name], numbers[name]) for name in front)
            for architecture, own in members
        )

    most = min(len(architecture.layers) for architecture, _ in members) - 1
    return len(list(takewhile(alike, range(1, most + 1))))
