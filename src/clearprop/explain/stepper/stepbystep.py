"""`step_by_step`: one sample's way through the network, as a page that walks it node by node."""

from __future__ import annotations

from typing import Any

import numpy as np

from clearprop.errors import InvalidValueError, checked_choice
from clearprop.explain.derivation import NOTATIONS, DerivationSource
from clearprop.explain.derivation.steps import with_rate
from clearprop.explain.stepper.cells import Cells
from clearprop.explain.stepper.layers import Layers
from clearprop.explain.stepper.page import StepByStep
from clearprop.explain.stepper.shared import loss_frame, prediction_frame
from clearprop.explain.stepper.walk import Walk
from clearprop.explain.values import Values
from clearprop.messages import Message, checked_language
from clearprop.nn import CONVENTIONS
from clearprop.present.formula import DIGITS, checked_digits
from clearprop.train import GradientDescent, Optimizer, resolve_optimizer

ZOOMS = ("layers", "fused", "primitives")
_BY_DEFAULT, _AT_MOST = 64, 600  # vertices of a graph of single numbers


def step_by_step(
    values: Values,
    lang: str = "en",
    zoom: str | None = None,
    optimizer: Any = None,
    *,
    convention: str = "row",
    digits: int = DIGITS,
    notation: str = "delta",
) -> StepByStep:
    """Walk one sample through forward pass, loss, backward pass and update, node by node.

    Args:
        values: the trace of one sample; without a target there is a forward pass only.
        lang: "en" or "zh".
        zoom: what a node is: "layers" (values are matrices), "fused" (single numbers; × + σ and the loss) or
            "primitives" (exp, ln, 1/x, …). By default "fused" where the graph is small enough, else "layers".
        optimizer: whose update is shown; by default that of the network's last fit, or gradient descent.
        convention: "row" (z = a · W + b) or "column" (z = W · a + b).
        digits: significant digits of printed numbers.
        notation: of gradients, "delta" (δ, ∂L/∂W) or "d" (dz, dW).

    Raises:
        InvalidValueError: for several samples, or a graph of single numbers that is too large.
        ClearpropError: for an unknown language, zoom, convention, notation or optimizer, or digits out of range.

    Example:
        >>> net = cp.Network(2, [cp.Dense(2, "tanh"), cp.Dense(1, "sigmoid")], "binary_cross_entropy")
        >>> step_by_step(net.trace([1.0, 0.0], 1), lang="zh")
        <StepByStep: 38 steps, zoom 'fused'>
    """
    known = checked_language(lang)
    chosen = (values.optimizer or GradientDescent()) if optimizer is None else resolve_optimizer(optimizer)
    if values.samples != 1:
        raise InvalidValueError(f"a trace of {values.samples} samples", "one", "trace.sample(i).step_by_step()")
    if zoom is not None:
        checked_choice("zoom", zoom, tuple(ZOOMS))
    written = checked_choice("convention", convention, CONVENTIONS)
    letters = checked_choice("notation", notation, NOTATIONS)
    digits = checked_digits(digits)
    source = DerivationSource(values, written, digits, chosen, letters)
    cells = _cells(source, zoom)
    walk = Layers(source, chosen, known) if cells is None else Walk(cells, chosen)
    last = loss_frame(source) if values.has_target else prediction_frame(source)
    return StepByStep(
        Message("stepper.title" if values.has_target else "stepper.title_forward")(known),
        _subtitle(values, chosen)(known),
        known,
        walk.circuit,
        (*walk.frames(), last),
        "layers" if cells is None else zoom or "fused",
        values.architecture.depth,
        source.column,
        digits,
    )


def _cells(source: DerivationSource, zoom: str | None) -> Cells | None:
    """The graph of single numbers; None where the layers are to be shown."""
    vertices = 2 * sum(array.size for array in source.values.parameters.values())  # at least, near enough
    if zoom == "layers" or (zoom is None and vertices > _BY_DEFAULT):
        return None
    if vertices > _AT_MOST:
        raise InvalidValueError(f"zoom {zoom!r} of a network with {vertices // 2:,} parameters", "zoom='layers'")
    try:
        cells = Cells(source, "primitives" if zoom == "primitives" else "fused")
    except InvalidValueError as error:  # an op of the user's of whose elements nothing is known
        if zoom is None:
            return None
        raise InvalidValueError(f"zoom {zoom!r}: {error.got}", "zoom='layers'") from None
    fits = len(cells.values) <= _BY_DEFAULT and all(np.isfinite(v) for v in cells.values.values())
    return cells if zoom is not None or fits else None


def _subtitle(values: Values, optimizer: Optimizer) -> Message:
    widths = {layer: width for _, layer, width in values.architecture.built()}
    network = "-".join(map(str, (values.architecture.n_inputs, *(widths[layer] for layer in sorted(widths)))))
    if not values.has_target:
        return Message("stepper.without_target", network=network)
    return Message("stepper.subtitle", network=network, optimizer=with_rate(optimizer))
