"""What may be said of the parameters of a layer: which are trained, and by how much of η and λ."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, field, fields
from typing import Any, NamedTuple

import numpy as np

from clearprop.errors import InvalidValueError, unknown_name
from clearprop.nn.parameter import Role


class ShortRepr:
    """Shows only the fields that are not at their defaults: Dense(4, activation='tanh')."""

    def __repr__(self) -> str:
        shown = []
        for f in sorted(fields(self), key=lambda f: f.kw_only is True):  # type: ignore[arg-type]
            value = getattr(self, f.name)
            if f.default is MISSING:
                shown.append(repr(value))
            elif value != f.default:
                shown.append(f"{f.name}={value!r}")
        return f"{type(self).__name__}({', '.join(shown)})"


@dataclass(frozen=True)
class ByParameter:
    """A setting that is not the same for all parameters of a layer: a mapping that can be hashed."""

    items: tuple[tuple[str, Any], ...]

    def __repr__(self) -> str:
        return repr(dict(self.items))


class _Rule(NamedTuple):
    """Which values a setting may have."""

    allows: Callable[[Any], bool]
    plain: type
    expected: str


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)


_RULES = {
    "trainable": _Rule(lambda v: isinstance(v, bool | np.bool_), bool, "True or False"),
    "learning_rate_factor": _Rule(lambda v: _is_number(v) and 0 < v < math.inf, float, "a positive number"),
    "decay_factor": _Rule(lambda v: _is_number(v) and 0 <= v < math.inf, float, "a number ≥ 0"),
}


@dataclass(frozen=True, repr=False)
class Learned(ShortRepr):
    """A layer with parameters, and how they are trained. Each setting is one value, or a value for each: {"b": False}.

    Attributes:
        trainable: whether they are learned; frozen ones get no gradient and keep their value.
        learning_rate_factor: what the learning rate is multiplied by for them.
        decay_factor: what the weight decay is multiplied by. One number is for the weights; by name, as in {"b": 1},
            other parameters decay as well, which otherwise do not.
    """

    trainable: Any = field(default=True, kw_only=True)
    learning_rate_factor: Any = field(default=1.0, kw_only=True)
    decay_factor: Any = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        for name, rule in _RULES.items():
            given = getattr(self, name)
            if given is not None or name != "decay_factor":
                object.__setattr__(self, name, self._checked(name, given, rule))
        if isinstance(self.decay_factor, float) and "weight" not in self.parts().values():
            first = next(iter(self.parts()))
            raise InvalidValueError(
                f"decay_factor={self.decay_factor:g} of {type(self).__name__}, which has no weights",
                "a factor by name, for parameters that otherwise do not decay",
                f"decay_factor={{{first!r}: {self.decay_factor:g}}}",
            )

    def parts(self) -> Mapping[str, Role]:
        """The letters of its parameters, and what each is for."""
        raise NotImplementedError

    def settings(self, letter: str) -> dict[str, Any]:
        """What a scope is to be told of the parameter of this letter."""
        role = self.parts()[letter]
        decay = self._of("decay_factor", letter)
        by_name = isinstance(self.decay_factor, ByParameter)
        return {
            "role": role,
            "trainable": self._of("trainable", letter),
            "learning_rate_factor": self._of("learning_rate_factor", letter),
            "decay_factor": decay if by_name or role == "weight" else None,
        }

    def _of(self, name: str, letter: str) -> Any:
        given = getattr(self, name)
        if not isinstance(given, ByParameter):
            return given
        default = type(self).__dataclass_fields__[name].default
        return dict(given.items).get(letter, default)

    def _checked(self, name: str, given: Any, rule: _Rule) -> Any:
        """One value, or values by letter, as plain numbers."""
        if isinstance(given, ByParameter):
            given = dict(given.items)
        if not isinstance(given, Mapping):
            return self._plain(name, given, rule)
        unknown = [letter for letter in given if letter not in self.parts()]
        if unknown:
            raise unknown_name(f"parameter in {name} of {type(self).__name__}:", unknown[0], sorted(self.parts()))
        return ByParameter(tuple((letter, self._plain(name, value, rule)) for letter, value in given.items()))

    def _plain(self, name: str, value: Any, rule: _Rule) -> Any:
        if not rule.allows(value):
            letters = ", ".join(f"{letter!r}: …" for letter in self.parts())
            raise InvalidValueError(
                f"{name} of {type(self).__name__} = {value!r}", f"{rule.expected}, or one for each as {{{letters}}}"
            )
        return rule.plain(value)
