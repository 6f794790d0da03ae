"""Callbacks that tell other tools of each epoch: TensorBoard, MLflow, and whatever logs as a run of wandb does."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from importlib import import_module
from inspect import signature
from typing import Any

from clearprop.errors import MissingDependencyError
from clearprop.train import Callback, Epoch


class TensorBoard:
    """A callback that writes the numbers of each epoch where `tensorboard --logdir` shows them.

    Args:
        folder: for its event files; a folder of its own for each run, below the one that TensorBoard is shown.

    Attributes:
        folder: as given.

    Raises:
        MissingDependencyError: without `pip install "clearprop[tensorboard]"`; TensorFlow and PyTorch are not needed.

    Example:
        ```python
        net.fit(X, y, callbacks=cp.TensorBoard("runs/first"), validation=0.2)
        ```
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self.folder = os.fspath(folder)
        self._writer = _imported("tensorboard.summary.writer.event_file_writer", "tensorboard")
        self._event = _imported("tensorboard.compat.proto.event_pb2", "tensorboard").Event
        self._summary = _imported("tensorboard.compat.proto.summary_pb2", "tensorboard").Summary
        self._file: Any = None

    def __call__(self, epoch: Epoch) -> None:
        """Write the numbers of an epoch; they are in the file when this returns."""
        if self._file is None:
            self._file = self._writer.EventFileWriter(self.folder)
        values = [self._summary.Value(tag=name, simple_value=value) for name, value in epoch.row.items()]
        summary = self._summary(value=values)
        self._file.add_event(self._event(wall_time=time.time(), step=epoch.number, summary=summary))
        self._file.flush()


class MLflow:
    """A callback that logs the numbers of each epoch as metrics of a run of MLflow.

    At the first epoch it logs parameters, too: the layers, how many numbers are learned, the epochs asked for.

    Args:
        run_id: of the run; by default the active one, or a new one, as `mlflow.log_metrics` has it.

    Attributes:
        run_id: as given.

    Raises:
        MissingDependencyError: without `pip install "clearprop[mlflow]"`.

    Example:
        ```python
        with mlflow.start_run():
            net.fit(X, y, callbacks=cp.MLflow(), validation=0.2)
        ```
    """

    def __init__(self, run_id: str | None = None) -> None:
        self.run_id = run_id
        self._mlflow = _imported("mlflow", "mlflow")
        self._client: Any = None if run_id is None else self._mlflow.MlflowClient()

    def __call__(self, epoch: Epoch) -> None:
        """Log the numbers of an epoch."""
        if epoch.number == 1 and epoch.network is not None:
            self._log_parameters({"network": repr(epoch.network), "epochs": epoch.total})
        if self._client is None:
            self._mlflow.log_metrics(epoch.row, step=epoch.number)
            return
        for name, value in epoch.row.items():
            self._client.log_metric(self.run_id, name, value, step=epoch.number)

    def _log_parameters(self, parameters: dict[str, Any]) -> None:
        if self._client is None:
            self._mlflow.log_params(parameters)
            return
        for name, value in parameters.items():
            self._client.log_param(self.run_id, name, value)


def logging_callback(run: Any) -> Callback | None:
    """The callback that logs to an object with `log(numbers, step=)`, as a run of wandb; None for any other object."""
    log: Callable[..., Any] | None = getattr(run, "log", None)
    if log is None or not callable(log):
        return None
    try:
        signature(log).bind({}, step=1)
    except (TypeError, ValueError):  # such as logging.Logger.log, or math.log
        return None

    def told(epoch: Epoch) -> None:
        log(dict(epoch.row), step=epoch.number)

    return told


def _imported(module: str, package: str) -> Any:
    try:
        return import_module(module)
    except ImportError:
        raise MissingDependencyError(
            f"no {package} to log to", f"the package {package}", f'pip install "clearprop[{package}]"'
        ) from None
