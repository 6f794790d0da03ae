"""Ops without differentiable inputs: inputs, constants, the batch size, random numbers."""

from __future__ import annotations

from clearprop.errors import ShapeError
from clearprop.graph.entries import Everywhere, RunFacts, batch_size
from clearprop.graph.node import Example, Node, Op, register
from clearprop.graph.types import Shape, Type, as_shape


def _declared(shape: Shape, dtype: str, **_: object) -> Type:
    return Type(as_shape(shape), dtype)


def _no_gradient(y: Node, g: Node, *inputs: Node) -> tuple[None, ...]:
    return (None,) * len(inputs)


def _value(node: Node, run: RunFacts) -> float:
    return float(node.attrs["value"])


variable = register(Op("variable", _declared, _no_gradient, "", kind="leaf"))

constant = register(Op("constant", _declared, _no_gradient, "", kind="leaf", rule=Everywhere(_value)))

# The batch size as a number: what the mean over a batch divides by.
size = register(Op("size", lambda dtype: Type((), dtype), _no_gradient, "N", kind="leaf", rule=Everywhere(batch_size)))


def _random_type(counter: Type, shape: Shape, dtype: str, stream: int) -> Type:
    if counter != Type((3,), "i64"):
        raise ShapeError(f"random counter of type {counter}", "i64[3], that is (seed, epoch, step)")
    return Type(shape, dtype)


# Uniform numbers in [0, 1): a pure function of (seed, epoch, step), the stream (which layer) and the element.
uniform = register(
    Op(
        "uniform",
        _random_type,
        _no_gradient,
        r"\mathrm{U}(0, 1)",
        kind="random",
        analytic=False,
        examples=(Example((Type((3,), "i64"),), {"shape": (2, 3), "dtype": "f64", "stream": 1}, ("rows:9",)),),
    )
)
