"""A network in a file, and a training run in a checkpoint."""

from __future__ import annotations

import math
import os
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from clearprop.errors import ModelFileError, a_or_an, checked_integer, listed, plural
from clearprop.execute import Array, Batches
from clearprop.files import checked_path
from clearprop.graph import DTYPES
from clearprop.interop import (
    Shapes,
    describe_architecture,
    read_model,
    require_arrays,
    require_shapes,
    revive_architecture,
    write_model,
)
from clearprop.network.fingerprint import difference, fingerprint
from clearprop.nn import Architecture
from clearprop.train import Epoch, Run, Training, schedules, step_graph
from clearprop.train.predict import Data
from clearprop.visible import visible

MOST = 2**53  # steps or epochs: the update counts them in floating-point numbers


def header_of(architecture: Architecture, seed: int, dtype: str) -> dict[str, Any]:
    """What a file must say of a network beside its arrays."""
    return {"architecture": describe_architecture(architecture), "seed": seed, "dtype": dtype}


def architecture_from(path: str | os.PathLike[str], described: Any, shapes: Shapes) -> tuple[Architecture, int, str]:
    """Architecture, seed and dtype from a header, checked against the shapes of the arrays beside it.

    Raises:
        ModelFileError: if they do not fit together.
    """
    if not isinstance(described, dict) or not {"architecture", "seed", "dtype"} <= set(described):
        raise ModelFileError(f"{path} does not describe a network", "a file written by save()")
    try:
        architecture = revive_architecture(described["architecture"])
    except ModelFileError as error:
        raise ModelFileError(f"{path} holds a damaged network: {error.got}", error.expected, error.hint) from None
    dtype, seed = described["dtype"], described["seed"]
    if dtype not in ("f32", "f64") or isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed < 2**63:
        raise ModelFileError(f"{path} has a damaged header", "a file written by save()")
    require_shapes(path, shapes, {name: p.shape for name, p in architecture.parameters.items()})
    return architecture, seed, dtype


def require_numbers(path: str | os.PathLike[str], arrays: dict[str, Array], dtype: str) -> None:
    """Check that arrays hold finite numbers of the network's dtype."""
    for name, a in arrays.items():
        if str(a.dtype) != DTYPES[dtype]:
            raise ModelFileError(f"{path}: {name} holds {a.dtype}", DTYPES[dtype])
        if not np.isfinite(a).all():
            raise ModelFileError(f"{path}: {name} holds numbers that are not finite", "finite numbers")


class Checkpoint:
    """A callback that writes the whole state of a run, so that it can go on bit for bit.

    Args:
        architecture: of the network in training.
        seed: of its first weights.
        training: how it trains.
        data: the training rows.
        validation: the rows that are held out, if any.
        path: the file.
        every: epochs between two checkpoints.
    """

    def __init__(
        self,
        architecture: Architecture,
        seed: int,
        training: Training,
        data: Data,
        validation: Data | None,
        path: str | os.PathLike[str],
        every: int,
    ) -> None:
        self._path, self._every = Path(checked_path(path)), checked_integer("checkpoint_every", every)
        self._architecture, self._training = architecture, training
        self._steps_per_epoch = Batches(len(data), training.batch_size).per_epoch
        self._columns = {"loss", "learning_rate", "seconds"}
        if validation is not None:
            self._columns |= {"validation_loss", *(f"validation_{metric.name}" for metric in training.metrics)}
        self._fingerprint = fingerprint(architecture, seed, training, data, validation)

    def resumed(self) -> Run | None:
        """The run in the file, or None if there is no file. With another number of epochs it may warn.

        Raises:
            ModelFileError: if the file is no checkpoint of this run: it names what is another.
        """
        if not self._path.exists():
            return None
        run, epochs = self._read()
        doubt = self._doubt(run, epochs)
        if doubt is not None:
            warnings.warn(
                visible(f"{self._path} holds {plural(run.done, 'epoch')}{doubt}"), RuntimeWarning, stacklevel=3
            )
        return run

    def __call__(self, event: Epoch) -> None:
        """Write the checkpoint after an epoch."""
        if event.number % self._every == 0 or event.number == event.total:
            plain, arrays = event.run.to_parts()
            header = {"kind": "checkpoint", "training": self._fingerprint, "epochs": event.total, "run": plain}
            write_model(self._path, header, arrays)

    def _doubt(self, run: Run, before: int) -> str | None:
        """What a fit of so many epochs, not of as many as before, does to a run; None if it just goes on."""
        now, per_epoch = self._training.epochs, self._steps_per_epoch
        if now < run.done:
            return f" already, more than the {now} asked for: nothing was trained"
        steps = np.unique(np.linspace(0, run.done * per_epoch - 1, 100).astype(np.int64))
        for name, schedule in schedules(self._architecture, self._training.optimizer).items():
            done, asked = (schedule.rates(steps, epochs * per_epoch, per_epoch) for epochs in (before, now))
            if not np.array_equal(done, asked):
                what = "learning rates" if name == "η" else f"schedule of {name}"
                other = f"another than one of {plural(now, 'epoch')} from its start"
                return f" with the {what} of a fit of {plural(before, 'epoch')}: {other}"
        return None

    def _check(self, header: dict[str, Any], shapes: Shapes) -> None:
        """Refuse the arrays of another network before they are read."""
        if header.get("kind") != "checkpoint":
            return
        slots = step_graph(self._architecture, self._training.optimizer, self._training.dtype).slots
        parameters = {name: p.shape for name, p in self._architecture.parameters.items()}
        groups = {"parameters": parameters, "slots": slots, "best_parameters": parameters}
        if not any(name.startswith("best_parameters/") for name in shapes):
            del groups["best_parameters"]
        wanted = {f"{group}/{name}": shape for group, each in groups.items() for name, shape in each.items()}
        if difference(header.get("training"), self._fingerprint) is None:
            require_shapes(self._path, shapes, wanted)

    def _read(self) -> tuple[Run, int]:
        """The run, and how many epochs the fit that wrote it was to have."""
        header, arrays = read_model(self._path, self._check)
        if header.get("kind") != "checkpoint":
            raise ModelFileError(
                f"{self._path} is {a_or_an(str(header.get('kind')))}", "a checkpoint", "pass another path"
            )
        other = difference(header.get("training"), self._fingerprint)
        if other is not None:
            raise ModelFileError(
                f"{self._path} is a checkpoint of {other}",
                "one of this run",
                "go on with the same arguments and data, or delete the file to start anew",
            )
        try:
            run = Run.from_parts(header["run"], arrays)
            self._require_written(run)
            epochs = checked_integer("epochs", header["epochs"], low=run.done)
        except (KeyError, TypeError, ValueError, OverflowError, AttributeError) as error:
            raise ModelFileError(f"{self._path} is a damaged checkpoint: {error}") from None
        parameters = {name: p.shape for name, p in self._architecture.parameters.items()}
        require_arrays(self._path, run.parameters, parameters)
        if run.best_parameters:
            require_arrays(self._path, run.best_parameters, parameters)
        slots = step_graph(self._architecture, self._training.optimizer, self._training.dtype).slots
        require_arrays(self._path, run.slots, slots)
        for group in (run.parameters, run.best_parameters, run.slots):
            require_numbers(self._path, group, self._training.dtype)
        return run, epochs

    def _require_written(self, run: Run) -> None:
        """Check that the plain data of a run is what this fit can have written.

        Raises:
            TypeError, ValueError: if not.
        """
        done, history, training = run.done, run.history, self._training
        for name in ("step", "epoch", "done", "waited", "plateau_waited"):
            if checked_integer(name, getattr(run, name), low=0) > MOST:
                raise ValueError(f"{name} {getattr(run, name)}")
        if not 1 <= done == history.epochs:
            raise ValueError(f"{plural(history.epochs, 'epoch')} in the history of {done}")
        if set(history) != self._columns:
            raise ValueError(f"the columns {listed(history)} in the history")
        steps = done * self._steps_per_epoch
        if len(history.step_loss) != steps:
            raise ValueError(f"the losses of {plural(len(history.step_loss), 'step')} of {steps}")
        if run.step < steps or not max(run.waited, run.plateau_waited) <= done <= run.epoch:
            raise ValueError(f"counters that {plural(steps, 'step')} in {plural(done, 'epoch')} do not come to")
        if run.optimizer != type(training.optimizer).__name__:
            raise ValueError(f"the arrays of the optimizer {run.optimizer!r}")
        for number in (run.rate_factor, run.best, run.plateau_best):
            if number is not None and (type(number) not in (int, float) or math.isnan(number)):
                raise TypeError(f"the number {number!r}")
        if not 0 < run.rate_factor <= 1:
            raise ValueError(f"rate_factor {run.rate_factor!r}")
        if len({run.best is None, history.best_epoch is None, not run.best_parameters}) > 1:
            raise ValueError("half of what early stopping keeps")
        if training.early_stopping is None and (run.best is not None or history.stopped_by == "early stopping"):
            raise ValueError("early stopping, without a rule for it")
