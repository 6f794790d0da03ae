"""What users pass as X, y and weights: it is checked and brought to one shape and dtype, once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from clearprop.arrays import all_finite, place_of
from clearprop.errors import DTypeError, InvalidValueError, ShapeError, plural
from clearprop.execute import Array, as_array
from clearprop.graph import DTYPES, show_shape
from clearprop.nn import Loss, MultiTask, TargetForm
from clearprop.nn.multitask import LEAST

TEXT = "for a table with text columns use `clearprop train` or cp.TableModel, which encode them"


def _array(name: str, given: Any) -> Array:
    return as_array(name, given, hint=TEXT)


def _require_finite(name: str, array: Array) -> None:
    if array.dtype.kind == "f" and not all_finite(array):
        wrong = ~np.isfinite(array)
        raise InvalidValueError(
            f"{name} has {array[wrong][0]}{place_of(wrong)}",
            "finite numbers",
            "drop or fill missing values before training",
        )


def as_dtype(name: str, array: Array, dtype: str) -> Array:
    """An array of finite numbers in the network's dtype, in which they must be finite too."""
    if array.dtype == DTYPES[dtype]:
        flags = array.flags
        as_it_is = flags.c_contiguous and flags.aligned and type(array) is np.ndarray
        return array if as_it_is else np.require(array, None, ["C", "A"])
    with np.errstate(over="ignore"):
        cast: Array = np.ascontiguousarray(array, DTYPES[dtype])
    if not all_finite(cast):
        bad = array[~np.isfinite(cast)][0]
        raise InvalidValueError(
            f"{name} has {bad:g}, too large for {DTYPES[dtype]}",
            f"numbers up to {np.finfo(DTYPES[dtype]).max:.1g}",
            "standardise the columns, or use Network(dtype='float64')",
        )
    return cast


def as_features(X: Any, n_inputs: int, dtype: str) -> Array:
    """X as an (N, n_inputs) array; one sample (n_inputs,) becomes one row.

    Raises:
        ShapeError: if the number of columns is wrong or there are no rows.
        DTypeError: if it does not hold numbers.
        InvalidValueError: if it holds NaN or infinities.
    """
    array = _array("X", X)
    rows = array[None, :] if array.ndim == 1 and array.shape == (n_inputs,) else array
    if rows.ndim != 2 or rows.shape[1] != n_inputs:
        raise ShapeError(
            f"X has shape {show_shape(array.shape)}", f"(N, {n_inputs}), a column per input of the network"
        )
    if not len(rows):
        raise ShapeError("X has no rows", "at least one")
    _require_finite("X", rows)
    return as_dtype("X", rows, dtype)


def as_targets(y: Any, loss: Loss, n_outputs: int, n_rows: int, dtype: str) -> tuple[Array, TargetForm]:
    """y as the loss wants it: integer labels (N,), or rows of numbers (N, n_outputs).

    Raises:
        ShapeError: if the shape fits neither.
        DTypeError: if it does not hold numbers.
        InvalidValueError: for NaN, labels out of range, probabilities that are none.
    """
    array = _array("y", y)
    if n_rows == 1 and (array.ndim == 0 or (n_outputs > 1 and array.shape == (n_outputs,))):
        array = array[None]  # the target of one sample
    if array.ndim == 0:
        raise ShapeError("y is a single number", f"{plural(n_rows, 'row')}, as X")
    if len(array) != n_rows:
        raise ShapeError(f"y has {plural(len(array), 'row')}", f"{n_rows}, as X")
    if isinstance(loss, MultiTask):
        return _as_several(array, loss, n_rows, dtype), "rows"
    _require_finite("y", array)
    if loss.target == "classes":
        return _as_classes(array, n_outputs, dtype)
    rows = array[:, None] if array.ndim == 1 and n_outputs == 1 else array
    if rows.shape != (n_rows, n_outputs):
        wanted = f"(N, {n_outputs})" + (" or (N,)" if n_outputs == 1 else "")
        raise ShapeError(f"y has shape {show_shape(array.shape)}", f"{wanted}, a column per output of the network")
    if loss.target == "binary" and not ((rows >= 0) & (rows <= 1)).all():
        bad = rows[(rows < 0) | (rows > 1)][0]
        raise InvalidValueError(
            f"target {bad:g}", "0 or 1 (or a probability)", "for more than two classes use loss='cross_entropy'"
        )
    return as_dtype("y", rows, dtype), "rows"


def _as_several(array: Array, loss: MultiTask, n_rows: int, dtype: str) -> Array:
    """The targets of several tasks (N, k), each checked as its own loss wants it; NaN where one is not known."""
    if array.shape != (n_rows, loss.width):
        raise ShapeError(f"y has shape {show_shape(array.shape)}", f"(N, {loss.width}), a column per output, one-hot")
    checked = np.full(array.shape, np.nan, DTYPES[dtype])
    for part, start, stop in loss.ranges():
        columns = array[:, start:stop]
        is_gap = np.isnan(columns).all(axis=1) if loss.gaps and columns.dtype.kind == "f" else np.zeros(n_rows, bool)
        there = np.where(np.expand_dims(is_gap, 1), 0, columns)  # with all rows, as an error counts them
        _require_finite(f"y[:, {start}:{stop}]", there)
        known = columns[~is_gap]
        if (known <= LEAST).any():
            raise InvalidValueError(f"target {known.min():g}", f"numbers above {LEAST:g}", "standardise the targets")
        if len(known):
            rows, _ = as_targets(known, part, stop - start, len(known), dtype)
            checked[~is_gap, start:stop] = rows if rows.ndim == 2 else np.eye(stop - start)[rows]
    return checked


def _as_classes(array: Array, k: int, dtype: str) -> tuple[Array, TargetForm]:
    labels = array[:, 0] if array.shape[1:] == (1,) else array
    if labels.ndim == 1:
        integers = labels.astype(np.int64)
        wrong = (integers != labels) | (integers < 0) | (integers >= k)
        if wrong.any():
            row = int(np.argmax(wrong))
            raise InvalidValueError(f"label {labels[row]} at row {row}", f"integers 0 … {k - 1}, one class per output")
        return integers, "labels"
    if array.shape[1:] != (k,):
        raise ShapeError(f"y has shape {show_shape(array.shape)}", f"(N,) labels or (N, {k}) probabilities")
    if (array < 0).any() or not np.allclose(array.sum(axis=1), 1.0, atol=1e-4):
        raise InvalidValueError("rows of y that are not distributions", "numbers ≥ 0 that sum to 1 in each row")
    if ((array == 0) | (array == 1)).all():
        return np.argmax(array, axis=1).astype(np.int64), "labels"
    return np.ascontiguousarray(array, DTYPES[dtype]), "rows"


def as_weights(sample_weight: Any, class_weight: Any, y: Array, form: TargetForm, n_outputs: int) -> Array | None:
    """Sample and class weights as one weight per row, float64, of which only the ratios count; None if there are none.

    Scaled to mean 1 over the training rows they make the loss Σ wᵢℓᵢ / N. (PyTorch divides by Σw of the batch instead.)

    Args:
        sample_weight: (N,) numbers ≥ 0, or None.
        class_weight: {class: weight}, "balanced" for weights ∝ 1/frequency, or None.
        y: targets as returned by `as_targets`, with their form.
        n_outputs: of the network, for the number of classes.

    Raises:
        ShapeError, DTypeError, InvalidValueError: for weights that do not fit.
    """
    if sample_weight is None and class_weight is None:
        return None
    weights = np.ones(len(y))
    if sample_weight is not None:
        weights = _array("sample_weight", sample_weight).astype(np.float64)
        if weights.shape != (len(y),):
            raise ShapeError(f"sample_weight has shape {show_shape(weights.shape)}", f"({len(y)},), one per row")
        _require_finite("sample_weight", weights)
        weights = _enlarged("sample_weight", weights)
    if class_weight is not None:
        of_class = _enlarged("class_weight", _weight_of_class(class_weight, _classes_of(y, form), n_outputs))
        weights = _enlarged("weights", weights * (of_class / of_class.max()))
    return weights


def _enlarged(name: str, weights: Array) -> Array:
    """Weights whose largest is 2¹⁰²³, near the largest number: so the smallest beside it are no 0, nor lose digits."""
    if (weights < 0).any():
        row = int(np.argmax(weights < 0))
        raise InvalidValueError(f"{name} is {weights[row]:g} in row {row}", "weights ≥ 0")
    largest = weights.max(initial=0.0)
    if largest == 0:
        raise InvalidValueError(f"{name} is 0 in every row", "weights ≥ 0, some of them > 0")
    mantissa, exponent = np.frexp(largest)
    scaled: Array = np.ldexp(weights, 1023 - exponent) / mantissa
    return scaled


def _classes_of(y: Array, form: TargetForm) -> Array:
    if form == "labels":
        return y
    if y.shape[1] == 1 and ((y == 0) | (y == 1)).all():
        return y[:, 0].astype(np.int64)
    raise InvalidValueError(
        "class_weight with targets that are not class labels", "integer labels", "use sample_weight"
    )


def _weight_of_class(class_weight: Any, labels: Array, n_outputs: int) -> Array:
    if isinstance(class_weight, str) and class_weight == "balanced":
        counts = np.bincount(labels)
        return (len(labels) / (np.count_nonzero(counts) * np.maximum(counts, 1)))[labels]
    if not isinstance(class_weight, Mapping):
        raise DTypeError(f"class_weight {class_weight!r}", "{class: weight} or 'balanced'")
    k = max(n_outputs, 2)  # one output tells two classes apart
    unknown = sorted(set(class_weight) - set(range(k)), key=str)
    if unknown:
        raise InvalidValueError(f"class_weight for {unknown[0]!r}", f"classes 0 … {k - 1}")
    try:
        by_class = np.asarray([class_weight.get(i, 1.0) for i in range(k)])
    except ValueError:  # lists among them
        by_class = np.empty(0)
    if by_class.shape != (k,) or by_class.dtype.kind not in "biuf" or not np.isfinite(by_class).all():
        raise InvalidValueError(f"class_weight {dict(class_weight)!r}", "a finite number for each class")
    of_row: Array = by_class[labels]
    return of_row
