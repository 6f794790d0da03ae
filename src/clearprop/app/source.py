"""A table of the command line: where it is, how it is read, and its rows."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple

from numpy.typing import NDArray

from clearprop.app.place import TablePlace
from clearprop.errors import InvalidValueError, checked_seed, listed
from clearprop.table import load_demo, read_batches, read_table
from clearprop.table.demo import TARGET
from clearprop.table.look import how_it_is_written
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

    def target(self, given: str | None, frame: Any) -> str:
        """The target column: as given, or a demo's own."""
        single = len(frame.columns) == 1 and not self.place.demo
        other = ". If these are several, what stands between them? --delimiter" if single else ""
        if given is None and not self.place.demo:
            raise InvalidValueError("no target column", "--target COL", "columns: " + listed(frame.columns) + other)
        name = TARGET if given is None else given
        if name not in frame.columns and (other or self._may_lack_header(frame)):
            hint = other.removeprefix(". ") or "is the first line data? --no-header"
            raise InvalidValueError(f"no column {name!r}", "one of: " + listed(frame.columns), hint)
        return name

    def _may_lack_header(self, frame: Any) -> bool:
        return self.options.header and any(_is_number(column) for column in frame.columns)

    def _given(self) -> dict[str, Any]:
        return {name: value for name, value in asdict(self.options).items() if name not in ("decimal", "blanks")}


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
