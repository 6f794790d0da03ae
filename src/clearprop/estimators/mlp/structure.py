"""From an estimator's arguments to the network behind it: widths, layers, loss, starting weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from clearprop import nn
from clearprop.arrays import Array
from clearprop.errors import InvalidValueError, plural
from clearprop.estimators.mlp.objective import Objective

NORMS = {"batch": nn.BatchNorm, "layer": nn.LayerNorm}


@dataclass(frozen=True)
class Structure:
    """A network as an estimator is asked for it.

    Attributes:
        widths: of the inputs, of each hidden layer, of the outputs.
        activations: of each hidden layer.
        output: the activation of the last layer.
        loss: per sample.
        alpha: α of the penalty α/2 ΣW².
        dropout: of each hidden layer.
        norm: what normalises z of each hidden layer, "batch" or "layer"; None for nothing.
    """

    widths: tuple[int, ...]
    activations: tuple[Any, ...]
    output: str
    loss: nn.Loss
    alpha: float
    dropout: tuple[Any, ...]
    norm: str | None

    @property
    def layers(self) -> tuple[nn.Layer, ...]:
        """The layers, the output's last."""
        hidden = [
            layer
            for units, f, rate in zip(self.widths[1:-1], self.activations, self.dropout, strict=True)
            for layer in self._hidden(units, f, rate)
        ]
        return (*hidden, nn.Dense(self.widths[-1], self.output))

    def _hidden(self, units: int, f: Any, rate: Any) -> list[nn.Layer]:
        if self.norm is None:
            layers: list[nn.Layer] = [nn.Dense(units, f)]
        else:
            layers = [nn.Dense(units), NORMS[self.norm](), nn.Activation(f)]
        return [*layers, nn.Dropout(rate)] if rate else layers

    @property
    def is_certain(self) -> bool:
        """Whether nothing is random in a step."""
        return not any(self.dropout)

    @property
    def objective(self) -> Objective:
        """What is minimised."""
        return Objective(self.widths[0], self.layers, self.loss, 0.0, self.alpha)

    def weights(self, random: np.random.RandomState, dtype: Any) -> tuple[list[Array], list[Array]]:
        """W and b of each layer, drawn as scikit-learn draws them: from ±√(6/(in + out)), b too; ±√(2/…) for logistic.

        The output layer's are drawn as those of the last hidden layer.
        """
        coefs, intercepts = [], []
        for i, (fan_in, fan_out) in enumerate(zip(self.widths, self.widths[1:], strict=False)):
            given = self.activations[min(i, len(self.activations) - 1)] if self.activations else self.output
            factor = 2.0 if given in ("logistic", "sigmoid") else 6.0
            bound = np.sqrt(factor / (fan_in + fan_out))
            coefs.append(random.uniform(-bound, bound, (fan_in, fan_out)).astype(dtype, copy=False))
            intercepts.append(random.uniform(-bound, bound, fan_out).astype(dtype, copy=False))
        return coefs, intercepts


def per_layer(name: str, given: Any, count: int) -> tuple[Any, ...]:
    """An argument for each hidden layer: a list of them, or one for all.

    Raises:
        InvalidValueError: for a list of another length.
    """
    if isinstance(given, Sequence | np.ndarray) and not isinstance(given, str):
        if len(given) != count:
            raise InvalidValueError(
                f"{name} of {plural(len(given), 'entry')}", f"one for each of the {count} hidden layers"
            )
        return tuple(given)
    return (given,) * count


def hidden_widths(given: Any) -> list[int]:
    """`hidden_layer_sizes` as a list.

    Raises:
        InvalidValueError: for a width that is no positive number.
    """
    sizes = list(given) if hasattr(given, "__iter__") else [given]
    if np.any(np.array(sizes) <= 0):
        raise InvalidValueError(f"hidden_layer_sizes must be > 0, got {sizes}.", "a positive number of units a layer")
    return [int(size) for size in sizes]
