"""What a network is, as a pure specification, and the graphs that follow from it. Holds no numbers."""

from clearprop.nn.activations import ACTIVATIONS, ELU, ActivationFunction, LeakyReLU, resolve_activation
from clearprop.nn.architecture import Architecture, Forward, TargetForm, parameter_nodes
from clearprop.nn.ensemble import Ensemble
from clearprop.nn.embedding import Embedding
from clearprop.nn.encodings import Cuts, PiecewiseLinear
from clearprop.nn.given import Given, fits, fitted
from clearprop.nn.initializers import (
    INITIALIZERS,
    Constant,
    FanInUniform,
    Glorot,
    He,
    Initializer,
    LeCun,
    Normal,
    Uniform,
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
from clearprop.nn.parameter import CONVENTIONS, Convention, Parameter
from clearprop.nn.periodic import Periodic
from clearprop.nn.scales import ParametricActivation, Scale
from clearprop.nn.schedules import (
    ConstantRate,
    Cosine,
    Moment,
    ReduceOnPlateau,
    Scalar,
    Schedule,
    StepDecay,
    WarmUp,
    as_schedule,
    first_value,
)
from clearprop.nn.scope import Scope
from clearprop.nn.settings import ByParameter

__all__ = [
    "ACTIVATIONS",
    "CONVENTIONS",
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
    "ConstantRate",
    "Convention",
    "Cosine",
    "CrossEntropy",
    "CustomLoss",
    "Cuts",
    "Dense",
    "Dropout",
    "Ensemble",
    "Embedding",
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
    "Moment",
    "Normal",
    "Parameter",
    "ParametricActivation",
    "Periodic",
    "PiecewiseLinear",
    "ReduceOnPlateau",
    "Scalar",
    "Scale",
    "Schedule",
    "Scope",
    "SquaredError",
    "StepDecay",
    "TargetForm",
    "Uniform",
    "WarmUp",
    "Zeros",
    "as_layer",
    "as_schedule",
    "first_value",
    "fits",
    "fitted",
    "loss_name",
    "parameter_nodes",
    "resolve_activation",
    "resolve_initializer",
    "resolve_loss",
]
