"""A kernel machine beside the networks of an ensemble: another kind of member, which goes by the training rows near a
row. Where networks smooth, it remembers; what the two get wrong differs, and the mean is better than either."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clearprop.estimators.near import Machine, machine_on, odds_of, softmax
from clearprop.estimators.scores import losses
from clearprop.estimators.several.targets import Targets
from clearprop.network import Network, ensemble_of
from clearprop.nn import Embedding, Layer, PiecewiseLinear, Radial, Scale
from clearprop.table.plain import Positive, RowCount
from clearprop.table.target import ClassTarget, Target

Array = NDArray[Any]

MOST_ROWS = 8192  # whose distances, all to all, take half a gigabyte, and 1.6 until they are solved
REASONS = ("rows", "classes", "codes", "quantile", "targets", "held_out", "worse", "stopped", "memory")
MOST_CLASSES = 200  # whose odds are found by the curvature of all pairs
_SHARES = np.arange(9) / 16  # of the mean, of which one is taken


@dataclass(frozen=True)
class Kernel:
    """Whether a kernel machine answers beside the networks, and how much of the mean is its own.

    Attributes:
        share: of the mean; 0 where there is none.
        why: there is none: "rows" or "classes" (too many), "codes" (columns of very many levels), "quantile", "targets"
            (several), "held_out" (no row was held out), "worse" (the answers to held-out rows are not clearly better),
            "stopped" (by Ctrl-C), "memory" (there is too little).
        rows: training rows that it holds.
        width: σ, in the unit of the features as it scales them.
        penalty: λ.
        losses: of the held-out rows, of the networks, the kernel machine, and the mean of both: log loss, or mean
            square.
    """

    share: float = 0.0
    why: str | None = None
    rows: RowCount | None = None
    width: Positive | None = None
    penalty: Positive | None = None
    losses: tuple[float, float, float] | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.share < 1 or self.why not in (None, *REASONS) or (self.why is None) != (self.share > 0):
            raise ValueError("a share of the mean that is none")
        told = (self.rows, self.width, self.penalty, self.losses)
        if (self.share > 0 or self.why == "worse") and None in told:
            raise ValueError("a kernel machine of which something is not said")

    def to_dict(self) -> dict[str, Any]:
        """As plain data."""
        return {**asdict(self), "losses": None if self.losses is None else list(self.losses)}


def beside(
    networks: Sequence[Network],
    X: Array,
    y: Array,
    folds: Array | None,
    target: Target | Targets,
    held_out: Array | None,
    weights: Array | None,
) -> tuple[Network, Array | None, Kernel]:
    """Put a kernel machine beside networks, with the share of the mean that is best for rows that were held out.

    Its features are those of the networks behind their encoding of numbers, each times Σ w² of the first layer's
    weights that read it, in the mean over the networks: what these go by counts in its distances. Held-out answers are
    those of single networks, of which the mean is better; so it is given half of the mean at most, and nothing where
    the loss is not smaller by a standard error of the difference, row by row: it holds rows, and is not to for nothing.

    Args:
        networks: the members, trained.
        X, y: the training rows.
        folds: which member held out each row (n,), from 0; −1 for none; None if none was held out.
        target: how y is coded.
        held_out: what those members answer (n, k).
        weights: of the rows (n,), or None.

    Returns:
        The mean of all members, the answers to rows that were held out (n, k), and what was found.
    """
    why = _hindrance(networks, len(y), folds, target)
    if why is not None or folds is None or held_out is None:
        return ensemble_of(networks), held_out, Kernel(why=why or "held_out")
    assert not isinstance(target, Targets)
    try:
        return _beside(networks, X, y, folds, target, held_out, weights)
    except (KeyboardInterrupt, MemoryError) as error:  # the networks are there, and answer
        why = "memory" if isinstance(error, MemoryError) else "stopped"
        return ensemble_of(networks), held_out, Kernel(why=why)


def _beside(
    networks: Sequence[Network],
    X: Array,
    y: Array,
    folds: Array,
    target: Target,
    held_out: Array,
    weights: Array | None,
) -> tuple[Network, Array, Kernel]:
    """The same where nothing hinders. The machine neither holds rows that count for nothing nor answers them."""
    if weights is not None and not weights.all():
        on, mixed = weights > 0, held_out.copy()
        whole, mixed[on], found = _beside(networks, X[on], y[on], folds[on], target, held_out[on], weights[on])
        return whole, mixed, found
    front, some = _front(networks[0]), folds >= 0
    scales = _scales(networks)
    Z = (X if front is None else Network(X.shape[1], [front]).predict(X)).astype(np.float64) * scales
    Y = _targets(target, y)
    mean = np.average(Y, axis=0, weights=weights)
    machine = machine_on(Z, Y - mean, folds, weights)
    counted = None if weights is None else weights[some]
    own, A, b = _answers(target, machine, mean, y, some, counted)
    tried = [_losses(target, (1 - s) * held_out[some] + s * own, y[some]) for s in _SHARES]
    means = [float(np.average(rows, weights=counted)) for rows in tried]
    best = int(np.argmin(means))
    told = (means[0], float(np.average(_losses(target, own, y[some]), weights=counted)), means[best])
    is_clear = means[0] - means[best] > _standard_error(tried[0] - tried[best], counted)
    share = float(_SHARES[best]) if is_clear else 0.0
    found = Kernel(share, None if share else "worse", len(y), machine.width, machine.penalty, told)
    if not share:
        return ensemble_of(networks), held_out, found
    mixed = held_out.copy()
    mixed[some] = (1 - share) * held_out[some] + share * own
    member = _member(networks[0], front, scales, Z, machine.width, A, b)
    each = [*[(1 - share) / len(networks)] * len(networks), share]
    return ensemble_of([*networks, member], each), mixed, found


def _hindrance(networks: Sequence[Network], rows: int, folds: Array | None, target: Target | Targets) -> str | None:
    """Why there can be no kernel machine; None if there can."""
    if isinstance(target, Targets):
        return "targets"
    if isinstance(target, ClassTarget):
        if len(target.classes) > MOST_CLASSES:
            return "classes"
    elif target.quantile is not None:
        return "quantile"
    if folds is None:
        return "held_out"
    if any(isinstance(layer, Embedding) for layer in networks[0].architecture.layers):
        return "codes"
    return "rows" if rows > MOST_ROWS else None


def _front(network: Network) -> Layer | None:
    """The encoding of numbers, which all members share."""
    first = network.architecture.layers[0]
    return first if isinstance(first, PiecewiseLinear) else None


def _scales(networks: Sequence[Network]) -> Array:
    """How much the networks go by each feature (m,), 1 for the foremost."""
    squared = np.mean([(np.asarray(n.parameters["W1"], np.float64) ** 2).sum(axis=1) for n in networks], axis=0)
    return np.asarray((squared / (squared.max() or 1.0)).astype(np.float32).astype(np.float64))  # as the member has it


def _targets(target: Target, y: Array) -> Array:
    """What is learned (n, k): 1 for the class of a row and 0 for the others, or the coded number."""
    if isinstance(target, ClassTarget):
        return np.eye(len(target.classes))[y]
    return y.astype(np.float64)[:, None]


def _answers(
    target: Target, machine: Machine, mean: Array, y: Array, some: Array, weights: Array | None
) -> tuple[Array, Array, Array]:
    """The answers to rows that were held out, as the networks give theirs, and the weights and biases for such ones."""
    F = machine.held_out[some]
    if not isinstance(target, ClassTarget):
        return F + mean, machine.alpha, mean
    a, c = odds_of(F + mean, y[some], weights)
    z, A, b = a * (F + mean) + c, a * machine.alpha, a * mean + c
    if len(target.classes) == 2:
        z, A, b = (v[..., 1:] - v[..., :1] for v in (z, A, b))
        return 1 / (1 + np.exp(-z)), A, b
    return softmax(z), A, b


def _losses(target: Target, outputs: Array, y: Array) -> Array:
    """The log loss of each row, or the squared error of its coded number, (n,)."""
    return losses(target, y, outputs) if isinstance(target, ClassTarget) else target.losses(y, outputs[:, 0])


def _standard_error(values: Array, weights: Array | None) -> float:
    """Of their weighted mean."""
    w = np.ones(len(values)) if weights is None else weights
    return float(np.sqrt((w**2 * (values - np.average(values, weights=w)) ** 2).sum()) / w.sum())


def _member(like: Network, front: Layer | None, scales: Array, Z: Array, width: float, A: Array, b: Array) -> Network:
    """The machine as a network, beside another."""
    a = like.architecture
    last = Radial(A.shape[1], len(Z), width, getattr(a.layers[-1], "activation", None))
    layers = [*([] if front is None else [front]), Scale(scales, trainable=False), last]
    found = Network(a.n_inputs, layers, a.loss, seed=like.seed, l1=a.l1, l2=a.l2, dtype=like.dtype)
    for name, value in (("C1", Z), ("W1", A), ("b1", b)):
        found.parameters[name] = value
    return found
