"""The parts of a derivation: steps, one for each value, in sections."""

from __future__ import annotations

from collections.abc import Iterable

from clearprop.messages import Message, Words
from clearprop.present.document import Equation, Equations, Paragraph, Section


def step(name: str, heading: Words, equations: Iterable[Equation] = (), notes: Iterable[Words] = ()) -> Section:
    """One value and how it follows.

    Args:
        name: of the value: "z1", "dW2".
        heading: what it is, in words.
        equations: the formula, the numbers put in, the result; then the general rule's and the elements'.
        notes: sentences.
    """
    shown = tuple(equations)
    blocks = ((Equations(shown),) if shown else (), *((Paragraph.of(note, kind="note"),) for note in notes))
    return Section(heading, tuple(block for some in blocks for block in some), name, "step")


def part(key: str, intro: Iterable[Message], steps: Iterable[Section]) -> Section:
    """Steps under a title: forward pass, backward pass, update."""
    return Section(Message(key), (*(Paragraph.of(words, kind="soft") for words in intro), *steps))
