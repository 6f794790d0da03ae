"""Where a table is that has a name on the command line; one from a pipe is kept in a file, because it is read again."""

from __future__ import annotations

import os
import shutil
import stat
import sys
import tempfile
import weakref
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from clearprop.errors import ClearpropError, FileError
from clearprop.files import unchanged
from clearprop.table.kinds import kind_of
from clearprop.table.look import files_of_table

STANDARD = "-"
_DEMO = "demo:"
_PIECE = 2**20  # bytes


@dataclass(frozen=True, eq=False)
class TablePlace:
    """A table by its name; what a pipe gives is kept for as long as this object is there."""

    name: str  # path of a file or a folder, a pattern, - or demo:NAME
    path: str = field(init=False)  # where it is read

    def __post_init__(self) -> None:
        path = self.name
        if not self.demo and _is_piped(path):
            kept = _spooled(path)
            weakref.finalize(self, shutil.rmtree, kept.parent, ignore_errors=True)
            path = str(kept)
        object.__setattr__(self, "path", path)

    @property
    def demo(self) -> str:
        """The name of a table that needs no file, "" for others."""
        return self.name.removeprefix(_DEMO) if self.name.startswith(_DEMO) else ""

    @property
    def title(self) -> str:
        """What it is called on pages."""
        return "standard input" if self.name == STANDARD else self.name

    @property
    def files(self) -> list[Path]:
        """The files that are read."""
        with self.called():
            return [] if self.demo else [part.path for part in files_of_table(self.path)]

    @property
    def kind(self) -> str:
        """What its first file is; see `kind_of`."""
        with self.called():
            return "" if self.demo else kind_of(self.files[0])

    @contextmanager
    def called(self) -> Iterator[None]:
        """Errors in the block call a table from a pipe what people call it."""
        try:
            yield
        except ClearpropError as error:
            if self.path != self.name:
                error.got = error.got.replace(self.path, self.title)
            raise

    @contextmanager
    def unchanged(self) -> Iterator[None]:
        """A block in which its files must stay as they are."""
        with ExitStack() as stack:
            for path in self.files:
                stack.enter_context(unchanged(path))
            yield


def _is_piped(table: str) -> bool:
    """Whether a table is the standard input, or the name of a pipe, such as <(…) of a shell is."""
    try:
        return table == STANDARD or stat.S_ISFIFO(Path(table).stat().st_mode)
    except (OSError, ValueError):
        return False


def _spooled(table: str) -> Path:
    """All that comes out of the pipe, in a file that lies alone in a new folder; whoever asks for it removes that."""
    folder = Path(tempfile.mkdtemp(prefix="clearprop-"))
    try:
        if table == STANDARD:
            _copy(_standard_input(), folder / "table")
        else:
            with Path(table).open("rb") as source:
                _copy(source, folder / "table")
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return folder / "table"


def _standard_input() -> BinaryIO:
    stream: BinaryIO | None = getattr(sys.stdin, "buffer", None)
    if stream is None or stream.closed:
        raise FileError("standard input is closed", "a table from a pipe or a file", "name the table's file")
    if stream.isatty():
        raise FileError(
            "standard input is a terminal", "a table from a pipe or a file", "name a file, or … - < table.csv"
        )
    return stream


def _copy(source: BinaryIO, path: Path) -> None:
    try:
        with path.open("wb") as file:
            shutil.copyfileobj(source, file, _PIECE)
    except OSError as error:
        raise FileError(
            f"cannot keep what comes through the pipe in {path.parent}: {error.strerror or type(error).__name__}",
            "room for the whole table",
            f"name another folder for temporary files: TMPDIR={os.sep}…",
        ) from None
