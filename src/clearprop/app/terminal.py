"""The terminal: what is printed there cannot act on it; and what moves there while someone waits."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from types import TracebackType
from typing import TYPE_CHECKING, Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.containers import Lines
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.segment import Segment
from rich.text import Text

from clearprop.present.lines import in_lines, pieces
from clearprop.visible import LONGEST_TEXT, columns_of, shortened, visible

if TYPE_CHECKING:
    from clearprop.train import Epoch


class Screen(Console):
    """A console of Rich on which every piece of text is visible, whoever made it; colours and motion are Rich's own."""

    def __init__(self, stderr: bool = False) -> None:
        super().__init__(stderr=stderr, markup=False, emoji=False, highlight=False)

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """The pieces of what is drawn."""
        for piece in super().render(renderable, options):
            yield piece if piece.control else Segment(visible(piece.text, keep="\n"), piece.style)


def visible_text(text: str, style: str = "", **options: Any) -> Text:
    """A text for a page: made visible before it is laid out, so that columns are as wide as what they hold."""
    return _Lines(shortened(visible(text), LONGEST_TEXT), style=style, **options)


class _Lines(Text):
    """A text whose lines end where `pieces` lets them: Rich breaks a Chinese sentence anywhere, within numbers, too."""

    def wrap(self, console: Console, width: int, *, no_wrap: bool | None = None, **how: Any) -> Lines:
        """Its lines, of which what no line has room for is folded still."""
        if no_wrap:
            return super().wrap(console, width, no_wrap=no_wrap, **how)
        broken = in_lines(pieces(self.plain), lambda line: columns_of(line) <= width)
        return Text("\n".join(broken), self.style).wrap(console, width, no_wrap=no_wrap, **how)


def print_lines(text: str, end: str = "\n") -> None:
    """Print lines of text as they stand, everything in them visible."""
    print(visible(text, keep="\n"), end=end)


def tell(message: str) -> None:
    """One line on the standard error stream, whatever letters are in it; if nothing can be told there, it is not."""
    with suppress(OSError):
        print(visible(message), file=sys.stderr, flush=True)


def waiting(what: str, silent: bool) -> AbstractContextManager[Any]:
    """A word on what takes long."""
    console = Screen(stderr=True)
    return nullcontext() if silent or not console.is_terminal else console.status(visible_text(what))


class Bar:
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


class _EpochsBar(Bar):
    """Epochs, and what is said of them."""

    def __init__(self, epochs: int) -> None:
        super().__init__(
            TextColumn("training"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("epochs  {task.fields[numbers]}"),
            TimeRemainingColumn(),
            total=epochs,
        )


class TrainingBar(_EpochsBar):
    """A callback that draws the progress of a fit: epochs, losses, time left at most."""

    def __call__(self, event: Epoch) -> None:
        """Draw an epoch."""
        names = {"loss": "loss", "validation_loss": "validation"}
        shown = [f"{word} {event.row[name]:.4g}" for name, word in names.items() if name in event.row]
        self._progress.update(self._task, completed=event.number, numbers="  ".join(shown))


class MembersBar(_EpochsBar):
    """Told how many epochs each member has done, it draws how many have begun, all epochs, and what comes then."""

    def __init__(self, members: int, epochs: int, kernel: bool = False) -> None:
        super().__init__(members * epochs)
        self._then = ", then a kernel machine, if there can be one" if kernel else ""

    def __call__(self, done: Sequence[int]) -> None:
        """Draw the epochs of all."""
        begun = sum(epochs > 0 for epochs in done)
        self._progress.update(self._task, completed=sum(done), numbers=f"member {begun} of {len(done)}{self._then}")


class ShareBar(Bar):
    """A callback that draws which share is done: of a file that is read, or of sets of columns."""

    def __init__(self, what: str, silent: bool = False) -> None:
        super().__init__(
            TextColumn(what), BarColumn(), TaskProgressColumn(), TimeRemainingColumn(), total=1.0, silent=silent
        )

    def __call__(self, share: float) -> None:
        """Draw a share, 0 … 1."""
        self._progress.update(self._task, completed=share)
