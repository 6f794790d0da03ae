"""How a network for a table is made and trained: what was asked for, and the defaults for the rest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clearprop.errors import checked_integer, checked_seed
from clearprop.estimators.defaults import default_batch_size, default_hidden, default_l2, network_for
from clearprop.network import Network
from clearprop.table import Target
from clearprop.train import EarlyStopping, History, Optimizer, resolve_optimizer

Array = NDArray[Any]
Part = tuple[Array, Array, Array | None]


@dataclass(frozen=True)
class Run:
    """A network that was trained, and how."""

    network: Network
    history: History
    optimizer: Optimizer
    batch_size: int


@dataclass(frozen=True)
class Recipe:
    """Arguments of `TableModel.train` that concern the network and its training; None stands for the default."""

    hidden: int | Sequence[int] | None = None
    activation: str = "relu"
    l2: float | None = None
    optimizer: str = "adam"
    learning_rate: float | None = None
    batch_size: int | None = None
    epochs: int = 500
    patience: int = 20
    n_threads: int | None = None
    seed: int = 0

    def run(self, target: Target, train: Part, validation: Part, **options: Any) -> Run:
        """Train a network.

        Args:
            target: what is learned.
            train: X (N, n), y (N,), and how much the rows count (N,), or None.
            validation: the same of the rows that end the training, perhaps none.
            options: of `Network.fit`: a checkpoint, callbacks.

        Raises:
            ClearpropError: for an argument out of range.
        """
        X, y, weights = train
        n = len(y)
        hidden = default_hidden(n) if self.hidden is None else self.hidden
        units = hidden if isinstance(hidden, Sequence) else np.atleast_1d(hidden).tolist()
        l2 = default_l2(n) if self.l2 is None else self.l2
        network = network_for(target, X.shape[1], units, self.activation, checked_seed(self.seed), l2)
        given = self.batch_size
        size = default_batch_size(n) if given is None else checked_integer("batch_size", given)
        optimizer = resolve_optimizer(self.optimizer, self.learning_rate)
        held_out = validation if len(validation[1]) else None
        history = network.fit(
            *(X, y),
            optimizer=optimizer,
            epochs=self.epochs,
            batch_size=size,
            validation=held_out,
            early_stopping=EarlyStopping(patience=self.patience) if held_out else None,
            n_threads=self.n_threads,
            sample_weight=weights,
            **options,
        )
        return Run(network, history, optimizer, size)
