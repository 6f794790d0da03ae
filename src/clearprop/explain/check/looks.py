"""What a wrong gradient looks like: each test recomputes one well-known mistake and compares.

They only say what the numbers look like. Two mistakes may look alike, and a mistake of a new kind like none of these.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from clearprop.execute import Array
from clearprop.explain.check.compare import Index, TensorCheck
from clearprop.graph import Name
from clearprop.messages import Message


@dataclass(frozen=True)
class Scene:
    """What stands around a wrong gradient.

    Attributes:
        n: number of samples.
        depth: number of layers.
        values: of the forward pass and of the parameters, by name.
        gradients: of backpropagation, by the name of what the loss is differentiated by; those above the wrong one are
            right.
        targets: y as rows of numbers, (N, k) or (N, 1).
        measure: slopes of the loss by another variable, at the same entries.
    """

    n: int
    depth: int
    values: Mapping[str, Array]
    gradients: Mapping[str, Array]
    targets: Array
    measure: Callable[[str, tuple[Index, ...]], Array]


@dataclass(frozen=True)
class Case:
    """One wrong gradient: what backpropagation gave, and what was measured at some of its entries."""

    check: TensorCheck
    gradient: Array
    value: Array
    scene: Scene | None = None

    @property
    def places(self) -> tuple[Index, ...]:
        """The entries that were compared."""
        return tuple(c.index for c in self.check.comparisons if c.index is not None)

    @property
    def numeric(self) -> Array:
        """What was measured there."""
        return np.array([c.numeric for c in self.check.comparisons])

    def at(self, array: Array) -> Array:
        """The entries of an array at the places that were compared."""
        return np.array([array[place] for place in self.places])

    @property
    def symbol(self) -> tuple[str, int]:
        """The letter and the layer of its name: of z1 ("z", 1); ("", 0) of a second z and of what no layer has."""
        name = self.check.name
        return ("", 0) if name.layer is None or name.suffix else (name.letter, name.layer)


def _same(a: Array, b: Array) -> bool:
    """Equal up to what differences can tell, at the scale of the larger."""
    if a.shape != b.shape or not a.size:
        return False
    scale = max(float(np.abs(a).max()), float(np.abs(b).max()))
    return scale > 0 and bool(np.abs(a - b).max() <= 1e-5 * scale)


def _look(mistake: str, /, **values: Any) -> Message:
    return Message(f"check.looks.{mistake}", **values)


# --- what one array alone can tell


def _not_a_number(case: Case) -> Message | None:
    return None if np.isfinite(case.gradient).all() else _look("not_a_number")


def _zero(case: Case) -> Message | None:
    return None if case.gradient.any() else _look("zero")


def _multiple(case: Case) -> Message | None:
    """Analytic = c · numeric with one c for all entries."""
    analytic, numeric = case.at(case.gradient), case.numeric
    if len(numeric) < 2 or not numeric.any():
        return None
    factor = float(analytic @ numeric / (numeric @ numeric))
    if factor == 0 or not _same(analytic, factor * numeric):
        return None
    n = case.scene.n if case.scene else 0
    known = {-1.0: _look("negated"), 2.0: _look("doubled"), 0.5: _look("halved")}
    if n > 1:
        known |= {float(n): _look("times_n", n=n), 1.0 / n: _look("over_n", n=n)}
    usual = (look for value, look in known.items() if np.isclose(factor, value, rtol=1e-4))
    return next(usual, _look("multiple", factor=factor))


def _transposed(case: Case) -> Message | None:
    shape = case.gradient.shape
    is_square = len(shape) == 2 and shape[0] == shape[1] > 1
    return _look("transposed") if is_square and _same(case.at(case.gradient.T), case.numeric) else None


def _no_penalty(case: Case) -> Message | None:
    gap, W = case.numeric - case.at(case.gradient), case.at(case.value)
    if case.value.ndim != 2 or case.check.name.role != "parameter" or not W.any():
        return None
    factor = float(gap @ W / (W @ W))
    return _look("no_penalty", factor=factor, name=case.check.name) if _same(gap, factor * W) else None


def _part(case: Case) -> Message | None:
    """Wrong in some columns or rows and right in all others."""
    if case.gradient.ndim != 2 or len(case.places) < case.gradient.size:
        return None
    wrong = np.zeros(case.gradient.shape, bool)
    for c in case.check.comparisons:
        if c.index is not None:
            wrong[c.index] = c.is_wrong(case.check.tolerance)
    for axis, name in ((0, "some_columns"), (1, "some_rows")):
        places = np.flatnonzero(wrong.any(axis=axis))
        if 0 < len(places) <= wrong.shape[1 - axis] / 2:
            return _look(name, places=[int(k) + 1 for k in places])
    return None


# --- what the rest of the network can tell


def _slope_missing(case: Case, scene: Scene) -> Message | None:
    letter, layer = case.symbol
    if letter != "z" or Name.value("a", layer) not in scene.gradients:
        return None
    return _look("no_slope", l=layer) if _same(case.gradient, scene.gradients[Name.value("a", layer)]) else None


def _slope_too_early(case: Case, scene: Scene) -> Message | None:
    letter, layer = case.symbol
    if letter != "a" or scene.gradients.get(Name.value("z", layer), np.empty(0)).shape != case.gradient.shape:
        return None
    right = scene.measure(Name.value("z", layer), case.places)
    return _look("slope_too_early", l=layer) if _same(case.at(case.gradient), right) else None


def _other_weights(case: Case, scene: Scene) -> Message | None:
    letter, layer = case.symbol
    above = scene.gradients.get(Name.value("z", layer + 1))
    if letter != "a" or above is None:
        return None
    for other in range(1, scene.depth + 1):
        W = scene.values.get(Name.parameter("W", other))
        fits = other != layer + 1 and W is not None and W.shape[1] == above.shape[1]
        if W is not None and fits and _same(case.gradient, above @ W.T):
            return _look("other_weights", next=layer + 1, other=other)
    return None


def _sum_missing(case: Case, scene: Scene) -> Message | None:
    letter, layer = case.symbol
    above, W = scene.gradients.get(Name.value("z", layer + 1)), scene.values.get(Name.parameter("W", layer + 1))
    if letter != "a" or above is None or W is None or W.shape[1] < 2:
        return None
    for k in range(W.shape[1]):
        if _same(case.gradient, np.outer(above[:, k], W[:, k])):
            return _look("one_unit", unit=k + 1, next=layer + 1)
    is_own = W.shape[0] == W.shape[1] and _same(case.gradient, above * np.diag(W))
    return _look("own_unit", next=layer + 1) if is_own else None


def _other_input(case: Case, scene: Scene) -> Message | None:
    letter, layer = case.symbol
    above = scene.gradients.get(Name.value("z", layer))
    if letter != "W" or above is None:
        return None
    for other in range(scene.depth + 1):
        a = scene.values.get(Name.value("a", other))
        if a is not None and other != layer - 1 and _same(case.gradient, a.T @ above):
            return _look("other_input", l=layer, previous=layer - 1, other=other)
    return None


def _softmax_elementwise(case: Case, scene: Scene) -> Message | None:
    letter, layer = case.symbol
    a, da = scene.values.get(Name.value("a", layer)), scene.gradients.get(Name.value("a", layer))
    if letter != "z" or a is None or da is None or a.shape != case.gradient.shape or not _sums_to_one(a):
        return None
    return _look("softmax_elementwise", l=layer) if _same(case.gradient, da * a * (1 - a)) else None


def _sums_to_one(a: Array) -> bool:
    return a.shape[1] > 1 and bool(np.allclose(a.sum(axis=1), 1.0))


def _some_targets(case: Case, scene: Scene) -> Message | None:
    """Wrong in the samples of some targets and right in all others."""
    letter, _ = case.symbol
    if letter not in ("z", "a") or scene.targets.shape[1] != 1:
        return None
    y = scene.targets[:, 0]
    wrong, right = set[float](), set[float]()
    for c in case.check.comparisons:
        if c.index is not None and c.analytic != c.numeric:
            (wrong if c.is_wrong(case.check.tolerance) else right).add(float(y[c.index[0]]))
    if not wrong or not right or wrong & right or len(wrong) > 3:
        return None
    return _look("some_targets", targets=[f"{v:g}" for v in sorted(wrong)])


ALONE: tuple[Callable[[Case], Message | None], ...] = (
    _not_a_number,
    _zero,
    _multiple,
    _transposed,
    _no_penalty,
)
WITHIN: tuple[Callable[[Case, Scene], Message | None], ...] = (
    _slope_missing,
    _slope_too_early,
    _other_weights,
    _sum_missing,
    _other_input,
    _softmax_elementwise,
    _some_targets,
)


def looks_like(case: Case) -> tuple[Message, ...]:
    """The mistakes that a wrong gradient looks like; none if it looks like nothing known."""
    found: list[Message | None] = [look(case) for look in ALONE]
    if case.scene is not None:
        found += [look(case, case.scene) for look in WITHIN]
    known = tuple(look for look in found if look is not None)
    part = None if known else _part(case)
    return known if part is None else (part,)
