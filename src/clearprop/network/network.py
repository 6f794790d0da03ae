"""`Network`: the face people hold. Its methods call down: one graph stands behind all of them."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import deepcopy
from dataclasses import replace
from inspect import isfunction
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from clearprop.errors import (
    BusyError,
    InvalidValueError,
    ShapeError,
    checked_choice,
    checked_integer,
    checked_seed,
    plural,
)
from clearprop.execute import Array, Executor, Program, default_executor
from clearprop.explain import Trace
from clearprop.forks import undivided
from clearprop.graph import Graph, dtype_name, simplify
from clearprop.interop import write_model
from clearprop.network import persistence
from clearprop.network.arguments import as_callbacks, as_held_out, as_penalty, as_stopping, as_truth
from clearprop.network.ensemble import joined, members_of
from clearprop.network.exports import Exports
from clearprop.network.heads import heads_of
from clearprop.network.parameters import Parameters
from clearprop.network.plain_steps import PlainSteps
from clearprop.network.summary import summary_of
from clearprop.nn import CONVENTIONS, Architecture, Ensemble, TargetForm, as_layer, resolve_loss
from clearprop.plan import Plan
from clearprop.train import (
    Callback,
    Data,
    EarlyStopping,
    Epoch,
    History,
    Optimizer,
    Profile,
    Run,
    Schedule,
    Scorer,
    Stepwise,
    Training,
    as_features,
    as_targets,
    as_weights,
    averages,
    initial_parameters,
    made_up,
    prediction_program,
    profile,
    resolve_metrics,
    resolve_optimizer,
    split_data,
    step_graph,
    train,
)


class Network(Exports):
    """A dense neural network: layers, a loss, and numbers.

    Args:
        n_inputs: number of input columns.
        layers: `cp.Dense(4, "tanh")`, `cp.Linear`, `cp.Activation`, `cp.Dropout`, `cp.BatchNorm`, `cp.LayerNorm`,
            `cp.PiecewiseLinear`, `cp.Periodic`, `cp.Embedding`, `cp.Scale`, `cp.ParametricActivation`, or anything with
            `build(x, scope)`.
        loss: by name, as an object, or a function of (a, y); None for a network that only predicts.
        seed: of the initial weights; the default seed of fit.
        dtype: "float32" or "float64".
        l1, l2: penalties l1·Σ|W| + l2/2·ΣW² on the weights, added to the loss: numbers or schedules.

    Raises:
        ClearpropError: if a layer, an activation or the loss is unknown, or they do not fit together.

    Example:
        >>> net = Network(3, [cp.Dense(4, "tanh"), cp.Dense(1, "sigmoid")], loss="binary_cross_entropy")
        >>> net.n_parameters, net.depth
        (21, 2)
    """

    def __init__(
        self,
        n_inputs: int,
        layers: Sequence[Any],
        loss: Any = None,
        *,
        seed: int = 0,
        dtype: str = "float32",
        l1: float | Schedule = 0.0,
        l2: float | Schedule = 0.0,
    ) -> None:
        n_inputs = checked_integer("n_inputs", n_inputs)
        built = tuple(as_layer(layer) for layer in layers)
        if not built:
            raise ShapeError("a network without layers", "at least one, such as cp.Dense(1)")
        chosen = None if loss is None else resolve_loss(loss)
        self._set_up(Architecture(n_inputs, built, chosen, as_penalty("l1", l1), as_penalty("l2", l2)), seed, dtype)
        if chosen is not None:
            self.architecture.checked_loss()
        self._run = Run(initial_parameters(self.architecture, self.seed, self.dtype))

    def _set_up(self, architecture: Architecture, seed: int, dtype: str) -> None:
        if dtype_name(dtype) not in ("f32", "f64"):
            raise InvalidValueError(f"dtype {dtype!r}", "'float32' or 'float64'")
        self.architecture, self.seed, self.dtype = architecture, checked_seed(seed), dtype_name(dtype)
        self._program: Program | None = None  # of a prediction
        self._predict: Callable[[Array], Array] | None = None  # with the parameters of now
        self._steps = PlainSteps(self.architecture, self.seed, self.dtype)
        self._fit: tuple[int, threading.Lock] | None = None  # the last one's process, and its lock, held while it runs
        self._optimizer: Optimizer | None = None  # of the last fit

    # --- what it is

    @property
    def optimizer(self) -> Optimizer | None:
        """That of the last `fit`, whose update traces explain; None before, and in a network from a file."""
        return self._optimizer

    @property
    def members(self) -> tuple[Network, ...]:
        """The networks whose mean this one answers with; of one that ends in no `cp.Ensemble`, itself.

        Example:
            >>> one, other = (Network(2, [cp.Dense(1)], "mse", seed=seed) for seed in (0, 1))
            >>> mean = ensemble_of([one, other])
            >>> len(mean.members), np.array_equal(mean.members[1].parameters["W1"], other.parameters["W1"])
            (2, True)
        """
        found = members_of(self.architecture, self._run.parameters)
        return tuple(network_of(a, arrays, self.seed, self.dtype) for a, arrays in found) or (self,)

    @property
    def shares(self) -> tuple[float, ...]:
        """How much of the mean is each member's; (1.0,) of a single one."""
        last = self.architecture.layers[-1]
        return last.shares if isinstance(last, Ensemble) else (1.0,)

    @property
    def heads(self) -> tuple[Network, ...]:
        """Of a network that ends in `cp.Heads` each head, with copies of what is shared, as a network of its own.

        It has its part of the loss, and can do what any network can: trace, explain, draw. None without heads.
        """
        if isinstance(last := self.architecture.layers[-1], Ensemble):
            each = zip(*(net.heads for net in self.members), strict=True)
            return tuple(ensemble_of(heads, last.weights) for heads in each)
        found = heads_of(self.architecture, self._run.parameters)
        return tuple(network_of(a, arrays, self.seed, self.dtype) for a, arrays in found)

    @property
    def depth(self) -> int:
        """L: the number of layers with parameters; the input is not counted."""
        return self.architecture.depth

    @property
    def parameters(self) -> Parameters:
        """W1, b1, … by name. Reading gives a read-only copy; assigning sets the values, of one or of all.

        Example:
            >>> net = Network(2, [cp.Dense(1, "sigmoid")], "binary_cross_entropy")
            >>> net.parameters = {"W1": [0.5, -0.25], "b1": 1}
            >>> net.parameters["W1"].tolist()
            [[0.5], [-0.25]]
        """
        return self._view(states=False)

    @parameters.setter
    def parameters(self, values: Mapping[str, Any]) -> None:
        self.parameters.assign_all(values)

    def parameters_in(self, convention: str) -> Parameters:
        """The parameters as a convention writes them, to read and to assign.

        Args:
            convention: "row" (z = a W + b, W in×out), which is how the network keeps them, or "column" (z = W a + b, W
                out×in), as PyTorch and many textbooks do.

        Example:
            >>> net = Network(3, [cp.Dense(1, "sigmoid")], "binary_cross_entropy")
            >>> net.parameters_in("column")["W1"] = [[0.1, 0.2, 0.3]]
            >>> net.parameters["W1"].shape
            (3, 1)
        """
        checked_choice("convention", convention, CONVENTIONS)
        return self._view(states=False, turned=convention == "column")

    @property
    def running(self) -> Parameters:
        """Running means and variances of batch normalisation, by name."""
        return self._view(states=True)

    def _view(self, states: bool, turned: bool = False) -> Parameters:
        names = [name for name, p in self.architecture.parameters.items() if p.is_state is states]
        return Parameters(self._run.parameters, names, self._assign, turned)

    @property
    def n_parameters(self) -> int:
        """How many numbers are learned; frozen parameters do not count."""
        return sum(p.size for p in self.architecture.parameters.values() if p.trainable)

    @property
    def hyperparameters(self) -> dict[str, Any]:
        """What is chosen and not learned: structure, loss, penalties, seed, dtype."""
        a = self.architecture
        return {
            "n_inputs": a.n_inputs,
            "layers": list(a.layers),
            "loss": a.loss,
            "l1": a.l1,
            "l2": a.l2,
            "seed": self.seed,
            "dtype": self.dtype,
        }

    def summary(self) -> str:
        """A table of the layers: role, shape, and parameters, of which some may be frozen or given."""
        return summary_of(self.architecture)

    def __repr__(self) -> str:
        sizes = [
            self.architecture.n_inputs,
            *(p.shape[1] for p in self.architecture.parameters.values() if p.name.letter == "W"),
        ]
        return f"<Network {'-'.join(map(str, sizes))}, {plural(self.n_parameters, 'parameter')}>"

    # --- the graph and what follows from it

    def graph(self) -> Graph:
        """X → a[L] as it runs in prediction, every layer's values named."""
        return simplify(self.architecture.prediction_graph(self.dtype))

    def step_graph(self, optimizer: Any = None) -> Graph:
        """One whole training step: loss, gradients and update."""
        form: TargetForm = "labels" if self.architecture.checked_loss().target == "classes" else "rows"
        return step_graph(self.architecture, resolve_optimizer(optimizer), self.dtype, form).graph

    def plan(self, what: str = "train", optimizer: Any = None) -> Plan:
        """The steps and buffers of a training step ("train") or of a prediction ("predict"), as they run."""
        return list(self.plan_passes(what, optimizer).values())[-1]

    def plan_passes(self, what: str = "train", optimizer: Any = None) -> dict[str, Plan]:
        """The plan after each pass of the planner, by the name of the pass; the last is what runs."""
        if what not in ("train", "predict"):
            raise InvalidValueError(f"plan of {what!r}", "'train' or 'predict'")
        if what == "predict":
            program = prediction_program(self.architecture, default_executor(), self.dtype)
        else:
            form: TargetForm = "labels" if self.architecture.checked_loss().target == "classes" else "rows"
            step = step_graph(self.architecture, resolve_optimizer(optimizer), self.dtype, form)
            program = default_executor().load(step.graph, step.stored)
        return dict(program.passes)

    def profile(
        self,
        X: ArrayLike | None = None,
        y: ArrayLike | None = None,
        *,
        optimizer: Any = None,
        batch_size: int = 32,
        n_threads: int | None = None,
        steps: int = 200,
    ) -> Profile:
        """Where the time of a training step goes on the native machine. The parameters stay as they are.

        Args:
            X, y: data to train on; random numbers of the right shape if not given.
            optimizer, batch_size, n_threads: as in `fit`.
            steps: how many steps to time, at least.

        Raises:
            ClearpropError: if the data does not fit, or if the native machine is not there.
        """
        batch_size, steps = checked_integer("batch_size", batch_size), checked_integer("steps", steps)
        data = self._data(*(made_up(self.architecture, 16 * batch_size) if X is None else (X, y)))
        chosen, executor = resolve_optimizer(optimizer), default_executor(n_threads)
        return profile(self.architecture, chosen, executor, self.dtype, self._run.parameters, data, batch_size, steps)

    # --- numbers

    def fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        *,
        optimizer: Any = None,
        learning_rate: float | Schedule | None = None,
        epochs: int = 100,
        batch_size: int = 32,
        validation: tuple[Any, ...] | float | None = None,
        callbacks: Callable[[Epoch], Any] | Iterable[Callable[[Epoch], Any]] = (),
        n_threads: int | None = None,
        progress: bool | Callable[[Epoch], Any] | None = None,
        sample_weight: ArrayLike | None = None,
        class_weight: Any = None,
        early_stopping: EarlyStopping | int | bool | None = None,
        metrics: Any = None,
        shuffle: bool = True,
        seed: int | None = None,
        checkpoint: str | os.PathLike[str] | None = None,
        checkpoint_every: int = 1,
        resume: bool = False,
        executor: Executor | None = None,
    ) -> History:
        """Train. A second call goes on from where the first stopped.

        Args:
            X: (N, n_inputs) numbers.
            y: targets: (N,) or (N, n_outputs) numbers; for `cross_entropy` integer labels (N,) or rows that sum to 1;
                for `cp.MultiTask` all of its tasks' columns, classes one-hot.
            optimizer: a name or an object such as `cp.Adam(1e-3)`, the default.
            learning_rate: η, a number or a schedule, of an optimizer given by name; by default the optimizer's own.
            epochs: passes over the data.
            batch_size: rows per step; a last batch of one row joins the one before.
            validation: (X, y), or (X, y, weights) where those rows do not count alike in the validation loss; or the
                share of the rows to hold out, which keep the weights that they have as training rows.
            callbacks: a function or functions, called with an `Epoch` after each epoch; returning True stops.
            n_threads: worker threads of the native machine; the reference executor uses one.
            progress: True prints a line per epoch; a function is called like a callback.
            sample_weight: (N,) numbers ≥ 0; the loss is Σ wᵢℓᵢ/N with the w scaled to mean 1.
            class_weight: {class: weight} or "balanced".
            early_stopping: `cp.EarlyStopping(...)`, a patience, or True; needs validation data.
            metrics: names or functions (y, a) → number, each of its own name, scored on the validation data, which they
                may read and not change.
            shuffle: whether each epoch has a new order: a function of seed and epoch.
            seed: of shuffling and dropout; the network's by default.
            checkpoint: file to write the state to, every `checkpoint_every` epochs.
            resume: go on from the checkpoint if the file exists, to the same bits as without the break.
            executor: by default the native machine, where it was built; else the NumPy reference.

        Returns:
            The history: loss, validation loss and metrics of every epoch. Ctrl-C ends training between two steps and
            returns it too.

        Raises:
            ClearpropError: if X, y or an argument does not fit; DivergenceError if the loss is no longer finite;
                BusyError if the network is being trained already, by another thread or the fit that calls back.
        """
        loss = self.architecture.checked_loss()
        if n_threads is not None:
            checked_integer("n_threads", n_threads)
        seed = self.seed if seed is None else checked_seed(seed)
        data = self._data(X, y, sample_weight, class_weight)
        held_out = None
        if isinstance(validation, float | np.floating):
            data, held_out = split_data(data, float(validation), seed)
        elif validation is not None:
            held_out = self._data(*as_held_out(validation))
        training = Training(
            optimizer=resolve_optimizer(optimizer, learning_rate),
            epochs=checked_integer("epochs", epochs, low=0),
            batch_size=checked_integer("batch_size", batch_size),
            shuffle=as_truth("shuffle", shuffle),
            seed=seed,
            early_stopping=as_stopping(early_stopping, held_out is not None),
            metrics=resolve_metrics(metrics, loss),
            executor=executor or default_executor(n_threads),
            dtype=self.dtype,
        )
        told = self._told(callbacks, progress)
        if resume and checkpoint is None:
            raise InvalidValueError("resume=True without a checkpoint", "checkpoint=path, the file to go on from")
        saver = None
        if checkpoint is not None:
            saver = persistence.Checkpoint(
                *(self.architecture, self.seed, training, data, held_out), checkpoint, checkpoint_every
            )
            told = (*told, saver)
        mine = threading.Lock()
        with mine:  # let go of however this ends: Ctrl-C cannot come in between
            self._claim(mine)
            self._run.done, self._optimizer = 0, training.optimizer
            found = saver.resumed() if saver is not None and resume else None
            if found is not None:
                self._run = found.in_place_of(self._run)
            try:
                return train(self.architecture, replace(training, callbacks=told), self._run, data, held_out)
            finally:
                self._changed()

    def step(self, X: ArrayLike, y: ArrayLike, learning_rate: float) -> Trace:
        """One plain step on all of these samples: θ ← θ − η ∂L/∂θ, with penalties, in the network's dtype.

        Nothing is kept beside the parameters, and what the optimizer of a fit keeps stays as it is; frozen parameters
        stay, too. Running statistics of batch normalisation move on, and dropout drops others in each step.

        Args:
            X, y: as of `fit`; one sample may be a vector.
            learning_rate: η > 0.

        Returns:
            The trace of before the step: the values, the loss and the gradients that made it.

        Raises:
            ClearpropError: if X or y does not fit; DivergenceError, and the parameters stay as they were, if one would
                not be finite; BusyError while the network is being trained.

        Example:
            >>> net = Network(2, [cp.Dense(1, "sigmoid", W=[0.5, -0.25], b=0.25)], "bce", dtype="float64")
            >>> trace = net.step([1.0, 3.0], 1, learning_rate=0.5)
            >>> trace.a[1].item(), trace.dW[1].ravel().tolist(), net.parameters["W1"].ravel().tolist()
            (0.5, [-0.5, -1.5], [0.75, 0.5])
        """
        mine = threading.Lock()
        with mine:
            self._claim(mine)
            before = self._traced(X, y, "training", self._steps.counter(self._run))
            try:
                self._steps.take(self._run, before, learning_rate)
            finally:  # Ctrl-C between two parameters, too
                self._changed()
        return before

    def stepwise(
        self,
        X: ArrayLike,
        y: ArrayLike,
        *,
        optimizer: Any = None,
        learning_rate: float | None = None,
        batch_size: int = 32,
        shuffle: bool = True,
        seed: int | None = None,
    ) -> Stepwise:
        """A training of this network that stops after any number of steps, and goes back to where it was.

        Args:
            X, y, optimizer, learning_rate, batch_size, shuffle, seed: as of `fit`.

        Raises:
            ClearpropError: if X, y or an argument does not fit.

        Example:
            >>> net = Network(2, [cp.Dense(1, "sigmoid", init="zeros")], "bce", dtype="float64")
            >>> training = net.stepwise([[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 1], optimizer="sgd", batch_size=2)
            >>> start = training.snapshot()
            >>> len(training.advance(3).reports), training.rows.tolist(), net.parameters["b1"].tolist() == [0.0]
            (3, [2, 3], False)
            >>> training.go_to(start)
            >>> net.parameters["b1"].tolist()
            [0.0]
        """
        self._optimizer = resolve_optimizer(optimizer, learning_rate)
        return Stepwise(
            self.architecture,
            self._run,
            self._data(X, y),
            self._optimizer,
            checked_integer("batch_size", batch_size),
            seed=self.seed if seed is None else checked_seed(seed),
            shuffle=as_truth("shuffle", shuffle),
            dtype=self.dtype,
            changed=self._changed,
        )

    def _claim(self, mine: threading.Lock) -> None:
        """Keep other fits out for as long as a lock is held; a fit that a fork left behind in a child keeps none out.

        Raises:
            BusyError: if another one is running.
        """
        with undivided:
            if self._fit is not None and self._fit[0] == os.getpid() and self._fit[1].locked():
                raise BusyError("the network is being trained", "one fit at a time", "train a copy: net.copy().fit(…)")
            self._fit = os.getpid(), mine

    def _data(self, X: Any, y: Any, sample_weight: Any = None, class_weight: Any = None) -> Data:
        a = self.architecture
        features = as_features(X, a.n_inputs, self.dtype)
        targets, form = as_targets(y, a.checked_loss(), a.n_outputs, len(features), self.dtype)
        return Data(features, targets, form, as_weights(sample_weight, class_weight, targets, form, a.n_outputs))

    def _told(self, callbacks: Any, progress: Any) -> tuple[Callback, ...]:
        def with_network(callback: Callback) -> Callback:
            def told(event: Epoch) -> bool | None:
                self._changed()
                return callback(Epoch(event.number, event.total, event.row, event.run, self))

            return told

        return tuple(map(with_network, as_callbacks(callbacks, progress)))

    def predict(self, X: ArrayLike) -> Array:
        """a[L]: (N, n_outputs) for (N, n_inputs), (n_outputs,) for one sample (n_inputs,).

        Raises:
            ClearpropError: if X does not fit.
        """
        predict = self._predict or self._bound()
        if type(X) is np.ndarray and self._is_quick:
            quick = predict(X)  # None for what must be looked at and converted first
            if quick is not None:
                return quick
        a = predict(as_features(X, self.architecture.n_inputs, self.dtype))
        return a[0] if np.ndim(X) == 1 else a

    def _bound(self) -> Callable[[Array], Array]:
        """The prediction with the parameters of now, made again when they change."""
        if self._program is None:
            self._program = prediction_program(self.architecture, default_executor(), self.dtype)
        self._predict = predict = self._program.bind(self._run.parameters)
        self._is_quick = not isfunction(predict)  # compiled, it checks its input itself
        return predict

    def _assign(self, name: str, values: Array) -> None:
        self._run.assign(name, values)
        self._changed()

    def _changed(self) -> None:
        self._predict = None

    def evaluate(self, X: ArrayLike, y: ArrayLike, metrics: Any = None) -> dict[str, float]:
        """The mean loss, without penalties, and metrics on some data."""
        chosen = resolve_metrics(metrics, self.architecture.checked_loss())
        scorer = Scorer(self.architecture, chosen, self._data(X, y), default_executor(), self.dtype)
        return {name.removeprefix("validation_"): v for name, v in scorer.scores(self._run.parameters).items()}

    def trace(self, X: ArrayLike, y: ArrayLike | None = None, mode: str = "inference") -> Trace:
        """Every z, a, da, dz, dW, db and the loss, by name, in float64, for one sample or a batch.

        Args:
            X: (N, n_inputs), or one sample (n_inputs,).
            y: targets; without them there is no backward pass.
            mode: "inference" (what predict computes) or "training" (batch statistics, dropout).
        """
        return self._traced(X, y, mode, None)

    def _traced(self, X: ArrayLike, y: ArrayLike | None, mode: str, counter: Array | None) -> Trace:
        a = self.architecture
        features = as_features(X, a.n_inputs, "f64")
        if y is None:
            return Trace(a, self._run.parameters, features, mode=mode, optimizer=self._optimizer)
        targets, form = as_targets(y, a.checked_loss(), a.n_outputs, len(features), "f64")
        return Trace(a, self._run.parameters, features, targets, form, mode, counter, self._optimizer)

    def arrays(self) -> dict[str, Array]:
        """Copies of all parameters and running states, by name."""
        return self._run.snapshot()

    def best_arrays(self) -> dict[str, Array]:
        """The same as they were after the best epoch of the last fit, by what its early stopping monitored.

        Where no fit had early stopping, or no epoch was better than none, they are those of `arrays`.
        """
        return self._run.snapshot() | {name: a.copy() for name, a in self._run.best_parameters.items()}

    # --- copies and files

    def copy(self, *, optimizer: bool = True) -> Network:
        """An independent network with the same numbers.

        Args:
            optimizer: whether a fit goes on with what the last one's optimizer kept, Adam's moments and its t; False
                lets it start anew.
        """
        found = deepcopy(self)
        if not as_truth("optimizer", optimizer):
            found._run.forget_optimizer()
            found._optimizer = None
        return found

    def averaged(self) -> Network:
        """A copy with the running means of the weights, after a fit with `cp.AveragedWeights`; the rest is the same.

        Raises:
            InvalidValueError: if the last fit made none.
        """
        means = averages(self.architecture, self._optimizer, self._run.optimizer_arrays(), self._run.step)
        found = self.copy(optimizer=False)
        for name, values in means.items():
            found.parameters[name] = values
        return found

    def __getstate__(self) -> dict[str, Any]:
        made_again = dict.fromkeys(("_program", "_predict", "_fit"))
        return {**self.__dict__, **made_again}

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the network to a file, atomically; `cp.load(path)` reads it.

        Raises:
            FileError: if the file cannot be written.
            InvalidValueError: if the network has a function of the user's in it, which no file can carry.
        """
        write_model(path, {"kind": "network", "network": self.header()}, self._run.parameters)

    def header(self) -> dict[str, Any]:
        """What a file must say of the network beside its arrays, as plain data."""
        return persistence.header_of(self.architecture, self.seed, self.dtype)


def network_from(path: str | os.PathLike[str], described: Any, arrays: dict[str, Array]) -> Network:
    """The network that a file describes, with its numbers.

    Raises:
        ModelFileError: if the description and the arrays do not fit together.
    """
    shapes = {name: a.shape for name, a in arrays.items()}
    architecture, seed, dtype = persistence.architecture_from(path, described, shapes)
    persistence.require_numbers(path, arrays, dtype)
    return network_of(architecture, arrays, seed, dtype)


def network_of(architecture: Architecture, arrays: Mapping[str, Array], seed: int, dtype: str) -> Network:
    """A network of this architecture with these numbers, which are copied."""
    net = Network.__new__(Network)
    net._set_up(architecture, seed, dtype)
    net._run = Run({name: arrays[name].copy() for name in architecture.parameters})
    return net


def ensemble_of(members: Sequence[Network], weights: Sequence[float] | None = None) -> Network:
    """One network, and one graph, that answers with the mean of what these answer, by weights if there are some: see
    `cp.Ensemble`.

    Layers in front that all share, without anything to learn, are computed once. The members keep their numbers; the
    ensemble has copies.

    Raises:
        InvalidValueError: for members of different inputs, losses, penalties or dtypes.
        ShapeError: for none, or for different numbers of outputs.
    """
    if not members:
        raise ShapeError("an ensemble of no networks", "one or more")
    first = members[0]
    if len({net.dtype for net in members}) > 1:
        raise InvalidValueError("members of float32 and float64", "one dtype")
    parts = [(net.architecture, net._run.parameters) for net in members]
    return network_of(*joined(parts, weights), first.seed, first.dtype)
