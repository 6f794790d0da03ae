"""How a file is to be read, as far as someone says; the rest is found out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from clearprop.errors import InvalidValueError, checked_integer
from clearprop.table.marks import Marks

_OF_TEXT = ("header", "encoding", "delimiter", "skip", "sheet")
DELIMITERS = {"tab": "\t", "\\t": "\t", "space": " "}


@dataclass(frozen=True)
class ReadOptions:
    """What is known of a file before it is read; see `read_table`."""

    header: bool = True  # whether the first line of the table names the columns
    na: tuple[str, ...] = ()  # more marks for missing values
    keep_na: tuple[str, ...] = ()  # usual marks that are values
    default_na: bool = True  # whether the usual marks count
    encoding: str | None = None  # of the text
    delimiter: str | None = None  # the character between fields; " " stands for any number of blanks
    skip: int | None = None  # lines above the header
    sheet: str | None = None  # of an Excel file
    decimal: str | None = None  # "," or ".", if nothing in the file speaks against it
    blanks: bool = False  # whether fields stand between blanks, if nothing else delimits them

    @classmethod
    def of(
        cls,
        *,
        na: str | Sequence[str] = (),
        keep_na: str | Sequence[str] = (),
        delimiter: str | None = None,
        skip: int | None = None,
        **more: Any,
    ) -> ReadOptions:
        """Options as people give them: one mark or several, a delimiter by its name.

        Raises:
            InvalidValueError: for a delimiter or a number of lines that is none, or a mark that is to be kept and not.
        """
        added, kept = ((marks,) if isinstance(marks, str) else tuple(marks) for marks in (na, keep_na))
        Marks.of(added, kept)
        lines = None if skip is None else checked_integer("skip", skip, low=0)
        between = None if delimiter is None else _delimiter(delimiter)
        return cls(na=added, keep_na=kept, delimiter=between, skip=lines, **more)

    def beside(self, kind: str) -> list[str]:
        """The options that are given and say nothing of a file of a kind, "" for delimited text."""
        say_nothing = {"": ("sheet",), "Excel": ("encoding", "delimiter")}.get(kind, _OF_TEXT)
        return [name for name in say_nothing if getattr(self, name) != getattr(ReadOptions(), name)]

    def fitting(self, kind: str) -> ReadOptions:
        """Without those."""
        return replace(self, **{name: getattr(ReadOptions(), name) for name in self.beside(kind)})

    def to_dict(self) -> dict[str, Any]:
        """As plain data, for the file of a model: a later table is read so unless it shows otherwise."""
        kept = asdict(self)
        del kept["encoding"]  # of this file, and no property of the table
        return {**kept, "na": list(self.na), "keep_na": list(self.keep_na)}

    @property
    def marks(self) -> Marks:
        """Which texts stand for a missing value."""
        return Marks.of(self.na, self.keep_na, self.default_na)


def _delimiter(given: str) -> str:
    found = DELIMITERS.get(given, given)
    if not isinstance(found, str) or len(found) != 1 or found in '"\r\n\0':
        raise InvalidValueError(f"delimiter {given!r}", 'one character other than ", or "tab" or "space"')
    return found
