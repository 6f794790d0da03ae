"""What `only` asks for: a value by its name or by the letters in which it is printed, or one element of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from clearprop.errors import DTypeError, InvalidValueError, UnknownNameError
from clearprop.explain.derivation.source import DerivationSource
from clearprop.explain.derivation.symbols import NOTATIONS, OUTPUT, WHOLE, ElementPlace, symbol
from clearprop.graph import Name
from clearprop.graph.entries import Index
from clearprop.nn.names import A0, X
from clearprop.present.formula import to_text

_LOWERED = "₀₁₂₃₄₅₆₇₈₉"
_PLAIN = str.maketrans(_LOWERED, "0123456789")
_ELEMENT = re.compile(  # dW2[1,3] and z1[2]; as they are printed: dw[2]₁₃, w[2]_(10,3), a[1](5)₂, a[2](5)
    r"(?P<whole>.+?)(?P<sample>\(\d+\))?"
    rf"(?:\[(?P<index>\d+(?:,\s*\d+)*)\]|(?P<below>[{_LOWERED}]+)|_\((?P<wide>\d+(?:,\d+)*)\)|(?<=\)))"
)


def asked_for(only: str, source: DerivationSource, known: Iterable[Name]) -> tuple[Name, Index | None]:
    """The value that is asked for, and the index of an element, counted from 0; None for all of it.

    Raises:
        DTypeError: for anything but a text.
        UnknownNameError: if there is no such value.
        InvalidValueError: if it has no such element.
    """
    if not isinstance(only, str):
        raise DTypeError(f"only={only!r}", "the name of a value, such as 'dW2' or 'dW2[1,3]'")
    names = list(dict.fromkeys(known))
    found = dict(_spellings(names, source))
    text = only.strip()
    if text in found:
        return found[text], None
    match = _ELEMENT.fullmatch(text)
    if match is None or match["whole"] not in found:
        what = text if match is None else match["whole"]
        raise UnknownNameError(f"no value {what!r} in this trace", "one of: " + ", ".join(names))
    name = found[match["whole"]]
    return name, _index(match, source, name)


def _spellings(names: Iterable[Name], source: DerivationSource) -> Iterator[tuple[str, Name]]:
    """Every way to write a value: dW2, dW[2], dw[2], ∂L/∂W[2], δ[2], δ2, delta2, ŷ; a name counts before all others."""
    for name in names:
        for notation in NOTATIONS:
            first = to_text(symbol(name, ElementPlace((1,)), notation)).removesuffix("₁")
            for text in (to_text(symbol(name, WHOLE, notation)), first):
                for way in (text, text.replace("[", "").replace("]", "")):
                    yield from ((said, name) for said in (way, way.replace("′", "'"), way.replace("δ", "delta")))
    if source.values.output in source.arrays:
        yield from ((way, source.values.output) for way in (to_text(OUTPUT), "yhat"))
    yield from ((name, name) for name in names)
    yield A0, X


def _index(match: re.Match[str], source: DerivationSource, name: Name) -> Index:
    """From numbers as they are printed, counted from 1; the sample of a single one may be left out."""
    of = name.root if name.role == "new" else name  # an optimizer's arrays and new values are shaped as their parameter
    shape, of_samples = source.arrays[of].shape, source.belongs_to_samples(of)
    numbers = [match["sample"][1:-1]] if match["sample"] else []
    if match["below"]:  # ₁₃ is element 1, 3 of a matrix, and element 13 of a row
        below = match["below"].translate(_PLAIN)
        numbers += list(below) if len(shape) - of_samples > 1 else [below]
    else:
        numbers += (match["index"] or match["wide"] or "").split(",") if match["index"] or match["wide"] else []
    turned = source.column and len(shape) == 2 and not of_samples
    found = [int(number) - 1 for number in numbers]
    if of_samples and len(found) == len(shape) - 1:  # a single sample or a layer of a single unit, but no other one
        is_sample = bool(match["sample"]) or (source.values.samples > 1 and bool(match["index"]))
        if not is_sample and source.values.samples == 1:
            found = [0, *found]
        elif is_sample and shape[1:] == (1,):
            found = [*found, 0]
    index = tuple(reversed(found) if turned else found)
    if len(index) != len(shape) or not all(0 <= k < d for k, d in zip(index, shape, strict=True)):
        printed = shape[::-1] if turned else shape
        asked = ",".join(numbers)
        raise InvalidValueError(f"element [{asked}] of {name}", f"numbers from 1, within the shape {printed}")
    return index
