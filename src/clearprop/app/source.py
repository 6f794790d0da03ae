"""A table of the command line: where it is (one from a pipe is kept in a file), how it is read, and its rows."""

from __future__ import annotations

import os
import shutil
import stat
import sys
import tempfile
import weakref
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from numpy.typing import NDArray

from clearprop.errors import ClearpropError, FileError, InvalidValueError, checked_seed, listed
from clearprop.files import unchanged
from clearprop.table import load_demo, read_batches, read_table
from clearprop.table.demo import TARGET
from clearprop.table.kinds import kind_of
from clearprop.table.look import files_of_table, how_it_is_written
from clearprop.table.options import ReadOptions
from clearprop.table.rows import rows_counted
from clearprop.table.sample import rows_that_fit, sample_table


class Rows(NamedTuple):
    """The rows of a table that were read."""

    frame: Any  # the rows
    total: int  # how many the table has
    numbers: NDArray[Any] | None = None  # the number of each row in the table, (n,); None if it is all of them

    def counted(self) -> Any:
        """A block in which errors about a row of the frame name the row of the table."""
        numbers = self.numbers
        return rows_counted(0 if numbers is None else lambda: numbers)


@dataclass(frozen=True)
class TableSource:
    """A table, and how to read it."""

    place: TablePlace  # where it is
    options: ReadOptions = field(default_factory=ReadOptions)  # how to read it
    header_was_said: bool = False  # whether somebody said that its first line has the names

    def beside(self, name: str) -> TableSource:
        """Another table of the same columns, read as this one is as far as that says something of such a file."""
        place = TablePlace(name)
        return TableSource(place, self.options.fitting(place.kind))

    def read(self, most: int | None = None, seed: int = 0) -> Rows:
        """The table, or some of its rows.

        Args:
            most: rows that are kept, drawn at random by the seed; None keeps as many as fit into memory.
            seed: the same seed draws the same rows.
        """
        if self.place.demo:
            frame = load_demo(self.place.demo)
            kept = frame if most is None or most >= frame.height else frame.sample(most, seed=checked_seed(seed))
            return Rows(kept, frame.height)
        with self.place.called():
            given = self._given()
            most = rows_that_fit(self.place.path, **given) if most is None else most
            if most is not None:
                return Rows(*sample_table(self.place.path, most, seed=seed, **given))
            frame = read_table(self.place.path, **given)
            return Rows(frame, frame.height)

    def batches(
        self, numbers: Collection[str], seen: Callable[[float], None] = lambda share: None, may_be_empty: bool = False
    ) -> Iterator[Any]:
        """The table in data frames of bounded size; see `read_batches`."""
        if self.place.demo:
            yield load_demo(self.place.demo)
            return
        with self.place.called():
            yield from read_batches(
                self.place.path, **self._given(), decimal=self.options.decimal, blanks=self.options.blanks,
                numbers=numbers, seen=seen, may_be_empty=may_be_empty,
            )  # fmt: skip

    def found(self) -> dict[str, Any]:
        """What its files are and how they are written, as plain data; see `how_it_is_written`."""
        with self.place.called():
            return {} if self.place.demo else how_it_is_written(self.place.path, self.options)

    def reading(self, found: dict[str, Any]) -> dict[str, Any]:
        """How the file was read, as plain data: a later file is read so unless it shows otherwise."""
        blanks = found.get("delimiter") == " "
        return {**self.options.to_dict(), "decimal": found.get("decimal"), "blanks": blanks}

    def target(self, given: list[str] | None, frame: Any) -> str | list[str]:
        """The target column, or several: as given, or a demo's own."""
        if given is None or len(given) == 1:
            return self._target(given[0] if given else None, frame)
        return [self._target(name, frame) for name in given]

    def _target(self, given: str | None, frame: Any) -> str:
        single = len(frame.columns) == 1 and not self.place.demo
        other = ". If these are several, what stands between them? --delimiter" if single else ""
        if given is None and not self.place.demo:
            raise InvalidValueError("no target column", "--target COL", "columns: " + listed(frame.columns) + other)
        name = TARGET if given is None else given
        if name not in frame.columns and (other or self.may_lack_header(frame.columns)):
            hint = other.removeprefix(". ") or "is the first line data? --no-header"
            raise InvalidValueError(f"no column {name!r}", "one of: " + listed(frame.columns), hint)
        return name

    def may_lack_header(self, columns: Iterable[str]) -> bool:
        """Whether the names of its columns look like a row of numbers."""
        return self.options.header and any(is_number(column) for column in columns)

    def _given(self) -> dict[str, Any]:
        return {name: value for name, value in asdict(self.options).items() if name not in ("decimal", "blanks")}


def is_number(text: str) -> bool:
    """Whether a name of a column reads as a number."""
    try:
        float(text)
    except ValueError:
        return False
    return True


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
