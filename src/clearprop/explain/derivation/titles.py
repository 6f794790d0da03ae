"""What a value is, in words: the title of its step forward and backward, and what is to be said of its layer."""

from __future__ import annotations

from collections.abc import Iterator

from clearprop.explain.derivation.general import comes_through_weights, rule_name
from clearprop.explain.derivation.source import DerivationSource
from clearprop.graph import Name
from clearprop.messages import Message
from clearprop.nn import BatchNorm, Dropout, Embedding, LayerNorm, Periodic, PiecewiseLinear, Residual, Scale
from clearprop.nn.names import A0, DATA_LOSS, LOSS, TARGET, X

_GIVEN = {
    X: "derivation.input",
    TARGET: "derivation.target",
    DATA_LOSS: "derivation.data_loss",
    LOSS: "derivation.the_loss",
}
_KINDS = {  # by letter
    "k": "derivation.kinds.near",
    "z": "derivation.kinds.linear",
    "a": "derivation.kinds.activation",
}
_OF_LAYERS = {  # by the layer that makes a value
    BatchNorm: "derivation.kinds.batch_norm",
    LayerNorm: "derivation.kinds.layer_norm",
    Dropout: "derivation.kinds.dropout",
    PiecewiseLinear: "derivation.kinds.piecewise_linear",
    Scale: "derivation.kinds.learned_scale",
    Periodic: "derivation.kinds.periodic",
    Embedding: "derivation.kinds.embedding",
}
_PARAMETERS = {  # by role
    "weight": "derivation.kinds.weights",
    "bias": "derivation.kinds.bias",
    "scale": "derivation.kinds.scale",
    "shift": "derivation.kinds.shift",
    "embedding": "derivation.kinds.embedding",
    "constant": "derivation.kinds.constant",
    "running mean": "derivation.kinds.running_mean",
    "running variance": "derivation.kinds.running_variance",
}
_RULES = {"BP1": "derivation.bp1", "BP3": "derivation.bp3", "BP4": "derivation.bp4"}
_OF_PARAMETERS = {"scale": "derivation.gradient_of_scale", "shift": "derivation.gradient_of_shift"}  # by role


def title(name: Name, source: DerivationSource) -> Message:
    """The title of a value's step."""
    if name == LOSS and source.has_penalties:
        return Message("derivation.loss_with_penalties")
    if name in _GIVEN:
        return Message(_GIVEN[name])
    return _of_gradient(name, source) if name.role == "gradient" else _of_value(name, source)


def _of_value(name: Name, source: DerivationSource) -> Message:
    depth, layer = source.values.architecture.depth, name.layer or 0
    role = Message("derivation.output" if layer == depth else "derivation.hidden")
    what = _kind(name, source)
    if not layer:  # before the first layer with parameters
        return Message("derivation.other", what=what) if what else Message("derivation.before")
    if what is None:
        return Message("derivation.of_layer", l=layer, role=role)
    return Message("derivation.of_layer_what", l=layer, role=role, what=what)


def _kind(name: Name, source: DerivationSource) -> Message | None:
    """What a value is: a weighted sum, what dropout leaves, weights; None where only its layer knows."""
    maker = source.values.architecture.makers.get(name)
    if name in source.values.architecture.parameters:
        role = source.values.architecture.parameters[name].role
        return Message(_PARAMETERS[role]) if role in _PARAMETERS else None
    if isinstance(maker, Residual) and name.letter == "z":  # its a is that of the layer before the sum
        return Message("derivation.kinds.residual")
    known = next((key for kind, key in _OF_LAYERS.items() if isinstance(maker, kind)), _KINDS.get(name.letter))
    return None if known is None else Message(known)


def _of_gradient(name: Name, source: DerivationSource) -> Message:
    of, rule, layer = name.of, rule_name(name, source), name.layer or 0
    assert of is not None
    depth = source.values.architecture.depth
    if rule == "BP2":
        return _of_error(layer, source)
    if rule is not None:
        return Message(_RULES[rule], l=layer)
    if of == source.values.output:
        return Message("derivation.output_gradient")
    if of == Name.value("z", depth):
        return Message("derivation.bp1")
    if of.role == "parameter":
        role = source.values.architecture.parameters[of].role
        return Message(_OF_PARAMETERS.get(role, "derivation.gradient"), l=layer)
    return _back_through(of, source) or Message("derivation.gradient", l=layer)


def _of_error(layer: int, source: DerivationSource) -> Message:
    """From the errors of which layers that of a layer comes: of those that take its a, in a residual not the next."""
    taking = {use.layer for use in _uses(Name.value("a", layer), source) if use.layer is not None}
    following = sorted(each for each in taking if each > layer) or [layer + 1]
    if len(following) == 1:
        return Message("derivation.bp2", l=layer, next=following[0])
    return Message("derivation.bp2_several", l=layer, following=following)


def _uses(of: Name, source: DerivationSource) -> list[Name]:
    """The values whose formulas have it."""
    return [name for name in source.values.forward_names if name != A0 and of in _named_in(name, source)]


def _back_through(of: Name, source: DerivationSource) -> Message | None:
    """Through what a value's gradient comes back; None where the value goes several ways."""
    uses = _uses(of, source)
    if len(uses) != 1:
        return None
    (use,) = uses
    has_weights = Name.parameter("W", use.layer or 0) in source.values.architecture.parameters
    if use.letter == "z" and use.layer != of.layer and not use.suffix and has_weights:
        first_half = of == Name.value("a", of.layer or 0) and comes_through_weights(of.layer or 0, source)
        return Message("derivation.bp2_first" if first_half else "derivation.back_weights", next=use.layer)
    what = _kind(use, source)
    return None if what is None else Message("derivation.back_through", l=use.layer, what=what)


def _named_in(name: Name, source: DerivationSource) -> set[Name]:
    """The names in a value's formula, through those of shared values."""
    found: set[Name] = set()
    for node in [source.node(name), *map(source.node, source.needed(source.node(name)))]:
        found |= {end for x in source.ends(node) if (end := source.name_of(x)) is not None}
    return found


def remarks(name: Name, source: DerivationSource) -> Iterator[Message]:
    """What a reader of a value's formula must know: over which rows a b is added, where means come from."""
    node = source.node(name)
    if source.values.samples > 1 and node.op.kind == "product" and node.op.fused and source.is_small(node):
        yield Message("derivation.bias_columns" if source.column else "derivation.bias_rows")
    maker = source.values.architecture.makers.get(name)
    if isinstance(maker, BatchNorm):
        yield Message("derivation.of_batch" if source.values.mode == "training" else "derivation.running")
    elif isinstance(maker, LayerNorm):
        yield Message("derivation.of_sample")
    elif isinstance(maker, Dropout):
        yield Message("derivation.dropped")


_MODES = {
    (Dropout, "training"): "derivation.mode.dropout_in_training",
    (Dropout, "inference"): "derivation.mode.dropout_in_inference",
    (BatchNorm, "training"): "derivation.mode.batch_norm_in_training",
    (BatchNorm, "inference"): "derivation.mode.batch_norm_in_inference",
}


def mode(source: DerivationSource) -> list[Message]:
    """Of layers that do something else in training than in a prediction, which of the two is shown."""
    layers, shown = source.values.architecture.layers, source.values.mode
    return [
        Message(key)
        for (kind, mode), key in _MODES.items()
        if mode == shown and any(isinstance(layer, kind) for layer in layers)
    ]
