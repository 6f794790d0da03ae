"""Arguments of a network and of a fit, checked and brought to one form."""

from __future__ import annotations

import math
from collections.abc import Iterable
from numbers import Real
from typing import Any

import numpy as np

from clearprop.errors import DTypeError, InvalidValueError
from clearprop.network.progress import progress_callback
from clearprop.network.tracking import logging_callback
from clearprop.nn import Scalar, Schedule
from clearprop.train import Callback, EarlyStopping


def require_penalty(name: str, value: float) -> None:
    """Check that a penalty on the weights is a finite number ≥ 0.

    Raises:
        InvalidValueError: if it is not.
    """
    if not isinstance(value, Real) or not 0 <= value < math.inf:
        raise InvalidValueError(f"{name} = {value!r}", "a finite number ≥ 0")


def as_penalty(name: str, value: float | Schedule) -> float | Schedule:
    """A penalty on the weights: a finite number ≥ 0, or a schedule of such.

    Raises:
        InvalidValueError: if it is not.
    """
    if isinstance(value, Schedule):
        return Scalar(value, name).schedule
    require_penalty(name, value)
    return float(value)


def as_truth(name: str, value: Any) -> bool:
    """A truth value, NumPy's too.

    Raises:
        InvalidValueError: for anything else, 0 and 1 among them.
    """
    if not isinstance(value, bool | np.bool_):
        raise InvalidValueError(f"{name} {value!r}", "True or False")
    return bool(value)


def as_held_out(validation: Any) -> tuple[Any, Any, Any]:
    """Held-out X and y, and their weights or None.

    Raises:
        InvalidValueError: for what is neither (X, y) nor (X, y, weights).
    """
    if not isinstance(validation, tuple | list) or len(validation) not in (2, 3):
        raise InvalidValueError(
            f"validation of type {type(validation).__name__}", "(X, y), (X, y, weights), or a share such as 0.1"
        )
    X, y, *weights = validation
    return X, y, weights[0] if weights else None


def as_callbacks(given: Any, progress: Any) -> list[Callback]:
    """One function or several, and behind them what shows the progress; a run of wandb is one that logs.

    Raises:
        DTypeError: for what cannot be called.
    """
    logs = None if callable(given) else logging_callback(given)
    if logs is None and not callable(given) and not isinstance(given, Iterable):
        raise DTypeError(f"callbacks {given!r}", "functions of an Epoch, or what has log(numbers, step=)")
    told = [given] if callable(given) else list(given) if logs is None else [logs]
    if progress:
        told.append(progress_callback() if progress is True else progress)
    return [_as_callback(one) for one in told]


def _as_callback(given: Any) -> Callback:
    found: Callback | None = given if callable(given) else logging_callback(given)
    if found is None:
        raise DTypeError(f"callback {given!r}", "a function of an Epoch, or what has log(numbers, step=)")
    return found


def as_stopping(given: EarlyStopping | int | bool | None, has_validation: bool) -> EarlyStopping | None:
    """A rule for early stopping from a patience, or True; it looks at the held-out rows if there are any."""
    if given is None or given is False:
        return None
    monitor = "validation_loss" if has_validation else "loss"
    if given is True:
        return EarlyStopping(monitor)
    return given if isinstance(given, EarlyStopping) else EarlyStopping(monitor, patience=given)
