"""Single equations of a derivation, for the text of a page: formula, numbers put in, result."""

from __future__ import annotations

from typing import Any

import clearprop as cp
from clearprop.explain.derivation import Explanation
from clearprop.present.document import Document, Equations


def derived(t: cp.Trace, name: str, **options: Any) -> str:
    """How one value of a trace follows, in LaTeX; options are those of `Trace.explain`."""
    return _longest(t.explain(only=name, **options).document.sections[0].sections)


def updated(t: cp.Trace, name: str, optimizer: Any) -> str:
    """How an optimizer makes the new value of a parameter, in LaTeX; "m.W1" is the optimizer's own m for W1."""
    steps = t.explain(optimizer=optimizer).document.sections[-1].sections
    return _longest([step for step in steps if step.name == f"{name}'"])


def _longest(steps: Any) -> str:
    """The equation with the numbers in it, without its heading."""
    equation = max((e for step in steps for e in step.equations), key=len)
    alone = Document("", (Equations((equation,)),))
    return Explanation(alone).to_markdown().strip()
