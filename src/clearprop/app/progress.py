"""What moves while someone waits; on the error stream, so that results can go through a pipe."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from types import TracebackType
from typing import Any

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from clearprop.app.terminal import Screen, visible_text
from clearprop.train import Epoch


def waiting(what: str, silent: bool) -> AbstractContextManager[Any]:
    """A word on what takes long."""
    console = Screen(stderr=True)
    return nullcontext() if silent or not console.is_terminal else console.status(visible_text(what))


class _Bar:
    """A bar that is there while its `with` block lasts."""

    def __init__(self, *columns: Any, total: float, silent: bool = False) -> None:
        console = Screen(stderr=True)
        self._progress = Progress(*columns, console=console, transient=True, disable=silent or not console.is_terminal)
        self._task = self._progress.add_task("", total=total, numbers="")

    def __enter__(self) -> Any:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self._progress.disable:  # else Rich before 14.1 writes an empty line
            self._progress.stop()


class TrainingBar(_Bar):
    """A callback that draws the progress of a fit: epochs, losses, time left at most."""

    def __init__(self, epochs: int) -> None:
        super().__init__(
            TextColumn("training"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("epochs  {task.fields[numbers]}"),
            TimeRemainingColumn(),
            total=epochs,
        )

    def __call__(self, event: Epoch) -> None:
        """Draw an epoch."""
        names = {"loss": "loss", "validation_loss": "validation"}
        shown = [f"{word} {event.row[name]:.4g}" for name, word in names.items() if name in event.row]
        self._progress.update(self._task, completed=event.number, numbers="  ".join(shown))


class ReadingBar(_Bar):
    """A callback that draws which share of a file has been read."""

    def __init__(self, what: str, silent: bool) -> None:
        super().__init__(
            TextColumn(what), BarColumn(), TaskProgressColumn(), TimeRemainingColumn(), total=1.0, silent=silent
        )

    def __call__(self, share: float) -> None:
        """Draw a share, 0 … 1."""
        self._progress.update(self._task, completed=share)
