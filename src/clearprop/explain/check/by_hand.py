"""The check of a backward pass that someone wrote by hand, in NumPy: a loss as a function, and its gradients."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from clearprop.errors import InvalidValueError, ShapeError, unknown_name
from clearprop.execute import Array, as_array
from clearprop.explain.check.compare import Settings, TensorCheck, compare, largest_entry
from clearprop.explain.check.looks import Case, looks_like
from clearprop.explain.check.report import GradientCheck
from clearprop.explain.check.slopes import LossOfArray, central_slope, complex_slope, unit_of
from clearprop.graph import Name, show_shape
from clearprop.messages import Message, checked_language


def check_gradients_of(
    loss: Callable[..., Any],
    parameters: Mapping[str, ArrayLike],
    gradients: Mapping[str, ArrayLike],
    *,
    tolerance: float = 1e-6,
    method: Literal["auto", "complex", "central"] = "auto",
    entries: int = 24,
    seed: int = 0,
    lang: str = "en",
) -> GradientCheck:
    """Check gradients that were computed by hand against slopes of the loss.

    The loss is called with the parameters by name, `loss(W1=…, b1=…)`, again and again with one of them changed. The
    slopes are complex steps where the function takes complex numbers and agrees with differences, else central
    differences; an entry whose slope differs to the left and to the right is left out, and counted.

    Args:
        loss: a function of the parameters, by name, that gives a number, always the same for the same parameters.
        parameters: arrays by name.
        gradients: ∂L/∂parameter for each name, of the parameter's shape.
        tolerance, method, entries, seed, lang: as in `check_gradients`.

    Raises:
        UnknownNameError: if the names do not agree.
        ShapeError: if a gradient has not its parameter's shape, or the loss is no single number.
        DTypeError: if parameters or gradients hold no numbers.
        InvalidValueError: if the loss is not finite, or another at the second call.

    Example:
        >>> x, y = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([1.0, 0.0])
        >>> def loss(w):
        ...     return np.sum((x @ w - y) ** 2)
        >>> w = np.array([0.5, -0.5])
        >>> check_gradients_of(loss, {"w": w}, {"w": 2 * x.T @ (x @ w - y)}).ok
        True
        >>> print(check_gradients_of(loss, {"w": w}, {"w": x.T @ (x @ w - y)}).sentences()[-1])
        dw: it is half of what it should be: the 2 of a square's derivative is forgotten.
    """
    settings, spoken = Settings(tolerance, method, entries, seed), checked_language(lang)
    given = {Name("parameter", name): _numbers(name, value) for name, value in parameters.items()}
    found = {name: _numbers(f"the gradient by {name}", value) for name, value in gradients.items()}
    _require_a_match(given, found)
    value = _require_a_function(loss, given)
    checks: dict[str, TensorCheck] = {}
    for name, parameter in given.items():
        check = compare(name, found[name], _loss_of(name, loss, given), largest_entry(found.values()), settings)
        looks = looks_like(Case(check, found[name], parameter)) if check.verdict == "wrong" else ()
        checks[name] = replace(check, looks=looks)
    title = Message("check.title_of_function", loss=value)
    return GradientCheck(title, checks, tolerance, place=_place(checks), lang=spoken)


def _place(checks: Mapping[str, TensorCheck]) -> Message | None:
    """Where the mistake lies, if the parameters are called W1, b1, W2, b2, …: in the last layer that is wrong."""
    for layer in range(len(checks), 0, -1):
        W, b = (checks.get(Name.parameter(letter, layer)) for letter in "Wb")
        if W is None or b is None:
            continue
        wrong = W.verdict == "wrong", b.verdict == "wrong"
        if any(wrong):
            key = "check.before_both" if all(wrong) else "check.in_itself" if wrong[0] else "check.in_the_bias"
            return Message(key, layer=layer)
    return None


def _loss_of(name: Name, loss: Callable[..., Any], given: Mapping[Name, Array]) -> LossOfArray:
    """The loss as a function of one parameter, on complex numbers too where the function takes them."""

    def call(x: Array) -> Any:
        return loss(**{other: x if other == name else a.copy() for other, a in given.items()})

    def real(x: Array) -> tuple[float, None]:
        with np.errstate(all="ignore"):
            return float(call(x)), None

    def on_complex(x: Array) -> complex:
        with np.errstate(all="ignore"):
            return complex(call(x))

    made = LossOfArray(given[name], real, on_complex)
    return made if _takes_complex(made) else replace(made, complex=None)


def _takes_complex(loss: LossOfArray) -> bool:
    """Whether a complex step gives the slope of central differences: abs and comparisons lose the imaginary part."""
    v = np.random.default_rng(0).normal(size=loss.at.shape)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # NumPy warns where it discards the imaginary part
            exact = complex_slope(loss, v)
    except Exception:  # whatever a function does that was not made for complex numbers
        return False
    measured = central_slope(loss, v, unit_of(loss.at), lambda slope: False)
    return measured is not None and bool(
        abs(exact.value - measured.value) <= 1e-6 * abs(measured.value) + 2 * measured.uncertainty
    )


def _numbers(what: str, value: ArrayLike) -> Array:
    return as_array(what, value).astype(np.float64)


def _require_a_match(parameters: Mapping[Name, Array], gradients: Mapping[str, Array]) -> None:
    for name in gradients:
        if name not in parameters:
            raise unknown_name("parameter", name, list(parameters))
    for name, parameter in parameters.items():
        if name not in gradients:
            raise unknown_name("gradient", name, list(gradients))
        if gradients[name].shape != parameter.shape:
            hint = "is it transposed?" if gradients[name].shape == parameter.shape[::-1] else None
            got = f"the gradient by {name} has shape {show_shape(gradients[name].shape)}"
            raise ShapeError(got, f"{show_shape(parameter.shape)}, as {name}", hint)


def _require_a_function(loss: Callable[..., Any], parameters: Mapping[Name, Array]) -> float:
    """The loss, called twice."""
    values = []
    for _ in range(2):
        value = np.asarray(loss(**{name: a.copy() for name, a in parameters.items()}))
        if value.size != 1 or value.dtype.kind not in "biuf":
            got = f"the loss is of shape {show_shape(value.shape)} and dtype {value.dtype}"
            raise ShapeError(got, "one real number")
        values.append(float(value.reshape(())))
    first, second = values
    if not np.isfinite(first):
        raise InvalidValueError(f"the loss is {first}", "a finite loss")
    if first != second:
        raise InvalidValueError(
            f"the loss is {first!r} at first and {second!r} at the second call",
            "the same number for the same parameters",
            "draw random numbers outside the function, or change the parameters of a copy only",
        )
    return first
