"""Activation functions with their derivatives, both from one graph."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from clearprop import graph as g
from clearprop.cached import cached_property
from clearprop.errors import ClearpropError, InvalidValueError
from clearprop.execute import Array, evaluate
from clearprop.explain.check.cut import with_branches
from clearprop.explain.derivation.writer import Writer
from clearprop.explain.plot.given import as_limits
from clearprop.explain.plot.kinks import jumps, turns
from clearprop.graph import Graph, N, gradient, simplify, topological
from clearprop.graph.node import is_variable
from clearprop.messages import Language, Message, checked_language
from clearprop.nn import resolve_activation
from clearprop.present.figure import Axis, Dots, Entry, Line, Picture, Plot, Role, Rule, explained, tiled
from clearprop.present.figure.axis import Text
from clearprop.present.figure.plot import Drawn
from clearprop.present.figure.text import runs_width
from clearprop.present.formula import Math, identifier, number, parse, row, runs
from clearprop.present.formula.tree import DOT, EQUALS, Row
from clearprop.visible import shown_name

_POINTS = 400  # of a curve
_SIZE, _LONGEST = 14.0, 300.0  # of letters, and of a formula in a legend, in pixels
_WITHIN = frozenset({"leaf", "elementwise", "movement"})  # kinds of work that leave every number to itself


def activation(
    *functions: Any,
    limits: Any = (-4.0, 4.0),
    values: Any = None,
    derivative: bool = True,
    lang: str = "en",
) -> Picture:
    """Draw activation functions and their derivatives over z.

    The derivative is the gradient of the function's own graph: what a network of these functions trains with. Where it
    jumps, the function has a kink and no derivative: rings mark the slopes on both sides, a dot the one that the graph
    takes there, and a sentence says so.

    Args:
        functions: names such as "tanh", objects such as `cp.LeakyReLU(0.1)`, or functions from a node to a node; one
            after the other, in a list, or in a mapping from what they are to be called. Several are drawn side by side.
        limits: the ends of the z axis.
        values: the ends of the other axis; by default all that is drawn is seen.
        derivative: whether f′ is drawn.
        lang: of words, "en" or "zh".

    Raises:
        ClearpropError: for an unknown name, limits that are no range, or a function that is none of a single number, as
            softmax.

    Example:
        >>> cp.plot.activation("tanh").title
        'tanh: the function and its derivative'
        >>> four = cp.plot.activation("sigmoid", "tanh", cp.LeakyReLU(0.1), {"mine": lambda z: z / (1 + cp.abs(z))})
    """
    known, (low, high) = checked_language(lang), as_limits("limits", limits)
    given = [pair for one in functions for pair in _named(one)]
    if not given:
        raise InvalidValueError(
            "no activation to draw", "a name, an object or a function", "cp.plot.activation('relu')"
        )
    curves = [_Curve.of(name, f, low, high) for name, f in given]
    ends = None if values is None else as_limits("values", values)
    y = Axis.of(np.concatenate([c.seen(derivative) for c in curves])).padded(0.08) if ends is None else Axis(*ends)
    are_several = len(curves) > 1
    panels = [_panel(curve, y, derivative, are_several, known) for curve in curves]
    names = [curve.name for curve in curves]
    title = Message("plot.activation.title" if derivative else "plot.activation.alone", names=names)(known)
    remarks = [remark for curve in curves for remark in curve.remarks(derivative, are_several)]
    if not are_several:
        return explained(title, panels[0], known, curves[0].legend(derivative), remarks)
    entries = [Entry(Message("plot.activation.function"), "blue")]
    entries += [Entry(Message("plot.activation.derivative"), "orange", "dashed")] if derivative else []
    return explained(title, tiled(title, panels, 2 if len(panels) == 4 else 3), known, entries, remarks)


def _named(given: Any) -> list[tuple[str, Any]]:
    """Functions with the names that they were given, if any."""
    if isinstance(given, Mapping):
        return [(str(name), f) for name, f in given.items()]
    return [("", f) for f in (given if isinstance(given, list | tuple) else [given])]


@dataclass(frozen=True)
class _Kink:
    """Where a function or its slope jumps.

    Attributes:
        z: the place.
        is_step: whether the function itself jumps.
        left, right: the slope on both sides; of a step the value.
        taken: what the graph takes for the slope there; of a step its value.
    """

    z: float
    is_step: bool
    left: float
    right: float
    taken: float


@dataclass
class _Curve:
    """A function of one number with its derivative, between two ends."""

    name: str
    graph: Graph  # z → f and df, each (N, 1)
    formulas: tuple[Text, Text]
    low: float
    high: float

    @classmethod
    def of(cls, name: str, given: Any, low: float, high: float) -> _Curve:
        """The curve of an activation.

        Raises:
            ClearpropError: if it is none, or not a function of a single number.
        """
        f = resolve_activation(given)
        name = shown_name(name or ("f" if f.name == "<lambda>" else f.name))
        z = g.variable("z", (N, 1))
        y = f(z)
        if any(node.op.kind not in _WITHIN for node in topological([g.expand(y)])):
            raise InvalidValueError(
                f"{name}, of which each output depends on several inputs",
                "a function of a single number, to draw it as a curve",
                "cp.plot.boundary shows what it makes of two inputs",
            )
        slope = gradient(y, z, g.ones_like(y))
        return cls(name, Graph({"f": y.named("f"), "df": slope.named("df")}), _formulas(f), low, high)

    def f(self, z: Array) -> Array:
        """The function's values, (n,)."""
        return self._at(z)["f"]

    def slope(self, z: Array) -> Array:
        """The derivative's values, (n,)."""
        return self._at(z)["df"]

    def _at(self, z: Array) -> dict[str, Array]:
        with np.errstate(all="ignore"):
            found = evaluate(self.graph, {"z": z[:, None]}, n=len(z))
        f, slope = (np.array(found[name][:, 0]) for name in ("f", "df"))
        slope[~np.isfinite(f)] = np.nan  # there is none where there is no value
        return {"f": f, "df": slope}

    @cached_property
    def z(self) -> Array:
        """Places from end to end, with each kink and what is right beside it."""
        span = self.high - self.low
        near = [kink.z + side * 1e-9 * span for kink in self.kinks for side in (-1, 0, 1)]
        return np.unique([*np.linspace(self.low, self.high, _POINTS + 1), *near])

    @cached_property
    def kinks(self) -> list[_Kink]:
        """Where the function or its derivative jumps."""
        branches = with_branches(Graph({"f": self.graph["f"]}))
        names = [name for name in branches.outputs if name != "f"]

        def outcomes(z: Array) -> Array:
            with np.errstate(all="ignore"):
                found = evaluate(branches, {"z": z[:, None]}, n=len(z))
            return np.concatenate([found[name] > 0 for name in names], axis=1)

        places = turns(outcomes, self.low, self.high) if names else []
        found: dict[float, _Kink] = {}
        for f, is_step in ((self.slope, False), (self.f, True)):  # where the function jumps, its slope does not count
            for place, sides in zip(places, jumps(f, places, self.high - self.low) if places else [], strict=True):
                if sides is not None:
                    taken = float(f(np.array([place]))[0])
                    found[place] = _Kink(place, is_step, _clean(sides[0]), _clean(sides[1]), taken)
        return [found[place] for place in sorted(found)]

    def seen(self, derivative: bool) -> Array:
        """All values that are drawn."""
        return np.concatenate([self.f(self.z), self.slope(self.z)]) if derivative else self.f(self.z)

    def marks(self, derivative: bool) -> Iterator[Drawn]:
        """The curves, broken where they jump, and rings and dots at kinks."""
        steps = [kink for kink in self.kinks if kink.is_step]
        if derivative:
            yield Line(*self._broken(self.slope, self.kinks), "orange", dashed=True, width=1.8)
        yield Line(*self._broken(self.f, steps), "blue", width=2.2)
        for kink in self.kinks:
            colour: Role = "blue" if kink.is_step else "orange"
            if derivative or kink.is_step:
                yield Dots([kink.z, kink.z], [kink.left, kink.right], colour, 3.6, hollow=True)
                yield Dots([kink.z], [kink.taken], colour, 3.6)

    def _broken(self, f: Any, kinks: Sequence[_Kink]) -> tuple[Array, Array]:
        z = self.z
        y = f(z)
        y[np.isin(z, [kink.z for kink in kinks])] = np.nan
        return z, y

    def legend(self, derivative: bool) -> list[Entry]:
        """What the two lines are, by their formulas where they are short."""
        names = [Entry(self.formulas[0], "blue"), Entry(self.formulas[1], "orange", "dashed")]
        return names if derivative else names[:1]

    def remarks(self, derivative: bool, with_name: bool) -> Iterator[Message]:
        """What is said of its kinks, and of places where it has no value."""
        for kink in self.kinks:
            if derivative or kink.is_step:
                places = {"z": kink.z, "left": kink.left, "right": kink.right, "taken": kink.taken}
                said = {name: number(value).text for name, value in places.items()}
                key = "plot.activation.step" if kink.is_step else "plot.activation.kink"
                yield Message(key, name=self.name if with_name else "f", **said)
        if not np.isfinite(self.f(self.z)).all():
            yield Message("plot.activation.not_finite", name=self.name if with_name else "f")


def _formulas(f: Any) -> tuple[Text, Text]:
    """f(z) = … and f′(z) = … as the graph has them; without the right side where that is long."""
    z = g.variable("z")
    write = Writer(lambda node: identifier("z") if is_variable(node) else None, samples=1)
    left = parse("f(z)"), parse(r"f\prime(z)")
    try:
        y = f(z)
        right = [write.formula(simplify(y)), _without_one(write.formula(simplify(gradient(y, z))))]
    except ClearpropError:  # a function that asks for rows and columns
        return left
    whole = [row(side, EQUALS, formula) for side, formula in zip(left, right, strict=True)]
    short, slope = (w if runs_width(runs(w), _SIZE) <= _LONGEST else s for w, s in zip(whole, left, strict=True))
    return short, slope


def _without_one(formula: Math) -> Math:
    """A derivative without the factor 1 that it begins from: ∂f/∂f."""
    if isinstance(formula, Row) and len(formula.parts) > 2 and formula.parts[-2:] == (DOT, number(1.0)):
        return row(*formula.parts[:-2])
    return formula


def _panel(curve: _Curve, y: Axis, derivative: bool, is_small: bool, lang: Language) -> Picture:
    size = (200.0, 170.0) if is_small else (330.0, 230.0)
    x = Axis(curve.low, curve.high)
    marks = (Rule(x=0.0, colour="line"), *curve.marks(derivative))
    heading = curve.name if is_small else ""
    return Plot(curve.name, x, y, marks, (parse("z"), ""), *size, heading=heading).picture(lang)


def _clean(value: float) -> float:
    """A limit that was measured a little beside its place, without what that adds."""
    return float(f"{value:.5g}") + 0.0
