"""Kernel ridge regression, solved and judged without training: answers to rows that were held out follow from the one
inverse matrix that the solution takes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clearprop.execute.blas import single_threaded
from clearprop.nn.radial import ROUND

Array = NDArray[np.float64]

WIDTHS = 0.2, 0.7, 2.5, 10.0  # times the median distance
PENALTIES = 1e-2, 1e-1, 1.0  # with less of it the sums of W cancel to more digits than float64 has to spare
_TRIED = 1500  # rows on which these are tried
_WEIGHTS = 1e-3, 10.0  # of a row at least and at most, beside a mean of 1: else nothing is left of λ
_BLOCK = 256  # rows of a matrix that LAPACK inverts


@dataclass(frozen=True)
class Machine:
    """F(x) = Σⱼ k(x, xⱼ)·αⱼ over the training rows, with k as of `cp.Radial`.

    Attributes:
        width: σ.
        penalty: λ.
        alpha: (n, k).
        held_out: what the machines without a fold answer on the rows of this fold (n, k); NaN on those of fold −1.
    """

    width: float
    penalty: float
    alpha: Array
    held_out: Array


def machine_on(Z: Array, Y: Array, folds: NDArray[np.int64], weights: Array | None = None) -> Machine:
    """The machine with α = (K + λ·diag(1/w))⁻¹·Y, and σ and λ of the least error on rows that were held out.

    With G = (K + λ·diag(1/w))⁻¹ a machine without the rows of a fold, and with the same σ and λ, is off on these rows
    by (G_FF)⁻¹·α_F. So all folds are held out by one inverse. σ and λ are found on 1,500 rows at most, evenly spread.
    The sums are made by one thread, where threadpoolctl is there to see to it: their bits are the same on any number.

    Args:
        Z: features (n, m).
        Y: targets (n, k) with a mean of 0.
        folds: of each row (n,), from 0; rows of −1 are held out by none.
        weights: of the rows (n,), or None.

    Source: Saunders, Gammerman & Vovk (1998), "Ridge regression learning algorithm in dual variables"; the residuals of
    what is held out as in An, Liu & Venkatesh (2007), "Fast cross-validation algorithms for least squares support
    vector machine and kernel ridge regression".

    Example:
        >>> Z = np.linspace(0, 1, 40)[:, None]
        >>> found = machine_on(Z, Z - 0.5, np.arange(40) % 4)
        >>> bool(np.abs(found.held_out - (Z - 0.5)).max() < 0.05)
        True
    """
    noise = np.ones(len(Z))
    if weights is not None:
        noise = 1 / np.clip(weights / weights.mean(), *_WEIGHTS)
    with single_threaded():
        some = np.unique(np.linspace(0, len(Z) - 1, min(len(Z), _TRIED)).astype(int))
        few, best = squares(Z[some]), (np.inf, 0.0, 0.0)
        median = float(np.sqrt(np.median(few))) or 1.0
        for width in WIDTHS:
            K = kernel(few.copy(), width * median)
            for penalty in PENALTIES:
                tried = _solved(K.copy(), penalty * noise[some], Y[some], folds[some])
                off = np.nan_to_num(tried[1] - Y[some])
                best = min(best, (float((off**2 / noise[some, None]).sum()), width * median, penalty))
        _, width, penalty = best
        alpha, held_out = _solved(kernel(squares(Z), width), penalty * noise, Y, folds)
    return Machine(width, penalty, alpha, held_out)


def squares(Z: Array) -> Array:
    """‖zᵢ − zⱼ‖² of all pairs of rows (n, n)."""
    own = (Z**2).sum(axis=1)
    found = Z @ Z.T
    found *= -2
    found += own[:, None]
    found += own
    return np.asarray(np.maximum(found, 0, out=found))


def kernel(square: Array, width: float) -> Array:
    """exp(−√(d²/σ² + 10⁻⁶)) of squared distances, in their place."""
    found = np.divide(square, width**2, out=square)
    found += ROUND
    np.sqrt(found, out=found)
    np.negative(found, out=found)
    return np.asarray(np.exp(found, out=found))


def _solved(K: Array, noise: Array, Y: Array, folds: NDArray[np.int64]) -> tuple[Array, Array]:
    """α and the answers to what was held out; K is overwritten.

    With K + diag(noise) = L·Lᵀ and M = L⁻¹ it is G = Mᵀ·M, of which only the blocks of the folds are needed.
    """
    K[np.diag_indices(len(K))] += noise
    M = np.asarray(np.linalg.cholesky(K), np.float64)
    invert_triangle(M)
    alpha, held_out = M.T @ (M @ Y), np.full(Y.shape, np.nan)
    for fold in range(int(folds.max()) + 1):
        rows = np.flatnonzero(folds == fold)
        part = M[:, rows]
        held_out[rows] = Y[rows] - np.linalg.solve(part.T @ part, alpha[rows])
    return alpha, held_out


def invert_triangle(L: Array) -> None:
    """Put the inverse of a lower triangular matrix in its place, by halves: nearly all of it is products.

    With L = [A 0; B C] it is [A⁻¹ 0; −C⁻¹·B·A⁻¹  C⁻¹].

    Example:
        >>> L = np.array([[2.0, 0.0], [1.0, 4.0]])
        >>> invert_triangle(L)
        >>> L.tolist()
        [[0.5, 0.0], [-0.125, 0.25]]
    """
    if len(L) <= _BLOCK:
        L[:] = np.tril(np.linalg.inv(L))
        return
    h = len(L) // 2
    invert_triangle(L[:h, :h])
    invert_triangle(L[h:, h:])
    L[h:, :h] = -L[h:, h:] @ (L[h:, :h] @ L[:h, :h])


def odds_of(F: Array, y: NDArray[np.int64], weights: Array | None = None) -> tuple[float, Array]:
    """The a and c of p = softmax(a·F + c) that make the given classes likeliest, by Newton's steps.

    A prior (a of 5 ± 3, each c of 0 ± 1, as much as one row) decides where rows are few or all are right.

    Args:
        F: a number for each class (n, k), such as a kernel machine's answers to rows that were held out.
        y: class numbers (n,).
        weights: of the rows (n,), or None.

    Example:
        >>> F = np.array([[0.9, 0.1], [0.1, 0.9]] * 50)
        >>> a, c = odds_of(F, np.array([0, 1] * 45 + [1, 0] * 5))  # 90 % are right
        >>> round(float(1 / (1 + np.exp(-a * 0.8))), 2), np.abs(c).round(2).tolist()
        (0.9, [0.0, 0.0])
    """
    n, k = F.shape
    w = np.full(n, 1.0) if weights is None else weights / weights.mean()
    theta = np.concatenate([[5.0], np.zeros(k)])
    centre, inverse = theta.copy(), np.concatenate([[1 / 9], np.ones(k)])
    truth = np.eye(k)[y]
    for _ in range(30):
        p = softmax(theta[0] * F + theta[1:])
        off, mean = (p - truth) * w[:, None], (p * F).sum(axis=1)
        slope = np.concatenate([[(off * F).sum()], off.sum(axis=0)]) + (theta - centre) * inverse
        curve = np.diag(inverse)
        curve[0, 0] += (w * ((p * F**2).sum(axis=1) - mean**2)).sum()
        curve[0, 1:] += ((p * (F - mean[:, None])) * w[:, None]).sum(axis=0)
        curve[1:, 0] = curve[0, 1:]
        curve[1:, 1:] += np.diag((p * w[:, None]).sum(axis=0)) - (p * w[:, None]).T @ p
        step = np.linalg.solve(curve, slope)
        theta -= step * min(1.0, 2 / (np.abs(step).max() or 1.0))  # a far step may overshoot
        theta[0] = max(theta[0], 0.1)
        if np.abs(step).max() < 1e-8:
            break
    return float(theta[0]), theta[1:]


def softmax(z: Array) -> Array:
    """eᶻ/Σeᶻ of each row (n, k)."""
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return np.asarray(e / e.sum(axis=1, keepdims=True))
