"""What stands for a table on the command line: a file, or demo:NAME."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from clearprop.errors import InvalidValueError, checked_seed, listed
from clearprop.table import (
    TARGET,
    find_dialect,
    kind_of,
    load_demo,
    read_batches,
    read_table,
    rows_that_fit,
    sample_table,
)

_DEMO = "demo:"


@dataclass(frozen=True)
class Source:
    """A table by its name, and how to read it.

    Attributes:
        name: path of a CSV, TSV or Parquet file, or demo:NAME.
        header: whether the first line names the columns.
        na: more marks for missing values.
        encoding: of the text; None finds out.
        decimal: "," or "." if nothing in the file speaks against it.
    """

    name: str
    header: bool = True
    na: tuple[str, ...] = ()
    encoding: str | None = None
    decimal: str | None = None

    @property
    def is_demo(self) -> bool:
        """Whether it is one of the tables that need no file."""
        return self.name.startswith(_DEMO)

    def read(self, most: int | None = None, seed: int = 0) -> tuple[Any, int]:
        """The data frame, and how many rows the table has.

        Args:
            most: rows that are kept, drawn at random by the seed; None keeps as many as fit into memory.

        Raises:
            ClearpropError: if the table cannot be read.
        """
        if self.is_demo:
            frame = load_demo(self.name.removeprefix(_DEMO))
            kept = frame if most is None or most >= frame.height else frame.sample(most, seed=checked_seed(seed))
            return kept, frame.height
        most = rows_that_fit(self.name) if most is None else most
        if most is not None:
            return sample_table(self.name, most, seed=seed, header=self.header, na=self.na, encoding=self.encoding)
        frame = read_table(self.name, header=self.header, na=self.na, encoding=self.encoding)
        return frame, frame.height

    def batches(self, numbers: Collection[str] = (), seen: Callable[[float], None] | None = None) -> Iterator[Any]:
        """The table in data frames of bounded size; see `read_batches`.

        Raises:
            ClearpropError: if the table cannot be read.
        """
        if self.is_demo:
            yield load_demo(self.name.removeprefix(_DEMO))
            return
        yield from read_batches(
            self.name,
            header=self.header,
            na=self.na,
            encoding=self.encoding,
            decimal=self.decimal,
            numbers=numbers,
            seen=seen,
        )

    def reading(self) -> dict[str, Any]:
        """How the file was read, as plain data: a later file is read so unless it shows otherwise."""
        return {"header": self.header, "na": list(self.na), "decimal": self._decimal()}

    def _decimal(self) -> str | None:
        is_text = not self.is_demo and not kind_of(Path(self.name))
        return find_dialect(Path(self.name), self.header, self.na, self.encoding).decimal if is_text else None

    def target(self, given: str | None, frame: Any) -> str:
        """The target column: as given, or a demo's own.

        Raises:
            InvalidValueError: if no target is named for a file.
        """
        if given is None and not self.is_demo:
            raise InvalidValueError("no target column", "--target COL", "columns: " + listed(frame.columns))
        name = TARGET if given is None else given
        if name not in frame.columns and self.header and any(_is_number(column) for column in frame.columns):
            raise InvalidValueError(
                f"no column {name!r}", "one of: " + listed(frame.columns), "is the first line data? --no-header"
            )
        return name


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
