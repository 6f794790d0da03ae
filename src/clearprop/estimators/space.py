"""Which recipes a search tries: the values that a field may have, and the order in which they are drawn."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np

from clearprop.errors import InvalidValueError, unknown_name
from clearprop.estimators.recipe import FIELDS, Recipe
from clearprop.nn import first_value
from clearprop.train import resolve_optimizer

Space = Mapping[str, Sequence[Any]]  # field of a recipe → its values, neighbours beside each other
Changes = dict[str, Any]  # field → value, of those that differ from the first recipe

SEARCHABLE = tuple(f for f in FIELDS[FIELDS.index("pieces") : FIELDS.index("seed")] if f != "members")
_HIDDEN = (64,), (128,), (64, 64), (256,), (128, 32), (128, 128), (512,), (256, 256), (512, 512)
_AT_RANDOM = 9  # trials, before any is made from the best ones
_BEST = 3  # trials that others are made from
_PATIENCE = 1000  # draws, until one is found that was not tried


def usual_space(recipe: Recipe, usual: Recipe) -> dict[str, tuple[Any, ...]]:
    """The values that a search tries if nobody says others; None is what the recipe finds out from the table.

    | field | values |
    |---|---|
    | hidden | one or two layers of 32 to 512 units |
    | activation | relu, mish, silu, gelu, tanh |
    | pieces | none, 8, 16, by the rows, 32, 64 |
    | dropout | 0 to 0.5 |
    | l2 | 0.1, 0.3, 1, 3 and 10 times the default |
    | learning_rate | 0.3, 0.5, 1, 2, 3 and 5 times the usual one, where the optimizer is given by name |
    | batch_size | 0.5, 1, 2 and 4 times the default |
    | epochs | 0.5, 1 and 2 times the default, where the recipe has no number of its own |

    Args:
        recipe: that the search begins with.
        usual: the same with what it leaves open as suits the table.

    Example:
        >>> from clearprop.estimators.suited import suited
        >>> usual_space(Recipe(), suited(Recipe(), 1000))["l2"]
        (0.00025, 0.00075, None, 0.0075, 0.025)
    """
    batch, l2, epochs = usual.batch_size or 1, usual.l2 or 0.0, usual.epochs or 1

    def open_if_usual(name: str, values: Sequence[Any]) -> tuple[Any, ...]:
        own = getattr(usual, name) if getattr(recipe, name) is None else None
        return tuple(None if value == own else value for value in values)

    found: dict[str, tuple[Any, ...]] = {
        "hidden": open_if_usual("hidden", _HIDDEN),
        "activation": open_if_usual("activation", ("relu", "mish", "silu", "gelu", "tanh")),
        "pieces": (0, 8, 16, None, 32, 64),
        "dropout": open_if_usual("dropout", (0.0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5)),
        "l2": _times(l2, 0.1, 0.3, None, 3, 10),
        "batch_size": (batch // 2, None, 2 * batch, 4 * batch),
    }
    if isinstance(recipe.optimizer, str):
        rate = usual.learning_rate or float(first_value(resolve_optimizer(recipe.optimizer).schedule))
        found["learning_rate"] = _times(rate, 0.3, 0.5, None, 2, 3, 5)
    if recipe.epochs is None:
        found["epochs"] = (epochs // 2, None, 2 * epochs)
    return found


def _times(usual: float, *factors: float | None) -> tuple[float | None, ...]:
    """A number times factors, in two digits; None stays."""
    return tuple(None if factor is None else float(f"{usual * factor:.1e}") for factor in factors)


def checked_space(
    given: Space | None, recipe: Recipe, usual: Recipe, fixed: Collection[str]
) -> dict[str, tuple[Any, ...]]:
    """The values to try: those given, or the usual ones of fields that nobody has fixed.

    Args:
        given: field → values, instead of the usual space.
        recipe: that the search begins with.
        usual: the same with what it leaves open as suits the table.
        fixed: fields that stay as they are in the recipe.

    Raises:
        ClearpropError: for a field that cannot be searched, a value that it cannot have, or nothing to choose from.
    """
    if given is None:
        space = {name: values for name, values in usual_space(recipe, usual).items() if name not in fixed}
    else:
        space = {str(name): _checked_values(str(name), values, recipe) for name, values in dict(given).items()}
    if not any(space.values()):
        raise InvalidValueError("a search in which every field is fixed", "values of one field to choose from")
    return space


def _checked_values(name: str, given: Any, recipe: Recipe) -> tuple[Any, ...]:
    if name not in SEARCHABLE:
        raise unknown_name("field to search", name, list(SEARCHABLE))
    if isinstance(given, str) or not isinstance(given, Collection):
        raise InvalidValueError(f"values of {name} {given!r}", "a list of them")
    values = tuple(getattr(recipe.changed(**{name: value}), name) for value in given)
    try:
        json.dumps(values)
    except TypeError:
        raise InvalidValueError(f"values of {name} {given!r}", "names and numbers", "search objects by hand") from None
    return values


def proposed(
    number: int, recipe: Recipe, space: Space, tried: Collection[Changes], ranked: Sequence[Changes]
) -> Changes | None:
    """What the trial of a number changes in the first recipe; None if no other combination was found.

    Trial 1 changes nothing. The next eight, and every third one after them, are drawn at random: each field keeps the
    value of the first recipe with probability ½, else it has any of its values. Each other one takes one of the best
    three so far and gives one or two fields the value beside theirs. So the order is decided by the seed and by the
    scores, whatever the number of trials is.

    Args:
        number: of the trial, from 1.
        recipe: the first one; its seed is that of the order.
        space: field → values.
        tried: what the trials so far changed.
        ranked: what those changed that were judged in full, the best first.

    Example:
        >>> proposed(1, Recipe(), {"hidden": [8, 16]}, [], [])
        {}
        >>> proposed(2, Recipe(), {"hidden": [8, 16]}, [{}, {"hidden": 8}], [{}])
        {'hidden': 16}
    """
    if number == 1:
        return {}
    rng = np.random.Generator(np.random.Philox(np.random.SeedSequence([recipe.seed, number])))
    for _ in range(_PATIENCE):
        if number <= _AT_RANDOM or number % 3 == 0 or not ranked:
            found = _drawn(rng, space)
        else:
            found = _beside(rng, space, recipe, _one_of(rng, ranked[:_BEST]))
        found = {name: value for name, value in found.items() if value != getattr(recipe, name)}
        if found not in tried:
            return found
    return None


def _one_of(rng: np.random.Generator, values: Sequence[Any]) -> Any:
    return values[int(rng.integers(len(values)))]


def _drawn(rng: np.random.Generator, space: Space) -> Changes:
    return {name: _one_of(rng, values) for name, values in space.items() if values and rng.random() < 0.5}


def _beside(rng: np.random.Generator, space: Space, recipe: Recipe, changes: Changes) -> Changes:
    """One or two fields with the value beside theirs, or with any, if theirs is none of the space."""
    names = [name for name, values in space.items() if values]
    found = dict(changes)
    for name in rng.choice(names, size=min(len(names), int(rng.integers(1, 3))), replace=False):
        values, now = list(space[name]), changes.get(name, getattr(recipe, name))
        if now in values:
            at = values.index(now) + (1 if rng.random() < 0.5 else -1)
            found[str(name)] = values[min(max(at, 0), len(values) - 1)]
        else:
            found[str(name)] = _one_of(rng, values)
    return found
