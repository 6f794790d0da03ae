"""Networks of others as a `Network`: it predicts, explains, checks and trains on. Nothing of the source is executed."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from clearprop.errors import InvalidValueError, ShapeError, plural
from clearprop.interop import incoming
from clearprop.network.network import Network, network_of
from clearprop.nn import Architecture, as_layer


def from_torch(
    source: Any,
    n_inputs: int | None = None,
    loss: Any = None,
    *,
    architecture: Network | Sequence[Any] | None = None,
) -> Network:
    """A network from PyTorch: an nn.Sequential, nested too, or a file of weights beside an architecture.

    It is what the module computes in evaluation; dropout and batch normalisation train on as they would there.
    Parameters that need no gradient there are frozen here. Half precision is widened, which is said.

    Args:
        source: a module, or the path of a .safetensors file or of a state_dict, which is read with `weights_only`.
        n_inputs: columns of X, where no layer tells.
        loss: a loss of clearprop by name or as an object, or of torch.nn. By default cross-entropy after a softmax,
            binary cross-entropy after a sigmoid, else the mean squared error. Where a loss needs a softmax or a sigmoid
            and the module ends in logits, as those for `nn.CrossEntropyLoss` do, it is added, which is said; of a
            LogSoftmax the softmax remains, for the loss takes the log.
        architecture: what a file's weights are of: a network, or its layers. Arrays are matched by the names and shapes
            of their modules, each one or none.

    Raises:
        ClearpropError: for a module that clearprop has no layer for, by its class and place; for arrays that do not
            match, by name; for a damaged file; without PyTorch, where it is needed.

    Example:
        >>> from_torch(torch.nn.Sequential(torch.nn.Linear(3, 1), torch.nn.Sigmoid()))  # doctest: +SKIP
        <Network 3-1, 4 parameters>
    """
    if isinstance(source, str | os.PathLike):
        return _network(incoming.torch_weights(source, _architecture(architecture, n_inputs, loss)))
    if architecture is not None:
        raise InvalidValueError("architecture= beside a module", "the path of a file of weights")
    return _network(incoming.torch_network(source, n_inputs, loss))


def _architecture(given: Network | Sequence[Any] | None, n_inputs: int | None, loss: Any) -> Architecture:
    """The architecture that a file of weights is for."""
    if isinstance(given, Network):
        found = given.architecture
        if n_inputs not in (None, found.n_inputs):
            raise ShapeError(
                f"n_inputs={n_inputs} beside a network of {plural(found.n_inputs, 'input')}", "one of the two"
            )
        return found if loss is None else incoming.with_loss(found, incoming.torch_loss(loss))
    if given is None or isinstance(given, str):
        raise InvalidValueError("a file of weights alone", "architecture=: a network, or its layers")
    layers = tuple(as_layer(layer) for layer in given)
    columns = n_inputs if n_inputs is not None else getattr(layers[0] if layers else None, "in_features", None)
    if columns is None:
        raise ShapeError("layers without n_inputs", "n_inputs=, the columns of X")
    return incoming.with_loss(Architecture(columns, layers), incoming.torch_loss(loss))


def _network(found: incoming.Imported) -> Network:
    return network_of(found.architecture, found.parameters, 0, found.dtype)


def from_sklearn(model: Any, loss: Any = None) -> Network:
    """A network from a fitted `MLPClassifier` or `MLPRegressor` of scikit-learn, or from a pipeline that ends in one.

    `StandardScaler`, `MinMaxScaler`, `MaxAbsScaler`, `RobustScaler`, `SimpleImputer`, `OneHotEncoder` and
    `ColumnTransformer` before it become a frozen first layer, so that the network takes what the pipeline takes, as
    numbers: a dense one, x A + c, behind a frozen embedding of each encoded column, whose categories must be 0, 1, …
    The network answers with what `predict_proba` (of two classes that of the second) or `predict` answers.

    Args:
        model: the fitted estimator or pipeline.
        loss: by default the one it was trained with, without its penalty `alpha`; of several outputs the squared error
            is the sum over them, where scikit-learn takes the mean.

    Raises:
        ClearpropError: for a step that is not known, by its name, or one that is not fitted.

    Example:
        >>> from sklearn.neural_network import MLPClassifier
        >>> model = MLPClassifier((3,), solver="lbfgs", random_state=0).fit([[0.0], [1.0], [2.0], [3.0]], [0, 0, 1, 1])
        >>> net = from_sklearn(model)
        >>> net, bool(abs(net.predict([1.0])[0] - model.predict_proba([[1.0]])[0, 1]) < 1e-12)
        (<Network 1-3-1, 10 parameters>, True)
    """
    return _network(incoming.sklearn_network(model, loss))


def from_onnx(source: Any, loss: Any = None, *, n_inputs: int | None = None, output: str | None = None) -> Network:
    """A network from an ONNX model that is a chain of layers which clearprop has, or of residual sums of such chains.

    Gemm, MatMul and Add, activations, Softmax, BatchNormalization, LayerNormalization, Dropout, what leaves rows as
    they are (Identity, Flatten, Reshape, Cast), scaling by constants, and f(x) + s(x). A model that clearprop wrote
    comes back to the same bits, by its description, as long as its nodes are those that it wrote. Scaling and shifting
    of columns that stands alone is frozen.

    Args:
        source: a path, bytes, or an onnx.ModelProto.
        loss: as of `from_torch`: ONNX has none.
        n_inputs: columns of X, where the model does not tell.
        output: the name of the one to read, where the model has several, as "probabilities" of those that skl2onnx
            makes; what leads to the others is passed by.

    Raises:
        ClearpropError: for a node that clearprop has no layer for, by op and name, a damaged file, one with its numbers
            in other files, or without the package onnx.
    """
    return _network(incoming.onnx_network(source, loss, n_inputs, output))


def from_keras(model: Any, loss: Any = None) -> Network:
    """A network from a built `keras.Sequential`, or a functional model that is a chain, of layers which clearprop has.

    Args:
        model: the model; its layers are asked for `get_config()` and `get_weights()`.
        loss: by default the one it was compiled with, if that is known by name; else as of `from_torch`.

    Raises:
        ClearpropError: for a layer or an activation that clearprop lacks, by its class and name.
    """
    return _network(incoming.keras_network(model, loss))
