"""clearprop: dense neural networks you can read, at the speed of the machine.

    import clearprop as cp

    net = cp.Network(3, [cp.Dense(4, "tanh"), cp.Dense(1, "sigmoid")], loss="binary_cross_entropy")
    net.fit(X, y, optimizer=cp.Adam(1e-2), epochs=50)
    net.predict(X)

There is one graph behind a network: what is drawn, differentiated, planned and run. `cp.variable`, `cp.exp`,
`cp.gradient`, `cp.simplify`, `cp.expand` and `cp.evaluate` work on such graphs directly.
"""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

from clearprop.forks import undivided

if TYPE_CHECKING:
    from clearprop.errors import (
        BusyError,
        ClearpropError,
        DivergenceError,
        DTypeError,
        FileError,
        ForkedError,
        InvalidValueError,
        MissingDependencyError,
        ModelFileError,
        ShapeError,
        TableError,
        UnknownNameError,
    )
    from clearprop.estimators import TableModel, gradient_times_input, load, permutation_importance
    from clearprop.execute import Reference, evaluate
    from clearprop.explain import Trace
    from clearprop.explain.check import GradientCheck, check_gradients, check_gradients_of
    from clearprop.explain.derivation import Explanation
    from clearprop.explain.doctor import Diagnosis, Finding, diagnose
    from clearprop.explain.picture import Picture, draw
    from clearprop.explain.representations import Representations, represent
    from clearprop.graph import (
        Graph,
        N,
        Node,
        abs,
        affine,
        broadcast,
        cast,
        check,
        clip,
        concat,
        constant,
        cos,
        elu,
        erf,
        exp,
        expand,
        expm1,
        gelu,
        gradient,
        identity,
        leaky_relu,
        log,
        log1p,
        log_softmax,
        matmul,
        max,
        maximum,
        mean,
        minimum,
        one_hot,
        ones_like,
        power,
        reciprocal,
        relu,
        sigmoid,
        sigmoid_cross_entropy,
        sign,
        silu,
        simplify,
        sin,
        slice,
        softmax,
        softmax_cross_entropy,
        softplus,
        sqrt,
        squared_error,
        stop_gradient,
        substitute,
        sum,
        take_rows,
        tanh,
        transpose,
        variable,
        where,
        zeros_like,
    )
    from clearprop.network import Network, layers
    from clearprop.nn import (
        ELU,
        Activation,
        BatchNorm,
        BinaryCrossEntropy,
        Constant,
        CrossEntropy,
        Dense,
        Dropout,
        FanInUniform,
        Glorot,
        He,
        Huber,
        LayerNorm,
        LeakyReLU,
        LeCun,
        Linear,
        MeanAbsoluteError,
        MeanSquaredError,
        Normal,
        SquaredError,
        Zeros,
    )
    from clearprop.train import (
        SGD,
        AdaGrad,
        Adam,
        AdamW,
        Cosine,
        EarlyStopping,
        Epoch,
        GradientDescent,
        History,
        ReduceOnPlateau,
        RMSProp,
        StepDecay,
        WarmUp,
    )

try:
    __version__ = version("clearprop")
except PackageNotFoundError:  # run from a source tree that is not installed
    __version__ = "0+unknown"

_HOME = {
    "errors": (
        "BusyError ClearpropError DTypeError DivergenceError FileError ForkedError InvalidValueError "
        "MissingDependencyError ModelFileError ShapeError TableError UnknownNameError"
    ),
    "graph": (
        "Graph N Node abs affine broadcast cast check clip concat constant cos elu erf exp expand expm1 gelu gradient "
        "identity leaky_relu log log1p log_softmax matmul max maximum mean minimum one_hot ones_like power reciprocal "
        "relu sigmoid sigmoid_cross_entropy sign silu simplify sin slice softmax softmax_cross_entropy softplus sqrt "
        "squared_error stop_gradient substitute sum take_rows tanh transpose variable where zeros_like"
    ),
    "execute": "Reference evaluate",
    "nn": (
        "Activation BatchNorm BinaryCrossEntropy Constant CrossEntropy Dense Dropout ELU FanInUniform Glorot He Huber "
        "LayerNorm LeCun LeakyReLU Linear MeanAbsoluteError MeanSquaredError Normal SquaredError Zeros"
    ),
    "train": (
        "AdaGrad Adam AdamW Cosine EarlyStopping Epoch GradientDescent History RMSProp ReduceOnPlateau SGD StepDecay "
        "WarmUp"
    ),
    "explain": "Trace",
    "explain.check": "GradientCheck check_gradients check_gradients_of",
    "explain.doctor": "Diagnosis Finding diagnose",
    "explain.derivation": "Explanation",
    "explain.picture": "Picture draw",
    "explain.representations": "Representations represent",
    "network": "Network layers",
    "estimators": "TableModel gradient_times_input load permutation_importance",
}
_WHERE = {name: module for module, names in _HOME.items() for name in names.split()}
# fmt: off
__all__ = [
    "ELU",
    "SGD",
    "Activation",
    "AdaGrad",
    "Adam",
    "AdamW",
    "BatchNorm",
    "BinaryCrossEntropy",
    "BusyError",
    "ClearpropError",
    "Constant",
    "Cosine",
    "CrossEntropy",
    "DTypeError",
    "Dense",
    "Diagnosis",
    "DivergenceError",
    "Dropout",
    "EarlyStopping",
    "Epoch",
    "Explanation",
    "FanInUniform",
    "FileError",
    "Finding",
    "ForkedError",
    "Glorot",
    "GradientCheck",
    "GradientDescent",
    "Graph",
    "He",
    "History",
    "Huber",
    "InvalidValueError",
    "LayerNorm",
    "LeCun",
    "LeakyReLU",
    "Linear",
    "MeanAbsoluteError",
    "MeanSquaredError",
    "MissingDependencyError",
    "ModelFileError",
    "N",
    "Network",
    "Node",
    "Normal",
    "Picture",
    "RMSProp",
    "ReduceOnPlateau",
    "Reference",
    "Representations",
    "ShapeError",
    "SquaredError",
    "StepDecay",
    "TableError",
    "TableModel",
    "Trace",
    "UnknownNameError",
    "WarmUp",
    "Zeros",
    "abs",
    "affine",
    "broadcast",
    "cast",
    "check",
    "check_gradients",
    "check_gradients_of",
    "clip",
    "concat",
    "constant",
    "cos",
    "diagnose",
    "draw",
    "elu",
    "erf",
    "evaluate",
    "exp",
    "expand",
    "expm1",
    "gelu",
    "gradient",
    "gradient_times_input",
    "identity",
    "layers",
    "leaky_relu",
    "load",
    "log",
    "log1p",
    "log_softmax",
    "matmul",
    "max",
    "maximum",
    "mean",
    "minimum",
    "one_hot",
    "ones_like",
    "permutation_importance",
    "power",
    "reciprocal",
    "relu",
    "represent",
    "sigmoid",
    "sigmoid_cross_entropy",
    "sign",
    "silu",
    "simplify",
    "sin",
    "slice",
    "softmax",
    "softmax_cross_entropy",
    "softplus",
    "sqrt",
    "squared_error",
    "stop_gradient",
    "substitute",
    "sum",
    "take_rows",
    "tanh",
    "transpose",
    "variable",
    "where",
    "zeros_like",
]
# fmt: on


def __getattr__(name: str) -> Any:
    """Load a public name when it is first used: importing clearprop stays cheap."""
    if name not in _WHERE:
        raise AttributeError(f"module 'clearprop' has no attribute {name!r}")
    with undivided:
        if name == "layers":
            value = import_module("clearprop.network.layers")
        else:
            value = getattr(import_module(f"clearprop.{_WHERE[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
