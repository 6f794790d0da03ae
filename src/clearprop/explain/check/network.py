"""The check of a network: the gradients that train it, against slopes of the loss as the textbooks write it."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal, Protocol

import numpy as np
from numpy.typing import ArrayLike

from clearprop.errors import InvalidValueError, ShapeError
from clearprop.execute import Array
from clearprop.explain.check.compare import EQUAL, Settings, TensorCheck, compare, largest_entry, slopes_at
from clearprop.explain.check.cut import loss_of
from clearprop.explain.check.looks import Case, Surroundings, looks_like
from clearprop.explain.check.report import GradientCheck
from clearprop.explain.check.slopes import LossOfArray
from clearprop.explain.values import Values
from clearprop.graph import Graph, Name, gradient, show_shape, simplify, topological
from clearprop.graph.node import is_alias
from clearprop.messages import Message, checked_language
from clearprop.nn.names import A0, LOSS, TARGET, X

ROUNDED = 0.02  # 1 − a keeps half a digit at worst before it is 0: 2 % of the loss


class Traceable(Protocol):
    """A network: what this module asks of it."""

    def trace(self, X: ArrayLike, y: ArrayLike | None = None, mode: str = "inference") -> Values:
        """Its values for some samples."""
        ...


def check_gradients(
    net: Traceable,
    X: ArrayLike,
    y: ArrayLike,
    *,
    mode: Literal["inference", "training"] = "inference",
    tolerance: float = 1e-6,
    method: Literal["auto", "complex", "central"] = "auto",
    entries: int = 24,
    seed: int = 0,
    lang: str = "en",
) -> GradientCheck:
    """Check every gradient of a network against slopes of its loss: |analytic − numeric| / max(|analytic|, |numeric|).

    What is checked is what trains: the gradients of the simplified graph. What it is checked against is the loss as the
    textbooks write it, on a[L], of which only values are used: a wrong rule of a fused op cannot hide. All in float64.

    The slopes are complex steps, exact to rounding, where every op on the way is analytic; central differences
    elsewhere, in which an entry is left out, and counted, if the loss has a kink beside it. Where a gradient is wrong,
    the backward pass is searched for the first wrong number, and what it looks like is said.

    Args:
        net: a network with a loss.
        X, y: samples (N, n_inputs) and their targets; a few dozen rows are enough.
        mode: "inference", or "training" with batch statistics and the dropout of one step.
        tolerance: the largest relative error that is right, from 1e-12 on. Entries below a thousandth of the largest in
            their array, or a millionth of the largest in their layer, are measured by that.
        method: "complex", "central", or "auto" for the best that is possible.
        entries: of an array with more entries than this only so many are looked at one by one: the largest and some
            drawn at random. Together they are checked along a random direction.
        seed: of what is drawn.
        lang: "en" or "zh", for what is printed.

    Raises:
        ClearpropError: if X or y does not fit, an argument makes no sense, the loss is not finite, or a complex step is
            asked for where an op is not analytic.

    Example:
        >>> net = cp.Network(3, [cp.Dense(4, "tanh"), cp.Dense(1, "sigmoid")], loss="binary_cross_entropy")
        >>> check = check_gradients(net, [[1.0, 2.0, 3.0]], [1])
        >>> check.ok, check["W1"].verdict, check["W1"].method
        (True, 'right', 'complex step')
    """
    settings, spoken = Settings(tolerance, method, entries, seed), checked_language(lang)
    values = net.trace(X, y, mode)
    if not values.has_target:
        raise InvalidValueError("a gradient check without a target", "check_gradients(net, X, y)")
    check = _Check(values, settings)
    checks: dict[str, TensorCheck] = {name: check.checked(name) for name in values.learned}
    title = Message("check.title", n=values.samples, mode=Message(f"check.modes.{mode}"), loss=check.loss)
    result = GradientCheck(title, checks, tolerance, check.notes, lang=spoken)
    return result if result.ok else check.with_place(result)


class _Check:
    """One pass of a network, its gradients, and its loss as a function of any value in it.

    Raises:
        InvalidValueError: if the loss is not finite.
    """

    def __init__(self, values: Values, settings: Settings) -> None:
        self.values, self.settings = values, settings
        self.trained = simplify(values.layer_graph)  # the graph that trains, without its backward half
        self.found = values.run(values.graph)  # every value and every gradient of the graph that trains
        self.loss = float(self.found[LOSS])
        if not np.isfinite(self.loss):
            raise InvalidValueError(f"the loss is {self.loss}", "a finite loss", "smaller weights, or another sample")
        self.measured, self.notes = self._measured_on()

    def _measured_on(self) -> tuple[Graph, tuple[Message, ...]]:
        """Slopes are those of the loss on a[L]; where that has lost its digits, of the one from logits, with a note."""
        graph, loss, depth = self.values.layer_graph, self.loss, self.values.architecture.depth
        textbook = float(self.values.run(Graph({LOSS: graph[LOSS]}))[LOSS])
        gap = abs(textbook - loss)
        if gap <= EQUAL * abs(loss):
            return graph, ()
        if ROUNDED * abs(loss) < gap < float("inf"):
            return graph, (Message("check.not_the_same", textbook=textbook, loss=loss),)
        return self.trained, (Message("check.from_logits", depth=depth, textbook=textbook, loss=loss),)

    def loss_of(self, name: str) -> LossOfArray:
        """The loss as a function of a parameter or of an inner value."""
        return loss_of(self.measured[LOSS], self.measured[name], self.values.run, self.values.samples)

    def checked(self, name: Name) -> TensorCheck:
        """Compare one gradient.

        Raises:
            ShapeError: if it has not the shape of what it is the gradient by.
        """
        given, loss = self.found[name.gradient], self.loss_of(name)
        if given.shape != loss.at.shape:
            raise ShapeError(
                f"{name.gradient} has shape {show_shape(given.shape)}", f"{show_shape(loss.at.shape)}, as {name}"
            )
        of_layer = [self.found[other] for other in self.values.backward_names if other.layer == name.layer]
        return compare(name, given, loss, largest_entry(of_layer), self.settings)

    def with_place(self, result: GradientCheck) -> GradientCheck:
        """The result with the first wrong gradient of the backward pass, where the mistake lies and what it is like."""
        for name in self._backward:
            check = result.checks[name] if name in result.checks else self.checked(name)
            if check.verdict == "wrong":
                around = self._surroundings()
                looks = looks_like(Case(check, self.found[name.gradient], around.values[name], around))
                return replace(result, first_wrong=replace(check, looks=looks), place=self._place(name))
        return result

    @property
    def _backward(self) -> list[Name]:
        """What the loss is differentiated by, in the order of the backward pass, as far as training needs it."""
        used = set(topological([self.trained[LOSS]]))
        return [name for d in self.values.backward_names if self.trained[name := d.root] in used]

    def _place(self, wrong: Name) -> Message:
        """Between which gradients, and in the derivative of which ops: those on the way to the next named values."""
        stops = {self.trained[other]: other for other in self._backward if other != wrong}
        reached, ops, right = {self.trained[wrong]}, list[str](), list[Name]()
        for node in topological([self.trained[LOSS]]):
            if reached.isdisjoint(node.inputs):
                continue
            if not is_alias(node):
                ops.append(node.op.name)
            if node in stops:
                right.append(stops[node].gradient)
            else:
                reached.add(node)
        ops = list(dict.fromkeys(ops)) or ["identity"]
        if not right:
            return Message("check.at_the_loss", wrong=wrong.gradient, ops=ops)
        return Message("check.between", right=right, wrong=wrong.gradient, ops=ops)

    def _surroundings(self) -> Surroundings:
        depth, graph = self.values.architecture.depth, self.values.layer_graph
        output = Name.value("a", depth)
        extra = self.values.run(
            Graph({TARGET: graph.inputs[TARGET], output: gradient(graph[LOSS], graph[output]), A0: graph.inputs[X]})
        )
        gradients: dict[str, Array] = {name.root: self.found[name] for name in self.values.backward_names}
        y = extra[TARGET]
        return Surroundings(
            n=self.values.samples,
            depth=depth,
            values={**self.found, **self.values.parameters, A0: extra[A0]},
            gradients={**gradients, output: extra[output]},
            targets=y[:, None] if y.ndim == 1 else y,
            measure=lambda name, places: slopes_at(name, self.loss_of(name), places, self.settings),
        )
