"""What the doctor looks at: a network with its data, at its first and present parameters; its training and losses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import log
from typing import Any, Protocol

import numpy as np

from clearprop.cached import cached_property
from clearprop.errors import DTypeError, InvalidValueError, checked_integer
from clearprop.execute import Array, evaluate
from clearprop.explain.doctor.judgement import Judgement
from clearprop.explain.trace import Trace
from clearprop.explain.units import LINEAR, hidden_activations
from clearprop.graph import N, variable
from clearprop.messages import Message
from clearprop.nn import ACTIVATIONS, INITIALIZERS, Architecture, first_value, resolve_activation
from clearprop.train import (
    Data,
    History,
    Optimizer,
    as_features,
    as_targets,
    as_weights,
    initial_parameters,
    resolve_optimizer,
)

MOST_ROWS = 1000  # rows that are traced: a sample is enough to judge layers, units and gradients
_MOST_OUTPUTS = 20_000_000  # outputs of the network that are in memory at once
# How much worse than knowing nothing a start may be. Initial outputs are random, not 0: with initialisers that suit,
# losses up to 5 times the variance occur in healthy regressions, and probabilities 3 times worse than by guessing.
BAD_START = 10.0
_SMALLEST = 1e-12  # share of a class that no row has, so that its logarithm is finite


class Diagnosable(Protocol):
    """What the doctor needs of a network; `cp.Network` has it."""

    architecture: Architecture
    seed: int
    dtype: str

    def arrays(self) -> dict[str, Array]:
        """All parameters and running states, by name."""
        ...

    def predict(self, X: Any) -> Array:
        """a[L], (N, n_outputs)."""
        ...


class Patient:
    """A network, the rows it was trained on, and the history of that training; traces are computed when asked for.

    Raises:
        ClearpropError: if the data, the history or an argument does not fit the network.
    """

    def __init__(
        self,
        net: Diagnosable,
        X: Any,
        y: Any,
        history: History | None,
        validation: Any,
        optimizer: Any,
        batch_size: int,
        sample_weight: Any = None,
        judgement: Judgement | None = None,
    ) -> None:
        if history is not None and not isinstance(history, History):
            raise DTypeError(f"a history of type {type(history).__name__}", "what net.fit returned")
        if validation is not None and (not isinstance(validation, tuple | list) or len(validation) != 2):
            raise InvalidValueError(f"validation of type {type(validation).__name__}", "(X, y)")
        self.net, self.architecture = net, net.architecture
        self.loss = self.architecture.checked_loss()
        if self.loss.target == "several":
            raise InvalidValueError("a diagnosis of several tasks", "one head: net.heads[k], with its own y")
        self.data = self._data(X, y, sample_weight)
        self.judgement = judgement
        self.validation = None if validation is None else self._data(*validation)
        self.history = history if history is not None and history.epochs else None
        self.optimizer: Optimizer = resolve_optimizer(optimizer)
        self.optimizer_is_given = optimizer is not None
        self.batch_size = checked_integer("batch_size", batch_size)

    def _data(self, X: Any, y: Any, sample_weight: Any = None) -> Data:
        a = self.architecture
        features = as_features(X, a.n_inputs, "f64")
        targets, form = as_targets(y, self.loss, a.n_outputs, len(features), "f64")
        return Data(features, targets, form, as_weights(sample_weight, None, targets, form, a.n_outputs))

    @cached_property
    def sample(self) -> Data:
        """The training rows that are traced: all of them, or `MOST_ROWS` drawn at random."""
        return self._at_most(MOST_ROWS)

    @cached_property
    def scored(self) -> Data:
        """The training rows that are scored: all of them, or fewer where there are very many classes."""
        return self._at_most(max(MOST_ROWS, _MOST_OUTPUTS // self.architecture.n_outputs))

    def _at_most(self, most: int) -> Data:
        if len(self.data) <= most:
            return self.data
        rng = np.random.Generator(np.random.Philox(0))
        return self.data.rows(np.sort(rng.choice(len(self.data), most, replace=False)))

    @cached_property
    def now(self) -> Trace:
        """The trace at the present parameters."""
        return self._trace(self.net.arrays(), "inference")

    @cached_property
    def start(self) -> Trace:
        """The trace at the initial parameters; batch statistics, as there are no running ones yet."""
        return self._trace(self.initial, "training" if self.architecture.has_running_states else "inference")

    @cached_property
    def initial(self) -> dict[str, Array]:
        """The initial parameters, drawn again from the network's seed."""
        return initial_parameters(self.architecture, self.net.seed, self.net.dtype)

    @cached_property
    def is_untrained(self) -> bool:
        """Whether the parameters are still the initial ones."""
        return all(np.array_equal(self.initial[name], value) for name, value in self.net.arrays().items())

    @cached_property
    def parameters(self) -> dict[str, Array]:
        """The present parameters, in float64."""
        return {name: np.asarray(value, np.float64) for name, value in self.net.arrays().items()}

    def _trace(self, parameters: dict[str, Array], mode: str) -> Trace:
        return Trace(self.architecture, parameters, self.sample.X, self.sample.y, self.sample.form, mode)

    @cached_property
    def hidden(self) -> dict[int, str]:
        """Layer → activation, of the hidden layers whose activation is known by name."""
        return hidden_activations(self.architecture)

    @cached_property
    def widths(self) -> tuple[int, ...]:
        """Units of each hidden layer."""
        return tuple(p.shape[1] for p in self.architecture.parameters.values() if p.is_weight)[:-1]

    @property
    def suited_initializer(self) -> str:
        """The initialiser that suits the hidden activation, by name: "he" for relu, "glorot" for tanh."""
        known = (name for name in self.hidden.values() if name in ACTIVATIONS and name not in LINEAR)
        suited = resolve_activation(next(known, "relu")).initializer
        return next(name for name, initializer in INITIALIZERS.items() if initializer == suited)

    @cached_property
    def is_classification(self) -> bool:
        """Whether the answers are classes."""
        return self.loss.target != "numbers"

    def targets_as_rows(self, data: Data) -> Array:
        """Targets (N, k), classes one-hot."""
        if data.form != "labels":
            return data.y
        rows = np.zeros((len(data), self.architecture.n_outputs))
        rows[np.arange(len(data)), data.y] = 1.0
        return rows

    @property
    def is_one_of_several(self) -> bool:
        """Whether a row has exactly one class: not so where several outputs answer yes or no independently."""
        return self.loss.target == "classes" or (self.is_classification and self.architecture.n_outputs == 1)

    def row_weights(self, data: Data) -> Array:
        """The weight of each row, (N,), 1 on average."""
        return np.ones(len(data)) if data.w is None else np.asarray(data.w, np.float64)

    def weights(self, parameters: Mapping[str, Array]) -> list[Array]:
        """The weights among some parameters."""
        declared = self.architecture.parameters.items()
        return [np.asarray(parameters[name], np.float64) for name, p in declared if p.is_weight]

    # --- losses before training, and without a network; without penalties on the weights

    @cached_property
    def baseline_loss(self) -> float:
        """Of always answering the same, as well as possible: with the classes' shares, or the mean."""
        shares = np.average(self.targets_as_rows(self.sample), axis=0, weights=self.row_weights(self.sample))
        return self.loss_of(shares)

    @cached_property
    def ignorant_loss(self) -> float:
        """Of knowing nothing: ln k for k classes, ln 2 for a yes or no; for numbers, of answering the mean."""
        if not self.is_classification:
            return self.baseline_loss
        k = self.architecture.n_outputs
        return self.loss_of(np.full(k, 1 / k if self.loss.target == "classes" else 0.5))

    def loss_of(self, answer: Array) -> float:
        """The mean loss over the sample of giving each row its answer (N, k), or all of them the same one, (k,)."""
        y = self.targets_as_rows(self.sample)
        answer = np.clip(answer, _SMALLEST, 1 - _SMALLEST) if self.is_classification else answer
        a, t = variable("a", (N, y.shape[1])), variable("y", (N, y.shape[1]))
        losses = evaluate(self.loss(a, t), {"a": np.broadcast_to(answer, y.shape), "y": y})
        return float(np.average(losses, weights=self.row_weights(self.sample)))

    @cached_property
    def first_loss(self) -> float:
        """The smallest of the first three steps, as one batch may be odd; without a history, at the initial weights."""
        if self.history is not None and self.history.step_loss:
            return min(self.history.step_loss[:3])
        l1, l2 = first_value(self.architecture.l1), first_value(self.architecture.l2)
        penalties = (l1 * np.abs(W).sum() + 0.5 * l2 * (W**2).sum() for W in self.weights(self.initial))
        return self.start.loss - float(sum(penalties))

    @property
    def highest_first_loss(self) -> float:
        """The limit of a healthy start: probabilities ten times below guessing; of numbers, ten times the loss."""
        ignorant = self.ignorant_loss
        return ignorant + log(BAD_START) if self.is_classification else ignorant * BAD_START

    # --- the training

    @cached_property
    def steps(self) -> int:
        """Optimizer steps taken, as far as the history tells."""
        if self.history is None:
            return 0
        per_epoch = max(1, len(self.data) // self.batch_size)
        return max(len(self.history.step_loss), self.history.epochs * per_epoch)

    @cached_property
    def peak_rate(self) -> float:
        """The largest learning rate: in the history, or else in the optimizer's schedule."""
        if self.history is not None and "learning_rate" in self.history.columns:
            return max(self.history["learning_rate"])
        return float(self.optimizer.schedule.rates(np.arange(1000), 1000, 10).max())

    def optimizer_at(self, learning_rate: float) -> Optimizer:
        """The same optimizer with another learning rate."""
        return self.optimizer.with_learning_rate(learning_rate)


def layers_in_words(layers: Sequence[int]) -> Message:
    """Layers by number.

    Example:
        >>> layers_in_words([1, 2])("en"), layers_in_words([1, 2])("zh")
        ('layers 1 and 2', '第 1、2 层')
    """
    return Message("doctor.layers", n=len(layers), layers=list(layers))
