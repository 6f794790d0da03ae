"""Optimizers by what they are called, and trainings side by side: their losses by epoch or by step."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from clearprop.arrays import as_array
from clearprop.errors import DivergenceError, DTypeError, InvalidValueError, ShapeError, checked_choice
from clearprop.execute import Array
from clearprop.explain.plot.given import checked_network
from clearprop.messages import Message, checked_language
from clearprop.present.figure import KINDS, Axis, Dots, Entry, Line, Picture, Plot, Role, explained
from clearprop.present.figure.plot import Drawn
from clearprop.present.formula import number, parse
from clearprop.train import History, Optimizer, resolve_optimizer
from clearprop.visible import shown_name

_MOST_POINTS, _MANY = 1000, 250  # of a line; those from which on it is thin
_COLOURS: tuple[Role, ...] = ("blue", "orange", *KINDS[2:])
_WIDE = 20.0  # the ratio of losses from which on the axis is logarithmic
_LONGEST = 32  # letters of a name


def optimizers_of(given: Any) -> dict[str, Optimizer]:
    """Optimizers by what they are called: one, several in a list, or a mapping of names.

    Raises:
        ClearpropError: if one of them is unknown.

    Example:
        >>> from clearprop.train import SGD, Adam
        >>> list(optimizers_of([SGD(0.1, momentum=0.9), Adam(0.01), "adam"]))
        ['SGD, η = 0.1, μ = 0.9', 'Adam, η = 0.01', 'Adam, η = 0.001']
    """
    if isinstance(given, Mapping):
        return {shown_name(name, _LONGEST): resolve_optimizer(one) for name, one in given.items()}
    found: dict[str, Optimizer] = {}
    for one in given if isinstance(given, list | tuple) else [given]:
        optimizer = resolve_optimizer(one)
        name = _called(optimizer)
        found[name if name not in found else f"{name} ({len(found) + 1})"] = optimizer
    return found


def _called(optimizer: Optimizer) -> str:
    name, rate = type(optimizer).__name__, optimizer.learning_rate
    numbers = {"η": rate, "μ": getattr(optimizer, "momentum", 0)}
    shown = [f"{letter} = {value:g}" for letter, value in numbers.items() if isinstance(value, int | float) and value]
    return ", ".join([name, *shown])


def losses(
    runs: Any,
    net: Any = None,
    X: Any = None,
    y: Any = None,
    *,
    epochs: int = 100,
    batch_size: int = 32,
    validation: Any = None,
    by: str = "epoch",
    lang: str = "en",
) -> Picture:
    """Draw the losses of several trainings side by side: of histories, or of optimizers that are tried here.

    Optimizers are tried on copies of one network: all start anew from the same numbers, without what a fit before left
    them, and see the samples in the same order; the network itself stays as it is. One that diverges is drawn as far as
    it came.

    Args:
        runs: histories by name; or optimizers: a mapping of names, a list, or one. A list of numbers is a history, too.
        net, X, y: what optimizers are tried on.
        epochs, batch_size, validation: of these trainings, as in `fit`.
        by: "epoch" or "step".
        lang: of words, "en" or "zh".

    Raises:
        ClearpropError: for an unknown optimizer, optimizers without a network, a run without a loss, more than 10 runs.

    Example:
        >>> net = cp.Network(2, [cp.Dense(4, "tanh"), cp.Dense(1, "sigmoid")], "binary_cross_entropy")
        >>> X, y = [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0]
        >>> cp.plot.losses([cp.GradientDescent(0.5), cp.Adam(0.05)], net, X, y, epochs=50).title
        'The loss by epoch'
    """
    known = checked_language(lang)
    checked_choice("by", by, ("epoch", "step"))
    every = _runs(runs, net, X, y, {"epochs": epochs, "batch_size": batch_size, "validation": validation})
    if not every:
        raise InvalidValueError("no trainings", "histories or optimizers by name")
    if len(every) > len(_COLOURS):
        raise InvalidValueError(
            f"{len(every)} trainings", f"at most {len(_COLOURS)}: so many colours can be told apart"
        )
    curves = [curve for run in every for curve in run.curves(by)]
    values = np.concatenate([curve.values for curve in curves])
    finite = values[np.isfinite(values)]
    is_log = bool(len(finite)) and finite.min() > 0 and finite.max() > _WIDE * finite.min()
    colours = dict(zip([run.name for run in every], _COLOURS, strict=False))
    marks = tuple(curve.mark(colours[curve.name]) for curve in curves)
    longest = max(curve.length for curve in curves)
    x = Axis(1, longest, whole=True) if longest > 1 else Axis(0, 2, whole=True)
    axis = Message("plot.losses.epoch" if by == "epoch" else "plot.losses.step")
    title = Message("plot.losses.title", axis=axis)
    plot = Plot(title, x, Axis.of(values, is_log).padded(), marks, (axis, parse("L")))
    said = [*_remarks(every, curves, is_log)]
    return explained(title(known), plot.picture(known), known, [*_legend(curves, colours)], said)


@dataclass(frozen=True)
class _Curve:
    """One line: the losses of a training, or those on its validation data."""

    name: str
    values: Array
    is_validation: bool

    @property
    def length(self) -> int:
        """How many there are."""
        return len(self.values)

    @property
    def shown(self) -> Array:
        """Which of them are drawn: all, or evenly spread ones."""
        return np.unique(np.linspace(0, self.length - 1, min(self.length, _MOST_POINTS)).round().astype(int))

    def mark(self, colour: Role) -> Drawn:
        """The line; a dot where there is a single loss."""
        if self.length == 1:
            return Dots([1], self.values, colour, hollow=self.is_validation)
        width = 1.0 if self.length > _MANY else 1.6 if self.is_validation else 2.2
        return Line(self.shown + 1, self.values[self.shown], colour, dashed=self.is_validation, width=width)


@dataclass(frozen=True)
class _Run:
    """A training.

    Attributes:
        name: what it is called.
        history: its numbers.
        was_tried: whether it was run here.
        diverged: whether that ended in numbers that are not finite.
    """

    name: str
    history: History
    was_tried: bool = False
    diverged: bool = False

    def curves(self, by: str) -> Iterator[_Curve]:
        """Its lines.

        Raises:
            InvalidValueError: if it has no losses.
        """
        of_training = self.history.step_loss if by == "step" else self.history.columns.get("loss", [])
        if not of_training and not self.diverged:
            raise InvalidValueError(f"a training {self.name!r} without losses by {by}", "one with losses")
        yield _Curve(self.name, np.asarray(of_training or [np.nan], np.float64), False)
        held_out = self.history.columns.get("validation_loss", [])
        if held_out and by == "epoch":
            yield _Curve(self.name, np.asarray(held_out, np.float64), True)


def _runs(runs: Any, net: Any, X: Any, y: Any, settings: Mapping[str, Any]) -> list[_Run]:
    if isinstance(runs, History):
        return [_Run("", runs)]
    if _are_numbers(runs):
        return [_Run("", _as_history("losses", runs))]
    given, found = _by_name(runs), []
    for name, one in given.items():
        called = shown_name(name, _LONGEST)
        if isinstance(one, History):
            found.append(_Run(called, one))
        elif isinstance(one, str | Optimizer):
            found.append(_tried(called, resolve_optimizer(one), net, X, y, settings))
        elif isinstance(one, Sequence) or hasattr(one, "__array__"):
            found.append(_Run(called, _as_history(called, one)))
        else:
            raise DTypeError(f"{name!r} of type {type(one).__name__}", "a history, losses, or an optimizer")
    return found


def _are_numbers(runs: Any) -> bool:
    """Whether it is a single history, as numbers."""
    if isinstance(runs, list | tuple):
        return bool(runs) and all(isinstance(one, int | float | np.number) for one in runs)
    return hasattr(runs, "__array__") and not isinstance(runs, Mapping)


def _by_name(runs: Any) -> Mapping[Any, Any]:
    """Trainings by name; histories in a list are numbered."""
    if isinstance(runs, Mapping):
        return runs
    if isinstance(runs, list | tuple) and any(isinstance(one, History) for one in runs):
        return {str(k): one for k, one in enumerate(runs, 1)}
    return optimizers_of(runs)


def _as_history(name: str, given: Any) -> History:
    numbers = as_array(name, given)
    if numbers.ndim != 1:
        raise ShapeError(f"losses {name!r} of shape {numbers.shape}", "a list of numbers")
    return History({"loss": numbers.astype(np.float64).tolist()}, numbers.astype(np.float64).tolist())


def _tried(name: str, optimizer: Optimizer, net: Any, X: Any, y: Any, settings: Mapping[str, Any]) -> _Run:
    if net is None or X is None or y is None:
        raise InvalidValueError(
            f"the optimizer {name!r} without a network and samples", "cp.plot.losses(optimizers, net, X, y)"
        )
    own, rows = checked_network(net).copy(optimizer=False), []
    try:
        history: History = own.fit(
            X, y, optimizer=optimizer, callbacks=[lambda epoch: rows.append(epoch.row)], **settings
        )
    except DivergenceError:
        columns = {column: [row[column] for row in rows] for column in (rows[0] if rows else ())}
        return _Run(name, History(columns, []), True, True)
    return _Run(name, history, True)


def _legend(curves: Sequence[_Curve], colours: Mapping[str, Role]) -> Iterator[Entry]:
    """Each training with its last loss; which lines are those of validation."""
    for curve in curves:
        if curve.name and not curve.is_validation:
            last = number(float(curve.values[-1]), 3).text
            yield Entry(Message("plot.losses.run", name=curve.name, last=last), colours[curve.name])
    if any(curve.is_validation for curve in curves):
        only = next(iter(colours.values())) if len(colours) == 1 else "ink"
        yield Entry(Message("plot.losses.training"), only)
        yield Entry(Message("plot.losses.validation"), only, "dashed")


def _remarks(runs: Sequence[_Run], curves: Sequence[_Curve], is_log: bool) -> Iterator[Message]:
    if any(run.was_tried for run in runs):
        yield Message("plot.losses.same_start")
    if is_log:
        yield Message("plot.logarithmic")
    for run in runs:
        if run.diverged:
            yield Message("plot.losses.diverged", name=run.name, n=len(run.history.columns.get("loss", [])))
    longest = max(curve.length for curve in curves)
    if longest > _MOST_POINTS:
        yield Message("plot.losses.thinned", shown=_MOST_POINTS, n=longest)
