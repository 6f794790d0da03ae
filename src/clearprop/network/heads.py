"""The heads of a network, each with the shared layers as a network of its own, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from clearprop.execute import Array
from clearprop.network.ensemble import Parts, parted
from clearprop.nn import Architecture


def heads_of(architecture: Architecture, parameters: Mapping[str, Array]) -> list[Parts]:
    """Of each head what is shared, its layers and their numbers; none of a network that does not end in `Heads`."""
    heads = architecture.heads
    return [
        (head, {own: parameters[name] for own, name in names.items()}) for head, names in parted(architecture, heads)
    ]


def names_in(architecture: Architecture, head: int) -> dict[str, str]:
    """Of the parameters that a head has for itself, what they are called in the whole network."""
    front = len(replace(architecture, layers=architecture.layers[:-1]).parameters) if architecture.layers[:-1] else 0
    _, names = parted(architecture, architecture.heads)[head]
    return dict(list(names.items())[front:])
