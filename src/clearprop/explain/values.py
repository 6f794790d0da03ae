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
from clearprop.execute import Array, Reference
from clearprop.graph import Graph, Node, gradient, simplify, tidy
from clearprop.nn import Architecture, TargetForm, parameter_nodes
from clearprop.nn.scope import layer_of


class ByLayer(Mapping[int, Array]):
    """The values of one letter, by layer: `t.z[1]`, …; a[0] is X."""

    def __init__(self, letter: str, values: Mapping[str, Array]) -> None:
        self._letter = letter
        self._values = {
            int(name[len(letter) :]): value
            for name, value in values.items()
            if name.startswith(letter) and name[len(letter) :].isdecimal()
        }

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
    ) -> None:
        if mode not in ("inference", "training"):
            raise InvalidValueError(f"mode {mode!r}", "'inference' or 'training'")
        self.architecture, self.mode = architecture, mode
        self.parameters = {name: _kept(np.asarray(a, np.float64)) for name, a in parameters.items()}  # as they are now
        self._X, self._y, self._form = _kept(X), None if y is None else _kept(y), form
        self._training = mode == "training"

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickled as what it was made of; graphs and values are made again when they are needed."""
        return type(self), (self.architecture, self.parameters, self._X, self._y, self._form, self.mode)

    # --- graphs

    @cached_property
    def layer_graph(self) -> Graph:
        """The forward pass and the loss as the textbooks write them, on a[L]; every layer's values have names."""
        if self._y is None:
            return self.architecture.prediction_graph("f64").keeping_names()
        return self.architecture.loss_graph("f64", self._training, self._form).keeping_names()

    @cached_property
    def graph(self) -> Graph:
        """The whole pass, forward and backward, simplified: what runs when the network trains."""
        forward = simplify(self.layer_graph)
        if self._y is None:
            return forward
        return Graph({**forward.outputs, **_gradients(forward, self._wanted)})

    @cached_property
    def textbook_graph(self) -> Graph:
        """Forward and backward as the textbooks write them: the layer graph and its gradients, nothing fused."""
        if self._y is None:
            return tidy(self.layer_graph)
        return tidy(Graph({**self.layer_graph.outputs, **_gradients(self.layer_graph, self._wanted)}))

    @cached_property
    def _wanted(self) -> list[str]:
        values = [name for name, node in self.layer_graph.outputs.items() if _is_traced(name, node)]
        return [*values, *self._learned]

    @cached_property
    def _learned(self) -> list[str]:
        """The parameters that the loss depends on; a layer may declare others."""
        return list(parameter_nodes(self.layer_graph, self.architecture))

    @cached_property
    def output(self) -> str:
        """The name of what the network puts out: a[L], unless something else comes last in it."""
        return str(self.architecture.forward("f64", self._training).output.name)

    # --- values

    def inputs(self) -> dict[str, Array]:
        """What the graphs are computed from: parameters, X, y, and the counter of random numbers."""
        bound = dict(self.parameters) | {"X": self._X, "counter": np.zeros(3, np.int64)}
        return bound if self._y is None else bound | {"y": self._y}

    def run(self, graph: Graph) -> dict[str, Array]:
        """The outputs of a graph of this network for these samples."""
        given = self.inputs()
        return Reference().load(graph).run({name: given[name] for name in graph.inputs}, len(self._X))

    @cached_property
    def values(self) -> Mapping[str, Array]:
        """Every value by name, in the order in which it is computed: forward, then backward."""
        found = self.run(self.graph) | {"a0": self._X}
        if self._y is not None:
            found |= self._bypassed(found)
        return {name: _read_only(found[name]) for name in self._names}

    def _bypassed(self, found: Mapping[str, Array]) -> dict[str, Array]:
        """Gradients by values that the graph that trains goes round, as a loss from logits goes round a[L].

        They are those of the loss as the textbooks write it. The parameters' must come out the same either way, where
        both are finite.
        """
        textbook = self.run(self.textbook_graph)
        differing = {name for name in self.backward_names if _differ(textbook[name], found[name])}
        wrong = [f"d{name}" for name in self._learned if f"d{name}" in differing]
        if wrong:
            raise ClearpropError(
                f"{', '.join(wrong)} of the simplified graph, which trains, and of the graph as it was written differ",
                "equal gradients",
                "a derivative rule, a definition or a stable form of one of the ops in this network is wrong",
            )
        return {name: textbook[name] for name in (*differing, f"d{self.output}")}

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
        return type(self)(self.architecture, self.parameters, self._X[rows], y, self._form, self.mode)

    @cached_property
    def _names(self) -> tuple[str, ...]:
        """In the order in which the values are computed."""
        return (*self.forward_names, *self.backward_names)

    @property
    def forward_names(self) -> list[str]:
        """X, then layer by layer z, a, …, and the loss."""
        inner = [name for name, node in self.layer_graph.outputs.items() if _is_traced(name, node)]
        order = [node.name for node in self.layer_graph.nodes if node.name in inner]
        return ["a0", *map(str, order), *(["L"] if self._y is not None else [])]

    @property
    def backward_names(self) -> list[str]:
        """da[L], dz[L], {dW[L], db[L]}, da[L−1], … down to the first layer."""
        if self._y is None:
            return []
        names: list[str] = []
        for value in reversed(self.forward_names[1:-1]):
            names.append(f"d{value}")
            if value == f"z{layer_of(value)}":
                names += self._parameter_gradients(layer_of(value))
        return list(dict.fromkeys([*names, *(f"d{name}" for name in self._learned)]))

    def _parameter_gradients(self, layer: int | None) -> list[str]:
        declared = self.architecture.parameters
        return [f"d{name}" for name in self._learned if declared[name].layer == layer]

    def __getitem__(self, name: str) -> Array:
        if name not in self:
            raise UnknownNameError(f"no {name!r} in this trace", "one of: " + ", ".join(self))
        return self.values[name]

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    @property
    def z(self) -> ByLayer:
        """Pre-activations z[l], (N, n_l)."""
        return ByLayer("z", self.values)

    @property
    def a(self) -> ByLayer:
        """Activations a[l], (N, n_l); a[0] is X and a[L] the prediction."""
        return ByLayer("a", self.values)

    @property
    def da(self) -> ByLayer:
        """∂L/∂a[l]."""
        return ByLayer("da", self._backward)

    @property
    def dz(self) -> ByLayer:
        """δ[l] = ∂L/∂z[l]."""
        return ByLayer("dz", self._backward)

    @property
    def delta(self) -> ByLayer:
        """δ[l] = ∂L/∂z[l], the same as dz."""
        return self.dz

    @property
    def dW(self) -> ByLayer:
        """∂L/∂W[l], (n_in, n_out)."""
        return ByLayer("dW", self._backward)

    @property
    def db(self) -> ByLayer:
        """∂L/∂b[l], (n_out,)."""
        return ByLayer("db", self._backward)

    @property
    def loss(self) -> float:
        """L, the mean over the samples, with penalties."""
        self._require_target()
        return float(self.values["L"])

    @property
    def _backward(self) -> Mapping[str, Array]:
        self._require_target()
        return self.values

    def _require_target(self) -> None:
        if self._y is None:
            raise InvalidValueError("a trace without a target has no loss and no gradients", "net.trace(X, y)")


def _kept(given: Array) -> Array:
    """A copy, which later changes to what was given do not reach."""
    return _read_only(np.array(given))


def _read_only(array: Array) -> Array:
    found = np.asarray(array).view()
    found.flags.writeable = False
    return found


def _differ(a: Array, b: Array) -> bool:
    """Whether two arrays of finite numbers differ by more than rounding."""
    scale = max(1.0, float(np.abs(b).max(initial=0.0)))
    finite = bool(np.isfinite(a).all() and np.isfinite(b).all())
    return finite and not np.allclose(a, b, rtol=1e-9, atol=1e-9 * scale)


def _is_traced(name: str, node: Node) -> bool:
    """Values of layers: floating-point, with a layer number; not the loss and not new running states."""
    return node.type.is_float and name[-1:].isdigit()


def _gradients(graph: Graph, names: list[str]) -> dict[str, Node]:
    nodes = {name: graph[name] for name in names}
    found = gradient(graph["L"], list(nodes.values()))
    return {f"d{name}": node.named(f"d{name}") for name, node in zip(nodes, found, strict=True)}
