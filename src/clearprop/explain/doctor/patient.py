"""What the doctor looks at: the network, its data, how it began, and how its training went."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
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
from clearprop.messages.language import Phrase
from clearprop.nn import ACTIVATIONS, INITIALIZERS, Architecture, resolve_activation
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

Cure = tuple[Mapping[str, Any], Phrase]  # which arguments to change, and the sentence that says so
# How much worse than knowing nothing a start may be. Initial outputs are random, not 0: with initialisers that suit,
# losses up to 5 times the variance occur in healthy regressions, and probabilities 3 times worse than by guessing.
BAD_START = 10.0
# √n_in times the size of a unit's initial weights, and a bias: z is so many times as large as the values that come in.
# Glorot and He have up to 1.5.
LARGE_WEIGHTS = 3.0
_MOST_OUTPUTS = 20_000_000  # that are held at once
MOST_ROWS = 1000  # that are traced: layers, units and gradients show themselves on a sample


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


@dataclass(frozen=True)
class Hidden:
    """A hidden layer: its number, and its activation by name."""

    layer: int
    activation: str


class Patient:
    """A network with everything there is to see of it; what costs time is computed when it is asked for.

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
        """The rows that are traced: all of them, or `MOST_ROWS` at random."""
        return self._at_most(MOST_ROWS)

    @cached_property
    def scored(self) -> Data:
        """The training rows by which the fit is judged: all of them, or fewer where there are very many classes."""
        return self._at_most(max(MOST_ROWS, _MOST_OUTPUTS // self.architecture.n_outputs))

    def _at_most(self, most: int) -> Data:
        if len(self.data) <= most:
            return self.data
        rng = np.random.Generator(np.random.Philox(0))
        return self.data.rows(np.sort(rng.choice(len(self.data), most, replace=False)))

    @cached_property
    def now(self) -> Trace:
        """The trace with the parameters as they are."""
        return self._trace(self.net.arrays(), "inference")

    @cached_property
    def start(self) -> Trace:
        """The trace with the parameters that the seed draws; running averages are not there yet."""
        return self._trace(self.initial, "training" if self.architecture.normalises_batches else "inference")

    @cached_property
    def initial(self) -> dict[str, Array]:
        """The parameters that the seed draws."""
        return initial_parameters(self.architecture, self.net.seed, self.net.dtype)

    @cached_property
    def is_untrained(self) -> bool:
        """Whether the parameters are still those that the seed draws."""
        return all(np.array_equal(self.initial[name], value) for name, value in self.net.arrays().items())

    @cached_property
    def parameters(self) -> dict[str, Array]:
        """The parameters as they are, in float64."""
        return {name: np.asarray(value, np.float64) for name, value in self.net.arrays().items()}

    def _trace(self, parameters: dict[str, Array], mode: str) -> Trace:
        return Trace(self.architecture, parameters, self.sample.X, self.sample.y, self.sample.form, mode)

    @cached_property
    def hidden(self) -> tuple[Hidden, ...]:
        """The hidden layers whose activation is known by name."""
        return tuple(Hidden(layer, name) for layer, name in hidden_activations(self.architecture).items())

    @cached_property
    def widths(self) -> tuple[int, ...]:
        """Units of each hidden layer."""
        return tuple(p.shape[1] for p in self.architecture.parameters.values() if p.is_weight)[:-1]

    @property
    def suited_initializer(self) -> str:
        """Name of the initialiser that suits the hidden activation."""
        bends = [h.activation for h in self.hidden if h.activation in ACTIVATIONS and h.activation not in LINEAR]
        name = bends[0] if bends else "relu"
        suited = resolve_activation(name).initializer
        return next(known for known, initializer in INITIALIZERS.items() if initializer == suited)

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
        """Whether each row is of one class, and not of any number of them."""
        return self.loss.target == "classes" or (self.is_classification and self.architecture.n_outputs == 1)

    def row_weights(self, data: Data) -> Array:
        """How much each row counts (N,), 1 on average."""
        return np.ones(len(data)) if data.w is None else np.asarray(data.w, np.float64)

    def log_losses(self, a: Array, y: Array) -> Array:
        """−Σ y ln a of each row, (N,), of classes that exclude each other."""
        a, y = (v if v.shape[1] > 1 else np.concatenate([v, 1 - v], axis=1) for v in (a, y))
        return np.asarray(-(y * np.log(np.clip(a, 1e-7, 1.0))).sum(axis=1))

    def loss_of_answer(self, answer: Array) -> float:
        """The mean loss of giving every row the same output (k,)."""
        y = self.targets_as_rows(self.sample)
        a, t = variable("a", (N, y.shape[1])), variable("y", (N, y.shape[1]))
        rows = np.broadcast_to(answer, y.shape)
        losses = evaluate(self.loss(a, t), {"a": rows, "y": y})
        return float(np.average(losses, weights=self.row_weights(self.sample)))

    @cached_property
    def trivial_loss(self) -> float:
        """The loss of the best constant: the classes' shares, or the mean."""
        shares = np.average(self.targets_as_rows(self.sample), axis=0, weights=self.row_weights(self.sample))
        bound = 1e-12 if self.is_classification else 0.0  # ln 0 of a class that no row has
        return self.loss_of_answer(np.clip(shares, bound, 1 - bound) if bound else shares)

    @cached_property
    def ignorant_loss(self) -> float:
        """The loss of knowing nothing: ln k for classes, ln 2 for a yes or no, the variance of numbers."""
        k = self.architecture.n_outputs
        if self.loss.target == "numbers":
            return self.trivial_loss
        return self.loss_of_answer(np.full(k, 1 / k if self.loss.target == "classes" else 0.5))

    @cached_property
    def first_loss(self) -> float:
        """The first loss that the history tells of, or else that at the parameters that the seed draws."""
        if self.history is not None and self.history.step_loss:
            return min(self.history.step_loss[:3])  # one batch may be odd; a start that is bad is so for all of them
        return self.start.loss - self.penalty(self.initial)

    @cached_property
    def highest_first_loss(self) -> float:
        """Of a cross-entropy: probabilities ten times smaller than by guessing. Of other losses: ten times the loss."""
        return self.ignorant_loss + log(BAD_START) if self.is_classification else self.ignorant_loss * BAD_START

    @cached_property
    def targets_spoil_the_start(self) -> bool:
        """Whether the first loss is far off although the initial outputs are of the size of standardised targets."""
        if self.is_classification or not self.first_loss > self.highest_first_loss > 0:
            return False
        return not any(self._is_large(name) for name in self.initial)

    def _is_large(self, name: str) -> bool:
        p, drawn = self.architecture.parameters[name], np.asarray(self.initial[name], np.float64)
        return p.trainable and float(np.mean(drawn**2) * (p.shape[0] if p.is_weight else 1)) > LARGE_WEIGHTS**2

    def penalty(self, parameters: dict[str, Array]) -> float:
        """l1·Σ|W| + l2/2·ΣW², the part of the loss that is not about the data."""
        a = self.architecture
        W = [np.asarray(parameters[name], np.float64) for name, p in a.parameters.items() if p.is_weight]
        return float(sum(a.l1 * np.abs(w).sum() + 0.5 * a.l2 * (w**2).sum() for w in W))

    # --- the training

    @cached_property
    def steps(self) -> int:
        """Optimizer steps that the history tells of."""
        if self.history is None:
            return 0
        per_epoch = max(1, len(self.data) // self.batch_size)
        return max(len(self.history.step_loss), self.history.epochs * per_epoch)

    @cached_property
    def peak_rate(self) -> float:
        """The largest learning rate: of the history, or of the optimizer's schedule."""
        if self.history is not None and "learning_rate" in self.history.columns:
            return max(self.history["learning_rate"])
        return float(self.optimizer.schedule.rates(np.arange(1000), 1000, 10).max())

    def optimizer_at(self, learning_rate: float) -> Optimizer:
        """The same optimizer with another learning rate."""
        return replace(self.optimizer, learning_rate=learning_rate)


def layers_in_words(layers: Sequence[int]) -> Phrase:
    """Layers by number.

    Example:
        >>> layers_in_words([1, 2])("en"), layers_in_words([1, 2])("zh")
        ('layers 1 and 2', '第 1、2 层')
    """
    numbers = [str(layer) for layer in layers]
    listed = " and ".join([", ".join(numbers[:-1]), numbers[-1]] if len(numbers) > 1 else numbers)
    return Phrase(f"layer{'s' * (len(numbers) > 1)} {listed}", f"第 {'、'.join(numbers)} 层")
