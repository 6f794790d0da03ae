"""Forward pass, BP1–BP4 and update with a network's own numbers."""

from clearprop.explain.derivation.derive import derive
from clearprop.explain.derivation.elements import Elements
from clearprop.explain.derivation.explanation import Explanation
from clearprop.explain.derivation.source import DerivationSource
from clearprop.explain.derivation.symbols import NOTATIONS, ElementPlace, Notation, symbol
from clearprop.explain.derivation.writer import Writer

__all__ = [
    "NOTATIONS",
    "DerivationSource",
    "ElementPlace",
    "Elements",
    "Explanation",
    "Notation",
    "Writer",
    "derive",
    "symbol",
]
