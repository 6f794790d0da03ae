"""A progress bar for training: epochs, loss, time left."""

from __future__ import annotations

from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from clearprop.train import Epoch


class TrainingBar:
    """A callback that draws the progress of a fit while its `with` block lasts."""

    def __init__(self, console: Console, epochs: int) -> None:
        self._progress = Progress(
            TextColumn("training"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("epochs  {task.fields[numbers]}"),
            TimeRemainingColumn(),
            console=console,
            transient=True,
        )
        self._task = self._progress.add_task("training", total=epochs, numbers="")

    def __call__(self, event: Epoch) -> None:
        """Draw an epoch."""
        shown = [f"{name} {event.row[name]:.4g}" for name in ("loss", "validation_loss") if name in event.row]
        self._progress.update(self._task, completed=event.number, numbers="  ".join(shown))

    def __enter__(self) -> TrainingBar:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()
