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
class Surroundings:
    """The rest of the network, around a wrong gradient."""

    n: int  # samples
    depth: int  # layers
    values: Mapping[str, Array]  # of the forward pass and of the parameters, by name
    gradients: Mapping[str, Array]  # by the name of what L is differentiated by; those above the wrong one are right
    targets: Array  # y as rows of numbers, (N, k) or (N, 1)
    measure: Callable[[str, tuple[Index, ...]], Array]  # slopes of the loss by another value, at the same entries

    def a(self, layer: int) -> Array | None:
        """a[l], where there is one."""
        return self.values.get(Name.value("a", layer))

    def W(self, layer: int) -> Array | None:
        """W[l], where there is one."""
        return self.values.get(Name.parameter("W", layer))

    def da(self, layer: int) -> Array | None:
        """∂L/∂a[l], where there is one."""
        return self.gradients.get(Name.value("a", layer))

    def dz(self, layer: int) -> Array | None:
        """δ[l], where there is one."""
        return self.gradients.get(Name.value("z", layer))


@dataclass(frozen=True)
class Case:
    """One wrong gradient: what backpropagation gave, and what was measured at some of its entries."""

    check: TensorCheck
    gradient: Array
    value: Array  # of what the loss is differentiated by
    around: Surroundings | None = None

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

    def is_gradient(self, recomputed: Array) -> bool:
        """Whether the gradient is what a mistake would have made of it."""
        return _same(self.gradient, recomputed)


def looks_like(case: Case) -> tuple[Message, ...]:
    """The mistakes that a wrong gradient looks like; none if it looks like nothing known."""
    found = [look(case) for look in ALONE]
    name, around = case.check.name, case.around
    if around is not None and name.layer is not None and not name.suffix:  # z1, but not a layer's second z
        found += [look(case, around, name.layer) for look in WITHIN.get(name.letter, ())]
    known = tuple(look for look in found if look is not None)
    part = None if known else _part(case)
    return known if part is None else (part,)


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
    n = case.around.n if case.around else 0
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


# --- what the rest of the network can tell, of the gradient by z[l], a[l] or W[l]


def _slope_missing(case: Case, around: Surroundings, layer: int) -> Message | None:
    da = around.da(layer)
    return _look("no_slope", l=layer) if da is not None and case.is_gradient(da) else None


def _slope_too_early(case: Case, around: Surroundings, layer: int) -> Message | None:
    dz = around.dz(layer)
    if dz is None or dz.shape != case.gradient.shape:
        return None
    right = around.measure(Name.value("z", layer), case.places)
    return _look("slope_too_early", l=layer) if _same(case.at(case.gradient), right) else None


def _other_weights(case: Case, around: Surroundings, layer: int) -> Message | None:
    above = around.dz(layer + 1)
    for other in range(1, around.depth + 1):
        W = around.W(other)
        if above is None or W is None or other == layer + 1 or W.shape[1] != above.shape[1]:
            continue
        if case.is_gradient(above @ W.T):
            return _look("other_weights", next=layer + 1, other=other)
    return None


def _sum_missing(case: Case, around: Surroundings, layer: int) -> Message | None:
    above, W = around.dz(layer + 1), around.W(layer + 1)
    if above is None or W is None or W.shape[1] < 2:
        return None
    for k in range(W.shape[1]):
        if case.is_gradient(np.outer(above[:, k], W[:, k])):
            return _look("one_unit", unit=k + 1, next=layer + 1)
    is_own = W.shape[0] == W.shape[1] and case.is_gradient(above * np.diag(W))
    return _look("own_unit", next=layer + 1) if is_own else None


def _other_input(case: Case, around: Surroundings, layer: int) -> Message | None:
    above = around.dz(layer)
    for other in range(around.depth + 1):
        a = around.a(other)
        if above is not None and a is not None and other != layer - 1 and case.is_gradient(a.T @ above):
            return _look("other_input", l=layer, previous=layer - 1, other=other)
    return None


def _softmax_elementwise(case: Case, around: Surroundings, layer: int) -> Message | None:
    a, da = around.a(layer), around.da(layer)
    if a is None or da is None or a.shape != case.gradient.shape:
        return None
    is_softmax = a.shape[1] > 1 and np.allclose(a.sum(axis=1), 1.0)
    return _look("softmax_elementwise", l=layer) if is_softmax and case.is_gradient(da * a * (1 - a)) else None


def _some_targets(case: Case, around: Surroundings, layer: int) -> Message | None:
    """Wrong in the samples of some targets and right in all others."""
    if around.targets.shape[1] != 1:
        return None
    y = around.targets[:, 0]
    wrong, right = set[float](), set[float]()
    for c in case.check.comparisons:
        if c.index is not None and c.analytic != c.numeric:
            (wrong if c.is_wrong(case.check.tolerance) else right).add(float(y[c.index[0]]))
    if not wrong or not right or wrong & right or len(wrong) > 3:
        return None
    return _look("some_targets", targets=[f"{v:g}" for v in sorted(wrong)])


ALONE: tuple[Callable[[Case], Message | None], ...] = (_not_a_number, _zero, _multiple, _transposed, _no_penalty)
WITHIN: Mapping[str, tuple[Callable[[Case, Surroundings, int], Message | None], ...]] = {  # by letter
    "z": (_slope_missing, _softmax_elementwise, _some_targets),
    "a": (_slope_too_early, _other_weights, _sum_missing, _some_targets),
    "W": (_other_input,),
}
