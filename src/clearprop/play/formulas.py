"""The formula of what is clicked: its symbols, then its numbers, then the result; from the derivation of the step."""

from __future__ import annotations

from typing import Any

from clearprop.errors import InvalidValueError
from clearprop.play.bench import Bench
from clearprop.present.writers import json_of


def formula(bench: Bench, name: str, index: list[int] | None = None, *, symbols: bool = False) -> dict[str, Any]:
    """The derivation of a value of the next step, or of one element of it.

    Args:
        bench: whose step.
        name: of the value.
        index: of an element, counted from 0 as in the arrays; the sample first where there are samples.
        symbols: whether it is written without its numbers.

    Raises:
        ClearpropError: if there is no such value.
    """
    trace, view = bench.trace(), bench.state.view
    only = name
    if index is not None and not symbols:
        if not isinstance(index, list) or not all(type(k) is int for k in index):
            raise InvalidValueError(f"index {index!r:.40}", "whole numbers")
        turned = view.convention == "column" and len(index) == 2 and _is_parameter(bench, name)
        only = f"{name}[{','.join(str(k + 1) for k in (index[::-1] if turned else index))}]"
    detail = "formulas" if symbols else "values"
    found = trace.explain(
        view.lang,
        view.convention,
        detail,
        only=only,
        optimizer=bench.optimizer,
        digits=view.digits,
        notation=view.notation,
    )
    return json_of(found.document, found.lang, mathml=True)


def _is_parameter(bench: Bench, name: str) -> bool:
    """Whether a value has the shape of a parameter: the parameter, its gradient, its new value."""
    trace = bench.trace()
    names = [*bench.network.parameters, *(str(n) for n in trace.backward_names if n.of and n.of.role == "parameter")]
    return name in names or name.endswith("'")
