"""Every z, a, δ, dW, db of one run of a network, by name, in float64.

What is differentiated is the simplified graph, the one that trains. da[L], the gradient by the network's output, is
swallowed there by the loss from logits; it is taken from the loss as the textbooks write it, on a[L]. So is the
gradient by any other value that a fused op goes round.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Self

import numpy as np

from clearprop.cached import cached_property
from clearprop.errors import ClearpropError, InvalidValueError, UnknownNameError
from clearprop.execute import Array
from clearprop.explain.passes import Passes, passes_of
from clearprop.graph import Graph, Name, Role
from clearprop.nn import Architecture, TargetForm
from clearprop.nn.names import A0, COUNTER, LOSS, TARGET, X
from clearprop.train import Optimizer, as_dtype


class ByLayer(Mapping[int, Array]):
    """The values of one letter, by layer: `t.z[1]`, …; a[0] is X."""

    def __init__(self, letter: str, values: Mapping[int, Array]) -> None:
        self._letter, self._values = letter, values

    def __getitem__(self, layer: int) -> Array:
        if layer not in self._values:
            have = ", ".join(f"{self._letter}[{k}]" for k in sorted(self._values)) or "none"
            raise UnknownNameError(f"no {self._letter}[{layer}] in this trace", f"one of: {have}")
        return self._values[layer]

    def __iter__(self) -> Iterator[int]:
        return iter(sorted(self._values))

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return "{" + ", ".join(f"{self._letter}[{k}]: {self[k].shape}" for k in self) + "}"


class Values:
    """The numbers of a trace, without its faces. Nothing is computed before it is asked for."""

    def __init__(
        self,
        architecture: Architecture,
        parameters: Mapping[str, Array],
        X: Array,
        y: Array | None = None,
        form: TargetForm = "rows",
        mode: str = "inference",
        counter: Array | None = None,
        optimizer: Optimizer | None = None,
    ) -> None:
        if mode not in ("inference", "training"):
            raise InvalidValueError(f"mode {mode!r}", "'inference' or 'training'")
        self.architecture, self.mode = architecture, mode
        self._parameters = {name: a.copy() for name, a in parameters.items()}  # as they are now
        self._X, self._y, self.form = _kept(X), None if y is None else _kept(y), form
        self.counter = np.zeros(3, np.int64) if counter is None else counter  # of random numbers: seed, epoch, step
        self._training = mode == "training"
        self.optimizer = optimizer  # that the network was trained with last, as far as it is known
        self.derived: tuple[Any, ...] | None = None  # how the last derivation was asked for, and its source
        self.steps_before, self.slots = 0, dict[str, Array]()  # of the optimizer, and its arrays; none before the first

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickled as what it was made of; graphs and values are made again when they are needed."""
        made_of = (self.architecture, self._parameters, self._X, self._y, self.form, self.mode)
        return type(self), (*made_of, self.counter, self.optimizer)

    @cached_property
    def parameters(self) -> dict[str, Array]:
        """Every parameter and running state by name, in float64, as it was when the trace was made."""
        return {name: _read_only(np.asarray(a, np.float64)) for name, a in self._parameters.items()}

    # --- graphs

    @cached_property
    def passes(self) -> Passes:
        """The graphs, which traces of one architecture share."""
        return passes_of(self.architecture, self._training, self.form if self.has_target else None)

    @property
    def layer_graph(self) -> Graph:
        """The forward pass and the loss as the textbooks write them, on a[L]; every layer's values have names."""
        return self.passes.layer_graph

    @property
    def graph(self) -> Graph:
        """The whole pass, forward and backward, simplified: what runs when the network trains."""
        return self.passes.graph

    @property
    def textbook_graph(self) -> Graph:
        """Forward and backward as the textbooks write them: the layer graph and its gradients, nothing fused."""
        return self.passes.textbook_graph

    @property
    def learned(self) -> list[Name]:
        """The parameters that the loss depends on; a layer may declare others."""
        return self.passes.learned

    @property
    def output(self) -> Name:
        """The name of what the network puts out: a[L], unless something else comes last in it."""
        return self.passes.output

    @property
    def forward_names(self) -> list[Name]:
        """X, then layer by layer z, a, …, and the loss."""
        return self.passes.forward_names

    @property
    def backward_names(self) -> list[Name]:
        """da[L], dz[L], {dW[L], db[L]}, da[L−1], … down to the first layer."""
        return self.passes.backward_names

    # --- values

    def inputs(self) -> dict[str, Array]:
        """What the graphs are computed from: parameters, X, y, the counter of random numbers, and what is scheduled."""
        bound = dict(self.parameters) | {X: self._X, COUNTER: self.counter}
        bound |= {name: np.asarray(scalar.first) for name, scalar in self.architecture.scalars.items()}
        return bound if self._y is None else bound | {TARGET: self._y}

    def run(self, graph: Graph) -> dict[str, Array]:
        """The outputs of a graph of this network for these samples."""
        return self.passes.run(graph, self.inputs(), len(self._X))

    def data_as(self, dtype: str) -> tuple[Array, Array]:
        """X and y as a network of this dtype computes with them; class labels stay whole numbers.

        Raises:
            InvalidValueError: for numbers too large for the dtype.
        """
        self._require_target()
        assert self._y is not None
        y = self._y if self.form == "labels" else as_dtype("y", self._y, dtype)
        return as_dtype("X", self._X, dtype), y

    @cached_property
    def values(self) -> Mapping[str, Array]:
        """Every value by name, in the order in which it is computed: forward, then backward."""
        found = self._ran | {A0: self._X}
        if self._y is not None:
            found |= self._bypassed(found)
        return {name: _read_only(found[name]) for name in self._names}

    @cached_property
    def _ran(self) -> dict[str, Array]:
        """The outputs of the graph that trains."""
        return self.run(self.graph)

    def _bypassed(self, found: Mapping[str, Array]) -> dict[str, Array]:
        """Gradients by values that the graph that trains goes round, as a loss from logits goes round a[L].

        They are those of the loss as the textbooks write it. The parameters' must come out the same either way, where
        both are finite.
        """
        textbook = self.run(self.textbook_graph)
        differing = {name for name in self.backward_names if _differ(textbook[name], found[name])}
        wrong = [name.gradient for name in self.learned if name.gradient in differing]
        if wrong:
            raise ClearpropError(
                f"{', '.join(wrong)} of the simplified graph, which trains, and of the graph as it was written differ",
                "equal gradients",
                "a derivative rule, a definition or a stable form of one of the ops in this network is wrong",
            )
        return {name: textbook[name] for name in (*differing, self.output.gradient) if name in textbook}

    @property
    def samples(self) -> int:
        """N, how many rows the batch has."""
        return len(self._X)

    @property
    def has_target(self) -> bool:
        """Whether there is a loss, and so a backward pass."""
        return self._y is not None

    def sample(self, i: int) -> Self:
        """Sample i (from 0) alone: its own loss and gradients, without the 1/N of the batch.

        Raises:
            InvalidValueError: if there is no such sample.
        """
        if not -self.samples <= i < self.samples:
            raise InvalidValueError(f"sample {i} of {self.samples}", f"0 … {self.samples - 1}")
        rows = slice(i % self.samples, i % self.samples + 1)
        y = None if self._y is None else self._y[rows]
        made_of = (self.architecture, self._parameters, self._X[rows], y, self.form, self.mode)
        alone = type(self)(*made_of, self.counter, self.optimizer)
        alone.steps_before, alone.slots = self.steps_before, self.slots
        return alone

    @cached_property
    def _names(self) -> tuple[Name, ...]:
        """In the order in which the values are computed."""
        return (*self.forward_names, *self.backward_names)

    def __getitem__(self, name: str) -> Array:
        if name not in self:
            is_parameter = name in self.parameters
            raise UnknownNameError(
                f"no {name!r} among what this trace computed",
                "one of: " + ", ".join(self),
                f"trace.parameters[{name!r}], which was given" if is_parameter else None,
            )
        return self.values[name]

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __iter__(self) -> Iterator[Name]:
        return iter(self._names)

    def keys(self) -> tuple[Name, ...]:
        """The names, in the order in which the values are computed; `dict(trace)` asks for them."""
        return self._names

    def __len__(self) -> int:
        return len(self._names)

    @property
    def z(self) -> ByLayer:
        """Pre-activations z[l], (N, n_l)."""
        return ByLayer("z", self._layers("value", "z"))

    @property
    def a(self) -> ByLayer:
        """Activations a[l], (N, n_l); a[0] is X and a[L] the prediction."""
        return ByLayer("a", self._layers("value", "a"))

    @property
    def da(self) -> ByLayer:
        """∂L/∂a[l]."""
        return ByLayer("da", self._layers("gradient", "a"))

    @property
    def dz(self) -> ByLayer:
        """δ[l] = ∂L/∂z[l]."""
        return ByLayer("dz", self._layers("gradient", "z"))

    @property
    def delta(self) -> ByLayer:
        """δ[l] = ∂L/∂z[l], the same as dz."""
        return self.dz

    @property
    def W(self) -> ByLayer:
        """The weights W[l], (n_in, n_out), of before the step."""
        return self.by_layer("W")

    @property
    def b(self) -> ByLayer:
        """The biases b[l], (n_out,), of before the step."""
        return self.by_layer("b")

    def by_layer(self, letter: str) -> ByLayer:
        """All values, parameters or gradients of one letter, by layer: what has no attribute of its own, too.

        Example:
            >>> net = cp.Network(2, [cp.Dense(3), cp.LayerNorm(), cp.Dense(1)], "squared_error")
            >>> trace = net.trace([[1.0, 2.0]], [[0.5]])
            >>> trace.by_layer("n"), trace.by_layer("dgamma")
            ({n[1]: (1, 3)}, {dgamma[1]: (3,)})
        """
        parameters = {
            name.layer: self.parameters[name]
            for name in self.architecture.parameters
            if isinstance(name, Name) and (name.letter, name.suffix) == (letter, "") and name.layer is not None
        }
        found = parameters or self._layers("value", letter)
        if not found and letter.startswith("d"):
            found = self._layers("gradient", letter[1:])
        return ByLayer(letter, found)

    @property
    def dW(self) -> ByLayer:
        """∂L/∂W[l], (n_in, n_out)."""
        return ByLayer("dW", self._layers("gradient", "W"))

    @property
    def db(self) -> ByLayer:
        """∂L/∂b[l], (n_out,)."""
        return ByLayer("db", self._layers("gradient", "b"))

    @property
    def loss(self) -> float:
        """L, the mean over the samples, with penalties."""
        self._require_target()
        return float(self._ran[LOSS])

    def _layers(self, role: Role, letter: str) -> dict[int, Array]:
        """Layer → its first value of a letter, or the gradient by it."""
        if role == "gradient":
            self._require_target()
        asked = [name for name in self._names if (name.role, name.letter, name.suffix) == (role, letter, "")]
        return {name.layer: self.values[name] for name in asked if name.layer is not None}

    def _require_target(self) -> None:
        if self._y is None:
            raise InvalidValueError("a trace without a target has no loss and no gradients", "net.trace(X, y)")


def _kept(given: Array) -> Array:
    """A copy, which later changes to what was given do not reach."""
    copy = np.array(given)
    copy.flags.writeable = False
    return copy


def _read_only(array: Array) -> Array:
    found = np.asarray(array).view()
    found.flags.writeable = False
    return found


def _differ(a: Array, b: Array) -> bool:
    """Whether two arrays of finite numbers differ by more than rounding."""
    scale = max(1.0, float(np.abs(b).max(initial=0.0)))
    finite = bool(np.isfinite(a).all() and np.isfinite(b).all())
    return finite and not np.allclose(a, b, rtol=1e-9, atol=1e-9 * scale)
