"""A network in a file, and a training run in a checkpoint."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np

from clearprop.errors import ModelFileError, checked_integer
from clearprop.execute import Array
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
from clearprop.train import Epoch, Run, Training, step_graph
from clearprop.train.predict import Data


def header_of(architecture: Architecture, seed: int, dtype: str) -> dict[str, Any]:
    """What a file must say of a network beside its arrays."""
    return {"architecture": describe_architecture(architecture), "seed": seed, "dtype": dtype}


def revive(path: str | os.PathLike[str], described: Any, shapes: Shapes) -> tuple[Architecture, int, str]:
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
    _require_dtype(path, arrays, dtype)
    for name, a in arrays.items():
        if not np.isfinite(a).all():
            raise ModelFileError(f"{path}: {name} holds numbers that are not finite", "finite numbers")


def _require_dtype(path: str | os.PathLike[str], arrays: dict[str, Array], dtype: str) -> None:
    for name, a in arrays.items():
        if str(a.dtype) != DTYPES[dtype]:
            raise ModelFileError(f"{path}: {name} holds {a.dtype}", DTYPES[dtype])


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
        self._path, self._every = Path(path), checked_integer("checkpoint_every", every)
        self._architecture, self._training = architecture, training
        self._fingerprint = fingerprint(architecture, seed, training, data, validation)

    def resumed(self) -> Run | None:
        """The run in the file, or None if there is no file.

        Raises:
            ModelFileError: if the file is no checkpoint of this run: it names what is another.
        """
        return self._read() if self._path.exists() else None

    def __call__(self, event: Epoch) -> None:
        """Write the checkpoint after an epoch."""
        if event.number % self._every == 0 or event.number == event.total:
            plain, arrays = event.run.to_parts()
            write_model(self._path, {"kind": "checkpoint", "training": self._fingerprint, "run": plain}, arrays)

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

    def _read(self) -> Run:
        header, arrays = read_model(self._path, self._check)
        if header.get("kind") != "checkpoint":
            raise ModelFileError(f"{self._path} is a {header.get('kind')}", "a checkpoint", "pass another path")
        other = difference(header.get("training"), self._fingerprint)
        if other is not None:
            raise ModelFileError(
                f"{self._path} is a checkpoint of {other}",
                "one of this run",
                "go on with the same arguments and data, or delete the file to start anew",
            )
        try:
            run = Run.from_parts(header["run"], arrays)
            _require_counters(run)
        except (KeyError, TypeError, ValueError, OverflowError, AttributeError) as error:
            raise ModelFileError(f"{self._path} is a damaged checkpoint: {error}") from None
        parameters = {name: p.shape for name, p in self._architecture.parameters.items()}
        require_arrays(self._path, run.parameters, parameters)
        if run.best_parameters:
            require_arrays(self._path, run.best_parameters, parameters)
        slots = step_graph(self._architecture, self._training.optimizer, self._training.dtype).slots
        require_arrays(self._path, run.slots, slots)
        for group in (run.parameters, run.best_parameters):
            require_numbers(self._path, group, self._training.dtype)
        _require_dtype(self._path, run.slots, self._training.dtype)
        return run


def _require_counters(run: Run) -> None:
    """Check the plain numbers of a run.

    Raises:
        TypeError, ValueError: if one is of the wrong kind.
    """
    for name in ("step", "epoch", "done", "waited", "plateau_waited"):
        checked_integer(name, getattr(run, name), low=0)
    if run.done != run.history.epochs:
        raise ValueError(f"{run.history.epochs} epochs in the history of {run.done}")
    if not 0 < run.rate_factor <= 1:
        raise ValueError(f"rate_factor {run.rate_factor!r}")
    for number in (run.best, run.plateau_best):
        if number is not None and not isinstance(number, int | float):
            raise TypeError(f"best value {number!r}")
