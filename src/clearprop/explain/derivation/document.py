"""A derivation as a document: sections of steps, each with its words and its equations; nothing of any notation."""

from __future__ import annotations

from dataclasses import dataclass

from clearprop.messages.language import Language
from clearprop.present.formula import Math

Equation = tuple[Math, ...]  # its sides, with = between them


@dataclass(frozen=True)
class Step:
    """One value and how it follows.

    Attributes:
        name: of the value: "z1", "dW2".
        heading: what it is, in words.
        equations: the formula, the numbers put in, the result; then the general rule's and the elements'.
        notes: sentences.
    """

    name: str
    heading: str
    equations: tuple[Equation, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Section:
    """Steps under a title: forward pass, backward pass, update."""

    title: str
    intro: tuple[str, ...]
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Document:
    """What is derived, in one language."""

    title: str
    lang: Language
    intro: tuple[str, ...]
    sections: tuple[Section, ...]
