"""`fit_together`: networks trained side by side on shared data, as members, folds or candidates are."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from clearprop.errors import DivergenceError, InvalidValueError, ShapeError, checked_integer, plural
from clearprop.execute import Array, Executor, default_executor
from clearprop.network.arguments import as_stopping, as_truth
from clearprop.network.ended import EndedTrainings, in_turns
from clearprop.network.network import Network
from clearprop.train import Data, Fit, History, Training, as_weights, resolve_optimizer, train_together


def fit_together(
    networks: Sequence[Network],
    X: ArrayLike,
    y: ArrayLike,
    *,
    rows: Sequence[ArrayLike] | None = None,
    validation_rows: Sequence[ArrayLike] | None = None,
    sample_weight: Any = None,
    optimizer: Any = None,
    epochs: int | Sequence[int] = 100,
    batch_size: int | Sequence[int] = 32,
    shuffle: bool = True,
    early_stopping: Any = None,
    n_threads: int | None = None,
    progress: Callable[[Sequence[int]], object] | None = None,
    checkpoint: str | os.PathLike[str] | None = None,
    resume: bool = False,
    executor: Executor | None = None,
) -> list[History]:
    """Train networks side by side, each on one thread at a time, in one call of the native machine.

    Each network comes to the bits of `network.fit(X[r], y[r], validation=(X[v], y[v]), metrics=[])` on its rows r and
    validation rows v, on any number of threads. Its seed is its own. The rows stay where they are: nothing is copied.

    Args:
        networks: of any shapes; their inputs, outputs and losses must fit X and y.
        X, y: as of `Network.fit`, for all of them.
        rows: of each network, the numbers of the rows that it learns from, or a truth value per row; by default all.
        validation_rows: of each, the rows of its validation loss; by default there is none.
        sample_weight: (N,) numbers ≥ 0 for all, or a list of such, one per network. Scaled to mean 1 over the rows of
            each, as those of the validation are.
        optimizer, epochs, batch_size, early_stopping: as of `Network.fit`, or a list with one per network.
        shuffle: whether each epoch has a new order.
        n_threads: how many are trained at once; by default as many as there are processors.
        progress: told several times a second, on the calling thread, how many epochs each has done. Returning True
            stops all, as Ctrl-C does; each then keeps its best, and those whose turn had not come have no epoch.
        checkpoint: file to write those to that have ended. They are then trained as many at a time as at once.
        resume: those that ended in that file, if it exists, are taken from it, and the others trained: to the bits of
            one call without a break, but for what their optimizers keep.
        executor: what trains each of them; by default the native machine, where it was built. The NumPy reference
            trains one after another.

    Returns:
        The history of each.

    Raises:
        ClearpropError: if something does not fit, before any training begins.
        DivergenceError: when all have ended, if some diverged; it disturbs none of the others. `results` of the error
            has each one's history, or its own error.
        BusyError: if a network is being trained already.

    Example:
        >>> from clearprop import Dense
        >>> X = np.random.default_rng(0).normal(size=(60, 2))
        >>> fold = np.arange(60) % 3
        >>> nets = [Network(2, [Dense(8, "tanh"), Dense(1)], "mean_squared_error", seed=k) for k in range(3)]
        >>> rows, held_out = [fold != k for k in range(3)], [fold == k for k in range(3)]
        >>> histories = fit_together(nets, X, X[:, 0], rows=rows, validation_rows=held_out, epochs=20, early_stopping=5)
        >>> [(history.epochs, history.best_epoch) for history in histories]
        [(20, 20), (20, 20), (20, 20)]
    """
    networks = list(networks)
    k, validated = len(networks), validation_rows is not None
    if not k or len({id(network) for network in networks}) < k:
        raise InvalidValueError("the same network twice" if k else "no network", "one or more, each of them once")
    if n_threads is not None:
        checked_integer("n_threads", n_threads)
    if resume and checkpoint is None:
        raise InvalidValueError("resume=True without a checkpoint", "checkpoint=path, the file to go on from")
    data = _shared(networks, X, y)
    weights = _each("sample_weight", sample_weight, k, one=_is_column(sample_weight))
    learned = _parts("rows", rows, networks, data, weights)
    held_out = _parts("validation_rows", validation_rows, networks, data, weights) if validated else [None] * k
    chosen = zip(
        _each("optimizer", optimizer, k),
        _each("epochs", epochs, k),
        _each("batch_size", batch_size, k),
        _each("early_stopping", early_stopping, k),
        networks,
        strict=True,
    )
    trainings = [
        Training(
            optimizer=resolve_optimizer(update),
            epochs=checked_integer("epochs", most, low=0),
            batch_size=checked_integer("batch_size", size),
            shuffle=as_truth("shuffle", shuffle),
            seed=network.seed,
            early_stopping=as_stopping(rule, validated),
            executor=executor or default_executor(1),
            dtype=network.dtype,
        )
        for update, most, size, rule, network in chosen
    ]
    mine = threading.Lock()
    with mine:  # let go of however this ends: Ctrl-C cannot come in between
        for network in networks:
            network._claim(mine)
        for network, training in zip(networks, trainings, strict=True):
            network._run.done, network._optimizer = 0, training.optimizer
        parts = zip(networks, trainings, learned, held_out, strict=True)
        fits = [Fit(n.architecture, t, n._run, d, v) for n, t, d, v in parts]
        try:
            if checkpoint is None:
                found = train_together(fits, n_threads, progress)
            else:
                ended = EndedTrainings(checkpoint, fits, [network.seed for network in networks])
                found = in_turns(fits, ended, resume, n_threads, progress)
        finally:
            for network in networks:
                network._changed()
    return _histories(found)


def _histories(found: Sequence[History | DivergenceError]) -> list[History]:
    wrong = [(k, result) for k, result in enumerate(found) if isinstance(result, DivergenceError)]
    if not wrong:
        return [result for result in found if isinstance(result, History)]
    k, first = wrong[0]
    which = f"{len(wrong)} of {len(found)} trainings diverged, the first of them number {k}, counted from 0: "
    error = DivergenceError(which + first.got, first.expected, first.hint)
    error.results = tuple(found)
    raise error


def _each(name: str, given: Any, k: int, one: bool = False) -> list[Any]:
    """One for each network: a list as it is, anything else for all."""
    if one or not isinstance(given, list | tuple | np.ndarray):
        return [given] * k
    if len(given) != k:
        raise ShapeError(f"{len(given)} of {name}", f"{k}, one per network")
    return list(given)


def _is_column(given: Any) -> bool:
    """Whether weights are numbers, one per row, and not such columns for each network."""
    return not (isinstance(given, list | tuple | np.ndarray) and len(given) and (given[0] is None or np.ndim(given[0])))


def _shared(networks: Sequence[Network], X: ArrayLike, y: ArrayLike) -> list[Data]:
    """X and y as each network reads them, the same arrays for those that read them alike."""
    known: dict[Any, Data] = {}
    for key, network in zip(map(_form, networks), networks, strict=True):
        if key not in known:
            known[key] = network._data(X, y)
    return [known[_form(network)] for network in networks]


def _form(network: Network) -> tuple[Any, ...]:
    a = network.architecture
    return a.n_inputs, a.n_outputs, a.checked_loss().target, network.dtype


def _parts(
    name: str, rows: Sequence[ArrayLike] | None, networks: Sequence[Network], data: Sequence[Data], weights: list[Any]
) -> list[Data]:
    """The rows of each network where they are, and their weights."""
    numbers = [None] * len(data) if rows is None else _each(name, list(rows), len(data))
    return [
        _part(f"{name}[{k}]", numbers[k], network.architecture.n_outputs, data[k], weights[k])
        for k, network in enumerate(networks)
    ]


def _part(name: str, rows: Any, n_outputs: int, data: Data, weight: Any) -> Data:
    part = data if rows is None else data.view(_row_numbers(name, rows, len(data)))
    if weight is None:
        return part
    weight = np.asarray(weight)
    if weight.shape != (len(data),):
        raise ShapeError(f"sample_weight has shape {weight.shape}", f"({len(data)},), one per row")
    some = slice(None) if part.among is None else part.among
    scaled = np.zeros(len(data))
    scaled[some] = as_weights(weight[some], None, data.y[some], data.form, n_outputs)
    return replace(part, weights=scaled)


def _row_numbers(name: str, rows: Any, n: int) -> Array:
    """Row numbers as integers, from numbers or from a truth value per row.

    Raises:
        InvalidValueError: for anything else, for none, and for those that are out of range.
    """
    given = np.asarray(rows)
    if given.dtype == bool and given.shape == (n,):
        given = np.flatnonzero(given)
    if given.ndim != 1 or given.dtype.kind not in "iu" or not given.size:
        raise InvalidValueError(
            f"{name} of {given.dtype}, shape {given.shape}", f"one or more row numbers, or {plural(n, 'truth value')}"
        )
    if given.min() < 0 or given.max() >= n:
        raise InvalidValueError(f"{name} from {given.min()} to {given.max()}", f"row numbers from 0 to {n - 1}")
    return given.astype(np.int64)
