"""Commands that take groups of options: a dataclass in a signature stands for an option for each of its fields."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import MISSING, fields, is_dataclass
from functools import wraps
from inspect import Parameter, Signature, signature
from typing import Any, get_type_hints


def command(function: Callable[..., None]) -> Callable[..., None]:
    """The function as Typer needs it, with every option spelled out in its signature.

    Each parameter whose type is a dataclass becomes parameters of the fields' names, types and defaults, in its place
    and in their order; fields that are dataclasses, too. When it is called, the dataclasses are made again.

    Example:
        >>> from dataclasses import make_dataclass
        >>> Size = make_dataclass("Size", [("width", int, 80), ("height", int, 25)])
        >>> def show(text: str, *, size: Size) -> None:
        ...     print(text, size)
        >>> command(show).__signature__
        <Signature (*, text: str, width: int = 80, height: int = 25)>
        >>> command(show)(text="hello", width=40, height=25)
        hello Size(width=40, height=25)
    """
    given = list(signature(function, eval_str=True).parameters.values())
    options = [option for parameter in given for option in _options(parameter)]

    @wraps(function)
    def run(**values: Any) -> None:
        function(**{parameter.name: _value(parameter.name, parameter.annotation, values) for parameter in given})

    run.__signature__ = Signature(options)  # type: ignore[attr-defined]
    run.__annotations__ = {option.name: option.annotation for option in options}
    return run


def _options(parameter: Parameter) -> Iterator[Parameter]:
    if not is_dataclass(parameter.annotation):
        yield parameter.replace(kind=Parameter.KEYWORD_ONLY)
        return
    types = get_type_hints(parameter.annotation, include_extras=True)
    for field in fields(parameter.annotation):
        default = Parameter.empty if field.default is MISSING else field.default
        yield from _options(
            Parameter(field.name, Parameter.KEYWORD_ONLY, default=default, annotation=types[field.name])
        )


def _value(name: str, kind: Any, values: dict[str, Any]) -> Any:
    """What a parameter is given: an option, or the group of options that it stands for."""
    if not is_dataclass(kind):
        return values[name]
    types: Any = get_type_hints(kind, include_extras=True)
    make: Any = kind
    return make(**{field.name: _value(field.name, types[field.name], values) for field in fields(kind)})
