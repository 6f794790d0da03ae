"""The general rules, BP1–BP4, beside which each step puts this network's own formula."""

from __future__ import annotations

from clearprop.explain.derivation.document import Equation
from clearprop.explain.derivation.source import Source
from clearprop.explain.derivation.symbols import differentiated
from clearprop.explain.math import parse

_L = "{[l]}"
_NEXT = "{[l + 1]}"
_BEFORE = "{[l - 1]}"
_RULES = {  # rule → (row convention, column convention)
    "BP1": (
        r"\delta^{[L]}",
        r"\nabla_a L \odot \mathrm{f}^{\prime}(z^{[L]})",
        r"\nabla_a L \odot \mathrm{f}^{\prime}(z^{[L]})",
    ),
    "BP2": (
        rf"\delta^{_L}",
        rf"(\delta^{_NEXT} \cdot W^{{[l + 1]\top}}) \odot \mathrm{{f}}^{{\prime}}(z^{_L})",
        rf"(W^{{[l + 1]\top}} \cdot \delta^{_NEXT}) \odot \mathrm{{f}}^{{\prime}}(z^{_L})",
    ),
    "BP3": (r"\frac{\partial L}{\partial b^{[l]}}", rf"\delta^{_L}", rf"\delta^{_L}"),
    "BP3 batch": (r"\frac{\partial L}{\partial b^{[l]}}", r"\sum_i \delta^{[l](i)}", r"\sum_i \delta^{[l](i)}"),
    "BP4": (
        r"\frac{\partial L}{\partial W^{[l]}}",
        rf"a^{{[l - 1]\top}} \cdot \delta^{_L}",
        rf"\delta^{_L} \cdot a^{{[l - 1]\top}}",
    ),
}


def rule_of(name: str, source: Source) -> list[Equation]:
    """The general rule that a step is a case of, if it is one of the four."""
    rule = rule_name(name, source)
    if rule is None:
        return []
    left, row, column = _RULES["BP3 batch" if rule == "BP3" and source.values.samples > 1 else rule]
    return [(parse(left), parse(column if source.column else row))]


def rule_name(name: str, source: Source) -> str | None:
    """BP1 … BP4, or None: for the values between them, and where softmax makes BP1's ⊙ wrong."""
    of = differentiated(name)
    if of is None:
        return None
    letter, layer = of[0], of[1:]
    if letter == "W" and layer.isdigit():
        return "BP4"
    if letter == "b" and layer.isdigit():
        return "BP3"
    if letter != "z" or not layer.isdigit() or not is_elementwise(int(layer), source):
        return None
    return "BP1" if int(layer) == source.values.architecture.depth else "BP2"


def is_elementwise(layer: int, source: Source) -> bool:
    """Whether a[l] follows from z[l] entry by entry, so that f′ stands behind a ⊙."""
    node = source.graph.named.get(f"a{layer}")
    while node is not None and node.name != f"z{layer}":
        floats = [x for x in node.inputs if x.type.is_float and x.op.kind != "leaf"]
        if node.op.kind != "elementwise" or not floats:
            return False
        node = floats[0]
    return node is not None
