"""The networks of `by_hand` as clearprop's."""

from __future__ import annotations

import by_hand
import clearprop as cp
from by_hand import Activation, Loss, Network

_ACTIVATIONS = {"LeakyReLU": cp.LeakyReLU, "ELU": cp.ELU}
_LOSSES = {"huber": cp.Huber, "binary_cross_entropy": cp.BinaryCrossEntropy, "cross_entropy": cp.CrossEntropy}


def as_activation(activation: Activation):
    return activation.name if activation.number is None else _ACTIVATIONS[activation.name](activation.number)


def as_loss(loss: Loss):
    """By name where its number is the default, else as an object."""
    return loss.name if loss.number == by_hand.LOSSES[loss.name] else _LOSSES[loss.name](loss.number)


def as_clearprop(network: Network, dtype="float64") -> cp.Network:
    layers = [
        cp.Dense(layer.W.shape[1], as_activation(layer.activation), bias=layer.b is not None)
        for layer in network.layers
    ]
    made = cp.Network(network.X.shape[1], layers, as_loss(network.loss), dtype=dtype, l1=network.l1, l2=network.l2)
    for name, value in network.parameters().items():
        made.parameters[name] = value
    return made


def traced(network: Network):
    """The trace of a network on its own batch."""
    return as_clearprop(network).trace(network.X, network.given)
