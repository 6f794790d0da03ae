"""The general rules, BP1–BP4, beside which each step puts this network's own formula."""

from __future__ import annotations

from clearprop.explain.derivation.arrange import axis_of_sum, is_sum
from clearprop.explain.derivation.source import DerivationSource
from clearprop.explain.derivation.symbols import Notation, differential
from clearprop.graph import Name, Node, substitute, topological, variable
from clearprop.graph.node import is_constant
from clearprop.nn.names import X
from clearprop.present.document import Equation
from clearprop.present.formula import Math, fill, parse

_L = "{[l]}"
_BP1 = r"#da \odot \mathrm{f}^{\prime}(z^{[L]})"
_SLOPE = rf"\odot \mathrm{{f}}^{{\prime}}(z^{_L})"
_BACK, _NEXT = r"#dz^{[l + 1]}", r"W^{[l + 1]\top}"
_BP3 = rf"#dz^{_L}", r"\sum_i #dz^{[l](i)}"
_BP4 = rf"a^{{[l - 1]\top}} \cdot #dz^{_L}", rf"#dz^{_L} \cdot a^{{[l - 1]\top}}"
_RULES = {  # rule → (left side, right side in the row convention, in the column convention)
    "BP1": ("#dz^{[L]}", _BP1, _BP1),
    "BP2": (rf"#dz^{_L}", rf"({_BACK} \cdot {_NEXT}) {_SLOPE}", rf"({_NEXT} \cdot {_BACK}) {_SLOPE}"),
    "BP3": ("#db", _BP3[0], _BP3[0]),
    "BP3 batch": ("#db", _BP3[1], _BP3[1]),
    "BP4": ("#dW", *_BP4),
    "BP4 with penalties": (r"\frac{\partial L_0}{\partial W^{[l]}}", *_BP4),
}
_GRADIENTS: dict[Notation, dict[str, Math]] = {
    "delta": {
        "da": parse(r"\nabla_a L"),
        "dz": parse(r"\delta"),
        "dW": parse(r"\frac{\partial L}{\partial W^{[l]}}"),
        "db": parse(r"\frac{\partial L}{\partial b^{[l]}}"),
    },
    "d": {
        "da": differential(parse("a^{[L]}")),
        "dz": differential(parse("z")),
        "dW": differential(parse("W^{[l]}")),
        "db": differential(parse("b^{[l]}")),
    },
}


def rule_of(name: Name, source: DerivationSource) -> list[Equation]:
    """The general rule that a step is a case of, if it is one of the four and holds to the letter.

    It does not where a normalisation or dropout stands between two layers, where a layer's values go two ways, where
    the bias comes behind the activation, or where weights are used twice.
    """
    rule = rule_name(name, source)
    if rule is None or name.of is None or not _holds(rule, name.of, source):
        return []
    if rule == "BP3" and source.values.samples > 1:
        rule = "BP3 batch"
    if rule == "BP4" and source.has_penalties:
        rule = "BP4 with penalties"
    left, row, column = _RULES[rule]
    gradients = _GRADIENTS[source.notation]
    return [(fill(parse(left), gradients), fill(parse(column if source.column else row), gradients))]


def _holds(rule: str, of: Name, source: DerivationSource) -> bool:
    layer = of.layer or 0
    match rule:
        case "BP1":
            return is_only_way(layer, source)
        case "BP2":
            return is_only_way(layer, source) and comes_through_weights(layer, source)
    gradient, error = source.node(of.gradient), Name.value("z", layer).gradient
    if rule == "BP3":
        return axis_of_sum(gradient) == 0 and source.name_of(gradient.inputs[0]) == error
    # BP4: one product of the layer's input and its error; beside it nothing but penalties on the weights
    before = Name.value("a", layer - 1) if layer > 1 else X
    product, *others = sorted(_terms(gradient), key=lambda term: term.op.kind != "product")
    ends = {source.name_of(end) for term in others for end in source.ends(term)}
    return _is_product(product, source, before, error, "transpose_a") and ends <= {Name.parameter("W", layer)}


def is_only_way(layer: int, source: DerivationSource) -> bool:
    """Whether z[l] reaches the loss through a[l] alone."""
    graph = source.values.layer_graph
    a = graph[Name.value("a", layer)]
    without_a = substitute(graph["L"], {a: variable("a", a.shape, a.dtype)})
    return graph[Name.value("z", layer)] not in topological([without_a])


def comes_through_weights(layer: int, source: DerivationSource) -> bool:
    """Whether ∂L/∂a[l] is δ[l + 1] · W[l + 1]ᵀ and nothing else."""
    a, z, W = Name.value("a", layer), Name.value("z", layer + 1), Name.parameter("W", layer + 1)
    return _is_product(source.node(a.gradient), source, z.gradient, W, "transpose_b")


def _terms(node: Node) -> list[Node]:
    return [term for x in node.inputs for term in _terms(x)] if is_sum(node) else [node]


def _is_product(node: Node, source: DerivationSource, a: Name, b: Name, transposed: str) -> bool:
    is_product = node.op.kind == "product" and dict(node.attrs) == {transposed: True}
    return is_product and tuple(map(source.name_of, node.inputs)) == (a, b)


def rule_name(name: Name, source: DerivationSource) -> str | None:
    """BP1 … BP4, or None: for the values between them, and where softmax makes BP1's ⊙ wrong."""
    of, node = name.of, source.graph.named.get(name)
    if name.role != "gradient" or of is None or of.suffix or of.layer is None:
        return None
    if node is not None and is_constant(node):  # 0, where something stops the gradient
        return None
    match of.role, of.letter:
        case "parameter", "W":
            return "BP4"
        case "parameter", "b":
            return "BP3"
        case "value", "z" if is_elementwise(of.layer, source):
            return "BP1" if of.layer == source.values.architecture.depth else "BP2"
    return None


def is_elementwise(layer: int, source: DerivationSource) -> bool:
    """Whether a[l] follows from z[l] entry by entry and with no stop between, so that f′ stands behind a ⊙."""
    a, z = (source.graph.named.get(Name.value(letter, layer)) for letter in "az")
    if a is None or z is None:
        return False
    following = {z}
    for node in topological([a]):
        if node is not z and not following.isdisjoint(node.inputs):
            stops = node.op.role == "stop" or (node.name is not None and node is not a)
            if stops or node.op.kind != "elementwise":
                return False
            following.add(node)
    return a in following
