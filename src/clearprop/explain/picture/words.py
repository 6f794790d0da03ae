"""What a picture calls an op, an activation, a normalisation: as a reader of its language does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from clearprop.explain.units import LINEAR
from clearprop.graph import Name, Op
from clearprop.messages import Language, Message, has_words, say
from clearprop.nn import (
    Activation,
    Architecture,
    BatchNorm,
    Dense,
    Dropout,
    Embedding,
    LayerNorm,
    Linear,
    ParametricActivation,
    Periodic,
    PiecewiseLinear,
    Radial,
    Scale,
    resolve_activation,
)
from clearprop.present.formula import number

_LAYERS = {
    BatchNorm: Message("picture.layers.batch_norm"),
    LayerNorm: Message("picture.layers.layer_norm"),
    Dropout: Message("picture.layers.dropout"),
    PiecewiseLinear: Message("picture.layers.piecewise_linear"),
    Scale: Message("picture.layers.learned_scale"),
    Periodic: Message("picture.layers.periodic"),
    Embedding: Message("picture.layers.embedding"),
    Radial: Message("picture.layers.radial"),
}
_LETTERS = {
    "n": (BatchNorm, LayerNorm),
    "d": (Dropout,),
    "v": (PiecewiseLinear, Scale, Periodic, Embedding),
    "k": (Radial,),
    "a": (Dense, Linear, Radial, Activation, ParametricActivation),
}  # of what layers make


def op_title(op: Op, lang: Language) -> str:
    """The name of a fused op in its box."""
    key = f"picture.ops.{op.name}"
    return say(key, lang) if has_words(key) else op.title or op.name.replace("_", " ").capitalize()


def value_title(name: Name, architecture: Architecture, lang: Language) -> str | None:
    """What makes a value of a layer: a normalisation, dropout, a function of the user's; None where it has no name."""
    kinds = _LETTERS.get(name.letter, ())
    made = [layer for layer, number, _ in architecture.built() if number == name.layer and isinstance(layer, kinds)]
    place = int(name.suffix[1:]) - 1 if name.suffix[1:].isdecimal() else 0  # n1_2 is the second of its layer
    if len(made) > place and name.letter != "a":
        return _LAYERS[type(made[place])](lang)
    called = [function for layer in made if (function := _activation(layer)) and function not in LINEAR]
    return called[0] if len(called) == 1 and called[0].isidentifier() else None


def layer_words(architecture: Architecture, layer: int, size: int, lang: Language) -> list[str]:
    """What stands below the circles of a layer: how many there are, their activation; normalisation; dropout."""
    built = [made for made, number, _ in architecture.built() if number == layer]
    called = [function for made in built if (function := _activation(made)) and function not in LINEAR]
    return [" · ".join([f"{size:,}", *called]), *_beside(built, lang)]


def _beside(built: Sequence[object], lang: Language) -> Iterator[str]:
    for made in built:
        if isinstance(made, Dropout) and isinstance(made.rate, int | float):
            yield say("picture.layers.dropout_rate", lang, rate=number(float(made.rate)).text)
        elif isinstance(made, (*_LAYERS,)):
            yield _LAYERS[type(made)](lang)


def _activation(layer: object) -> str | None:
    """The name of a layer's activation; None for a layer that is no activation."""
    if not isinstance(layer, _LETTERS["a"]):
        return None
    return resolve_activation(
        layer.function if isinstance(layer, Activation | ParametricActivation) else getattr(layer, "activation", None)
    ).name
