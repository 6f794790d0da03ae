"""What a model of a table asks of what it has in it to predict with; `Network` is one such thing, and the only one yet.

Another kind, as several networks that answer together, has these methods, names itself in its header as "kind", and
has an entry in `PREDICTORS`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from numpy.typing import NDArray

from clearprop.errors import InvalidValueError, ModelFileError, a_or_an
from clearprop.explain import Trace
from clearprop.interop import Shapes
from clearprop.network import Network, network_from
from clearprop.network.persistence import architecture_from

Array = NDArray[Any]
Path = str | os.PathLike[str]


class Sizes(Protocol):
    """How many numbers go in, and how many come out."""

    @property
    def n_inputs(self) -> int:
        """Features of a row."""

    @property
    def n_outputs(self) -> int:
        """Numbers that answer it."""


class Predictor(Protocol):
    """Numbers in, numbers out, and what a file must hold of it."""

    @property
    def architecture(self) -> Sizes:
        """How many numbers go in and come out, at least."""

    @property
    def dtype(self) -> str:
        """Of its numbers: "f32" or "f64"."""

    def predict(self, X: Any, /) -> Array:
        """a[L] (N, n_outputs) for X (N, n_inputs)."""

    def trace(self, X: Any, y: Any = None, /) -> Trace:
        """Every number on the way for X (N, n_inputs), with loss and gradients if there are targets y (N,).

        Raises:
            InvalidValueError: if there is no one way to show.
        """

    def header(self) -> dict[str, Any]:
        """What a file must say of it beside its arrays, as plain data; its "kind", unless it is a network."""

    def arrays(self) -> dict[str, Array]:
        """Copies of its arrays, by name."""


@dataclass(frozen=True)
class Reader:
    """How a kind of predictor is read from a file.

    Attributes:
        check: is given the path, the header and the shape of every array before any array is read, and raises if they
            do not fit together.
        make: makes the predictor of path, header and arrays.
    """

    check: Callable[[Path, Any, Shapes], object]
    make: Callable[[Path, Any, dict[str, Array]], Predictor]


def members_in(predictor: Predictor) -> tuple[Network, ...]:
    """The networks whose mean answers; none of what is no network."""
    return predictor.members if isinstance(predictor, Network) else ()


PREDICTORS: dict[str, Reader] = {"network": Reader(architecture_from, network_from)}


def reader_of(path: Path, header: Any) -> Reader:
    """How the predictor that a file describes is read.

    Raises:
        ModelFileError: for a kind that is not known here.
    """
    kind = header.get("kind", "network") if isinstance(header, Mapping) else "network"
    if not isinstance(kind, str) or kind not in PREDICTORS:
        raise ModelFileError(
            f"{path} holds a model with a {kind!r:.40}", "one of: " + ", ".join(PREDICTORS), "a newer clearprop has it"
        )
    return PREDICTORS[kind]


def as_network(predictor: Predictor) -> Network:
    """The predictor, if it is a network: for what looks into one."""
    if not isinstance(predictor, Network):
        raise InvalidValueError(f"a model with {a_or_an(type(predictor).__name__)}", "a model with a single network")
    return predictor
