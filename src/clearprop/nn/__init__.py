"""What a network is, as a pure specification, and the graphs that follow from it. Holds no numbers."""

from clearprop.nn.activations import ACTIVATIONS, ELU, ActivationFunction, LeakyReLU, resolve_activation
from clearprop.nn.architecture import Architecture, Forward, TargetForm, parameter_nodes
from clearprop.nn.given import Given
from clearprop.nn.initializers import (
    INITIALIZERS,
    Constant,
    FanInUniform,
    Glorot,
    He,
    Initializer,
    LeCun,
    Normal,
    Zeros,
    resolve_initializer,
)
from clearprop.nn.layers import Activation, BatchNorm, Dense, Dropout, Layer, LayerNorm, Linear, as_layer
from clearprop.nn.losses import (
    LOSSES,
    BinaryCrossEntropy,
    CrossEntropy,
    CustomLoss,
    Huber,
    Loss,
    MeanAbsoluteError,
    MeanSquaredError,
    SquaredError,
    loss_name,
    resolve_loss,
)
from clearprop.nn.parameter import Parameter
from clearprop.nn.scope import Scope
from clearprop.nn.settings import ByParameter

__all__ = [
    "ACTIVATIONS",
    "ELU",
    "INITIALIZERS",
    "LOSSES",
    "Activation",
    "ActivationFunction",
    "Architecture",
    "BatchNorm",
    "BinaryCrossEntropy",
    "ByParameter",
    "Constant",
    "CrossEntropy",
    "CustomLoss",
    "Dense",
    "Dropout",
    "FanInUniform",
    "Forward",
    "Given",
    "Glorot",
    "He",
    "Huber",
    "Initializer",
    "Layer",
    "LayerNorm",
    "LeCun",
    "LeakyReLU",
    "Linear",
    "Loss",
    "MeanAbsoluteError",
    "MeanSquaredError",
    "Normal",
    "Parameter",
    "Scope",
    "SquaredError",
    "TargetForm",
    "Zeros",
    "as_layer",
    "loss_name",
    "parameter_nodes",
    "resolve_activation",
    "resolve_initializer",
    "resolve_loss",
]
