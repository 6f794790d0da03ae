"""Activations that exporters write as several nodes: SiLU, Mish, softsign, and GELU by erf."""

from __future__ import annotations

from collections import Counter

import numpy as np

from clearprop.execute import Array
from clearprop.interop.incoming.onnx_model import Step

_LONGEST = 6
Form = tuple[object, ...] | float | str

_ROOT, _HALF = 2**0.5, 0.5
_X = "x"
_CDF: tuple[Form, ...] = tuple(("Add", ("Erf", inner), 1.0) for inner in (("Div", _X, _ROOT), ("Mul", _X, 1 / _ROOT)))
# What a value is made of, and the operator that it is. Factors may come in any order.
_PATTERNS: dict[Form, str] = {
    ("Mul", _X, ("Sigmoid", _X)): "Swish",
    ("Mul", _X, ("Tanh", ("Softplus", _X))): "Mish",
    ("Div", _X, ("Add", ("Abs", _X), 1.0)): "Softsign",
    **{
        form: "Gelu"
        for cdf in _CDF
        for form in (
            ("Mul", ("Mul", _X, cdf), _HALF),
            ("Mul", _X, ("Mul", cdf, _HALF)),
            ("Mul", ("Mul", _X, _HALF), cdf),
        )
    },
}


def recognised(
    step: Step, later: list[Step], x: str, constants: dict[str, Array], uses: Counter[str]
) -> tuple[Step, list[Step]] | None:
    """One step in place of the nodes that make an activation of x, and the steps behind them; None where there is none.

    Args:
        step: the first node that takes x.
        later: those behind it.
        x: a value that is used more than once.
        constants: arrays by name.
        uses: how often each value is used.
    """
    forms: dict[str, Form] = {x: _X}
    used: Counter[str] = Counter()
    for i, each in enumerate([step, *later][:_LONGEST]):
        if each.op == "Constant" or any(n not in forms and not _is_number(n, constants) for n in each.inputs):
            break
        used.update(each.inputs)
        form = _form(each, [forms[n] if n in forms else _number(constants[n]) for n in each.inputs])
        inner = [name for name in forms if name != x]
        if form in _PATTERNS and all(uses[name] == used[name] for name in (x, *inner)):
            return Step(_PATTERNS[form], each.name, [x], each.outputs), later[i:]
        forms[each.outputs[0]] = form
    return None


def _form(step: Step, inputs: list[Form]) -> Form:
    if step.attributes:
        return (step.op, "with attributes")
    if step.op in ("Add", "Mul") and len(inputs) == 2:  # numbers last, x first
        inputs = sorted(inputs, key=lambda form: (isinstance(form, float), form != _X, len(str(form))))
    return (step.op, *inputs)


def _is_number(name: str, constants: dict[str, Array]) -> bool:
    return name in constants and constants[name].size == 1 and constants[name].dtype.kind == "f"


def _number(a: Array) -> float:
    """A constant as one of those in the patterns, if it is one to single precision."""
    value = float(a.reshape(-1)[0])
    near = (known for known in (_ROOT, 1 / _ROOT, _HALF, 1.0) if np.isclose(value, known, rtol=1e-6, atol=0))
    return next(near, value)
