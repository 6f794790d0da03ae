"""A network whose weights have 8 bits, and how far its answers are from the network's own."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from clearprop.arrays import Array
from clearprop.errors import InvalidValueError, unknown_name
from clearprop.graph import DTYPES
from clearprop.interop.source import Rounded, rounded
from clearprop.messages import say
from clearprop.train import as_features

if TYPE_CHECKING:
    from clearprop.network.network import Network

WEIGHTS = ("full", "int8")
_ROWS = 1000  # that are made up


def in_int8(network: Network) -> tuple[Network, Rounded]:
    """A copy of the network that computes with weights of 8 bits, and these.

    Raises:
        InvalidValueError: for a network without a matrix of weights.
    """
    found = network.copy(optimizer=False)
    codes = rounded(network.architecture, network.arrays())
    for name, matrix in codes.parameters.items():
        found.parameters[name] = matrix
    return found, codes


def require_weights(weights: str, X: Any = None) -> None:
    """Refuse what weights cannot be written in, and rows where there is nothing to measure on them.

    Raises:
        UnknownNameError: for such a word.
        InvalidValueError: for rows beside full weights.
    """
    if weights not in WEIGHTS:
        raise unknown_name("weights", weights, list(WEIGHTS))
    if weights == "full" and X is not None:
        raise InvalidValueError("X beside full weights", 'weights="int8", whose cost is measured on X')


def told_of(codes: Rounded, ours: Array, theirs: Array, rows: str, lang: str, labels: int | None = None) -> Rounded:
    """The weights with a sentence on what they cost.

    Args:
        codes: the weights.
        ours, theirs: what is answered with the network's own, and with these, of one shape.
        rows: which these are of.
        lang: "en" or "zh".
        labels: how many of them are other ones.

    Raises:
        InvalidValueError: if there are no rows.
    """
    if not len(ours):
        raise InvalidValueError("no rows to measure weights in 8 bits on", "one or more")
    off, largest = (float(np.abs(each).max(initial=0)) for each in (ours - theirs, ours))
    values = {"n": f"{len(ours):,}", "rows": rows, "difference": f"{off:.2g}", "largest": f"{largest:.3g}"}
    said = say("source.int8", lang, **values)
    return replace(codes, told=said + ("" if labels is None else " " + say("source.int8_labels", lang, labels=labels)))


def measured(network: Network, X: Any, lang: str) -> Rounded:
    """The weights in 8 bits with what they cost on rows X; on a thousand normal ones for None."""
    other, codes = in_int8(network)
    n = network.architecture.n_inputs
    given = np.random.default_rng(0).normal(size=(_ROWS, n)).astype(DTYPES[network.dtype]) if X is None else X
    samples = as_features(given, n, network.dtype)
    rows = say("source.int8_normal" if X is None else "source.int8_given", lang)
    return told_of(codes, network.predict(samples), other.predict(samples), rows, lang)
