"""What the plots are given: ranges, networks, samples, names of columns; checked, and thinned out where it is much."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from clearprop.arrays import as_array
from clearprop.errors import DTypeError, InvalidValueError, ShapeError, a_or_an, checked_integer
from clearprop.execute import Array
from clearprop.explain.derivation.symbols import ElementPlace, symbol
from clearprop.explain.values import Values
from clearprop.graph import Name
from clearprop.messages import Message
from clearprop.nn import Architecture, TargetForm
from clearprop.present.figure.axis import LARGEST, Text
from clearprop.present.formula import Math, parse, to_text
from clearprop.train import as_features, as_targets
from clearprop.visible import shown_name

MOST_DOTS = 500  # samples that are drawn: more would be a blot
Range = tuple[float, float]


class Plottable(Protocol):
    """What a plot needs of a network; `cp.Network` has it."""

    architecture: Architecture

    def arrays(self) -> dict[str, Array]:
        """All parameters and running states, by name."""
        ...

    def copy(self, optimizer: bool = True) -> Any:
        """An independent network of the same numbers, which may be trained."""
        ...


def as_limits(name: str, given: Any) -> Range:
    """The two ends of an axis.

    Raises:
        InvalidValueError: if they are not two finite numbers, the lower one first.
    """
    ends = as_array(name, given)
    if ends.shape != (2,) or not (np.abs(ends) <= LARGEST).all() or not ends[0] < ends[1]:
        raise InvalidValueError(f"{name} {given!r}", "two finite numbers, the lower one first, such as (-4, 4)")
    return float(ends[0]), float(ends[1])


def as_both_limits(given: Any) -> tuple[Range, Range]:
    """The ends of both axes: a pair of them, or one for both.

    Raises:
        InvalidValueError: if they are neither.
    """
    ends = as_array("limits", given)
    if ends.shape == (2,):
        ends = np.stack([ends, ends])
    if ends.shape != (2, 2):
        raise InvalidValueError(f"limits {given!r}", "(low, high) for both axes, or ((low, high), (low, high))")
    return as_limits("limits", ends[0].tolist()), as_limits("limits", ends[1].tolist())


def as_number(name: str, given: Any) -> float:
    """A finite number.

    Raises:
        InvalidValueError: if it is none.
    """
    found = as_array(name, given)
    if found.shape != () or not np.isfinite(found):
        raise InvalidValueError(f"{name} {given!r}", "a finite number")
    return float(found)


def checked_network(net: Any) -> Plottable:
    """A network.

    Raises:
        DTypeError: for anything else.
    """
    if not hasattr(net, "architecture") or not hasattr(net, "arrays"):
        hint = "of a model for tables: model.network" if hasattr(net, "network") else None
        raise DTypeError(a_or_an(type(net).__name__), "a network, cp.Network(…)", hint)
    found: Plottable = net
    return found


def with_inputs(net: Plottable, X: Array) -> Values:
    """The values of a network for some rows."""
    return Values(net.architecture, net.arrays(), X)


@dataclass(frozen=True)
class Samples:
    """Samples as a plot shows them.

    Attributes:
        X: (N, n_inputs).
        y: labels (N,) or rows (N, k) as its loss wants them; None where there are no targets.
        form: which of the two.
        names: of the inputs, as they are written.
    """

    X: Array
    y: Array | None
    form: TargetForm
    names: tuple[Text, ...]

    @classmethod
    def of(cls, net: Plottable, X: Any, y: Any = None, names: Any = None) -> Samples:
        """Samples for a network.

        Raises:
            ClearpropError: if they do not fit it, or are not finite.
        """
        n = net.architecture.n_inputs
        features = as_features(_as_column(X, n), n, "f64")
        called = names_of(X, n, names)
        if y is None:
            return cls(features, None, "rows", called)
        if net.architecture.loss is None:
            raise InvalidValueError("targets for a network without a loss", "cp.Network(…, loss=…), or no targets")
        targets, form = as_targets(y, net.architecture.loss, net.architecture.n_outputs, len(features), "f64")
        return cls(features, targets, form, called)

    def targets(self, column: int) -> Array:
        """The targets of one output, (N,); of a class 1 where it is the label."""
        assert self.y is not None
        return (self.y == column).astype(np.float64) if self.form == "labels" else self.y[:, column]

    def shown(self, most: int = MOST_DOTS) -> Array:
        """Which rows are drawn: all, or so many of them drawn by lot, the same ones each time."""
        if len(self.X) <= most:
            return np.arange(len(self.X))
        lot = np.random.Generator(np.random.Philox(0)).permutation(len(self.X))
        return np.sort(lot[:most])

    def thinned(self, most: int = MOST_DOTS) -> list[Message]:
        """What is said where not all of them are drawn."""
        n = len(self.X)
        return [Message("plot.thinned", shown=most, n=n)] if n > most else []


def _as_column(X: Any, n_inputs: int) -> Any:
    """X, of which a row of numbers for one input is a column of samples."""
    array = as_array("X", X)
    return array[:, None] if n_inputs == 1 and array.ndim == 1 else array


def names_of(X: Any, n: int, names: Any = None) -> tuple[Text, ...]:
    """What the inputs are called: by the names that were given, the columns of a data frame, or x₁, x₂, ….

    Raises:
        ShapeError: if there are more names than inputs, or fewer.
    """
    given = names if names is not None else getattr(X, "columns", None)
    if given is None:
        return (parse("x"),) if n == 1 else tuple(parse(f"x_{{{j}}}") for j in range(1, n + 1))
    called = tuple(shown_name(name) for name in given)
    if len(called) != n:
        raise ShapeError(f"{len(called)} names of inputs", f"{n}, one for each input of the network")
    return called


def output_symbol(net: Plottable, column: int) -> Math:
    """a^[L], of several outputs its element."""
    place = ElementPlace((column + 1,) if net.architecture.n_outputs > 1 else ())
    return symbol(Name.value("a", net.architecture.depth), place)


def plain(name: Text) -> str:
    """A name in plain text."""
    return str(name) if isinstance(name, str | Message) else to_text(name)


def chosen_output(net: Plottable, output: Any) -> int:
    """Which output is shown.

    Raises:
        InvalidValueError: if there is no such one, or if there are several and it is not said.
    """
    k = net.architecture.n_outputs
    if output is None:
        if k > 1:
            raise InvalidValueError(
                f"a network of {k} outputs", "which of them to draw", "output=0, or another of them"
            )
        return 0
    found = checked_integer("output", output, low=0)
    if found >= k:
        raise InvalidValueError(f"output {found} of a network of {k} outputs", f"0 to {k - 1}")
    return found


def chosen_units(units: Any, size: int, most: int) -> tuple[list[int], list[Message]]:
    """Which of so many units are shown, from 0: those that were named, or the first ones; and what is said of it.

    Raises:
        InvalidValueError: if there is no such unit.
    """
    if units is None:
        said = [Message("plot.first_units", shown=most, n=size)] if size > most else []
        return list(range(min(size, most))), said
    found = [checked_integer("unit", unit, low=0) for unit in _as_sequence(units)]
    outside = [unit for unit in found if unit >= size]
    if outside or not found:
        got = f"unit {outside[0]} of {size}" if outside else "no units"
        raise InvalidValueError(got, f"units from 0 to {size - 1}")
    return found, []


def _as_sequence(given: Any) -> Sequence[Any]:
    return list(given) if np.iterable(given) else [given]
