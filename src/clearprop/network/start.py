"""A start that is fitted to the data: every unit's weighted sum spreads by 1 over the samples."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

from clearprop.errors import InvalidValueError, checked_choice, checked_integer, checked_seed
from clearprop.execute import Array
from clearprop.graph import Name
from clearprop.network.network import Network
from clearprop.nn.layers import WeightedSum
from clearprop.train import as_features

Last = Literal["standardised", "zeros", "kept"]
_STREAM = 2**40  # of random numbers, apart from those of `initial_parameters`, which count the parameters
_SAMPLES = 5  # that the bias of a unit is made of


def standardised_start(
    net: Network,
    X: ArrayLike,
    *,
    seed: int | None = None,
    bias: bool = True,
    last: str = "standardised",
    rows: int = 4096,
) -> Network:
    """Rescale the weights of a network that is to be trained, so that each unit's weighted sum has std 1 on the data.

    Layer by layer, from the first: each column of W is divided by the standard deviation of x · W over the samples, so
    no unit begins asleep or saturated, whatever the scale of its inputs. Then b becomes minus a random mean of the
    weighted sums of five samples, another one for each unit: the units have their kinks, where z = 0, in the midst of
    the data and in different places. A unit that is the same for all samples keeps its weights.

    Parameters that were given (`W=`, `b=`) or are frozen stay as they are. Source: the initialisation of RealMLP
    (Holzmüller, Grinsztajn & Steinwart, 2024, "Better by Default"), its bias "he+5" after Steinwart (2019).

    Args:
        net: the network, which is changed.
        X: the training rows, (N, n_inputs), prepared as for `fit`.
        seed: of the rows and means drawn; by default the network's.
        bias: whether b is set.
        last: what the output layer starts from: "standardised" as the others, "zeros", or "kept" as it is.
        rows: as many rows at most are looked at, drawn from X.

    Returns:
        The network.

    Raises:
        InvalidValueError: if no layer with weights is there, or for another word.
        ClearpropError: if X does not fit.

    Example:
        >>> import numpy as np
        >>> import clearprop as cp
        >>> X = np.random.default_rng(0).normal(5.0, 100.0, size=(500, 3))
        >>> net = cp.Network(3, [cp.Dense(8, "tanh"), cp.Dense(1)], "squared_error", dtype="float64")
        >>> z = standardised_start(net, X).trace(X).z[1]
        >>> z.std(axis=0).round(6).tolist()
        [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0]
    """
    chosen = checked_choice("last", last, get_args(Last))
    seed = net.seed if seed is None else checked_seed(seed)
    layers = [number for layer, number, _ in net.architecture.built() if isinstance(layer, WeightedSum)]
    if not layers:
        raise InvalidValueError("a network without weighted sums", "a layer such as cp.Dense(4)")
    rng = np.random.Generator(np.random.Philox(key=[seed, _STREAM]))
    sample = _drawn(as_features(X, net.architecture.n_inputs, "f64"), checked_integer("rows", rows, low=2), rng)
    for layer in layers:
        if layer < net.depth or chosen == "standardised":
            _standardise(net, layer, sample, bias, rng)
        elif chosen == "zeros":
            for letter in "Wb":
                _set(net, letter, layer, np.zeros_like)
    return net


def _drawn(X: Array, most: int, rng: np.random.Generator) -> Array:
    """The rows, or as many as are wanted of them, in the order of X."""
    return X if len(X) <= most else X[np.sort(rng.choice(len(X), most, replace=False))]


def _standardise(net: Network, layer: int, X: Array, bias: bool, rng: np.random.Generator) -> None:
    b = net.parameters.get(Name.parameter("b", layer), 0.0)
    sums = net.trace(X).z[layer] - b
    std = sums.std(axis=0)
    is_alike = ~(std > 1e-12 * (1 + np.abs(sums).max(axis=0)))
    std[is_alike] = 1.0
    if _set(net, "W", layer, lambda W: W / std):
        sums = sums / std
    weights = rng.dirichlet(np.ones(_SAMPLES), sums.shape[1])  # drawn in any case: seeds then say the same
    samples = rng.integers(0, len(sums), (sums.shape[1], _SAMPLES))
    means = (weights * sums[samples, np.arange(sums.shape[1])[:, None]]).sum(axis=1)
    if bias:
        _set(net, "b", layer, lambda b: -means)


def _set(net: Network, letter: str, layer: int, new: Callable[[Array], Array]) -> bool:
    """Give a parameter another value, if it is there and nobody said what it is; whether that was done."""
    name = Name.parameter(letter, layer)
    declared = net.architecture.parameters.get(name)
    if declared is None or declared.is_frozen or declared.is_given:
        return False
    net.parameters[name] = new(net.parameters[name].astype(np.float64))
    return True
