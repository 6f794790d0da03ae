"""What a wrong gradient looks like: each test recomputes one well-known mistake and compares.

They only say what the numbers look like. Two mistakes may look alike, and a mistake of a new kind like none of these.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from clearprop.execute import Array
from clearprop.explain.check.compare import Index, TensorCheck
from clearprop.graph import Name
from clearprop.messages.language import Phrase, said


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


# --- what one array alone can tell

NOT_A_NUMBER = Phrase("it holds NaN or infinity", "其中有 NaN 或无穷大")
ZERO = Phrase("it is 0 everywhere: the gradient never arrives here", "它处处为 0：梯度根本没有传到这里")
NEGATED = Phrase("it has the wrong sign", "符号相反")
TIMES_N = Phrase(
    "it is N = {n} times too large: the mean over the samples, 1/N, is forgotten",
    "大了 N = {n} 倍：忘了对样本取平均，漏了 1/N",
)
OVER_N = Phrase(
    "it is N = {n} times too small: the mean over the samples is taken twice",
    "小了 N = {n} 倍：对样本取了两次平均",
)
DOUBLED = Phrase(
    "it is twice what it should be: the ½ before a square is forgotten, or a term is counted twice",
    "是应有值的 2 倍：漏了平方前的 ½，或同一项算了两次",
)
HALVED = Phrase(
    "it is half of what it should be: the 2 of a square's derivative is forgotten",
    "只有应有值的一半：漏了平方求导得到的 2",
)
MULTIPLE = Phrase("it is {factor:.4g} times what it should be, everywhere", "处处都是应有值的 {factor:.4g} 倍")
TRANSPOSED = Phrase("it is the transpose of what it should be", "它是应有结果的转置")
NO_PENALTY = Phrase(
    "the penalty on the weights is missing: what is missing is {factor:.4g} · {name}",
    "漏了权重的惩罚项：差值正好是 {factor:.4g} · {name}",
)
SOME_COLUMNS = Phrase("it is wrong in column {places} only", "只有第 {places} 列不对")
SOME_ROWS = Phrase("it is wrong in row {places} only", "只有第 {places} 行不对")


def _not_a_number(case: Case) -> Phrase | None:
    return None if np.isfinite(case.gradient).all() else NOT_A_NUMBER


def _zero(case: Case) -> Phrase | None:
    return None if case.gradient.any() else ZERO


def _multiple(case: Case) -> Phrase | None:
    """Analytic = c · numeric with one c for all entries."""
    analytic, numeric = case.at(case.gradient), case.numeric
    if len(numeric) < 2 or not numeric.any():
        return None
    factor = float(analytic @ numeric / (numeric @ numeric))
    if factor == 0 or not _same(analytic, factor * numeric):
        return None
    n = case.scene.n if case.scene else 0
    known = {-1.0: NEGATED, 2.0: DOUBLED, 0.5: HALVED}
    if n > 1:
        known |= {float(n): TIMES_N, 1.0 / n: OVER_N}
    for usual, phrase in known.items():
        if np.isclose(factor, usual, rtol=1e-4):
            return said(phrase, n=n)
    return said(MULTIPLE, factor=factor)


def _transposed(case: Case) -> Phrase | None:
    shape = case.gradient.shape
    is_square = len(shape) == 2 and shape[0] == shape[1] > 1
    return TRANSPOSED if is_square and _same(case.at(case.gradient.T), case.numeric) else None


def _no_penalty(case: Case) -> Phrase | None:
    gap, W = case.numeric - case.at(case.gradient), case.at(case.value)
    if case.value.ndim != 2 or case.check.name.role != "parameter" or not W.any():
        return None
    factor = float(gap @ W / (W @ W))
    return said(NO_PENALTY, factor=factor, name=case.check.name) if _same(gap, factor * W) else None


def _part(case: Case) -> Phrase | None:
    """Wrong in some columns or rows and right in all others."""
    if case.gradient.ndim != 2 or len(case.places) < case.gradient.size:
        return None
    wrong = np.zeros(case.gradient.shape, bool)
    for c in case.check.comparisons:
        if c.index is not None:
            wrong[c.index] = c.is_wrong(case.check.tolerance)
    for axis, phrase in ((0, SOME_COLUMNS), (1, SOME_ROWS)):
        places = np.flatnonzero(wrong.any(axis=axis))
        if 0 < len(places) <= wrong.shape[1 - axis] / 2:
            return said(phrase, places=", ".join(str(k + 1) for k in places))
    return None


# --- what the rest of the network can tell

NO_SLOPE = Phrase("it equals da{l}: the factor f′(z{l}) is missing", "它等于 da{l}：漏乘了 f′(z{l})")
SLOPE_TOO_EARLY = Phrase(
    "it equals dz{l}: it contains f′(z{l}) already, which enters at dz{l} only",
    "它等于 dz{l}：已经含有 f′(z{l})，而这个因子只应在 dz{l} 处乘上",
)
OTHER_WEIGHTS = Phrase(
    "it equals dz{next} · W{other}ᵀ: W{other} stands where W{next} belongs",
    "它等于 dz{next} · W{other}ᵀ：该用 W{next} 的地方用了 W{other}",
)
ONE_UNIT = Phrase(
    "it holds the term of unit {unit} of layer {next} alone: the sum over that layer's units is missing",
    "只含第 {next} 层第 {unit} 个神经元的那一项：漏了对该层各神经元求和",
)
OWN_UNIT = Phrase(
    "unit j holds the term of unit j of layer {next} alone: the sum over that layer's units is missing",
    "第 j 个神经元只含第 {next} 层第 j 个神经元的那一项：漏了对该层各神经元求和",
)
OTHER_INPUT = Phrase(
    "it equals a{other}ᵀ · dz{l}: a{other} stands where a{previous} belongs",
    "它等于 a{other}ᵀ · dz{l}：该用 a{previous} 的地方用了 a{other}",
)
SOFTMAX_ELEMENTWISE = Phrase(
    "it equals da{l} ⊙ a{l}(1 − a{l}): softmax needs its whole Jacobian, not ⊙",
    "它等于 da{l} ⊙ a{l}(1 − a{l})：softmax 需要整个雅可比矩阵，不能用 ⊙",
)
SOME_TARGETS = Phrase("it is wrong in the samples with y = {targets} only", "只有 y = {targets} 的样本不对")


def _slope_missing(case: Case, scene: Scene) -> Phrase | None:
    letter, layer = case.symbol
    if letter != "z" or Name.value("a", layer) not in scene.gradients:
        return None
    return said(NO_SLOPE, l=layer) if _same(case.gradient, scene.gradients[Name.value("a", layer)]) else None


def _slope_too_early(case: Case, scene: Scene) -> Phrase | None:
    letter, layer = case.symbol
    if letter != "a" or scene.gradients.get(Name.value("z", layer), np.empty(0)).shape != case.gradient.shape:
        return None
    right = scene.measure(Name.value("z", layer), case.places)
    return said(SLOPE_TOO_EARLY, l=layer) if _same(case.at(case.gradient), right) else None


def _other_weights(case: Case, scene: Scene) -> Phrase | None:
    letter, layer = case.symbol
    above = scene.gradients.get(Name.value("z", layer + 1))
    if letter != "a" or above is None:
        return None
    for other in range(1, scene.depth + 1):
        W = scene.values.get(Name.parameter("W", other))
        fits = other != layer + 1 and W is not None and W.shape[1] == above.shape[1]
        if W is not None and fits and _same(case.gradient, above @ W.T):
            return said(OTHER_WEIGHTS, next=layer + 1, other=other)
    return None


def _sum_missing(case: Case, scene: Scene) -> Phrase | None:
    letter, layer = case.symbol
    above, W = scene.gradients.get(Name.value("z", layer + 1)), scene.values.get(Name.parameter("W", layer + 1))
    if letter != "a" or above is None or W is None or W.shape[1] < 2:
        return None
    for k in range(W.shape[1]):
        if _same(case.gradient, np.outer(above[:, k], W[:, k])):
            return said(ONE_UNIT, unit=k + 1, next=layer + 1)
    is_own = W.shape[0] == W.shape[1] and _same(case.gradient, above * np.diag(W))
    return said(OWN_UNIT, next=layer + 1) if is_own else None


def _other_input(case: Case, scene: Scene) -> Phrase | None:
    letter, layer = case.symbol
    above = scene.gradients.get(Name.value("z", layer))
    if letter != "W" or above is None:
        return None
    for other in range(scene.depth + 1):
        a = scene.values.get(Name.value("a", other))
        if a is not None and other != layer - 1 and _same(case.gradient, a.T @ above):
            return said(OTHER_INPUT, l=layer, previous=layer - 1, other=other)
    return None


def _softmax_elementwise(case: Case, scene: Scene) -> Phrase | None:
    letter, layer = case.symbol
    a, da = scene.values.get(Name.value("a", layer)), scene.gradients.get(Name.value("a", layer))
    if letter != "z" or a is None or da is None or a.shape != case.gradient.shape or not _sums_to_one(a):
        return None
    return said(SOFTMAX_ELEMENTWISE, l=layer) if _same(case.gradient, da * a * (1 - a)) else None


def _sums_to_one(a: Array) -> bool:
    return a.shape[1] > 1 and bool(np.allclose(a.sum(axis=1), 1.0))


def _some_targets(case: Case, scene: Scene) -> Phrase | None:
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
    return said(SOME_TARGETS, targets=", ".join(f"{v:g}" for v in sorted(wrong)))


ALONE: tuple[Callable[[Case], Phrase | None], ...] = (
    _not_a_number,
    _zero,
    _multiple,
    _transposed,
    _no_penalty,
)
WITHIN: tuple[Callable[[Case, Scene], Phrase | None], ...] = (
    _slope_missing,
    _slope_too_early,
    _other_weights,
    _sum_missing,
    _other_input,
    _softmax_elementwise,
    _some_targets,
)


def looks_like(case: Case) -> tuple[Phrase, ...]:
    """The mistakes that a wrong gradient looks like; none if it looks like nothing known."""
    found: list[Phrase | None] = [look(case) for look in ALONE]
    if case.scene is not None:
        found += [look(case, case.scene) for look in WITHIN]
    known = tuple(phrase for phrase in found if phrase is not None)
    part = None if known else _part(case)
    return known if part is None else (part,)
